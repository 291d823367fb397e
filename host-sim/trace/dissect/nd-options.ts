/** Options of neighbour discovery and of mobile prefix advertisements: RFC 4861 §4.6, 6275 §7, 8106 §5, 4191 §2.3, 3971 §5.3. */
import { formatIp6, formatMac } from "../../core/address.js";
import { flags, type Layer, Malformed, type Packet, seconds } from "./packet.js";

/** One option: its text for the fields, and the words worth a place in the packet's one line. */
interface Text {
  text: string;
  brief?: string;
}

/** 0 type   1 length in 8 bytes   2 ...; `length` is in bytes. */
type OptionParser = (packet: Packet, at: number, length: number) => Text;

export function ndOptions(packet: Packet, at: number, end: number): { fields: Layer["fields"]; briefs: string[] } {
  const fields: Layer["fields"] = [];
  const briefs: string[] = [];
  while (at < end) {
    packet.need(at, end, 8, "an option");
    const type = packet.u8(at);
    const length = 8 * packet.u8(at + 1);
    if (length === 0) throw new Malformed(`option ${type} of length 0`);
    packet.need(at, end, length, `option ${type}`);
    const { text, brief } = (OPTIONS[type] ?? unknown)(packet, at, length);
    fields.push(["option", text]);
    if (brief) briefs.push(brief);
    at += length;
  }
  return { fields, briefs };
}

function unknown(packet: Packet, at: number, length: number): Text {
  return { text: `unknown type ${packet.u8(at)}: ${packet.hex(at + 2, length - 2)}` };
}

function sized(expected: number, name: string, parser: OptionParser): OptionParser {
  return (packet, at, length) => {
    if (length !== expected) throw new Malformed(`${name} option of ${length} bytes, expected ${expected}`);
    return parser(packet, at, length);
  };
}

function linkLayer(name: string): OptionParser {
  return (packet, at, length) => {
    const address = length === 8 ? formatMac(packet.bytes, at + 2) : packet.hex(at + 2, length - 2);
    return { text: `${name} link-layer address ${address}`, brief: name === "target" ? address : undefined };
  };
}

/** 2 prefix length   3 L A R   4 valid   8 preferred   12 reserved   16 prefix   32 */
const prefixInformation = sized(32, "prefix information", (packet, at) => {
  const length = packet.u8(at + 2);
  if (length > 128) throw new Malformed(`prefix length ${length}, expected at most 128`);
  const bits: [number, string][] = [
    [0x80, "L"],
    [0x40, "A"],
    [0x20, "R"],
  ];
  const set = flags(packet.u8(at + 3), bits);
  const prefix = `prefix ${formatIp6(packet.bytes, at + 16)}/${length}${set ? ` ${set}` : ""}`;
  const lifetimes = `valid ${seconds(packet.u32(at + 4))}, preferred ${seconds(packet.u32(at + 8))}`;
  return { text: `${prefix}, ${lifetimes}`, brief: prefix };
});

const mtu = sized(8, "MTU", (packet, at) => {
  const text = `MTU ${packet.u32(at + 4)}`;
  return { text, brief: text };
});

const interval = sized(8, "advertisement interval", (packet, at) => {
  return { text: `advertisement interval ${packet.u32(at + 4)} ms`, brief: `every ${packet.u32(at + 4)} ms` };
});

/** 2 flags   4 preference (signed)   6 lifetime */
const homeAgent = sized(8, "home agent information", (packet, at) => {
  const preference = (packet.u16(at + 4) << 16) >> 16;
  return { text: `home agent preference ${preference}, lifetime ${packet.u16(at + 6)} s`, brief: "home agent" };
});

/** 2 reserved   4 lifetime   8 servers */
function rdnss(packet: Packet, at: number, length: number): Text {
  if (length < 24 || length % 16 !== 8) throw new Malformed(`RDNSS option of ${length} bytes, expected 8 + 16 n`);
  const servers = Array.from({ length: (length - 8) / 16 }, (_, i) => formatIp6(packet.bytes, at + 8 + 16 * i));
  const text = `DNS ${servers.join(" ")}`;
  return { text: `${text}, lifetime ${seconds(packet.u32(at + 4))}`, brief: text };
}

/** 2 prefix length   3 preference   4 lifetime   8 prefix, 0, 8 or 16 bytes of it */
function route(packet: Packet, at: number, length: number): Text {
  const bits = packet.u8(at + 2);
  const prefix = new Uint8Array(16);
  prefix.set(packet.slice(at + 8, Math.min(16, length - 8)));
  if (length > 24 || bits > 128) throw new Malformed(`route information option of ${length} bytes for /${bits}`);
  return { text: `route ${formatIp6(prefix)}/${bits}, lifetime ${seconds(packet.u32(at + 4))}` };
}

const OPTIONS: Record<number, OptionParser> = {
  1: linkLayer("source"),
  2: linkLayer("target"),
  3: prefixInformation,
  4: (_packet, _at, length) => ({ text: `redirected packet, ${length - 8} bytes of it` }),
  5: mtu,
  7: interval,
  8: homeAgent,
  14: (packet, at, length) => ({ text: `nonce ${packet.hex(at + 2, length - 2)}` }),
  24: route,
  25: rdnss,
  31: (packet, at, length) => ({ text: `DNS search list: ${packet.hex(at + 8, length - 8)}` }),
};
