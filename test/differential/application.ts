// What an application sends through its port, and what the Internet sends to it.
import { parseIp4 } from "../../host-sim/core/address.js";
import { be, concat, icmp6, ip4, ip6, Protocol, udp } from "../bench/frames.js";
import { fixChecksums } from "./checksums.js";
import type { Arrival, Network } from "./network.js";
import { data, datagram, echo, type Kind, synchronize } from "./traffic.js";
import * as world from "./world.js";

const own4 = [world.application.local4, parseIp4("10.0.0.2"), parseIp4("10.0.0.5")];

function port(network: Network): number {
  return network.application ?? 1;
}

/** The virtual IPv4 address that the application was told; guesses where the image has none. */
function local4(network: Network): Uint8Array {
  return network.stage.application4 ?? network.pick(own4);
}

function remote4(network: Network): Uint8Array {
  const drawn = parseIp4(`10.0.0.${network.between(1, 40)}`);
  return network.pick([
    world.application.remote4,
    world.application.remote4,
    world.nameServer4,
    drawn,
    world.stranger4,
  ]);
}

/** IPv4 is mostly sent where the application has an address for it. */
function out(network: Network, frame: Uint8Array): Arrival[] {
  const spared = frame[0] >> 4 === 4 && network.stage.application4 === undefined && network.random.chance(0.85);
  return spared ? [] : [{ port: port(network), frame }];
}

const udp4: Kind = (n) => {
  const [from, to] = [local4(n), remote4(n)];
  const payload = udp(from, to, [n.between(1024, 60000), 53], data(n));
  if (n.random.chance(0.1)) payload.fill(0, 6, 8); // RFC 768: no checksum
  return out(n, ip4(from, to, Protocol.UDP, payload, n.pick([64, 64, 64, 1]), n.random.chance(0.7)));
};
const tcp4: Kind = (n) =>
  out(n, ip4(local4(n), remote4(n), Protocol.TCP, synchronize(n.pick([536, 1460, 9000]), n.random.below(4))));
const echo4: Kind = (n) => {
  const message = concat(be(8, n.pick([8, 8, 8, 0, 13, 5]), 0), be(16, 0, 7, 1), data(n, [8, 24, 64]));
  return out(n, checked4(ip4(local4(n), remote4(n), Protocol.ICMP4, message)));
};
/** An ICMPv4 error about what came in, RFC 792. */
const error4: Kind = (n) => {
  const [from, to] = [local4(n), remote4(n)];
  const quoted = ip4(to, from, Protocol.UDP, udp(to, from, [53, 4000], data(n, [8, 24])));
  const message = concat(be(8, n.pick([3, 3, 11, 12]), n.between(0, 15)), be(16, 0, 0, n.pick([0, 1400])), quoted);
  return out(n, checked4(ip4(from, to, Protocol.ICMP4, message)));
};
const odd4: Kind = (n) => {
  const [from, to] = [local4(n), remote4(n)];
  const payload = udp(from, to, [4000, 53], data(n, [64, 200]));
  const options = ip4(from, to, Protocol.UDP, payload);
  const fragment = ip4(from, to, Protocol.UDP, payload, 64, false);
  fragment.set(be(16, n.pick([0x2000, 0x2008, 0x0008, 0x3fff])), 6);
  const choices = [
    fragment,
    ip4(from, to, n.pick([50, 132, 2, 41, 58]), payload),
    ip4(n.pick([world.stranger4, parseIp4("127.0.0.1")]), to, Protocol.UDP, payload),
    ip4(
      from,
      n.pick([parseIp4("224.0.0.5"), parseIp4("255.255.255.255"), parseIp4("127.0.0.1")]),
      Protocol.UDP,
      payload,
    ),
    options.subarray(0, n.between(0, 30)),
    ip4(from, to, Protocol.TCP, new Uint8Array(7)),
    ip4(from, to, Protocol.UDP, be(16, 4000, 53, 3, 0)),
    ip4(from, to, Protocol.UDP, data(n, [3])),
  ];
  return out(n, checked4(n.pick(choices)));
};

function checked4(packet: Uint8Array): Uint8Array {
  fixChecksums(packet, false);
  return packet;
}

function name(network: Network): Uint8Array {
  return concat(be(8, 1, 97 + network.random.below(4), 7), Buffer.from("example"), be(8, 0));
}

/** A question for a name's address, RFC 1035 §4.1, and mostly its answer. */
const dns: Kind = (n) => {
  const [from, to] = [local4(n), world.nameServer4];
  const id = n.random.below(65536);
  const client = n.between(1024, 60000);
  const question = concat(name(n), be(16, n.pick([1, 1, 1, 28]), 1));
  const query = concat(be(16, id, 0x0100, 1, 0, 0, 0), question);
  const asked = out(n, ip4(from, to, Protocol.UDP, udp(from, to, [client, 53], query)));
  if (n.random.chance(0.2)) return asked;
  const count = n.pick([0, 1, 2, 5, 20]);
  const records = Array.from({ length: count }, (_, i) => {
    const address = world.onPrefix(world.correspondent, 0x100 + n.random.below(64) + i);
    return concat(be(16, 0xc00c, 28, 1), be(32, 300), be(16, 16), address);
  });
  const changed = concat(question.subarray(0, question.length - 4), be(16, 28, 1));
  const answer = concat(be(16, id, 0x8180, 1, n.random.chance(0.1) ? count + 1 : count, 0, 0), changed, ...records);
  const packet = ip6(
    world.nameServer6,
    world.home,
    Protocol.UDP,
    udp(world.nameServer6, world.home, [53, client], answer),
  );
  return [...asked, toApplication(n, packet)];
};

/** IPv6 from the application, of its own addresses and not. */
const native: Kind = (n) => {
  const from = n.pick([world.home, world.home, n.self(), world.correspondent, world.linkLocal(5)]);
  const to = n.pick([
    world.correspondent,
    world.correspondent,
    world.nowhere,
    world.allNodes,
    world.linkLocal(3),
    n.self(),
  ]);
  const packet = n.random.chance(0.5) ? datagram(n, from, to) : echo(n, from, to);
  return out(n, n.random.chance(0.1) ? packet.subarray(0, n.between(0, 50)) : packet);
};

/** Through the home agent's tunnel, or as it is where the image is at home; mostly to the care-of address where there is no tunnel. */
export function toApplication(network: Network, packet: Uint8Array): Arrival {
  const idle = network.link !== world.HOME_LINK && network.stage.tunnels <= 0;
  if (idle && network.random.chance(0.9)) {
    return network.fromRouter(echo(network, world.correspondent, network.careOf()));
  }
  const outer = network.random.chance(0.04) ? world.correspondent : world.agent;
  const whole = network.link === world.HOME_LINK ? packet : ip6(outer, network.careOf(), Protocol.IP6, packet, 60);
  return network.fromRouter(whole);
}

const inbound: Kind = (n) => {
  const from = n.random.chance(0.85) ? world.correspondent : world.onPrefix(world.correspondent, n.between(2, 90));
  const packets = [
    datagram(n, from, world.home, 4000),
    echo(n, from, world.home),
    ip6(from, world.home, Protocol.TCP, synchronize(1460, n.random.below(4))),
  ];
  return [toApplication(n, n.pick(packets))];
};
/** ICMPv6 errors about the application's own packets. */
const inboundError: Kind = (n) => {
  const quoted = datagram(n, world.home, world.correspondent);
  const type = n.pick([1, 2, 3, 4]);
  const body = concat(be(32, n.pick([1280, 1400])), quoted.subarray(0, 1100));
  const message = icmp6(world.correspondent, world.home, type, n.random.below(5), body);
  return [toApplication(n, ip6(world.correspondent, world.home, Protocol.ICMP6, message))];
};
/** What has no counterpart in IPv4. */
const inboundOdd: Kind = (n) => {
  const from = world.correspondent;
  const packets = [
    ip6(from, world.home, Protocol.ROUTING, concat(be(8, 17, 0, 0, 1, 0, 0, 0, 0), data(n, [24]))),
    ip6(from, world.home, 99, data(n, [24])),
    ip6(from, world.home, Protocol.UDP, udp(from, world.home, [1, 2], data(n, [8])), 1),
    ip6(world.home, world.home, Protocol.UDP, udp(world.home, world.home, [1, 2], data(n, [8]))),
    ip6(from, world.home, Protocol.ICMP6, icmp6(from, world.home, n.pick([137, 139, 200]), 0, data(n, [24]))),
    ip6(
      from,
      world.home,
      Protocol.ICMP6,
      icmp6(from, world.home, 4, 2, concat(be(32, 40), datagram(n, world.home, from))),
    ),
    ip6(from, world.home, Protocol.UDP, be(16, 4000, 4000, 9, 1)),
    ip6(from, world.home, Protocol.TCP, new Uint8Array(9)),
  ];
  return [toApplication(n, n.pick(packets))];
};

/** Outbound and inbound for an application behind the terminal. */
export const APPLICATION: readonly [number, Kind][] = [
  [8, udp4],
  [4, tcp4],
  [4, echo4],
  [1, error4],
  [1.5, odd4],
  [4, dns],
  [6, native],
  [14, inbound],
  [1, inboundError],
  [1.5, inboundOdd],
];

/** Outbound for one behind another image. */
export const NATIVE_APPLICATION: readonly [number, Kind][] = [
  [6, native],
  [0.5, udp4],
  [0.5, odd4],
];
