import { addrCopy, addrEq } from "../base/addr";
import { ANYCAST_SERVERS, PC } from "../base/config";
import { hashAddr } from "../base/hash";

/**
 * Servers that a boundary router knows, docs/anycast-identifier.md §5, §6: a row for each pair of unicast and anycast address, live or known by
 * the sequence number that it left behind. It remembers; roles/boundary-router decides.
 */
@unmanaged
export class Server {
  hi: u64; // unicast address
  lo: u64;
  sequence: u64; // highest accepted in `epoch`
  expires: u64; // ms, u64.MAX_VALUE = by hand
  next: i32; // in the bucket of both addresses; here and below row + 1, 0 = none
  same: i32; // in the bucket of the unicast address
  child: i32; // live: in the heap of the anycast address
  right: i32; // live: next sibling in the heap; else next in the list of its state
  left: i32; // live: previous sibling or parent; else previous in the list
  dirty: i32; // next of the rows whose record is to be written, -1 = last of them; 0 = the row is not among them
  anycast: i32; // row of tables/boundary-anycasts.ts
  epoch: u32; // number of the epoch that `sequence` belongs to
  lifetime: u16; // granted, seconds; 0 = by hand
  keyId: u16; // 0 = by hand
  cost: u8;
  hops: u8;
  state: u8; // ServerState
  pad: u8;
}
export enum ServerState {
  FREE = 0,
  LIVE = 1,
  ENDED = 2,
}
export const FOR_EVER: u64 = u64.MAX_VALUE;
const STRIDE: usize = offsetof<Server>();
const POOL = memory.data(ANYCAST_SERVERS * offsetof<Server>(), 8);
const BUCKETS: u32 = PC ? 131072 : 32; // a power of two
const PAIRS = memory.data((PC ? 131072 : 32) * 4, 4);
const UNICASTS = memory.data((PC ? 131072 : 32) * 4, 4);
const FIRST = memory.data(12, 4); // of the free and the ended rows, by state
let rows: i32 = 0; // rows from this one on were never taken
let dirty: i32 = 0;

export function server(row: i32): Server {
  return changetype<Server>(POOL + <usize>row * STRIDE);
}
export function serverRow(s: Server): i32 {
  return <i32>((changetype<usize>(s) - POOL) / STRIDE);
}
/** Rows in use have numbers below this. */
export function serverRows(): i32 {
  return rows;
}
function pairHead(unicast: usize, anycast: i32): usize {
  return PAIRS + ((<usize>(hashAddr(unicast, <u32>anycast) & (BUCKETS - 1))) << 2);
}
function unicastHead(unicast: usize): usize {
  return UNICASTS + ((<usize>(hashAddr(unicast, u32.MAX_VALUE) & (BUCKETS - 1))) << 2);
}
/** The row of a unicast address and the row of an anycast address, live or ended, or null. */
export function findServer(unicast: usize, anycast: i32): Server | null {
  for (let i = load<i32>(pairHead(unicast, anycast)); i != 0; ) {
    const s = server(i - 1);
    if (s.anycast == anycast && addrEq(changetype<usize>(s), unicast)) return s;
    i = s.next;
  }
  return null;
}
export function isLive(s: Server, now: u64): bool {
  return s.state == ServerState.LIVE && s.expires > now;
}
export function isByHand(s: Server): bool {
  return s.state == ServerState.LIVE && s.expires == FOR_EVER;
}
/** Is the unicast address registered under another key, for whichever anycast address? */
export function isClaimed(unicast: usize, keyId: u32, now: u64): bool {
  for (let i = load<i32>(unicastHead(unicast)); i != 0; ) {
    const s = server(i - 1);
    if (addrEq(changetype<usize>(s), unicast) && <u32>s.keyId != keyId && s.keyId != 0 && isLive(s, now)) return true;
    i = s.same;
  }
  return false;
}
/** A row for a pair that has none, ENDED, at `row` or (-1) at a free one; null when there is none or `row` is taken. */
export function newServer(unicast: usize, anycast: i32, row: i32): Server | null {
  if (row >= ANYCAST_SERVERS) return null;
  while (rows <= row) putInList(rows++, ServerState.FREE);
  let at = row;
  if (at < 0) at = load<i32>(FIRST) - 1;
  if (at < 0) {
    if (rows == ANYCAST_SERVERS) return null;
    at = rows;
    putInList(rows++, ServerState.FREE);
  }
  const s = server(at);
  if (s.state != ServerState.FREE) return null;
  takeFromList(s);
  const waits = s.dirty;
  memory.fill(changetype<usize>(s), 0, STRIDE);
  s.dirty = waits;
  addrCopy(changetype<usize>(s), unicast);
  s.anycast = anycast;
  const pair = pairHead(unicast, anycast);
  s.next = load<i32>(pair);
  store<i32>(pair, at + 1);
  const own = unicastHead(unicast);
  s.same = load<i32>(own);
  store<i32>(own, at + 1);
  putInList(at, ServerState.ENDED);
  return s;
}
/** Frees the row of an ENDED server. */
export function freeServer(s: Server): void {
  const row = serverRow(s) + 1;
  unlink(pairHead(changetype<usize>(s), s.anycast), row, offsetof<Server>("next"));
  unlink(unicastHead(changetype<usize>(s)), row, offsetof<Server>("same"));
  takeFromList(s);
  putInList(row - 1, ServerState.FREE);
}
function unlink(link: usize, row: i32, field: usize): void {
  while (load<i32>(link) != row) link = changetype<usize>(server(load<i32>(link) - 1)) + field;
  store<i32>(link, load<i32>(changetype<usize>(server(row - 1)) + field));
}
/** Frees the rows of all ENDED servers, and what they remember. False when there was none. */
export function freeEnded(): bool {
  const first = FIRST + ((<usize>ServerState.ENDED) << 2);
  const any = load<i32>(first) != 0;
  while (load<i32>(first) != 0) freeServer(server(load<i32>(first) - 1));
  return any;
}
/** Puts a row that is in no list and no heap into the list of a state. */
export function putInList(row: i32, state: ServerState): void {
  const s = server(row);
  const first = FIRST + ((<usize>state) << 2);
  s.state = <u8>state;
  s.left = 0;
  s.right = load<i32>(first);
  if (s.right != 0) server(s.right - 1).left = row + 1;
  store<i32>(first, row + 1);
}
export function takeFromList(s: Server): void {
  if (s.left == 0) store<i32>(FIRST + ((<usize>s.state) << 2), s.right);
  else server(s.left - 1).right = s.right;
  if (s.right != 0) server(s.right - 1).left = s.left;
}
/** The row's record is to be written, or forgotten. */
export function putDirty(s: Server): void {
  if (s.dirty != 0) return;
  s.dirty = dirty == 0 ? -1 : dirty;
  dirty = serverRow(s) + 1;
}
/** Takes a row whose record is to be written, or null. */
export function takeDirty(): Server | null {
  if (dirty == 0) return null;
  const s = server(dirty - 1);
  dirty = s.dirty < 0 ? 0 : s.dirty;
  s.dirty = 0;
  return s;
}
