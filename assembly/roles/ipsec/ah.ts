import { Integrity, Mode } from "../../abi/ipsec";
import { Verdict } from "../../abi/verdict";
import { addrSwap } from "../../base/addr";
import { put32 } from "../../base/bytes";
import { equalSecret } from "../../crypto/equal";
import { insert, takeOff } from "../../engine/insert";
import { hasTail, left, Packet, PacketFlag } from "../../engine/packet";
import { Association, SaFlag } from "../../tables/sad";
import { Ah } from "../../wire/ah";
import { Ext, Opt } from "../../wire/ext";
import { Ip6, Proto } from "../../wire/ip6";
import { findPlace, takenOut } from "./insert";
import { ahLen, gmac, icvLen, mac, putNumber } from "./suite";

// Authentication Header, RFC 4302. Its ICV covers the whole packet from the IPv6 header on, in which fields that change on the way count as
// zero, and those whose last value is known as that (home form: RFC 6275 §6.3, §6.4).

/** Headers in front of an AH are covered up to this length. */
const HEADERS: i32 = 192;
/** Those headers as they are, while the ICV is computed. */
const AS_THEY_ARE = memory.data(HEADERS, 8);
const SENT = memory.data(32, 8);
const COMPUTED = memory.data(32, 8);
/** Of GMAC's ICV, the part in front of the tag. */
const IV: i32 = 8;

/** Like `espOut`, with an AH, RFC 4302 §3.3. */
export function ahOut(p: Packet, sa: Association, mode: Mode, src: usize, dst: usize): Verdict {
  const v = findPlace(p, mode, src, dst);
  if (v != Verdict.GO) return v;
  if (!coverable(p)) return Verdict.NO_HEADROOM;
  const len = ahLen(sa);
  const next = p.next;
  if (!insert(p, len, Proto.AH)) return Verdict.NO_HEADROOM;
  Ip6.at(p.ip).payloadLen = <i32>(p.end - p.ip) - Ip6.LEN;
  Ah.write(p.at, next, len, sa.spi, <u32>sa.seq);
  memory.fill(p.at + Ah.LEN, 0, len - Ah.LEN);
  putNumber(COMPUTED, sa.seq);
  computeIcv(p, sa, <u32>(sa.seq >> 32));
  memory.copy(p.at + Ah.LEN, COMPUTED, icvLen(sa));
  return Verdict.GO;
}
/** Like `espIn`, for the AH at `at`, RFC 4302 §3.4: BAD_AH instead of BAD_ESP. */
export function ahIn(p: Packet, sa: Association, seqHi: u32): Verdict {
  if (!Ah.ok(p.at, left(p)) || Ah.at(p.at).len != ahLen(sa) || !coverable(p)) return Verdict.BAD_AH;
  const icv = p.at + Ah.LEN;
  const size = icvLen(sa);
  memory.copy(SENT, icv, size);
  memory.fill(icv, 0, size);
  memory.copy(COMPUTED, SENT, IV);
  computeIcv(p, sa, seqHi);
  memory.copy(icv, SENT, size);
  if (!equalSecret(COMPUTED, SENT, size)) return Verdict.BAD_ICV;
  takeOff(p, ahLen(sa), Ah.at(p.at).next);
  return takenOut(p);
}
/** Can the ICV be computed in place? */
function coverable(p: Packet): bool {
  return <i32>(p.at - p.ip) <= HEADERS && hasTail(p, 4);
}
/** The ICV of the packet with a zero one in the AH at `at` goes to COMPUTED, where GMAC's initialization vector is already. */
function computeIcv(p: Packet, sa: Association, seqHi: u32): void {
  const head = <i32>(p.at - p.ip);
  memory.copy(AS_THEY_ARE, p.ip, head);
  hideMutable(p);
  let len = <i32>(p.end - p.ip);
  if (sa.integrity == <u8>Integrity.AES_128_GMAC) {
    if ((sa.flags & SaFlag.ESN) != 0) {
      put32(p.end, seqHi);
      len += 4;
    }
    gmac(sa, COMPUTED, p.ip, len, COMPUTED + IV);
  } else memory.copy(COMPUTED, mac(sa, p.ip, len, seqHi), icvLen(sa));
  memory.copy(p.ip, AS_THEY_ARE, head);
}
/** RFC 4302 §3.3.3.1: class, flow label and hop limit; data of options that may change on the way; addresses that change places. */
function hideMutable(p: Packet): void {
  const ip = Ip6.at(p.ip);
  ip.first = 0x60;
  ip.hopLimit = 0;
  if ((p.flags & PacketFlag.HOME_CLAIMED) != 0) addrSwap(ip.src, p.home);
  let next = ip.next;
  for (let at = ip.payload; at < p.at; ) {
    const e = Ext.at(at);
    if (next == Proto.HOP_BY_HOP || next == Proto.DEST_OPTS) hideOptions(at + 2, min(at + <usize>e.len, p.at));
    next = e.next;
    at += <usize>e.len;
  }
}
/** RFC 8200 §4.2: the third bit of the type says that the data may change. */
function hideOptions(o: usize, end: usize): void {
  while (o < end) {
    const type = <u32>load<u8>(o);
    if (type == Opt.PAD1) {
      o++;
      continue;
    }
    const size = <usize>load<u8>(o, 1) + 2;
    if (o + size > end) return;
    if ((type & 0x20) != 0) memory.fill(o + 2, 0, size - 2);
    o += size;
  }
}
