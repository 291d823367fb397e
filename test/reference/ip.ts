/** IPv4 and IPv6 packets as objects, and back: readable, slow, without cleverness. RFC 791, RFC 8200. */
import { checksum } from "./checksum.js";

export interface Ip4 {
  tos: number;
  id: number;
  df: boolean;
  mf: boolean;
  /** In bytes. */
  offset: number;
  ttl: number;
  protocol: number;
  src: Uint8Array;
  dst: Uint8Array;
  /** A multiple of 4 bytes. */
  options: Uint8Array;
  /** Total length as the header says; quoted packets are shorter than they say. */
  totalLength: number;
  payload: Uint8Array;
}

export interface Ip6 {
  trafficClass: number;
  flow: number;
  next: number;
  hopLimit: number;
  src: Uint8Array;
  dst: Uint8Array;
  payloadLength: number;
  /** Behind the base header; a fragment header is `fragment`, not payload. */
  fragment?: { id: number; offset: number; more: boolean };
  payload: Uint8Array;
}

export const ICMP4 = 1;
export const TCP = 6;
export const UDP = 17;
export const FRAGMENT = 44;
export const ICMP6 = 58;
export const IP6_IN_IP6 = 41;

export function bytes(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
export function u16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value);
}
export function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
export function get16(from: Uint8Array, at: number): number {
  return (from[at] << 8) | from[at + 1];
}
export function get32(from: Uint8Array, at: number): number {
  return get16(from, at) * 0x10000 + get16(from, at + 2);
}
/** A copy with two bytes at `at` replaced. */
export function with16(from: Uint8Array, at: number, value: number): Uint8Array {
  const copy = from.slice();
  copy.set(u16(value), at);
  return copy;
}

export function writeIp4(ip: Partial<Ip4> & Pick<Ip4, "src" | "dst" | "protocol" | "payload">): Uint8Array {
  const options = ip.options ?? new Uint8Array(0);
  const headerLength = 20 + options.length;
  const head = new Uint8Array(headerLength);
  const view = new DataView(head.buffer);
  head[0] = 0x40 | (headerLength / 4);
  head[1] = ip.tos ?? 0;
  view.setUint16(2, ip.totalLength ?? headerLength + ip.payload.length);
  view.setUint16(4, ip.id ?? 0);
  view.setUint16(6, (ip.df ? 0x4000 : 0) | (ip.mf ? 0x2000 : 0) | ((ip.offset ?? 0) >>> 3));
  head[8] = ip.ttl ?? 64;
  head[9] = ip.protocol;
  head.set(ip.src, 12);
  head.set(ip.dst, 16);
  head.set(options, 20);
  view.setUint16(10, checksum(head));
  return bytes(head, ip.payload);
}

/** Undefined for what is not an IPv4 packet. `quoted`: it may be shorter than it says (ICMP errors), and is not trimmed. */
export function readIp4(from: Uint8Array, quoted = false): Ip4 | undefined {
  if (from.length < 20 || from[0] >>> 4 !== 4) return undefined;
  const headerLength = (from[0] & 15) * 4;
  const totalLength = get16(from, 2);
  if (headerLength < 20 || headerLength > from.length || totalLength < headerLength) return undefined;
  if (!quoted && (totalLength > from.length || checksum(from.subarray(0, headerLength)) !== 0)) return undefined;
  const word = get16(from, 6);
  return {
    tos: from[1],
    id: get16(from, 4),
    df: (word & 0x4000) !== 0,
    mf: (word & 0x2000) !== 0,
    offset: (word & 0x1fff) * 8,
    ttl: from[8],
    protocol: from[9],
    src: from.slice(12, 16),
    dst: from.slice(16, 20),
    options: from.slice(20, headerLength),
    totalLength,
    payload: from.slice(headerLength, quoted ? undefined : totalLength),
  };
}

export function writeIp6(ip: Partial<Ip6> & Pick<Ip6, "src" | "dst" | "next" | "payload">): Uint8Array {
  const fragment = ip.fragment ? fragmentHeader(ip.next, ip.fragment) : new Uint8Array(0);
  const head = new Uint8Array(40);
  const view = new DataView(head.buffer);
  view.setUint32(0, 0x60000000 + (ip.trafficClass ?? 0) * 0x100000 + (ip.flow ?? 0));
  view.setUint16(4, ip.payloadLength ?? fragment.length + ip.payload.length);
  head[6] = ip.fragment ? FRAGMENT : ip.next;
  head[7] = ip.hopLimit ?? 64;
  head.set(ip.src, 8);
  head.set(ip.dst, 24);
  return bytes(head, fragment, ip.payload);
}

function fragmentHeader(next: number, fragment: NonNullable<Ip6["fragment"]>): Uint8Array {
  return bytes(Uint8Array.of(next, 0), u16(fragment.offset | Number(fragment.more)), u32(fragment.id));
}

/** Undefined for what is not an IPv6 packet. Knows a fragment header directly behind the base header, no other. */
export function readIp6(from: Uint8Array, quoted = false): Ip6 | undefined {
  if (from.length < 40 || from[0] >>> 4 !== 6) return undefined;
  const payloadLength = get16(from, 4);
  if (!quoted && 40 + payloadLength > from.length) return undefined;
  const first = get32(from, 0);
  const ip: Ip6 = {
    trafficClass: (first >>> 20) & 255,
    flow: first & 0xfffff,
    next: from[6],
    hopLimit: from[7],
    src: from.slice(8, 24),
    dst: from.slice(24, 40),
    payloadLength,
    payload: from.slice(40, quoted ? undefined : 40 + payloadLength),
  };
  if (ip.next !== FRAGMENT) return ip;
  if (ip.payload.length < 8) return undefined;
  const word = get16(ip.payload, 2);
  const fragment = { id: get32(ip.payload, 4), offset: word & 0xfff8, more: (word & 1) !== 0 };
  return { ...ip, next: ip.payload[0], fragment, payload: ip.payload.slice(8) };
}
