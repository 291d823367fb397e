import { Event, Registration } from "../../abi/event";
import { Verdict } from "../../abi/verdict";
import { addrEq } from "../../base/addr";
import { be16 } from "../../base/bytes";
import { Changed } from "../../engine/changed";
import { askChain, Chain, Door, on } from "../../engine/doors";
import { emit, step } from "../../engine/events";
import { Packet } from "../../engine/packet";
import { BindingUpdate, UpdateState, updateCareOf } from "../../tables/binding-list";
import { Icmp6, Icmp6Type } from "../../wire/icmp6";
import { Ip6, Proto } from "../../wire/ip6";
import { BaStatus, Mh, MhOpt, MhType, mhOption } from "../../wire/mh";
import {
  onCorrespondentProblem,
  rxCorrespondentBa,
  rxCorrespondentBe,
  rxCorrespondentBrr,
} from "./correspondent-update";
import { agent, careOf, home, MN, registration } from "./node";
import { solicitPrefixes } from "./prefixes";
import { accepted, arrived, refresh, refused, resynchronize } from "./register";
import { outstanding } from "./update";

// What the home agent answers: Binding Acknowledgement (RFC 6275 §11.7.3), Binding Refresh Request (§11.7.4), Binding Error (§11.3.6),
// and ICMPv6 errors about what was sent to it.

export function attachAcknowledge(): void {
  on(Door.MH, MhType.BA, rxBa);
  on(Door.MH, MhType.BRR, rxBrr);
  on(Door.MH, MhType.BE, rxBe);
}
/** From the home agent, not through a tunnel, to the home address by the route that the binding has: type 2 routing header or none. */
function fromAgent(p: Packet, u: BindingUpdate): bool {
  const ip = Ip6.at(p.ip);
  if (p.outer != 0 || !addrEq(ip.src, agent()) || !addrEq(ip.dst, home())) return false;
  if (p.home == 0) return u.state == UpdateState.LEAVING;
  return u.state != UpdateState.LEAVING && addrEq(p.home, updateCareOf(u));
}
function rxBa(p: Packet): Verdict {
  if (!addrEq(Ip6.at(p.ip).src, agent())) return rxCorrespondentBa(p);
  const u = registration();
  if (!u || !fromAgent(p, u)) return Verdict.BA_UNEXPECTED;
  const mh = Mh.at(p.at);
  const status = mh.baStatus;
  const end = p.at + <usize>mh.len;
  const advice = mhOption(p.at + 12, end, MhOpt.REFRESH_ADVICE);
  // 2n is the option's alignment, §6.2.4.
  if ((advice & 1) != 0 || (advice != 0 && load<u8>(advice, 1) != 2)) return Verdict.BAD_MH;
  // Nothing was asked, or the node has left from where it asked: there is no address to go on from.
  if (u.sent == 0 || MN.state == Registration.SEARCHING) return Verdict.BA_UNEXPECTED;
  if (status != BaStatus.SEQUENCE && !outstanding(u, mh.baSeq)) return Verdict.BA_SEQUENCE;
  step(502, agent(), updateCareOf(u), status);
  if (status >= <u32>BaStatus.UNSPECIFIED) return rejected(p, u, status, mh.baSeq);
  // Never more than was asked for.
  const units = mh.lifetime < <u32>u.asked ? mh.lifetime : <u32>u.asked;
  const leaving = u.state == UpdateState.LEAVING;
  if (units == 0 && !leaving) return rejected(p, u, BaStatus.UNSPECIFIED, mh.baSeq);
  emit(Event.BA_RECEIVED, status, agent(), updateCareOf(u), mh.baSeq, units);
  if (leaving) arrived(u);
  else {
    accepted(u, mh.baSeq, units, advice == 0 ? 0 : be16(advice + 2));
    step(503, agent(), updateCareOf(u), units);
    if (status == BaStatus.PREFIX_DISCOVERY) solicitPrefixes();
  }
  const v = askChain(Chain.ACKNOWLEDGED, p);
  return v == Verdict.GO ? Verdict.DONE : v;
}
/** Step 67 of whoever processes acknowledgements comes first; then the next attempt. */
function rejected(p: Packet, u: BindingUpdate, status: u32, seq: u32): Verdict {
  askChain(Chain.ACKNOWLEDGED, p);
  if (status == BaStatus.SEQUENCE) {
    resynchronize(u, seq);
    return Verdict.BA_SEQUENCE;
  }
  // An agent that has nothing of ours has nothing to take away.
  const nothing = status == BaStatus.NOT_HOME_AGENT || status == BaStatus.NOT_HOME_SUBNET;
  if (u.state == UpdateState.LEAVING && nothing) arrived(u);
  else refused(u, status);
  return Verdict.BA_REFUSED;
}
function rxBrr(p: Packet): Verdict {
  if (!addrEq(Ip6.at(p.ip).src, agent())) return rxCorrespondentBrr(p);
  const u = registration();
  if (!u || !fromAgent(p, u) || u.state == UpdateState.LEAVING) return Verdict.BRR_UNEXPECTED;
  refresh();
  return Verdict.DONE;
}
/** The home agent has no binding for us (status 1), or does not know a message of ours (2, which changes nothing). */
function rxBe(p: Packet): Verdict {
  const u = registration();
  const ip = Ip6.at(p.ip);
  if (!addrEq(ip.src, agent())) return rxCorrespondentBe(p);
  if (!u || p.outer != 0 || !addrEq(ip.src, agent()) || !addrEq(p.at + 8, home())) return Verdict.BE_UNEXPECTED;
  if (Mh.at(p.at).baStatus == 1) refresh();
  return Verdict.DONE;
}
/** The home agent sends back what came through the tunnel: it may have lost the binding. At most one Binding Update is out. */
export function onRejected(what: Changed, quoted: usize): void {
  if (what != Changed.REJECTED || MN.state != Registration.REGISTERED) return;
  const ip = Ip6.at(quoted);
  const next = ip.next;
  if (load<u8>(quoted - <usize>Icmp6.LEN) == <u8>Icmp6Type.PARAMETER) onCorrespondentProblem(quoted);
  if (!addrEq(ip.src, careOf()) || !addrEq(ip.dst, agent())) return;
  if (next == Proto.IP6 || next == Proto.DEST_OPTS) refresh();
}
