/** TCP, UDP and ICMP of both families: writing with a right checksum, and finding what is wrong in a packet. */
import { onesSum, pseudo4, pseudo6 } from "./checksum.js";
import { bytes, get16, ICMP4, ICMP6, type Ip4, type Ip6, readIp4, readIp6, TCP, UDP, u16, u32, with16 } from "./ip.js";

/** Bytes of the shortest header. */
const LEAST: Record<number, number> = { [TCP]: 20, [UDP]: 8, [ICMP4]: 8, [ICMP6]: 8 };

/** Where the checksum lies in the header of a protocol; undefined: it has none that depends on addresses. */
export function checksumAt(protocol: number): number | undefined {
  return { [TCP]: 16, [UDP]: 6, [ICMP4]: 2, [ICMP6]: 2 }[protocol];
}

/** What the checksum of an upper layer covers besides itself. */
export function pseudo(ip: { src: Uint8Array; dst: Uint8Array }, protocol: number, length: number): Uint8Array {
  if (ip.src.length === 16) return pseudo6(ip.src, ip.dst, length, protocol);
  return protocol === ICMP4 ? new Uint8Array(0) : pseudo4(ip.src, ip.dst, length, protocol);
}

/** Fills in the checksum of a whole upper layer; a UDP sum of zero is sent as all ones (RFC 768). */
export function seal(ip: { src: Uint8Array; dst: Uint8Array }, protocol: number, upper: Uint8Array): Uint8Array {
  const at = checksumAt(protocol);
  if (at === undefined) return upper;
  if (upper.length < LEAST[protocol]) return upper;
  const length = protocol === UDP ? Math.min(upper.length, Math.max(8, get16(upper, 4))) : upper.length;
  const sum = ~onesSum(pseudo(ip, protocol, length), with16(upper, at, 0).subarray(0, length)) & 0xffff;
  return with16(upper, at, protocol === UDP && sum === 0 ? 0xffff : sum);
}

export function udp(sourcePort: number, destinationPort: number, data: Uint8Array): Uint8Array {
  return bytes(u16(sourcePort), u16(destinationPort), u16(8 + data.length), u16(0), data);
}
/** ACK and PSH are set; `options` is a multiple of 4 bytes. */
export function tcp(
  sourcePort: number,
  destinationPort: number,
  data: Uint8Array,
  { flags = 0x18, options = new Uint8Array(0), seq = 1, ack = 1 } = {},
): Uint8Array {
  const offset = (20 + options.length) << 2;
  const tail = bytes(u16(0x2000), u16(0), u16(0), options, data);
  return bytes(u16(sourcePort), u16(destinationPort), u32(seq), u32(ack), Uint8Array.of(offset, flags), tail);
}
/** `rest` = the four bytes behind the checksum: identifier and sequence, MTU, pointer. */
export function icmp(type: number, code: number, rest: Uint8Array, data: Uint8Array): Uint8Array {
  return bytes(Uint8Array.of(type, code, 0, 0), rest, data);
}
export function echo(type: number, id: number, sequence: number, data: Uint8Array): Uint8Array {
  return icmp(type, 0, bytes(u16(id), u16(sequence)), data);
}

/** What a receiver would complain about in a packet; empty for a sound one. Fragments' upper layers are not judged. */
export function faults(packet: Uint8Array): string[] {
  const four = packet[0] >>> 4 === 4;
  const ip = four ? readIp4(packet) : readIp6(packet);
  if (!ip) return [`not an IP packet: ${Buffer.from(packet.subarray(0, 48)).toString("hex")}`];
  const told = four ? (ip as Ip4).totalLength : (ip as Ip6).payloadLength + 40;
  const found: string[] = [];
  if (told !== packet.length) found.push(`the header says ${told} bytes, there are ${packet.length}`);
  if (four && ((ip as Ip4).mf || (ip as Ip4).offset > 0)) return found;
  const fragment = (ip as Ip6).fragment;
  if (fragment && (fragment.more || fragment.offset > 0)) return found;
  return [...found, ...upperFaults(ip, four ? (ip as Ip4).protocol : (ip as Ip6).next, ip.payload)];
}

/** The same for a whole upper layer. */
export function upperFaults(ip: { src: Uint8Array; dst: Uint8Array }, protocol: number, upper: Uint8Array): string[] {
  const at = checksumAt(protocol);
  if (at === undefined) return [];
  if (upper.length < LEAST[protocol]) return [`an upper layer of ${upper.length} bytes`];
  const field = get16(upper, at);
  const length = protocol === UDP ? get16(upper, 4) : upper.length;
  if (length < LEAST[protocol] || length > upper.length) return [`a UDP length of ${length}`];
  if (protocol === UDP && field === 0) return ip.src.length === 4 ? [] : ["a UDP checksum of zero"];
  if (protocol === TCP && upper[12] >> 4 < 5) return ["a TCP header of less than 20 bytes"];
  if (protocol === TCP && (upper[12] >> 4) * 4 > length) return ["a TCP header that is cut"];
  const sum = onesSum(pseudo(ip, protocol, length), upper.subarray(0, length));
  return sum === 0xffff ? [] : [`the checksum ${field.toString(16)} of protocol ${protocol} is wrong`];
}
