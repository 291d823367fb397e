import { addrCopy, addrEq } from "../base/addr";
import { MOBILE_BINDINGS } from "../base/config";

/**
 * Binding Cache of a correspondent, RFC 6275 §9.1: where mobile nodes are that proved it. It remembers; roles/correspondent decides. Rows are
 * never pushed out, and stay until their sequence number may be forgotten (§5.2.8).
 */
@unmanaged
export class MobileBinding {
  homeHi: u64;
  homeLo: u64;
  careOfHi: u64;
  careOfLo: u64;
  ownHi: u64; // our address that it spoke to
  ownLo: u64;
  expires: u64; // ms; packets go to the care-of address while this is in the future, 0 = bound no more
  forgetAt: u64; // ms; 0 = free
  askAt: u64; // next look whether a refresh is to be asked for, ms; 0 = none
  sequence: u16; // last accepted
  lifetime: u16; // granted, 4 s
  flags: u8; // BuFlag
  asks: u8; // steps of `askAt` gone through
  used: u8; // packets went through since the last look
  port: u8; // it came in on
}
const STRIDE: usize = offsetof<MobileBinding>();
const POOL = memory.data(MOBILE_BINDINGS * offsetof<MobileBinding>(), 8);
let used: i32 = 0; // no row from here on was ever taken

export function mobileCareOf(b: MobileBinding): usize {
  return changetype<usize>(b) + offsetof<MobileBinding>("careOfHi");
}
export function mobileOwn(b: MobileBinding): usize {
  return changetype<usize>(b) + offsetof<MobileBinding>("ownHi");
}
export function mobileBinding(row: i32): MobileBinding {
  return changetype<MobileBinding>(POOL + <usize>row * STRIDE);
}
/** Rows in use have numbers below this. */
export function mobileRows(): i32 {
  return used;
}
/** The row of a home address, bound or remembered, or null. */
export function findMobile(home: usize, now: u64): MobileBinding | null {
  for (let i = 0; i < used; i++) {
    const b = mobileBinding(i);
    if (b.forgetAt > now && addrEq(changetype<usize>(b), home)) return b;
  }
  return null;
}
/** The row of a home address that is bound now, or null. */
export function boundMobile(home: usize, now: u64): MobileBinding | null {
  for (let i = 0; i < used; i++) {
    const b = mobileBinding(i);
    if (b.expires > now && addrEq(changetype<usize>(b), home)) return b;
  }
  return null;
}
/** A zeroed row for a home address that has none; null when the table is full. */
export function newMobile(home: usize, now: u64): MobileBinding | null {
  for (let i = 0; i < MOBILE_BINDINGS; i++) {
    const b = mobileBinding(i);
    if (b.forgetAt > now) continue;
    memory.fill(changetype<usize>(b), 0, STRIDE);
    addrCopy(changetype<usize>(b), home);
    if (i >= used) used = i + 1;
    return b;
  }
  return null;
}
