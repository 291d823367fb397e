import { be16, be32, put16, put32 } from "../base/bytes";

// Extension headers, RFC 8200 §4.   0 next   1 length in 8 bytes, the first 8 not counted   2 …
@unmanaged
export class Ext {
  @inline static at(p: usize): Ext {
    return changetype<Ext>(p);
  }
  @inline get ptr(): usize {
    return changetype<usize>(this);
  }
  @inline get next(): u32 {
    return <u32>load<u8>(this.ptr);
  }
  @inline get len(): i32 {
    return (<i32>load<u8>(this.ptr, 1) + 1) << 3;
  }
  /** The gate: the whole header lies inside `len` bytes. */
  static ok(p: usize, len: i32): bool {
    return len >= 8 && Ext.at(p).len <= len;
  }
}

// Options in a Hop-by-Hop or Destination Options header, RFC 8200 §4.2.   0 type   1 length of data   2 data
export enum Opt {
  PAD1 = 0,
  PADN = 1,
  ROUTER_ALERT = 5,
  HOME_ADDRESS = 0xc9,
}
/** What a node does with an option it does not know: the two high bits of the type. */
export enum OptAction {
  SKIP = 0,
  DROP = 1,
  ERROR = 2,
  ERROR_UNICAST = 3,
}

// Routing header, RFC 8200 §4.4; type 2, RFC 6275 §6.4.   0 next   1 len   2 type   3 segments left   8 home address   24
@unmanaged
export class Routing {
  static readonly TYPE2_LEN: i32 = 24;
  @inline static at(p: usize): Routing {
    return changetype<Routing>(p);
  }
  @inline get ptr(): usize {
    return changetype<usize>(this);
  }
  @inline get type(): u32 {
    return <u32>load<u8>(this.ptr, 2);
  }
  @inline get segmentsLeft(): u32 {
    return <u32>load<u8>(this.ptr, 3);
  }
  @inline get homeAddress(): usize {
    return this.ptr + 8;
  }
}

// Fragment header, RFC 8200 §4.5.   0 next   1 reserved   2 offset(13)|res|M   4 identification   8
@unmanaged
export class Frag {
  static readonly LEN: i32 = 8;
  @inline static at(p: usize): Frag {
    return changetype<Frag>(p);
  }
  @inline get ptr(): usize {
    return changetype<usize>(this);
  }
  @inline get next(): u32 {
    return <u32>load<u8>(this.ptr);
  }
  /** Offset in bytes, a multiple of 8. */
  @inline get offset(): i32 {
    return <i32>(be16(this.ptr + 2) & 0xfff8);
  }
  @inline get more(): bool {
    return (load<u8>(this.ptr, 3) & 1) != 0;
  }
  @inline get id(): u32 {
    return be32(this.ptr + 4);
  }
  static write(p: usize, next: u32, offset: i32, more: bool, id: u32): void {
    store<u16>(p, <u16>next);
    put16(p + 2, <u32>offset | (more ? 1 : 0));
    put32(p + 4, id);
  }
}
