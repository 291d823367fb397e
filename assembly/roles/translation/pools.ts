import { Event } from "../../abi/event";
import { addrCopy, isHost, prefixEq } from "../../base/addr";
import { put32 } from "../../base/bytes";
import { now } from "../../engine/clock";
import { emit } from "../../engine/events";
import {
  deleteTranslation,
  isKept,
  newTranslation,
  soonestTranslation,
  Translation,
  TranslationFlag,
  translation4,
  translation6,
} from "../../tables/translation";
import { isHost4 } from "../../wire/ip4";

// Virtual address pools, RFC 6535 §3.3: IPv4 addresses that stand for IPv6 addresses, IPv6 addresses that stand for IPv4 literals.

/** A dynamic row lives this long after its last packet. */
const IDLE_MS: u64 = 3600000;
/**
 * One that was used within this time is not given up for another, but what the application never used goes when it needs a row:
 * strangers who fill the pool do not keep it from reaching somebody new. Longer than any name is remembered (dns.ts).
 */
export const BUSY_MS: u64 = 120000;

let pool4: u32 = 0; // host order
let size4: u32 = 0; // addresses in the pool, 0 = no pool
let next4: u32 = 0;
let literals: bool = false;
const POOL6 = memory.data(16, 8);
const drawn = memory.data(16, 8);
let bits6: i32 = 0; // 0 = no pool
let next6: u32 = 0;

export function setPool4(prefix: u32, bits: i32, withLiterals: bool): void {
  size4 = bits >= 31 ? 0 : (<u32>1) << (32 - bits);
  pool4 = bswap<u32>(prefix) & ~(size4 - 1);
  next4 = 2;
  literals = withLiterals;
}
export function setPool6(prefix: usize, bits: i32): void {
  addrCopy(POOL6, prefix);
  bits6 = bits;
  next6 = 1;
}
/** The translator's own IPv4 address, wire order: first of the pool. Source of errors whose IPv6 source has no row (RFC 6791). */
export function gateway4(): u32 {
  return size4 == 0 ? bswap<u32>(0xc0000008) : bswap<u32>(pool4 + 1);
}
export function inPool4(ip4: u32): bool {
  return size4 != 0 && (bswap<u32>(ip4) & ~(size4 - 1)) == pool4;
}
/** Renews a dynamic row because a packet used it. */
function touch(t: Translation, flags: i32): Translation {
  if (isKept(t)) return t;
  t.expires = now() + IDLE_MS;
  t.flags |= flags;
  return t;
}
/**
 * The row of an IPv6 address; an unknown one draws on the IPv4 pool. `flags`: USED when it is the application that needs it. Null = the
 * pool or the table is exhausted.
 */
export function mapFrom6(a: usize, flags: i32): Translation | null {
  const known = translation6(a);
  if (known) return touch(known, flags);
  if (carriesLiteral(a)) return add(a, load<u32>(a, 12), flags);
  const ip4 = draw4(flags);
  return ip4 == 0 ? null : add(a, ip4, flags);
}
/** An address of the IPv6 pool stands for an IPv4 literal and carries it (RFC 6052), if no row nor pool owns that. */
function carriesLiteral(a: usize): bool {
  const ip4 = load<u32>(a, 12);
  return literals && bits6 == 96 && prefixEq(a, POOL6, 96) && isHost4(ip4) && !inPool4(ip4) && !translation4(ip4);
}
/** May an IPv4 address without a row get one? */
export function isLiteral(ip4: u32): bool {
  return literals && bits6 != 0 && !inPool4(ip4);
}
/** The row of an IPv4 address; an unknown one draws on the IPv6 pool where that is configured. Null = none. */
export function mapFrom4(ip4: u32): Translation | null {
  const known = translation4(ip4);
  if (known) return touch(known, TranslationFlag.USED);
  if (!isLiteral(ip4)) return null;
  addrCopy(drawn, POOL6);
  if (bits6 == 96) store<u32>(drawn, ip4, 12);
  else {
    do put32(drawn + 12, next6++);
    while (translation6(drawn) != null);
  }
  return add(drawn, ip4, TranslationFlag.USED);
}
function add(a: usize, ip4: u32, flags: i32): Translation | null {
  let t = newTranslation(a, ip4, now() + IDLE_MS, flags);
  if (!t && giveUp(flags, 0, 0) != 0) t = newTranslation(a, ip4, now() + IDLE_MS, flags);
  if (t) emit(Event.TRANSLATION, 1, a, 0, ip4, flags & TranslationFlag.OWN);
  return t;
}
/** Next free address of the pool, wire order; 0 = exhausted. Network, gateway and broadcast addresses are never given. */
function draw4(flags: i32): u32 {
  if (size4 < 4) return 0;
  for (let tries: u32 = 0; tries < size4; tries++) {
    if (next4 >= size4 - 1) next4 = 2;
    const ip4 = bswap<u32>(pool4 + next4++);
    if (!translation4(ip4)) return ip4;
  }
  return giveUp(flags, bswap<u32>(pool4), bswap<u32>(~(size4 - 1)));
}
/** Gives up a row whose IPv4 address has the prefix; that address, 0 = all are in use. */
function giveUp(flags: i32, prefix: u32, mask: u32): u32 {
  const old = soonestTranslation(now() + IDLE_MS - BUSY_MS, (flags & ~TranslationFlag.FIXED) != 0, prefix, mask);
  if (!old) return 0;
  const ip4 = old.ip4;
  remove(old);
  return ip4;
}
function remove(t: Translation): void {
  emit(Event.TRANSLATION, 0, changetype<usize>(t), 0, t.ip4, 0);
  deleteTranslation(t);
}
/** Can the two stand for each other at all? */
export function isPair(a: usize, ip4: u32): bool {
  return isHost(a) && isHost4(ip4);
}
/** A row by hand; replaces dynamic rows of the same addresses. False = table full or contradiction. */
export function fix(a: usize, ip4: u32, flags: i32): bool {
  const of6 = translation6(a);
  if (of6 && of6.ip4 == ip4) {
    of6.flags |= flags;
    of6.expires = u64.MAX_VALUE;
    return true;
  }
  const of4 = translation4(ip4);
  if ((of6 && isKept(of6)) || (of4 && isKept(of4))) return false;
  if (of6) remove(of6);
  if (of4) remove(of4);
  if (!newTranslation(a, ip4, u64.MAX_VALUE, flags)) return false;
  emit(Event.TRANSLATION, 1, a, 0, ip4, 0);
  return true;
}
