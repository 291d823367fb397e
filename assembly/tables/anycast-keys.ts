import { addrCopy, addrEq } from "../base/addr";
import { ANYCAST_KEYS, PC } from "../base/config";

/** Keys for anycast addresses, docs/anycast-identifier.md §1. It remembers; roles/anycast-keys makes them ready. */
@unmanaged
export class AnycastKey {
  hi: u64; // anycast address
  lo: u64;
  id: u16; // 0 = free
  use: u16; // AnycastKeyUse
  next: u32; // in the bucket of the id, row + 1, 0 = none
  // the key made ready, READY bytes
}
/** HMAC_KEY of crypto/hash.ts. */
const READY: usize = 64;
const STRIDE: usize = offsetof<AnycastKey>() + READY;
const POOL = memory.data(ANYCAST_KEYS * (offsetof<AnycastKey>() + 64), 8);
const BUCKETS: u32 = PC ? 4096 : 4; // a power of two
const HEADS = memory.data((PC ? 4096 : 4) * 4, 4);

function row(i: i32): AnycastKey {
  return changetype<AnycastKey>(POOL + <usize>i * STRIDE);
}
function head(id: u32): usize {
  return HEADS + ((<usize>(id & (BUCKETS - 1))) << 2);
}
/** What `hmacKey` made of it. */
export function readyOf(k: AnycastKey): usize {
  return changetype<usize>(k) + offsetof<AnycastKey>();
}
/** The key of an anycast address by its id, or null. `anycast` 0: of whichever address. */
export function findAnycastKey(anycast: usize, id: u32, use: u32): AnycastKey | null {
  for (let i = load<u32>(head(id)); i != 0; ) {
    const k = row(<i32>i - 1);
    if (<u32>k.id == id && <u32>k.use == use && (anycast == 0 || addrEq(changetype<usize>(k), anycast))) return k;
    i = k.next;
  }
  return null;
}
/** The row of a key, made when it is new; null when the table is full. */
export function putAnycastKey(anycast: usize, id: u32, use: u32): AnycastKey | null {
  const known = findAnycastKey(anycast, id, use);
  if (known) return known;
  let i = 0;
  while (i < ANYCAST_KEYS && row(i).id != 0) i++;
  if (i == ANYCAST_KEYS) return null;
  const k = row(i);
  addrCopy(changetype<usize>(k), anycast);
  k.id = <u16>id;
  k.use = <u16>use;
  k.next = load<u32>(head(id));
  store<u32>(head(id), <u32>i + 1);
  return k;
}
/** Takes a key away, its secret as well. */
export function dropAnycastKey(k: AnycastKey): void {
  const at = <u32>((changetype<usize>(k) - POOL) / STRIDE) + 1;
  let link = head(k.id);
  while (load<u32>(link) != at) link = changetype<usize>(row(<i32>load<u32>(link) - 1)) + offsetof<AnycastKey>("next");
  store<u32>(link, k.next);
  memory.fill(changetype<usize>(k), 0, STRIDE);
}
