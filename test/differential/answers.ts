import { parseIp6 } from "../../host-sim/core/address.js";
import {
  be,
  concat,
  ETHER,
  ether,
  IP6,
  icmp6,
  ip6,
  linkAddressOption,
  mobility,
  neighbourAdvertisement,
  Protocol,
  prefixOption,
} from "../bench/frames.js";
import { answersTo, learnEpoch } from "./anycast.js";
import type { Arrival, Network } from "./network.js";
import * as world from "./world.js";

const Icmp = { ROUTER_SOLICITATION: 133, SOLICITATION: 135, AGENTS_REQUEST: 144, PREFIX_SOLICITATION: 146 };
const BINDING_UPDATE = 5;
const NOTHING = new Uint8Array(0);
/** Statuses of a refused Binding Update, RFC 6275 §6.1.8, and 135 with its sequence number. */
const REFUSED = [128, 129, 130, 131, 132, 133, 134, 136];

/** What the rest of the network answers to what the image sends: neighbours, routers, the home agent. Not always, not always kindly. */
export class Answers {
  /** How often the home agent refuses, and a duplicate address detection finds a duplicate. */
  refusing = 0.08;
  duplicates = 0.01;
  /** Routers and home agents that answer nothing. */
  deaf = false;

  constructor(private readonly network: Network) {}

  to(port: number, frame: Buffer): Arrival[] {
    if (frame.readUInt16BE(12) !== 0x86dd) return [];
    learnEpoch(this.network, frame);
    const answered = answersTo(this.network, frame);
    if (answered.length > 0) return answered;
    const source = frame.subarray(ETHER + 8, ETHER + 24);
    const { next, at, home } = upperLayer(frame);
    if (next === Protocol.ICMP6 && at + (frame[at] === Icmp.SOLICITATION ? 24 : 8) <= frame.length)
      return this.icmp(port, frame, at, source, home);
    if (next === Protocol.MH && frame[at + 2] === BINDING_UPDATE && at + 12 <= frame.length)
      return this.update(frame, at, source, home);
    return [];
  }

  private icmp(port: number, frame: Buffer, at: number, source: Buffer, home: Buffer | undefined): Arrival[] {
    const { network } = this;
    switch (frame[at]) {
      case Icmp.SOLICITATION:
        return this.solicitation(port, frame.subarray(at + 8, at + 24), source, frame.subarray(6, 12));
      case Icmp.ROUTER_SOLICITATION:
        return port !== 0 || this.deaf || network.random.chance(0.2) ? [] : [advertisement(network)];
      case Icmp.AGENTS_REQUEST: {
        if (this.deaf || !world.equal(frame.subarray(ETHER + 24, ETHER + 40), world.anycast)) return [];
        const agents = concat(world.agent, parseIp6("2001:db8:1::2"));
        const body = concat(frame.subarray(at + 4, at + 6), be(16, 0), agents.subarray(0, network.pick([0, 16, 32])));
        return [network.fromRouter(ip6(world.agent, source, Protocol.ICMP6, icmp6(world.agent, source, 145, 0, body)))];
      }
      case Icmp.PREFIX_SOLICITATION: {
        if (this.deaf || !home) return [];
        const body = concat(frame.subarray(at + 4, at + 6), be(16, 0), prefixOption(world.agent, 64, 0xe0, 900));
        const message = icmp6(world.agent, home, 147, 0, body);
        return [network.fromRouter(toHome(source, home, Protocol.ICMP6, message))];
      }
      default:
        return [];
    }
  }

  private solicitation(port: number, target: Buffer, source: Buffer, mac: Buffer): Arrival[] {
    const { network } = this;
    const probe = world.equal(source, world.unspecified);
    if (probe && !network.random.chance(this.duplicates)) return [];
    if (!probe && (!world.answers(target) || network.random.chance(0.05))) return [];
    if (probe) {
      const body = concat(be(32, 0x20000000), target, linkAddressOption(2, world.macOf(target)));
      const message = icmp6(target, world.allNodes, 136, 0, body);
      return [network.toGroup(target, world.allNodes, Protocol.ICMP6, message, 255, port)];
    }
    return [{ port, frame: neighbourAdvertisement(target, world.macOf(target), source, mac) }];
  }

  private update(frame: Buffer, at: number, source: Buffer, home: Buffer | undefined): Arrival[] {
    const { network } = this;
    const { random } = network;
    const agent = frame.subarray(ETHER + 24, ETHER + 40);
    if (this.deaf || random.chance(0.05)) return [];
    const sequence = frame.readUInt16BE(at + 6);
    const asked = frame.readUInt16BE(at + 10);
    let [status, said] = [random.chance(0.1) ? 1 : 0, sequence];
    if (random.chance(this.refusing)) {
      const resynchronize = random.chance(0.4);
      [status, said] = resynchronize
        ? [135, (sequence + random.below(1000)) & 0xffff]
        : [network.pick(REFUSED), sequence];
    }
    const lifetime = status >= 128 ? 0 : Math.min(asked, network.pick([asked, 5, 100]));
    const advice = network.pick([NOTHING, NOTHING, NOTHING, be(8, 2, 2, 0, 3), be(8, 0, 2, 2, 0, 3)]);
    return [this.acknowledgement(agent, source, home, concat(be(8, status, 0), be(16, said, lifetime), advice))];
  }

  private acknowledgement(agent: Uint8Array, to: Uint8Array, home: Uint8Array | undefined, data: Uint8Array): Arrival {
    const { network } = this;
    const header = mobility(agent, home ?? to, 6, data);
    if (home) return network.fromRouter(toHome(to, home, Protocol.MH, header, agent));
    return { port: 0, frame: ether(world.ownMac(0), world.macOf(agent), ip6(agent, to, Protocol.MH, header)) };
  }
}

/** From the home agent to the mobile node at its care-of address, RFC 6275 §9.3.2. */
export function toHome(
  careOf: Uint8Array,
  home: Uint8Array,
  next: number,
  payload: Uint8Array,
  agent = world.agent,
): Uint8Array {
  return ip6(agent, careOf, Protocol.ROUTING, concat(be(8, next, 2, 2, 1), be(32, 0), home, payload));
}

/** A Router Advertisement of the link that the image is on, with what routers may say. */
export function advertisement(network: Network, lifetime = 1800, link = network.place): Arrival {
  const { random } = network;
  const atHome = link === world.LINKS[world.HOME_LINK];
  const prefix = atHome
    ? prefixOption(world.agent, 64, 0xe0, network.pick([9000, 7300]))
    : prefixOption(link.prefix, 64, 0xc0, network.pick([9000, 9000, 7300, 60]));
  const options = [linkAddressOption(1, link.mac), prefix];
  if (random.chance(0.3)) options.push(concat(be(8, 5, 1, 0, 0), be(32, network.pick([1280, 1400, 1500]))));
  if (random.chance(0.3)) options.push(concat(be(8, 25, 3, 0, 0), be(32, 600), world.nameServer6));
  if (random.chance(0.3)) options.push(concat(be(8, 7, 1, 0, 0), be(32, network.pick([200, 1000, 4000]))));
  if (atHome && random.chance(0.5)) options.push(concat(be(8, 8, 1, 0, 0), be(16, 5, 1800)));
  const flags = atHome ? 0x20 : network.pick([0, 0, 0x08, 0x18]);
  const timers = be(32, network.pick([0, 0, 30000]), network.pick([0, 0, 200]));
  const body = concat(be(8, network.pick([64, 0, 255]), flags), be(16, lifetime), timers, ...options);
  const message = icmp6(link.router, world.allNodes, 134, 0, body);
  const packet = ip6(link.router, world.allNodes, Protocol.ICMP6, message, 255);
  return { port: 0, frame: ether(world.groupMac(world.allNodes), link.mac, packet) };
}

/** Behind the extension headers of a frame that the image sent; the address of its Home Address option. */
function upperLayer(frame: Buffer): { next: number; at: number; home?: Buffer } {
  let next = frame[ETHER + 6];
  let at = ETHER + IP6;
  let home: Buffer | undefined;
  while ((next === Protocol.OPTIONS || next === Protocol.HOP_BY_HOP) && at + 8 <= frame.length) {
    if (next === Protocol.OPTIONS && at + 24 <= frame.length) home = frame.subarray(at + 8, at + 24);
    next = frame[at];
    at += (frame[at + 1] + 1) * 8;
  }
  return { next, at, home };
}
