import { addrCopy, addrEq, addrZero, isUnspecified } from "../base/addr";
import { ANYCASTS } from "../base/config";

/** Anycast addresses that this node asks (`seconds` > 0), serves (`unicast` not ::), or both: docs/anycast-identifier.md §3, §4. */
@unmanaged
export class Anycast {
  hi: u64;
  lo: u64;
  unicastHi: u64; // where answers come from
  unicastLo: u64;
  keyId: u16; // requests ask for the authenticated form under this key, 0 = the plain form is enough
  seconds: u16; // that a request waits for its answer
  pad: u32;
}
const STRIDE: usize = offsetof<Anycast>();
const POOL = memory.data(ANYCASTS * offsetof<Anycast>(), 8);
let end: usize = POOL; // behind the last row that was ever taken

export function unicastOf(a: Anycast): usize {
  return changetype<usize>(a) + offsetof<Anycast>("unicastHi");
}
export function serves(a: Anycast): bool {
  return !isUnspecified(unicastOf(a));
}
/** The row of an address, or null. */
export function findAnycast(address: usize): Anycast | null {
  for (let at = POOL; at < end; at += STRIDE) if (addrEq(at, address)) return changetype<Anycast>(at);
  return null;
}
/** The same, made when it is new; null when the table is full. */
export function putAnycast(address: usize): Anycast | null {
  const known = findAnycast(address);
  if (known) return known;
  let at = POOL;
  while (at < end && !isUnspecified(at)) at += STRIDE;
  if (at == POOL + <usize>ANYCASTS * STRIDE) return null;
  if (at == end) end += STRIDE;
  addrCopy(at, address);
  return changetype<Anycast>(at);
}
/** Frees the row of an address that is neither asked nor served any more. */
export function releaseAnycast(a: Anycast): void {
  if (a.seconds == 0 && !serves(a)) addrZero(changetype<usize>(a));
}
/** Were there ever any? Packets are spared the look where nothing was configured. */
export function anyAnycasts(): bool {
  return end != POOL;
}
