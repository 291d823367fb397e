import { Mode, PolicyAction } from "../../abi/ipsec";
import { Verdict } from "../../abi/verdict";
import { addrCopy, addrEq, isMulticast } from "../../base/addr";
import { traceLevel } from "../../engine/events";
import { left, Packet, PacketFlag } from "../../engine/packet";
import { clampMss, mtuTo } from "../../engine/tx";
import { findUpdate, updateCareOf } from "../../tables/binding-list";
import { Association, findInbound, rowOf, SaFlag } from "../../tables/sad";
import {
  defaultAction,
  enforced,
  findPolicy,
  follow,
  highestProcess,
  localOf,
  Policy,
  PolicyFlag,
  protects,
  tunnelLocalOf,
  tunnelRemoteOf,
  tunnels,
} from "../../tables/spd";
import { inferNumber, saw, unseen } from "../../tables/window";
import { Ah } from "../../wire/ah";
import { Esp } from "../../wire/esp";
import { Ip6, Proto } from "../../wire/ip6";
import { ahIn } from "./ah";
import { espIn } from "./esp-in";
import { isAboutProtected, isEncapsulated, servesLink } from "./exempt";
import { Guard, guardOf } from "./guard";
import { carried, lasts } from "./lifetime";
import { noteAccepted } from "./records";
import { firstMatch, inDoubt, lookIn, lookInside, matches, selectedProtocol } from "./select";
import { longestPlain } from "./suite";
import { traceIn, traceInside, traceRefused, traceTunnel } from "./trace";

// What comes in, RFC 4301 §5.2. A protected packet goes through these steps, whatever is wrong is counted and changes nothing:
//
//   1 association by SPI   2 lifetime   3 what the outer processes say about the protected packet   4 replay window   5 ICV
//   6 window moves   7 what came out is what the association's policy is for   8 it is the guard of what lies behind
//
// and every packet, when nothing is left to take off, is judged by the first policy for it: was it protected as it has to be?

/** Door.PROTO, ESP and AH. */
export function takeOffHeader(p: Packet): Verdict {
  const v = enforced() ? takenOff(p) : Verdict.NOT_MINE;
  return v == Verdict.GO ? v : traceRefused(p, v);
}
function takenOff(p: Packet): Verdict {
  const esp = <u32>p.next == Proto.ESP;
  if (esp ? !Esp.ok(left(p)) : !Ah.ok(p.at, left(p))) return esp ? Verdict.BAD_ESP : Verdict.BAD_AH;
  const a = associationOf(p, esp ? Esp.at(p.at).spi : Ah.at(p.at).spi);
  if (a && (a.flags & SaFlag.UDP) == 0) return unprotect(p, a);
  // To the application's own address: it may have associations of its own.
  return !a && (p.flags & PacketFlag.FOR_APP) != 0 ? Verdict.NOT_MINE : Verdict.NO_SA;
}
/** The association that the header at `at` names, if it is one for it. */
export function associationOf(p: Packet, spi: u32): Association | null {
  const a = findInbound(spi);
  return a && a.protocol == p.next && !isMulticast(Ip6.at(p.ip).dst) ? a : null;
}
/** Takes ESP or AH at `at` off. GO: `at` and `next` are behind it. */
export function unprotect(p: Packet, a: Association): Verdict {
  const q = findPolicy(a.policy);
  if (!q) return Verdict.NO_SA;
  const len = left(p);
  if (!lasts(a, len)) return Verdict.SA_EXPIRED;
  const v = judgeOuter(p, <i32>q.process + 1);
  if (v != Verdict.GO) return v;
  const esp = <u32>a.protocol == Proto.ESP;
  const low = esp ? Esp.at(p.at).seq : Ah.at(p.at).seq;
  const n = (a.flags & SaFlag.ESN) != 0 ? inferNumber(a.windowBits, a.seq, low) : <u64>low;
  if (!unseen(a.windowAt, a.windowBits, a.seq, n)) return Verdict.REPLAYED;
  const seqHi = <u32>(n >> 32);
  const out = esp ? espIn(p, a, seqHi, tunnels(q)) : ahIn(p, a, seqHi);
  if (out == Verdict.BAD_ICV || out == Verdict.BAD_ESP || out == Verdict.BAD_AH) return out;
  a.seq = saw(a.windowAt, a.windowBits, a.seq, n);
  noteAccepted(a);
  carried(a, len);
  if (out != Verdict.GO) return out;
  p.guard = <u16>(rowOf(a) + 1);
  return tunnels(q) ? throughTunnel(p, q) : asTransport(p, q);
}
/** The protected packet is itself a packet: processes further out may have had it in their hands. */
function judgeOuter(p: Packet, process: i32): Verdict {
  if (process > highestProcess()) return p.guard == 0 ? Verdict.GO : Verdict.POLICY_MISMATCH;
  lookIn(p);
  const q = firstMatch(process);
  if (inDoubt()) return Verdict.POLICY_MISMATCH;
  return judge(p, q, Verdict.GO);
}
/** Was the packet protected by `q`, or by nothing when `q` does not say so? `unnamed`: the answer when there is no policy and no guard. */
function judge(p: Packet, q: Policy | null, unnamed: Verdict): Verdict {
  if (!q) return p.guard == 0 ? unnamed : Verdict.POLICY_MISMATCH;
  if (q.action == <u8>PolicyAction.DISCARD) return Verdict.POLICY_DISCARD;
  const by = p.guard == 0 ? 0 : guardOf(p).policy;
  return by == (protects(q) ? q.id : 0) ? Verdict.GO : Verdict.POLICY_MISMATCH;
}
function asTransport(p: Packet, q: Policy): Verdict {
  lookIn(p);
  return matches(q) ? Verdict.GO : Verdict.POLICY_MISMATCH;
}
/** From the other end of the tunnel as it is now (step 128 of the seeds), and what the tunnel is for. */
function throughTunnel(p: Packet, q: Policy): Verdict {
  if (<u32>p.next != Proto.IP6 || !Ip6.ok(p.at, left(p))) return Verdict.POLICY_MISMATCH;
  const outer = Ip6.at(p.ip);
  if (!addrEq(outer.src, tunnelRemoteOf(q))) return Verdict.TUNNEL_SOURCE;
  if (!addrEq(outer.dst, tunnelLocalOf(q)) && !arrived(q, outer)) return Verdict.TUNNEL_SOURCE;
  lookInside(p);
  p.guard |= <u16>Guard.INSIDE;
  if (firstMatch(0) == q && !inDoubt()) {
    if (Ip6.at(p.at).next == selectedProtocol()) p.guard |= <u16>Guard.JUDGED;
    return Verdict.GO;
  }
  return matches(q) ? Verdict.GO : Verdict.POLICY_MISMATCH;
}
/**
 * To another care-of address than the tunnel has: one that the other end was told already, and the acknowledgement is late or lost. The
 * packet proves that it knows.
 */
function arrived(q: Policy, outer: Ip6): bool {
  if ((q.flags & PolicyFlag.LOCAL_MOVES) == 0) return false;
  const u = findUpdate(outer.src, localOf(q));
  if (!u || !addrEq(updateCareOf(u), outer.dst)) return false;
  addrCopy(HOME, localOf(q));
  follow(HOME, outer.dst);
  return true;
}
const HOME = memory.data(16, 8);

/** Chain.INBOUND: nothing is left to take off at this address. */
export function judgeHere(p: Packet): Verdict {
  if (!enforced()) return Verdict.GO;
  if ((p.guard & Guard.INSIDE) != 0) return <u32>p.next == Proto.IP6 ? Verdict.GO : Verdict.POLICY_MISMATCH;
  if ((p.guard & Guard.JUDGED) != 0 && traceLevel() == 0) return Verdict.GO;
  if ((p.flags & PacketFlag.LOCAL) != 0 || isEncapsulated(p)) return Verdict.GO;
  const v = judgeAll(p);
  return traceIn(p, named, v);
}
/** Chain.FORWARD: somebody else's. */
export function judgeForwarded(p: Packet): Verdict {
  return enforced() ? judgeAll(p) : Verdict.GO;
}
let named: bool = false;
/** The first policy that names the packet decides. */
export function judgeAll(p: Packet): Verdict {
  if ((p.guard & Guard.JUDGED) != 0) {
    named = true;
    return Verdict.GO;
  }
  lookIn(p);
  named = false;
  if (servesLink(p) || isAboutProtected(p)) return Verdict.GO;
  const q = firstMatch(0);
  named = q != null;
  if (inDoubt()) return Verdict.POLICY_MISMATCH;
  return judge(p, q, defaultAction() == <i32>PolicyAction.BYPASS ? Verdict.GO : Verdict.POLICY_DISCARD);
}
/** Chain.TUNNEL: the header inside of an association's tunnel is let in, for it was judged; any other tunnel has an owner of its own. */
export function insideTunnel(p: Packet): Verdict {
  if (!enforced()) return Verdict.GO;
  if ((p.guard & Guard.INSIDE) == 0) {
    traceTunnel(p);
    p.guard = 0;
    p.flags &= ~PacketFlag.LOCAL;
    return Verdict.GO;
  }
  p.guard &= <u16>~Guard.INSIDE;
  traceInside(p);
  if (Ip6.at(p.ip).next == Proto.TCP) clampInside(p);
  return Verdict.MINE;
}
/** What the answer to a SYN may have: both ways of a connection are told here. */
function clampInside(p: Packet): void {
  clampMss(p.ip, p.end, longestPlain(guardOf(p), Mode.TUNNEL, mtuTo(Ip6.at(p.outer).src)));
}
