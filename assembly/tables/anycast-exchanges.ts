import { addrCopy, addrEq } from "../base/addr";
import { PC } from "../base/config";

// What the two ends remember of requests: a client's requests (docs/anycast-identifier.md §3) and a server's identifier memory (§4) are tables of the
// same rows. They are found by a hash, and stand in a list in the order in which they give way.

/** A request that was sent, or is to be answered. */
@unmanaged
export class Exchange {
  anycastHi: u64; // S
  anycastLo: u64;
  clientHi: u64; // C
  clientLo: u64;
  nonce: u64; // of the authenticated form
  until: u64; // ms; forgotten from then on, 0 = free
  ports: u32; // the client's and the server's, or an echo's identifier and sequence number, as they lie in the request
  keyId: u16; // 0 = plain form
  protocol: u8;
  answered: u8;
  next: u16; // in its bucket, or free: row + 1, 0 = none; so below
  before: u16; // in the list: gives way earlier
  behind: u16; // gives way later
  bucket: u16;
}
/** One table. */
@unmanaged
export class Exchanges {
  rows: usize;
  heads: usize; // a u16 for each of BUCKETS
  count: i32;
  taken: u16; // rows from this one on were never in use
  free: u16;
  first: u16; // ends of the list
  last: u16;
  soonest: u64; // no row is forgotten before, ms
}
export const EXCHANGE_SIZE: i32 = 64;
export const EXCHANGES_SIZE: i32 = 32;
/** A power of two. A board's few rows are one list. */
export const BUCKETS: u32 = PC ? 4096 : 1;

/** Begins an empty table over zeroed memory: `EXCHANGES_SIZE`, `count` times `EXCHANGE_SIZE`, and a u16 for each of `BUCKETS`. */
export function exchanges(at: usize, rows: usize, heads: usize, count: i32): Exchanges {
  const t = changetype<Exchanges>(at);
  t.rows = rows;
  t.heads = heads;
  t.count = count;
  t.soonest = u64.MAX_VALUE;
  return t;
}
function rowOf(t: Exchanges, number: u32): Exchange {
  return changetype<Exchange>(t.rows + <usize>((number - 1) * EXCHANGE_SIZE));
}
function numberOf(t: Exchanges, r: Exchange): u16 {
  return <u16>(<u32>(changetype<usize>(r) - t.rows) / <u32>EXCHANGE_SIZE + 1);
}
/** Strangers make no rows, so that nobody chooses what falls together: a product is hash enough. */
function bucketOf(client: usize, ports: u32): u32 {
  if (!PC) return 0;
  const words = load<u64>(client) ^ load<u64>(client, 8) ^ (((<u64>ports) << 32) | <u64>ports);
  return <u32>((words * 0x9e3779b97f4a7c15) >> 52) & (BUCKETS - 1);
}
function head(t: Exchanges, bucket: u32): usize {
  return t.heads + ((<usize>bucket) << 1);
}
function clientOf(r: Exchange): usize {
  return changetype<usize>(r) + offsetof<Exchange>("clientHi");
}
/** Row `i` below `count` of a table, in use when its `until` is in the future. */
export function exchange(t: Exchanges, i: i32): Exchange {
  return rowOf(t, <u32>i + 1);
}
/**
 * The oldest row that is not answered, or the newest if all are; null when there is none that is not forgotten. `anycast` 0: of whichever. `nonce`
 * 0: with whichever, else a pointer to it.
 */
export function findExchange(
  t: Exchanges,
  anycast: usize,
  client: usize,
  ports: u32,
  protocol: u32,
  nonce: usize,
  now: u64,
): Exchange | null {
  let best: Exchange | null = null;
  for (let n = load<u16>(head(t, bucketOf(client, ports))); n != 0; ) {
    const r = rowOf(t, n);
    n = r.next;
    if (r.ports != ports || <u32>r.protocol != protocol || r.until <= now || !addrEq(clientOf(r), client)) continue;
    if (anycast != 0 && !addrEq(changetype<usize>(r), anycast)) continue;
    if (nonce != 0 && (r.keyId == 0 || r.nonce != load<u64>(nonce))) continue;
    if (!best || r.answered == 0) best = r;
  }
  return best;
}
/** A row of its own for a request; in a full table the first of the list gives way. Nonce and key id are the caller's. */
export function addExchange(
  t: Exchanges,
  anycast: usize,
  client: usize,
  ports: u32,
  protocol: u32,
  until: u64,
  now: u64,
): Exchange {
  if (t.free == 0 && <i32>t.taken == t.count) makeRoom(t, now);
  let n = <u32>t.free;
  if (n != 0) t.free = rowOf(t, n).next;
  else n = <u32>++t.taken;
  const r = rowOf(t, n);
  addrCopy(changetype<usize>(r), anycast);
  addrCopy(clientOf(r), client);
  r.nonce = 0;
  r.keyId = 0;
  r.answered = 0;
  r.ports = ports;
  r.protocol = <u8>protocol;
  r.until = until;
  if (until < t.soonest) t.soonest = until;
  r.bucket = <u16>bucketOf(client, ports);
  const first = head(t, r.bucket);
  r.next = load<u16>(first);
  store<u16>(first, <u16>n);
  r.before = t.last;
  r.behind = 0;
  if (t.last != 0) rowOf(t, t.last).behind = <u16>n;
  else t.first = <u16>n;
  t.last = <u16>n;
  return r;
}
/** What is forgotten is freed; if nothing is, the first of the list. */
function makeRoom(t: Exchanges, now: u64): void {
  if (t.soonest <= now) {
    let soonest = u64.MAX_VALUE;
    for (let n = t.first; n != 0; ) {
      const r = rowOf(t, n);
      n = r.behind;
      if (r.until <= now) dropExchange(t, r);
      else if (r.until < soonest) soonest = r.until;
    }
    t.soonest = soonest;
  }
  if (t.free == 0) dropExchange(t, rowOf(t, t.first));
}
/** Frees a row. */
export function dropExchange(t: Exchanges, r: Exchange): void {
  const n = numberOf(t, r);
  let link = head(t, r.bucket);
  while (load<u16>(link) != n) link = changetype<usize>(rowOf(t, load<u16>(link))) + offsetof<Exchange>("next");
  store<u16>(link, r.next);
  unlist(t, r);
  r.until = 0;
  r.next = t.free;
  t.free = n;
}
function unlist(t: Exchanges, r: Exchange): void {
  if (r.before != 0) rowOf(t, r.before).behind = r.behind;
  else t.first = r.behind;
  if (r.behind != 0) rowOf(t, r.behind).before = r.before;
  else t.last = r.before;
}
/** A request was answered: its row gives way before all others. */
export function markAnswered(t: Exchanges, r: Exchange): void {
  r.answered = 1;
  unlist(t, r);
  const n = numberOf(t, r);
  r.before = 0;
  r.behind = t.first;
  if (t.first != 0) rowOf(t, t.first).before = n;
  else t.last = n;
  t.first = n;
}
/** Drops the rows of an anycast address. */
export function dropExchanges(t: Exchanges, anycast: usize): void {
  for (let n = t.first; n != 0; ) {
    const r = rowOf(t, n);
    n = r.behind;
    if (addrEq(changetype<usize>(r), anycast)) dropExchange(t, r);
  }
}
