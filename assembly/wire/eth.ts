import { be16, put16 } from "../base/bytes";

// Ethernet II.   0 destination   6 source   12 type   14
@unmanaged
export class Eth {
  static readonly LEN: i32 = 14;
  static readonly IP6: u32 = 0x86dd;
  @inline static at(p: usize): Eth {
    return changetype<Eth>(p);
  }
  @inline get ptr(): usize {
    return changetype<usize>(this);
  }
  @inline get dst(): usize {
    return this.ptr;
  }
  @inline get src(): usize {
    return this.ptr + 6;
  }
  get type(): u32 {
    return be16(this.ptr + 12);
  }
  set type(v: u32) {
    put16(this.ptr + 12, v);
  }
}
