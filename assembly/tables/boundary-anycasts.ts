import { addrCopy, addrEq } from "../base/addr";
import { ANYCASTS, PC } from "../base/config";

/** Anycast addresses of a boundary router, docs/anycast-identifier.md §5. A row stays: its number names it in rows of servers. */
@unmanaged
export class Anycast {
  hi: u64;
  lo: u64;
  next: i32; // in the bucket; here and below row + 1, 0 = none
  nearest: i32; // top of the heap of its live servers, tables/anycast-nearest.ts
  told: i32; // the server that was told to be nearest
  listed: u8; // configured; else only known from records
  routed: u8; // has a route
  used: u8;
  pad: u8;
}
const STRIDE: usize = offsetof<Anycast>();
const POOL = memory.data(ANYCASTS * offsetof<Anycast>(), 8);
const BUCKETS: u32 = PC ? 1024 : 8; // a power of two
const HEADS = memory.data((PC ? 1024 : 8) * 4, 4);

export function anycast(row: i32): Anycast {
  return changetype<Anycast>(POOL + <usize>row * STRIDE);
}
export function anycastRow(a: Anycast): i32 {
  return <i32>((changetype<usize>(a) - POOL) / STRIDE);
}
/** Who configures the router chooses them, so nothing secret is needed to hash them. */
function head(s: usize): usize {
  const folded = load<u32>(s) ^ load<u32>(s, 4) ^ load<u32>(s, 8) ^ load<u32>(s, 12);
  return HEADS + ((<usize>(((folded * 0x9e3779b1) >> 16) & (BUCKETS - 1))) << 2);
}
/** The row of an address, configured or not, or null. */
export function findAnycast(s: usize): Anycast | null {
  for (let i = load<i32>(head(s)); i != 0; ) {
    const a = anycast(i - 1);
    if (addrEq(changetype<usize>(a), s)) return a;
    i = a.next;
  }
  return null;
}
/** One of the router's own, or null. */
export function ownAnycast(s: usize): Anycast | null {
  const a = findAnycast(s);
  return a && a.listed ? a : null;
}
/** The row of an address, made when it is new; null when the table is full. */
export function putAnycast(s: usize): Anycast | null {
  const known = findAnycast(s);
  if (known) return known;
  for (let i = 0; i < ANYCASTS; i++) {
    const a = anycast(i);
    if (a.used) continue;
    addrCopy(changetype<usize>(a), s);
    a.used = 1;
    a.next = load<i32>(head(s));
    store<i32>(head(s), i + 1);
    return a;
  }
  return null;
}
/** Takes a row without servers away. */
export function dropAnycast(a: Anycast): void {
  const row = anycastRow(a) + 1;
  let link = head(changetype<usize>(a));
  while (load<i32>(link) != row) link = changetype<usize>(anycast(load<i32>(link) - 1)) + offsetof<Anycast>("next");
  store<i32>(link, a.next);
  memory.fill(changetype<usize>(a), 0, STRIDE);
}
