import { addrCopy, addrEq, isUnspecified, prefixHalf } from "../base/addr";
import { PC, ROUTES } from "../base/config";

// Routes: longest prefix first. One hash table for all lengths; a look-up tries each length that is in use, longest first,
// so its cost grows with the number of different lengths, not with the number of routes.
@unmanaged
export class Route {
  hi: u64; // prefix, masked
  lo: u64;
  hopHi: u64; // next hop; :: = the destination itself is on the link
  hopLo: u64;
  next: i32; // in the bucket, -1 = last
  len: u8;
  port: u8;
  used: u8;
  pad: u8;
}
const BUCKETS: i32 = ROUTES * 2;
const POOL = memory.data(ROUTES * offsetof<Route>(), 8);
const HEADS = memory.data(BUCKETS * 4, 4); // row + 1
// Lengths in use, longest first: {u64 mask hi, u64 mask lo, i32 length, i32 rows}
const LENGTHS = memory.data((PC ? 129 : ROUTES + 1) * 24, 8);
let lengths: i32 = 0;
let freeRow: i32 = 0;
let version: u32 = 1;

/** Rises with every change: who remembers what a look-up found looks again. */
export function routesVersion(): u32 {
  return version;
}

export function route(i: i32): Route {
  return changetype<Route>(POOL + <usize>i * offsetof<Route>());
}
function bucket(hi: u64, lo: u64, len: i32): usize {
  if (!PC) {
    // 32-bit processors multiply 64 bits slowly, and a board's table is small.
    const words = hi ^ lo;
    const folded = <u32>words ^ <u32>(words >> 32) ^ <u32>len;
    return HEADS + ((<usize>((folded * 0x9e3779b1) >> 16) % <usize>BUCKETS) << 2);
  }
  let h = (hi ^ <u64>len) * 0x9e3779b97f4a7c15;
  h = (h ^ (h >> 32) ^ lo) * 0xff51afd7ed558ccd;
  return HEADS + ((<usize>((h >> 33) % <u64>BUCKETS)) << 2);
}
// The destination that was sent to last and its row, 0 = none: a board's packets come in flows.
const LAST = memory.data(16, 8);
let last: usize = 0;

/** `findRoute` for a packet on its way out. */
export function routeTo(dst: usize): Route | null {
  if (PC) return findRoute(dst);
  if (last == 0 || !addrEq(dst, LAST)) {
    last = changetype<usize>(findRoute(dst));
    addrCopy(LAST, dst);
  }
  return changetype<Route | null>(last);
}
/** Longest match for a destination, or null. */
export function findRoute(dst: usize): Route | null {
  const hi = load<u64>(dst);
  const lo = load<u64>(dst, 8);
  const end = LENGTHS + <usize>(lengths * 24);
  for (let l = LENGTHS; l < end; l += 24) {
    const h = hi & load<u64>(l);
    const w = lo & load<u64>(l, 8);
    const len = load<i32>(l, 16);
    for (let i = load<i32>(bucket(h, w, len)) - 1; i >= 0; ) {
      const r = route(i);
      if (r.hi == h && r.lo == w && <i32>r.len == len) return r;
      i = r.next;
    }
  }
  return null;
}
/** The row of exactly this prefix, or null. */
export function exactRoute(prefix: usize, len: i32): Route | null {
  const h = load<u64>(prefix) & prefixHalf(len);
  const w = load<u64>(prefix, 8) & prefixHalf(len - 64);
  for (let i = load<i32>(bucket(h, w, len)) - 1; i >= 0; ) {
    const r = route(i);
    if (r.hi == h && r.lo == w && <i32>r.len == len) return r;
    i = r.next;
  }
  return null;
}
/** Adds a route or replaces the one of the same prefix; `hop` is an address, :: or 0 for on-link. False when full. */
export function putRoute(prefix: usize, len: i32, hop: usize, port: u32): bool {
  last = 0;
  version++;
  let r = exactRoute(prefix, len);
  if (!r) {
    let i = freeRow;
    while (i < ROUTES && route(i).used) i++;
    if (i == ROUTES) return false;
    freeRow = i + 1;
    r = route(i);
    r.hi = load<u64>(prefix) & prefixHalf(len);
    r.lo = load<u64>(prefix, 8) & prefixHalf(len - 64);
    r.len = <u8>len;
    r.used = 1;
    const head = bucket(r.hi, r.lo, len);
    r.next = load<i32>(head) - 1;
    store<i32>(head, i + 1);
    addLength(len, 1);
  }
  r.hopHi = hop == 0 ? 0 : load<u64>(hop);
  r.hopLo = hop == 0 ? 0 : load<u64>(hop, 8);
  r.port = <u8>port;
  return true;
}
/** Takes a route away; with a next hop given only if it is that one's. */
export function deleteRoute(prefix: usize, len: i32, hop: usize): bool {
  last = 0;
  version++;
  const r = exactRoute(prefix, len);
  if (!r) return false;
  if (hop != 0 && !isUnspecified(hop) && !addrEq(hopOf(r), hop)) return false;
  const row = <i32>((changetype<usize>(r) - POOL) / offsetof<Route>());
  const head = bucket(r.hi, r.lo, len);
  if (load<i32>(head) - 1 == row) store<i32>(head, r.next + 1);
  else {
    let i = load<i32>(head) - 1;
    while (route(i).next != row) i = route(i).next;
    route(i).next = r.next;
  }
  r.used = 0;
  if (row < freeRow) freeRow = row;
  addLength(len, -1);
  return true;
}
export function hopOf(r: Route): usize {
  return changetype<usize>(r) + offsetof<Route>("hopHi");
}
function addLength(len: i32, by: i32): void {
  let i = 0;
  while (i < lengths && load<i32>(LENGTHS + <usize>(i * 24), 16) > len) i++;
  const l = LENGTHS + <usize>(i * 24);
  if (i == lengths || load<i32>(l, 16) != len) {
    memory.copy(l + 24, l, <usize>((lengths - i) * 24));
    store<u64>(l, prefixHalf(len));
    store<u64>(l, prefixHalf(len - 64), 8);
    store<i32>(l, len, 16);
    store<i32>(l, 0, 20);
    lengths++;
  }
  const rows = load<i32>(l, 20) + by;
  store<i32>(l, rows, 20);
  if (rows > 0) return;
  lengths--;
  memory.copy(l, l + 24, <usize>((lengths - i) * 24));
}
