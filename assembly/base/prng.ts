// xoshiro128** (Blackman, Vigna), seeded by the caller's entropy: jitter, fragment identifications, hash seeds. Not for keys.
const S = memory.data(16, 8);

/** Mixes 32 bytes into the state. A zero state is the generator's only bad one. */
export function prngSeed(p: usize): void {
  store<u64>(S, load<u64>(S) ^ load<u64>(p) ^ load<u64>(p, 16));
  store<u64>(S, load<u64>(S, 8) ^ load<u64>(p, 8) ^ load<u64>(p, 24), 8);
  // No branch: the state is a secret.
  store<u8>(S, load<u8>(S) | u8((load<u64>(S) | load<u64>(S, 8)) == 0));
  for (let i = 0; i < 8; i++) random();
}
export function random(): u32 {
  const s1 = load<u32>(S, 4);
  const r = rotl<u32>(s1 * 5, 7) * 9;
  const s2 = load<u32>(S, 8) ^ load<u32>(S);
  const s3 = load<u32>(S, 12) ^ s1;
  store<u32>(S, s1 ^ s2, 4);
  store<u32>(S, load<u32>(S) ^ s3);
  store<u32>(S, s2 ^ (s1 << 9), 8);
  store<u32>(S, rotl<u32>(s3, 11), 12);
  return r;
}
/** Uniform in [0, n); n > 0. */
export function randomBelow(n: u32): u32 {
  return <u32>((<u64>random() * <u64>n) >> 32);
}
