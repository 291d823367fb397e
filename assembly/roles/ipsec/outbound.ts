import { Mode, PolicyAction } from "../../abi/ipsec";
import { Verdict } from "../../abi/verdict";
import { ASSOCIATIONS } from "../../base/config";
import { icmpError } from "../../engine/icmp";
import { added, Packet, PacketFlag, protectedBy, setProtectedBy } from "../../engine/packet";
import { clampMss, mtuTo } from "../../engine/tx";
import { ownAddress } from "../../tables/addresses";
import { Association, association, isLive, LAST_NUMBER, newestSender, receives, SaFlag } from "../../tables/sad";
import {
  defaultAction,
  enforced,
  highestProcess,
  Policy,
  PROCESSES,
  protects,
  tunnelLocalOf,
  tunnelRemoteOf,
  tunnels,
} from "../../tables/spd";
import { Icmp6Type } from "../../wire/icmp6";
import { Ip6, Proto } from "../../wire/ip6";
import { Tcp } from "../../wire/tcp";
import { ahOut } from "./ah";
import { espOut } from "./esp-out";
import { servesLink } from "./exempt";
import { carried, lasts } from "./lifetime";
import { reserve } from "./records";
import { firstMatch, inDoubt, lookOut } from "./select";
import { longestPlain } from "./suite";
import { Decided, tracedOut, traceOut } from "./trace";

// Chain.SEND, Stage.POLICY: what leaves, RFC 4301 §5.1. The packet comes by again after every header that was put around it:
//
//   of the processes that did not have it yet, the first with a policy for it: discard, bypass, or protect and next process
//   none: what happens by default, unless a process protected it already

/** Chain.SEND. */
export function protect(p: Packet): Verdict {
  if (!enforced()) return Verdict.GO;
  p.guard = 0; // of what came in; this goes out
  if (staysHere(p)) return Verdict.GO;
  const done = protectedBy(p);
  if (done != 0 && done > highestProcess()) return tracedOut(p, Decided.NOTHING, Verdict.GO);
  lookOut(p);
  if (done == 0 && servesLink(p)) return Verdict.GO;
  traceOut(p);
  const q = firstMatch(done);
  if (inDoubt()) return tracedOut(p, Decided.NOTHING, Verdict.POLICY_DISCARD);
  if (q) return applyAll(p, q, done);
  const refused = done == 0 && defaultAction() == <i32>PolicyAction.DISCARD;
  return tracedOut(p, Decided.NOTHING, refused ? Verdict.POLICY_DISCARD : Verdict.GO);
}
/** Processes follow each other before the mobile tunnel takes what came out of one for data of the home address. */
function applyAll(p: Packet, q: Policy, done: i32): Verdict {
  const v = apply(p, q, done);
  const next = protectedBy(p);
  if (v != Verdict.GO || next == done || next == PROCESSES) return v;
  lookOut(p);
  const further = firstMatch(next);
  return further ? applyAll(p, further, next) : v;
}
/** To this node itself, as an error about the application's own packet: it never leaves. */
function staysHere(p: Packet): bool {
  p.flags &= ~PacketFlag.LOCAL;
  if ((p.flags & PacketFlag.FORWARDED) != 0 || !ownAddress(Ip6.at(p.ip).dst)) return false;
  p.flags |= PacketFlag.LOCAL;
  return true;
}
function apply(p: Packet, q: Policy, done: i32): Verdict {
  if (q.action == <u8>PolicyAction.DISCARD) return tracedOut(p, Decided.PLAIN, Verdict.POLICY_DISCARD);
  if (!protects(q)) return tracedOut(p, Decided.PLAIN, Verdict.GO);
  const len = <i32>(p.end - p.ip);
  const a = sender(q, len);
  if (!a) return tracedOut(p, Decided.WANTED, whyNone(q));
  if (done == 0) {
    if (!fits(p, q, a, len)) return tracedOut(p, Decided.WANTED, Verdict.TOO_BIG);
    p.room = changetype<usize>(q) + offsetof<Policy>("room");
    p.plain = <u16>len;
  }
  a.seq++;
  reserve(a);
  carried(a, len);
  const mode = <Mode>q.mode;
  if (mode == Mode.TUNNEL) p.step = stepInside(p.step);
  const v =
    <u32>a.protocol == Proto.AH
      ? ahOut(p, a, mode, tunnelLocalOf(q), tunnelRemoteOf(q))
      : espOut(p, a, mode, tunnelLocalOf(q), tunnelRemoteOf(q));
  if (v == Verdict.GO) setProtectedBy(p, <i32>q.process + 1);
  return tracedOut(p, mode == Mode.TUNNEL ? Decided.TUNNEL : Decided.TRANSPORT, v);
}
/** The mobile tunnel's steps 509 and 516 are 551 and 556 when its header is inside another one, Fig. 21. */
function stepInside(step: u16): u16 {
  return step == 509 ? 551 : step == 516 ? 556 : step;
}
/** The newest association of the policy that can send `len` more bytes, or null. */
function sender(q: Policy, len: i32): Association | null {
  for (let row = candidate(q); row >= 0; row = candidate(q)) {
    const a = association(row);
    if (a.seq < a.limit && lasts(a, len)) return a;
    q.sender = 0;
  }
  return null;
}
function candidate(q: Policy): i32 {
  if (q.sender == 0) q.sender = <u16>newestSender(q.id);
  return <i32>q.sender - 1;
}
/** Nobody can send: why the nearest to it cannot. */
function whyNone(q: Policy): Verdict {
  let why = Verdict.NO_SA;
  for (let row = 0; row < ASSOCIATIONS; row++) {
    const a = association(row);
    if (!isLive(a) || receives(a) || a.policy != q.id) continue;
    const dead = (a.flags & SaFlag.DEAD) != 0;
    const spent = (a.flags & SaFlag.ESN) == 0 && a.seq == LAST_NUMBER;
    if (!dead && !spent) return Verdict.SA_UNSAVED;
    why = dead ? Verdict.SA_EXPIRED : Verdict.SA_EXHAUSTED;
  }
  return why;
}
/**
 * Path MTU, RFC 4301 §8.2: what another sender's packet may be is said before it is encrypted, for then nothing of it can be quoted. Packets
 * up to 1280 travel, in fragments if need be, and so does what this node has to say itself. A TCP SYN is told what fits.
 */
function fits(p: Packet, q: Policy, a: Association, len: i32): bool {
  const inside = p.inner != 0 ? p.inner : p.ip;
  const wrapped = <i32>(inside - p.ip);
  const syn = isSyn(inside, p.end);
  if (len - wrapped - added(p) <= Ip6.MIN_MTU && !syn) return true;
  let room = longestPlain(a, <Mode>q.mode, mtuTo(tunnels(q) ? tunnelRemoteOf(q) : Ip6.at(p.ip).dst));
  if (q.room != 0) room = min(room, <i32>q.room);
  if (syn) clampMss(inside, p.end, room - wrapped);
  room = max(room - wrapped, Ip6.MIN_MTU + added(p));
  if (len - wrapped <= room || (p.flags & (PacketFlag.FORWARDED | PacketFlag.FROM_APP)) == 0) return true;
  icmpError(p, Icmp6Type.TOO_BIG, 0, room);
  return false;
}
function isSyn(ip: usize, end: usize): bool {
  const at = Ip6.at(ip).payload;
  return Ip6.at(ip).next == Proto.TCP && Tcp.ok(at, <i32>(end - at)) && (Tcp.at(at).flags & Tcp.SYN) != 0;
}
