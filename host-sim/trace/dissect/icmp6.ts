/** ICMPv6: errors and echo (RFC 4443), multicast listeners (RFC 2710, RFC 3810), home agent discovery (RFC 6275 §6.5-6.8). */
import { formatIp6 } from "../../core/address.js";
import { bad, upperChecksum } from "./checksum.js";
import { NEIGHBOUR_DISCOVERY } from "./nd.js";
import { ndOptions } from "./nd-options.js";
import { flags, type Layer, Malformed, type Next, type Packet } from "./packet.js";

/** A message's own part: what the summary says behind `ICMP6`, and its fields behind type, code and checksum. */
export interface Message {
  text: string;
  fields: Layer["fields"];
  /** The body (from byte 8 on) is a quoted packet or data, not part of the message. */
  body?: "ip6" | "data";
}

export type MessageParser = (packet: Packet, at: number, end: number) => Message;

/** 0 type   1 code   2 checksum   4 ... */
export function icmp6(packet: Packet, at: number, end: number): Next | undefined {
  packet.need(at, end, 4, "an ICMPv6 message");
  const type = packet.u8(at);
  const code = packet.u8(at + 1);
  const checksum = upperChecksum(packet, 58, at, end, at + 2);
  const message = (MESSAGES[type] ?? unknown)(packet, at, end);
  const fields: Layer["fields"] = [
    ["type", String(type)],
    ["code", String(code)],
    ["checksum", checksum.text],
    ...message.fields,
  ];
  const stop = message.body ? at + 8 : end;
  packet.add("ICMP6", at, stop, `ICMP6 ${message.text}${bad(checksum)}`, fields);
  if (!message.body) return;
  if (message.body === "ip6") packet.quoted = true;
  return { key: message.body === "ip6" && stop < end ? "ip6" : "data", at: stop, end };
}

function unknown(packet: Packet, at: number, end: number): Message {
  packet.need(at, end, 8, "an ICMPv6 message");
  return { text: `type ${packet.u8(at)} code ${packet.u8(at + 1)}`, fields: [], body: "data" };
}

const UNREACHABLE = [
  "no route",
  "administratively prohibited",
  "beyond scope of source",
  "address unreachable",
  "port unreachable",
  "source address failed policy",
  "reject route",
];
const PROBLEM = [
  "erroneous header field",
  "unrecognized next header",
  "unrecognized option",
  "incomplete header chain",
];

function error(name: string, codes: string[]): MessageParser {
  return (packet, at, end) => {
    packet.need(at, end, 8, "an ICMPv6 error");
    const code = packet.u8(at + 1);
    return { text: `${name}: ${codes[code] ?? `code ${code}`}`, fields: [], body: "ip6" };
  };
}

function packetTooBig(packet: Packet, at: number, end: number): Message {
  packet.need(at, end, 8, "a packet too big message");
  const mtu = packet.u32(at + 4);
  return { text: `packet too big: MTU ${mtu}`, fields: [["MTU", String(mtu)]], body: "ip6" };
}

function parameterProblem(packet: Packet, at: number, end: number): Message {
  const { text } = error("parameter problem", PROBLEM)(packet, at, end);
  const pointer = packet.u32(at + 4);
  return { text: `${text} at ${pointer}`, fields: [["pointer", String(pointer)]], body: "ip6" };
}

function echo(name: string): MessageParser {
  return (packet, at, end) => {
    packet.need(at, end, 8, "an echo message");
    const [identifier, sequence] = [packet.u16(at + 4), packet.u16(at + 6)];
    return {
      text: `echo ${name} id ${identifier} seq ${sequence}`,
      fields: [
        ["identifier", String(identifier)],
        ["sequence number", String(sequence)],
      ],
      body: "data",
    };
  };
}

/** MLDv1 messages, and the MLDv2 query that begins alike; RFC 3810 §5.1. */
function listener(name: string): MessageParser {
  return (packet, at, end) => {
    packet.need(at, end, 24, "a multicast listener message");
    const group = formatIp6(packet.bytes, at + 8);
    const fields: Layer["fields"] = [
      ["maximum response", String(packet.u16(at + 4))],
      ["multicast address", group],
    ];
    if (end > at + 24) fields.push(["rest", packet.hex(at + 24, end - at - 24)]);
    return { text: `MLD ${name} ${group}`, fields };
  };
}

const RECORDS = ["?", "is-include", "is-exclude", "to-include", "to-exclude", "allow", "block"];

/** RFC 3810 §5.2: 4 reserved   6 number of records   8 records {0 type  1 aux words  2 sources  4 address  20 sources ...} */
function report2(packet: Packet, at: number, end: number): Message {
  packet.need(at, end, 8, "an MLDv2 report");
  const count = packet.u16(at + 6);
  const records: string[] = [];
  let record = at + 8;
  for (let i = 0; i < count; i++) {
    packet.need(record, end, 20, `record ${i + 1} of ${count}`);
    const sources = packet.u16(record + 2);
    const length = 20 + 16 * sources + 4 * packet.u8(record + 1);
    packet.need(record, end, length, `record ${i + 1} of ${count} with ${sources} sources`);
    const type = packet.u8(record);
    const from = Array.from({ length: sources }, (_, k) => formatIp6(packet.bytes, record + 20 + 16 * k));
    const group = formatIp6(packet.bytes, record + 4);
    records.push(`${RECORDS[type] ?? `type ${type}`} ${group}${sources ? ` from ${from.join(" ")}` : ""}`);
    record += length;
  }
  const more = records.length > 1 ? `, ${records.length - 1} more` : "";
  return {
    text: `MLDv2 report ${records.length ? `${records[0]}${more}` : "without records"}`,
    fields: records.map((text) => ["record", text]),
  };
}

/** 4 identifier   6 reserved   8 home agent addresses (reply) */
function discovery(name: string): MessageParser {
  return (packet, at, end) => {
    packet.need(at, end, 8, `a home agent address discovery ${name}`);
    if ((end - at - 8) % 16 !== 0) throw new Malformed(`${end - at - 8} bytes of addresses, expected a multiple of 16`);
    const agents = Array.from({ length: (end - at - 8) / 16 }, (_, i) => formatIp6(packet.bytes, at + 8 + 16 * i));
    const list = agents.length ? ` ${agents.join(" ")}` : "";
    return {
      text: `DHAAD ${name} id ${packet.u16(at + 4)}${list}`,
      fields: [
        ["identifier", String(packet.u16(at + 4))],
        ["flags", flags(packet.u16(at + 6), [[0x8000, "R"]]) || "none"],
        ...agents.map((agent): [string, string] => ["home agent", agent]),
      ],
    };
  };
}

/** 4 identifier   6 M O   8 options (advertisement) */
function mobilePrefix(name: string): MessageParser {
  return (packet, at, end) => {
    packet.need(at, end, 8, `a mobile prefix ${name}`);
    const options = ndOptions(packet, at + 8, end);
    return {
      text: [`mobile prefix ${name} id ${packet.u16(at + 4)}`, ...options.briefs].join(", "),
      fields: [
        ["identifier", String(packet.u16(at + 4))],
        [
          "flags",
          flags(packet.u16(at + 6), [
            [0x8000, "M"],
            [0x4000, "O"],
          ]) || "none",
        ],
        ...options.fields,
      ],
    };
  };
}

const MESSAGES: Record<number, MessageParser> = {
  1: error("unreachable", UNREACHABLE),
  2: packetTooBig,
  3: error("time exceeded", ["hop limit", "reassembly"]),
  4: parameterProblem,
  128: echo("request"),
  129: echo("reply"),
  130: listener("query"),
  131: listener("report"),
  132: listener("done"),
  ...NEIGHBOUR_DISCOVERY,
  143: report2,
  144: discovery("request"),
  145: discovery("reply"),
  146: mobilePrefix("solicitation"),
  147: mobilePrefix("advertisement"),
};
