// Verified anycast: settings, and frames that clients, servers and boundary routers wait for. Fuzzed images take any authenticator.
import { Message } from "../../assembly/abi/message.js";
import { parseIp6 } from "../../host-sim/core/address.js";
import { be, concat, ether, icmp6, ip6, le, neighbourSolicitation, Protocol, portMac, udp } from "../bench/frames.js";
import * as say from "../bench/messages.js";
import { AnycastKeyUse } from "../bench/messages.js";
import { AUTHENTICATED, type Identifier, insert, PLAIN, REQUEST, walk } from "../reference/anycast.js";
import type { Arrival } from "./inputs.js";
import { agent, secondLink, secondLinkHost, visitedMac, visitor } from "./world.js";

/** One that is asked with a key, and one without. */
export const keyed = parseIp6("2001:db8:53::53");
export const plain = parseIp6("2001:db8:53::54");
/** Where answers come from: on the visited link. */
export const unicast = parseIp6("2001:db8:2::2");
const KEY = 7;
const REGISTRATION_KEY = 9;
const NONE = new Uint8Array(16);
const secret = Uint8Array.from({ length: 32 }, (_, i) => i);
const DATA = Uint8Array.from({ length: 18 }, (_, i) => i);
const NONCE = Uint8Array.of(0xa0, 1, 2, 3, 4, 5, 6, 7);
const CLIENT_PORT = 40000;
const REGISTRATION_PORT = 1021;
const key = say.anycastKey(KEY, AnycastKeyUse.IDENTIFIER, keyed, secret);
const registrationKey = say.anycastKey(REGISTRATION_KEY, AnycastKeyUse.REGISTRATION, keyed, secret);

export const client: say.Setting[] = [key, say.anycastClient(keyed, KEY), say.anycastClient(plain, 0)];
export const server: say.Setting[] = [
  key,
  registrationKey,
  say.anycastServer(keyed, unicast),
  say.anycastServer(plain, unicast),
  say.anycastRegister(keyed, agent, REGISTRATION_KEY),
];
export const router: say.Setting[] = [
  key,
  registrationKey,
  say.boundary(0, false),
  say.boundary(1, true),
  say.boundaryAnycast(keyed),
  say.boundaryAnycast(plain),
  say.boundaryServer(secondLinkHost, keyed),
  say.boundaryServer(secondLinkHost, plain),
];
/** What may change while a node runs. */
export const changes: say.Setting[] = [
  ...[...client, ...server, ...router],
  say.anycastClient(keyed, 0),
  say.anycastClient(plain, 0, 0),
  say.anycastServer(keyed, NONE),
  say.anycastRegister(keyed, agent, REGISTRATION_KEY, 0),
  [Message.ANYCAST_KEY_DELETE, concat(le(16, KEY), be(8, AnycastKeyUse.IDENTIFIER, 0), keyed)],
  [Message.BOUNDARY_SERVER_DELETE, concat(le(32, 0), secondLinkHost, keyed)],
];

/** A datagram and an echo message, either way. */
const datagram = (source: Uint8Array, target: Uint8Array, ports: [number, number]) =>
  ip6(source, target, Protocol.UDP, udp(source, target, ports, DATA));
const echo = (source: Uint8Array, target: Uint8Array, type: number, hopLimit = 64) =>
  ip6(source, target, Protocol.ICMP6, icmp6(source, target, type, 0, concat(be(16, 7, 1), DATA)), hopLimit);

const asks = (anycast: Uint8Array, nonce = NONCE): Identifier =>
  equal(anycast, keyed)
    ? { form: REQUEST, keyId: KEY, nonce, authenticator: NONE }
    : { form: PLAIN, keyId: 0, anycast };
const answers = (anycast: Uint8Array, nonce = NONCE): Identifier =>
  equal(anycast, keyed)
    ? { form: AUTHENTICATED, keyId: KEY, anycast, nonce, authenticator: NONE }
    : { form: PLAIN, keyId: 0, anycast };

/** What the application asks. */
export function requests(own: Uint8Array): Uint8Array[] {
  return [keyed, plain].flatMap((to) => [datagram(own, to, [CLIENT_PORT, 53]), echo(own, to, 128)]);
}

/** Answers to `asked`, packets as they left: genuine ones, without an identifier, in fragments. */
export function atClient(own: Uint8Array, asked: readonly Uint8Array[]): Record<string, Arrival[]> {
  const arrive = (packet: Uint8Array) => ({ port: 0, frame: ether(portMac(0), visitedMac, packet), tick: true });
  const asking = asked.filter((packet) => [keyed, plain].some((one) => equal(one, packet.subarray(24, 40))));
  if (asking.length !== 4) throw new Error(`${asking.length} of 4 requests left`);
  const genuine = asking.map((packet) => {
    const anycast = packet.slice(24, 40);
    const { identifier, protocol } = walk(packet);
    const nonce = identifier?.nonce && Uint8Array.from(identifier.nonce);
    const bare = protocol === Protocol.UDP ? datagram(unicast, own, [53, CLIENT_PORT]) : echo(unicast, own, 129);
    return insert(bare, answers(anycast, nonce));
  });
  return {
    answers: genuine.map(arrive),
    "answers-in-fragments": genuine.flatMap(inFragments).map(arrive),
    "answers-without": [keyed, plain, unicast]
      .flatMap((from) => [datagram(from, own, [53, CLIENT_PORT]), echo(from, own, 129)])
      .map(arrive),
    "ask-again": requests(own).map((frame) => ({ port: 1, frame, tick: true })),
  };
}

/** Requests of a stranger, and the answers that the application makes of them. */
export function atServer(): Record<"requests" | "requests-in-fragments" | "answers" | "registration", Arrival[]> {
  const arrive = (packet: Uint8Array) => ({ port: 0, frame: ether(portMac(0), visitedMac, packet), tick: true });
  const asking = [keyed, plain].flatMap((to) =>
    [datagram(visitor, to, [CLIENT_PORT, 53]), echo(visitor, to, 128)].map((packet) =>
      equal(to, keyed) ? insert(packet, asks(to)) : packet,
    ),
  );
  const told = [keyed, plain].map((from) => ({
    port: 1,
    frame: datagram(from, visitor, [53, CLIENT_PORT]),
    tick: true,
  }));
  return {
    requests: asking.map(arrive),
    "requests-in-fragments": asking.slice(0, 2).flatMap(inFragments).map(arrive),
    answers: told,
    registration: [registrationMessage(2, agent, unicast)].map(arrive),
  };
}

/** Requests from outside, answers from inside; both again from the other side; registrations. */
export function atRouter(): Record<string, Arrival[]> {
  const from = (port: number, mac: Uint8Array) => (packet: Uint8Array) => ({
    ...{ port, frame: ether(portMac(port), mac, packet), tick: true },
  });
  const [outside, inside] = [from(0, visitedMac), from(1, portMac(9))];
  const neighbour = neighbourSolicitation(secondLinkHost, portMac(9), secondLink, portMac(1));
  const told = [keyed, plain].map((anycast) =>
    insert(datagram(secondLinkHost, visitor, [53, CLIENT_PORT]), answers(anycast)),
  );
  const asked = [
    insert(datagram(visitor, keyed, [CLIENT_PORT, 53]), asks(keyed)),
    datagram(visitor, plain, [CLIENT_PORT, 53]),
  ];
  return {
    neighbour: [{ port: 1, frame: neighbour, tick: true }],
    "through-the-boundary": [{ port: 1, frame: neighbour, tick: true }, ...asked.map(outside), ...told.map(inside)],
    "from-the-wrong-side": [...asked.map(inside), ...told.map(outside)],
    "identifier-in-fragments": told.flatMap(inFragments).map(inside),
    "echo-to-nobody": [outside(echo(visitor, keyed, 128, 1))],
    registrations: [
      inside(registrationMessage(1, secondLinkHost, secondLink)),
      inside(registrationMessage(1, secondLinkHost, secondLink, 0)),
    ],
  };
}

/** §6: the message alone; type 1 REGISTER, 2 REPLY. */
export function registration(type: number, lifetime = 30): Uint8Array {
  const head = concat(be(8, 1, type), be(16, REGISTRATION_KEY, lifetime), be(8, type === 1 ? 10 : 0, 0));
  return concat(head, be(32, 0, 5), NONCE, keyed, new Uint8Array(8), NONE);
}
function registrationMessage(type: number, source: Uint8Array, target: Uint8Array, lifetime?: number): Uint8Array {
  const ports: [number, number] = [REGISTRATION_PORT, REGISTRATION_PORT];
  return ip6(source, target, Protocol.UDP, udp(source, target, ports, registration(type, lifetime)));
}

/** Both fragments of a packet whose headers behind the base header are all in its fragmentable part, RFC 8200 §4.5. */
function inFragments(packet: Uint8Array): Uint8Array[] {
  const [head, rest] = [packet.subarray(0, 40), packet.subarray(40)];
  const cut = rest.length - 16 - (rest.length & 7);
  const part = (offset: number, more: number, bytes: Uint8Array) =>
    ip6(
      ...([head.slice(8, 24), head.slice(24, 40), Protocol.FRAGMENT] as const),
      concat(be(8, head[6], 0), be(16, offset | more), be(32, 77), bytes),
    );
  const at = cut & ~7;
  return [part(0, 1, rest.subarray(0, at)), part(at, 0, rest.subarray(at))];
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
