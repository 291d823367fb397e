import { parseIp6 } from "../../../host-sim/core/address.js";
import { be, concat, ETHER, ether, ip6, Protocol, portMac, udp } from "../frames.js";
import { shuffled } from "../stats.js";
import type { Case } from "../tape.js";

export const DESTINATIONS = 1024;
export const SENDER = parseIp6("2001:db8:a::1");
export const SENDER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 0x0a);

/** The destination number `n`: each in a /64 of its own, 2001:db8:1000+n::1. */
export function destination(n: number): Uint8Array {
  return concat(be(16, 0x2001, 0xdb8, 0x1000 + n, 0), be(16, 0, 0, 0, 1));
}

/** A UDP packet of `size` bytes, IPv6 header included. */
export function packet6(source: Uint8Array, target: Uint8Array, size: number, hopLimit = 64): Uint8Array {
  const data = Uint8Array.from({ length: size - 48 }, (_, i) => i * 7 + size);
  return ip6(source, target, Protocol.UDP, udp(source, target, [4000, 5000], data), hopLimit);
}

/**
 * Packets from the sender through a router: in by port 0, out by port 1 with one hop less.
 * @param nextHopMac link address of the next hop of destination `n`
 */
export function forwarded(size: number, flows: number, nextHopMac: (n: number) => Uint8Array): Case[] {
  const order = shuffled(Array.from({ length: DESTINATIONS }, (_, i) => i % flows));
  return order.map((n) => ({
    port: 0,
    frame: ether(portMac(0), SENDER_MAC, packet6(SENDER, destination(n), size)),
    outPort: 1,
    out: ether(nextHopMac(n), portMac(1), packet6(SENDER, destination(n), size, 63)),
  }));
}

/** What the floor makes of a case: the same frame with its IPv6 addresses exchanged, back where it came from. */
export function flipped(c: Case): Case {
  const out = c.frame.slice();
  out.copyWithin(ETHER + 8, ETHER + 24, ETHER + 40);
  out.set(c.frame.subarray(ETHER + 8, ETHER + 24), ETHER + 24);
  return { ...c, outPort: c.port, out };
}
