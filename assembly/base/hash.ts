// Seeded hash for tables that strangers can fill: SipHash-1-3 (Aumasson, Bernstein) of 16 or 24 bytes. The tables of a board are so
// small that walking all of a table costs less than SipHash: there the words are folded, and nothing is secret.
import { PC } from "./config";

const K = memory.data(16, 8);

/** 16 bytes of secret; once, before a table is filled. */
export function hashSeed(p: usize): void {
  if (!PC) return;
  store<u64>(K, load<u64>(p));
  store<u64>(K, load<u64>(p, 8), 8);
}
/** Hash of an address and a small number. */
export function hashAddr(a: usize, extra: u32): u32 {
  if (!PC) {
    const words = load<u32>(a) ^ load<u32>(a, 4) ^ load<u32>(a, 8) ^ load<u32>(a, 12);
    return ((words ^ extra) * 0x9e3779b1) >> 16;
  }
  const k0 = load<u64>(K);
  const k1 = load<u64>(K, 8);
  let a0 = k0 ^ 0x736f6d6570736575;
  let a1 = k1 ^ 0x646f72616e646f6d;
  let a2 = k0 ^ 0x6c7967656e657261;
  let a3 = k1 ^ 0x7465646279746573;
  for (let i = 0; i < 6; i++) {
    const m: u64 = i == 0 ? load<u64>(a) : i == 1 ? load<u64>(a, 8) : i == 2 ? <u64>extra | 0x1400000000000000 : 0;
    if (i == 3) a2 ^= 0xff;
    a3 ^= m;
    a0 += a1;
    a2 += a3;
    a1 = rotl<u64>(a1, 13) ^ a0;
    a3 = rotl<u64>(a3, 16) ^ a2;
    a0 = rotl<u64>(a0, 32);
    a2 += a1;
    a0 += a3;
    a1 = rotl<u64>(a1, 17) ^ a2;
    a3 = rotl<u64>(a3, 21) ^ a0;
    a2 = rotl<u64>(a2, 32);
    a0 ^= m;
  }
  const h = a0 ^ a1 ^ a2 ^ a3;
  return <u32>(h ^ (h >> 32));
}
