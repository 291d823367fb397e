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
const { home, agent, careOf, correspondent, visitedRouter, visitedMac, application } = world;
const mac = portMac(0);

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
function bindingUpdate(sequence: number, lifetime: number): Uint8Array {
  const data = concat(be(16, sequence, 0xc000, lifetime), be(8, 1, 0, 3, 16), careOf);
  const header = mobility(home, agent, 5, data);
  return ip6(careOf, agent, Protocol.OPTIONS, concat(homeAddressOption(Protocol.MH), header));
}

function bindingAcknowledgement(status: number, sequence: number): Uint8Array {
  const header = mobility(agent, home, 6, concat(be(8, status, 0), be(16, sequence, 100)));
  return ip6(agent, careOf, Protocol.ROUTING, concat(routingHeader(Protocol.MH), header));
}

/** Both fragments of a packet, RFC 8200 §4.5. */
function fragments(source: Uint8Array, target: Uint8Array, next: number, payload: Uint8Array): Uint8Array[] {
  const cut = (payload.length / 2) & ~7;
  const part = (offset: number, more: number, bytes: Uint8Array) =>
    ip6(source, target, Protocol.FRAGMENT, concat(be(8, next, 0), be(16, offset | more), be(32, 77), bytes));
  return [part(0, 1, payload.subarray(0, cut)), part(cut, 0, payload.subarray(cut))];
}

function tunnelled(inner: Uint8Array): Uint8Array {
  return ip6(agent, careOf, inner[0] >> 4 === 6 ? Protocol.IP6 : Protocol.IP4, inner);
}

/** Named seeds; a name says what the input holds. */
export function seeds(): Record<string, Uint8Array> {
  const inner = echo(correspondent, home);
  const datagram = udp(correspondent, home, [53, 4000], DATA);
  const application6 = udp(application.local4, application.remote4, [4000, 53], DATA);
  const tooBig = icmp6(visitedRouter, careOf, 2, 0, concat(be(32, 1280), tunnelled(inner)));
  const hopByHop = concat(be(8, Protocol.ICMP6, 0, 5, 2, 0, 0, 1, 0), icmp6(correspondent, careOf, 128, 0, DATA));
  const advertisement = routerAdvertisement(
    visitedRouter,
    visitedMac,
    1800,
    prefixOption(world.visited, 64, 0xc0, 9000),
  );
  const lists: Record<string, Arrival[]> = {
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
    "tunnelled-echo": [toUs(tunnelled(inner))],
    "tunnelled-udp": [toUs(tunnelled(ip6(correspondent, home, Protocol.UDP, datagram)))],
    "reverse-tunnel": [toUs(ip6(careOf, agent, Protocol.IP6, echo(home, correspondent)))],
    "binding-update": [toUs(bindingUpdate(1, 100)), toUs(bindingUpdate(2, 0))],
    "binding-acknowledgement": [toUs(bindingAcknowledgement(0, 1)), toUs(bindingAcknowledgement(135, 9))],
    "binding-refresh": [toUs(ip6(agent, careOf, Protocol.MH, mobility(agent, careOf, 0, be(16, 0))))],
    "home-agents": [toUs(ip6(careOf, agent, Protocol.ICMP6, icmp6(careOf, agent, 144, 0, be(16, 5, 0))))],
    "home-prefixes": [toUs(ip6(careOf, agent, Protocol.ICMP6, icmp6(careOf, agent, 146, 0, be(16, 6, 0))))],
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
    name: [{ port: 1, frame: query(), tick: true }],
  };
  return Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, encodeInput(list)]));
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
