/** A frame that nobody's stack would send. */
import { PROTOCOL } from "../core/ipsec/names.js";

export interface ForgedPacket {
  source: Uint8Array;
  destination: Uint8Array;
  /** In a Home Address option, RFC 6275 §6.3. */
  home?: Uint8Array;
  /** A Destination Options header in front of the payload; its next header is put in. */
  options?: Uint8Array;
  protocol: number;
  payload: Uint8Array;
}

/** Locally administered. */
export const ATTACKER_MAC = Uint8Array.of(0x02, 0x66, 0x6f, 0x72, 0x67, 0x65);
const DESTINATION_OPTIONS = 60;
/** Destination options header: next, length, PadN of 4 bytes, option type and length; the address follows. */
const HOME_OPTION = [0, 2, 1, 2, 0, 0, 0xc9, 16];
/** Where the checksum is in the upper layer. */
const CHECKSUM: Record<number, number> = {
  [PROTOCOL.tcp]: 16,
  [PROTOCOL.udp]: 6,
  [PROTOCOL.icmp6]: 2,
  [PROTOCOL.mh]: 4,
};
const HOP_LIMIT = 64;

/** Ethernet, IPv6, perhaps a Destination Options header, the payload with its checksum put in. */
export function forgedFrame(to: Uint8Array, from: Uint8Array, packet: ForgedPacket): Uint8Array {
  const { source, destination, home, protocol } = packet;
  const payload = Buffer.from(packet.payload);
  const at = CHECKSUM[protocol];
  if (at !== undefined && payload.length >= at + 2) {
    payload.writeUInt16BE(0, at);
    payload.writeUInt16BE(checksum(home ?? source, destination, protocol, payload), at);
  }
  const options = Buffer.from(packet.options ?? (home ? [...HOME_OPTION, ...home] : []));
  if (options.length > 0) options[0] = protocol;
  const header = Buffer.alloc(8);
  header[0] = 0x60;
  header.writeUInt16BE(options.length + payload.length, 4);
  header[6] = options.length > 0 ? DESTINATION_OPTIONS : protocol;
  header[7] = HOP_LIMIT;
  return Buffer.concat([to, from, Buffer.from([0x86, 0xdd]), header, source, destination, options, payload]);
}

/** RFC 8200 §8.1. */
function checksum(source: Uint8Array, destination: Uint8Array, protocol: number, payload: Uint8Array): number {
  let sum = protocol + payload.length;
  for (const part of [source, destination, payload]) {
    for (let i = 0; i < part.length; i += 2) sum += (part[i] << 8) | (part[i + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff || 0xffff;
}
