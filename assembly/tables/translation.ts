import { addrCopy, addrEq } from "../base/addr";
import { TRANSLATIONS } from "../base/config";
import { hashAddr } from "../base/hash";

/** IPv4-IPv6 translation table 230 (Fig. 6): IPv6 address 231, IPv4 address 232, lifetime 233. */
@unmanaged
export class Translation {
  hi: u64;
  lo: u64;
  expires: u64; // ms; u64.MAX_VALUE = for ever; 0 = free
  ip4: u32; // wire order
  flags: i32; // TranslationFlag
  next6: i32; // in the bucket, -1 = last
  next4: i32;
}
export enum TranslationFlag {
  /** Our own home address. */
  OWN = 1,
  /** From the configuration; never recycled. */
  FIXED = 2,
  /** The application sent to it or was told of it. Without: only drawn because somebody out there sent something. */
  USED = 4,
}
const KEPT: i32 = TranslationFlag.OWN | TranslationFlag.FIXED;
const BUCKETS: i32 = TRANSLATIONS;
const STRIDE: usize = offsetof<Translation>();
const POOL = memory.data(TRANSLATIONS * offsetof<Translation>(), 8);
const HEADS6 = memory.data(BUCKETS * 4, 4); // row + 1
const HEADS4 = memory.data(BUCKETS * 4, 4);
const KEY4 = memory.data(16, 8);

export function translation(i: i32): Translation {
  return changetype<Translation>(POOL + <usize>i * STRIDE);
}
function head6(a: usize): usize {
  return HEADS6 + ((<usize>(hashAddr(a, 6) % <u32>BUCKETS)) << 2);
}
function head4(ip4: u32): usize {
  store<u32>(KEY4, ip4);
  return HEADS4 + ((<usize>(hashAddr(KEY4, 4) % <u32>BUCKETS)) << 2);
}
export function translation6(a: usize): Translation | null {
  for (let i = load<i32>(head6(a)) - 1; i >= 0; i = translation(i).next6) {
    if (addrEq(changetype<usize>(translation(i)), a)) return translation(i);
  }
  return null;
}
export function translation4(ip4: u32): Translation | null {
  for (let i = load<i32>(head4(ip4)) - 1; i >= 0; i = translation(i).next4) {
    if (translation(i).ip4 == ip4) return translation(i);
  }
  return null;
}
let own: i32 = 0; // where the row was last found
/** The row of our own home address, or null. */
export function ownTranslation(): Translation | null {
  if (isOwn(translation(own))) return translation(own);
  for (let i = 0; i < TRANSLATIONS; i++) {
    if (!isOwn(translation(i))) continue;
    own = i;
    return translation(i);
  }
  return null;
}
function isOwn(t: Translation): bool {
  return t.expires != 0 && (t.flags & TranslationFlag.OWN) != 0;
}
/** A new row; null when all are in use. Both addresses must be new to the table. */
export function newTranslation(a: usize, ip4: u32, expires: u64, flags: i32): Translation | null {
  for (let i = 0; i < TRANSLATIONS; i++) {
    const t = translation(i);
    if (t.expires != 0) continue;
    addrCopy(changetype<usize>(t), a);
    t.ip4 = ip4;
    t.expires = expires;
    t.flags = flags;
    const h6 = head6(a);
    t.next6 = load<i32>(h6) - 1;
    store<i32>(h6, i + 1);
    const h4 = head4(ip4);
    t.next4 = load<i32>(h4) - 1;
    store<i32>(h4, i + 1);
    return t;
  }
  return null;
}
export function isKept(t: Translation): bool {
  return (t.flags & KEPT) != 0;
}
/**
 * The dynamic row that expires soonest and not after `limit`, or null: what a full table may give up. With `anyUnused` a row that the
 * application never used goes first, however fresh. `prefix` and `mask` (wire order) bound the row's IPv4 address.
 */
export function soonestTranslation(limit: u64, anyUnused: bool, prefix: u32, mask: u32): Translation | null {
  let best: Translation | null = null;
  let bestUnused: bool = false;
  for (let i = 0; i < TRANSLATIONS; i++) {
    const t = translation(i);
    if (t.expires == 0 || isKept(t) || (t.ip4 & mask) != prefix) continue;
    const unused: bool = anyUnused && (t.flags & TranslationFlag.USED) == 0;
    if (!unused && t.expires > limit) continue;
    if (best && (bestUnused != unused ? bestUnused : t.expires >= best.expires)) continue;
    best = t;
    bestUnused = unused;
  }
  return best;
}
export function deleteTranslation(t: Translation): void {
  const row = <i32>((changetype<usize>(t) - POOL) / STRIDE);
  unlink(head6(changetype<usize>(t)), row, offsetof<Translation>("next6"));
  unlink(head4(t.ip4), row, offsetof<Translation>("next4"));
  t.expires = 0;
}
/** Takes `row` out of the list at `head`; the links lie at `field` of each row. */
function unlink(head: usize, row: i32, field: usize): void {
  const after = load<i32>(changetype<usize>(translation(row)) + field);
  let i = load<i32>(head) - 1;
  if (i == row) {
    store<i32>(head, after + 1);
    return;
  }
  while (load<i32>(changetype<usize>(translation(i)) + field) != row)
    i = load<i32>(changetype<usize>(translation(i)) + field);
  store<i32>(changetype<usize>(translation(i)) + field, after);
}
