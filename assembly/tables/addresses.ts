import { AddressState } from "../abi/event";
import { addrCopy, addrEq, commonPrefix, isLinkLocal } from "../base/addr";
import { ADDRESSES } from "../base/config";

/** Our own addresses, RFC 4862 §5.4. It remembers; engine/dad.ts decides. */
@unmanaged
export class Address {
  hi: u64;
  lo: u64;
  validUntil: u64; // ms, u64.MAX_VALUE = for ever
  preferredUntil: u64;
  nextProbe: u64; // DAD
  port: u8;
  prefixLen: u8;
  probes: u8; // DAD probes left to send
  attempts: u8; // DAD_Counter of RFC 7217
  state: i32; // AddressState
  flags: i32; // AddressFlag
  pad: u32;
}
export enum AddressFlag {
  /** Made from an RA. */
  AUTO = 1,
  ANYCAST = 2,
  /** The home address: what comes for it belongs to the application. */
  HOME = 4,
  /** Not on this link just now (a home address while roaming): no ND answers. */
  AWAY = 8,
  NO_DAD = 16,
  /** The application port has it. */
  TOLD = 32,
}
const STRIDE: usize = offsetof<Address>();
const POOL = memory.data(ADDRESSES * offsetof<Address>(), 8);
const END: usize = POOL + <usize>ADDRESSES * STRIDE;
let used: usize = POOL; // no row from here on was ever taken: a packet's destination is compared with few

export function firstAddress(): usize {
  return POOL;
}
/** Rows are walked by `for (let a = firstAddress(); a != 0; a = nextAddress(a))`; skip those in state NONE. */
export function nextAddress(a: usize): usize {
  return a + STRIDE < used ? a + STRIDE : 0;
}
/** The row of an address on a port (`port` < 0: on any), in whatever state, or null. */
export function findAddress(a: usize, port: i32): Address | null {
  for (let p = POOL; p < used; p += STRIDE) {
    const r = changetype<Address>(p);
    if (r.state != AddressState.NONE && addrEq(p, a) && (port < 0 || <i32>r.port == port)) return r;
  }
  return null;
}
/** One of ours that may be received on: not tentative or duplicate. */
export function ownAddress(a: usize): Address | null {
  const low = load<u32>(a, 12); // where addresses differ
  for (let p = POOL; p < used; p += STRIDE) {
    if (load<u32>(p, 12) != low || !addrEq(p, a)) continue;
    const r = changetype<Address>(p);
    const s = <i32>r.state;
    if (s >= AddressState.OPTIMISTIC && s <= AddressState.DEPRECATED) return r;
  }
  return null;
}
/** A zeroed row with the address and port set, or null when the table is full. */
export function newAddress(a: usize, port: u32): Address | null {
  for (let p = POOL; p < END; p += STRIDE) {
    const r = changetype<Address>(p);
    if (r.state != AddressState.NONE) continue;
    memory.fill(p, 0, STRIDE);
    addrCopy(p, a);
    if (p >= used) used = p + STRIDE;
    r.port = <u8>port;
    r.validUntil = u64.MAX_VALUE;
    r.preferredUntil = u64.MAX_VALUE;
    return r;
  }
  return null;
}
/** The link-local address of a port in a usable state, or 0. */
export function linkLocalOf(port: u32): usize {
  for (let p = POOL; p < used; p += STRIDE) {
    const r = changetype<Address>(p);
    if (<u32>r.port == port && isLinkLocal(p) && usable(r)) return p;
  }
  return 0;
}
/** May be a source: preferred, optimistic or deprecated. */
export function usable(r: Address): bool {
  return r.state >= AddressState.OPTIMISTIC && r.state <= AddressState.DEPRECATED;
}
/**
 * Source address for a destination, RFC 6724 §5: rules 1 (same address), 2 (scope), 3 (not deprecated, and not optimistic by
 * RFC 4429 §3.1), 4 (home address), 5 (outgoing port), 8 (longest prefix). Returns the address or 0.
 */
export function selectSource(dst: usize, port: u32): usize {
  let best: usize = 0;
  let bestScore: i32 = -1;
  const local = isLinkLocal(dst) || (load<u8>(dst) == 0xff && (load<u8>(dst, 1) & 15) <= 2);
  for (let p = POOL; p < used; p += STRIDE) {
    const r = changetype<Address>(p);
    if (!usable(r) || (r.flags & AddressFlag.ANYCAST) != 0) continue;
    if (isLinkLocal(p) != local) continue;
    if (local && <u32>r.port != port) continue;
    if (addrEq(p, dst)) return p;
    let score = commonPrefix(p, dst);
    if (<u32>r.port == port) score += 0x100;
    if ((r.flags & AddressFlag.HOME) != 0) score += 0x200;
    if (r.state == AddressState.PREFERRED) score += 0x800;
    else if (r.state == AddressState.OPTIMISTIC) score += 0x400;
    if (score > bestScore) {
      bestScore = score;
      best = p;
    }
  }
  return best;
}
