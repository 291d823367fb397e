/** Neighbour discovery messages, RFC 4861 §4. */
import { formatIp6 } from "../../core/address.js";
import type { MessageParser } from "./icmp6.js";
import { ndOptions } from "./nd-options.js";
import { flags, type Packet } from "./packet.js";

/** The RA's flags: RFC 4861 §4.2, H of RFC 6275 §7.1. */
const RA_FLAGS: [number, string][] = [
  [0x80, "M"],
  [0x40, "O"],
  [0x20, "H"],
];
const PREFERENCE = ["medium", "high", "reserved", "low"];

const routerSolicitation: MessageParser = (packet, at, end) => {
  packet.need(at, end, 8, "a router solicitation");
  const options = ndOptions(packet, at + 8, end);
  return { text: ["RS", ...options.briefs].join(" "), fields: options.fields };
};

/** 4 hop limit   5 flags   6 router lifetime   8 reachable time   12 retransmission timer   16 */
const routerAdvertisement: MessageParser = (packet, at, end) => {
  packet.need(at, end, 16, "a router advertisement");
  const options = ndOptions(packet, at + 16, end);
  const lifetime = packet.u16(at + 6);
  const set = flags(packet.u8(at + 5), RA_FLAGS);
  return {
    text: [`RA router lifetime ${lifetime} s${set ? ` ${set}` : ""}`, ...options.briefs].join(", "),
    fields: [
      ["current hop limit", String(packet.u8(at + 4))],
      ["flags", set || "none"],
      ["preference", PREFERENCE[(packet.u8(at + 5) >> 3) & 3]],
      ["router lifetime", `${lifetime} s`],
      ["reachable time", `${packet.u32(at + 8)} ms`],
      ["retransmission timer", `${packet.u32(at + 12)} ms`],
      ...options.fields,
    ],
  };
};

/** 4 reserved   8 target   24 */
const neighbourSolicitation: MessageParser = (packet, at, end) => {
  packet.need(at, end, 24, "a neighbour solicitation");
  const options = ndOptions(packet, at + 24, end);
  const target = formatIp6(packet.bytes, at + 8);
  const probe = unspecified(packet) ? " (DAD)" : "";
  return { text: `NS who has ${target}${probe}`, fields: [["target", target], ...options.fields] };
};

/** 4 R S O   8 target   24 */
const neighbourAdvertisement: MessageParser = (packet, at, end) => {
  packet.need(at, end, 24, "a neighbour advertisement");
  const options = ndOptions(packet, at + 24, end);
  const target = formatIp6(packet.bytes, at + 8);
  const bits: [number, string][] = [
    [0x80, "R"],
    [0x40, "S"],
    [0x20, "O"],
  ];
  const set = flags(packet.u8(at + 4), bits);
  return {
    text: [`NA ${target} is here`, ...(set ? [set] : []), ...options.briefs].join(" "),
    fields: [["flags", set || "none"], ["target", target], ...options.fields],
  };
};

/** 4 reserved   8 target   24 destination   40 */
const redirect: MessageParser = (packet, at, end) => {
  packet.need(at, end, 40, "a redirect");
  const options = ndOptions(packet, at + 40, end);
  const target = formatIp6(packet.bytes, at + 8);
  const destination = formatIp6(packet.bytes, at + 24);
  return {
    text: `redirect ${destination} to ${target}`,
    fields: [["target", target], ["destination", destination], ...options.fields],
  };
};

function unspecified(packet: Packet): boolean {
  return packet.source.every((byte) => byte === 0);
}

export const NEIGHBOUR_DISCOVERY: Record<number, MessageParser> = {
  133: routerSolicitation,
  134: routerAdvertisement,
  135: neighbourSolicitation,
  136: neighbourAdvertisement,
  137: redirect,
};
