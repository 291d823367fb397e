import { be16 } from "../base/bytes";

// TCP, RFC 9293 §3.1.   0 source   2 destination   4 seq   8 ack   12 offset|flags   14 window   16 checksum   18 urgent   20 options
@unmanaged
export class Tcp {
  static readonly LEN: i32 = 20;
  static readonly SYN: u32 = 2;
  @inline static at(p: usize): Tcp {
    return changetype<Tcp>(p);
  }
  @inline get ptr(): usize {
    return changetype<usize>(this);
  }
  @inline get srcPort(): u32 {
    return be16(this.ptr);
  }
  @inline get dstPort(): u32 {
    return be16(this.ptr + 2);
  }
  /** Bytes of the header with options. */
  @inline get headerLen(): i32 {
    return (<i32>(load<u8>(this.ptr, 12) >> 4)) << 2;
  }
  @inline get flags(): u32 {
    return <u32>load<u8>(this.ptr, 13);
  }
  get checksum(): u16 {
    return load<u16>(this.ptr, 16);
  }
  set checksum(v: u16) {
    store<u16>(this.ptr, v, 16);
  }
  static ok(p: usize, len: i32): bool {
    return len >= 20 && Tcp.at(p).headerLen >= 20 && Tcp.at(p).headerLen <= len;
  }
  /** Pointer to the MSS option's value, or 0: absent or the options are malformed. */
  static mss(p: usize): usize {
    let o = p + 20;
    const end = p + <usize>Tcp.at(p).headerLen;
    while (o < end) {
      const kind = load<u8>(o);
      if (kind == 0) return 0;
      if (kind == 1) {
        o++;
        continue;
      }
      if (end - o < 2) return 0;
      const n = <usize>load<u8>(o, 1);
      if (n < 2 || n > end - o) return 0;
      if (kind == 2) return n == 4 ? o + 2 : 0;
      o += n;
    }
    return 0;
  }
  /** Lowers the MSS of a SYN to `limit`; the checksum follows by RFC 1624. */
  static clamp(p: usize, limit: u32): void {
    if ((Tcp.at(p).flags & Tcp.SYN) == 0) return;
    const at = Tcp.mss(p);
    if (at == 0) return;
    // Options lie anywhere: no words there, a Cortex-M0+ faults where they are not aligned.
    const mss = ((<u32>load<u8>(at)) << 8) | <u32>load<u8>(at, 1);
    if (mss <= limit) return;
    store<u8>(at, <u8>(limit >> 8));
    store<u8>(at, <u8>limit, 1);
    // An odd offset puts the two bytes into neighbouring checksum words, swapped.
    const odd = ((at - p) & 1) != 0;
    const was = odd ? <u16>mss : bswap<u16>(<u16>mss);
    const is = odd ? <u16>limit : bswap<u16>(<u16>limit);
    const sum = <u32>(<u16>~Tcp.at(p).checksum) + <u32>(<u16>~was) + <u32>is;
    const once = (sum & 0xffff) + (sum >> 16);
    Tcp.at(p).checksum = <u16>~((once & 0xffff) + (once >> 16));
  }
}
