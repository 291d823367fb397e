/**
 * The registration protocol of docs/anycast-identifier.md §6: messages of 64 bytes, the router's and the server's state machines as
 * functions from (state, message, time). Lifetimes on the wire in seconds, times in ms.
 */
import { createHmac } from "node:crypto";
import { type Key, same } from "./anycast.js";
import { PASS } from "./anycast-parties.js";
import { bytes, get16, u16 } from "./ip.js";

export const REGISTER = 1;
export const REPLY = 2;
export const ACCEPTED = 0;
export const OTHER_EPOCH = 1;
export const OLD_SEQUENCE = 2;
export const WRONG_KEY = 3;
export const CLAIMED = 4;
export const FULL = 5;

const LENGTH = 64;
const MOST_SECONDS = 3600;
const HOP_LIMIT = 64;

export interface Message {
  type: number;
  keyId: number;
  /** s. */
  lifetime: number;
  /** Of a REGISTER the cost, of a REPLY the status. */
  costOrStatus: number;
  sequence: bigint;
  epoch: bigint;
  anycast: Uint8Array;
  last: bigint;
}

export function writeMessage(m: Message, secret: Uint8Array, source: Uint8Array, destination: Uint8Array): Uint8Array {
  const body = new Uint8Array(48);
  const view = new DataView(body.buffer);
  body.set([1, m.type, ...u16(m.keyId), ...u16(m.lifetime), m.costOrStatus]);
  view.setBigUint64(8, m.sequence);
  view.setBigUint64(16, m.epoch);
  body.set(m.anycast, 24);
  view.setBigUint64(40, m.last);
  return bytes(body, proof(body, secret, source, destination));
}

/** Undefined: another length or version. */
export function readMessage(from: Uint8Array): Message | undefined {
  if (from.length !== LENGTH || from[0] !== 1) return undefined;
  const view = new DataView(from.buffer, from.byteOffset);
  return {
    type: from[1],
    keyId: get16(from, 2),
    lifetime: get16(from, 4),
    costOrStatus: from[6],
    sequence: view.getBigUint64(8),
    epoch: view.getBigUint64(16),
    anycast: from.slice(24, 40),
    last: view.getBigUint64(40),
  };
}

function proof(body: Uint8Array, secret: Uint8Array, source: Uint8Array, destination: Uint8Array): Uint8Array {
  return Uint8Array.from(
    createHmac("sha256", secret)
      .update(bytes(source, destination, body))
      .digest()
      .subarray(0, 16),
  );
}
export function isProven(from: Uint8Array, secret: Uint8Array, source: Uint8Array, destination: Uint8Array): boolean {
  return same(proof(from.subarray(0, 48), secret, source, destination), from.subarray(48));
}

const PORT = 1021;

/** A message as it arrives: the payload of the datagram to port 1021. */
export interface Arrived {
  source: Uint8Array;
  port: number;
  destination: Uint8Array;
  hopLimit: number;
  payload: Uint8Array;
}
export interface Step<State> {
  state: State;
  /** PASS, or why it was discarded. */
  verdict: string;
  /** Payload of what is to be sent. */
  out?: Uint8Array;
}

const hex = (address: Uint8Array): string => Buffer.from(address).toString("hex");

// ---------------------------------------------------------------- router

/** A place of the table: live, or ended and kept for its number. */
export interface Place {
  unicast: string;
  anycast: string;
  /** Undefined: put by hand. */
  keyId?: number;
  cost: number;
  hops: number;
  lifetime: number;
  /** ms; in the past: ended. */
  ends: number;
  last: bigint;
}
export interface Registrar {
  epoch: bigint;
  capacity: number;
  keys: readonly (Key & { anycast: ReadonlySet<string> })[];
  /** Oldest first. */
  places: readonly Place[];
}

/** `fresh` is the epoch to draw if a number is lost by this message; `routed`: it came by the port that the route to U leads to. */
export function registrarHears(
  state: Registrar,
  m: Arrived,
  inside: boolean,
  now: number,
  fresh: bigint,
  routed = true,
): Step<Registrar> {
  const drop = (verdict: string): Step<Registrar> => ({ state, verdict });
  const message = readMessage(m.payload);
  if (!inside || m.port !== PORT || message?.type !== REGISTER || m.hopLimit > HOP_LIMIT) {
    return drop("ANYCAST_REGISTRATION");
  }
  if (!routed) return drop("ANYCAST_SOURCE");
  const key = state.keys.find(({ id }) => id === message.keyId);
  if (!key) return drop("ANYCAST_KEY");
  if (!isProven(m.payload, key.secret, m.source, m.destination)) return drop("ANYCAST_FORGED");
  const { state: after, status, granted } = decide(state, m, message, key, now, fresh);
  const last = after.places.find((place) => isOf(place, m, message))?.last ?? 0n;
  const reply = { ...message, type: REPLY, lifetime: granted, costOrStatus: status, epoch: after.epoch, last };
  return { state: after, verdict: PASS, out: writeMessage(reply, key.secret, m.destination, m.source) };
}

function isOf(place: Place, m: Arrived, { anycast }: Message): boolean {
  return place.unicast === hex(m.source) && place.anycast === hex(anycast);
}

function decide(
  state: Registrar,
  m: Arrived,
  message: Message,
  key: Registrar["keys"][number],
  now: number,
  fresh: bigint,
): { state: Registrar; status: number; granted: number } {
  const refuse = (status: number) => ({ state, status, granted: 0 });
  if (!key.anycast.has(hex(message.anycast))) return refuse(WRONG_KEY);
  if (message.epoch !== state.epoch) return refuse(OTHER_EPOCH);
  const old = state.places.find((place) => isOf(place, m, message));
  const other = (place: Place) =>
    place.unicast === hex(m.source) && place.keyId !== undefined && place.keyId !== key.id;
  const byHand = old && old.keyId === undefined;
  if (byHand || state.places.some((place) => other(place) && now < place.ends)) return refuse(CLAIMED);
  if (message.sequence <= (old?.last ?? 0n)) return refuse(OLD_SEQUENCE);
  const granted = Math.min(message.lifetime, MOST_SECONDS);
  const place: Place = {
    unicast: hex(m.source),
    anycast: hex(message.anycast),
    keyId: key.id,
    cost: message.costOrStatus,
    hops: HOP_LIMIT - m.hopLimit,
    lifetime: granted,
    ends: now + granted * 1000,
    last: message.sequence,
  };
  if (old) {
    return { state: { ...state, places: state.places.map((p) => (p === old ? place : p)) }, status: ACCEPTED, granted };
  }
  if (state.places.length < state.capacity) {
    return { state: { ...state, places: [...state.places, place] }, status: ACCEPTED, granted };
  }
  // Nothing is gained by losing a number for a row that ends.
  if (granted === 0) return { state, status: ACCEPTED, granted };
  const live = state.places.filter((p) => p.keyId === undefined || now < p.ends);
  if (live.length === state.capacity) return refuse(FULL);
  const places = [...live, place].map((p) => ({ ...p, last: 0n }));
  return { state: { ...state, epoch: fresh, places }, status: ACCEPTED, granted };
}

/** Power gone and back: live rows live for their lifetime, under a new epoch. */
export function registrarReboots(state: Registrar, now: number, epoch: bigint): Registrar {
  const live = state.places.filter(({ keyId, ends }) => keyId === undefined || now < ends);
  return { ...state, epoch, places: live.map((p) => ({ ...p, ends: now + p.lifetime * 1000, last: 0n })) };
}

// ---------------------------------------------------------------- server

export interface Registrant {
  unicast: Uint8Array;
  router: Uint8Array;
  anycast: Uint8Array;
  key: Key;
  /** s, asked for. */
  lifetime: number;
  cost: number;
  phase: "SILENT" | "REGISTERING" | "REGISTERED" | "REFUSED";
  sequence: bigint;
  epoch: bigint;
  /** Is there a REGISTER without its reply? */
  asked: boolean;
  /** REGISTERs without a reply, and those sent at once in a row. */
  unanswered: number;
  atOnce: number;
  /** When to send next, ms. */
  due: number;
}

const SLOWEST_S = 16;
const REFUSED_MS = 60_000;
const AT_ONCE = 4;

function sends(state: Registrant, lifetime: number): Uint8Array {
  const { key, sequence, epoch, anycast, cost, unicast, router } = state;
  const message = { type: REGISTER, keyId: key.id, lifetime, costOrStatus: cost, sequence, epoch, anycast, last: 0n };
  return writeMessage(message, key.secret, unicast, router);
}
/** The wait behind the n-th REGISTER without a reply: 1, 2, 4, 8, 16, 16 … s. */
const backOff = (unanswered: number): number => Math.min(2 ** (unanswered - 1), SLOWEST_S) * 1000;

function again(state: Registrant, now: number, sequence: bigint): Step<Registrant> {
  const unanswered = state.unanswered + 1;
  const due = now + backOff(unanswered);
  const next: Registrant = { ...state, phase: "REGISTERING", sequence, asked: true, unanswered, due };
  return { state: next, verdict: PASS, out: sends(next, next.lifetime) };
}

export function registrantStarts(state: Registrant, now: number): Step<Registrant> {
  return again({ ...state, unanswered: 0, atOnce: 0 }, now, state.sequence + 1n);
}
/** What time brought: at most one message. */
export function registrantWaits(state: Registrant, now: number): Step<Registrant> {
  if (state.phase === "SILENT" || now < state.due) return { state, verdict: PASS };
  const rested = state.phase !== "REGISTERING";
  return again({ ...state, unanswered: rested ? 0 : state.unanswered, atOnce: 0 }, now, state.sequence + 1n);
}
export function registrantStops(state: Registrant): Step<Registrant> {
  const next: Registrant = { ...state, phase: "SILENT", sequence: state.sequence + 1n, asked: false };
  return { state: next, verdict: PASS, out: sends(next, 0) };
}
export function registrantHears(state: Registrant, m: Arrived, now: number): Step<Registrant> {
  const drop = (verdict: string): Step<Registrant> => ({ state, verdict });
  const reply = readMessage(m.payload);
  const ours = reply?.type === REPLY && m.port === PORT && hex(reply.anycast) === hex(state.anycast);
  if (!reply || !ours || hex(m.source) !== hex(state.router)) return drop("ANYCAST_REGISTRATION");
  if (reply.keyId !== state.key.id) return drop("ANYCAST_KEY");
  if (!isProven(m.payload, state.key.secret, m.source, m.destination)) return drop("ANYCAST_FORGED");
  if (!state.asked || reply.sequence !== state.sequence) return drop("ANYCAST_REGISTRATION");
  const heard: Registrant = { ...state, asked: false, epoch: reply.epoch };
  const status = reply.costOrStatus;
  if (status === ACCEPTED) {
    const due = now + reply.lifetime * 500;
    return { state: { ...heard, phase: "REGISTERED", unanswered: 0, atOnce: 0, due }, verdict: PASS };
  }
  if (status !== OTHER_EPOCH && status !== OLD_SEQUENCE) {
    return { state: { ...heard, phase: "REFUSED", unanswered: 0, atOnce: 0, due: now + REFUSED_MS }, verdict: PASS };
  }
  if (state.atOnce < AT_ONCE) {
    return again({ ...heard, unanswered: 0, atOnce: state.atOnce + 1 }, now, reply.last + 1n);
  }
  return { state: { ...heard, sequence: reply.last }, verdict: PASS };
}
