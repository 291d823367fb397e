// Packets around the bytes that a parser is fuzzed with.
import { AddressState } from "../../../assembly/abi/event";
import { addrCopy } from "../../../assembly/base/addr";
import { alloc, base, Packet } from "../../../assembly/engine/packet";
import { settle } from "../../../assembly/engine/queue";
import { headers } from "../../../assembly/engine/rx";
import { Address, firstAddress, nextAddress } from "../../../assembly/tables/addresses";
import { Icmp6 } from "../../../assembly/wire/icmp6";
import { Ip6, Proto } from "../../../assembly/wire/ip6";
import { Mh } from "../../../assembly/wire/mh";

/** Who sends, test/fuzz/world.ts: the router, the home agent, a correspondent, a visitor, two home addresses, nobody, a neighbour. */
// biome-ignore format: an address a line
const SOURCES = memory.data<u8>([
  0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
  0x20, 1, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
  0x20, 1, 0x0d, 0xb8, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5,
  0x20, 1, 0x0d, 0xb8, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x99,
  0x20, 1, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0,
  0x20, 1, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7,
  0x20, 1, 0x0d, 0xb8, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53,
]);
const ALL_NODES = memory.data<u8>([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);

/** Bytes of a type 2 routing header, or of destination options with a Home Address option. */
const EXTENSION: usize = 24;

/** `how`: 7 = who sends, 0x38 = which of the image's own addresses it is for (7: all nodes), 0xc0 = the parser's own, 0xff00 too. */
export function kind(how: u32): u32 {
  return how >> 8;
}
/** The input lies behind room for an IPv6 header; a packet that is input as a whole begins where the input does. */
let given: usize = 0;
export function place(): usize {
  const p = alloc()!;
  given = base(p);
  return p.ip + Ip6.LEN;
}

/** The packet whose input `place` gave room for, as it came from port 0. */
export function packet(at: usize, len: i32): Packet {
  const p = changetype<Packet>(given);
  p.ip = at;
  p.at = at;
  p.end = at + <usize>len;
  return p;
}
/** The same with an IPv6 header in front: the input is what follows it, a header of number `next`. */
export function payload(at: usize, how: u32, len: i32, next: u32, hopLimit: u32): Packet {
  return finish(packet(at, len), at, how, len, next, hopLimit);
}
/** Puts an IPv6 header in front of what a packet holds. */
export function finish(p: Packet, at: usize, how: u32, len: i32, next: u32, hopLimit: u32): Packet {
  p.ip = at - Ip6.LEN;
  Ip6.begin(p.ip, SOURCES + ((<usize>how & 7) << 4), target(how), next, len, hopLimit);
  p.at = at;
  p.end = at + <usize>len;
  p.next = <u8>next;
  p.prev = p.ip + 6;
  return p;
}
export function target(how: u32): usize {
  let k = (how >> 3) & 7;
  if (k == 7) return ALL_NODES;
  let last = ALL_NODES;
  for (let a = firstAddress(); a != 0; a = nextAddress(a)) {
    if (changetype<Address>(a).state == AddressState.NONE) continue;
    last = a;
    if (k-- == 0) break;
  }
  return last;
}
/** The header loop with all that follows; ends the packet. */
export function run(p: Packet): u32 {
  const v = headers(p);
  settle(p, v);
  return <u32>v;
}
/** An ICMPv6 message of a type, its checksum put right. */
export function icmp6(at: usize, how: u32, len: i32, type: u32, hopLimit: u32): u32 {
  const p = payload(at, how, len, Proto.ICMP6, hopLimit);
  sealIcmp6(at, len, type, Ip6.at(p.ip).src, Ip6.at(p.ip).dst);
  return run(p);
}
/** Makes what an ICMPv6 error at `at` quotes a packet from `src` to `dst`. */
export function quote6(at: usize, len: i32, src: usize, dst: usize): void {
  if (len < Icmp6.LEN + Ip6.LEN) return;
  const ip = Ip6.at(at + Icmp6.LEN);
  store<u8>(ip.ptr, 0x60);
  addrCopy(ip.src, src);
  addrCopy(ip.dst, dst);
}
/** Makes the bytes a mobility header of a type with a right checksum between two addresses. */
export function sealMobility(at: usize, len: i32, type: u32, src: usize, dst: usize): void {
  if (!Mh.ok(at, len)) return;
  store<u8>(at, <u8>Proto.NONE);
  store<u8>(at, <u8>type, 2);
  Mh.seal(at, src, dst);
}
/** An ICMPv6 message of a type with a right checksum between two addresses. */
export function sealIcmp6(at: usize, len: i32, type: u32, src: usize, dst: usize): void {
  if (len < Icmp6.LEN) return;
  Icmp6.at(at).type = type;
  Icmp6.sealFor(at, len, src, dst);
}
/** The same with an extension header of 24 bytes between the IPv6 header and the input; the caller writes it at `p.at`. */
export function behindExtension(at: usize, how: u32, len: i32, next: u32): Packet {
  return payload(at - EXTENSION, how, len + <i32>EXTENSION, next, 64);
}
/** Of SOURCES; number 8 is the name server, which `how` cannot name. */
export function source(i: i32): usize {
  return SOURCES + ((<usize>i) << 4);
}
/** A home address of the world. */
export function homeAddress(second: bool): usize {
  return source(second ? 5 : 4);
}
