/** IPv4 (RFC 791) and ICMPv4 (RFC 792, RFC 1191). */
import { formatIp4 } from "../../core/address.js";
import { bad, plainChecksum } from "./checksum.js";
import { PROTOCOLS, payloadEnd } from "./ip6.js";
import { flags, hex16, type Layer, Malformed, type Next, named, type Packet } from "./packet.js";

/** 0 ver|ihl  1 tos  2 total  4 id  6 flags|offset  8 ttl  9 protocol  10 checksum  12 source  16 destination  20 */
export function ip4(packet: Packet, at: number, end: number): Next {
  packet.need(at, end, 20, "an IPv4 header");
  const version = packet.u8(at) >> 4;
  if (version !== 4) throw new Malformed(`IP version ${version} where IPv4 was announced`);
  const header = 4 * (packet.u8(at) & 15);
  if (header < 20) throw new Malformed(`IPv4 header length ${header}, expected at least 20`);
  packet.need(at, end, header, "an IPv4 header with options");
  const total = packet.u16(at + 2);
  if (total < header) throw new Malformed(`total length ${total} is less than the header's ${header}`);
  const offset = 8 * (packet.u16(at + 6) & 0x1fff);
  const bits = packet.u16(at + 6) >> 13;
  const protocol = packet.u8(at + 9);
  const checksum = plainChecksum(packet, at, at + header, at + 10);
  packet.source = packet.slice(at + 12, 4);
  packet.destination = packet.slice(at + 16, 4);
  packet.partial = packet.quoted ? "quoted packet" : "";
  const source = formatIp4(packet.source);
  const destination = formatIp4(packet.destination);
  const piece = offset > 0 || bits & 1 ? ` fragment at ${offset}${bits & 1 ? " more follow" : ""}` : "";
  const fields: Layer["fields"] = [
    ["type of service", String(packet.u8(at + 1))],
    ["total length", String(total)],
    ["identification", hex16(packet.u16(at + 4))],
    [
      "flags",
      flags(bits, [
        [2, "DF"],
        [1, "MF"],
      ]) || "none",
    ],
    ["fragment offset", String(offset)],
    ["time to live", String(packet.u8(at + 8))],
    ["protocol", named(protocol, PROTOCOLS)],
    ["checksum", checksum.text],
    ["source", source],
    ["destination", destination],
  ];
  if (header > 20) fields.push(["options", packet.hex(at + 20, header - 20)]);
  packet.add("IP4", at, at + header, `IP4 ${source} > ${destination}${piece}${bad(checksum)}`, fields);
  const stop = payloadEnd(packet, at, at + header, total - header, end);
  if (offset > 0) return { key: "data", at: at + header, end: stop };
  if (bits & 1) packet.partial ||= "first fragment";
  return { key: protocol, at: at + header, end: stop };
}

const UNREACHABLE: Record<number, string> = {
  0: "network",
  1: "host",
  2: "protocol",
  3: "port",
  4: "fragmentation needed",
  5: "source route failed",
  13: "administratively prohibited",
};

/** 0 type   1 code   2 checksum   4 ... */
export function icmp4(packet: Packet, at: number, end: number): Next | undefined {
  packet.need(at, end, 8, "an ICMP message");
  const type = packet.u8(at);
  const code = packet.u8(at + 1);
  const checksum = packet.partial
    ? { ok: true, text: `${hex16(packet.u16(at + 2))} not checked (${packet.partial})` }
    : plainChecksum(packet, at, end, at + 2);
  const fields: Layer["fields"] = [
    ["type", String(type)],
    ["code", String(code)],
    ["checksum", checksum.text],
  ];
  const error = type === 3 || type === 5 || type === 11 || type === 12;
  let text = `type ${type} code ${code}`;
  if (type === 0 || type === 8) {
    text = `echo ${type === 8 ? "request" : "reply"} id ${packet.u16(at + 4)} seq ${packet.u16(at + 6)}`;
    fields.push(["identifier", String(packet.u16(at + 4))], ["sequence number", String(packet.u16(at + 6))]);
  }
  if (type === 3) text = `unreachable: ${UNREACHABLE[code] ?? `code ${code}`}`;
  if (type === 3 && code === 4) {
    text += ` MTU ${packet.u16(at + 6)}`;
    fields.push(["next-hop MTU", String(packet.u16(at + 6))]);
  }
  if (type === 5) {
    text = `redirect to ${formatIp4(packet.bytes, at + 4)}`;
    fields.push(["gateway", formatIp4(packet.bytes, at + 4)]);
  }
  if (type === 11) text = `time exceeded: ${code === 0 ? "in transit" : "reassembly"}`;
  if (type === 12) {
    text = `parameter problem at ${packet.u8(at + 4)}`;
    fields.push(["pointer", String(packet.u8(at + 4))]);
  }
  packet.add("ICMP4", at, at + 8, `ICMP4 ${text}${bad(checksum)}`, fields);
  if (error) packet.quoted = true;
  return { key: error && end > at + 8 ? "ip4" : "data", at: at + 8, end };
}
