/** The Internet checksum, RFC 1071, told as text: the word, and whether it is right. */
import { hex16, type Packet } from "./packet.js";

/** Adds big-endian 16-bit words to `sum`; an odd last byte is the high half of a word. */
function add(sum: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  return sum;
}

function fold(sum: number): number {
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

/** `at`: where the checksum is. `sum`: over everything that it covers, itself included. */
function tell(packet: Packet, at: number, sum: number): { ok: boolean; text: string } {
  const found = packet.u16(at);
  if (fold(sum) === 0xffff) return { ok: true, text: `${hex16(found)} correct` };
  const expected = ~fold(sum - found) & 0xffff;
  return { ok: false, text: `${hex16(found)} wrong, expected ${hex16(expected)}` };
}

/** A checksum over the bytes from `at` to `end` alone: IPv4's header, ICMPv4. */
export function plainChecksum(packet: Packet, at: number, end: number, field: number): { ok: boolean; text: string } {
  return tell(packet, field, add(0, packet.slice(at, end - at)));
}

/** A checksum with the pseudo-header of the innermost IP header, RFC 8200 §8.1. */
export function upperChecksum(
  packet: Packet,
  protocol: number,
  at: number,
  end: number,
  field: number,
): { ok: boolean; text: string } {
  if (packet.partial) return { ok: true, text: `${hex16(packet.u16(field))} not checked (${packet.partial})` };
  const length = end - at;
  const pseudo = add(add(protocol + (length >>> 16) + (length & 0xffff), packet.source), packet.destination);
  return tell(packet, field, add(pseudo, packet.slice(at, length)));
}

/** For a summary: silent about a good checksum. */
export const bad = (checksum: { ok: boolean }) => (checksum.ok ? "" : " BAD CHECKSUM");
