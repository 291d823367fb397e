// Poly1305 (RFC 8439 §2.5) with ten limbs of 13 bits: for processors that multiply 32 by 32 bits to 32 (Cortex-M0+), where it takes half the
// time of 26-bit limbs. No branch and no address depends on key or message.

/** Clamped r, ten limbs. */
const R = memory.data(40, 8);
/** The second half of the key, added at the end. */
const S = memory.data(16, 8);
/** The accumulator, ten limbs. */
const H = memory.data(40, 8);
/** 2^13 - 1 */
const M: u32 = 0x1fff;

/** Begins with a one-time key of 32 bytes. */
export function begin13(key: usize): void {
  const t0 = load<u32>(key) & 0x0fffffff;
  const t1 = load<u32>(key, 4) & 0x0ffffffc;
  const t2 = load<u32>(key, 8) & 0x0ffffffc;
  const t3 = load<u32>(key, 12) & 0x0ffffffc;
  store<u32>(R, t0 & M);
  store<u32>(R, (t0 >>> 13) & M, 4);
  store<u32>(R, ((t0 >>> 26) | (t1 << 6)) & M, 8);
  store<u32>(R, (t1 >>> 7) & M, 12);
  store<u32>(R, ((t1 >>> 20) | (t2 << 12)) & M, 16);
  store<u32>(R, (t2 >>> 1) & M, 20);
  store<u32>(R, (t2 >>> 14) & M, 24);
  store<u32>(R, ((t2 >>> 27) | (t3 << 5)) & M, 28);
  store<u32>(R, (t3 >>> 8) & M, 32);
  store<u32>(R, t3 >>> 21, 36);
  store<u32>(S, load<u32>(key, 16));
  store<u32>(S, load<u32>(key, 20), 4);
  store<u32>(S, load<u32>(key, 24), 8);
  store<u32>(S, load<u32>(key, 28), 12);
  for (let i: usize = 0; i < 40; i += 4) store<u32>(H + i, 0);
}
/** Takes `blocks` blocks of 16 bytes; each counts with a bit behind its end. */
export function blocks13(m: usize, blocks: i32): void {
  const r0 = load<u32>(R);
  const r1 = load<u32>(R, 4);
  const r2 = load<u32>(R, 8);
  const r3 = load<u32>(R, 12);
  const r4 = load<u32>(R, 16);
  const r5 = load<u32>(R, 20);
  const r6 = load<u32>(R, 24);
  const r7 = load<u32>(R, 28);
  const r8 = load<u32>(R, 32);
  const r9 = load<u32>(R, 36);
  let h0 = load<u32>(H);
  let h1 = load<u32>(H, 4);
  let h2 = load<u32>(H, 8);
  let h3 = load<u32>(H, 12);
  let h4 = load<u32>(H, 16);
  let h5 = load<u32>(H, 20);
  let h6 = load<u32>(H, 24);
  let h7 = load<u32>(H, 28);
  let h8 = load<u32>(H, 32);
  let h9 = load<u32>(H, 36);
  for (; blocks > 0; blocks--, m += 16) {
    const t0 = load<u32>(m);
    const t1 = load<u32>(m, 4);
    const t2 = load<u32>(m, 8);
    const t3 = load<u32>(m, 12);
    h0 += t0 & M;
    h1 += (t0 >>> 13) & M;
    h2 += ((t0 >>> 26) | (t1 << 6)) & M;
    h3 += (t1 >>> 7) & M;
    h4 += ((t1 >>> 20) | (t2 << 12)) & M;
    h5 += (t2 >>> 1) & M;
    h6 += (t2 >>> 14) & M;
    h7 += ((t2 >>> 27) | (t3 << 5)) & M;
    h8 += (t3 >>> 8) & M;
    h9 += (t3 >>> 21) | 0x800;
    // A limb of h is below 2^14, one of r below 2^13, and the clamped r4 and r9 are below 2^8 and 2^7: from the third sum on, which is below
    // 28.3 * 2^27, all of it fits 32 bits. The first two are carried half way.
    let c: u32 = 0;
    let d: u32 = 0;
    d = c + h0 * r0 + h1 * (5 * r9) + h2 * (5 * r8) + h3 * (5 * r7) + h4 * (5 * r6);
    c = d >>> 13;
    d = (d & M) + h5 * (5 * r5) + h6 * (5 * r4) + h7 * (5 * r3) + h8 * (5 * r2) + h9 * (5 * r1);
    c += d >>> 13;
    const n0 = d & M;
    d = c + h0 * r1 + h1 * r0 + h2 * (5 * r9) + h3 * (5 * r8) + h4 * (5 * r7);
    c = d >>> 13;
    d = (d & M) + h5 * (5 * r6) + h6 * (5 * r5) + h7 * (5 * r4) + h8 * (5 * r3) + h9 * (5 * r2);
    c += d >>> 13;
    const n1 = d & M;
    d =
      c +
      h0 * r2 +
      h1 * r1 +
      h2 * r0 +
      h3 * (5 * r9) +
      h4 * (5 * r8) +
      h5 * (5 * r7) +
      h6 * (5 * r6) +
      h7 * (5 * r5) +
      h8 * (5 * r4) +
      h9 * (5 * r3);
    c = d >>> 13;
    const n2 = d & M;
    d =
      c +
      h0 * r3 +
      h1 * r2 +
      h2 * r1 +
      h3 * r0 +
      h4 * (5 * r9) +
      h5 * (5 * r8) +
      h6 * (5 * r7) +
      h7 * (5 * r6) +
      h8 * (5 * r5) +
      h9 * (5 * r4);
    c = d >>> 13;
    const n3 = d & M;
    d =
      c +
      h0 * r4 +
      h1 * r3 +
      h2 * r2 +
      h3 * r1 +
      h4 * r0 +
      h5 * (5 * r9) +
      h6 * (5 * r8) +
      h7 * (5 * r7) +
      h8 * (5 * r6) +
      h9 * (5 * r5);
    c = d >>> 13;
    const n4 = d & M;
    d =
      c +
      h0 * r5 +
      h1 * r4 +
      h2 * r3 +
      h3 * r2 +
      h4 * r1 +
      h5 * r0 +
      h6 * (5 * r9) +
      h7 * (5 * r8) +
      h8 * (5 * r7) +
      h9 * (5 * r6);
    c = d >>> 13;
    const n5 = d & M;
    d =
      c +
      h0 * r6 +
      h1 * r5 +
      h2 * r4 +
      h3 * r3 +
      h4 * r2 +
      h5 * r1 +
      h6 * r0 +
      h7 * (5 * r9) +
      h8 * (5 * r8) +
      h9 * (5 * r7);
    c = d >>> 13;
    const n6 = d & M;
    d =
      c + h0 * r7 + h1 * r6 + h2 * r5 + h3 * r4 + h4 * r3 + h5 * r2 + h6 * r1 + h7 * r0 + h8 * (5 * r9) + h9 * (5 * r8);
    c = d >>> 13;
    const n7 = d & M;
    d = c + h0 * r8 + h1 * r7 + h2 * r6 + h3 * r5 + h4 * r4 + h5 * r3 + h6 * r2 + h7 * r1 + h8 * r0 + h9 * (5 * r9);
    c = d >>> 13;
    const n8 = d & M;
    d = c + h0 * r9 + h1 * r8 + h2 * r7 + h3 * r6 + h4 * r5 + h5 * r4 + h6 * r3 + h7 * r2 + h8 * r1 + h9 * r0;
    c = d >>> 13;
    const n9 = d & M;
    d = n0 + c * 5;
    h0 = d & M;
    h1 = n1 + (d >>> 13);
    h2 = n2;
    h3 = n3;
    h4 = n4;
    h5 = n5;
    h6 = n6;
    h7 = n7;
    h8 = n8;
    h9 = n9;
  }
  store<u32>(H, h0);
  store<u32>(H, h1, 4);
  store<u32>(H, h2, 8);
  store<u32>(H, h3, 12);
  store<u32>(H, h4, 16);
  store<u32>(H, h5, 20);
  store<u32>(H, h6, 24);
  store<u32>(H, h7, 28);
  store<u32>(H, h8, 32);
  store<u32>(H, h9, 36);
}
/** Writes the tag, 16 bytes. */
export function end13(tag: usize): void {
  // Twice around: after the first time limb 1 may still carry.
  let c: u32 = 0;
  for (let round = 0; round < 2; round++) {
    for (let i: usize = 0; i < 40; i += 4) {
      c += load<u32>(H + i);
      store<u32>(H + i, c & M);
      c >>>= 13;
    }
    c *= 5;
  }
  store<u32>(H, load<u32>(H) + c);
  // h + 5: where that reaches 2^130, h was not below the prime, and what is above 2^130 falls away.
  c = 5;
  for (let i: usize = 0; i < 40; i += 4) c = (load<u32>(H + i) + c) >>> 13;
  c *= 5;
  for (let i: usize = 0; i < 40; i += 4) {
    c += load<u32>(H + i);
    store<u32>(H + i, c & M);
    c >>>= 13;
  }
  let f: u64 = 0;
  f = <u64>word(0, 0) + load<u32>(S);
  store<u32>(tag, <u32>f);
  f = <u64>word(8, 6) + load<u32>(S, 4) + (f >> 32);
  store<u32>(tag, <u32>f, 4);
  f = <u64>word(16, 12) + load<u32>(S, 8) + (f >> 32);
  store<u32>(tag, <u32>f, 8);
  f = <u64>word(28, 5) + load<u32>(S, 12) + (f >> 32);
  store<u32>(tag, <u32>f, 12);
}
/** 32 bits of the accumulator from bit `skip` of the limb at `limb` on. */
function word(limb: usize, skip: u32): u32 {
  const at = H + limb;
  const next = limb < 32 ? load<u32>(at, 8) : 0;
  return (
    (load<u32>(at) >>> skip) |
    (load<u32>(at, 4) << (13 - skip)) |
    (next << (26 - skip)) |
    (limb < 28 && skip > 7 ? load<u32>(at, 12) << (39 - skip) : 0)
  );
}
