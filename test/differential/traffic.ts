// Frames that any node understands, as they come: most are as they should be, some are what a node must refuse.
import {
  be,
  concat,
  ether,
  icmp6,
  ip6,
  linkAddressOption,
  mobility,
  Protocol,
  udp,
  upperChecksum,
} from "../bench/frames.js";
import type { Arrival, Network } from "./network.js";
import * as world from "./world.js";

/** Makes one arrival or several that belong together. */
export type Kind = (network: Network) => Arrival[];

const SIZES = [0, 1, 8, 24, 24, 24, 64, 200, 600, 1200, 1232, 1400, 1452];

export function data(network: Network, sizes = SIZES): Uint8Array {
  const size = network.pick(sizes);
  const first = network.random.below(256);
  return Uint8Array.from({ length: size }, (_, i) => first + i);
}

export function echo(network: Network, source: Uint8Array, target: Uint8Array, type = 128): Uint8Array {
  const body = concat(be(16, 7, network.random.below(65536)), data(network));
  return ip6(source, target, Protocol.ICMP6, icmp6(source, target, type, 0, body));
}

export function datagram(network: Network, source: Uint8Array, target: Uint8Array, port?: number): Uint8Array {
  const ports: [number, number] = [network.between(1024, 60000), port ?? network.pick([53, 80, 4000, 5683])];
  return ip6(source, target, Protocol.UDP, udp(source, target, ports, data(network)));
}

/** A TCP SYN with a maximum segment size, RFC 9293 §3.1; `before` are the bytes of options in front of it, 0 to 3. */
export function synchronize(mss = 1460, before = 0): Uint8Array {
  const options = concat(new Uint8Array(before).fill(1), be(8, 2, 4), be(16, mss), new Uint8Array(-before & 3));
  const offset = (20 + options.length) << 10;
  return concat(be(16, 4000, 80), be(32, 1000, 0), be(16, offset | 2, 8192, 0, 0), options);
}

function source(network: Network): Uint8Array {
  const near = world.onPrefix(network.place.prefix, network.between(2, 12));
  return network.pick([world.correspondent, world.correspondent, near, world.linkLocal(network.between(1, 9))]);
}

const echoRequest: Kind = (n) => [n.fromRouter(echo(n, source(n), n.self()))];
const echoOfNeighbour: Kind = (n) => {
  const from = world.linkLocal(n.between(1, 30));
  const to = n.ownOn(0).find(world.isLinkLocal) ?? n.self();
  return [n.fromNeighbour(from, echo(n, from, to))];
};
const echoReply: Kind = (n) => [n.fromRouter(echo(n, source(n), n.self(), 129))];
const echoToGroup: Kind = (n) => {
  const from = world.linkLocal(3);
  const body = concat(be(16, 7, 1), data(n, [24]));
  return [n.toGroup(from, world.allNodes, Protocol.ICMP6, icmp6(from, world.allNodes, 128, 0, body), 64)];
};
const udpDatagram: Kind = (n) => [n.fromRouter(datagram(n, source(n), n.self()))];
const tcpSegment: Kind = (n) => [
  n.fromRouter(ip6(source(n), n.self(), Protocol.TCP, synchronize(1460, n.random.below(4)))),
];
const otherProtocol: Kind = (n) => {
  const next = n.pick([59, 132, 50, 47, 89, 99, 4]);
  return [n.fromRouter(ip6(source(n), n.self(), next, data(n, [8, 24, 40])))];
};

const solicitation: Kind = (n) => {
  const port = n.pick(n.links);
  const own = n.own.filter((a) => a.port === port).map(({ address }) => address);
  const target = n.random.chance(0.85) && own.length > 0 ? n.pick(own) : n.pick([...world.homes, world.unlisted]);
  if (n.random.chance(0.15)) {
    const group = world.solicitedNode(target);
    const message = icmp6(world.unspecified, group, 135, 0, concat(be(32, 0), target));
    return [n.toGroup(world.unspecified, group, Protocol.ICMP6, message, 255, port)];
  }
  const from = n.pick([n.place.router, world.linkLocal(n.between(1, 40)), world.onPrefix(n.place.prefix, 9)]);
  const option = n.random.chance(0.9) ? linkAddressOption(1, world.macOf(from)) : new Uint8Array(0);
  const to = n.random.chance(0.5) ? target : world.solicitedNode(target);
  const packet = ip6(from, to, Protocol.ICMP6, icmp6(from, to, 135, 0, concat(be(32, 0), target, option)), 255);
  const mac = to === target ? world.ownMac(port) : world.groupMac(to);
  return [{ port, frame: ether(mac, world.macOf(from), packet) }];
};

const neighbourAdvertisement: Kind = (n) => {
  const port = n.pick(n.links);
  const about = n.pick([n.place.router, world.linkLocal(n.between(1, 40)), n.self(port), n.pick(world.homes)]);
  const flags = n.pick([0x60000000, 0x40000000, 0xe0000000, 0xa0000000, 0x20000000, 0]);
  const option = n.random.chance(0.9) ? linkAddressOption(2, world.macOf(about)) : new Uint8Array(0);
  const body = concat(be(32, flags), about, option);
  if (n.random.chance(0.3)) {
    return [n.toGroup(about, world.allNodes, Protocol.ICMP6, icmp6(about, world.allNodes, 136, 0, body), 255, port)];
  }
  const to = n.self(port);
  return [n.fromNeighbour(about, ip6(about, to, Protocol.ICMP6, icmp6(about, to, 136, 0, body), 255), port)];
};

const routerSolicitation: Kind = (n) => {
  const from = n.pick([world.linkLocal(n.between(1, 9)), world.unspecified]);
  const body = concat(
    be(32, 0),
    from === world.unspecified ? new Uint8Array(0) : linkAddressOption(1, world.macOf(from)),
  );
  return [
    n.toGroup(
      from,
      world.allRouters,
      Protocol.ICMP6,
      icmp6(from, world.allRouters, 133, 0, body),
      255,
      n.pick(n.links),
    ),
  ];
};

/** MLDv1 and MLDv2 queries behind a router alert, RFC 3810 §5.1, and a report. */
const listener: Kind = (n) => {
  const from = n.place.router;
  const group = n.random.chance(0.5) ? world.unspecified : world.solicitedNode(n.self());
  const tail = n.random.chance(0.6) ? be(8, 2, 125, 0, 0) : new Uint8Array(0);
  const type = n.pick([130, 130, 130, 131, 143]);
  const query = icmp6(from, world.allNodes, type, 0, concat(be(16, n.pick([0, 100, 10000]), 0), group, tail));
  const alert = be(8, Protocol.ICMP6, 0, 5, 2, 0, 0, 1, 0);
  return [n.toGroup(from, world.allNodes, Protocol.HOP_BY_HOP, concat(alert, query), 1)];
};

/** ICMPv6 errors about what the image may have sent, RFC 4443 §3. */
const error: Kind = (n) => {
  const from = n.pick([n.place.router, world.correspondent, world.agent]);
  const self = n.self();
  const type = n.pick([1, 2, 2, 3, 4]);
  const quoted = n.pick([echo(n, self, world.correspondent, 129), datagram(n, self, world.correspondent)]);
  const word = type === 2 ? n.pick([1280, 1300, 1400, 1500, 600, 9000]) : 0;
  const message = icmp6(from, self, type, n.random.below(2), concat(be(32, word), quoted.subarray(0, 1200)));
  return [n.fromRouter(ip6(from, self, Protocol.ICMP6, message))];
};

const headers: Kind = (n) => {
  const self = n.self();
  const from = source(n);
  const message = icmp6(from, self, 128, 0, concat(be(16, 7, 1), data(n, [8, 24, 64])));
  const chains: [number, Uint8Array][] = [
    [Protocol.OPTIONS, be(8, 58, 0, 1, 4, 0, 0, 0, 0)],
    [Protocol.OPTIONS, be(8, 58, 0, 0x1e, 4, 0, 0, 0, 0)],
    [Protocol.HOP_BY_HOP, be(8, 58, 0, 5, 2, 0, 0, 1, 0)],
    [Protocol.ROUTING, be(8, 58, 0, 0, 0, 0, 0, 0, 0)],
    [
      Protocol.HOP_BY_HOP,
      concat(be(8, 60, 0, 1, 4, 0, 0, 0, 0), be(8, 43, 0, 1, 4, 0, 0, 0, 0), be(8, 58, 0, 4, 0, 0, 0, 0, 0)),
    ],
    // refused: unknown options of each sort, routing headers that ask for more, a hop-by-hop header too late, an option too long
    [Protocol.OPTIONS, be(8, 58, 0, n.pick([0x5e, 0x9e, 0xde]), 4, 0, 0, 0, 0)],
    [Protocol.ROUTING, be(8, 58, 0, n.pick([0, 3, 4]), 1, 0, 0, 0, 0)],
    [Protocol.OPTIONS, concat(be(8, 0, 0, 1, 4, 0, 0, 0, 0), be(8, 58, 0, 1, 4, 0, 0, 0, 0))],
    [Protocol.OPTIONS, be(8, 58, 0, 1, 9, 0, 0, 0, 0)],
    [Protocol.OPTIONS, be(8, 58, 9, 1, 4, 0, 0, 0, 0)],
  ];
  const [next, chain] = n.random.chance(0.6) ? chains[n.random.below(5)] : n.pick(chains);
  return [
    n.fromRouter(ip6(from, self, next, next === Protocol.OPTIONS && chain[1] === 9 ? chain : concat(chain, message))),
  ];
};

const manyHeaders: Kind = (n) => {
  const self = n.self();
  const count = n.pick([3, 8, 17, 20]);
  const chain = concat(
    ...Array.from({ length: count }, (_, i) => be(8, i === count - 1 ? 58 : 60, 0, 1, 4, 0, 0, 0, 0)),
  );
  const message = icmp6(world.correspondent, self, 128, 0, be(16, 7, 1));
  return [n.fromRouter(ip6(world.correspondent, self, Protocol.OPTIONS, concat(chain, message)))];
};

/** IPv6 in IPv6, as deep as the image may have to follow. */
const nested: Kind = (n) => {
  const self = n.self();
  let packet = echo(n, n.pick([world.correspondent, world.home]), self);
  for (let depth = n.between(1, 6); depth > 0 && packet.length < 1300; depth--) {
    packet = ip6(n.pick([world.agent, world.correspondent]), self, Protocol.IP6, packet);
  }
  return [n.fromRouter(packet)];
};

/** What the link layer may hand in. */
const link: Kind = (n) => {
  const whole = ether(world.ownMac(0), n.place.mac, echo(n, world.correspondent, n.self()));
  const other = Uint8Array.from(whole);
  other.set(Uint8Array.of(2, 9, 9, 9, 9, 9), 0);
  const arp = concat(be(16, 0xffff, 0xffff, 0xffff), n.place.mac, be(16, 0x0806), new Uint8Array(46));
  const martian = ether(world.ownMac(0), n.place.mac, echo(n, n.pick([world.loopback, world.allNodes]), n.self()));
  return n.pick<Arrival[]>([
    [{ port: 0, frame: other }],
    [{ port: 0, frame: arp }],
    [{ port: 0, frame: whole.subarray(0, n.between(0, 60)) }],
    [{ port: 0, frame: martian }],
    [{ port: 0, frame: whole.subarray(0, 60), told: n.pick([1600, 1711, 1999, 60000]) }],
    [{ port: n.pick([2, 3, 9]), frame: whole }],
    [{ port: 0, frame: concat(whole, new Uint8Array(18)) }],
  ]);
};

/** Upper layers that are cut short or contradict themselves, and mobility headers, RFC 6275 §9.2. */
const broken: Kind = (n) => {
  const self = n.self();
  const from = world.correspondent;
  const type = n.pick([1, 2, 5, 9, 200]);
  const whole = mobility(from, self, type, new Uint8Array(18));
  const other = mobility(from, self, type, new Uint8Array(18));
  other[0] = Protocol.UDP;
  fixPayload(other, from, self);
  const packets = [
    ip6(from, self, Protocol.UDP, be(16, 4000, 4000, n.pick([3, 99]), 1)),
    ip6(from, self, Protocol.UDP, new Uint8Array(5)),
    ip6(from, self, Protocol.UDP, be(16, 4000, 4000, 8, 0)),
    ip6(from, self, Protocol.TCP, new Uint8Array(n.pick([7, 20]))),
    ip6(from, self, Protocol.ICMP6, new Uint8Array(3)),
    ip6(from, self, Protocol.MH, whole),
    ip6(from, self, Protocol.MH, other),
    ip6(from, self, Protocol.MH, mobility(from, self, n.pick([3, 5, 6, 7]), new Uint8Array(2))),
    ip6(from, self, Protocol.MH, whole.subarray(0, 12)),
    ip6(from, self, Protocol.MH, concat(whole.subarray(0, 20), be(32, 7))),
  ];
  return [n.fromRouter(n.pick(packets))];
};

function fixPayload(header: Uint8Array, from: Uint8Array, to: Uint8Array): void {
  header.fill(0, 4, 6);
  header.set(be(16, upperChecksum(from, to, Protocol.MH, header)), 4);
}

const strangeAddresses: Kind = (n) => {
  const from = n.pick([world.correspondent, world.linkLocal(4)]);
  const to = n.pick([
    world.nowhere,
    world.loopback,
    world.unspecified,
    world.linkLocal(99),
    world.unlisted,
    world.silent,
  ]);
  return [n.fromRouter(echo(n, from, to))];
};

/** What every node gets. Weights say how often. */
export const COMMON: readonly [number, Kind][] = [
  [14, echoRequest],
  [8, echoOfNeighbour],
  [1, echoReply],
  [1, echoToGroup],
  [4, udpDatagram],
  [2, tcpSegment],
  [1, otherProtocol],
  [8, solicitation],
  [4, neighbourAdvertisement],
  [2, routerSolicitation],
  [3, listener],
  [3, error],
  [4, headers],
  [0.5, manyHeaders],
  [1, nested],
  [1.5, link],
  [1, strangeAddresses],
  [1.5, broken],
];

/** Draws kinds by their weights. */
export class Mix {
  private readonly total: number;

  constructor(private readonly kinds: readonly (readonly [number, Kind])[]) {
    this.total = kinds.reduce((sum, [weight]) => sum + weight, 0);
  }

  draw(network: Network): Arrival[] {
    let left = network.random.float() * this.total;
    for (const [weight, kind] of this.kinds) {
      left -= weight;
      if (left < 0) return kind(network);
    }
    return this.kinds[0][1](network);
  }
}
