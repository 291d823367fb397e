// What an input of the fuzzer looks like (native/harness.c), and seeds: one valid frame of each kind that an image understands.
import { parseIp6 } from "../../host-sim/core/address.js";
import {
  be,
  concat,
  ether,
  icmp6,
  ip4,
  ip6,
  mobility,
  neighbourAdvertisement,
  neighbourSolicitation,
  Protocol,
  portMac,
  prefixOption,
  routerAdvertisement,
  udp,
} from "../bench/frames.js";
import * as world from "./world.js";

/** A frame of an input. */
export interface Arrival {
  port: number;
  frame: Uint8Array;
  /** Index of harness.c's STEPS: how long after the one before. */
  step?: number;
  tick?: boolean;
}

export function encodeInput(arrivals: readonly Arrival[]): Uint8Array {
  const parts = arrivals.map(({ port, frame, step = 1, tick = false }) => {
    const head = Uint8Array.of(port | (tick ? 8 : 0), step, frame.length & 0xff, frame.length >> 8);
    return concat(head, frame);
  });
  return concat(...parts);
}

const DATA = Uint8Array.from({ length: 24 }, (_, i) => i);
const LARGE = new Uint8Array(1200);
const { home, agent, correspondent, visitedRouter, visitedMac, visitor, application } = world;
const mac = portMac(0);
/** The home agents' anycast address, RFC 2526. */
const ANYCAST = parseIp6("2001:db8:1:0:fdff:ffff:ffff:fffe");

function toUs(packet: Uint8Array): Arrival {
  return { port: 0, frame: ether(mac, visitedMac, packet), tick: true };
}

function echo(source: Uint8Array, target: Uint8Array, type = 128): Uint8Array {
  return ip6(source, target, Protocol.ICMP6, icmp6(source, target, type, 0, concat(be(16, 7, 1), DATA)));
}

/** Destination options with a Home Address option (RFC 6275 §6.3), before the header of number `next`. */
function homeAddressOption(next: number): Uint8Array {
  return concat(be(8, next, 2, 1, 2, 0, 0, 0xc9, 16), home);
}

/** A type 2 routing header, RFC 6275 §6.4. */
function routingHeader(next: number): Uint8Array {
  return concat(be(8, next, 2, 2, 1), be(32, 0), home);
}

/** A Binding Update from the care-of address, RFC 6275 §6.1.7, with its alternate care-of address. */
export function bindingUpdate(careOf: Uint8Array, sequence: number, lifetime: number): Uint8Array {
  const data = concat(be(16, sequence, 0xc000, lifetime), be(8, 1, 0, 3, 16), careOf);
  const header = mobility(home, agent, 5, data);
  return fromHome(careOf, Protocol.MH, header);
}

/** From the mobile node at its care-of address, RFC 6275 §11.3.1. */
function fromHome(careOf: Uint8Array, next: number, payload: Uint8Array): Uint8Array {
  return ip6(careOf, agent, Protocol.OPTIONS, concat(homeAddressOption(next), payload));
}

/** A packet with a Home Address option in ESP behind it, RFC 3776 §3.1, without encryption; an ICV of zeros. */
export function inEsp(spi: number, seq: number, packet: Uint8Array): Uint8Array {
  const [head, text] = [packet.slice(0, 64), packet.subarray(64)];
  const padding = -(text.length + 2) & 3;
  const trailer = be(8, ...Array.from({ length: padding }, (_, i) => i + 1), padding, head[40]);
  const esp = concat(be(32, spi, seq), text, trailer, new Uint8Array(16));
  head[40] = 50;
  head.set(be(16, 24 + esp.length), 4);
  return concat(head, esp);
}

/** To the mobile node at its care-of address, RFC 6275 §9.3.2. */
function toHome(careOf: Uint8Array, next: number, payload: Uint8Array): Uint8Array {
  return ip6(agent, careOf, Protocol.ROUTING, concat(routingHeader(next), payload));
}

function bindingAcknowledgement(careOf: Uint8Array, status: number, sequence: number): Uint8Array {
  const header = mobility(agent, home, 6, concat(be(8, status, 0), be(16, sequence, 100)));
  return toHome(careOf, Protocol.MH, header);
}

/** Both fragments of a packet, RFC 8200 §4.5. */
function fragments(source: Uint8Array, target: Uint8Array, next: number, payload: Uint8Array): Uint8Array[] {
  const cut = (payload.length / 2) & ~7;
  const part = (offset: number, more: number, bytes: Uint8Array) =>
    ip6(source, target, Protocol.FRAGMENT, concat(be(8, next, 0), be(16, offset | more), be(32, 77), bytes));
  return [part(0, 1, payload.subarray(0, cut)), part(cut, 0, payload.subarray(cut))];
}

function tunnelled(careOf: Uint8Array, inner: Uint8Array): Uint8Array {
  return ip6(agent, careOf, inner[0] >> 4 === 6 ? Protocol.IP6 : Protocol.IP4, inner);
}

/**
 * Named seeds; a name says what the input holds.
 * @param careOf the image's own address; a mobile node's care-of address
 */
export function seeds(careOf: Uint8Array): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(arrivals(careOf)).map(([name, list]) => [name, encodeInput(list)]));
}

/** The same as lists of frames. */
export function arrivals(careOf: Uint8Array): Record<string, Arrival[]> {
  const inner = echo(correspondent, home);
  const datagram = udp(correspondent, home, [53, 4000], DATA);
  const application6 = udp(application.local4, application.remote4, [4000, 53], DATA);
  const tooBig = icmp6(visitedRouter, careOf, 2, 0, concat(be(32, 1280), tunnelled(careOf, inner)));
  const hopByHop = concat(be(8, Protocol.ICMP6, 0, 5, 2, 0, 0, 1, 0), icmp6(correspondent, careOf, 128, 0, DATA));
  const advertisement = routerAdvertisement(
    visitedRouter,
    visitedMac,
    1800,
    prefixOption(world.visited, 64, 0xc0, 9000),
  );
  const homeAdvertisement = routerAdvertisement(visitedRouter, visitedMac, 1800, prefixOption(agent, 64, 0xe0, 9000));
  const discovered = concat(be(16, 5, 0, 0, 0, 0, 0), agent);
  const prefixes = concat(be(16, 6, 0), prefixOption(agent, 64, 0xe0, 9000));
  const large4 = udp(application.local4, application.remote4, [4000, 53], LARGE);
  return {
    "router-advertisement": [{ port: 0, frame: advertisement, tick: true }],
    "router-solicitation": [toUs(solicitation())],
    "neighbour-solicitation": [careOf, agent, home].map((target) => ({
      port: 0,
      frame: neighbourSolicitation(visitedRouter, visitedMac, target, mac),
    })),
    "neighbour-advertisement": [
      { port: 0, frame: neighbourAdvertisement(visitedRouter, visitedMac, careOf, mac), tick: true },
    ],
    echo: [toUs(echo(correspondent, careOf)), toUs(echo(correspondent, agent)), toUs(echo(correspondent, home))],
    "tunnelled-echo": [toUs(tunnelled(careOf, inner))],
    "tunnelled-udp": [toUs(tunnelled(careOf, ip6(correspondent, home, Protocol.UDP, datagram)))],
    "reverse-tunnel": [toUs(ip6(visitor, agent, Protocol.IP6, echo(home, correspondent)))],
    "binding-update": [toUs(bindingUpdate(visitor, 1, 100)), toUs(bindingUpdate(visitor, 2, 0))],
    "binding-acknowledgement": [
      toUs(bindingAcknowledgement(careOf, 0, 1)),
      toUs(bindingAcknowledgement(careOf, 135, 9)),
    ],
    "binding-refresh": [toUs(toHome(careOf, Protocol.MH, mobility(agent, home, 0, be(16, 0))))],
    "binding-error": [
      toUs(ip6(correspondent, careOf, Protocol.MH, mobility(correspondent, careOf, 7, concat(be(8, 1, 0), home)))),
    ],
    "home-agents-request": [toUs(ip6(visitor, ANYCAST, Protocol.ICMP6, icmp6(visitor, ANYCAST, 144, 0, be(16, 5, 0))))],
    "home-agents-reply": [toUs(ip6(agent, careOf, Protocol.ICMP6, icmp6(agent, careOf, 145, 0, discovered)))],
    "prefix-solicitation": [toUs(fromHome(visitor, Protocol.ICMP6, icmp6(home, agent, 146, 0, be(16, 6, 0))))],
    "prefix-advertisement": [toUs(toHome(careOf, Protocol.ICMP6, icmp6(agent, home, 147, 0, prefixes)))],
    "home-link": [{ port: 0, frame: homeAdvertisement, tick: true }],
    "listener-query": [toUs(ip6(visitedRouter, careOf, Protocol.HOP_BY_HOP, listenerQuery(careOf), 1))],
    fragments: fragments(correspondent, careOf, Protocol.ICMP6, icmp6(correspondent, careOf, 128, 0, DATA)).map(toUs),
    "fragmented-tunnel": fragments(agent, careOf, Protocol.IP6, inner).map(toUs),
    "packet-too-big": [toUs(ip6(visitedRouter, careOf, Protocol.ICMP6, tooBig))],
    "hop-by-hop": [toUs(ip6(correspondent, careOf, Protocol.HOP_BY_HOP, hopByHop))],
    forward: [toUs(echo(careOf, correspondent)), toUs(echo(correspondent, world.secondLinkHost))],
    application: [
      { port: 1, frame: ip4(application.local4, application.remote4, Protocol.UDP, application6), tick: true },
      { port: 1, frame: ip4(application.local4, application.remote4, Protocol.ICMP4, echo4()), tick: true },
      { port: 1, frame: ip6(home, correspondent, Protocol.UDP, udp(home, correspondent, [4000, 53], DATA)) },
    ],
    "tcp-syn": [
      { port: 1, frame: ip4(application.local4, application.remote4, Protocol.TCP, synchronize()), tick: true },
    ],
    "large-into-a-narrow-path": [
      toUs(ip6(visitedRouter, careOf, Protocol.ICMP6, tooBig)),
      {
        port: 1,
        frame: ip6(home, correspondent, Protocol.UDP, udp(home, correspondent, [4000, 53], LARGE)),
        tick: true,
      },
      { port: 1, frame: ip4(application.local4, application.remote4, Protocol.UDP, large4), tick: true },
    ],
    name: [{ port: 1, frame: query(), tick: true }],
  };
}

/** MLDv2 general query behind a router alert, RFC 3810 §5.1. */
function listenerQuery(to: Uint8Array): Uint8Array {
  const query = concat(be(16, 1000, 0), new Uint8Array(16), be(8, 2, 125), be(16, 0));
  return concat(be(8, Protocol.ICMP6, 0, 5, 2, 0, 0, 1, 0), icmp6(visitedRouter, to, 130, 0, query));
}

/** A TCP SYN with a maximum segment size, RFC 9293 §3.1; the harness puts the checksum right. */
function synchronize(): Uint8Array {
  return concat(be(16, 4000, 80), be(32, 1000, 0), be(16, 0x6002, 8192, 0, 0), be(8, 2, 4), be(16, 1460));
}

function solicitation(): Uint8Array {
  const routers = parseIp6("ff02::2");
  const body = concat(be(32, 0), be(8, 1, 1), visitedMac);
  return ip6(visitedRouter, routers, Protocol.ICMP6, icmp6(visitedRouter, routers, 133, 0, body), 255);
}

function echo4(): Uint8Array {
  return concat(be(8, 8, 0), be(16, 0, 7, 1), DATA);
}

/** A question for the A record of `a.example`, RFC 1035 §4.1. */
function query(): Uint8Array {
  const server = world.nameServer4;
  const name = concat(be(8, 1, 97, 7), Buffer.from("example"), be(8, 0));
  const question = concat(be(16, 0x1234, 0x0100, 1, 0, 0, 0), name, be(16, 1, 1));
  return ip4(application.local4, server, Protocol.UDP, udp(application.local4, server, [4000, 53], question));
}
