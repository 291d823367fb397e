/** What the ICV of an AH is computed over: the packet in which fields that change on the way are zero, RFC 4302 §3.3.3.1. */
import type { Packet } from "./packet.js";

const HOP_BY_HOP = 0;
const ROUTING = 43;
const DESTINATION_OPTIONS = 60;
const HOME_ADDRESS = 0xc9;
/** RFC 8200 §4.2: of an option's type, the bit of data that may change on the way. */
const MUTABLE = 0x20;

/**
 * `icv`: its length; padding behind it is covered. A copy from the IPv6 header around the AH at `at` on. Mobility's addresses are where the end nodes have them: the home address is in
 * the IPv6 header, the care-of address in the option or the routing header, which is used up (RFC 6275 §6.3, §6.4).
 */
export function covered(packet: Packet, at: number, end: number, icv: number): Uint8Array {
  const start = packet.header;
  const bytes = Uint8Array.from(packet.slice(start, end - start)); // a Buffer would share its bytes
  bytes[0] = 0x60;
  bytes.fill(0, 1, 4);
  bytes[7] = 0;
  let next = bytes[6];
  for (let i = 40; i < at - start; ) {
    const size = 8 * (bytes[i + 1] + 1);
    if (next === HOP_BY_HOP || next === DESTINATION_OPTIONS) options(bytes, i + 2, i + size);
    if (next === ROUTING && bytes[i + 2] === 2 && bytes[i + 3] === 1) {
      swap(bytes, 24, i + 8);
      bytes[i + 3] = 0;
    }
    next = bytes[i];
    i += size;
  }
  bytes.fill(0, at - start + 12, at - start + 12 + icv);
  return bytes;
}

function options(bytes: Uint8Array, at: number, end: number): void {
  while (at < end) {
    const type = bytes[at];
    if (type === 0) {
      at++;
      continue;
    }
    const size = bytes[at + 1];
    if (type === HOME_ADDRESS) swap(bytes, 8, at + 2);
    else if (type & MUTABLE) bytes.fill(0, at + 2, at + 2 + size);
    at += 2 + size;
  }
}

function swap(bytes: Uint8Array, a: number, b: number): void {
  const first = bytes.slice(a, a + 16);
  bytes.copyWithin(a, b, b + 16);
  bytes.set(first, b);
}
