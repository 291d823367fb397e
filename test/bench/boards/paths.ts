import { parseIp6 } from "../../../host-sim/core/address.js";
import {
  be,
  concat,
  ether,
  icmp6,
  ip6,
  neighbourSolicitation,
  Protocol,
  portMac,
  routerAdvertisement,
} from "../frames.js";
import * as say from "../messages.js";
import { PortKind, type Setting } from "../messages.js";
import type { Path } from "../path.js";
import { translateAndTunnel, untunnelAndTranslate } from "../paths/terminal.js";
import { destination, forwarded, SENDER_MAC } from "../paths/traffic.js";
import { type Case, Tape } from "../tape.js";

// What boards do, as their images and lwIP do it: few peers, one router, everybody's link address known.

/** Who sends and is sent to, in turn: as many as a small node talks to at once. */
const PEERS = 1;
/** Packets of a size that are measured, after one round through all peers. */
const PACKETS = 4;
const ROUTER = parseIp6("fe80::1");
/** Own addresses on the two ports. */
const OWN = [parseIp6("2001:db8:a::ffff"), parseIp6("2001:db8:b::ffff")];

/** The subject that answers: its hop limits differ where nobody prescribes them. */
export type Engine = "image" | "lwip";

/** A path, and which packets of it lwIP is given too. */
export interface BoardPath extends Path {
  /** The same for lwIP; absent: it has nothing like it. */
  lwip?: Pick<Path, "setup" | "cases">;
}

/** A router on the port that announces itself and no prefix: every address is behind it. */
function announced(): Uint8Array {
  return routerAdvertisement(ROUTER, SENDER_MAC, 9000);
}

const link = (n: number): Setting[] => [say.port(n, PortKind.ETHER), say.address(n, OWN[n])];

function configured(...settings: Setting[]): Tape {
  const tape = new Tape().clock(1000);
  for (const [type, value] of settings) tape.message(type, value);
  return tape;
}

function pings(size: number, hopLimit: number): Case[] {
  return Array.from({ length: PACKETS }, (_, i) => {
    const peer = destination(i % PEERS);
    const body = concat(
      be(16, 7, i),
      Uint8Array.from({ length: size - 48 }, (_, k) => k * 7 + i),
    );
    const message = (type: number, from: Uint8Array, to: Uint8Array, hops: number) =>
      ip6(from, to, Protocol.ICMP6, icmp6(from, to, type, 0, body), hops);
    return {
      port: 0,
      frame: ether(portMac(0), SENDER_MAC, message(128, peer, OWN[0], 57)),
      outPort: 0,
      out: ether(SENDER_MAC, portMac(0), message(129, OWN[0], peer, hopLimit)),
    };
  });
}

/** Echo Request from beyond the router, answered by the node itself. */
const echo: BoardPath = {
  name: "echo",
  image: "host",
  setup: () => {
    const tape = configured(say.entropy, ...link(0), say.host(0));
    for (const ms of [2000, 3000, 4000]) tape.clock(ms).tick().drain();
    return tape.rx(0, announced()).drain();
  },
  cases: (size) => pings(size, 64),
  lwip: { setup: () => configured(...link(0)).rx(0, announced()), cases: (size) => pings(size, 255) },
};

function through(size: number): Case[] {
  const cases = forwarded(size, PEERS, () => SENDER_MAC);
  return cases.slice(0, PACKETS);
}

/** From one link to a default router on the other. */
const forward: BoardPath = {
  name: "forward",
  image: "router",
  setup: () => {
    const tape = configured(say.entropy, ...link(0), ...link(1), say.route(1, new Uint8Array(16), 0, ROUTER));
    for (const ms of [2000, 3000]) tape.clock(ms).tick().drain();
    // Its link address: the router's own image learns from a solicitation, not from an advertisement.
    return tape.rx(1, neighbourSolicitation(ROUTER, SENDER_MAC, OWN[1], portMac(1))).drain();
  },
  cases: through,
  lwip: { setup: () => configured(...link(0), ...link(1)).rx(1, announced()), cases: through },
};

const TERMINAL = { image: "terminal", correspondents: 4 };

export const boardPaths: readonly BoardPath[] = [
  echo,
  forward,
  { ...untunnelAndTranslate(TERMINAL), name: "terminal, receive" },
  { ...translateAndTunnel(TERMINAL), name: "terminal, send" },
];
