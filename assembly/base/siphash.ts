// SipHash-2-4 (Aumasson, Bernstein): a keyed pseudo-random function for identifiers that strangers see. The look-up tables
// use the quicker SipHash-1-3 of hash.ts.
const V = memory.data(32, 8);

function rounds(n: i32): void {
  let a = load<u64>(V);
  let b = load<u64>(V, 8);
  let c = load<u64>(V, 16);
  let d = load<u64>(V, 24);
  for (; n > 0; n--) {
    a += b;
    c += d;
    b = rotl<u64>(b, 13) ^ a;
    d = rotl<u64>(d, 16) ^ c;
    a = rotl<u64>(a, 32);
    c += b;
    a += d;
    b = rotl<u64>(b, 17) ^ c;
    d = rotl<u64>(d, 21) ^ a;
    c = rotl<u64>(c, 32);
  }
  store<u64>(V, a);
  store<u64>(V, b, 8);
  store<u64>(V, c, 16);
  store<u64>(V, d, 24);
}
/** SipHash-2-4 of `words` times eight bytes at `p` under the 16 bytes at `key`. */
export function sipHash24(key: usize, p: usize, words: i32): u64 {
  const k0 = load<u64>(key);
  const k1 = load<u64>(key, 8);
  store<u64>(V, k0 ^ 0x736f6d6570736575);
  store<u64>(V, k1 ^ 0x646f72616e646f6d, 8);
  store<u64>(V, k0 ^ 0x6c7967656e657261, 16);
  store<u64>(V, k1 ^ 0x7465646279746573, 24);
  for (let i = 0; i <= words; i++) {
    // The last word holds nothing but the length in bytes, modulo 256.
    const m = i < words ? load<u64>(p + <usize>(i << 3)) : (<u64>words) << 59;
    store<u64>(V, load<u64>(V, 24) ^ m, 24);
    rounds(2);
    store<u64>(V, load<u64>(V) ^ m);
  }
  store<u64>(V, load<u64>(V, 16) ^ 0xff, 16);
  rounds(4);
  return load<u64>(V) ^ load<u64>(V, 8) ^ load<u64>(V, 16) ^ load<u64>(V, 24);
}
