// GHASH (NIST SP 800-38D §6.4) for processors that multiply 32 by 32 bits to 32 in constant time (Cortex-M0+). A product of polynomials of
// 16 bits comes from nine products of integers that have two unused bits between any two, so that no sum of up to six reaches the
// next used bit, and it fits a word. Karatsuba's method makes one of 128 bits from 27 of them.
import { be32, put32 } from "../base/bytes";

/** Products that one of 128 bits takes. */
const PARTS: usize = 27;
/** Factors of 16 bits: of the hash key, and of the accumulator; there the products go too. */
const KEY = memory.data(108, 8);
const A = memory.data(108, 8);
/** The product's eight words, the lowest first. */
const Z = memory.data(32, 8);
/** The accumulator's words, the lowest first. */
const Y = memory.data(16, 8);

/** The product of two polynomials of 16 bits. */
function product(x: u32, y: u32): u32 {
  const x0 = x & 0x9249;
  const x1 = x & 0x2492;
  const x2 = x & 0x4924;
  const y0 = y & 0x9249;
  const y1 = y & 0x2492;
  const y2 = y & 0x4924;
  return (
    (((x0 * y0) ^ (x1 * y2) ^ (x2 * y1)) & 0x49249249) |
    (((x0 * y1) ^ (x1 * y0) ^ (x2 * y2)) & 0x92492492) |
    (((x0 * y2) ^ (x1 * y1) ^ (x2 * y0)) & 0x24924924)
  );
}
/** Nine factors of 16 bits from two words: theirs, then those of their sum. */
function factors(lo: u32, hi: u32, to: usize): void {
  const sum = lo ^ hi;
  three(lo, to);
  three(hi, to + 12);
  three(sum, to + 24);
}
function three(x: u32, to: usize): void {
  const lo = x & 0xffff;
  const hi = x >>> 16;
  store<u32>(to, lo);
  store<u32>(to, hi, 4);
  store<u32>(to, lo ^ hi, 8);
}
/** 27 factors of four words. */
function expand(w0: u32, w1: u32, w2: u32, w3: u32, to: usize): void {
  factors(w0, w1, to);
  factors(w2, w3, to + 36);
  factors(w0 ^ w2, w1 ^ w3, to + 72);
}
/** Begins under the hash key of 16 bytes. */
export function ghashBegin32(key: usize): void {
  expand(be32(key + 12), be32(key + 8), be32(key + 4), be32(key), KEY);
  memory.fill(Y, 0, 16);
}
/** Takes `blocks` blocks of 16 bytes. */
export function ghashBlocks32(p: usize, blocks: i32): void {
  for (; blocks > 0; blocks--, p += 16) {
    const w0 = load<u32>(Y) ^ be32(p + 12);
    const w1 = load<u32>(Y, 4) ^ be32(p + 8);
    const w2 = load<u32>(Y, 8) ^ be32(p + 4);
    const w3 = load<u32>(Y, 12) ^ be32(p);
    expand(w0, w1, w2, w3, A);
    for (let i: usize = 0; i < PARTS * 4; i += 4) store<u32>(A + i, product(load<u32>(A + i), load<u32>(KEY + i)));
    combine();
    reduce();
  }
}
/** Three products of 32 bits at `from` to one of 64, in their first two words. */
function two(from: usize): void {
  const lo = load<u32>(from);
  const hi = load<u32>(from, 4);
  const middle = load<u32>(from, 8) ^ lo ^ hi;
  store<u32>(from, lo ^ (middle << 16));
  store<u32>(from, hi ^ (middle >>> 16), 4);
}
/** Three products of 64 bits at `from`, 12 bytes apart, to one of 128, in the words 0, 1, 3 and 4. */
function four(from: usize): void {
  const lo = load<u32>(from, 4);
  const hi = load<u32>(from, 12);
  const m0 = load<u32>(from, 24) ^ load<u32>(from) ^ hi;
  const m1 = load<u32>(from, 28) ^ lo ^ load<u32>(from, 16);
  store<u32>(from, lo ^ m0, 4);
  store<u32>(from, hi ^ m1, 12);
}
/** All products at A to one of 256 bits at Z. */
function combine(): void {
  for (let p = A; p < A + PARTS * 4; p += 12) two(p);
  four(A);
  four(A + 36);
  four(A + 72);
  const l2 = load<u32>(A, 12);
  const l3 = load<u32>(A, 16);
  const h0 = load<u32>(A, 36);
  const h1 = load<u32>(A, 40);
  const l0 = load<u32>(A);
  const l1 = load<u32>(A, 4);
  const h2 = load<u32>(A, 48);
  const h3 = load<u32>(A, 52);
  store<u32>(Z, l0);
  store<u32>(Z, l1, 4);
  store<u32>(Z, l2 ^ load<u32>(A, 72) ^ l0 ^ h0, 8);
  store<u32>(Z, l3 ^ load<u32>(A, 76) ^ l1 ^ h1, 12);
  store<u32>(Z, h0 ^ load<u32>(A, 84) ^ l2 ^ h2, 16);
  store<u32>(Z, h1 ^ load<u32>(A, 88) ^ l3 ^ h3, 20);
  store<u32>(Z, h2, 24);
  store<u32>(Z, h3, 28);
}
/** Shifts the product by one bit (bits are reflected), reduces it by x^128 + x^7 + x^2 + x + 1, and writes the accumulator. */
function reduce(): void {
  let carry: u32 = 0;
  for (let i = Z; i < Z + 32; i += 4) {
    const z = load<u32>(i);
    store<u32>(i, (z << 1) | carry);
    carry = z >>> 31;
  }
  for (let i = Z; i < Z + 16; i += 4) {
    const z = load<u32>(i);
    store<u32>(i, load<u32>(i, 16) ^ z ^ (z >>> 1) ^ (z >>> 2) ^ (z >>> 7), 16);
    store<u32>(i, load<u32>(i, 12) ^ (z << 31) ^ (z << 30) ^ (z << 25), 12);
  }
  memory.copy(Y, Z + 16, 16);
}
/** Writes the hash, 16 bytes. */
export function ghashEnd32(to: usize): void {
  for (let i: usize = 0; i < 16; i += 4) put32(to + i, load<u32>(Y + 12 - i));
}
