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
/** Bytes of a factor of the hash key: lower half, upper half and their sum, each as three words of every third bit. */
const KEY_FACTOR: usize = 36;
const KEY = memory.data(324, 8);
/** The factors of the accumulator, and then the products: two words each. */
const A = memory.data(72, 8);
/** The accumulator's words, the lowest first. */
const Y = memory.data(16, 8);

class Half {
  /** The product of a polynomial of 16 bits and one of the key. Inlined, for a call takes a quarter of its time. */
  @inline static product(x: u32, k: usize): u32 {
    const x0 = x & X0;
    const x1 = x & X1;
    const x2 = x & X2;
    const y0 = load<u32>(k);
    let a = x0 * y0;
    let b = x1 * y0;
    let c = x2 * y0;
    const y1 = load<u32>(k, 4);
    a ^= x2 * y1;
    b ^= x0 * y1;
    c ^= x1 * y1;
    const y2 = load<u32>(k, 8);
    a ^= x1 * y2;
    b ^= x2 * y2;
    c ^= x0 * y2;
    return (a & Z0) | (b & Z1) | (c & Z2);
  }
}
/** Nine factors of four words. */
function expand(w0: u32, w1: u32, w2: u32, w3: u32): void {
  store<u32>(A, w0);
  store<u32>(A, w1, 8);
  store<u32>(A, w0 ^ w1, 16);
  store<u32>(A, w2, 24);
  store<u32>(A, w3, 32);
  store<u32>(A, w2 ^ w3, 40);
  store<u32>(A, w0 ^ w2, 48);
  store<u32>(A, w1 ^ w3, 56);
  store<u32>(A, w0 ^ w2 ^ w1 ^ w3, 64);
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
    const x = load<u32>(A + (i << 3));
    const to = KEY + i * KEY_FACTOR;
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
    let k = KEY;
    for (let a = A; a < A + 72; a += 8) {
      const x = load<u32>(a);
      const lo = Half.product(x & 0xffff, k);
      const hi = Half.product(x >>> 16, k + 12);
      const middle = Half.product((x & 0xffff) ^ (x >>> 16), k + 24) ^ lo ^ hi;
      store<u32>(a, lo ^ (middle << 16));
      store<u32>(a, hi ^ (middle >>> 16), 4);
      k += KEY_FACTOR;
    }
    combine();
  }
}
/** Makes one product of the nine, reduces it and writes the accumulator. */
function combine(): void {
  const l0 = load<u32>(A);
  const l3 = load<u32>(A, 12);
  const l = load<u32>(A, 4) ^ load<u32>(A, 8);
  const l1 = l ^ l0 ^ load<u32>(A, 16);
  const l2 = l ^ l3 ^ load<u32>(A, 20);
  const h0 = load<u32>(A, 24);
  const h3 = load<u32>(A, 36);
  const h = load<u32>(A, 28) ^ load<u32>(A, 32);
  const h1 = h ^ h0 ^ load<u32>(A, 40);
  const h2 = h ^ h3 ^ load<u32>(A, 44);
  const m0 = load<u32>(A, 48);
  const m3 = load<u32>(A, 60);
  const m = load<u32>(A, 52) ^ load<u32>(A, 56);
  const z2 = l2 ^ h0;
  const z3 = l3 ^ h1;
  const a2 = z2 ^ l0 ^ m0;
  const a3 = z3 ^ l1 ^ m ^ m0 ^ load<u32>(A, 64) ^ up(l0);
  store<u32>(Y, z2 ^ h2 ^ m ^ m3 ^ load<u32>(A, 68) ^ down(l0) ^ up(l1));
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
