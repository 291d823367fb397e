// ChaCha20 (RFC 8439 §2.4): a key stream by additions, rotations and exclusive ors of 32-bit words, so that time and addresses depend on
// lengths alone. The sixteen words are locals: V8 keeps them in registers, a Cortex-M0+ on its stack.

/** "expand 32-byte k", RFC 8439 §2.3. */
const C0: u32 = 0x61707865;
const C1: u32 = 0x3320646e;
const C2: u32 = 0x79622d32;
const C3: u32 = 0x6b206574;
const BLOCK: i32 = 64;
/** The key stream of a last, shorter block. */
const LAST = memory.data(64, 8);

/**
 * Adds the key stream to `len` bytes at `from` and writes them to `to` (the same place, or apart). `key` 32 bytes, `nonce` 12,
 * `counter` of the first block. Words are read and written little-endian and need not be aligned.
 */
export function chacha20(key: usize, nonce: usize, counter: u32, from: usize, to: usize, len: i32): void {
  const k0 = load<u32>(key, 0);
  const k1 = load<u32>(key, 4);
  const k2 = load<u32>(key, 8);
  const k3 = load<u32>(key, 12);
  const k4 = load<u32>(key, 16);
  const k5 = load<u32>(key, 20);
  const k6 = load<u32>(key, 24);
  const k7 = load<u32>(key, 28);
  const n0 = load<u32>(nonce, 0);
  const n1 = load<u32>(nonce, 4);
  const n2 = load<u32>(nonce, 8);
  for (; len > 0; len -= BLOCK, counter++) {
    let x0: u32 = C0;
    let x1: u32 = C1;
    let x2: u32 = C2;
    let x3: u32 = C3;
    let x4: u32 = k0;
    let x5: u32 = k1;
    let x6: u32 = k2;
    let x7: u32 = k3;
    let x8: u32 = k4;
    let x9: u32 = k5;
    let x10: u32 = k6;
    let x11: u32 = k7;
    let x12: u32 = counter;
    let x13: u32 = n0;
    let x14: u32 = n1;
    let x15: u32 = n2;
    for (let i = 0; i < 10; i++) {
      x0 += x4;
      x12 = rotl<u32>(x12 ^ x0, 16);
      x8 += x12;
      x4 = rotl<u32>(x4 ^ x8, 12);
      x0 += x4;
      x12 = rotl<u32>(x12 ^ x0, 8);
      x8 += x12;
      x4 = rotl<u32>(x4 ^ x8, 7);
      x1 += x5;
      x13 = rotl<u32>(x13 ^ x1, 16);
      x9 += x13;
      x5 = rotl<u32>(x5 ^ x9, 12);
      x1 += x5;
      x13 = rotl<u32>(x13 ^ x1, 8);
      x9 += x13;
      x5 = rotl<u32>(x5 ^ x9, 7);
      x2 += x6;
      x14 = rotl<u32>(x14 ^ x2, 16);
      x10 += x14;
      x6 = rotl<u32>(x6 ^ x10, 12);
      x2 += x6;
      x14 = rotl<u32>(x14 ^ x2, 8);
      x10 += x14;
      x6 = rotl<u32>(x6 ^ x10, 7);
      x3 += x7;
      x15 = rotl<u32>(x15 ^ x3, 16);
      x11 += x15;
      x7 = rotl<u32>(x7 ^ x11, 12);
      x3 += x7;
      x15 = rotl<u32>(x15 ^ x3, 8);
      x11 += x15;
      x7 = rotl<u32>(x7 ^ x11, 7);
      x0 += x5;
      x15 = rotl<u32>(x15 ^ x0, 16);
      x10 += x15;
      x5 = rotl<u32>(x5 ^ x10, 12);
      x0 += x5;
      x15 = rotl<u32>(x15 ^ x0, 8);
      x10 += x15;
      x5 = rotl<u32>(x5 ^ x10, 7);
      x1 += x6;
      x12 = rotl<u32>(x12 ^ x1, 16);
      x11 += x12;
      x6 = rotl<u32>(x6 ^ x11, 12);
      x1 += x6;
      x12 = rotl<u32>(x12 ^ x1, 8);
      x11 += x12;
      x6 = rotl<u32>(x6 ^ x11, 7);
      x2 += x7;
      x13 = rotl<u32>(x13 ^ x2, 16);
      x8 += x13;
      x7 = rotl<u32>(x7 ^ x8, 12);
      x2 += x7;
      x13 = rotl<u32>(x13 ^ x2, 8);
      x8 += x13;
      x7 = rotl<u32>(x7 ^ x8, 7);
      x3 += x4;
      x14 = rotl<u32>(x14 ^ x3, 16);
      x9 += x14;
      x4 = rotl<u32>(x4 ^ x9, 12);
      x3 += x4;
      x14 = rotl<u32>(x14 ^ x3, 8);
      x9 += x14;
      x4 = rotl<u32>(x4 ^ x9, 7);
    }
    if (len < BLOCK) {
      store<u32>(LAST, x0 + C0);
      store<u32>(LAST, x1 + C1, 4);
      store<u32>(LAST, x2 + C2, 8);
      store<u32>(LAST, x3 + C3, 12);
      store<u32>(LAST, x4 + k0, 16);
      store<u32>(LAST, x5 + k1, 20);
      store<u32>(LAST, x6 + k2, 24);
      store<u32>(LAST, x7 + k3, 28);
      store<u32>(LAST, x8 + k4, 32);
      store<u32>(LAST, x9 + k5, 36);
      store<u32>(LAST, x10 + k6, 40);
      store<u32>(LAST, x11 + k7, 44);
      store<u32>(LAST, x12 + counter, 48);
      store<u32>(LAST, x13 + n0, 52);
      store<u32>(LAST, x14 + n1, 56);
      store<u32>(LAST, x15 + n2, 60);
      for (let i: usize = 0; i < <usize>len; i++) store<u8>(to + i, load<u8>(from + i) ^ load<u8>(LAST + i));
      return;
    }
    store<u32>(to, (x0 + C0) ^ load<u32>(from));
    store<u32>(to, (x1 + C1) ^ load<u32>(from, 4), 4);
    store<u32>(to, (x2 + C2) ^ load<u32>(from, 8), 8);
    store<u32>(to, (x3 + C3) ^ load<u32>(from, 12), 12);
    store<u32>(to, (x4 + k0) ^ load<u32>(from, 16), 16);
    store<u32>(to, (x5 + k1) ^ load<u32>(from, 20), 20);
    store<u32>(to, (x6 + k2) ^ load<u32>(from, 24), 24);
    store<u32>(to, (x7 + k3) ^ load<u32>(from, 28), 28);
    store<u32>(to, (x8 + k4) ^ load<u32>(from, 32), 32);
    store<u32>(to, (x9 + k5) ^ load<u32>(from, 36), 36);
    store<u32>(to, (x10 + k6) ^ load<u32>(from, 40), 40);
    store<u32>(to, (x11 + k7) ^ load<u32>(from, 44), 44);
    store<u32>(to, (x12 + counter) ^ load<u32>(from, 48), 48);
    store<u32>(to, (x13 + n0) ^ load<u32>(from, 52), 52);
    store<u32>(to, (x14 + n1) ^ load<u32>(from, 56), 56);
    store<u32>(to, (x15 + n2) ^ load<u32>(from, 60), 60);
    from += BLOCK;
    to += BLOCK;
  }
}
