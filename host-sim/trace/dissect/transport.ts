/** UDP (RFC 768), format S3 of the mirror port (seeds, Fig. 11), and TCP (RFC 9293). */
import { REGISTRATION_PORT } from "./anycast.js";
import { bad, upperChecksum } from "./checksum.js";
import { flags, type Layer, Malformed, type Next, type Packet } from "./packet.js";

/** Program numbers of policy table 220 lie here (10000 IPv4-IPv6 translation ... 11001). */
const PROGRAMS = { first: 10000, last: 11999 };

/** RFC 3948. */
const ESP_PORT = 4500;

/** 0 source port   2 destination port   4 length   6 checksum   8 */
export function udp(packet: Packet, at: number, end: number): Next {
  packet.need(at, end, 8, "a UDP header");
  const [source, destination, length] = [packet.u16(at), packet.u16(at + 2), packet.u16(at + 4)];
  if (isS3(packet, at, end, destination)) return s3(packet, at, end, destination);
  if (length < 8) throw new Malformed(`UDP length ${length}, expected at least 8`);
  if (length > end - at && !packet.partial) throw new Malformed(`UDP length ${length}, but ${end - at} bytes are here`);
  const stop = Math.min(at + length, end);
  const none = packet.u16(at + 6) === 0;
  const allowed = packet.source.length === 4;
  const checksum = none
    ? { ok: allowed, text: allowed ? "0 (none)" : "0 (none; IPv6 demands one, RFC 8200 §8.1)" }
    : upperChecksum(packet, 17, at, stop, at + 6);
  packet.add("UDP", at, at + 8, `UDP ${source} > ${destination} ${length - 8} bytes${bad(checksum)}`, [
    ["source port", String(source)],
    ["destination port", String(destination)],
    ["length", String(length)],
    ["checksum", checksum.text],
  ]);
  if (stop < end) packet.trailers.unshift({ at: stop, end });
  const inUdp = destination === ESP_PORT || source === ESP_PORT;
  // Four zero bytes are IKE's marker, one byte alone keeps a NAT's row alive.
  if (inUdp && stop - at >= 16 && packet.u32(at + 8) !== 0) return { key: 50, at: at + 8, end: stop };
  if (source === REGISTRATION_PORT && destination === REGISTRATION_PORT && packet.source.length === 16)
    return { key: packet.partial ? "data" : "registration", at: at + 8, end: stop };
  return { key: "data", at: at + 8, end: stop };
}

/**
 * Format S3 exists on the mirror port alone: a UDP header whose destination port is a program number stands between the IPv6
 * headers and a mobility header. A datagram to such a port that does not go on with a mobility header is an application's.
 */
function isS3(packet: Packet, at: number, end: number, destination: number): boolean {
  if (!packet.bare || packet.source.length !== 16) return false;
  if (destination < PROGRAMS.first || destination > PROGRAMS.last || end - at < 16) return false;
  const [payloadProtocol, length, type, reserved] = packet.slice(at + 8, 4);
  return payloadProtocol === 59 && 8 * (length + 1) === end - at - 8 && type < 32 && reserved === 0;
}

function s3(packet: Packet, at: number, end: number, program: number): Next {
  const none = packet.u16(at + 6) === 0;
  const checksum = none ? { ok: true, text: "0 (none)" } : upperChecksum(packet, 17, at, end, at + 6);
  packet.add("S3", at, at + 8, `S3 program ${program}${bad(checksum)}`, [
    ["source port", String(packet.u16(at))],
    ["program number", String(program)],
    ["length", String(packet.u16(at + 4))],
    ["checksum", checksum.text],
  ]);
  return { key: 135, at: at + 8, end };
}

/** The control bits of RFC 9293 §3.1, in the order in which they are usually said. */
const TCP_FLAGS: [number, string][] = [
  [0x01, "FIN"],
  [0x02, "SYN"],
  [0x04, "RST"],
  [0x08, "PSH"],
  [0x10, "ACK"],
  [0x20, "URG"],
  [0x40, "ECE"],
  [0x80, "CWR"],
];

/** 0 source  2 destination  4 sequence  8 acknowledgement  12 offset|flags  14 window  16 checksum  18 urgent  20 */
export function tcp(packet: Packet, at: number, end: number): Next {
  packet.need(at, end, 20, "a TCP header");
  const header = 4 * (packet.u8(at + 12) >> 4);
  if (header < 20) throw new Malformed(`TCP data offset ${header}, expected at least 20`);
  packet.need(at, end, header, "a TCP header with options");
  const bits = packet.u8(at + 13);
  const set = flags(bits, TCP_FLAGS) || "no flags";
  const checksum = upperChecksum(packet, 6, at, end, at + 16);
  const options = tcpOptions(packet, at + 20, at + header);
  const acknowledges = bits & 0x10 ? ` ack ${packet.u32(at + 8)}` : "";
  const mss = options.find((option) => option.startsWith("MSS"));
  const ports = `${packet.u16(at)} > ${packet.u16(at + 2)}`;
  const detail = `seq ${packet.u32(at + 4)}${acknowledges}${mss ? ` ${mss}` : ""} ${end - at - header} bytes`;
  const fields: Layer["fields"] = [
    ["source port", String(packet.u16(at))],
    ["destination port", String(packet.u16(at + 2))],
    ["sequence number", String(packet.u32(at + 4))],
    ["acknowledgment number", String(packet.u32(at + 8))],
    ["data offset", String(header)],
    ["flags", set],
    ["window", String(packet.u16(at + 14))],
    ["checksum", checksum.text],
    ["urgent pointer", String(packet.u16(at + 18))],
    ...options.map((option): [string, string] => ["option", option]),
  ];
  packet.add("TCP", at, at + header, `TCP ${ports} ${set} ${detail}${bad(checksum)}`, fields);
  return { key: "data", at: at + header, end };
}

function tcpOptions(packet: Packet, at: number, end: number): string[] {
  const found: string[] = [];
  while (at < end) {
    const kind = packet.u8(at);
    if (kind === 0) return [...found, "end"];
    if (kind === 1) {
      found.push("no operation");
      at += 1;
      continue;
    }
    packet.need(at, end, 2, "a TCP option");
    const length = packet.u8(at + 1);
    if (length < 2) throw new Malformed(`TCP option ${kind} of length ${length}, expected at least 2`);
    packet.need(at, end, length, `TCP option ${kind}`);
    found.push(tcpOption(packet, at, kind, length));
    at += length;
  }
  return found;
}

function tcpOption(packet: Packet, at: number, kind: number, length: number): string {
  if (kind === 2 && length === 4) return `MSS ${packet.u16(at + 2)}`;
  if (kind === 3 && length === 3) return `window scale ${packet.u8(at + 2)}`;
  if (kind === 4 && length === 2) return "SACK permitted";
  if (kind === 5 && length % 8 === 2) {
    const blocks = Array.from({ length: (length - 2) / 8 }, (_, i) => at + 2 + 8 * i);
    return `SACK ${blocks.map((block) => `${packet.u32(block)}-${packet.u32(block + 4)}`).join(" ")}`;
  }
  if (kind === 8 && length === 10) return `timestamps ${packet.u32(at + 2)} ${packet.u32(at + 6)}`;
  return `kind ${kind}: ${packet.hex(at + 2, length - 2)}`;
}
