import { addrCopy, addrEq } from "../base/addr";
import { BINDING_UPDATES } from "../base/config";

/**
 * Binding update list, RFC 6275 §11.1 (the seeds' table 210): to whom which binding was told. A row is made when the first Binding
 * Update leaves. It remembers; the mobile node decides.
 */
@unmanaged
export class BindingUpdate {
  dstHi: u64; // who was told: home agent or correspondent
  dstLo: u64;
  homeHi: u64;
  homeLo: u64;
  coaHi: u64;
  coaLo: u64;
  expires: u64; // ms; until then the node may hold a binding of ours, 0 = it holds none that we know of
  sentAt: u64; // ms, last Binding Update
  burstAt: u64; // ms, first one since the last answer
  seq: u16; // of the last Binding Update
  oldest: u16; // of the first one since the last answer
  asked: u16; // lifetime in it, units of 4 s
  sent: u8; // Binding Updates since the last answer, 0 = none is outstanding
  state: u8; // UpdateState
  to: i32; // UpdateTo
  pad: u32;
}
/** To whom a binding was told. */
export enum UpdateTo {
  HOME_AGENT = 0,
  CORRESPONDENT = 1,
}
export enum UpdateState {
  /** The row is free. */
  NONE = 0,
  /** Told, not yet acknowledged. */
  WAITING = 1,
  /** Acknowledged for this care-of address. */
  BOUND = 2,
  /** Being taken away (lifetime 0). */
  LEAVING = 3,
}
const STRIDE: usize = offsetof<BindingUpdate>();
const POOL = memory.data(BINDING_UPDATES * offsetof<BindingUpdate>(), 8);
const END: usize = POOL + <usize>BINDING_UPDATES * STRIDE;

export function updateHome(u: BindingUpdate): usize {
  return changetype<usize>(u) + 16;
}
export function updateCareOf(u: BindingUpdate): usize {
  return changetype<usize>(u) + 32;
}
export function firstUpdate(): usize {
  return POOL;
}
/** Rows are walked by `for (let u = firstUpdate(); u != 0; u = nextUpdate(u))`; skip those in state NONE. */
export function nextUpdate(u: usize): usize {
  return u + STRIDE < END ? u + STRIDE : 0;
}
/** The row for a destination and a home address, or null. */
export function findUpdate(dst: usize, home: usize): BindingUpdate | null {
  for (let p = POOL; p < END; p += STRIDE) {
    const u = changetype<BindingUpdate>(p);
    if (u.state != UpdateState.NONE && addrEq(p, dst) && addrEq(p + 16, home)) return u;
  }
  return null;
}
/** The row, or a zeroed new one that is WAITING; null when the list is full. */
export function putUpdate(dst: usize, home: usize): BindingUpdate | null {
  const known = findUpdate(dst, home);
  if (known) return known;
  for (let p = POOL; p < END; p += STRIDE) {
    const u = changetype<BindingUpdate>(p);
    if (u.state != UpdateState.NONE) continue;
    memory.fill(p, 0, STRIDE);
    addrCopy(p, dst);
    addrCopy(p + 16, home);
    u.state = <u8>UpdateState.WAITING;
    return u;
  }
  return null;
}
export function deleteUpdate(u: BindingUpdate): void {
  u.state = <u8>UpdateState.NONE;
}
