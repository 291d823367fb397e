import { Event } from "../../abi/event";
import { addrCopy, addrEq } from "../../base/addr";
import { be32 } from "../../base/bytes";
import { NAME_SERVERS } from "../../base/config";
import { now } from "../../engine/clock";
import { emit } from "../../engine/events";
import { ndOptionLen } from "../../wire/nd";
import { FOR_EVER } from "./autoconf";

// Recursive DNS servers, RFC 8106 §5.1.   0 25   1 length   2 reserved   4 lifetime (s)   8 addresses
// The list is told by events when it changes, not with every advertisement.

@unmanaged
class NameServer {
  hi: u64;
  lo: u64;
  until: u64; // ms; 0 = free
  port: u32;
  pad: u32;
}
const STRIDE: usize = offsetof<NameServer>();
const POOL = memory.data(NAME_SERVERS * offsetof<NameServer>(), 8);

function server(k: i32): NameServer {
  return changetype<NameServer>(POOL + <usize>k * STRIDE);
}
/** One address at least, and whole ones: the length in 8 bytes is odd and at least 3, RFC 8106 §5.3.1. */
export function rdnssOk(o: usize): bool {
  const n = <i32>load<u8>(o, 1);
  return n >= 3 && (n & 1) == 1;
}
/** The option at `o` was advertised on port `i`. */
export function nameServers(o: usize, i: u32): void {
  const lifetime = be32(o + 4);
  for (let a = o + 8; a < o + ndOptionLen(o); a += 16) heard(a, i, lifetime);
}
function heard(a: usize, i: u32, lifetime: u32): void {
  let row = -1;
  for (let k = 0; k < NAME_SERVERS; k++) {
    const s = server(k);
    if (s.until == 0) {
      if (row < 0) row = k;
    } else if (s.port == i && addrEq(changetype<usize>(s), a)) {
      if (lifetime == 0) return end(s);
      s.until = until(lifetime);
      return;
    }
  }
  if (lifetime == 0 || row < 0) return;
  const s = server(row);
  addrCopy(changetype<usize>(s), a);
  s.port = i;
  s.until = until(lifetime);
  emit(Event.DNS, 0, a, 0, lifetime, 0);
}
function until(lifetime: u32): u64 {
  return lifetime == 0xffffffff ? FOR_EVER : now() + <u64>lifetime * 1000;
}
function end(s: NameServer): void {
  s.until = 0;
  emit(Event.DNS, 0, changetype<usize>(s), 0, 0, 0);
}
/** Forgets the name servers of a port. */
export function endNameServers(i: u32): void {
  for (let k = 0; k < NAME_SERVERS; k++) if (server(k).until != 0 && server(k).port == i) end(server(k));
}
/** Ends what is over; returns the next moment to look. */
export function runNameServers(): u64 {
  let next = FOR_EVER;
  for (let k = 0; k < NAME_SERVERS; k++) {
    const s = server(k);
    if (s.until == 0) continue;
    if (s.until <= now()) end(s);
    else if (s.until < next) next = s.until;
  }
  return next;
}
