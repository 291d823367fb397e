import { AddressState, Registration } from "../../abi/event";
import { Message, Refusal } from "../../abi/message";
import { addrCopy, addrEq, isHost, isUnspecified } from "../../base/addr";
import { Changed, onChanged } from "../../engine/changed";
import { onControl, onQuery } from "../../engine/control";
import { Chain, onChain, Stage } from "../../engine/doors";
import { isLink } from "../../engine/ports";
import { AddressFlag, findAddress, newAddress } from "../../tables/addresses";
import { deleteUpdate } from "../../tables/binding-list";
import { attachAcknowledge, onRejected } from "./acknowledge";
import { attachCorrespondents, moved } from "./correspondents";
import { attachDiscovery, forgetAgents } from "./discover";
import { attachMovement, currentLink, onMovement, reconsider, rxAdvertised } from "./movement";
import { agent as agentInUse, home, MN, registration, setAgent, setAway, uproot } from "./node";
import { attachOptimize } from "./optimize";
import { attachPrefixes } from "./prefixes";
import { bindingUpdates } from "./query";
import { attachRegister, onDuplicateHome, rest } from "./register";
import { attachReturnRoutability } from "./return-routability";

// Mobile node, RFC 6275 §11.
//   movement.ts     where are we, which care-of address      link.ts       a router's advertisement, remembered
//   register.ts     when to tell the home agent              update.ts     the Binding Update
//   acknowledge.ts  what it answers                          discover.ts   which home agent      prefixes.ts  which home prefixes
//   node.ts         configuration and state                  query.ts      table 210 for the outside
//   optimize.ts     data on the direct way                   correspondents.ts  when a correspondent is asked for what
//   return-routability.ts   HoTI, CoTI, HoT, CoT             correspondent-update.ts   the binding at a correspondent

/** Attaches the role to the doors of the engine. */
export function attach(): void {
  attachMovement();
  attachRegister();
  attachDiscovery();
  attachAcknowledge();
  attachPrefixes();
  attachCorrespondents();
  attachReturnRoutability();
  attachOptimize();
  onChain(Chain.ADVERTISED, Stage.MOVEMENT, rxAdvertised);
  onChanged(heard);
  onControl(Message.MOBILE_NODE, configure);
  onQuery(Message.BINDING_UPDATES, bindingUpdates);
}
function heard(what: Changed, port: u32, at: usize): void {
  if (what == Changed.CONFIGURED) return reconsider();
  if (!MN.configured) return;
  onRejected(what, at);
  if (what == Changed.BINDING) return moved();
  if (what == Changed.ADDRESS_DUPLICATE && addrEq(at, home())) return onDuplicateHome(currentLink());
  onMovement(what, port, at);
}
/** Message.MOBILE_NODE. Again with the same home address: the other values are taken over. */
function configure(at: usize, len: i32): Refusal {
  if (len != 40) return Refusal.BAD_LENGTH;
  const port = <u32>load<u8>(at);
  const bits = <i32>load<u8>(at, 1);
  const lifetime = load<u16>(at, 4);
  const address = at + 8;
  const agent = at + 24;
  if (!isLink(port)) return Refusal.NO_SUCH_PORT;
  if (bits < 8 || bits > 127 || lifetime == 0 || !isHost(address)) return Refusal.BAD_VALUE;
  if (!isUnspecified(agent) && (!isHost(agent) || addrEq(agent, address))) return Refusal.BAD_VALUE;
  if (MN.configured && (!addrEq(address, home()) || port != <u32>MN.port)) return Refusal.TABLE_FULL;
  if (!MN.configured) {
    const known = findAddress(address, <i32>port);
    const a = known ? known : newAddress(address, port);
    if (!a) return Refusal.TABLE_FULL;
    a.prefixLen = <u8>bits;
    a.flags |= AddressFlag.HOME;
    a.state = AddressState.PREFERRED;
    addrCopy(home(), address);
    MN.port = <u8>port;
    MN.configured = 1;
    MN.state = Registration.SEARCHING;
    setAway();
  }
  const other = isUnspecified(agent) ? MN.fixedAgent != 0 : !addrEq(agent, agentInUse());
  if (MN.state != Registration.SEARCHING && other) startOver();
  MN.prefixLen = <u8>bits;
  MN.flags = load<u8>(at, 2);
  MN.lifetime = lifetime;
  if (!isUnspecified(agent)) setAgent(agent);
  else if (MN.fixedAgent) forgetAgents();
  MN.fixedAgent = isUnspecified(agent) ? 0 : 1;
  return Refusal.NONE;
}
/** Another home agent: what the old one was told ends by its lifetime. */
function startOver(): void {
  const u = registration();
  if (u) deleteUpdate(u);
  rest();
  uproot();
}
