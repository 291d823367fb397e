/**
 * Client, server and boundary router of docs/anycast-identifier.md §3 to §5, as functions from (state, packet, time) to (state, verdict,
 * packet). A verdict is the name of a drop counter, or PASS. Times in ms; whole IPv6 packets, not fragmented unless they say so.
 */
import {
  AUTHENTICATED,
  authenticator,
  type Flow,
  flowOf,
  type Identifier,
  insert,
  type Key,
  PLAIN,
  REQUEST,
  remove,
  resource,
  same,
  type Walked,
  walk,
} from "./anycast.js";
import { ICMP6 } from "./ip.js";
import { upperFaults } from "./upper.js";

export const PASS = "PASS";

export interface Step<State> {
  state: State;
  /** PASS, or why it was discarded. */
  verdict: string;
  packet?: Uint8Array;
}

const hex = (address: Uint8Array): string => Buffer.from(address).toString("hex");
const nothing = new Uint8Array(0);

/** A copy with the authenticator that belongs into it. */
function sign(packet: Uint8Array, id: Identifier, key: Key, client: Uint8Array, server: Uint8Array): Uint8Array {
  const { protocol, upperAt } = walk(packet);
  const upper = packet.subarray(upperAt);
  return insert(packet, { ...id, authenticator: authenticator(key.secret, id, client, server, protocol!, upper) });
}
function proves(packet: Uint8Array, walked: Walked, key: Key, client: Uint8Array, server: Uint8Array): boolean {
  const { identifier, protocol, upperAt } = walked;
  const right = authenticator(key.secret, identifier!, client, server, protocol!, packet.subarray(upperAt));
  return same(right, identifier!.authenticator ?? nothing);
}

// ---------------------------------------------------------------- client (§3)

export interface Request {
  anycast: string;
  client: string;
  flow: string;
  nonce: string;
  sent: number;
}
export interface Client {
  /** The list: S in hexadecimal, and its key. */
  list: ReadonlyMap<string, Key | undefined>;
  timeout: number;
  capacity: number;
  /** Oldest first. */
  rows: readonly Request[];
}

const named = ({ protocol, client, server }: Flow): string => `${protocol}/${client}/${server}`;

function fresh(client: Client, now: number): Client {
  return { ...client, rows: client.rows.filter(({ sent }) => now - sent < client.timeout) };
}

/** S101: a packet of an application; `nonce` (8 bytes) is drawn by the caller. */
export function clientSends(before: Client, packet: Uint8Array, nonce: Uint8Array, now: number): Step<Client> {
  const state = fresh(before, now);
  const walked = walk(packet);
  const anycast = hex(walked.destination);
  if (!state.list.has(anycast)) return { state, verdict: PASS, packet };
  const key = state.list.get(anycast);
  if (walked.fragment) return key ? { state, verdict: "ANYCAST_FORM" } : { state, verdict: PASS, packet };
  const flow = flowOf(packet, walked, true);
  if (!flow?.request) return { state, verdict: PASS, packet };
  const { source, destination } = walked;
  const row = { anycast, client: hex(source), flow: named(flow), nonce: key ? hex(nonce) : "", sent: now };
  const kept = state.rows.length >= state.capacity ? state.rows.slice(1) : state.rows;
  const id = { form: REQUEST, keyId: key?.id ?? 0, nonce };
  const out = key ? sign(packet, id, key, source, destination) : packet;
  return { state: { ...state, rows: [...kept, row] }, verdict: PASS, packet: out };
}

/** S102 to S105: a packet for an address of the client, reassembled, out of IPsec. */
export function clientReceives(before: Client, packet: Uint8Array, now: number): Step<Client> {
  const state = fresh(before, now);
  const drop = (verdict: string): Step<Client> => ({ state, verdict });
  const pass: Step<Client> = { state, verdict: PASS, packet };
  const walked = walk(packet);
  if (walked.unreadable) return drop("BAD_OPTION");
  const flow = flowOf(packet, walked, false);
  const key = state.list.get(hex(walked.source));
  if (!flow) return key && walked.protocol !== ICMP6 ? drop("ANYCAST_MISSING") : pass;
  if (!flow.answer) return pass;
  if (walked.malformed || walked.identifier?.form === REQUEST) return drop("ANYCAST_FORM");
  const client = hex(walked.destination);
  const rows = state.rows.filter((row) => row.client === client && row.flow === named(flow));
  if (walked.identifier) return identified(state, packet, walked, rows);
  if (state.list.has(hex(walked.source))) {
    const [row] = rows.filter(({ anycast }) => anycast === hex(walked.source));
    return key ? drop("ANYCAST_MISSING") : { ...pass, state: without(state, row) };
  }
  return rows.length > 0 ? drop("ANYCAST_MISSING") : pass;
}

function without<Row>(state: Client, gone: Row): Client {
  return { ...state, rows: state.rows.filter((row) => row !== gone) };
}

function identified(state: Client, packet: Uint8Array, walked: Walked, rows: Request[]): Step<Client> {
  const drop = (verdict: string): Step<Client> => ({ state, verdict });
  const { form, keyId, anycast, nonce } = walked.identifier!;
  let fitting = rows.filter((row) => row.anycast === hex(anycast!));
  if (!state.list.has(hex(anycast!)) || fitting.length === 0) return drop("ANYCAST_UNASKED");
  const key = state.list.get(hex(anycast!));
  if (key) {
    if (form === PLAIN) return drop("ANYCAST_MISSING");
    if (keyId !== key.id) return drop("ANYCAST_KEY");
    fitting = fitting.filter((row) => row.nonce === hex(nonce!));
    if (fitting.length === 0) return drop("ANYCAST_UNASKED");
    if (!proves(packet, walked, key, walked.destination, walked.source)) return drop("ANYCAST_FORGED");
  } else if (form === AUTHENTICATED) return drop("ANYCAST_KEY");
  const { protocol, upperAt, source, destination } = walked;
  if (upperFaults({ src: source, dst: destination }, protocol!, packet.slice(upperAt)).length > 0)
    return drop("BAD_CHECKSUM");
  return { state: without(state, fitting[0]), verdict: PASS, packet: resource(remove(packet), anycast!) };
}

// ---------------------------------------------------------------- server (§4)

const MEMORY_MS = 30_000;

export interface Remembered {
  anycast: string;
  client: string;
  flow: string;
  keyId: number;
  nonce: Uint8Array;
  time: number;
  answered: boolean;
}
export interface Server {
  /** Pairs: S in hexadecimal, U and the keys. */
  pairs: ReadonlyMap<string, { unicast: Uint8Array; keys: readonly Key[] }>;
  capacity: number;
  /** Oldest first. */
  memory: readonly Remembered[];
}

/** S301: a packet that arrived; what is for nobody of ours passes. */
export function serverReceives(before: Server, packet: Uint8Array, now: number): Step<Server> {
  let state = { ...before, memory: before.memory.filter(({ time }) => now - time < MEMORY_MS) };
  const drop = (verdict: string): Step<Server> => ({ state, verdict });
  const walked = walk(packet);
  const anycast = hex(walked.destination);
  const pair = state.pairs.get(anycast);
  if (!pair) return { state, verdict: PASS, packet };
  const id = walked.identifier;
  if (walked.unreadable) return drop("BAD_OPTION");
  if (walked.malformed || (id && id.form !== REQUEST)) return drop("ANYCAST_FORM");
  const key = id && pair.keys.find(({ id: known }) => known === id.keyId);
  if (id && !key) return drop("ANYCAST_KEY");
  if (key && !proves(packet, walked, key, walked.source, walked.destination)) return drop("ANYCAST_FORGED");
  const flow = flowOf(packet, walked, true);
  if (flow && id) {
    const who = { anycast, client: hex(walked.source), flow: named(flow) };
    const row = { ...who, keyId: id.keyId, nonce: id.nonce!, time: now, answered: false };
    const known = state.memory.some((kept) => about(kept, who) && hex(kept.nonce) === hex(row.nonce));
    if (!known) state = { ...state, memory: [...room(state), row] };
  }
  return { state, verdict: PASS, packet: id ? remove(packet) : packet };
}

function about(row: Remembered, who: { anycast: string; client: string; flow: string }): boolean {
  return row.anycast === who.anycast && row.client === who.client && row.flow === who.flow;
}
function room({ memory, capacity }: Server): readonly Remembered[] {
  if (memory.length < capacity) return memory;
  const gone = memory.find(({ answered }) => answered) ?? memory[0];
  return memory.filter((row) => row !== gone);
}

/** S302, S303: a packet of an application, put together, or an Echo Reply of the node. */
export function serverSends(before: Server, packet: Uint8Array, now: number): Step<Server> {
  const state = { ...before, memory: before.memory.filter(({ time }) => now - time < MEMORY_MS) };
  const walked = walk(packet);
  const anycast = hex(walked.source);
  const pair = state.pairs.get(anycast);
  if (!pair) return { state, verdict: PASS, packet };
  const flow = flowOf(packet, walked, false);
  if (!flow?.answer) return { state, verdict: PASS, packet };
  const who = { anycast, client: hex(walked.destination), flow: named(flow) };
  const rows = state.memory.filter((kept) => about(kept, who));
  const row = rows.find(({ answered }) => !answered) ?? rows.at(-1);
  const moved = resource(packet, pair.unicast);
  const id = { form: PLAIN, keyId: 0, anycast: walked.source };
  if (!row) return { state, verdict: PASS, packet: insert(moved, id) };
  const key = pair.keys.find(({ id: known }) => known === row.keyId)!;
  const memory = state.memory.map((kept) => (kept === row ? { ...kept, answered: true } : kept));
  const full = { ...id, form: AUTHENTICATED, keyId: row.keyId, nonce: row.nonce };
  return {
    state: { ...state, memory },
    verdict: PASS,
    packet: sign(moved, full, key, walked.destination, pair.unicast),
  };
}

// ---------------------------------------------------------------- boundary router (§5)

export interface ServerRow {
  unicast: string;
  anycast: string;
  cost: number;
  hops: number;
  /** ms; undefined: put by hand, never ends. */
  ends?: number;
}
export interface Router {
  inside: ReadonlySet<string>;
  /** Its own anycast addresses, with the keys it holds. */
  anycast: ReadonlyMap<string, readonly Key[]>;
  servers: readonly ServerRow[];
  /** The port that the route to a unicast address leads to. */
  route(address: Uint8Array): string | undefined;
}

/** S202. Addresses in hexadecimal compare as numbers. */
export function nearest(router: Router, anycast: string, now: number): ServerRow | undefined {
  return router.servers
    .filter((row) => row.anycast === anycast && (row.ends === undefined || now < row.ends))
    .sort((a, b) => a.cost - b.cost || a.hops - b.hops || (a.unicast < b.unicast ? -1 : 1))[0];
}

/** What becomes of a packet that came in by `port`: PASS and `to` (the server or the destination), a drop counter, or UNREACHABLE. */
export function routerForwards(
  router: Router,
  packet: Uint8Array,
  port: string,
  now: number,
): { verdict: string; to?: string } {
  const live = (address: string): string => nearest(router, address, now)?.unicast ?? "";
  const portOf = (address: string): string | undefined => {
    const own = router.anycast.has(address);
    if (own && live(address) === "") return undefined;
    return router.route(Buffer.from(own ? live(address) : address, "hex"));
  };
  const source = hex(packet.subarray(8, 24));
  if (portOf(source) !== port) return { verdict: "ANYCAST_SOURCE" };
  const walked = walk(packet);
  const { fragment } = walked;
  if (fragment?.more && fragment.offset === 0 && walked.protocol === undefined) return { verdict: "RFC7112" };
  if (walked.malformed) return { verdict: "ANYCAST_FORM" };
  const id = walked.identifier;
  if (id && id.form !== REQUEST) {
    const wrong = judge(router, packet, walked, source, port, now);
    if (wrong) return { verdict: wrong };
  }
  const destination = hex(packet.subarray(24, 40));
  if (!router.anycast.has(destination)) return { verdict: PASS, to: destination };
  const to = live(destination);
  return to === "" ? { verdict: "UNREACHABLE" } : { verdict: PASS, to };
}

/** S204 to S206. */
function judge(
  router: Router,
  packet: Uint8Array,
  walked: Walked,
  source: string,
  port: string,
  now: number,
): string | undefined {
  const { form, keyId, anycast } = walked.identifier!;
  const s = hex(anycast!);
  if (!router.inside.has(port)) return router.anycast.has(s) ? "ANYCAST_OUTSIDE" : undefined;
  const row = router.servers.some(
    ({ unicast, anycast: of, ends }) => unicast === source && of === s && (ends === undefined || now < ends),
  );
  if (!row) return "ANYCAST_SERVER";
  const key = router.anycast.get(s)?.find(({ id }) => id === keyId);
  if (form !== AUTHENTICATED || walked.fragment?.more || !key) return undefined;
  return proves(packet, walked, key, walked.destination, walked.source) ? undefined : "ANYCAST_FORGED";
}
