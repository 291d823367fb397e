import { Verdict } from "../../abi/verdict";
import { addrCopy, addrEq } from "../../base/addr";
import { AUTHENTICATOR_SIZE, authenticator } from "../../crypto/binding-auth";
import { equalSecret } from "../../crypto/equal";
import { now } from "../../engine/clock";
import { askChain, Chain } from "../../engine/doors";
import { count, step } from "../../engine/events";
import { addHomeAddress } from "../../engine/home-form";
import { allocOwn, Packet } from "../../engine/packet";
import { port } from "../../engine/ports";
import { settle } from "../../engine/queue";
import { send } from "../../engine/tx";
import { BindingUpdate, findUpdate, putUpdate, UpdateState, UpdateTo, updateCareOf } from "../../tables/binding-list";
import { careOfToken, findReturnRoute, homeToken, ReturnRoute, ReturnState } from "../../tables/return-routes";
import { Ip6, Proto } from "../../wire/ip6";
import { BaStatus, BuFlag, Mh, MhType, putBu } from "../../wire/mh";
import {
  AUTHORIZED_LEN,
  authenticatorOf,
  NONCE_INDICES_AT,
  putAuthorization,
  putNonceIndices,
} from "../../wire/return-routability";
import { again, begin, bound, boundTo, forget, pause, refuse } from "./correspondents";
import { careOf, home, MN, registration } from "./node";
import { nextSequence, outstanding } from "./update";

// The binding at a correspondent, RFC 6275 §11.7.2-11.7.4.
//   away:   IPv6(CoA → CN)  Destination Options: Home Address (24)   MH: BU, Nonce Indices, Authorization Data (32)
//   home:   IPv6(HoA → CN)  the same MH, lifetime 0, signed with the home keygen token alone

/** MAX_RR_BINDING_LIFETIME, §12, units of 4 s. */
const LONGEST: u64 = 105;
/** A Binding Refresh Request or Binding Error is not signed: what it may cause is no more than this often. */
const SPARE_MS: u64 = 3000;
const EXPECTED = memory.data(16, 8);

/** Sends a Binding Update. False: there is no row, or no home registration that would outlive it. */
export function sendCorrespondentUpdate(r: ReturnRoute): bool {
  const to = changetype<usize>(r);
  const leaving = r.state == ReturnState.LEAVING;
  const units = leaving ? 0 : lifetime();
  if (units == 0 && !leaving) return false;
  const u = row(to);
  if (!u) return false;
  if (!leaving && !addrEq(updateCareOf(u), careOf())) {
    addrCopy(updateCareOf(u), careOf());
    u.state = <u8>UpdateState.WAITING;
    u.sent = 0;
  }
  u.seq++;
  u.asked = <u16>units;
  u.sentAt = now();
  if (u.sent == 0) {
    u.oldest = u.seq;
    u.burstAt = u.sentAt;
  }
  if (u.sent < 255) u.sent++;
  // Until it says otherwise, it may hold what this asks for.
  if (!leaving && u.state != <u8>UpdateState.BOUND) u.expires = u.sentAt + <u64>units * 4000;
  step(531, updateCareOf(u), to, u.seq);
  const p = allocOwn();
  if (!p) return true; // the retransmission will do
  const mh = Ip6.begin(p.ip, home(), to, Proto.MH, AUTHORIZED_LEN, port(MN.port).hopLimit);
  p.end = mh + AUTHORIZED_LEN;
  Mh.begin(mh, AUTHORIZED_LEN, MhType.BU);
  putBu(mh, u.seq, BuFlag.ACK, <u32>units);
  putNonceIndices(mh + NONCE_INDICES_AT, r.homeIndex, r.careOfIndex);
  const proof = putAuthorization(mh, AUTHORIZED_LEN);
  sign(r, u, mh, AUTHORIZED_LEN, proof);
  if (!leaving) addHomeAddress(p, careOf());
  Mh.seal(mh, home(), to);
  p.step = 531;
  settle(p, send(p));
  return true;
}
/** The authenticator of a message to or from the correspondent; `updateCareOf` is the home address while leaving. */
function sign(r: ReturnRoute, u: BindingUpdate, mh: usize, len: i32, to: usize): void {
  const second: usize = r.state == ReturnState.LEAVING ? 0 : careOfToken(r);
  authenticator(homeToken(r), second, updateCareOf(u), changetype<usize>(r), mh, len, to);
}
function row(to: usize): BindingUpdate | null {
  const known = findUpdate(to, home());
  if (known) return known;
  const u = putUpdate(to, home());
  if (!u) {
    count(Verdict.BINDING_FULL);
    return null;
  }
  u.to = UpdateTo.CORRESPONDENT;
  u.seq = <u16>(nextSequence() - 1); // of the last one, had there been one
  return u;
}
/** Not beyond the home registration, §11.7.2. Units of 4 s. */
function lifetime(): u64 {
  const h = registration();
  if (!h || h.expires <= now()) return 0;
  return min((h.expires - now()) / 4000, LONGEST);
}
/** Binding Acknowledgement of a correspondent. Steps of routine 70: 71 routing header, 72 no IPsec, 74 policy, 75 table 210, 77 discarded. */
export function rxCorrespondentBa(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  const mh = Mh.at(p.at);
  const r = findReturnRoute(ip.src);
  const u = r ? findUpdate(ip.src, home()) : null;
  if (!r || !u || u.sent == 0 || p.outer != 0 || !addrEq(ip.dst, home())) return Verdict.BA_UNEXPECTED;
  const leaving = r.state == ReturnState.LEAVING;
  if (!leaving && r.state != ReturnState.UPDATING) return Verdict.BA_UNEXPECTED;
  if (leaving ? p.home != 0 : p.home == 0 || !addrEq(p.home, careOf())) return Verdict.BA_UNEXPECTED;
  const status = mh.baStatus;
  const old = status >= <u32>BaStatus.EXPIRED_HOME_NONCE && status <= <u32>BaStatus.EXPIRED_NONCES;
  if (!old && !proved(p, r, u)) return Verdict.BA_UNEXPECTED;
  if (status != <u32>BaStatus.SEQUENCE && !outstanding(u, mh.baSeq)) return Verdict.BA_SEQUENCE;
  step(532, ip.src, updateCareOf(u), status);
  step(71, home(), updateCareOf(u), 0);
  step(72, ip.src, home(), 0);
  step(74, ip.src, home(), 0);
  if (status >= <u32>BaStatus.UNSPECIFIED) {
    step(77, ip.src, home(), status);
    return rejected(r, u, status, mh.baSeq);
  }
  const units = min(mh.lifetime, <u32>u.asked);
  if (leaving) {
    forget(r);
    return Verdict.DONE;
  }
  if (units == 0) {
    refuse(r);
    return Verdict.BA_REFUSED;
  }
  const since = mh.baSeq == <u32>u.seq ? u.sentAt : u.burstAt;
  u.sent = 0;
  u.state = <u8>UpdateState.BOUND;
  u.expires = since + <u64>units * 4000;
  step(75, ip.src, home(), units);
  step(533, ip.src, updateCareOf(u), units);
  const v = askChain(Chain.ACKNOWLEDGED, p);
  if (v >= Verdict.DROPS) {
    refuse(r);
    return v;
  }
  bound(r, u);
  return Verdict.DONE;
}
function proved(p: Packet, r: ReturnRoute, u: BindingUpdate): bool {
  const proof = authenticatorOf(p.at);
  if (proof == 0) return false;
  sign(r, u, p.at, Mh.at(p.at).len, EXPECTED);
  return equalSecret(EXPECTED, proof, AUTHENTICATOR_SIZE);
}
function rejected(r: ReturnRoute, u: BindingUpdate, status: u32, seq: u32): Verdict {
  switch (status) {
    case BaStatus.SEQUENCE:
      u.seq = <u16>seq;
      u.sent = 0;
      again(r);
      return Verdict.BA_SEQUENCE;
    case BaStatus.EXPIRED_HOME_NONCE:
    case BaStatus.EXPIRED_NONCES:
      r.homeAt = 0;
      if (status == <u32>BaStatus.EXPIRED_NONCES) r.careOfAt = 0;
      break;
    case BaStatus.EXPIRED_CARE_OF_NONCE:
      r.careOfAt = 0;
      break;
    default:
      refuse(r);
      return Verdict.BA_REFUSED;
  }
  u.sent = 0;
  again(r);
  return Verdict.BA_REFUSED;
}
/** Binding Refresh Request of a correspondent, §11.7.4. */
export function rxCorrespondentBrr(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  const r = findReturnRoute(ip.src);
  const u = boundTo(ip.src);
  if (!r || !u || p.outer != 0 || p.home == 0 || !addrEq(p.home, careOf())) return Verdict.BRR_UNEXPECTED;
  if (r.state != ReturnState.IDLE || u.sentAt + SPARE_MS > now()) return Verdict.BRR_UNEXPECTED;
  r.rounds = 0;
  begin(r);
  return Verdict.DONE;
}
/**
 * Binding Error of a correspondent, §11.3.6: it has no binding of ours (status 1), the row is deleted, data goes through the tunnel; or it knows
 * nothing of our messages (2), it is not asked again for a while. Believed only where data or questions were sent to it.
 */
export function rxCorrespondentBe(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  const r = findReturnRoute(ip.src);
  if (!r) return Verdict.BE_UNEXPECTED;
  if (Mh.at(p.at).baStatus != 1) {
    const asked = r.state == ReturnState.TESTING || r.state == ReturnState.UPDATING;
    if (!asked || (!addrEq(ip.dst, careOf()) && !addrEq(ip.dst, home()))) return Verdict.BE_UNEXPECTED;
    refuse(r);
    return Verdict.DONE;
  }
  const u = boundTo(ip.src);
  if (!u || p.outer != 0 || !addrEq(ip.dst, careOf()) || !addrEq(p.at + 8, home())) return Verdict.BE_UNEXPECTED;
  if (r.usedAt + SPARE_MS < now()) return Verdict.BE_UNEXPECTED;
  askChain(Chain.ACKNOWLEDGED, p);
  pause(r);
  return Verdict.DONE;
}
/** A Parameter Problem about what was asked of a correspondent, or about a Home Address option: it cannot. */
export function onCorrespondentProblem(quoted: usize): void {
  const ip = Ip6.at(quoted);
  const r = findReturnRoute(ip.dst);
  if (!r || (!addrEq(ip.src, careOf()) && !addrEq(ip.src, home()))) return;
  const asked = r.state == ReturnState.TESTING || r.state == ReturnState.UPDATING;
  if ((ip.next == Proto.MH && asked) || (ip.next == Proto.DEST_OPTS && (asked || boundTo(ip.dst) != null))) refuse(r);
}
