// AEAD_CHACHA20_POLY1305 (RFC 8439 §2.8), in place.
import { chacha20 } from "./chacha20";
import { equalSecret } from "./equal";
import { poly1305Begin, poly1305End, poly1305Padded } from "./poly1305";

export const TAG: i32 = 16;

const ONE_TIME_KEY = memory.data(64, 8);
const EXPECTED = memory.data(16, 8);

function tag(key: usize, nonce: usize, aad: usize, aadLen: i32, at: usize, len: i32, to: usize): void {
  // A whole block, which takes less than half of one.
  memory.fill(ONE_TIME_KEY, 0, 64);
  chacha20(key, nonce, 0, ONE_TIME_KEY, ONE_TIME_KEY, 64);
  poly1305Begin(ONE_TIME_KEY);
  poly1305Padded(aad, aadLen);
  poly1305Padded(at, len);
  poly1305End(aadLen, len, to);
}
/** Encrypts `len` bytes at `at`, and writes the tag (16 bytes) to `to`. `key` 32 bytes, `nonce` 12. */
export function seal(key: usize, nonce: usize, aad: usize, aadLen: i32, at: usize, len: i32, to: usize): void {
  chacha20(key, nonce, 1, at, at, len);
  tag(key, nonce, aad, aadLen, at, len, to);
}
/** Decrypts `len` bytes at `at` when the tag at `sent` is theirs. False: it is not, and nothing was changed. */
export function open(key: usize, nonce: usize, aad: usize, aadLen: i32, at: usize, len: i32, sent: usize): bool {
  tag(key, nonce, aad, aadLen, at, len, EXPECTED);
  if (!equalSecret(EXPECTED, sent, TAG)) return false;
  chacha20(key, nonce, 1, at, at, len);
  return true;
}
