// The images: how each is configured, and what it gets. Settings are drawn anew for every sequence.
import { PortKind } from "../../assembly/abi/port.js";
import type { Messages } from "../../host-sim/core/messages.js";
import type { MobileNodeSettings } from "../../host-sim/core/settings.js";
import { ASKING, asking, GUARDING, guarding, SERVING, serving } from "./anycast.js";
import { APPLICATION, NATIVE_APPLICATION } from "./application.js";
import { brokenPieces, inPieces } from "./fragments.js";
import { ATTACHED, Mobiles, THROUGH, TO_TERMINAL } from "./mobility.js";
import type { Network } from "./network.js";
import { COMMON, type Kind, Mix } from "./traffic.js";
import * as world from "./world.js";

/** An image in a sequence. */
export interface Player {
  /** Everything after ENTROPY, TRACE, PORTs and STORED records; the same again after a restart. */
  settings: ((messages: Messages) => Messages)[];
  mix: Mix;
  /** Port 0 moves between links. */
  moves: boolean;
  /** What a terminal was told about itself. */
  mobileNode?: MobileNodeSettings;
  /** The mobile nodes of a home agent. */
  mobiles?: Mobiles;
}

export const IMAGES = [
  ...["host", "router", "home-agent", "terminal"],
  ...["anycast-client", "anycast-server", "boundary-router"],
] as const;
export type PlayedImage = (typeof IMAGES)[number];

const FRAGMENTS: readonly [number, Kind][] = [
  [3, inPieces],
  [1.5, brokenPieces],
];

/** Draws a configuration. */
export const PLAYERS: Record<PlayedImage, (network: Network) => Player> = {
  host: (network) => attached(network, [asking(network), serving(network)], [...ASKING, ...SERVING]),
  "anycast-client": (network) => attached(network, [asking(network)], ASKING),
  "anycast-server": (network) => attached(network, [serving(network)], SERVING),

  router: (network) => between(network, [], THROUGH),
  "boundary-router": (network) => between(network, [guarding(network)], [...GUARDING, ...SELDOM_THROUGH]),

  "home-agent": (network) => {
    network.link = world.HOME_LINK;
    network.links = [0, 1];
    useApplication(network, network.random.chance(0.2) ? 2 : undefined);
    const advertising = network.random.chance(0.8) ? [advertise(network, 0x20)] : [];
    const mobiles = new Mobiles(network);
    return {
      mobiles,
      settings: [addresses(network), routes, ...advertising, homeAgent(network)],
      mix: new Mix([
        ...COMMON,
        ...mobiles.kinds,
        ...THROUGH,
        ...FRAGMENTS,
        ...(network.application ? NATIVE_APPLICATION : []),
      ]),
      moves: false,
    };
  },

  terminal: (network) => {
    useApplication(network, network.random.chance(0.95) ? 1 : undefined);
    const settings = mobileNode(network);
    const anycast = network.random.chance(0.6) ? [asking(network), serving(network)] : [];
    return {
      mobileNode: settings,
      settings: [hostPort(network), (m) => m.mobileNode(settings), translation(network), ...anycast],
      mix: new Mix([...COMMON, ...ATTACHED, ...FRAGMENTS, ...TO_TERMINAL, ...APPLICATION, ...ASKING, ...SERVING]),
      moves: true,
    };
  },
};

type Settings = Player["settings"];
type Kinds = readonly (readonly [number, Kind])[];

/** On a link that moves. */
function attached(network: Network, settings: Settings, kinds: Kinds): Player {
  useApplication(network, network.random.chance(0.6) ? 1 : undefined);
  return {
    settings: [hostPort(network), ...settings],
    mix: new Mix([...COMMON, ...ATTACHED, ...FRAGMENTS, ...kinds, ...(network.application ? NATIVE_APPLICATION : [])]),
    moves: true,
  };
}

/** Between two links. */
function between(network: Network, settings: Settings, kinds: Kinds): Player {
  network.link = world.HOME_LINK;
  network.links = [0, 1];
  useApplication(network, network.random.chance(0.3) ? 2 : undefined);
  return {
    settings: [addresses(network), routes, advertise(network, 0x00), ...settings],
    mix: new Mix([...COMMON, ...FRAGMENTS, ...kinds, ...(network.application ? NATIVE_APPLICATION : [])]),
    moves: false,
  };
}

/** Most of it comes from where a boundary router does not expect its source. */
const SELDOM_THROUGH = THROUGH.map(([weight, kind]) => [weight / 12, kind] as const);

function useApplication(network: Network, port: number | undefined): void {
  network.application = port;
}

function hostPort(network: Network) {
  const secret = network.random.bytes(32);
  const optimistic = network.random.chance(0.6);
  return (m: Messages) => m.host(0, { autoconfigure: true, optimistic, secret });
}

/** Of a router: some are tested for duplicates first. */
function addresses(network: Network) {
  const [first, second] = [network.random.below(2), network.random.below(2)];
  return (m: Messages) => m.address(0, world.agent, 64, first).address(1, world.secondLink, 64, second);
}

function routes(m: Messages): Messages {
  const [, visited, other] = world.LINKS;
  m.route(0, visited.prefix, 64, world.linkLocal(0x51)).route(0, other.prefix, 64, world.linkLocal(0x52));
  return m.route(1, world.onPrefix(world.correspondent, 0), 64, world.linkLocal(0x53));
}

function advertise(network: Network, flags: number) {
  const { random } = network;
  const [minIntervalMs, maxIntervalMs] = network.pick([
    [3000, 4000],
    [30, 70],
    [200, 600],
  ]);
  const mtu = network.pick([0, 0, 1400]);
  const servers = random.chance(0.4) ? [world.nameServer6] : [];
  const valid = network.pick([86400, 7300, 40]);
  return (m: Messages) => {
    for (const port of network.links) {
      m.advertise({
        port,
        flags: port === 0 ? flags : 0,
        hopLimit: 64,
        options: port === 0 ? 3 : 0,
        routerLifetimeS: 1800,
        preference: 1,
        homeAgentLifetimeS: 1800,
        minIntervalMs,
        maxIntervalMs,
        reachableMs: 0,
        retransMs: 0,
        mtu,
      });
      m.prefix(port, port === 0 ? world.agent : world.secondLink, 64, 0xe0, valid, valid / 2);
      if (servers.length > 0) m.rdnss(port, 600, servers);
    }
    return m;
  };
}

function homeAgent(network: Network) {
  const { random } = network;
  const settings = {
    port: 0,
    prefixLength: 64,
    securityNone: random.chance(0.95),
    lifetime4s: network.pick([1000, 1000, 3]),
    preference: 1,
    homeAgentLifetimeS: 1800,
    dad: random.chance(0.6),
    address: world.agent,
  };
  return (m: Messages) => {
    m.homeAgent(settings);
    for (const home of world.homes) m.homeAddress(home);
    return m;
  };
}

function mobileNode(network: Network): MobileNodeSettings {
  const { random } = network;
  return {
    port: 0,
    prefixLength: 64,
    flags: network.pick([0xc0, 0xe0, 0xd0]),
    lifetime4s: network.pick([1000, 1000, 20, 3]),
    homeAddress: world.home,
    homeAgent: random.chance(0.7) ? world.agent : world.unspecified,
  };
}

function translation(network: Network) {
  const on = network.pick([[10000, 10001], [10000, 10001], [10000], [10001], []]);
  const length = network.pick([24, 24, 27, 30]);
  const flags = network.pick([1, 3, 3]);
  const length6 = network.pick([0, 96, 64]);
  return (m: Messages) => {
    m.pool4(world.pool4, length, flags);
    if (length6 > 0) m.pool6(world.pool6, length6);
    m.translation(world.correspondent, world.application.remote4);
    m.dns(world.nameServer4, world.nameServer6);
    for (const program of [10000, 10001]) m.program(program, on.includes(program));
    return m;
  };
}

/** Ports of an image: links, and the application's. */
export function ports(network: Network, mtu: number) {
  return (m: Messages) => {
    for (const port of network.links) m.port(port, PortKind.ETHER, mtu, world.ownMac(port));
    if (network.application !== undefined) m.port(network.application, PortKind.IP, 1500);
    return m;
  };
}
