import { be32, put16, put32 } from "../base/bytes";

// Authentication Header, RFC 4302 §2.   0 next   1 length in 4 bytes, 2 less   2 reserved   4 SPI   8 sequence number   12 ICV, padding to 8
@unmanaged
export class Ah {
  /** In front of the ICV. */
  static readonly LEN: i32 = 12;
  @inline static at(p: usize): Ah {
    return changetype<Ah>(p);
  }
  @inline get ptr(): usize {
    return changetype<usize>(this);
  }
  @inline get next(): u32 {
    return <u32>load<u8>(this.ptr);
  }
  /** Of the whole header, in bytes. */
  @inline get len(): i32 {
    return (<i32>load<u8>(this.ptr, 1) + 2) << 2;
  }
  @inline get spi(): u32 {
    return be32(this.ptr + 4);
  }
  /** The lower 32 bits, RFC 4302 §2.5.1. */
  @inline get seq(): u32 {
    return be32(this.ptr + 8);
  }
  /** All but the ICV; `len` of the whole header in bytes, a multiple of 8. */
  static write(p: usize, next: u32, len: i32, spi: u32, seq: u32): void {
    store<u8>(p, <u8>next);
    store<u8>(p, <u8>((len >> 2) - 2), 1);
    put16(p + 2, 0);
    put32(p + 4, spi);
    put32(p + 8, seq);
  }
  /** The gate: the whole header lies inside `len` bytes. */
  static ok(p: usize, len: i32): bool {
    return len >= Ah.LEN && Ah.at(p).len >= Ah.LEN && Ah.at(p).len <= len;
  }
}
