// Poly1305 (RFC 8439 §2.5) with five limbs of 26 bits: for machines that multiply 32 by 32 bits to 64 (PCs, RISC-V). No branch and no
// address depends on key or message.

/** Clamped r, five limbs. */
const R = memory.data(24, 8);
/** The second half of the key, added at the end. */
const S = memory.data(16, 8);
/** The accumulator, five limbs. */
const H = memory.data(24, 8);

/** Begins with a one-time key of 32 bytes. */
export function begin26(key: usize): void {
  const t0 = load<u32>(key);
  const t1 = load<u32>(key, 4);
  const t2 = load<u32>(key, 8);
  const t3 = load<u32>(key, 12);
  store<u32>(R, t0 & 0x3ffffff);
  store<u32>(R, ((t0 >>> 26) | (t1 << 6)) & 0x3ffff03, 4);
  store<u32>(R, ((t1 >>> 20) | (t2 << 12)) & 0x3ffc0ff, 8);
  store<u32>(R, ((t2 >>> 14) | (t3 << 18)) & 0x3f03fff, 12);
  store<u32>(R, (t3 >>> 8) & 0x00fffff, 16);
  store<u64>(S, load<u64>(key, 16));
  store<u64>(S, load<u64>(key, 24), 8);
  store<u64>(H, 0);
  store<u64>(H, 0, 8);
  store<u32>(H, 0, 16);
}
/** Takes `blocks` blocks of 16 bytes; each counts with a bit behind its end. */
export function blocks26(m: usize, blocks: i32): void {
  const r0 = <u64>load<u32>(R);
  const r1 = <u64>load<u32>(R, 4);
  const r2 = <u64>load<u32>(R, 8);
  const r3 = <u64>load<u32>(R, 12);
  const r4 = <u64>load<u32>(R, 16);
  const s1 = r1 * 5;
  const s2 = r2 * 5;
  const s3 = r3 * 5;
  const s4 = r4 * 5;
  let h0 = <u64>load<u32>(H);
  let h1 = <u64>load<u32>(H, 4);
  let h2 = <u64>load<u32>(H, 8);
  let h3 = <u64>load<u32>(H, 12);
  let h4 = <u64>load<u32>(H, 16);
  for (; blocks > 0; blocks--, m += 16) {
    const lo = load<u64>(m);
    const hi = load<u64>(m, 8);
    h0 += lo & 0x3ffffff;
    h1 += (lo >> 26) & 0x3ffffff;
    h2 += ((lo >> 52) | (hi << 12)) & 0x3ffffff;
    h3 += (hi >> 14) & 0x3ffffff;
    h4 += (hi >> 40) | 0x1000000;
    let d0 = h0 * r0 + h1 * s4 + h2 * s3 + h3 * s2 + h4 * s1;
    let d1 = h0 * r1 + h1 * r0 + h2 * s4 + h3 * s3 + h4 * s2;
    let d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s4 + h4 * s3;
    let d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s4;
    let d4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0;
    d1 += d0 >> 26;
    d2 += d1 >> 26;
    d3 += d2 >> 26;
    d4 += d3 >> 26;
    h0 = (d0 & 0x3ffffff) + (d4 >> 26) * 5;
    h1 = (d1 & 0x3ffffff) + (h0 >> 26);
    h0 &= 0x3ffffff;
    h2 = d2 & 0x3ffffff;
    h3 = d3 & 0x3ffffff;
    h4 = d4 & 0x3ffffff;
  }
  store<u32>(H, <u32>h0);
  store<u32>(H, <u32>h1, 4);
  store<u32>(H, <u32>h2, 8);
  store<u32>(H, <u32>h3, 12);
  store<u32>(H, <u32>h4, 16);
}
/** Writes the tag, 16 bytes. */
export function end26(tag: usize): void {
  let h0 = load<u32>(H);
  let h1 = load<u32>(H, 4);
  let h2 = load<u32>(H, 8);
  let h3 = load<u32>(H, 12);
  let h4 = load<u32>(H, 16);
  h2 += h1 >>> 26;
  h1 &= 0x3ffffff;
  h3 += h2 >>> 26;
  h2 &= 0x3ffffff;
  h4 += h3 >>> 26;
  h3 &= 0x3ffffff;
  h0 += (h4 >>> 26) * 5;
  h4 &= 0x3ffffff;
  h1 += h0 >>> 26;
  h0 &= 0x3ffffff;
  // h + 5 - 2^130 where that is not negative, chosen by a mask
  let g0 = h0 + 5;
  let g1 = h1 + (g0 >>> 26);
  let g2 = h2 + (g1 >>> 26);
  let g3 = h3 + (g2 >>> 26);
  const g4 = h4 + (g3 >>> 26) - 0x4000000;
  const keep: u32 = <u32>(<i32>g4 >> 31);
  g0 = (g0 & 0x3ffffff & ~keep) | (h0 & keep);
  g1 = (g1 & 0x3ffffff & ~keep) | (h1 & keep);
  g2 = (g2 & 0x3ffffff & ~keep) | (h2 & keep);
  g3 = (g3 & 0x3ffffff & ~keep) | (h3 & keep);
  h4 = (g4 & ~keep) | (h4 & keep);
  let f: u64 = <u64>(g0 | (g1 << 26)) + load<u32>(S);
  store<u32>(tag, <u32>f);
  f = <u64>((g1 >>> 6) | (g2 << 20)) + load<u32>(S, 4) + (f >> 32);
  store<u32>(tag, <u32>f, 4);
  f = <u64>((g2 >>> 12) | (g3 << 14)) + load<u32>(S, 8) + (f >> 32);
  store<u32>(tag, <u32>f, 8);
  f = <u64>((g3 >>> 18) | (h4 << 8)) + load<u32>(S, 12) + (f >> 32);
  store<u32>(tag, <u32>f, 12);
}
