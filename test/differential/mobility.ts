// Mobility signalling as it comes to a terminal and to a home agent, RFC 6275.
import { be, concat, ether, icmp6, ip6, linkAddressOption, mobility, Protocol, prefixOption } from "../bench/frames.js";
import { advertisement, toHome } from "./answers.js";
import type { Arrival, Network } from "./network.js";
import { datagram, echo, type Kind, synchronize } from "./traffic.js";
import * as world from "./world.js";

const { home, agent } = world;

/** Binding Acknowledgements, refresh requests and errors that nobody asked for, or that are late. */
const unasked: Kind = (n) => {
  const careOf = n.careOf();
  const ba = concat(be(8, n.pick([0, 135, 132]), 0), be(16, n.random.below(65536), 100));
  const refresh = toHome(careOf, home, Protocol.MH, mobility(agent, home, 0, be(16, 0)));
  const error = (status: number) =>
    ip6(agent, careOf, Protocol.MH, mobility(agent, careOf, 7, concat(be(8, status, 0), home)));
  const packets = [
    toHome(careOf, home, Protocol.MH, mobility(agent, home, 6, ba)),
    refresh,
    refresh,
    error(1),
    error(2),
    ip6(world.correspondent, careOf, Protocol.MH, mobility(world.correspondent, careOf, 0, be(16, 0))),
    ip6(world.correspondent, careOf, Protocol.MH, mobility(world.correspondent, careOf, 7, concat(be(8, 1, 0), home))),
    toHome(careOf, home, Protocol.MH, mobility(agent, home, n.pick([1, 2, 3, 4, 8, 9, 200]), new Uint8Array(18))),
    toHome(careOf, home, Protocol.MH, mobility(agent, home, n.pick([5, 6, 7]), be(16, 0))),
    toHome(careOf, home, Protocol.MH, mobility(agent, home, 6, concat(be(8, 0, 0), be(16, 1, 100), be(8, 2, 9)))),
    toHome(
      careOf,
      home,
      Protocol.MH,
      mobility(agent, home, 6, concat(be(8, 0, 0), be(16, 1, 100), be(8, 0, 2, 2, 0, 9))),
    ),
    toHome(careOf, world.unlisted, Protocol.MH, mobility(agent, world.unlisted, 0, be(16, 0))),
    ip6(agent, careOf, Protocol.ICMP6, icmp6(agent, careOf, 145, 0, concat(be(16, 5, 0), agent))),
    toHome(
      careOf,
      home,
      Protocol.ICMP6,
      icmp6(agent, home, 147, 0, concat(be(16, 6, 0), prefixOption(agent, 64, 0xe0, 900))),
    ),
    toHome(careOf, home, Protocol.ICMP6, icmp6(agent, home, 128, 0, be(16, 7, 7))),
  ];
  return [n.fromRouter(n.pick(packets))];
};

/** The router of the link speaks; sometimes it is another, or one that ends. */
const router: Kind = (n) => {
  const far = n.pick(world.LINKS);
  return [n.random.chance(0.93) ? advertisement(n) : advertisement(n, n.pick([0, 1800]), far)];
};

/** RFC 4861 §4.5: from the router that leads there, mostly. */
const redirect: Kind = (n) => {
  const { router, mac } = n.place;
  const destination = n.pick([world.correspondent, world.nowhere, world.linkLocal(4)]);
  const target = n.pick([destination, world.linkLocal(0x77), world.linkLocal(0x78), world.nowhere]);
  const from = n.random.chance(0.85) ? router : world.linkLocal(8);
  const to = n.self();
  const body = concat(be(32, 0), target, destination, linkAddressOption(2, world.macOf(target)));
  return [
    { port: 0, frame: ether(world.ownMac(0), mac, ip6(from, to, Protocol.ICMP6, icmp6(from, to, 137, 0, body), 255)) },
  ];
};

export const ATTACHED: readonly [number, Kind][] = [
  [5, router],
  [1.5, redirect],
];

export const TO_TERMINAL: readonly [number, Kind][] = [[4, unasked]];

function any(network: Network, from: Uint8Array, to: Uint8Array): Uint8Array {
  const segment = () => ip6(from, to, Protocol.TCP, synchronize(network.pick([536, 1460]), network.random.below(4)));
  return network.pick([echo, datagram, segment])(network, from, to);
}

/** A mobile node as the home agent sees it: where it is, and its next sequence number. */
interface Mobile {
  home: Uint8Array;
  careOf: Uint8Array;
  sequence: number;
  /** It asked for a binding, as far as the network knows. */
  bound: boolean;
}

/** The mobile nodes of a home agent. */
export class Mobiles {
  private readonly all: Mobile[];

  constructor(private readonly network: Network) {
    this.all = world.homes.map((home, i) => ({
      home,
      careOf: world.onPrefix(world.LINKS[1].prefix, 0x90 + i),
      sequence: network.random.below(65536),
      bound: false,
    }));
  }

  readonly kinds: readonly [number, Kind][] = [
    [12, (n) => this.update(n)],
    [10, (n) => this.reverse(n)],
    [6, (n) => this.forward(n)],
    [3, (n) => this.signalling(n)],
    [1.5, (n) => this.agents(n)],
    [1.5, (n) => this.otherAgent(n)],
  ];

  /** A Binding Update, RFC 6275 §6.1.7: mostly a registration or a renewal, sometimes a move, the way home, or nonsense. */
  private update(network: Network): Arrival[] {
    const { random } = network;
    const mobile = network.pick(this.all);
    if (random.chance(0.25))
      mobile.careOf = world.onPrefix(network.pick(world.LINKS.slice(1)).prefix, network.between(0x90, 0x99));
    const fresh = random.chance(0.9);
    if (fresh) mobile.sequence = (mobile.sequence + 1) & 0xffff;
    const leaving = random.chance(0.12);
    mobile.bound = !leaving;
    const flags = random.chance(0.9) ? 0xc000 : network.pick([0x8000, 0x4000, 0xe000, 0xd000, 0]);
    const lifetime = leaving ? 0 : network.pick([100, 1000, 2, 5000]);
    const homeAddress = random.chance(0.95) ? mobile.home : network.pick([world.unlisted, world.nowhere, agent]);
    const data = be(16, mobile.sequence - (fresh ? 0 : network.between(1, 400)), flags, lifetime);
    if (leaving && random.chance(0.5)) {
      const header = mobility(homeAddress, agent, 5, data);
      return [network.fromNeighbour(homeAddress, ip6(homeAddress, agent, Protocol.MH, header))];
    }
    // Options lie where a sender puts them: RFC 6275 §6.2.5 asks for an alignment, and nobody has to keep to it.
    const pad = random.chance(0.9) ? be(8, 1, 0) : new Uint8Array(network.between(0, 7));
    const alternate = concat(pad, be(8, 3, random.chance(0.98) ? 16 : 9), mobile.careOf);
    const header = mobility(homeAddress, agent, 5, random.chance(0.8) ? concat(data, alternate) : data);
    return [network.fromRouter(this.fromHome(mobile.careOf, homeAddress, Protocol.MH, header, random.chance(0.1)))];
  }

  /** @param askew the home address lies at an odd place */
  private fromHome(
    careOf: Uint8Array,
    homeAddress: Uint8Array,
    next: number,
    payload: Uint8Array,
    askew = false,
  ): Uint8Array {
    const option = askew
      ? concat(be(8, next, 2, 0, 0xc9, 16), homeAddress, be(8, 0, 0, 0))
      : concat(be(8, next, 2, 1, 2, 0, 0, 0xc9, 16), homeAddress);
    return ip6(careOf, agent, Protocol.OPTIONS, concat(option, payload));
  }

  /** The registration of one of them at a care-of address. */
  registerAt(number: number, careOf: Uint8Array): Arrival {
    const mobile = this.all[number];
    mobile.careOf = careOf;
    mobile.bound = true;
    mobile.sequence = (mobile.sequence + 1) & 0xffff;
    const data = concat(be(16, mobile.sequence, 0xc000, 100), be(8, 1, 0, 3, 16), careOf);
    const header = mobility(mobile.home, agent, 5, data);
    return this.network.fromRouter(this.fromHome(careOf, mobile.home, Protocol.MH, header));
  }

  /** Out of the mobile node's tunnel. */
  private reverse(network: Network): Arrival[] {
    const bound = this.all.filter((mobile) => mobile.bound);
    if (bound.length === 0) return this.update(network);
    const { home, careOf } = network.pick(bound);
    const from = network.random.chance(0.95) ? home : network.pick([world.unlisted, world.correspondent]);
    const to = network.pick([
      world.correspondent,
      world.correspondent,
      network.pick(this.all).home,
      world.nowhere,
      agent,
    ]);
    return [network.fromRouter(ip6(careOf, agent, Protocol.IP6, any(network, from, to)))];
  }

  /** To a home address. */
  private forward(network: Network): Arrival[] {
    const { home } = network.pick(this.all);
    const from = network.pick([world.correspondent, world.secondLinkHost]);
    return [network.fromRouter(any(network, from, home))];
  }

  private signalling(network: Network): Arrival[] {
    const { home, careOf } = network.pick(this.all);
    const solicitation = icmp6(home, agent, 146, 0, be(16, network.random.below(65536), 0));
    const packets = [
      this.fromHome(careOf, home, Protocol.ICMP6, solicitation),
      this.fromHome(careOf, home, Protocol.ICMP6, solicitation),
      this.fromHome(careOf, home, Protocol.ICMP6, icmp6(home, agent, 146, 1, be(16, 1, 0))),
      this.fromHome(careOf, home, Protocol.UDP, be(16, 1, 2, 8, 1)),
      ip6(careOf, agent, Protocol.ICMP6, icmp6(careOf, agent, 146, 0, be(16, 1, 0))),
      this.fromHome(careOf, home, Protocol.MH, mobility(home, agent, network.pick([1, 2, 9]), new Uint8Array(18))),
      this.fromHome(careOf, home, Protocol.MH, mobility(home, agent, 5, be(16, 0))),
      ip6(careOf, agent, Protocol.OPTIONS, concat(be(8, 59, 2, 1, 2, 0, 0, 0xc9, 16), world.linkLocal(1))),
    ];
    return [network.fromRouter(network.pick(packets))];
  }

  /** Dynamic home agent address discovery, RFC 6275 §6.5. */
  private agents(network: Network): Arrival[] {
    const { careOf } = network.pick(this.all);
    const from = network.random.chance(0.9) ? careOf : world.linkLocal(3);
    const to = network.random.chance(0.9) ? world.anycast : agent;
    const code = network.random.chance(0.9) ? 0 : 1;
    return [network.fromRouter(ip6(from, to, Protocol.ICMP6, icmp6(from, to, 144, code, be(16, 5, 0))))];
  }

  /** Another home agent on the home link, RFC 6275 §10.5.1. */
  private otherAgent(network: Network): Arrival[] {
    const from = world.linkLocal(network.between(0xb0, 0xb9));
    const global = world.onPrefix(agent, network.between(0xb0, 0xb9));
    const lifetime = network.pick([1800, 1800, 0]);
    const information = concat(be(8, 8, 1, 0, 0), be(16, network.random.below(20), lifetime));
    const body = concat(
      be(8, 64, network.pick([0x20, 0x20, 0])),
      be(16, lifetime),
      be(32, 0, 0),
      prefixOption(global, 64, 0xe0, 9000),
      ...(network.random.chance(0.7) ? [information] : []),
    );
    return [network.toGroup(from, world.allNodes, Protocol.ICMP6, icmp6(from, world.allNodes, 134, 0, body), 255)];
  }
}

/** Through a router: what it passes on, and what it must not. */
export const THROUGH: readonly [number, Kind][] = [
  [
    16,
    (n) => {
      const to = n.pick([
        world.secondLinkHost,
        world.secondLinkHost,
        world.onPrefix(world.LINKS[1].prefix, n.between(1, 9)),
      ]);
      const packet = n.random.chance(0.5) ? echo(n, world.correspondent, to) : datagram(n, world.correspondent, to);
      return [n.fromRouter(packet)];
    },
  ],
  [
    3,
    (n) => {
      const to = world.onPrefix(world.secondLink, n.between(1, 60));
      return [n.fromRouter(echo(n, world.correspondent, to))];
    },
  ],
  [
    4,
    (n) => {
      const from = world.secondLinkHost;
      const to = n.pick([
        world.correspondent,
        world.onPrefix(world.LINKS[1].prefix, 5),
        world.onPrefix(world.secondLink, 9),
      ]);
      return [n.fromNeighbour(from, echo(n, from, to), 1)];
    },
  ],
  [
    1,
    (n) => {
      const from = n.pick([world.linkLocal(4), world.correspondent]);
      const packet = echo(n, from, n.pick([world.secondLinkHost, world.nowhere]));
      packet[7] = n.pick([0, 1, 64]);
      return [n.fromRouter(packet)];
    },
  ],
];
