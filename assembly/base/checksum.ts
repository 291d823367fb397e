import { PC } from "./config";

// Internet checksum, RFC 1071, in host order on a little-endian machine: the sum of 16-bit words does not care for byte
// order (RFC 1071 §2 (B)), so nothing is swapped until the result is stored as it is.

/** Adds `len` bytes to an unfolded sum. Eight bytes a step; an odd last byte counts as the first of its word. */
export function sum(p: usize, len: i32, acc: u64): u64 {
  if (!PC) return sumOfWords(p, len, acc);
  let n = len;
  for (; n >= 32; n -= 32, p += 32) {
    const a = load<u64>(p);
    const b = load<u64>(p, 8);
    const c = load<u64>(p, 16);
    const d = load<u64>(p, 24);
    acc += (a & 0xffffffff) + (a >> 32) + (b & 0xffffffff) + (b >> 32);
    acc += (c & 0xffffffff) + (c >> 32) + (d & 0xffffffff) + (d >> 32);
  }
  for (; n >= 4; n -= 4, p += 4) acc += load<u32>(p);
  if (n >= 2) {
    acc += load<u16>(p);
    p += 2;
    n -= 2;
  }
  if (n > 0) acc += load<u8>(p);
  return acc;
}
/**
 * The same for processors of 32 bits without an add-with-carry that a compiler would use: the words modulo 2^32, and apart from them
 * their upper halves; the difference is the sum of the lower halves. Exact for up to 65536 words.
 */
function sumOfWords(p: usize, len: i32, acc: u64): u64 {
  let all: u32 = 0;
  let upper: u32 = 0;
  const whole = p + (len & ~31);
  for (; p < whole; p += 32) {
    let w = load<u32>(p);
    all += w;
    upper += w >> 16;
    w = load<u32>(p, 4);
    all += w;
    upper += w >> 16;
    w = load<u32>(p, 8);
    all += w;
    upper += w >> 16;
    w = load<u32>(p, 12);
    all += w;
    upper += w >> 16;
    w = load<u32>(p, 16);
    all += w;
    upper += w >> 16;
    w = load<u32>(p, 20);
    all += w;
    upper += w >> 16;
    w = load<u32>(p, 24);
    all += w;
    upper += w >> 16;
    w = load<u32>(p, 28);
    all += w;
    upper += w >> 16;
  }
  const words = whole + (len & 28);
  for (; p < words; p += 4) {
    const w = load<u32>(p);
    all += w;
    upper += w >> 16;
  }
  if (len & 2) {
    all += load<u16>(p);
    p += 2;
  }
  if (len & 1) all += load<u8>(p);
  return acc + <u64>(all - (upper << 16)) + <u64>upper;
}
/** Folds to 16 bits, not complemented. */
export function fold(acc: u64): u32 {
  let s = (acc & 0xffffffff) + (acc >> 32);
  s = (s & 0xffff) + ((s >> 16) & 0xffff) + (s >> 32);
  s = (s & 0xffff) + (s >> 16);
  s = (s & 0xffff) + (s >> 16);
  return <u32>s;
}
/** Sum of the IPv6 pseudo-header, RFC 8200 §8.1; `src` and `dst` point to the addresses, `len` is the upper-layer length. */
export function pseudo6(src: usize, dst: usize, len: i32, next: u32): u64 {
  return sum(dst, 16, sum(src, 16, 0)) + <u64>bswap<u32>(<u32>len) + <u64>(next << 24);
}
/** Value to store in a checksum field (host order of the machine = wire order, see above). */
export function finish(acc: u64): u16 {
  return <u16>~fold(acc);
}
/** A checksum field after the bytes it covers changed by the sums `was` → `is`, RFC 1624 (eqn. 3). */
export function adjust(field: u16, was: u64, is: u64): u16 {
  return <u16>~fold(<u64>(<u16>~field) + <u64>(<u16>~fold(was)) + <u64>fold(is));
}
