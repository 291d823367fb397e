import { Event } from "../../abi/event";
import { Verdict } from "../../abi/verdict";
import { addrCopy, addrEq } from "../../base/addr";
import { seqAfter } from "../../base/seq";
import { now } from "../../engine/clock";
import { Door, on } from "../../engine/doors";
import { emit } from "../../engine/events";
import { Packet } from "../../engine/packet";
import { ownAddress } from "../../tables/addresses";
import { ackTo, Binding, BindingMark, BindingState, findBinding } from "../../tables/bindings";
import { Ip6 } from "../../wire/ip6";
import { BaStatus, BuFlag, Mh, MhOpt, MhType, mhOption } from "../../wire/mh";
import { sendAck } from "./acknowledge";
import { agentAddress, homePort, isConfigured, isRoutable, onHomePrefix, unguarded } from "./agent";
import { enter, expire, finish, leave, WAIT } from "./registration";

// A Binding Update is judged, RFC 6275 §9.5.1, §10.3. What could come from anybody is dropped in silence; what is well formed gets a
// status. A sequence number is used up once it was accepted, whatever the status then says, so that no Binding Update works twice.

const OPTIONS: usize = 12;
const ALT_COA_LENGTH: u8 = 16;

export function attachUpdate(): void {
  on(Door.MH, MhType.BU, rxUpdate);
}
function rxUpdate(p: Packet): Verdict {
  // Not through a tunnel: a mobile node speaks of its care-of address from its care-of address.
  if (unguarded(p) || p.outer != 0) return Verdict.BU_NOT_ALLOWED;
  if (!isConfigured()) return unsupported(p);
  if (!addrEq(Ip6.at(p.ip).dst, agentAddress())) return Verdict.BU_NOT_ALLOWED;
  const mh = Mh.at(p.at);
  const end = p.at + <usize>mh.len;
  const alternate = mhOption(p.at + OPTIONS, end, MhOpt.ALT_COA);
  // 8n + 6 is the option's alignment, §6.2.5: an address elsewhere cannot be read by words.
  if (alternate != 0 && ((alternate & 3) != 2 || load<u8>(alternate, 1) != ALT_COA_LENGTH)) return Verdict.BAD_MH;
  const home = Ip6.at(p.ip).src;
  const source = p.home != 0 ? p.home : home;
  const care = alternate != 0 ? alternate + 2 : source;
  const leaving = mh.lifetime == 0 || addrEq(care, home);
  // §6.1.7: a care-of address that is not unicast routable is discarded in silence. Ours would be a tunnel to ourselves.
  if (!isRoutable(home) || !isRoutable(source) || !isRoutable(care)) return Verdict.BU_NOT_ALLOWED;
  if (ownAddress(care) || ownAddress(home)) return Verdict.BU_NOT_ALLOWED;
  // Without a Home Address option it is the mobile node back on the home link, §10.3.2, and comes from there.
  if (p.home == 0 && (!leaving || <u32>p.port != homePort())) return Verdict.BU_NOT_ALLOWED;
  const flags = mh.buFlags;
  const sequence = mh.buSeq;
  const b = findBinding(home);
  if (b && b.state == BindingState.BOUND && b.expires <= now()) expire(b);
  if ((flags & BuFlag.HOME) == 0 && (!b || b.state != BindingState.BOUND)) return Verdict.BU_NOT_ALLOWED;
  if (!onHomePrefix(home))
    return refuse(agentAddress(), home, source, care, BaStatus.NOT_HOME_SUBNET, sequence, sequence);
  if (!b || (b.marks & BindingMark.LISTED) == 0) {
    return refuse(agentAddress(), home, source, care, BaStatus.PROHIBITED, sequence, sequence);
  }
  if ((b.marks & BindingMark.SEQUENCE) != 0 && !seqAfter(sequence, b.sequence)) {
    if (sequence == <u32>b.sequence && pending(b)) return Verdict.DONE;
    return refuse(agentAddress(), home, source, care, BaStatus.SEQUENCE, b.sequence, sequence);
  }
  b.sequence = <u16>sequence;
  b.marks |= BindingMark.SEQUENCE;
  addrCopy(ackTo(b), source);
  const status = judge(b, flags, leaving, care, mh.lifetime);
  if (status == WAIT) return Verdict.DONE;
  finish(b, status, flags);
  return status < BaStatus.UNSPECIFIED ? Verdict.DONE : Verdict.BU_REFUSED;
}
/** Nobody told this node to be a home agent, §10.3.1: a home registration is refused by the address that it was sent to. */
function unsupported(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  const mh = Mh.at(p.at);
  if ((mh.buFlags & BuFlag.HOME) == 0 || p.home == 0 || !isRoutable(p.home) || !ownAddress(ip.dst))
    return Verdict.BU_NOT_ALLOWED;
  return refuse(ip.dst, ip.src, p.home, p.home, BaStatus.NOT_SUPPORTED, mh.buSeq, mh.buSeq);
}
/** The answer to the same Binding Update is on its way: this one is a retransmission. */
function pending(b: Binding): bool {
  return b.state == BindingState.PROBING || (b.marks & BindingMark.ACK) != 0;
}
function judge(b: Binding, flags: u32, leaving: bool, care: usize, asked: u32): i32 {
  if ((flags & BuFlag.HOME) == 0) return BaStatus.TYPE_CHANGE;
  return leaving ? leave(b) : enter(b, care, asked, flags);
}
/** Answers at once: nothing was changed that would have to be kept. */
function refuse(from: usize, home: usize, source: usize, care: usize, status: u32, sequence: u32, asked: u32): Verdict {
  emit(Event.BU_REFUSED, status, home, care, asked, 0);
  sendAck(from, home, source, status, sequence, 0, 0);
  return status == BaStatus.SEQUENCE ? Verdict.BU_SEQUENCE : Verdict.BU_REFUSED;
}
