// Verified anycast, docs/anycast-identifier.md: what clients, servers and boundary routers are told and sent, by who has the keys and by who has not.
import { AnycastKeyUse } from "../../assembly/abi/anycast.js";
import { parseIp6 } from "../../host-sim/core/address.js";
import type { Messages } from "../../host-sim/core/messages.js";
import { be, concat, ETHER, IP6, icmp6, ip6, Protocol, udp } from "../bench/frames.js";
import {
  AUTHENTICATED,
  authenticator,
  header,
  type Identifier,
  insert,
  PLAIN,
  REQUEST,
  walk,
} from "../reference/anycast.js";
import { REGISTER, REPLY, readMessage, writeMessage } from "../reference/anycast-registration.js";
import { toApplication } from "./application.js";
import { fixChecksums } from "./checksums.js";
import type { Arrival, Network } from "./network.js";
import { data, type Kind } from "./traffic.js";
import * as world from "./world.js";

/** Asked with a key, and without one. */
const KEYED = parseIp6("2001:db8:53::53");
const PLAINLY = parseIp6("2001:db8:53::54");
const ANYCASTS = [KEYED, PLAINLY];
/** Where answers come from: of the image that serves, and of a server somewhere. */
const UNICAST = world.onPrefix(world.LINKS[1].prefix, 0x2a);
const SERVER = world.onPrefix(world.correspondent, 0x2a);
const CLIENT = world.onPrefix(world.LINKS[1].prefix, 0x90);
const KEY = { id: 7, secret: Uint8Array.from({ length: 32 }, (_, i) => i) };
const OTHER_KEY_ID = 8;
const REGISTRATION = { id: 9, secret: Uint8Array.from({ length: 32 }, (_, i) => i + 32) };
const REGISTRATION_PORT = 1021;
const NONE = new Uint8Array(16);

type Write = (messages: Messages) => Messages;
const key: Write = (m) => m.anycastKey(KEYED, KEY.id, AnycastKeyUse.IDENTIFIER, KEY.secret);
const registrationKey: Write = (m) =>
  m.anycastKey(KEYED, REGISTRATION.id, AnycastKeyUse.REGISTRATION, REGISTRATION.secret);

/** A client's settings. */
export function asking(network: Network): Write {
  const seconds = network.pick([30, 30, 3]);
  return (m) => key(m).anycastClient(KEYED, KEY.id, seconds).anycastClient(PLAINLY, 0, seconds);
}
/** A server's settings. */
export function serving(network: Network): Write {
  const lifetimeS = network.pick([30, 4, 3600]);
  const router = world.agent;
  return (m) => {
    registrationKey(key(m)).address(0, UNICAST, 64, 1);
    for (const anycast of ANYCASTS) m.anycastServer(anycast, UNICAST);
    return m.anycastRegister({ keyId: REGISTRATION.id, lifetimeS, cost: 10, anycast: KEYED, router });
  };
}
/** Of a boundary router whose servers are behind port 1. */
export function guarding(network: Network): Write {
  const holdsKey = network.random.chance(0.7);
  const byHand = network.random.chance(0.9);
  return (m) => {
    registrationKey(holdsKey ? key(m) : m)
      .boundary(0, false)
      .boundary(1, true);
    for (const anycast of ANYCASTS) {
      m.boundaryAnycast(anycast);
      if (byHand) m.boundaryServer(world.secondLinkHost, anycast, 10);
    }
    return m;
  };
}

function authenticated(packet: Uint8Array, form: number, keyId: number, anycast: Uint8Array, nonce: Uint8Array) {
  const { upperAt, protocol } = walk(packet);
  const id: Identifier = { form, keyId, anycast: form === REQUEST ? undefined : anycast, nonce };
  const [source, target] = [packet.slice(8, 24), packet.slice(24, 40)];
  const [client, server] = form === REQUEST ? [source, target] : [target, source];
  const proof = authenticator(KEY.secret, id, client, server, protocol!, packet.subarray(upperAt));
  return insert(packet, { ...id, authenticator: proof });
}
function plain(packet: Uint8Array, anycast: Uint8Array): Uint8Array {
  return insert(packet, { form: PLAIN, keyId: 0, anycast });
}
/** A header with an identifier that is none, or that has no place where it is. */
function malformed(network: Network, packet: Uint8Array, anycast: Uint8Array): Uint8Array {
  const good = plain(packet, anycast);
  const bad = good.slice();
  const [at, value] = network.pick([
    [4, 0x21],
    [4, 0x14],
    [5, 1],
    [7, 1],
    [8, 0xff],
  ]);
  bad[IP6 + at] = value;
  const twice = concat(header(Protocol.OPTIONS, { form: PLAIN, keyId: 0, anycast }), good.subarray(IP6));
  const fragment = concat(
    header(Protocol.FRAGMENT, { form: PLAIN, keyId: 0, anycast }),
    be(8, Protocol.UDP, 0, 0, 0, 0, 0, 0, 7),
    packet.subarray(IP6),
  );
  const repeated = ip6(packet.slice(8, 24), packet.slice(24, 40), Protocol.OPTIONS, twice);
  const before = ip6(packet.slice(8, 24), packet.slice(24, 40), Protocol.OPTIONS, fragment);
  return network.pick([bad, bad, repeated, before]);
}
function datagram(n: Network, source: Uint8Array, target: Uint8Array, ports: [number, number]): Uint8Array {
  return ip6(source, target, Protocol.UDP, udp(source, target, ports, data(n)));
}
function echo(n: Network, source: Uint8Array, target: Uint8Array, type: number, sequence: number): Uint8Array {
  const body = concat(be(16, 7, sequence), data(n, [8, 64]));
  return ip6(source, target, Protocol.ICMP6, icmp6(source, target, type, 0, body));
}
function altered(packet: Uint8Array): Uint8Array {
  const copy = packet.slice();
  copy[copy.length - 1] ^= 0x55;
  fixChecksums(copy, false);
  return copy;
}
/** Fragments of what follows the base header, RFC 8200 §4.5. */
function pieces(n: Network, packet: Uint8Array): Uint8Array[] {
  const rest = packet.subarray(IP6);
  const cut = Math.min(n.pick([8, 56, 64]), (rest.length - 1) & ~7);
  const piece = (offset: number, more: number, bytes: Uint8Array) =>
    ip6(
      packet.slice(8, 24),
      packet.slice(24, 40),
      Protocol.FRAGMENT,
      concat(be(8, packet[6], 0), be(16, offset | more), be(32, 4711), bytes),
    );
  return [piece(0, 1, rest.subarray(0, cut)), piece(cut, 0, rest.subarray(cut))];
}

// ---------------------------------------------------------------- client

/** The application asks. */
const ask: Kind = (n) => {
  const from = n.stage.tunnels > 0 || n.link === world.HOME_LINK ? n.pick([world.home, n.self()]) : n.self();
  const to = n.pick(ANYCASTS);
  const port = n.between(40000, 40020);
  const request = n.random.chance(0.7) ? datagram(n, from, to, [port, 53]) : echo(n, from, to, 128, port);
  const packets = n.random.chance(0.05)
    ? pieces(n, request)
    : [n.random.chance(0.04) ? malformed(n, request, to) : request];
  return packets.map((frame) => ({ port: n.application ?? 1, frame }));
};
/** Answers that nobody asked for. */
const unasked: Kind = (n) => {
  const to = n.self();
  const from = n.pick([SERVER, ...ANYCASTS]);
  const about = n.pick([...ANYCASTS, world.nowhere]);
  const answer = n.random.chance(0.7)
    ? datagram(n, from, to, [53, n.between(40000, 40020)])
    : echo(n, from, to, 129, n.between(40000, 40020));
  const tcp = ip6(from, to, Protocol.TCP, concat(be(16, 80, 4000), be(32, 1, 1), be(16, 0x5010, 100, 0, 0)));
  fixChecksums(tcp, false);
  const packets = [
    [answer],
    [plain(answer, about)],
    [malformed(n, answer, about)],
    [tcp],
    [authenticated(answer, REQUEST, KEY.id, about, n.random.bytes(8))],
    pieces(n, plain(answer, about)),
  ];
  return n.pick(packets).map((packet) => n.fromRouter(packet));
};

/** What a frame of the image makes servers, and impostors, send. */
export function answersTo(n: Network, frame: Uint8Array): Arrival[] {
  const outer = frame.subarray(ETHER);
  const tunnelled = outer[6] === Protocol.IP6 && outer.length > 2 * IP6;
  const packet = tunnelled ? outer.subarray(IP6) : outer;
  if (packet.length < IP6 + 8) return [];
  const to = packet.subarray(24, 40);
  if (packet[6] === Protocol.UDP && isRegistration(packet)) return replies(n, packet);
  const anycast = ANYCASTS.find((one) => world.equal(one, to));
  if (!anycast) return [];
  const arrive = (answer: Uint8Array) => (tunnelled ? toApplication(n, answer) : n.fromRouter(answer));
  return answers(n, Uint8Array.from(packet), anycast).map(arrive);
}
function answers(n: Network, packet: Uint8Array, anycast: Uint8Array): Uint8Array[] {
  const { identifier, upperAt, protocol } = walk(packet);
  const upper = packet.slice(upperAt);
  const client = packet.slice(8, 24);
  const answerFrom = (source: Uint8Array): Uint8Array | undefined => {
    if (protocol === Protocol.UDP && upper.length >= 8) {
      const [a, b] = [(upper[0] << 8) | upper[1], (upper[2] << 8) | upper[3]];
      return datagram(n, source, client, [b, a]);
    }
    if (protocol !== Protocol.ICMP6 || upper[0] !== 128) return undefined;
    return ip6(source, client, Protocol.ICMP6, icmp6(source, client, 129, 0, upper.subarray(4)));
  };
  const bare = answerFrom(SERVER);
  if (!bare) return [];
  const nonce = identifier?.nonce ? Uint8Array.from(identifier.nonce) : undefined;
  const genuine = nonce ? authenticated(bare, AUTHENTICATED, KEY.id, anycast, nonce) : plain(bare, anycast);
  const guess = n.random.bytes(8);
  const damaged = bare.slice();
  damaged[damaged.length - 1] ^= 0x55;
  const forged = [
    altered(genuine),
    bare,
    answerFrom(anycast)!,
    plain(bare, anycast),
    plain(damaged, anycast),
    malformed(n, bare, anycast),
    authenticated(bare, AUTHENTICATED, OTHER_KEY_ID, anycast, nonce ?? guess),
    authenticated(bare, AUTHENTICATED, KEY.id, anycast, guess),
  ];
  if (n.random.chance(0.5)) return [genuine];
  const order = n.pick([[genuine, genuine], [n.pick(forged), genuine], [n.pick(forged)], pieces(n, genuine), []]);
  return order;
}

export const ASKING: readonly [number, Kind][] = [
  [8, ask],
  [3, unasked],
];

// ---------------------------------------------------------------- server

/** A stranger asks, rightly or wrongly, and the application answers. */
const request: Kind = (n) => {
  const from = n.random.chance(0.8) ? CLIENT : world.correspondent;
  const to = n.pick(ANYCASTS);
  const port = n.between(50000, 50010);
  const bare = n.random.chance(0.7) ? datagram(n, from, to, [port, 53]) : echo(n, from, to, 128, port);
  const proved = authenticated(bare, REQUEST, KEY.id, to, n.random.bytes(8));
  const wrong = [
    altered(proved),
    authenticated(bare, REQUEST, OTHER_KEY_ID, to, n.random.bytes(8)),
    malformed(n, bare, to),
    plain(bare, to),
  ];
  const asked = n.pick([[proved], [proved, proved], [bare], [n.pick(wrong)], pieces(n, proved)]);
  const answer = datagram(n, to, from, [53, port]);
  const told = n.random.chance(0.1) ? pieces(n, answer) : [n.random.chance(0.05) ? malformed(n, answer, to) : answer];
  const arrivals = asked.map((packet) => n.fromRouter(packet));
  if (n.application === undefined || bare[6] !== Protocol.UDP) return arrivals;
  return [...arrivals, ...told.map((frame) => ({ port: n.application!, frame }))];
};
function isRegistration(packet: Uint8Array): boolean {
  return packet.length === IP6 + 8 + 64 && ((packet[IP6 + 2] << 8) | packet[IP6 + 3]) === REGISTRATION_PORT;
}
function message(source: Uint8Array, target: Uint8Array, payload: Uint8Array, hopLimit = 64, from = REGISTRATION_PORT) {
  return ip6(source, target, Protocol.UDP, udp(source, target, [from, REGISTRATION_PORT], payload), hopLimit);
}
/** A router's reply to a REGISTER, most of the time. */
function replies(n: Network, packet: Uint8Array): Arrival[] {
  const asked = readMessage(packet.slice(IP6 + 8));
  if (!asked || asked.type !== REGISTER || n.random.chance(0.15)) return [];
  const [source, target] = [packet.slice(24, 40), packet.slice(8, 24)];
  const status = n.pick([0, 0, 0, 0, 1, 2, 3, 4, 5]);
  const lifetime = status === 0 ? n.pick([asked.lifetime, 4]) : 0;
  const reply = { ...asked, type: REPLY, costOrStatus: status, lifetime, epoch: 5n, last: asked.sequence + 3n };
  const write = (m: typeof reply) => writeMessage(m, REGISTRATION.secret, source, target);
  const payload = n.random.chance(0.8)
    ? write(reply)
    : n.pick([
        altered(write(reply)),
        write({ ...reply, keyId: OTHER_KEY_ID }),
        write({ ...reply, sequence: 77n }),
        write({ ...reply, type: REGISTER }),
        write(reply).subarray(0, 60),
      ]);
  return [n.fromRouter(message(source, target, payload))];
}
export const SERVING: readonly [number, Kind][] = [[6, request]];

// ---------------------------------------------------------------- boundary router

const inside = (n: Network, packet: Uint8Array) => n.fromNeighbour(world.secondLinkHost, packet, 1);

/** Answers of servers and of others, from either side. */
const through: Kind = (n) => {
  const about = n.pick(ANYCASTS);
  const server = world.secondLinkHost;
  const impostor = world.onPrefix(world.secondLink, n.between(0x60, 0x70));
  const from = n.random.chance(0.94) ? server : n.pick([impostor, ...ANYCASTS]);
  const answer = n.random.chance(0.8)
    ? datagram(n, from, CLIENT, [53, 40000])
    : echo(n, from, CLIENT, 129, n.between(1, 9));
  const proved = authenticated(answer, AUTHENTICATED, KEY.id, about, n.random.bytes(8));
  const packets = [
    [answer],
    [plain(answer, about)],
    [proved],
    [altered(proved)],
    [authenticated(answer, AUTHENTICATED, OTHER_KEY_ID, about, n.random.bytes(8))],
    [malformed(n, answer, about)],
    [plain(answer, world.nowhere)],
    pieces(n, proved),
    pieces(n, plain(answer, about)),
  ];
  const genuine = [[answer], [plain(answer, about)], [proved]];
  const outward = n.pick(n.random.chance(0.75) ? genuine : packets).map((packet) => inside(n, packet));
  if (n.random.chance(0.9)) return outward;
  const bare = datagram(n, n.pick([CLIENT, server]), world.secondLinkHost, [53, 40000]);
  return [bare, plain(bare, about), plain(bare, world.nowhere)].map((packet) => n.fromRouter(packet));
};
/** Requests to the servers. */
const inward: Kind = (n) => {
  const to = n.pick(ANYCASTS);
  const bare = n.random.chance(0.7) ? datagram(n, CLIENT, to, [40000, 53]) : echo(n, CLIENT, to, 128, 3);
  const proved = authenticated(bare, REQUEST, KEY.id, to, n.random.bytes(8));
  return [n.fromRouter(n.random.chance(0.1) ? malformed(n, bare, to) : n.pick([bare, proved]))];
};
/** A server makes itself known; the router's epoch is learnt from its replies. */
const register: Kind = (n) => {
  const source = n.pick([world.secondLinkHost, world.onPrefix(world.secondLink, n.between(0x60, 0x70))]);
  const target = world.secondLink;
  const fields = {
    type: REGISTER,
    keyId: REGISTRATION.id,
    lifetime: n.pick([30, 4, 0, 9999]),
    costOrStatus: n.pick([1, 10, 200]),
    sequence: BigInt(n.between(1, 1000)),
    epoch: epochs.get(n) ?? 0n,
    anycast: n.random.chance(0.85) ? KEYED : n.pick([PLAINLY, world.nowhere]),
    last: 0n,
  };
  const write = (m: typeof fields) => writeMessage(m, REGISTRATION.secret, source, target);
  const good = write(fields);
  const payload = n.random.chance(0.8)
    ? good
    : n.pick([altered(good), write({ ...fields, keyId: OTHER_KEY_ID }), write({ ...fields, type: REPLY }), NONE]);
  const packet = message(source, target, payload, n.pick([64, 64, 61]), n.random.chance(0.95) ? undefined : 999);
  return [n.random.chance(0.95) ? n.fromNeighbour(source, packet, 1) : n.fromRouter(packet)];
};
/** Of the router in a sequence, as its replies say. */
const epochs = new WeakMap<Network, bigint>();
export function learnEpoch(n: Network, frame: Uint8Array): void {
  const packet = frame.subarray(ETHER);
  if (packet[6] !== Protocol.UDP || !isRegistration(packet)) return;
  const heard = readMessage(packet.slice(IP6 + 8));
  if (heard?.type === REPLY) epochs.set(n, heard.epoch);
}
export const GUARDING: readonly [number, Kind][] = [
  [20, through],
  [14, inward],
  [5, register],
];

/** What may change at run time. */
export const CHANGES: readonly ((m: Messages) => Messages)[] = [
  (m) => m.anycastClient(KEYED, 0, 30),
  (m) => m.anycastClient(PLAINLY, 0, 0),
  (m) => m.anycastServer(PLAINLY, world.unspecified),
  (m) => m.anycastRegister({ keyId: REGISTRATION.id, lifetimeS: 0, cost: 0, anycast: KEYED, router: world.agent }),
  (m) => m.boundaryServer(world.onPrefix(world.secondLink, 0x61), KEYED, 3),
];
