/** A link with the node under test, a router and a neighbour, and packets on it; written from the RFCs, without the core's own code. */
import { PortKind } from "../../../assembly/abi/port.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import * as frames from "../../bench/frames.js";
import { Node } from "./node.js";

export const { be, concat, Protocol } = frames;

export interface Station {
  ip: string;
  mac: Uint8Array;
}
const mac = (n: number) => Uint8Array.of(2, 0, 0, 0, 0, n);

export const ME: Station = { ip: "2001:db8:1::2", mac: mac(2) };
export const ME_LOCAL: Station = { ip: "fe80::2", mac: mac(2) };
export const PEER: Station = { ip: "2001:db8:1::9", mac: mac(9) };
export const PEER_LOCAL: Station = { ip: "fe80::9", mac: mac(9) };
export const ROUTER: Station = { ip: "fe80::1", mac: mac(1) };
/** Somebody behind the router. */
export const FAR: Station = { ip: "2001:db8:8::1", mac: mac(1) };
export const ALL_NODES: Station = { ip: "ff02::1", mac: Uint8Array.of(0x33, 0x33, 0, 0, 0, 1) };

/** Both addresses by hand and without DAD, a default route; the link addresses of router and peer are known. */
export function lanNode(image = "host", more: (m: Messages) => Messages = (m) => m): Node {
  const settings = new Messages()
    .port(0, PortKind.ETHER, 1500, ME.mac)
    .address(0, parseIp6(ME.ip), 64, 1)
    .address(0, parseIp6(ME_LOCAL.ip), 64, 1)
    .route(0, new Uint8Array(16), 0, parseIp6(ROUTER.ip));
  const node = new Node(image, more(settings));
  for (const who of [ROUTER, PEER]) node.rx(0, solicitation(who, ME));
  node.pass(2500).sent();
  node.events();
  return node;
}

/** The solicited-node group of an address, RFC 4291 §2.7.1, and its link address. */
export function groupOf(ip: string): Station {
  const group = parseIp6("ff02::1:ff00:0");
  group.set(parseIp6(ip).subarray(13), 13);
  return {
    ip: Buffer.from(group)
      .toString("hex")
      .replaceAll(/(.{4})(?!$)/g, "$1:"),
    mac: concat(Uint8Array.of(0x33, 0x33), group.subarray(12)),
  };
}

export interface PacketOptions {
  hopLimit?: number;
  /** Replaces the number in the IPv6 header. */
  next?: number;
}
/** An IPv6 packet in an Ethernet frame. */
export function frame(
  from: Station,
  to: Station,
  next: number,
  payload: Uint8Array,
  options: PacketOptions = {},
): Uint8Array {
  const packet = frames.ip6(parseIp6(from.ip), parseIp6(to.ip), next, payload, options.hopLimit);
  return frames.ether(to.mac, from.mac, packet);
}
/** An ICMPv6 message of type, code and body with a right checksum. */
export function icmp(from: Station, to: Station, type: number, code: number, body: Uint8Array): Uint8Array {
  return frames.icmp6(parseIp6(from.ip), parseIp6(to.ip), type, code, body);
}
export function icmpFrame(
  from: Station,
  to: Station,
  type: number,
  body: Uint8Array,
  options: PacketOptions & { code?: number } = {},
): Uint8Array {
  return frame(from, to, Protocol.ICMP6, icmp(from, to, type, options.code ?? 0, body), options);
}
export function echo(from: Station, to: Station, size = 8, options?: PacketOptions): Uint8Array {
  return icmpFrame(from, to, 128, concat(be(16, 1, 1), pattern(size)), options);
}
export function udp(from: Station, to: Station, size: number, ports: [number, number] = [4000, 5000]): Uint8Array {
  return frames.udp(parseIp6(from.ip), parseIp6(to.ip), ports, pattern(size));
}
export function udpFrame(from: Station, to: Station, size: number, options?: PacketOptions): Uint8Array {
  return frame(from, to, Protocol.UDP, udp(from, to, size), options);
}
export function pattern(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => i * 11 + size);
}
/** A neighbour discovery message: hop limit 255. */
export function nd(
  from: Station,
  to: Station,
  type: number,
  body: Uint8Array,
  options: PacketOptions & { code?: number } = {},
) {
  return icmpFrame(from, to, type, body, { hopLimit: 255, ...options });
}
/** Neighbour Solicitation with the sender's link address. */
export function solicitation(from: Station, to: Station, target = to.ip): Uint8Array {
  return nd(from, to, 135, concat(be(32, 0), parseIp6(target), lla(1, from.mac)));
}
export const SOLICITED = 0x40;
export const OVERRIDE = 0x20;
export const IS_ROUTER = 0x80;
/** Neighbour Advertisement; `link` absent: without the option. */
export function advertisement(
  from: Station,
  to: Station,
  flags: number,
  link?: Uint8Array,
  target = from.ip,
): Uint8Array {
  return nd(from, to, 136, concat(be(8, flags, 0, 0, 0), parseIp6(target), link ? lla(2, link) : new Uint8Array(0)));
}
export function lla(type: 1 | 2, link: Uint8Array): Uint8Array {
  return frames.linkAddressOption(type, link);
}
export interface Ra {
  hopLimit?: number;
  flags?: number;
  lifetime?: number;
  reachable?: number;
  retrans?: number;
  options?: Uint8Array[];
  to?: Station;
}
/** Router Advertisement with the router's link address. */
export function ra(from: Station, r: Ra = {}): Uint8Array {
  const fixed = concat(
    be(8, r.hopLimit ?? 64, r.flags ?? 0),
    be(16, r.lifetime ?? 1800),
    be(32, r.reachable ?? 0, r.retrans ?? 0),
  );
  return nd(from, r.to ?? ALL_NODES, 134, concat(fixed, ...(r.options ?? []), lla(1, from.mac)));
}
/** Prefix option; lifetimes in seconds. */
export function prefix(
  ip: string,
  o: { length?: number; flags?: number; valid?: number; preferred?: number } = {},
): Uint8Array {
  const valid = o.valid ?? 3600;
  return concat(
    be(8, 3, 4, o.length ?? 64, o.flags ?? 0xc0),
    be(32, valid, o.preferred ?? Math.min(valid, 1800), 0),
    parseIp6(ip),
  );
}
/** An options header (hop-by-hop or destination) around option bytes, padded to 8. */
export function options(next: number, ...bytes: number[]): Uint8Array {
  const size = (2 + bytes.length + 7) & ~7;
  const pad = size - 2 - bytes.length;
  const padding = pad === 0 ? [] : pad === 1 ? [0] : [1, pad - 2, ...new Array(pad - 2).fill(0)];
  return Uint8Array.from([next, size / 8 - 1, ...bytes, ...padding]);
}
/** Fragment header, RFC 8200 §4.5; `offset` in bytes. */
export function fragmentHeader(next: number, offset: number, more: boolean, id: number): Uint8Array {
  return concat(be(8, next, 0), be(16, offset | Number(more)), be(32, id));
}
/** The parts of a frame that the node sent: an ICMPv6 message behind an IPv6 header without extension headers. */
export function icmpOf(bytes: Uint8Array): { type: number; code: number; word: number; body: Uint8Array } {
  const message = bytes.subarray(54);
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  return { type: message[0], code: message[1], word: view.getUint32(4), body: message.subarray(8) };
}
/** Is the ICMPv6 checksum of a frame without extension headers right? */
export function sound(bytes: Uint8Array): boolean {
  const packet = bytes.subarray(14);
  return (
    frames.upperChecksum(packet.subarray(8, 24), packet.subarray(24, 40), Protocol.ICMP6, packet.subarray(40)) === 0
  );
}
/** How many buffers the node has: echo requests until it has no room, and nothing is taken meanwhile. Then they are given back. */
export function buffersOf(node: Node): number {
  node.rx(0, solicitation(PEER, ME));
  node.sent();
  let n = 0;
  while (n < 10000 && node.core.rx(0, echo(PEER, ME))) n++;
  node.pass(0).sent();
  return n;
}
