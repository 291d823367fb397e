// Exclusive or of bytes.

/** `to` = `a` ^ `b`, for `len` bytes; `to` may be `a`. */
export function xor(to: usize, a: usize, b: usize, len: i32): void {
  let i: usize = 0;
  for (; i + 4 <= <usize>len; i += 4) store<u32>(to + i, load<u32>(a + i) ^ load<u32>(b + i));
  for (; i < <usize>len; i++) store<u8>(to + i, load<u8>(a + i) ^ load<u8>(b + i));
}
