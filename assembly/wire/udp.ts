import { be16, put16 } from "../base/bytes";

// UDP, RFC 768.   0 source port   2 destination port   4 length   6 checksum   8
@unmanaged
export class Udp {
  static readonly LEN: i32 = 8;
  @inline static at(p: usize): Udp {
    return changetype<Udp>(p);
  }
  @inline get ptr(): usize {
    return changetype<usize>(this);
  }
  get srcPort(): u32 {
    return be16(this.ptr);
  }
  set srcPort(v: u32) {
    put16(this.ptr, v);
  }
  get dstPort(): u32 {
    return be16(this.ptr + 2);
  }
  set dstPort(v: u32) {
    put16(this.ptr + 2, v);
  }
  get len(): i32 {
    return <i32>be16(this.ptr + 4);
  }
  set len(v: i32) {
    put16(this.ptr + 4, <u32>v);
  }
  get checksum(): u16 {
    return load<u16>(this.ptr, 6);
  }
  set checksum(v: u16) {
    store<u16>(this.ptr, v, 6);
  }
  static ok(p: usize, len: i32): bool {
    return len >= 8 && Udp.at(p).len >= 8 && Udp.at(p).len <= len;
  }
}
