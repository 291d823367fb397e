// Fragments, RFC 8200 §4.5: whole sets in any order, and what must be refused.
import { be, concat, icmp6, ip6, Protocol } from "../bench/frames.js";
import type { Arrival, Network } from "./network.js";
import { data, type Kind, synchronize } from "./traffic.js";
import * as world from "./world.js";

/** A fragment: `offset` in bytes. */
export function piece(
  from: Uint8Array,
  to: Uint8Array,
  next: number,
  [offset, more, id]: [number, boolean, number],
  bytes: Uint8Array,
): Uint8Array {
  const header = concat(be(8, next, 0), be(16, (offset & 0xfff8) | Number(more)), be(32, id));
  return ip6(from, to, Protocol.FRAGMENT, concat(header, bytes));
}

function cut(network: Network, to: Uint8Array, next: number, payload: Uint8Array, size: number): Uint8Array[] {
  const id = network.random.u32();
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < payload.length; at += size) {
    const part = payload.subarray(at, at + size);
    pieces.push(piece(world.correspondent, to, next, [at, at + size < payload.length, id], part));
  }
  return pieces;
}

/** An echo request in pieces; mostly in order, sometimes the other way round, one missing or twice. */
export const inPieces: Kind = (n) => {
  const to = n.self();
  const body = concat(be(16, 7, 2), data(n, [64, 200, 600, 1200, 1452]));
  const whole = icmp6(world.correspondent, to, 128, 0, body);
  const pieces = cut(n, to, Protocol.ICMP6, whole, n.pick([64, 512, 1024]));
  if (n.random.chance(0.2)) pieces.reverse();
  if (n.random.chance(0.1)) pieces.splice(n.random.below(pieces.length), 1);
  if (n.random.chance(0.1) && pieces.length > 0) pieces.push(n.pick(pieces));
  return pieces.map((packet) => n.fromRouter(packet));
};

/** What RFC 8200 §4.5, RFC 5722 and RFC 7112 refuse. */
export const brokenPieces: Kind = (n) => {
  const to = n.self();
  const id = n.random.u32();
  const of = (offset: number, more: boolean, bytes: Uint8Array, next = Protocol.ICMP6) =>
    piece(world.correspondent, to, next, [offset, more, id], bytes);
  const eight = new Uint8Array(8);
  const first = of(0, true, concat(be(8, 128, 0, 0, 0, 0, 7, 0, 1), new Uint8Array(56)));
  const lists: Uint8Array[][] = [
    [of(0, true, new Uint8Array(13))],
    [of(8, false, new Uint8Array(0))],
    [of(65528, true, new Uint8Array(16))],
    [first, of(56, false, new Uint8Array(24))],
    [first, of(64, false, eight), of(96, true, eight)],
    [first, of(64, false, eight), of(64, false, new Uint8Array(5))],
    [first, of(1696, true, new Uint8Array(64))],
    [of(0, true, synchronize().subarray(0, 16), Protocol.TCP)],
    [of(0, true, be(8, 58, 0, 1, 4, 0, 0, 0, 0), Protocol.OPTIONS)],
    [ip6(world.correspondent, to, Protocol.FRAGMENT, be(8, 58, 0, 0, 1))],
    [of(0, false, concat(be(8, 128, 0, 0, 0, 0, 7, 0, 1)))],
  ];
  return n.pick(lists).map((packet) => n.fromRouter(packet));
};

/** More sets at a time than an image collects; what is left of them expires after a minute. */
export function overload(network: Network): void {
  const start = (): Arrival => {
    const message = concat(be(8, 128, 0, 0, 0, 0, 7, 0, 1), new Uint8Array(56));
    const set: [number, boolean, number] = [0, true, network.random.u32()];
    return network.fromRouter(piece(world.correspondent, network.self(), Protocol.ICMP6, set, message));
  };
  network.look();
  network.hand(Array.from({ length: 5 }, start), 0);
  if (network.random.chance(0.5)) network.stage.pass(3000);
  network.hand([start(), start()], 0);
  network.wait(network.pick([1000, 61000]), 5000);
}
