import { be32, put32 } from "../base/bytes";

// Encapsulating Security Payload, RFC 4303 §2.   0 SPI   4 sequence number   8 initialization vector, payload … padding, pad length, next header; ICV
@unmanaged
export class Esp {
  static readonly LEN: i32 = 8;
  /** Pad length and next header, behind the padding. */
  static readonly TRAILER: i32 = 2;
  @inline static at(p: usize): Esp {
    return changetype<Esp>(p);
  }
  @inline get ptr(): usize {
    return changetype<usize>(this);
  }
  @inline get spi(): u32 {
    return be32(this.ptr);
  }
  /** The lower 32 bits, RFC 4303 §2.2.1. */
  @inline get seq(): u32 {
    return be32(this.ptr + 4);
  }
  static write(p: usize, spi: u32, seq: u32): void {
    put32(p, spi);
    put32(p + 4, seq);
  }
  /** The gate of what stands in the clear. */
  @inline static ok(len: i32): bool {
    return len >= Esp.LEN;
  }
}
