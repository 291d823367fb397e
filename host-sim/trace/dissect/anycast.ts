/** The anycast identifier, an option, and registrations of servers with routers: docs/anycast-identifier.md §2 and §6. */
import { formatIp6 } from "../../core/address.js";
import { REGISTRATION, registrationStatusName } from "../status.js";
import { type Layer, named, type Packet } from "./packet.js";

/** Option type, an experimental codepoint. */
export const IDENTIFIER = 0x1e;
/** UDP port of registrations at both ends, an experimental one. */
export const REGISTRATION_PORT = 1021;

const VERSION = 1;
/** How a summary calls each form, and the option's length in all. */
const FORMS: Record<number, { name: string; length: number }> = {
  1: { name: "anycast identifier", length: 22 },
  2: { name: "authenticated anycast identifier", length: 46 },
  3: { name: "anycast request", length: 30 },
};
const UPPER = [17, 58];

export interface Described {
  text: string;
  brief?: string;
  fields?: Layer["fields"];
}

/** Where the option stands. */
export interface Place {
  /** The header, its end, and what follows it. */
  header: number;
  stop: number;
  next: number;
  destination: boolean;
}

/** The option at `option`, `size` bytes of data. What makes it malformed is noted; reading goes on as far as it makes sense. */
export function identifier(packet: Packet, option: number, size: number, place: Place): Described {
  const at = option + 2;
  const wrong = (reason: string) => packet.complaints.push({ at: option, reason: `anycast identifier: ${reason}` });
  if (size < 4) {
    wrong(`${size} bytes of data, expected at least 4`);
    return { text: `anycast identifier, cut: ${packet.hex(at, size)}`, brief: "anycast identifier, cut" };
  }
  const version = packet.u8(at) >> 4;
  const number = packet.u8(at) & 15;
  const form = FORMS[number];
  const keyId = packet.u16(at + 2);
  const fields: Layer["fields"] = [
    ["version", String(version)],
    ["form", named(number, { 1: "identifier, plain", 2: "identifier, authenticated", 3: "request" })],
    ["reserved", String(packet.u8(at + 1))],
    ["key id", String(keyId)],
  ];
  if (version !== VERSION) wrong(`version ${version}, expected ${VERSION}`);
  if (!form) wrong(`form ${number}, expected 1, 2 or 3`);
  if (packet.u8(at + 1) !== 0) wrong("reserved byte is not 0");
  if (form && (number === 1) !== (keyId === 0)) wrong(`key id ${keyId} in form ${number}`);
  placeComplaints(option, size, place).forEach(wrong);
  if (!form || size + 2 !== form.length) {
    if (form) wrong(`${size} bytes of data, expected ${form.length - 2}`);
    fields.push(["data", packet.hex(at + 4, size - 4)]);
    return { text: `anycast identifier of form ${number}`, brief: `anycast identifier, form ${number}`, fields };
  }
  let data = at + 4;
  let of = "";
  if (number !== 3) {
    const anycast = formatIp6(packet.slice(data, 16));
    if (/^(ff..:|fe[89ab].:|::1?$)/.test(anycast)) wrong(`${anycast} is no anycast address`);
    fields.push(["anycast address", anycast]);
    of = ` of ${anycast}`;
    data += 16;
  }
  let key = "";
  if (number !== 1) {
    key = ` key ${keyId} nonce ${packet.hex(data, 8)}`;
    fields.push(["nonce", packet.hex(data, 8)], ["authenticator", packet.hex(data + 8, 16)]);
  }
  return { text: `${form.name}${of}`, brief: `${form.name}${of}${key}`, fields };
}

/** What §2 demands of the place: alone in the last extension header, a Destination Options header. */
function placeComplaints(option: number, size: number, { header, stop, next, destination }: Place): string[] {
  const found: string[] = [];
  if (!destination) found.push("in a hop-by-hop options header");
  else if (!UPPER.includes(next)) found.push(`in front of ${next}, expected 17 (UDP) or 58 (ICMPv6)`);
  if (option !== header + 2 || option + 2 + size !== stop) found.push("not alone in its header");
  return found;
}

const LENGTH = 64;
const TYPES: Record<number, string> = { 1: "REGISTER", 2: "REPLY" };

/** 0 version 1 type 2 key id 4 lifetime 6 cost or status 7 0 8 sequence 16 epoch 24 S 40 last 48 authenticator 64 */
export function registration(packet: Packet, at: number, end: number): undefined {
  packet.need(at, end, LENGTH, "an anycast registration");
  const wrong = (reason: string) => packet.complaints.push({ at, reason: `anycast registration: ${reason}` });
  const [version, type, keyId, lifetime] = [packet.u8(at), packet.u8(at + 1), packet.u16(at + 2), packet.u16(at + 4)];
  if (version !== VERSION) wrong(`version ${version}, expected ${VERSION}`);
  if (!TYPES[type]) wrong(`type ${type}, expected 1 or 2`);
  if (end - at !== LENGTH) wrong(`${end - at} bytes, expected ${LENGTH}`);
  const isReply = type === 2;
  const status = packet.u8(at + 6);
  const sequence = big(packet, at + 8);
  const anycast = formatIp6(packet.slice(at + 24, 16));
  const result = isReply ? `${registrationStatusName(status)}, ` : "";
  const cost = isReply ? "" : ` cost ${status}`;
  const summary = `${TYPES[type] ?? `type ${type}`} ${anycast} ${result}${lifetime} s${cost} seq ${sequence} key ${keyId}`;
  packet.add("REG", at, at + LENGTH, `REG ${summary}`, [
    ["version", String(version)],
    ["type", named(type, TYPES)],
    ["key id", String(keyId)],
    ["lifetime", `${lifetime} s`],
    isReply ? ["status", named(status, REGISTRATION)] : ["cost", String(status)],
    ["sequence number", String(sequence)],
    ["epoch", packet.hex(at + 16, 8)],
    ["anycast address", anycast],
    ["last accepted", String(big(packet, at + 40))],
    ["authenticator", packet.hex(at + 48, 16)],
  ]);
  if (end > at + LENGTH) packet.trailers.unshift({ at: at + LENGTH, end });
  return undefined;
}

function big(packet: Packet, at: number): bigint {
  return BigInt(`0x${packet.hex(at, 8)}`);
}
