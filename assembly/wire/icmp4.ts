import { be16, be32 } from "../base/bytes";
import { finish, sum } from "../base/checksum";

/** ICMPv4 types, RFC 792. */
export enum Icmp4Type {
  ECHO_REPLY = 0,
  UNREACHABLE = 3,
  ECHO_REQUEST = 8,
  TIME_EXCEEDED = 11,
  PARAMETER = 12,
}
/** Codes of Destination Unreachable, RFC 792, RFC 1812 §5.2.7.1. */
export enum Unreachable4 {
  NET = 0,
  HOST = 1,
  PROTOCOL = 2,
  PORT = 3,
  FRAGMENTATION_NEEDED = 4,
  SOURCE_ROUTE = 5,
  PROHIBITED = 10,
}

// ICMPv4, RFC 792.   0 type   1 code   2 checksum   4 word (MTU in its low half, pointer in its first byte, id|sequence)   8 body
@unmanaged
export class Icmp4 {
  static readonly LEN: i32 = 8;
  @inline static at(p: usize): Icmp4 {
    return changetype<Icmp4>(p);
  }
  @inline get ptr(): usize {
    return changetype<usize>(this);
  }
  @inline get type(): u32 {
    return <u32>load<u8>(this.ptr);
  }
  @inline get code(): u32 {
    return <u32>load<u8>(this.ptr, 1);
  }
  @inline get word(): u32 {
    return be32(this.ptr + 4);
  }
  /** Next-hop MTU of "fragmentation needed", RFC 1191 §4; 0 from old routers. */
  @inline get mtu(): u32 {
    return be16(this.ptr + 6);
  }
  static valid(p: usize, len: i32): bool {
    return finish(sum(p, len, 0)) == 0;
  }
  static seal(p: usize, len: i32): void {
    store<u16>(p, 0, 2);
    store<u16>(p, finish(sum(p, len, 0)), 2);
  }
}
