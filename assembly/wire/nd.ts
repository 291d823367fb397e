import { addrCopy, macCopy } from "../base/addr";
import { be16, be32, put16, put32 } from "../base/bytes";

// Neighbour discovery messages, RFC 4861 §4.
//  RS  0 type code sum   4 reserved   8 options
//  RA  0 type code sum   4 hop limit   5 M|O|H|prf   6 router lifetime (s)   8 reachable (ms)   12 retrans (ms)   16 options
//  NS  0 type code sum   4 reserved   8 target   24 options
//  NA  0 type code sum   4 R|S|O      8 target   24 options
//  Redirect  8 target   24 destination   40 options
export enum NdLen {
  RS = 8,
  RA = 16,
  NS = 24,
  NA = 24,
  REDIRECT = 40,
}
export enum NaFlag {
  ROUTER = 0x80,
  SOLICITED = 0x40,
  OVERRIDE = 0x20,
}
export enum RaFlag {
  MANAGED = 0x80,
  OTHER = 0x40,
  HOME_AGENT = 0x20,
}
/** Options, RFC 4861 §4.6, RFC 6275 §7, RFC 8106, RFC 5380 §5. Length counts 8 bytes and includes type and length. */
export enum NdOpt {
  SOURCE_LLA = 1,
  TARGET_LLA = 2,
  PREFIX = 3,
  REDIRECTED = 4,
  MTU = 5,
  ADVERTISEMENT_INTERVAL = 7,
  HOME_AGENT_INFO = 8,
  NONCE = 14,
  MAP = 23,
  RDNSS = 25,
}

/** All options from `p` to `end` have a length that is not 0 and stay inside: the gate before any look-up. */
export function ndOptionsOk(p: usize, end: usize): bool {
  while (p < end) {
    if (end - p < 8) return false;
    const n = (<usize>load<u8>(p, 1)) << 3;
    if (n == 0 || n > end - p) return false;
    p += n;
  }
  return true;
}
/** First option of a type at or after `p`, or 0. Only after `ndOptionsOk`. Continue behind a hit at `hit + len`. */
export function ndOption(p: usize, end: usize, type: u32): usize {
  while (p < end) {
    if (<u32>load<u8>(p) == type) return p;
    p += (<usize>load<u8>(p, 1)) << 3;
  }
  return 0;
}
export function ndOptionLen(p: usize): usize {
  return (<usize>load<u8>(p, 1)) << 3;
}
/** Writes a link-layer address option (8 bytes) and returns what follows it. */
export function putLla(p: usize, type: u32, mac: usize): usize {
  store<u8>(p, <u8>type);
  store<u8>(p, 1, 1);
  macCopy(p + 2, mac);
  return p + 8;
}

// Prefix Information, 32 bytes.   0 3   1 4   2 prefix length   3 L|A|R   4 valid (s)   8 preferred (s)   12 reserved   16 prefix
@unmanaged
export class PrefixInfo {
  static readonly LEN: i32 = 32;
  static readonly ON_LINK: u32 = 0x80;
  static readonly AUTONOMOUS: u32 = 0x40;
  static readonly ROUTER: u32 = 0x20;
  @inline static at(p: usize): PrefixInfo {
    return changetype<PrefixInfo>(p);
  }
  @inline get ptr(): usize {
    return changetype<usize>(this);
  }
  @inline get prefixLen(): i32 {
    return <i32>load<u8>(this.ptr, 2);
  }
  @inline get flags(): u32 {
    return <u32>load<u8>(this.ptr, 3);
  }
  /** Seconds; 0xffffffff is for ever. */
  @inline get valid(): u32 {
    return be32(this.ptr + 4);
  }
  @inline get preferred(): u32 {
    return be32(this.ptr + 8);
  }
  @inline get prefix(): usize {
    return this.ptr + 16;
  }
  static write(p: usize, prefixLen: i32, flags: u32, valid: u32, preferred: u32, prefix: usize): usize {
    store<u16>(p, 0x0403);
    store<u8>(p, <u8>prefixLen, 2);
    store<u8>(p, <u8>flags, 3);
    put32(p + 4, valid);
    put32(p + 8, preferred);
    store<u32>(p, 0, 12);
    addrCopy(p + 16, prefix);
    return p + 32;
  }
}
/** MTU option, 8 bytes. */
export function putMtu(p: usize, mtu: u32): usize {
  store<u32>(p, 0x0105);
  put32(p + 4, mtu);
  return p + 8;
}
export function mtuOf(p: usize): u32 {
  return be32(p + 4);
}
/** Advertisement Interval option, RFC 6275 §7.3, milliseconds. */
export function putInterval(p: usize, ms: u32): usize {
  store<u32>(p, 0x0107);
  put32(p + 4, ms);
  return p + 8;
}
/** Home Agent Information option, RFC 6275 §7.4; lifetime in seconds. */
export function putHomeAgentInfo(p: usize, preference: u32, lifetime: u32): usize {
  store<u32>(p, 0x0108);
  put16(p + 4, preference);
  put16(p + 6, lifetime);
  return p + 8;
}
export function homeAgentPreference(p: usize): u32 {
  return be16(p + 4);
}
export function homeAgentLifetime(p: usize): u32 {
  return be16(p + 6);
}
/** RDNSS option, RFC 8106 §5.1: `count` addresses from `servers`, lifetime in seconds. */
export function putRdnss(p: usize, lifetime: u32, servers: usize, count: i32): usize {
  store<u32>(p, <u32>NdOpt.RDNSS | ((<u32>(1 + 2 * count)) << 8));
  put32(p + 4, lifetime);
  memory.copy(p + 8, servers, <usize>(16 * count));
  return p + 8 + <usize>(16 * count);
}
