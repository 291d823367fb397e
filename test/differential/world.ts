import { parseIp4, parseIp6 } from "../../host-sim/core/address.js";
import { be, concat, portMac } from "../bench/frames.js";
import * as fuzz from "../fuzz/world.js";

// The network that the images live in: that of the fuzzer, and more of it.

export const { home, agent, correspondent, secondHome, secondLink, secondLinkHost, application } = fuzz;
export const { nameServer4, nameServer6, pool4 } = fuzz;
export const pool6 = parseIp6("2001:db8:64:ff9b::");

/** A link that a node can be on: its prefix and its router. */
export interface Link {
  prefix: Uint8Array;
  router: Uint8Array;
  mac: Uint8Array;
}

/** The home link first. */
export const LINKS: readonly Link[] = [
  { prefix: parseIp6("2001:db8:1::"), router: parseIp6("fe80::a1"), mac: Uint8Array.of(2, 0, 0, 0, 0, 0xa1) },
  { prefix: fuzz.visited, router: fuzz.visitedRouter, mac: fuzz.visitedMac },
  { prefix: parseIp6("2001:db8:4::"), router: parseIp6("fe80::2"), mac: Uint8Array.of(2, 0, 0, 0, 0, 0xab) },
];
export const HOME_LINK = 0;

/** Home addresses that a home agent serves, besides the first two of the fuzzer's world. */
export const homes = [home, secondHome, ...[2, 3, 4, 5].map((n) => parseIp6(`2001:db8:1::10${n}`))];
/** On the home prefix and not served. */
export const unlisted = parseIp6("2001:db8:1::1ff");
/** A neighbour that never answers, and an address that nothing leads to. */
export const silent = parseIp6("2001:db8:1::dead");
export const nowhere = parseIp6("3fff::1");
/** The home agents' anycast address of the home prefix, RFC 2526. */
export const anycast = parseIp6("2001:db8:1:0:fdff:ffff:ffff:fffe");
export const allNodes = parseIp6("ff02::1");
export const allRouters = parseIp6("ff02::2");
export const loopback = parseIp6("::1");
export const unspecified = new Uint8Array(16);
/** An IPv4 address without a row in the translation table. */
export const stranger4 = parseIp4("192.0.2.77");
/** Our MAC addresses: port n has the bench's. */
export const ownMac = portMac;

/** A neighbour: every address whose last byte but one is not 0xde answers, with the link address that its last bytes give. */
export function macOf(address: Uint8Array): Uint8Array {
  const router = LINKS.find((link) => equal(link.router, address));
  return router ? router.mac : Uint8Array.of(2, 0x10, address[12], address[13], address[14], address[15]);
}

export function answers(address: Uint8Array): boolean {
  return address[14] !== 0xde;
}

export function linkLocal(n: number): Uint8Array {
  return concat(be(16, 0xfe80, 0, 0, 0, 0x1234, 0, n >>> 16), be(16, n));
}

export function onPrefix(prefix: Uint8Array, n: number): Uint8Array {
  return concat(prefix.subarray(0, 8), be(32, 0), be(32, n));
}

/** The group of an address, RFC 4291 §2.7.1. */
export function solicitedNode(address: Uint8Array): Uint8Array {
  return concat(be(16, 0xff02, 0, 0, 0, 0, 1), be(8, 0xff, address[13], address[14], address[15]));
}

export function groupMac(group: Uint8Array): Uint8Array {
  return concat(be(16, 0x3333), group.subarray(12));
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}

export function isLinkLocal(a: Uint8Array): boolean {
  return a[0] === 0xfe && (a[1] & 0xc0) === 0x80;
}
