// Comparison of authenticators.

/** True when `len` bytes are equal; takes the same time wherever they differ. */
export function equalSecret(a: usize, b: usize, len: i32): bool {
  let difference: u32 = 0;
  for (let i: usize = 0; i < <usize>len; i++) difference |= load<u8>(a + i) ^ load<u8>(b + i);
  return difference == 0;
}
