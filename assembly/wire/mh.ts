import { addrCopy } from "../base/addr";
import { be16, put16 } from "../base/bytes";
import { finish, pseudo6, sum } from "../base/checksum";
import { Proto } from "./ip6";

/** Mobility header types, RFC 6275 §6.1. */
export enum MhType {
  BRR = 0,
  HOTI = 1,
  COTI = 2,
  HOT = 3,
  COT = 4,
  BU = 5,
  BA = 6,
  BE = 7,
}
export enum BuFlag {
  ACK = 0x80,
  HOME = 0x40,
  LINK_LOCAL = 0x20,
  KEY = 0x10,
  /** MAP registration, RFC 5380. */
  MAP = 0x08,
  /** Mobile router, RFC 3963. */
  ROUTER = 0x04,
}
/** Status of a Binding Acknowledgement, RFC 6275 §6.1.8. */
export enum BaStatus {
  ACCEPTED = 0,
  PREFIX_DISCOVERY = 1,
  UNSPECIFIED = 128,
  PROHIBITED = 129,
  RESOURCES = 130,
  NOT_SUPPORTED = 131,
  NOT_HOME_SUBNET = 132,
  NOT_HOME_AGENT = 133,
  DAD_FAILED = 134,
  SEQUENCE = 135,
  EXPIRED_HOME_NONCE = 136,
  EXPIRED_CARE_OF_NONCE = 137,
  EXPIRED_NONCES = 138,
  TYPE_CHANGE = 139,
}
/** Mobility options, RFC 6275 §6.2. */
export enum MhOpt {
  PAD1 = 0,
  PADN = 1,
  REFRESH_ADVICE = 2,
  ALT_COA = 3,
  NONCE_INDICES = 4,
  AUTH_DATA = 5,
}

// Mobility header, RFC 6275 §6.1.1.   0 payload proto   1 len (8 bytes, first 8 not counted)   2 type   3 reserved   4 checksum   6 data
//  BU  6 sequence   8 flags   10 lifetime (4 s)   12 options
//  BA  6 status   7 K   8 sequence   10 lifetime (4 s)   12 options
//  BRR 6 reserved   8 options
@unmanaged
export class Mh {
  @inline static at(p: usize): Mh {
    return changetype<Mh>(p);
  }
  @inline get ptr(): usize {
    return changetype<usize>(this);
  }
  @inline get proto(): u32 {
    return <u32>load<u8>(this.ptr);
  }
  @inline get len(): i32 {
    return (<i32>load<u8>(this.ptr, 1) + 1) << 3;
  }
  @inline get type(): u32 {
    return <u32>load<u8>(this.ptr, 2);
  }
  @inline get buSeq(): u32 {
    return be16(this.ptr + 6);
  }
  @inline get buFlags(): u32 {
    return <u32>load<u8>(this.ptr, 8);
  }
  /** Units of 4 seconds; the same place in a BA. */
  @inline get lifetime(): u32 {
    return be16(this.ptr + 10);
  }
  @inline get baStatus(): u32 {
    return <u32>load<u8>(this.ptr, 6);
  }
  @inline get baFlags(): u32 {
    return <u32>load<u8>(this.ptr, 7);
  }
  @inline get baSeq(): u32 {
    return be16(this.ptr + 8);
  }
  /** Gate: header inside `len` bytes. The checksum is judged by `valid`. */
  static ok(p: usize, len: i32): bool {
    return len >= 8 && Mh.at(p).len <= len;
  }
  static valid(p: usize, src: usize, dst: usize): bool {
    const n = Mh.at(p).len;
    return finish(sum(p, n, pseudo6(src, dst, n, Proto.MH))) == 0;
  }
  /** Writes the common part; `len` in bytes, a multiple of 8. The body follows from the caller, then `seal`. */
  static begin(p: usize, len: i32, type: u32): void {
    memory.fill(p, 0, len);
    store<u8>(p, <u8>Proto.NONE);
    store<u8>(p, <u8>((len >> 3) - 1), 1);
    store<u8>(p, <u8>type, 2);
  }
  /** `src` and `dst` as the receiver's pseudo-header will have them: HAO and RH2 already applied (RFC 6275 §6.1.1). */
  static seal(p: usize, src: usize, dst: usize): void {
    const n = Mh.at(p).len;
    store<u16>(p, 0, 4);
    store<u16>(p, finish(sum(p, n, pseudo6(src, dst, n, Proto.MH))), 4);
  }
}
/** Mobility option of a type from `p` to `end`, 0 when absent, 1 (never a valid pointer) when the options are malformed. */
export function mhOption(p: usize, end: usize, type: u32): usize {
  let hit: usize = 0;
  while (p < end) {
    const t = <u32>load<u8>(p);
    if (t == MhOpt.PAD1) {
      p += 1;
      continue;
    }
    if (end - p < 2) return 1;
    const n = <usize>load<u8>(p, 1) + 2;
    if (n > end - p) return 1;
    if (t == type && hit == 0) hit = p;
    p += n;
  }
  return hit;
}
/** Alternate Care-of Address option, 18 bytes; wants alignment 8n+6. */
export function putAltCoa(p: usize, coa: usize): void {
  store<u16>(p, 0x1003);
  addrCopy(p + 2, coa);
}
/** PadN of `n` bytes in all (n >= 1). */
export function putPad(p: usize, n: i32): void {
  if (n == 1) {
    store<u8>(p, 0);
    return;
  }
  memory.fill(p, 0, n);
  store<u8>(p, 1);
  store<u8>(p, <u8>(n - 2), 1);
}
/** Home Address option in a Destination Options header of 24 bytes with alignment 8n+6, RFC 6275 §6.3. */
export function putHomeAddressHeader(p: usize, next: u32, hoa: usize): void {
  store<u8>(p, <u8>next);
  store<u8>(p, 2, 1);
  putPad(p + 2, 4);
  store<u16>(p, 0x10c9, 6);
  addrCopy(p + 8, hoa);
}
/** Type 2 routing header of 24 bytes, RFC 6275 §6.4. */
export function putRouting2(p: usize, next: u32, hoa: usize): void {
  store<u8>(p, <u8>next);
  store<u8>(p, 2, 1);
  store<u16>(p, 0x0102, 2);
  store<u32>(p, 0, 4);
  addrCopy(p + 8, hoa);
}
export function putBa(p: usize, status: u32, flags: u32, seq: u32, lifetime: u32): void {
  store<u8>(p, <u8>status, 6);
  store<u8>(p, <u8>flags, 7);
  put16(p + 8, seq);
  put16(p + 10, lifetime);
}
export function putBu(p: usize, seq: u32, flags: u32, lifetime: u32): void {
  put16(p + 6, seq);
  store<u8>(p, <u8>flags, 8);
  store<u8>(p, 0, 9);
  put16(p + 10, lifetime);
}
