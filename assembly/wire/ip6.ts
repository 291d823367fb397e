import { addrCopy } from "../base/addr";
import { be16, put16 } from "../base/bytes";

/** Next header numbers that the core knows (IANA protocol numbers). */
export enum Proto {
  HOP_BY_HOP = 0,
  IP4 = 4,
  TCP = 6,
  UDP = 17,
  IP6 = 41,
  ROUTING = 43,
  FRAGMENT = 44,
  ESP = 50,
  AH = 51,
  ICMP6 = 58,
  NONE = 59,
  DEST_OPTS = 60,
  MH = 135,
}

// IPv6 header, RFC 8200 §3.
//  0 ver|class|flow   4 payload length   6 next   7 hop limit   8 src   24 dst   40
@unmanaged
export class Ip6 {
  static readonly LEN: i32 = 40;
  /** Every link carries this much, RFC 8200 §5. */
  static readonly MIN_MTU: i32 = 1280;
  @inline static at(p: usize): Ip6 {
    return changetype<Ip6>(p);
  }
  @inline get ptr(): usize {
    return changetype<usize>(this);
  }
  @inline get version(): u32 {
    return <u32>(load<u8>(this.ptr) >> 4);
  }
  get payloadLen(): i32 {
    return <i32>be16(this.ptr + 4);
  }
  set payloadLen(v: i32) {
    put16(this.ptr + 4, <u32>v);
  }
  get next(): u32 {
    return <u32>load<u8>(this.ptr, 6);
  }
  set next(v: u32) {
    store<u8>(this.ptr, <u8>v, 6);
  }
  get hopLimit(): u32 {
    return <u32>load<u8>(this.ptr, 7);
  }
  set hopLimit(v: u32) {
    store<u8>(this.ptr, <u8>v, 7);
  }
  /** Version, traffic class and flow label as the first four bytes lie in memory. */
  get first(): u32 {
    return load<u32>(this.ptr);
  }
  set first(v: u32) {
    store<u32>(this.ptr, v);
  }
  @inline get trafficClass(): u32 {
    return (be16(this.ptr) >> 4) & 0xff;
  }
  @inline get src(): usize {
    return this.ptr + 8;
  }
  @inline get dst(): usize {
    return this.ptr + 24;
  }
  @inline get payload(): usize {
    return this.ptr + 40;
  }
  /** Writes the whole header, traffic class and flow label zero; returns where the payload of `len` bytes goes. */
  static begin(p: usize, src: usize, dst: usize, next: u32, len: i32, hopLimit: u32): usize {
    const h = Ip6.at(p);
    h.first = 0x60;
    h.payloadLen = len;
    h.next = next;
    h.hopLimit = hopLimit;
    addrCopy(h.src, src);
    addrCopy(h.dst, dst);
    return h.payload;
  }
  /** The one gate. After true, every getter stays inside `len` bytes and so does the payload. */
  static ok(p: usize, len: i32): bool {
    return len >= 40 && Ip6.at(p).version == 6 && 40 + Ip6.at(p).payloadLen <= len;
  }
}
