import { now } from "../../engine/clock";

// Lifetimes as advertisements give them, and the nearest end of one.

export const FOR_EVER: u64 = u64.MAX_VALUE;
let nearest: u64 = FOR_EVER;

/** Milliseconds of a lifetime in seconds; all ones is for ever, RFC 4861 §4.6.2. */
export function milliseconds(seconds: u32): u64 {
  return seconds == 0xffffffff ? FOR_EVER : <u64>seconds * 1000;
}
/** When a lifetime of so many milliseconds ends. */
export function endOf(lifetime: u64): u64 {
  return lifetime == FOR_EVER ? FOR_EVER : now() + lifetime;
}
/** Is that moment past? If not, it is one to wake up for. */
export function over(when: u64): bool {
  if (when <= now()) return true;
  if (when < nearest) nearest = when;
  return false;
}
/** The nearest moment that `over` was asked about and that is to come; starts over. */
export function takeNearest(): u64 {
  const when = nearest;
  nearest = FOR_EVER;
  return when;
}
