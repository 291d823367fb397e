// GHASH (NIST SP 800-38D §6.4) for processors that multiply 32 by 32 bits to 32 in constant time (Cortex-M0+). A product of polynomials of
// 16 bits comes from nine products of integers that have two unused bits between any two, so that no sum of up to six reaches the
// next used bit, and it fits a word. Karatsuba's method makes one of 32 bits from three of them, and one of 128 from nine of those.
import { be32, put32 } from "../base/bytes";

/** Every third bit of 16, from bit 0, 1 and 2 on. */
const X0: u32 = 0x9249;
const X1: u32 = 0x2492;
const X2: u32 = 0x4924;
/** Every third bit of 32. */
const Z0: u32 = 0x49249249;
const Z1: u32 = 0x92492492;
const Z2: u32 = 0x24924924;
/** Factors of 32 bits that one product of 128 takes. */
const FACTORS: usize = 9;
/**
 * A row for each factor: two words of the accumulator's factor and then the product; of the hash key's factor the lower half, the upper
 * half and their sum, every third bit of each in a word of its own.
 */
const ROW: usize = 44;
const A = memory.data(396, 8);
const OF_KEY: usize = 8;
/** The accumulator's words, the lowest first. */
const Y = memory.data(16, 8);

/** Nine factors of four words. */
function expand(w0: u32, w1: u32, w2: u32, w3: u32): void {
  store<u32>(A, w0);
  store<u32>(A + ROW, w1);
  store<u32>(A + 2 * ROW, w0 ^ w1);
  store<u32>(A + 3 * ROW, w2);
  store<u32>(A + 4 * ROW, w3);
  store<u32>(A + 5 * ROW, w2 ^ w3);
  store<u32>(A + 6 * ROW, w0 ^ w2);
  store<u32>(A + 7 * ROW, w1 ^ w3);
  store<u32>(A + 8 * ROW, w0 ^ w2 ^ w1 ^ w3);
}
function spread(x: u32, to: usize): void {
  store<u32>(to, x & X0);
  store<u32>(to, x & X1, 4);
  store<u32>(to, x & X2, 8);
}
/** Begins under the hash key of 16 bytes, which is shifted by one bit (bits are reflected) here instead of every product. */
export function ghashBegin32(key: usize): void {
  const w0 = be32(key + 12);
  const w1 = be32(key + 8);
  const w2 = be32(key + 4);
  const w3 = be32(key);
  const over = 0 - (w3 >>> 31);
  expand(
    (w0 << 1) ^ (over & 1),
    (w1 << 1) | (w0 >>> 31),
    (w2 << 1) | (w1 >>> 31),
    ((w3 << 1) | (w2 >>> 31)) ^ (over & 0xc2000000),
  );
  for (let i: usize = 0; i < FACTORS; i++) {
    const x = load<u32>(A + i * ROW);
    const to = A + i * ROW + OF_KEY;
    spread(x & 0xffff, to);
    spread(x >>> 16, to + 12);
    spread((x & 0xffff) ^ (x >>> 16), to + 24);
  }
  memory.fill(Y, 0, 16);
}
/** Takes `blocks` blocks of 16 bytes. */
export function ghashBlocks32(p: usize, blocks: i32): void {
  for (; blocks > 0; blocks--, p += 16) {
    const w0 = load<u32>(Y) ^ be32(p + 12);
    const w1 = load<u32>(Y, 4) ^ be32(p + 8);
    const w2 = load<u32>(Y, 8) ^ be32(p + 4);
    const w3 = load<u32>(Y, 12) ^ be32(p);
    expand(w0, w1, w2, w3);
    for (let a = A; a < A + FACTORS * ROW; a += ROW) {
      // Three products of 16 bits. Written out, for a call takes a quarter of their time.
      let k: u32 = 0;
      const x: u32 = load<u16>(a);
      const x0 = x & X0;
      const x1 = x & X1;
      const x2 = x & X2;
      k = load<u32>(a, 8);
      let lo0 = x0 * k;
      let lo1 = x1 * k;
      let lo2 = x2 * k;
      k = load<u32>(a, 12);
      lo0 ^= x2 * k;
      lo1 ^= x0 * k;
      lo2 ^= x1 * k;
      k = load<u32>(a, 16);
      lo0 ^= x1 * k;
      lo1 ^= x2 * k;
      lo2 ^= x0 * k;
      const lo = (lo0 & Z0) | (lo1 & Z1) | (lo2 & Z2);
      const y: u32 = load<u16>(a, 2);
      const y0 = y & X0;
      const y1 = y & X1;
      const y2 = y & X2;
      k = load<u32>(a, 20);
      let hi0 = y0 * k;
      let hi1 = y1 * k;
      let hi2 = y2 * k;
      k = load<u32>(a, 24);
      hi0 ^= y2 * k;
      hi1 ^= y0 * k;
      hi2 ^= y1 * k;
      k = load<u32>(a, 28);
      hi0 ^= y1 * k;
      hi1 ^= y2 * k;
      hi2 ^= y0 * k;
      const hi = (hi0 & Z0) | (hi1 & Z1) | (hi2 & Z2);
      const z: u32 = load<u16>(a) ^ load<u16>(a, 2);
      const z0 = z & X0;
      const z1 = z & X1;
      const z2 = z & X2;
      k = load<u32>(a, 32);
      let sum0 = z0 * k;
      let sum1 = z1 * k;
      let sum2 = z2 * k;
      k = load<u32>(a, 36);
      sum0 ^= z2 * k;
      sum1 ^= z0 * k;
      sum2 ^= z1 * k;
      k = load<u32>(a, 40);
      sum0 ^= z1 * k;
      sum1 ^= z2 * k;
      sum2 ^= z0 * k;
      const sum = (sum0 & Z0) | (sum1 & Z1) | (sum2 & Z2);
      const middle = sum ^ lo ^ hi;
      store<u32>(a, lo ^ (middle << 16));
      store<u32>(a, hi ^ (middle >>> 16), 4);
    }
    combine();
  }
}
/** Makes one product of the nine, reduces it and writes the accumulator. */
function combine(): void {
  const l0 = load<u32>(A + 0 * ROW);
  const l3 = load<u32>(A + 1 * ROW, 4);
  const l = load<u32>(A + 0 * ROW, 4) ^ load<u32>(A + 1 * ROW);
  const l1 = l ^ l0 ^ load<u32>(A + 2 * ROW);
  const l2 = l ^ l3 ^ load<u32>(A + 2 * ROW, 4);
  const h0 = load<u32>(A + 3 * ROW);
  const h3 = load<u32>(A + 4 * ROW, 4);
  const h = load<u32>(A + 3 * ROW, 4) ^ load<u32>(A + 4 * ROW);
  const h1 = h ^ h0 ^ load<u32>(A + 5 * ROW);
  const h2 = h ^ h3 ^ load<u32>(A + 5 * ROW, 4);
  const m0 = load<u32>(A + 6 * ROW);
  const m3 = load<u32>(A + 7 * ROW, 4);
  const m = load<u32>(A + 6 * ROW, 4) ^ load<u32>(A + 7 * ROW);
  const z2 = l2 ^ h0;
  const z3 = l3 ^ h1;
  const a2 = z2 ^ l0 ^ m0;
  const a3 = z3 ^ l1 ^ m ^ m0 ^ load<u32>(A + 8 * ROW) ^ up(l0);
  store<u32>(Y, z2 ^ h2 ^ m ^ m3 ^ load<u32>(A + 8 * ROW, 4) ^ down(l0) ^ up(l1));
  store<u32>(Y, z3 ^ h3 ^ m3 ^ down(l1) ^ up(a2), 4);
  store<u32>(Y, h2 ^ down(a2) ^ up(a3), 8);
  store<u32>(Y, h3 ^ down(a3), 12);
}
/** A word of the lower half modulo the polynomial: what it gives the word four further, and the one before that. */
function down(z: u32): u32 {
  return z ^ (z >>> 1) ^ (z >>> 2) ^ (z >>> 7);
}
function up(z: u32): u32 {
  return (z << 31) ^ (z << 30) ^ (z << 25);
}
/** Writes the hash, 16 bytes. */
export function ghashEnd32(to: usize): void {
  for (let i: usize = 0; i < 16; i += 4) put32(to + i, load<u32>(Y + 12 - i));
}
