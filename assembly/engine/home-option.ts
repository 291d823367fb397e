import { Verdict } from "../abi/verdict";
import { addrSwap, isHost, isUnspecified } from "../base/addr";
import { Opt } from "../wire/ext";
import { Ip6, Proto } from "../wire/ip6";
import { Mh, MhType } from "../wire/mh";
import { BeStatus, bindingError } from "./binding-error";
import { Chain, Door, on, onChain, Stage } from "./doors";
import { left, Packet, PacketFlag } from "./packet";

// Home Address option, RFC 6275 §6.3, §9.3.1. Nobody is believed to be a home address because an option says so: the option is only
// remembered when it comes by. What lies behind all extension headers decides: a Binding Update is judged by its own rules, anything
// else needs a binding of home address and source.

const LENGTH: u8 = 16;
let bound: u32 = 0;

/** Once, by the role of an image that keeps bindings: is the home address bound to this source? */
export function takeHomeOption(isBound: (home: usize, source: usize) => bool): void {
  bound = load<u32>(changetype<usize>(isBound));
  on(Door.OPTION, Opt.HOME_ADDRESS, rxHomeAddress);
  onChain(Chain.INBOUND, Stage.BINDING, believe);
}
/** `p.at` = the option. */
function rxHomeAddress(p: Packet): Verdict {
  const home = p.at + 2;
  // 8n + 6 is the option's alignment, §6.3: an address elsewhere cannot be read by words.
  if (p.next != Proto.DEST_OPTS || load<u8>(p.at, 1) != LENGTH || p.home != 0 || (home & 3) != 0 || !isHost(home))
    return Verdict.BAD_OPTION;
  p.home = home;
  p.flags |= PacketFlag.HOME_CLAIMED;
  return Verdict.GO;
}
function believe(p: Packet): Verdict {
  if ((p.flags & PacketFlag.HOME_CLAIMED) == 0) return Verdict.GO;
  const source = Ip6.at(p.ip).src;
  if (isUnspecified(source)) return Verdict.BAD_SOURCE; // nobody could be answered
  const update = p.next == Proto.MH && left(p) >= 8 && Mh.at(p.at).type == MhType.BU;
  if (!update && !call_indirect<bool>(bound, p.home, source)) {
    bindingError(p, BeStatus.UNKNOWN_BINDING, p.home);
    return Verdict.NO_BINDING;
  }
  addrSwap(source, p.home);
  p.flags = (p.flags & ~PacketFlag.HOME_CLAIMED) | PacketFlag.HOME_SOURCE;
  return Verdict.GO;
}
