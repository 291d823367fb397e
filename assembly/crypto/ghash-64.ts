// GHASH (NIST SP 800-38D §6.4) for machines that multiply 64 by 64 bits to 64 in constant time; the method is that of ghash-32.ts.

/** The hash key: two words, their sum, and all three reversed. */
const KEY = memory.data(48, 8);
/** The accumulator's two words. */
const Y = memory.data(16, 8);

function be64(p: usize): u64 {
  return bswap<u64>(load<u64>(p));
}
function reverse(x: u64): u64 {
  x = ((x & 0x5555555555555555) << 1) | ((x >> 1) & 0x5555555555555555);
  x = ((x & 0x3333333333333333) << 2) | ((x >> 2) & 0x3333333333333333);
  x = ((x & 0x0f0f0f0f0f0f0f0f) << 4) | ((x >> 4) & 0x0f0f0f0f0f0f0f0f);
  return bswap<u64>(x);
}
/** The lower 64 bits of the product of two polynomials. */
function product(x: u64, y: u64): u64 {
  const x0 = x & 0x1111111111111111;
  const x1 = x & 0x2222222222222222;
  const x2 = x & 0x4444444444444444;
  const x3 = x & 0x8888888888888888;
  const y0 = y & 0x1111111111111111;
  const y1 = y & 0x2222222222222222;
  const y2 = y & 0x4444444444444444;
  const y3 = y & 0x8888888888888888;
  return (
    (((x0 * y0) ^ (x1 * y3) ^ (x2 * y2) ^ (x3 * y1)) & 0x1111111111111111) |
    (((x0 * y1) ^ (x1 * y0) ^ (x2 * y3) ^ (x3 * y2)) & 0x2222222222222222) |
    (((x0 * y2) ^ (x1 * y1) ^ (x2 * y0) ^ (x3 * y3)) & 0x4444444444444444) |
    (((x0 * y3) ^ (x1 * y2) ^ (x2 * y1) ^ (x3 * y0)) & 0x8888888888888888)
  );
}
/** Begins under the hash key of 16 bytes. */
export function ghashBegin64(key: usize): void {
  const h0 = be64(key + 8);
  const h1 = be64(key);
  store<u64>(KEY, h0);
  store<u64>(KEY, h1, 8);
  store<u64>(KEY, h0 ^ h1, 16);
  store<u64>(KEY, reverse(h0), 24);
  store<u64>(KEY, reverse(h1), 32);
  store<u64>(KEY, reverse(h0 ^ h1), 40);
  store<u64>(Y, 0);
  store<u64>(Y, 0, 8);
}
/** Takes `blocks` blocks of 16 bytes. */
export function ghashBlocks64(p: usize, blocks: i32): void {
  let y0 = load<u64>(Y);
  let y1 = load<u64>(Y, 8);
  for (; blocks > 0; blocks--, p += 16) {
    y1 ^= be64(p);
    y0 ^= be64(p + 8);
    const r0 = reverse(y0);
    const r1 = reverse(y1);
    const lo = product(y0, load<u64>(KEY));
    const hi = product(y1, load<u64>(KEY, 8));
    const mid = product(y0 ^ y1, load<u64>(KEY, 16)) ^ lo ^ hi;
    const loUp = product(r0, load<u64>(KEY, 24));
    const hiUp = product(r1, load<u64>(KEY, 32));
    const midUp = product(r0 ^ r1, load<u64>(KEY, 40)) ^ loUp ^ hiUp;
    let v0 = lo;
    let v1 = (reverse(loUp) >> 1) ^ mid;
    let v2 = hi ^ (reverse(midUp) >> 1);
    let v3 = reverse(hiUp) >> 1;
    // by one bit (bits are reflected), then modulo x^128 + x^7 + x^2 + x + 1
    v3 = (v3 << 1) | (v2 >> 63);
    v2 = (v2 << 1) | (v1 >> 63);
    v1 = (v1 << 1) | (v0 >> 63);
    v0 <<= 1;
    v2 ^= v0 ^ (v0 >> 1) ^ (v0 >> 2) ^ (v0 >> 7);
    v1 ^= (v0 << 63) ^ (v0 << 62) ^ (v0 << 57);
    v3 ^= v1 ^ (v1 >> 1) ^ (v1 >> 2) ^ (v1 >> 7);
    v2 ^= (v1 << 63) ^ (v1 << 62) ^ (v1 << 57);
    y0 = v2;
    y1 = v3;
  }
  store<u64>(Y, y0);
  store<u64>(Y, y1, 8);
}
/** Writes the hash, 16 bytes. */
export function ghashEnd64(to: usize): void {
  store<u64>(to, bswap<u64>(load<u64>(Y, 8)));
  store<u64>(to, bswap<u64>(load<u64>(Y)), 8);
}
