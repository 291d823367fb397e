import { WINDOW_PIECES } from "../base/config";

// Replay windows, RFC 4303 §3.4.3, as rings of bits that are never shifted (RFC 6479): number n has bit n modulo the ring's size. A ring
// is a power of two of pieces of 16 bytes, taken from one pool for each association that receives.

const PIECE: i32 = 16;
const PIECE_BITS: i32 = PIECE * 8;
const POOL = memory.data(WINDOW_PIECES * PIECE, 8);
const TAKEN = memory.data(WINDOW_PIECES, 8);
let from: i32 = 0; // where the last one was found

/** Pieces of a window of `bits` bits, 32 to 1024. */
function pieces(bits: i32): i32 {
  return bits <= PIECE_BITS ? 1 : 1 << (32 - clz<i32>((bits - 1) / PIECE_BITS));
}
/** A window of `bits` bits of which nothing was seen: its number; -1 = there is no room. */
export function openWindow(bits: i32): i32 {
  const n = pieces(bits);
  for (let tried = 0; tried < WINDOW_PIECES; tried++) {
    const at = (from + tried) % WINDOW_PIECES;
    if (!isFree(at, n)) continue;
    memory.fill(TAKEN + <usize>at, 1, n);
    memory.fill(POOL + <usize>(at * PIECE), 0, n * PIECE);
    from = (at + n) % WINDOW_PIECES;
    return at;
  }
  return -1;
}
function isFree(at: i32, n: i32): bool {
  if (at + n > WINDOW_PIECES) return false;
  for (let i = 0; i < n; i++) if (load<u8>(TAKEN + <usize>(at + i)) != 0) return false;
  return true;
}
export function closeWindow(at: i32, bits: i32): void {
  memory.fill(TAKEN + <usize>at, 0, pieces(bits));
}
/** As if every number up to the highest had been seen. */
export function fillWindow(at: i32, bits: i32): void {
  memory.fill(POOL + <usize>(at * PIECE), 0xff, pieces(bits) * PIECE);
}
/** The word of number `n`. */
function wordOf(at: i32, bits: i32, n: u64): usize {
  const mask = pieces(bits) * PIECE_BITS - 1;
  return POOL + <usize>(at * PIECE) + <usize>(((<i32>n & mask) >> 5) << 2);
}
/** May number `n` still come, when `top` is the highest that did? */
export function unseen(at: i32, bits: i32, top: u64, n: u64): bool {
  if (n > top) return true;
  if (n == 0 || top - n >= <u64>bits) return false;
  return ((load<u32>(wordOf(at, bits, n)) >> (<u32>n & 31)) & 1) == 0;
}
/** Number `n` came; the highest is then the answer. Only for what is `unseen` and authentic. */
export function saw(at: i32, bits: i32, top: u64, n: u64): u64 {
  if (n > top + 1) forget(at, bits, top, n - 1);
  const word = wordOf(at, bits, n);
  store<u32>(word, load<u32>(word) | (1 << (<u32>n & 31)));
  return n > top ? n : top;
}
/** The bits behind `top` up to `n` belonged to numbers that are too old now. */
function forget(at: i32, bits: i32, top: u64, n: u64): void {
  const ring = pieces(bits) * PIECE;
  if (n - top >= <u64>(ring * 8)) {
    memory.fill(POOL + <usize>(at * PIECE), 0, ring);
    return;
  }
  for (let i = top + 1; i <= n; ) {
    const last = min(i | 31, n);
    const word = wordOf(at, bits, i);
    const bitsOf = ((<u32>0xffffffff) << (<u32>i & 31)) & (<u32>0xffffffff >> (31 - (<u32>last & 31)));
    store<u32>(word, load<u32>(word) & ~bitsOf);
    i = last + 1;
  }
}
/**
 * The upper half of an extended sequence number from its lower one, RFC 4303 appendix A2.2; `top` is the highest accepted. The answer is the
 * whole number, 0 when it cannot be one.
 */
export function inferNumber(bits: i32, top: u64, low: u32): u64 {
  const topLow = <u32>top;
  const bottom = topLow - <u32>bits + 1; // modulo 2^32
  let high = top >> 32;
  if (topLow >= <u32>bits - 1) {
    if (low < bottom) high++;
    if (high > 0xffffffff) return 0;
  } else if (low >= bottom) {
    if (high == 0) return 0;
    high--;
  }
  return (high << 32) | <u64>low;
}
