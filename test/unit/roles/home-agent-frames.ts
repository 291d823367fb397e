/** Frames for the home agent's tests, built and read byte by byte, apart from the core's own code. */
import { formatIp6, formatMac, parseIp6, parseMac } from "../../../host-sim/core/address.js";

const AGENT = "02:00:00:00:00:01";
const OTHERS = "02:00:00:00:00:fe";

export function bytes(...parts: (Uint8Array | number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
export const u16 = (v: number): number[] => [(v >> 8) & 255, v & 255];

function checksum(source: Uint8Array, destination: Uint8Array, protocol: number, data: Uint8Array): number {
  const all = bytes(source, destination, [0, 0], u16(data.length), [0, 0, 0, protocol], data, [0]);
  let sum = 0;
  for (let i = 0; i + 1 < all.length; i += 2) sum += (all[i] << 8) | all[i + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
function seal(data: Uint8Array, at: number, source: string, destination: string, protocol: number): Uint8Array {
  data[at] = 0;
  data[at + 1] = 0;
  const sum = checksum(parseIp6(source), parseIp6(destination), protocol, data);
  data[at] = sum >> 8;
  data[at + 1] = sum & 255;
  return data;
}
export function ip6(source: string, destination: string, next: number, payload: Uint8Array, hopLimit = 64): Uint8Array {
  const head = [0x60, 0, 0, 0, ...u16(payload.length), next, hopLimit];
  return bytes(head, parseIp6(source), parseIp6(destination), payload);
}
export function ether(packet: Uint8Array, destination = AGENT, source = OTHERS): Uint8Array {
  return bytes(parseMac(destination), parseMac(source), [0x86, 0xdd], packet);
}
/** ICMPv6 message with its checksum. */
export function icmp6(source: string, destination: string, message: Uint8Array | number[]): Uint8Array {
  return seal(Uint8Array.from(message), 2, source, destination, 58);
}
export function echo(source: string, destination: string, size = 8, hopLimit = 64): Uint8Array {
  const body = Array.from({ length: size }, (_, i) => i & 255);
  return ip6(source, destination, 58, icmp6(source, destination, [128, 0, 0, 0, 0, 7, 0, 1, ...body]), hopLimit);
}
/** A general MLDv2 query of a router, to be answered within `ms`. */
export function listenerQuery(source: string, ms: number): Uint8Array {
  const message = icmp6(source, "ff02::1", [
    130,
    0,
    0,
    0,
    ...u16(ms),
    0,
    0,
    ...new Array<number>(16).fill(0),
    2,
    125,
    0,
    0,
  ]);
  return ether(ip6(source, "ff02::1", 0, bytes([58, 0, 5, 2, 0, 0, 1, 0], message), 1), "33:33:00:00:00:01");
}
/** The first segment of a connection, with its maximum segment size. */
export function tcpSyn(source: string, destination: string, segment: number): Uint8Array {
  const header = [0, 80, 0x30, 0x39, 0, 0, 0, 1, 0, 0, 0, 0, 0x60, 2, 0xff, 0xff, 0, 0, 0, 0, 2, 4, ...u16(segment)];
  return ip6(source, destination, 6, seal(Uint8Array.from(header), 16, source, destination, 6));
}
/** Destination Options header of 24 bytes with a Home Address option. */
export function homeOption(next: number, home: string): Uint8Array {
  return bytes([next, 2, 1, 2, 0, 0, 0xc9, 16], parseIp6(home));
}

export interface Update {
  home: string;
  source?: string;
  to?: string;
  sequence: number;
  /** A 0x80, H 0x40, L 0x20, K 0x10. */
  flags?: number;
  /** 4 s. */
  lifetime?: number;
  alternate?: string;
  /** Mobility options as bytes, in place of `alternate`. */
  options?: number[];
  /** False: without a Home Address option. */
  option?: boolean;
  type?: number;
  /** Changes the mobility header after its checksum was set. */
  spoil?: (header: Uint8Array) => void;
}
/** An IPv6 packet with a Binding Update. */
export function updatePacket(u: Update): Uint8Array {
  const to = u.to ?? "2001:db8:1::1";
  const source = u.source ?? "2001:db8:2::9";
  const own = u.options ?? (u.alternate ? [1, 0, 3, 16, ...parseIp6(u.alternate)] : [1, 2, 0, 0]);
  const padding = (8 - ((12 + own.length) % 8)) % 8;
  const pad = padding === 0 ? [] : padding === 1 ? [0] : [1, padding - 2, ...new Array<number>(padding - 2).fill(0)];
  const body = [...u16(u.sequence), u.flags ?? 0xc0, 0, ...u16(u.lifetime ?? 10), ...own, ...pad];
  const header = Uint8Array.from([59, (6 + body.length) / 8 - 1, u.type ?? 5, 0, 0, 0, ...body]);
  seal(header, 4, u.option === false ? source : u.home, to, 135);
  u.spoil?.(header);
  if (u.option === false) return ip6(source, to, 135, header);
  return ip6(source, to, 60, bytes(homeOption(135, u.home), header));
}
export const update = (u: Update): Uint8Array => ether(updatePacket(u));
export function tunnelled(source: string, destination: string, inner: Uint8Array): Uint8Array {
  return ether(ip6(source, destination, 41, inner));
}

export function solicitation(target: string, source: string): Uint8Array {
  const group = parseIp6("ff02::1:ff00:0");
  group.set(parseIp6(target).subarray(13), 13);
  const destination = formatIp6(group);
  const option = source === "::" ? [] : [1, 1, ...parseMac(OTHERS)];
  const message = icmp6(source, destination, [135, 0, 0, 0, 0, 0, 0, 0, ...parseIp6(target), ...option]);
  const mac = `33:33:ff:${formatMac(bytes([0, 0, 0], group.subarray(13))).slice(9)}`;
  return ether(ip6(source, destination, 58, message, 255), mac);
}
export function neighbourAdvertisement(target: string, to: string, flags = 0x60): Uint8Array {
  const message = icmp6(target, to, [136, 0, 0, 0, flags, 0, 0, 0, ...parseIp6(target), 2, 1, ...parseMac(OTHERS)]);
  return ether(ip6(target, to, 58, message, 255), to === "ff02::1" ? "33:33:00:00:00:01" : AGENT);
}

/** What a sent frame says. */
export interface Packet {
  raw: Uint8Array;
  step: number;
  macTo: string;
  src: string;
  dst: string;
  hopLimit: number;
  /** Number behind the extension headers. */
  next: number;
  /** Home address in a type 2 routing header. */
  routing?: string;
  icmpType?: number;
  nd?: { target: string; flags: number; mac?: string };
  mh?: { type: number; status: number; flags: number; sequence: number; lifetime: number; body: Uint8Array };
  inner?: Packet;
  /** Behind the extension headers. */
  payload: Uint8Array;
  /** The checksum of ICMPv6 or the mobility header comes out right. */
  sound: boolean;
}
export function parse(frame: Uint8Array, step = 0): Packet {
  return parseIp(frame.subarray(14), step, formatMac(frame, 0));
}
function parseIp(raw: Uint8Array, step: number, macTo: string): Packet {
  const src = formatIp6(raw, 8);
  const dst = formatIp6(raw, 24);
  let next = raw[6];
  let at = 40;
  let routing: string | undefined;
  while (next === 43 || next === 0 || next === 60) {
    if (next === 43 && raw[at + 2] === 2) routing = formatIp6(raw, at + 8);
    next = raw[at];
    at += (raw[at + 1] + 1) * 8;
  }
  const payload = raw.subarray(at, 40 + ((raw[4] << 8) | raw[5]));
  const p: Packet = { raw, step, macTo, src, dst, hopLimit: raw[7], next, routing, payload, sound: true };
  const last = routing ?? dst;
  if (next === 58 || next === 135) p.sound = checksum(parseIp6(src), parseIp6(last), next, payload) === 0;
  if (next === 58) p.icmpType = payload[0];
  if (next === 58 && (payload[0] === 135 || payload[0] === 136)) {
    p.nd = { target: formatIp6(payload, 8), flags: payload[4] };
    if (payload.length >= 32) p.nd.mac = formatMac(payload, 26);
  }
  if (next === 135) {
    p.mh = {
      type: payload[2],
      status: payload[6],
      flags: payload[7],
      sequence: (payload[8] << 8) | payload[9],
      lifetime: (payload[10] << 8) | payload[11],
      body: payload,
    };
  }
  if (next === 41) p.inner = parseIp(payload, 0, "");
  return p;
}
