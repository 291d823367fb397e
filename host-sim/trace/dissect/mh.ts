/** Mobility headers, RFC 6275 §6.1, with the flags and options of RFC 3963. */
import { formatIp6 } from "../../core/address.js";
import { baStatusName, beStatusName } from "../status.js";
import { bad, upperChecksum } from "./checksum.js";
import { PROTOCOLS } from "./ip6.js";
import { flags, type Layer, Malformed, type Next, named, type Packet } from "./packet.js";

/** A message: how many bytes it has before its options, what the one line says, and its fields. */
interface Message {
  length: number;
  name: string;
  read(packet: Packet, at: number): { text: string; fields: Layer["fields"] };
}

/** 0 payload protocol   1 length in 8 bytes behind the first 8   2 type   3 reserved   4 checksum   6 message */
export function mobility(packet: Packet, at: number, end: number): Next {
  packet.need(at, end, 8, "a mobility header");
  const next = packet.u8(at);
  const stop = at + 8 * (packet.u8(at + 1) + 1);
  packet.need(at, end, stop - at, "a mobility header");
  const type = packet.u8(at + 2);
  const checksum = upperChecksum(packet, 135, at, stop, at + 4);
  const message = MESSAGES[type] ?? unknown;
  packet.need(at, stop, message.length, `a ${message.name} message`);
  const { text, fields } = message.read(packet, at);
  const options = mobilityOptions(packet, at + message.length, stop);
  packet.add("MH", at, stop, `MH ${[text, ...options.briefs].join(" ")}${bad(checksum)}`, [
    ["payload protocol", named(next, PROTOCOLS)],
    ["length", String(stop - at)],
    ["type", `${type} (${message.name})`],
    ["checksum", checksum.text],
    ...fields,
    ...options.fields,
  ]);
  return { key: next, at: stop, end };
}

const refreshRequest: Message = {
  length: 8,
  name: "binding refresh request",
  read: () => ({ text: "BRR", fields: [] }),
};

/** Home and care-of test init: 6 reserved   8 init cookie   16 */
function testInit(brief: string, name: string): Message {
  return {
    length: 16,
    name,
    read: (packet, at) => ({
      text: `${brief} cookie ${packet.hex(at + 8, 8)}`,
      fields: [["init cookie", packet.hex(at + 8, 8)]],
    }),
  };
}

/** Home and care-of test: 6 nonce index   8 init cookie   16 keygen token   24 */
function testReply(brief: string, name: string): Message {
  return {
    length: 24,
    name,
    read: (packet, at) => ({
      text: `${brief} nonce index ${packet.u16(at + 6)} cookie ${packet.hex(at + 8, 8)}`,
      fields: [
        ["nonce index", String(packet.u16(at + 6))],
        ["init cookie", packet.hex(at + 8, 8)],
        ["keygen token", packet.hex(at + 16, 8)],
      ],
    }),
  };
}

const BU_FLAGS: [number, string][] = [
  [0x8000, "A"],
  [0x4000, "H"],
  [0x2000, "L"],
  [0x1000, "K"],
  [0x0800, "M"],
  [0x0400, "R"],
];

/** 6 sequence   8 A H L K M R   10 lifetime in 4 s   12 */
const update: Message = {
  length: 12,
  name: "binding update",
  read: (packet, at) => {
    const sequence = packet.u16(at + 6);
    const lifetime = 4 * packet.u16(at + 10);
    const set = flags(packet.u16(at + 8), BU_FLAGS);
    return {
      text: `BU seq ${sequence} lifetime ${lifetime} s${set ? ` ${set}` : ""}`,
      fields: [
        ["sequence number", String(sequence)],
        ["flags", set || "none"],
        ["lifetime", `${lifetime} s`],
      ],
    };
  },
};

/** 6 status   7 K R   8 sequence   10 lifetime in 4 s   12 */
const acknowledgement: Message = {
  length: 12,
  name: "binding acknowledgement",
  read: (packet, at) => {
    const status = packet.u8(at + 6);
    const sequence = packet.u16(at + 8);
    const lifetime = 4 * packet.u16(at + 10);
    const set = flags(packet.u8(at + 7), [
      [0x80, "K"],
      [0x40, "R"],
    ]);
    const reason = status === 0 ? "" : ` (${baStatusName(status)})`;
    return {
      text: `BA status ${status}${reason} seq ${sequence} lifetime ${lifetime} s${set ? ` ${set}` : ""}`,
      fields: [
        ["status", `${status} (${baStatusName(status)})`],
        ["flags", set || "none"],
        ["sequence number", String(sequence)],
        ["lifetime", `${lifetime} s`],
      ],
    };
  },
};

/** 6 status   7 reserved   8 home address   24 */
const bindingError: Message = {
  length: 24,
  name: "binding error",
  read: (packet, at) => {
    const status = packet.u8(at + 6);
    const home = formatIp6(packet.bytes, at + 8);
    return {
      text: `BE status ${status} (${beStatusName(status)}) ${home}`,
      fields: [
        ["status", `${status} (${beStatusName(status)})`],
        ["home address", home],
      ],
    };
  },
};

/** Its options cannot be found: the whole of it is shown. */
const unknown: Message = {
  length: 8,
  name: "unknown",
  read: (packet, at) => ({ text: `type ${packet.u8(at + 2)}`, fields: [["data", packet.hex(at + 6, 2)]] }),
};

const MESSAGES: Record<number, Message> = {
  0: refreshRequest,
  1: testInit("HoTI", "home test init"),
  2: testInit("CoTI", "care-of test init"),
  3: testReply("HoT", "home test"),
  4: testReply("CoT", "care-of test"),
  5: update,
  6: acknowledgement,
  7: bindingError,
};

/** RFC 6275 §6.2: 0 type   1 length of the data   2 data; type 0 is one byte alone. */
function mobilityOptions(packet: Packet, at: number, end: number): { fields: Layer["fields"]; briefs: string[] } {
  const fields: Layer["fields"] = [];
  const briefs: string[] = [];
  while (at < end) {
    if (packet.u8(at) === 0) {
      fields.push(["option", "Pad1"]);
      at += 1;
      continue;
    }
    packet.need(at, end, 2, "a mobility option");
    const size = packet.u8(at + 1);
    packet.need(at + 2, end, size, `mobility option ${packet.u8(at)}`);
    const { text, brief } = mobilityOption(packet, at, size);
    fields.push(["option", text]);
    if (brief) briefs.push(brief);
    at += 2 + size;
  }
  return { fields, briefs };
}

function mobilityOption(packet: Packet, at: number, size: number): { text: string; brief?: string } {
  const type = packet.u8(at);
  const option = OPTIONS[type];
  if (!option) return { text: `unknown type ${type}: ${packet.hex(at + 2, size)}` };
  if (option.size !== undefined && size !== option.size) {
    throw new Malformed(`mobility option ${type} (${option.name}) of ${size} bytes, expected ${option.size}`);
  }
  const value = option.value(packet, at + 2, size);
  return { text: `${option.name} ${value}`, brief: option.brief && `${option.brief} ${value}` };
}

interface Option {
  name: string;
  /** Bytes of data; absent where any length is right. */
  size?: number;
  /** The word for the one line. */
  brief?: string;
  value(packet: Packet, at: number, size: number): string;
}

const OPTIONS: Record<number, Option> = {
  1: { name: "PadN", value: (_packet, _at, size) => `of ${size + 2} bytes` },
  2: {
    name: "binding refresh advice",
    size: 2,
    brief: "refresh",
    value: (packet, at) => `${4 * packet.u16(at)} s`,
  },
  3: {
    name: "alternate care-of address",
    size: 16,
    brief: "alt-CoA",
    value: (packet, at) => formatIp6(packet.bytes, at),
  },
  4: {
    name: "nonce indices",
    size: 4,
    value: (packet, at) => `home ${packet.u16(at)}, care-of ${packet.u16(at + 2)}`,
  },
  5: { name: "authorization data", value: (packet, at, size) => packet.hex(at, size) },
  6: {
    name: "mobile network prefix",
    size: 18,
    brief: "MNP",
    value: (packet, at) => `${formatIp6(packet.bytes, at + 2)}/${packet.u8(at + 1)}`,
  },
};
