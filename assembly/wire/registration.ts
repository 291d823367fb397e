import { be16, put16 } from "../base/bytes";

// Registration of an anycast server with a router, docs/anycast-identifier.md §6: the payload of a UDP datagram.
//   0 version   1 type   2 key id   4 lifetime (s)   6 cost or status   7 0   8 sequence number   16 epoch   24 anycast address
//   40 last   48 authenticator   64

export enum RegistrationType {
  REGISTER = 1,
  REPLY = 2,
}
@unmanaged
export class Registration {
  static readonly LEN: i32 = 64;
  /** UDP, at both ends: experimental, RFC 4727. */
  static readonly PORT: i32 = 1021;
  /** Bytes that the authenticator covers, and its length. */
  static readonly COVERED: i32 = 48;
  static readonly MAC_LEN: i32 = 16;
  /** Servers send with this hop limit: what is missing of it is their distance. */
  static readonly HOP_LIMIT: u32 = 64;
  static readonly VERSION: u8 = 1;
  @inline static at(p: usize): Registration {
    return changetype<Registration>(p);
  }
  @inline get ptr(): usize {
    return changetype<usize>(this);
  }
  /** The gate. */
  static ok(p: usize, len: i32, type: RegistrationType): bool {
    return len == Registration.LEN && load<u8>(p) == Registration.VERSION && load<u8>(p, 1) == <u8>type;
  }
  get keyId(): u32 {
    return be16(this.ptr + 2);
  }
  /** Seconds. */
  get lifetime(): u32 {
    return be16(this.ptr + 4);
  }
  set lifetime(v: u32) {
    put16(this.ptr + 4, v);
  }
  /** Of a REGISTER the cost, of a REPLY its status. */
  get value(): u32 {
    return <u32>load<u8>(this.ptr, 6);
  }
  set value(v: u32) {
    store<u8>(this.ptr, <u8>v, 6);
  }
  get sequence(): u64 {
    return bswap<u64>(load<u64>(this.ptr, 8));
  }
  set sequence(v: u64) {
    store<u64>(this.ptr, bswap<u64>(v), 8);
  }
  /** As it lies there: it has no order. */
  get epoch(): u64 {
    return load<u64>(this.ptr, 16);
  }
  set epoch(v: u64) {
    store<u64>(this.ptr, v, 16);
  }
  @inline get anycast(): usize {
    return this.ptr + 24;
  }
  get last(): u64 {
    return bswap<u64>(load<u64>(this.ptr, 40));
  }
  set last(v: u64) {
    store<u64>(this.ptr, bswap<u64>(v), 40);
  }
  @inline get authenticator(): usize {
    return this.ptr + 48;
  }
  /** Begins a message, all zero behind the key id. */
  static begin(p: usize, type: RegistrationType, keyId: u32): Registration {
    memory.fill(p, 0, Registration.LEN);
    store<u8>(p, Registration.VERSION);
    store<u8>(p, <u8>type, 1);
    put16(p + 2, keyId);
    return Registration.at(p);
  }
}
