import { addrCopy, addrEq } from "../base/addr";
import { NEIGHBOURS, PC } from "../base/config";
import { hashAddr } from "../base/hash";

/** Neighbour cache, RFC 4861 §5.1. It remembers; engine/nd.ts decides. */
@unmanaged
export class Neighbour {
  hi: u64;
  lo: u64;
  due: u64; // when the state ends, ms; 0 = never by itself
  usedAt: u64;
  mac0: u32;
  mac1: u16;
  port: u8;
  router: u8;
  state: i32; // NeighbourState
  queue: u32; // packets that wait for the address
  next: i32; // in the bucket, -1 = last
  probes: u8; // sent so far in this state
  queued: u8;
  pad: u16;
}
/** RFC 4861 §7.3.2; NONE = the row is free. */
export enum NeighbourState {
  NONE = 0,
  INCOMPLETE = 1,
  REACHABLE = 2,
  STALE = 3,
  DELAY = 4,
  PROBE = 5,
}
const BUCKETS: i32 = NEIGHBOURS;
const STRIDE: usize = offsetof<Neighbour>();
const POOL = memory.data(NEIGHBOURS * offsetof<Neighbour>(), 8);
const HEADS = memory.data(BUCKETS * 4, 4);
// Rows found last, by the last byte of the address: most packets are spared the hash.
const RECENT_ROWS: usize = PC ? 256 : 4;
const RECENT = memory.data((PC ? 256 : 4) * 4, 4);
let incomplete: i32 = 0;
let hand: i32 = 0;

export function neighbour(i: i32): Neighbour {
  return changetype<Neighbour>(POOL + <usize>i * STRIDE);
}
export function neighbourMac(n: Neighbour): usize {
  return changetype<usize>(n) + offsetof<Neighbour>("mac0");
}
function head(a: usize, port: u32): usize {
  return HEADS + ((<usize>(hashAddr(a, port) % <u32>BUCKETS)) << 2);
}
/** The row of an address on a port, or null. */
export function findNeighbour(a: usize, port: u32): Neighbour | null {
  const recent = RECENT + ((<usize>load<u8>(a, 15) & (RECENT_ROWS - 1)) << 2);
  const n = neighbour(load<i32>(recent));
  if (n.state != NeighbourState.NONE && isAt(n, a, port)) return n;
  for (let i = load<i32>(head(a, port)) - 1; i >= 0; ) {
    const n = neighbour(i);
    if (isAt(n, a, port)) {
      store<i32>(recent, i);
      return n;
    }
    i = n.next;
  }
  return null;
}
function isAt(n: Neighbour, a: usize, port: u32): bool {
  return addrEq(changetype<usize>(n), a) && <u32>n.port == port;
}
export function setState(n: Neighbour, state: NeighbourState, due: u64): void {
  if (n.state == NeighbourState.INCOMPLETE) incomplete--;
  if (state == NeighbourState.INCOMPLETE) incomplete++;
  n.state = state;
  n.due = due;
}
/** What a row is worth when the table is full: the least goes first, -1 stays. Who answered lately stays longest. */
function worth(n: Neighbour): i32 {
  if (n.queue != 0 || n.state == NeighbourState.INCOMPLETE) return -1;
  const live = n.state == NeighbourState.REACHABLE ? 2 : n.state == NeighbourState.STALE ? 0 : 1;
  return n.router ? live + 3 : live;
}
/**
 * A new row, or null: at most half of the table may be INCOMPLETE, so that a scan cannot push out live neighbours
 * (RFC 6583). When full, the row of least worth goes, and of those the one that was used longest ago.
 */
export function newNeighbour(a: usize, port: u32, state: NeighbourState, due: u64): Neighbour | null {
  if (state == NeighbourState.INCOMPLETE && incomplete >= NEIGHBOURS >> 1) return null;
  let row = -1;
  let least = 0;
  for (let k = 0; k < NEIGHBOURS; k++) {
    const i = (hand + k) % NEIGHBOURS;
    const n = neighbour(i);
    if (n.state == NeighbourState.NONE) {
      row = i;
      break;
    }
    const w = worth(n);
    if (w < 0) continue;
    if (row < 0 || w < least || (w == least && n.usedAt < neighbour(row).usedAt)) {
      row = i;
      least = w;
    }
    if (NEIGHBOURS > 64 && k > 64 && least == 0) break;
  }
  if (row < 0) return null;
  hand = (row + 1) % NEIGHBOURS;
  const n = neighbour(row);
  if (n.state != NeighbourState.NONE) forget(n);
  memory.fill(changetype<usize>(n), 0, STRIDE);
  addrCopy(changetype<usize>(n), a);
  n.port = <u8>port;
  const h = head(a, port);
  n.next = load<i32>(h) - 1;
  store<i32>(h, row + 1);
  setState(n, state, due);
  return n;
}
/** Of the rows that are INCOMPLETE the one that has been so for longest. */
export function oldestIncomplete(): Neighbour | null {
  let oldest: Neighbour | null = null;
  for (let i = 0; i < NEIGHBOURS; i++) {
    const n = neighbour(i);
    if (n.state == NeighbourState.INCOMPLETE && (!oldest || n.usedAt < oldest.usedAt)) oldest = n;
  }
  return oldest;
}
/** Takes the row out; its queue must be empty. */
export function forget(n: Neighbour): void {
  const row = <i32>((changetype<usize>(n) - POOL) / STRIDE);
  const h = head(changetype<usize>(n), n.port);
  if (load<i32>(h) - 1 == row) store<i32>(h, n.next + 1);
  else {
    let i = load<i32>(h) - 1;
    while (neighbour(i).next != row) i = neighbour(i).next;
    neighbour(i).next = n.next;
  }
  setState(n, NeighbourState.NONE, 0);
}
