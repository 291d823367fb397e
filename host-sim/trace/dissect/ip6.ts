/** IPv6 and its extension headers: RFC 8200, RFC 6275 §6.3 and §6.4, RFC 2473 §4.1.1. */
import { formatIp6 } from "../../core/address.js";
import { type Described, IDENTIFIER, identifier } from "./anycast.js";
import { flags, hex32, type Layer, Malformed, type Next, named, type Packet } from "./packet.js";

export const PROTOCOLS: Record<number, string> = {
  0: "hop-by-hop options",
  1: "ICMP",
  4: "IPv4",
  6: "TCP",
  17: "UDP",
  41: "IPv6",
  43: "routing",
  44: "fragment",
  50: "ESP",
  51: "AH",
  58: "ICMPv6",
  59: "no next header",
  60: "destination options",
  135: "mobility",
};

/** 0 ver|class|flow   4 payload length   6 next   7 hop limit   8 source   24 destination   40 */
export function ip6(packet: Packet, at: number, end: number): Next {
  packet.need(at, end, 40, "an IPv6 header");
  const version = packet.u8(at) >> 4;
  if (version !== 6) throw new Malformed(`IP version ${version} where IPv6 was announced`);
  const length = packet.u16(at + 4);
  const next = packet.u8(at + 6);
  packet.header = at;
  packet.source = packet.slice(at + 8, 16);
  packet.destination = packet.slice(at + 24, 16);
  packet.partial = packet.quoted ? "quoted packet" : "";
  const source = formatIp6(packet.source);
  const destination = formatIp6(packet.destination);
  packet.add("IP6", at, at + 40, `IP6 ${source} > ${destination}`, [
    ["traffic class", String((packet.u16(at) >> 4) & 255)],
    ["flow label", `0x${(packet.u32(at) & 0xfffff).toString(16).padStart(5, "0")}`],
    ["payload length", String(length)],
    ["next header", named(next, PROTOCOLS)],
    ["hop limit", String(packet.u8(at + 7))],
    ["source", source],
    ["destination", destination],
  ]);
  return { key: next, at: at + 40, end: payloadEnd(packet, at, at + 40, length, end) };
}

/** Holds the announced length of an IP payload against what is here, and notes a difference. */
export function payloadEnd(packet: Packet, header: number, at: number, length: number, end: number): number {
  const wanted = at + length;
  if (wanted < end) packet.trailers.unshift({ at: wanted, end });
  if (wanted > end && !packet.quoted) {
    packet.complaints.push({ at: header, reason: `payload length ${length}, but ${end - at} bytes follow` });
    packet.partial = "packet is cut";
  }
  return Math.min(wanted, end);
}

/** The length of an extension header at `at`; all but the fragment header count in 8 bytes behind the first 8. */
function extensionLength(packet: Packet, at: number, end: number, what: string): number {
  packet.need(at, end, 8, what);
  const length = 8 * (packet.u8(at + 1) + 1);
  packet.need(at, end, length, what);
  return length;
}

export function hopByHop(packet: Packet, at: number, end: number): Next {
  return options(packet, at, end, "HBH", "a hop-by-hop options header");
}

export function destinationOptions(packet: Packet, at: number, end: number): Next {
  return options(packet, at, end, "DO", "a destination options header");
}

function options(packet: Packet, at: number, end: number, name: string, what: string): Next {
  const length = extensionLength(packet, at, end, what);
  const stop = at + length;
  const next = packet.u8(at);
  const fields: Layer["fields"] = [["next header", named(next, PROTOCOLS)]];
  const briefs: string[] = [];
  for (let option = at + 2; option < stop; ) {
    if (packet.u8(option) === 0) {
      fields.push(["option", "Pad1"]);
      option += 1;
      continue;
    }
    packet.need(option, stop, 2, "an option");
    const size = packet.u8(option + 1);
    packet.need(option + 2, stop, size, `option ${packet.u8(option)}`);
    const place = { header: at, stop, next, destination: name === "DO" };
    const known = packet.u8(option) === IDENTIFIER ? identifier(packet, option, size, place) : undefined;
    const { text, brief, fields: more = [] } = known ?? describeOption(packet, option, size);
    fields.push(["option", text], ...more);
    if (brief) briefs.push(brief);
    option += 2 + size;
  }
  packet.add(name, at, stop, [name, ...briefs].join(" "), fields);
  return { key: next, at: stop, end };
}

function describeOption(packet: Packet, option: number, size: number): Described {
  const type = packet.u8(option);
  if (type === 1) return { text: `PadN of ${size + 2} bytes` };
  if (type === 5 && size === 2) {
    const value = packet.u16(option + 2);
    const text = `router alert ${value}${value === 0 ? " (MLD)" : ""}`;
    return { text, brief: text };
  }
  if (type === 4 && size === 1) {
    const text = `tunnel encapsulation limit ${packet.u8(option + 2)}`;
    return { text, brief: text };
  }
  if (type === 0xc9) {
    if (size !== 16) throw new Malformed(`home address option of ${size} bytes, expected 16`);
    packet.source = packet.slice(option + 2, 16);
    const text = `home address ${formatIp6(packet.source)}`;
    return { text, brief: text };
  }
  const action = ["skip", "discard", "discard and tell", "discard and tell unless multicast"][type >> 6];
  return { text: `unknown type ${type} (${action}): ${packet.hex(option + 2, size)}`, brief: `option ${type}` };
}

/** 0 next   1 length   2 type   3 segments left   4 reserved   8 home address (type 2) */
export function routing(packet: Packet, at: number, end: number): Next {
  const length = extensionLength(packet, at, end, "a routing header");
  const next = packet.u8(at);
  const type = packet.u8(at + 2);
  const left = packet.u8(at + 3);
  const fields: Layer["fields"] = [
    ["next header", named(next, PROTOCOLS)],
    ["type", String(type)],
    ["segments left", String(left)],
  ];
  let brief = `type ${type} segments left ${left}`;
  if (type === 2) {
    if (length !== 24) throw new Malformed(`type 2 routing header of ${length} bytes, expected 24`);
    const home = packet.slice(at + 8, 16);
    if (left > 0) packet.destination = home;
    fields.push(["home address", formatIp6(home)]);
    brief = `type 2 home address ${formatIp6(home)}${left === 1 ? "" : ` segments left ${left}`}`;
  } else {
    fields.push(["data", packet.hex(at + 4, length - 4)]);
  }
  packet.add("RH", at, at + length, `RH ${brief}`, fields);
  return { key: next, at: at + length, end };
}

/** 0 next   1 reserved   2 offset (13 bits), 0, 0, M   4 identification   8 */
export function fragment(packet: Packet, at: number, end: number): Next {
  packet.need(at, end, 8, "a fragment header");
  const next = packet.u8(at);
  const offset = packet.u16(at + 2) & 0xfff8;
  const more = packet.u16(at + 2) & 1;
  const identification = hex32(packet.u32(at + 4));
  const range = `${offset}-${offset + end - at - 8 - 1}`;
  packet.add("FRAG", at, at + 8, `FRAG ${identification} bytes ${range}${more ? " more follow" : ""}`, [
    ["next header", named(next, PROTOCOLS)],
    ["offset", String(offset)],
    ["flags", flags(more, [[1, "M"]]) || "none"],
    ["identification", identification],
  ]);
  if (offset > 0) return { key: "data", at: at + 8, end };
  if (more) packet.partial ||= "first fragment";
  return { key: next, at: at + 8, end };
}

/** The end of the chain, RFC 8200 §4.7; what follows is data. */
export function noNextHeader(_packet: Packet, at: number, end: number): Next {
  return { key: "data", at, end };
}
