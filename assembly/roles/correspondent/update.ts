import { Event } from "../../abi/event";
import { Verdict } from "../../abi/verdict";
import { addrCopy, addrEq, isHost } from "../../base/addr";
import { be16 } from "../../base/bytes";
import { seqAfter } from "../../base/seq";
import { AUTHENTICATOR_SIZE, authenticator } from "../../crypto/binding-auth";
import { equalSecret } from "../../crypto/equal";
import { now } from "../../engine/clock";
import { Door, on } from "../../engine/doors";
import { emit } from "../../engine/events";
import { Packet } from "../../engine/packet";
import { ownAddress } from "../../tables/addresses";
import { findMobile, mobileCareOf, mobileOwn, newMobile } from "../../tables/correspondents";
import { Ip6 } from "../../wire/ip6";
import { BaStatus, BuFlag, Mh, MhOpt, MhType, mhOption } from "../../wire/mh";
import { authenticatorOf, nonceIndices } from "../../wire/return-routability";
import { Asked, sendAck } from "./acknowledge";
import { end, Made, watch } from "./lifetimes";
import { knowsNonce, NONCE_MS, token } from "./nonces";
import { isOn, isServed, longestLifetime, mayAnswer } from "./settings";

// A Binding Update of a mobile node, RFC 6275 §9.5. What is not proved by its authenticator changes nothing and hears nothing, but for nonces
// that are too old: it cannot be proved with those, and the mobile node must know (§9.5.1).

const OPTIONS: usize = 12;
const UNIT_MS: u64 = 4000;
const HOME_TOKEN = memory.data(8, 8);
const CARE_OF_TOKEN = memory.data(8, 8);
const EXPECTED = memory.data(16, 8);
const Q = changetype<Asked>(memory.data(offsetof<Asked>(), 8));

export function attachUpdate(): void {
  on(Door.MH, MhType.BU, rxUpdate);
}
function rxUpdate(p: Packet): Verdict {
  if (!isOn()) return Verdict.MH_UNKNOWN;
  const ip = Ip6.at(p.ip);
  const mh = Mh.at(p.at);
  const alternate = mhOption(p.at + OPTIONS, p.at + <usize>mh.len, MhOpt.ALT_COA);
  // 8n + 6 is the option's alignment, §6.2.5: an address elsewhere cannot be read by words.
  if (alternate != 0 && ((alternate & 3) != 2 || load<u8>(alternate, 1) != 16)) return Verdict.BAD_MH;
  const home = ip.src;
  const source = p.home != 0 ? p.home : home;
  const care = alternate != 0 ? alternate + 2 : source;
  const leaving = mh.lifetime == 0 || addrEq(care, home);
  if (p.outer != 0 || !isServed(ip.dst) || !isHost(home) || !isHost(source) || !isHost(care))
    return Verdict.BU_NOT_ALLOWED;
  if (ownAddress(care) || ownAddress(home)) return Verdict.BU_NOT_ALLOWED;
  // Without a Home Address option it is the mobile node back at home, §11.5.5.
  if (p.home == 0 && !leaving) return Verdict.BU_NOT_ALLOWED;
  Q.from = ip.dst;
  Q.home = home;
  Q.to = source;
  Q.careOf = leaving ? home : care;
  Q.homeToken = 0;
  Q.port = p.port;
  const known = findMobile(home, now());
  if ((mh.buFlags & BuFlag.HOME) != 0) {
    const bound = known != null && known.expires > now();
    return refuse(bound ? BaStatus.TYPE_CHANGE : BaStatus.NOT_SUPPORTED, mh.buSeq, mh.buSeq);
  }
  const proof = authenticatorOf(p.at);
  const indices = nonceIndices(p.at);
  if (proof == 0 || indices == 0) return Verdict.RR_REFUSED;
  const homeIndex = be16(indices + 2);
  const careOfIndex = be16(indices + 4);
  const homeOld = !knowsNonce(homeIndex);
  const careOfOld = !leaving && !knowsNonce(careOfIndex);
  if (homeOld && careOfOld) return refuse(BaStatus.EXPIRED_NONCES, mh.buSeq, mh.buSeq);
  if (homeOld) return refuse(BaStatus.EXPIRED_HOME_NONCE, mh.buSeq, mh.buSeq);
  if (careOfOld) return refuse(BaStatus.EXPIRED_CARE_OF_NONCE, mh.buSeq, mh.buSeq);
  token(home, homeIndex, 0, HOME_TOKEN);
  if (!leaving) token(care, careOfIndex, 1, CARE_OF_TOKEN);
  const second: usize = leaving ? 0 : CARE_OF_TOKEN;
  authenticator(HOME_TOKEN, second, Q.careOf, ip.dst, p.at, mh.len, EXPECTED);
  if (!equalSecret(EXPECTED, proof, AUTHENTICATOR_SIZE)) return Verdict.RR_REFUSED;
  Q.homeToken = HOME_TOKEN;
  Q.careOfToken = second;
  if (known && !seqAfter(mh.buSeq, known.sequence)) return refuse(BaStatus.SEQUENCE, known.sequence, mh.buSeq);
  const status = leaving ? leave(p) : enter(p, care);
  if (status >= BaStatus.UNSPECIFIED) return refuse(status, mh.buSeq, mh.buSeq);
  if ((mh.buFlags & BuFlag.ACK) != 0) {
    const b = findMobile(home, now());
    sendAck(Q, status, mh.buSeq, b && !leaving ? b.lifetime : 0);
  }
  return Verdict.DONE;
}
/** Made or renewed; a status. */
function enter(p: Packet, care: usize): i32 {
  const mh = Mh.at(p.at);
  const home = Ip6.at(p.ip).src;
  const known = findMobile(home, now());
  const b = known ? known : newMobile(home, now());
  if (!b) return BaStatus.RESOURCES;
  const how = b.expires > now() ? Made.RENEWED : Made.NEW;
  addrCopy(mobileCareOf(b), care);
  addrCopy(mobileOwn(b), Ip6.at(p.ip).dst);
  b.port = p.port;
  b.sequence = <u16>mh.buSeq;
  b.flags = <u8>mh.buFlags;
  b.lifetime = <u16>min(mh.lifetime, longestLifetime());
  b.expires = now() + <u64>b.lifetime * UNIT_MS;
  // The sequence number is known for as long as the nonces of this Binding Update would prove it once more, §5.2.8.
  b.forgetAt = max(b.expires, now() + NONCE_MS);
  watch(b, how);
  return BaStatus.ACCEPTED;
}
/** Taken away; a status. */
function leave(p: Packet): i32 {
  const b = findMobile(Ip6.at(p.ip).src, now());
  if (!b) return BaStatus.ACCEPTED;
  b.sequence = <u16>Mh.at(p.at).buSeq;
  b.forgetAt = now() + NONCE_MS;
  if (b.expires > now()) end(b, Made.REMOVED);
  return BaStatus.ACCEPTED;
}
/** Refusals are always said, §9.5.4. Unsigned ones, which anybody can provoke, not too often. */
function refuse(status: u32, sequence: u32, asked: u32): Verdict {
  emit(Event.BU_REFUSED, status, Q.home, Q.careOf, asked, 0);
  if (Q.homeToken != 0 || mayAnswer()) sendAck(Q, status, sequence, 0);
  return status == BaStatus.SEQUENCE ? Verdict.BU_SEQUENCE : Verdict.BU_REFUSED;
}
