import { be16, put16 } from "../base/bytes";
import { finish, sum } from "../base/checksum";

/** An address (wire order) that one host beyond this link may have: not 0/8, 127/8, 169.254/16, multicast or above. RFC 6890. */
export function isHost4(ip4: u32): bool {
  const first = ip4 & 0xff;
  return first != 0 && first != 127 && first < 224 && (ip4 & 0xffff) != 0xfea9;
}

// IPv4 header, RFC 791 §3.1.
//  0 ver|ihl   1 tos   2 total length   4 id   6 flags|offset   8 ttl   9 protocol   10 checksum   12 src   16 dst   20 options
@unmanaged
export class Ip4 {
  static readonly LEN: i32 = 20;
  static readonly DF: u32 = 0x4000;
  static readonly MF: u32 = 0x2000;
  @inline static at(p: usize): Ip4 {
    return changetype<Ip4>(p);
  }
  @inline get ptr(): usize {
    return changetype<usize>(this);
  }
  @inline get version(): u32 {
    return <u32>(load<u8>(this.ptr) >> 4);
  }
  @inline get headerLen(): i32 {
    return (<i32>(load<u8>(this.ptr) & 15)) << 2;
  }
  @inline get tos(): u32 {
    return <u32>load<u8>(this.ptr, 1);
  }
  get totalLen(): i32 {
    return <i32>be16(this.ptr + 2);
  }
  set totalLen(v: i32) {
    put16(this.ptr + 2, <u32>v);
  }
  @inline get id(): u32 {
    return be16(this.ptr + 4);
  }
  /** DF, MF and the offset in units of 8 bytes. */
  @inline get fragment(): u32 {
    return be16(this.ptr + 6);
  }
  @inline get ttl(): u32 {
    return <u32>load<u8>(this.ptr, 8);
  }
  @inline get proto(): u32 {
    return <u32>load<u8>(this.ptr, 9);
  }
  @inline get src(): usize {
    return this.ptr + 12;
  }
  @inline get dst(): usize {
    return this.ptr + 16;
  }
  /** The gate: header and payload inside `len` bytes, checksum right. */
  static ok(p: usize, len: i32): bool {
    if (len < 20 || Ip4.at(p).version != 4) return false;
    const h = Ip4.at(p).headerLen;
    return h >= 20 && h <= Ip4.at(p).totalLen && Ip4.at(p).totalLen <= len && finish(sum(p, h, 0)) == 0;
  }
  /** A header without options; `field` = DF, MF and the offset in units of 8 bytes. */
  static write(p: usize, tos: u32, len: u32, id: u32, field: u32, ttl: u32, proto: u32, src: u32, dst: u32): void {
    store<u8>(p, 0x45);
    store<u8>(p, <u8>tos, 1);
    put16(p + 2, len);
    put16(p + 4, id);
    put16(p + 6, field);
    store<u8>(p, <u8>ttl, 8);
    store<u8>(p, <u8>proto, 9);
    store<u32>(p, src, 12);
    store<u32>(p, dst, 16);
    Ip4.seal(p);
  }
  static seal(p: usize): void {
    store<u16>(p, 0, 10);
    store<u16>(p, finish(sum(p, Ip4.at(p).headerLen, 0)), 10);
  }
}
