import { Verdict } from "../../abi/verdict";
import { addrCopy, isLinkLocal, isUnspecified, solicitedNode } from "../../base/addr";
import { now } from "../../engine/clock";
import { Chain, onChain, Stage } from "../../engine/doors";
import { join, leave } from "../../engine/mld";
import { sendNa } from "../../engine/nd";
import { Packet } from "../../engine/packet";
import { port } from "../../engine/ports";
import { timer, timerAt, timerBy } from "../../engine/timers";
import { dropSoon, firstSoon, putSoon } from "../../tables/binding-lists";
import { Binding, BindingMark, BindingState, findBinding } from "../../tables/bindings";
import { findGroup } from "../../tables/groups";
import { Icmp6Type } from "../../wire/icmp6";
import { Ip6 } from "../../wire/ip6";
import { BuFlag } from "../../wire/mh";
import { NaFlag } from "../../wire/nd";
import { agentAddress, agentReady, homeBits, homePort, isConfigured, onHomePrefix } from "./agent";
import { duplicate, probed } from "./registration";

// Standing in for mobile nodes on the home link, RFC 6275 §10.4.1: unsolicited advertisements when a binding is made, answers to
// solicitations, defence against others' duplicate address detection; and our own detection before a first registration (§10.3.1).

const ADVERTISEMENTS: u8 = 3; // MAX_NEIGHBOR_ADVERTISEMENT, RFC 4861 §10
const PIECE: i32 = 64; // rows a tick: each sends a packet
const group = memory.data(16, 8);
const local = memory.data(16, 8);
const key = memory.data(16, 8);
let soonTimer: i32 = 0;

export function attachProxy(): void {
  soonTimer = timer(runSoon);
  onChain(Chain.PROXY, Stage.BINDING, heard);
}
/** The link-local address with the interface identifier of the home address (flag L). Valid until the next call. */
export function linkLocalOfHome(b: Binding): usize {
  store<u64>(local, 0x80fe);
  store<u64>(local, b.lo, 8);
  return local;
}
export function soonBy(when: u64): void {
  timerBy(soonTimer, when);
}
/** The binding was made: neighbours send to us from now on. */
export function announce(b: Binding): void {
  solicitedNode(group, changetype<usize>(b));
  join(group, homePort());
  // With a full group table only a snooping switch would miss the report; what the row joined is left again, nothing else.
  if (findGroup(group, homePort())) b.marks |= BindingMark.JOINED;
  b.advertisements = ADVERTISEMENTS;
  advertise(b);
}
/** The binding is gone: not a word more in its name. */
export function withdraw(b: Binding): void {
  dropSoon(b);
  b.advertisements = 0;
  if ((b.marks & BindingMark.JOINED) == 0) return;
  b.marks &= ~BindingMark.JOINED;
  solicitedNode(group, changetype<usize>(b));
  leave(group, homePort());
}
/** One unsolicited advertisement: all nodes, our link address, override. */
function advertise(b: Binding): void {
  if (agentReady()) {
    b.advertisements--;
    sendNa(changetype<usize>(b), homePort(), 0, agentAddress(), NaFlag.OVERRIDE);
    if ((b.flags & BuFlag.LINK_LOCAL) != 0) sendNa(linkLocalOfHome(b), homePort(), 0, agentAddress(), NaFlag.OVERRIDE);
  }
  if (b.advertisements == 0) return;
  putSoon(b, now() + <u64>port(homePort()).retrans);
  soonBy(b.due);
}
function runSoon(): void {
  for (let n = 0; n < PIECE; n++) {
    const b = firstSoon();
    if (!b) return;
    if (b.due > now()) return timerAt(soonTimer, b.due);
    dropSoon(b);
    if (b.state == BindingState.PROBING) probed(b);
    else if (b.state == BindingState.BOUND) advertise(b);
  }
  if (firstSoon()) timerAt(soonTimer, now());
}
/** A solicitation or advertisement about `p.at` on the home link. */
function heard(p: Packet): Verdict {
  if (!isConfigured() || <u32>p.port != homePort()) return Verdict.GO;
  const target = p.at;
  const viaLocal = isLinkLocal(target);
  if (viaLocal) {
    if (homeBits() != 64) return Verdict.GO;
    addrCopy(key, agentAddress());
    store<u64>(key, load<u64>(target, 8), 8);
  } else if (!onHomePrefix(target)) return Verdict.GO;
  const b = findBinding(viaLocal ? key : target);
  if (!b || (viaLocal && (b.flags & BuFlag.LINK_LOCAL) == 0)) return Verdict.GO;
  const solicitation = <u32>load<u8>(target - 8) == Icmp6Type.NEIGHBOUR_SOLICITATION;
  if (b.state == BindingState.PROBING) {
    if (solicitation && !isUnspecified(Ip6.at(p.ip).src)) return Verdict.GO;
    duplicate(b);
    return Verdict.DONE;
  }
  return solicitation && b.expires > now() ? Verdict.MINE : Verdict.GO;
}
