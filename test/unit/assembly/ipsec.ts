// ESP and AH as exports, around one packet and the rows of associations, so that tests can call each by itself.
import { Direction, Mode } from "../../../assembly/abi/ipsec";
import { leaveHomeForm } from "../../../assembly/engine/home-form";
import { takeOff } from "../../../assembly/engine/insert";
import { alloc, IP_AT, Packet } from "../../../assembly/engine/packet";
import { port } from "../../../assembly/engine/ports";
import { ahIn, ahOut } from "../../../assembly/roles/ipsec/ah";
import { espIn } from "../../../assembly/roles/ipsec/esp-in";
import { espOut } from "../../../assembly/roles/ipsec/esp-out";
import { forgetKeys } from "../../../assembly/roles/ipsec/keys";
import { longestPlain } from "../../../assembly/roles/ipsec/suite";
import { association, authOf, keyOf } from "../../../assembly/tables/sad";
import { Proto } from "../../../assembly/wire/ip6";
import { Udp } from "../../../assembly/wire/udp";

const PACKET = changetype<usize>(alloc()!);
const ENDS = memory.data(32, 8);
let born: u32 = 0;

function packet(): Packet {
  return changetype<Packet>(PACKET);
}
/** Where a received packet begins. */
export function room(): usize {
  return PACKET + IP_AT;
}
/** Source and destination of tunnels. */
export function ends(): usize {
  return ENDS;
}
/** A new association in a row; its keys and lengths are written by the caller first. */
export function associate(row: i32, protocol: i32, encryption: i32, integrity: i32, flags: i32, spi: u32): void {
  const sa = association(row);
  sa.born = ++born;
  sa.direction = <u8>Direction.IN;
  sa.protocol = <u8>protocol;
  sa.encryption = <u8>encryption;
  sa.integrity = <u8>integrity;
  sa.flags = <u8>flags;
  sa.spi = spi;
}
export function setKeyLengths(row: i32, key: i32, auth: i32): void {
  association(row).keyLen = <u8>key;
  association(row).authLen = <u8>auth;
}
export function keyAt(row: i32): usize {
  return keyOf(association(row));
}
export function authAt(row: i32): usize {
  return authOf(association(row));
}
export function forget(row: i32): void {
  forgetKeys(association(row));
}
export function setNumber(row: i32, seq: u64): void {
  association(row).seq = seq;
}
/** `len` bytes at `room()` become the packet; `home` = offset of a care-of address, 0 = none. */
export function begin(len: i32, home: i32, flags: i32): void {
  const p = packet();
  memory.fill(PACKET, 0, offsetof<Packet>());
  p.ip = p.at = room();
  p.end = p.ip + <usize>len;
  if (home != 0) p.home = p.ip + <usize>home;
  p.flags = flags;
  port(0).hopLimit = 64;
}
export function protect(row: i32, mode: i32): i32 {
  const sa = association(row);
  const ah = <u32>sa.protocol == Proto.AH;
  const p = packet();
  return ah ? ahOut(p, sa, <Mode>mode, ENDS, ENDS + 16) : espOut(p, sa, <Mode>mode, ENDS, ENDS + 16);
}
/** Takes off the header at offset `at` that the byte at offset `prev` names. */
export function unprotect(row: i32, seqHi: u32, at: i32, prev: i32): i32 {
  const sa = association(row);
  const p = packet();
  p.prev = p.ip + <usize>prev;
  p.at = p.ip + <usize>at;
  p.next = load<u8>(p.prev);
  return <u32>sa.protocol == Proto.AH ? ahIn(p, sa, seqHi) : espIn(p, sa, seqHi, false);
}
/** ESP in UDP, RFC 3948: takes the UDP header at offset `at` off first. */
export function unwrapUdp(at: i32, prev: i32): void {
  const p = packet();
  p.prev = p.ip + <usize>prev;
  p.at = p.ip + <usize>at;
  takeOff(p, Udp.LEN, Proto.ESP);
}
export function toWire(): void {
  const p = packet();
  if (p.home != 0) leaveHomeForm(p);
}
export function longest(row: i32, mode: i32, mtu: i32): i32 {
  return longestPlain(association(row), <Mode>mode, mtu);
}
export function ip(): usize {
  return packet().ip;
}
export function at(): usize {
  return packet().at;
}
export function end(): usize {
  return packet().end;
}
export function prev(): usize {
  return packet().prev;
}
export function next(): u32 {
  return packet().next;
}
export function home(): usize {
  return packet().home;
}
export function layers(): u32 {
  return packet().layers;
}
export function inner(): usize {
  return packet().inner;
}
