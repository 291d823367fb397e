import { be16, put16 } from "../base/bytes";
import { finish, sum } from "../base/checksum";

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
  static seal(p: usize): void {
    store<u16>(p, 0, 10);
    store<u16>(p, finish(sum(p, Ip4.at(p).headerLen, 0)), 10);
  }
}
