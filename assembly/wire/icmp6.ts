import { be16, be32 } from "../base/bytes";
import { finish, pseudo6, sum } from "../base/checksum";
import { Ip6, Proto } from "./ip6";

/** ICMPv6 types, RFC 4443, 4861, 3810, 6275 §6.5-6.8. */
export enum Icmp6Type {
  UNREACHABLE = 1,
  TOO_BIG = 2,
  TIME_EXCEEDED = 3,
  PARAMETER = 4,
  ECHO_REQUEST = 128,
  ECHO_REPLY = 129,
  ROUTER_SOLICITATION = 133,
  ROUTER_ADVERTISEMENT = 134,
  NEIGHBOUR_SOLICITATION = 135,
  NEIGHBOUR_ADVERTISEMENT = 136,
  REDIRECT = 137,
  MLD_QUERY = 130,
  MLD2_REPORT = 143,
  DHAAD_REQUEST = 144,
  DHAAD_REPLY = 145,
  PREFIX_SOLICITATION = 146,
  PREFIX_ADVERTISEMENT = 147,
}
/** Codes of Destination Unreachable, RFC 4443 §3.1. */
export enum Unreachable {
  NO_ROUTE = 0,
  PROHIBITED = 1,
  SCOPE = 2,
  ADDRESS = 3,
  PORT = 4,
  /** The source address failed ingress or egress policy. */
  SOURCE_POLICY = 5,
}

// ICMPv6, RFC 4443 §2.1.   0 type   1 code   2 checksum   4 word (MTU, pointer, id|sequence)   8 body
@unmanaged
export class Icmp6 {
  static readonly LEN: i32 = 8;
  @inline static at(p: usize): Icmp6 {
    return changetype<Icmp6>(p);
  }
  @inline get ptr(): usize {
    return changetype<usize>(this);
  }
  get type(): u32 {
    return <u32>load<u8>(this.ptr);
  }
  set type(v: u32) {
    store<u8>(this.ptr, <u8>v);
  }
  get code(): u32 {
    return <u32>load<u8>(this.ptr, 1);
  }
  set code(v: u32) {
    store<u8>(this.ptr, <u8>v, 1);
  }
  /** As it lies in memory: checksums are never swapped. */
  get checksum(): u16 {
    return load<u16>(this.ptr, 2);
  }
  set checksum(v: u16) {
    store<u16>(this.ptr, v, 2);
  }
  @inline get word(): u32 {
    return be32(this.ptr + 4);
  }
  @inline get id(): u32 {
    return be16(this.ptr + 4);
  }
  /** Checksum of `len` bytes at `p` under the IPv6 header `ip` comes out right. */
  static valid(ip: usize, p: usize, len: i32): bool {
    const h = Ip6.at(ip);
    return finish(sum(p, len, pseudo6(h.src, h.dst, len, Proto.ICMP6))) == 0;
  }
  /** Computes and stores the checksum. */
  static seal(ip: usize, p: usize, len: i32): void {
    Icmp6.sealFor(p, len, Ip6.at(ip).src, Ip6.at(ip).dst);
  }
  /** The same for a packet whose final addresses are not those of its IPv6 header (type 2 routing header, RFC 8200 §8.1). */
  static sealFor(p: usize, len: i32, src: usize, dst: usize): void {
    store<u16>(p, 0, 2);
    store<u16>(p, finish(sum(p, len, pseudo6(src, dst, len, Proto.ICMP6))), 2);
  }
}
