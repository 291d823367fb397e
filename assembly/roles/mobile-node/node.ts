import { AddressState, Event, Registration } from "../../abi/event";
import { addrCopy, addrZero, isUnspecified, solicitedNode } from "../../base/addr";
import { Changed, changed } from "../../engine/changed";
import { startAddress } from "../../engine/dad";
import { emit } from "../../engine/events";
import { join, leave } from "../../engine/mld";
import { Address, AddressFlag, findAddress } from "../../tables/addresses";
import { BindingUpdate, findUpdate } from "../../tables/binding-list";
import { follow } from "../../tables/spd";
import { deleteTunnel, findTunnel, tunnelLocal, tunnelRemote } from "../../tables/tunnels";

/** The mobile node of this image: its configuration (Message.MOBILE_NODE) and where it is. One home address an image. */
@unmanaged
export class MobileNode {
  homeHi: u64;
  homeLo: u64;
  agentHi: u64; // home agent in use; :: = to be found
  agentLo: u64;
  coaHi: u64; // care-of address in use; :: = none
  coaLo: u64;
  lifetime: u16; // to ask for, units of 4 s
  flags: u8; // BuFlag to ask for
  port: u8;
  prefixLen: u8; // of the home link
  configured: u8;
  fixedAgent: u8; // the agent was configured: never replaced
  atHome: u8; // attached to the home link
  joined: u8; // the home address listens to its solicited-node group
  pad: u8;
  pad2: u16;
  state: i32; // Registration
}
export const MN = changetype<MobileNode>(memory.data(offsetof<MobileNode>(), 8));

export function home(): usize {
  return changetype<usize>(MN);
}
export function agent(): usize {
  return changetype<usize>(MN) + offsetof<MobileNode>("agentHi");
}
export function careOf(): usize {
  return changetype<usize>(MN) + offsetof<MobileNode>("coaHi");
}
/** The row of the home registration, or null while nothing was told to the agent. */
export function registration(): BindingUpdate | null {
  return isUnspecified(agent()) ? null : findUpdate(agent(), home());
}
/** Enters a state and tells who cares; `status` of the acknowledgement that caused it. */
export function enter(state: Registration, status: u32): void {
  if (MN.state == state && state != Registration.REFUSED) return;
  MN.state = state;
  emit(Event.REGISTRATION, state, agent(), 0, status, 0);
  changed(Changed.BINDING, MN.port, home());
}
const group = memory.data(16, 8);

function homeRow(): Address {
  return findAddress(home(), -1)!;
}
/** The home address is not on this link: nothing here answers for it, tests it, or listens for it. */
export function setAway(): void {
  const a = homeRow();
  MN.atHome = 0;
  a.flags |= AddressFlag.AWAY;
  a.state = AddressState.PREFERRED;
  if (!MN.joined) return;
  MN.joined = 0;
  solicitedNode(group, home());
  leave(group, MN.port);
}
/** The home address is on this link; with `dad` it is tested first, RFC 6275 §11.5.5 has none after a binding. */
export function setAtHome(dad: bool): void {
  const a = homeRow();
  MN.atHome = 1;
  a.flags &= ~AddressFlag.AWAY;
  if (dad && !MN.joined) startAddress(a, 0);
  else {
    a.state = AddressState.PREFERRED;
    solicitedNode(group, home());
    if (!MN.joined) join(group, MN.port);
  }
  MN.joined = 1;
}
/** Takes the tunnel away that an earlier registration set. The application keeps its address. */
export function dropTunnel(): void {
  follow(home(), 0);
  const t = findTunnel(home(), 0); // an expired one too
  if (!t) return;
  emit(Event.TUNNEL, 0, tunnelLocal(t), tunnelRemote(t), 0, 0);
  deleteTunnel(home());
}
/** Nothing is left of where the node was: no care-of address, no tunnel, not at home. */
export function uproot(): void {
  addrZero(careOf());
  dropTunnel();
  setAway();
  enter(Registration.SEARCHING, 0);
}
export function setAgent(a: usize): void {
  addrCopy(agent(), a);
}
