import { addrCopy, addrEq, prefixEq, prefixMask } from "../base/addr";
import { PREFIXES } from "../base/config";

/** Prefix list, RFC 4861 §5.1, with the router that a prefix was heard from last. */
@unmanaged
export class Prefix {
  hi: u64;
  lo: u64;
  routerHi: u64;
  routerLo: u64;
  until: u64; // end of the valid lifetime, ms; 0 = the row is free
  len: u8;
  port: u8;
  routed: u8; // the on-link route is ours to take away
  pad: u8;
  pad2: u32;
}
const STRIDE: usize = offsetof<Prefix>();
const POOL = memory.data(PREFIXES * offsetof<Prefix>(), 8);
const END: usize = POOL + <usize>PREFIXES * STRIDE;

export function firstPrefix(): usize {
  return POOL;
}
/** Rows are walked by `for (let p = firstPrefix(); p != 0; p = nextPrefix(p))`; skip those with `until` 0. */
export function nextPrefix(p: usize): usize {
  return p + STRIDE < END ? p + STRIDE : 0;
}
export function prefixRouter(p: Prefix): usize {
  return changetype<usize>(p) + offsetof<Prefix>("routerHi");
}
/** The row of exactly this prefix on a port, or null. */
export function findPrefix(a: usize, len: i32, port: u32): Prefix | null {
  for (let p = POOL; p < END; p += STRIDE) {
    const r = changetype<Prefix>(p);
    if (r.until != 0 && <i32>r.len == len && <u32>r.port == port && prefixEq(p, a, len)) return r;
  }
  return null;
}
/** A row that covers an address on a port, or null. */
export function coveringPrefix(a: usize, port: u32): Prefix | null {
  for (let p = POOL; p < END; p += STRIDE) {
    const r = changetype<Prefix>(p);
    if (r.until != 0 && <u32>r.port == port && prefixEq(p, a, r.len)) return r;
  }
  return null;
}
/** Was anything on the port learnt from this router? */
export function heardFrom(router: usize, port: u32): bool {
  for (let p = POOL; p < END; p += STRIDE) {
    const r = changetype<Prefix>(p);
    if (r.until != 0 && <u32>r.port == port && addrEq(prefixRouter(r), router)) return true;
  }
  return false;
}
/** A new row, masked to its length, or null when the list is full: what is known is never pushed out. */
export function newPrefix(a: usize, len: i32, port: u32): Prefix | null {
  for (let p = POOL; p < END; p += STRIDE) {
    const r = changetype<Prefix>(p);
    if (r.until != 0) continue;
    memory.fill(p, 0, STRIDE);
    addrCopy(p, a);
    prefixMask(p, len);
    r.len = <u8>len;
    r.port = <u8>port;
    return r;
  }
  return null;
}
