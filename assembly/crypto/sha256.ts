// SHA-256 (FIPS 180-4 §6.2), one block after the other. Words are big-endian.
import { be32, put32 } from "../base/bytes";

export const SHA256_SIZE: i32 = 32;

/** Round constants, FIPS 180-4 §4.2.2. */
const K = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);
const IV = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);
/** The message schedule of the block in work. */
const W = memory.data(256, 8);

/** Starts a state of 32 bytes. */
export function sha256Begin(state: usize): void {
  memory.copy(state, IV, 32);
}
/** The message schedule, FIPS 180-4 §6.2.2. */
function schedule(at: usize): void {
  for (let i: usize = 0; i < 64; i += 16) {
    store<u32>(W + i, be32(at + i));
    store<u32>(W + i, be32(at + i + 4), 4);
    store<u32>(W + i, be32(at + i + 8), 8);
    store<u32>(W + i, be32(at + i + 12), 12);
  }
  for (let p = W; p < W + 192; p += 8) {
    const x = load<u32>(p, 4);
    const y = load<u32>(p, 56);
    const s = (rotr<u32>(x ^ rotr<u32>(x, 11), 7) ^ (x >>> 3)) + (rotr<u32>(y ^ rotr<u32>(y, 2), 17) ^ (y >>> 10));
    store<u32>(p, load<u32>(p) + load<u32>(p, 36) + s, 64);
    const u = load<u32>(p, 8);
    const v = load<u32>(p, 60);
    const t = (rotr<u32>(u ^ rotr<u32>(u, 11), 7) ^ (u >>> 3)) + (rotr<u32>(v ^ rotr<u32>(v, 2), 17) ^ (v >>> 10));
    store<u32>(p, x + load<u32>(p, 40) + t, 68);
  }
}
/** Takes `blocks` blocks of 64 bytes. */
export function sha256Blocks(state: usize, at: usize, blocks: i32): void {
  for (; blocks > 0; blocks--, at += 64) {
    schedule(at);
    let a = load<u32>(state);
    let b = load<u32>(state, 4);
    let c = load<u32>(state, 8);
    let d = load<u32>(state, 12);
    let e = load<u32>(state, 16);
    let f = load<u32>(state, 20);
    let g = load<u32>(state, 24);
    let h = load<u32>(state, 28);
    // Maj(a, b, c) = b ^ ((a ^ b) & (b ^ c)), and b ^ c is the a ^ b of the round before.
    let x = b ^ c;
    for (let w = W, k = K; w < W + 256; w += 32, k += 32) {
      h += rotr<u32>(e ^ rotr<u32>(e ^ rotr<u32>(e, 14), 5), 6) + (g ^ (e & (f ^ g))) + load<u32>(k) + load<u32>(w);
      d += h;
      const x0 = a ^ b;
      h += rotr<u32>(a ^ rotr<u32>(a ^ rotr<u32>(a, 9), 11), 2) + (b ^ (x0 & x));
      g +=
        rotr<u32>(d ^ rotr<u32>(d ^ rotr<u32>(d, 14), 5), 6) + (f ^ (d & (e ^ f))) + load<u32>(k, 4) + load<u32>(w, 4);
      c += g;
      const x1 = h ^ a;
      g += rotr<u32>(h ^ rotr<u32>(h ^ rotr<u32>(h, 9), 11), 2) + (a ^ (x1 & x0));
      f +=
        rotr<u32>(c ^ rotr<u32>(c ^ rotr<u32>(c, 14), 5), 6) + (e ^ (c & (d ^ e))) + load<u32>(k, 8) + load<u32>(w, 8);
      b += f;
      const x2 = g ^ h;
      f += rotr<u32>(g ^ rotr<u32>(g ^ rotr<u32>(g, 9), 11), 2) + (h ^ (x2 & x1));
      e +=
        rotr<u32>(b ^ rotr<u32>(b ^ rotr<u32>(b, 14), 5), 6) +
        (d ^ (b & (c ^ d))) +
        load<u32>(k, 12) +
        load<u32>(w, 12);
      a += e;
      const x3 = f ^ g;
      e += rotr<u32>(f ^ rotr<u32>(f ^ rotr<u32>(f, 9), 11), 2) + (g ^ (x3 & x2));
      d +=
        rotr<u32>(a ^ rotr<u32>(a ^ rotr<u32>(a, 14), 5), 6) +
        (c ^ (a & (b ^ c))) +
        load<u32>(k, 16) +
        load<u32>(w, 16);
      h += d;
      const x4 = e ^ f;
      d += rotr<u32>(e ^ rotr<u32>(e ^ rotr<u32>(e, 9), 11), 2) + (f ^ (x4 & x3));
      c +=
        rotr<u32>(h ^ rotr<u32>(h ^ rotr<u32>(h, 14), 5), 6) +
        (b ^ (h & (a ^ b))) +
        load<u32>(k, 20) +
        load<u32>(w, 20);
      g += c;
      const x5 = d ^ e;
      c += rotr<u32>(d ^ rotr<u32>(d ^ rotr<u32>(d, 9), 11), 2) + (e ^ (x5 & x4));
      b +=
        rotr<u32>(g ^ rotr<u32>(g ^ rotr<u32>(g, 14), 5), 6) +
        (a ^ (g & (h ^ a))) +
        load<u32>(k, 24) +
        load<u32>(w, 24);
      f += b;
      const x6 = c ^ d;
      b += rotr<u32>(c ^ rotr<u32>(c ^ rotr<u32>(c, 9), 11), 2) + (d ^ (x6 & x5));
      a +=
        rotr<u32>(f ^ rotr<u32>(f ^ rotr<u32>(f, 14), 5), 6) +
        (h ^ (f & (g ^ h))) +
        load<u32>(k, 28) +
        load<u32>(w, 28);
      e += a;
      const x7 = b ^ c;
      a += rotr<u32>(b ^ rotr<u32>(b ^ rotr<u32>(b, 9), 11), 2) + (c ^ (x7 & x6));
      x = x7;
    }
    store<u32>(state, load<u32>(state) + a);
    store<u32>(state, load<u32>(state, 4) + b, 4);
    store<u32>(state, load<u32>(state, 8) + c, 8);
    store<u32>(state, load<u32>(state, 12) + d, 12);
    store<u32>(state, load<u32>(state, 16) + e, 16);
    store<u32>(state, load<u32>(state, 20) + f, 20);
    store<u32>(state, load<u32>(state, 24) + g, 24);
    store<u32>(state, load<u32>(state, 28) + h, 28);
  }
}
/** Writes the digest of a state, 32 bytes. */
export function sha256Write(state: usize, to: usize): void {
  for (let i: usize = 0; i < 32; i += 4) put32(to + i, load<u32>(state + i));
}
