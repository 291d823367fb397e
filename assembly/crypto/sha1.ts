// SHA-1 (FIPS 180-4 §6.1), for HMAC-SHA-1-96 (RFC 2404) alone: it does not resist collisions. Words are big-endian.
import { be32, put32 } from "../base/bytes";

export const SHA1_SIZE: i32 = 20;

/** The message schedule of the block in work. */
const W = memory.data(320, 8);

/** Starts a state of 20 bytes. */
export function sha1Begin(state: usize): void {
  store<u32>(state, 0x67452301);
  store<u32>(state, 0xefcdab89, 4);
  store<u32>(state, 0x98badcfe, 8);
  store<u32>(state, 0x10325476, 12);
  store<u32>(state, 0xc3d2e1f0, 16);
}
/** Takes `blocks` blocks of 64 bytes. */
export function sha1Blocks(state: usize, at: usize, blocks: i32): void {
  for (; blocks > 0; blocks--, at += 64) {
    for (let i: usize = 0; i < 64; i += 4) store<u32>(W + i, be32(at + i));
    for (let p = W; p < W + 256; p += 16) {
      store<u32>(p, rotl<u32>(load<u32>(p) ^ load<u32>(p, 8) ^ load<u32>(p, 32) ^ load<u32>(p, 52), 1), 64);
      store<u32>(p, rotl<u32>(load<u32>(p, 4) ^ load<u32>(p, 12) ^ load<u32>(p, 36) ^ load<u32>(p, 56), 1), 68);
      store<u32>(p, rotl<u32>(load<u32>(p, 8) ^ load<u32>(p, 16) ^ load<u32>(p, 40) ^ load<u32>(p, 60), 1), 72);
      store<u32>(p, rotl<u32>(load<u32>(p, 12) ^ load<u32>(p, 20) ^ load<u32>(p, 44) ^ load<u32>(p, 64), 1), 76);
    }
    let a = load<u32>(state);
    let b = load<u32>(state, 4);
    let c = load<u32>(state, 8);
    let d = load<u32>(state, 12);
    let e = load<u32>(state, 16);
    for (let p = W; p < W + 80; p += 20) {
      e += rotl<u32>(a, 5) + (d ^ (b & (c ^ d))) + 0x5a827999 + load<u32>(p);
      b = rotl<u32>(b, 30);
      d += rotl<u32>(e, 5) + (c ^ (a & (b ^ c))) + 0x5a827999 + load<u32>(p, 4);
      a = rotl<u32>(a, 30);
      c += rotl<u32>(d, 5) + (b ^ (e & (a ^ b))) + 0x5a827999 + load<u32>(p, 8);
      e = rotl<u32>(e, 30);
      b += rotl<u32>(c, 5) + (a ^ (d & (e ^ a))) + 0x5a827999 + load<u32>(p, 12);
      d = rotl<u32>(d, 30);
      a += rotl<u32>(b, 5) + (e ^ (c & (d ^ e))) + 0x5a827999 + load<u32>(p, 16);
      c = rotl<u32>(c, 30);
    }
    for (let p = W + 80; p < W + 160; p += 20) {
      e += rotl<u32>(a, 5) + (b ^ c ^ d) + 0x6ed9eba1 + load<u32>(p);
      b = rotl<u32>(b, 30);
      d += rotl<u32>(e, 5) + (a ^ b ^ c) + 0x6ed9eba1 + load<u32>(p, 4);
      a = rotl<u32>(a, 30);
      c += rotl<u32>(d, 5) + (e ^ a ^ b) + 0x6ed9eba1 + load<u32>(p, 8);
      e = rotl<u32>(e, 30);
      b += rotl<u32>(c, 5) + (d ^ e ^ a) + 0x6ed9eba1 + load<u32>(p, 12);
      d = rotl<u32>(d, 30);
      a += rotl<u32>(b, 5) + (c ^ d ^ e) + 0x6ed9eba1 + load<u32>(p, 16);
      c = rotl<u32>(c, 30);
    }
    for (let p = W + 160; p < W + 240; p += 20) {
      e += rotl<u32>(a, 5) + ((b & c) | (d & (b | c))) + 0x8f1bbcdc + load<u32>(p);
      b = rotl<u32>(b, 30);
      d += rotl<u32>(e, 5) + ((a & b) | (c & (a | b))) + 0x8f1bbcdc + load<u32>(p, 4);
      a = rotl<u32>(a, 30);
      c += rotl<u32>(d, 5) + ((e & a) | (b & (e | a))) + 0x8f1bbcdc + load<u32>(p, 8);
      e = rotl<u32>(e, 30);
      b += rotl<u32>(c, 5) + ((d & e) | (a & (d | e))) + 0x8f1bbcdc + load<u32>(p, 12);
      d = rotl<u32>(d, 30);
      a += rotl<u32>(b, 5) + ((c & d) | (e & (c | d))) + 0x8f1bbcdc + load<u32>(p, 16);
      c = rotl<u32>(c, 30);
    }
    for (let p = W + 240; p < W + 320; p += 20) {
      e += rotl<u32>(a, 5) + (b ^ c ^ d) + 0xca62c1d6 + load<u32>(p);
      b = rotl<u32>(b, 30);
      d += rotl<u32>(e, 5) + (a ^ b ^ c) + 0xca62c1d6 + load<u32>(p, 4);
      a = rotl<u32>(a, 30);
      c += rotl<u32>(d, 5) + (e ^ a ^ b) + 0xca62c1d6 + load<u32>(p, 8);
      e = rotl<u32>(e, 30);
      b += rotl<u32>(c, 5) + (d ^ e ^ a) + 0xca62c1d6 + load<u32>(p, 12);
      d = rotl<u32>(d, 30);
      a += rotl<u32>(b, 5) + (c ^ d ^ e) + 0xca62c1d6 + load<u32>(p, 16);
      c = rotl<u32>(c, 30);
    }
    store<u32>(state, load<u32>(state) + a);
    store<u32>(state, load<u32>(state, 4) + b, 4);
    store<u32>(state, load<u32>(state, 8) + c, 8);
    store<u32>(state, load<u32>(state, 12) + d, 12);
    store<u32>(state, load<u32>(state, 16) + e, 16);
  }
}
/** Writes the digest of a state, 20 bytes. */
export function sha1Write(state: usize, to: usize): void {
  for (let i: usize = 0; i < 20; i += 4) put32(to + i, load<u32>(state + i));
}
