// @ts-nocheck: TypeScript knows no arithmetic on a type parameter; AssemblyScript, which does, checks this file.
// AES (FIPS 197), bitsliced: no table is looked up and nothing branches on key or data. Word j of a state holds bit j of each byte of
// several blocks, two with words of 32 bits, four with words of 64. In a word, row r and column c of block b are bit
// L * r + L / 4 * c + b, where L = 8 or 16. ShiftRows is left out: after n rounds row r lies n * r columns off, MixColumns looks there (n modulo
// 4), round keys lie likewise ("fixslicing", Adomnicai and Peyrin 2020). The S-box is the circuit of Boyar and Peralta (2011) without its
// four inversions, which the round keys make up for.

/** The state: eight words. */
export const STATE = memory.data(64, 8);
/** Where it is, for steps to be told: to a C compiler that knew, Thumb's short offsets would not reach the words. */
const AT = memory.data(4, 4);
store<usize>(AT, STATE);
export function state(): usize {
  return load<usize>(AT);
}
/** A round key that adds nothing. */
const ZERO_KEY = memory.data(64, 8);

/** What every step needs, inlined wherever it is used: a call would cost more than it does. */
class Lanes {
  /** Bits of a row. */
  @inline static size<T>(): T {
    return <T>(sizeof<T>() == 4 ? 8 : 16);
  }
  /** A row's lowest `bits` bits, in each row. */
  @inline static low<T>(bits: T): T {
    const each = sizeof<T>() == 4 ? <T>0x01010101 : <T>0x0001000100010001;
    return (((<T>1) << bits) - <T>1) * each;
  }
  /** Each row by `s` bits to the right, around; `low` = its bits that stay above `s`. */
  @inline static turn<T>(x: T, s: T, low: T): T {
    return ((x >> s) & low) | ((x << (Lanes.size<T>() - s)) & ~low);
  }
}
/** Bit j of byte i of word w becomes bit w of byte i of word j, and back. */
export function transpose<T>(s: usize): void {
  const m1 = sizeof<T>() == 4 ? <T>0x55555555 : <T>0x5555555555555555;
  const m2 = sizeof<T>() == 4 ? <T>0x33333333 : <T>0x3333333333333333;
  const m4 = sizeof<T>() == 4 ? <T>0x0f0f0f0f : <T>0x0f0f0f0f0f0f0f0f;
  for (let at = s; at < s + 8 * sizeof<T>(); at += 4 * sizeof<T>()) {
    let a = load<T>(at);
    let b = load<T>(at, 1 * sizeof<T>());
    let c = load<T>(at, 2 * sizeof<T>());
    let d = load<T>(at, 3 * sizeof<T>());
    let t = ((a >> 1) ^ b) & m1;
    a ^= t << 1;
    b ^= t;
    t = ((c >> 1) ^ d) & m1;
    c ^= t << 1;
    d ^= t;
    t = ((a >> 2) ^ c) & m2;
    store<T>(at, a ^ (t << 2));
    store<T>(at, c ^ t, 2 * sizeof<T>());
    t = ((b >> 2) ^ d) & m2;
    store<T>(at, b ^ (t << 2), 1 * sizeof<T>());
    store<T>(at, d ^ t, 3 * sizeof<T>());
  }
  for (let at = s; at < s + 4 * sizeof<T>(); at += sizeof<T>()) {
    const a = load<T>(at);
    const e = load<T>(at, 4 * sizeof<T>());
    const t = ((a >> 4) ^ e) & m4;
    store<T>(at, a ^ (t << 4));
    store<T>(at, e ^ t, 4 * sizeof<T>());
  }
}

/** SubBytes but for adding 0x63. The order of its steps was searched for: gcc for a Cortex-M0+ makes 341 cycles of it, 362 before. */
export function subBytes<T>(s: usize): void {
  const x2 = load<T>(s, 5 * sizeof<T>());
  const x1 = load<T>(s, 6 * sizeof<T>());
  const x7 = load<T>(s);
  const x4 = load<T>(s, 3 * sizeof<T>());
  const x0 = load<T>(s, 7 * sizeof<T>());
  const t0 = x1 ^ x2;
  const y1 = t0 ^ x7;
  const y2 = y1 ^ x0;
  const x5 = load<T>(s, 2 * sizeof<T>());
  const y8 = x0 ^ x5;
  const x3 = load<T>(s, 4 * sizeof<T>());
  const y4 = y1 ^ x3;
  const t5 = y4 & x7;
  const y9 = x0 ^ x3;
  const y14 = x3 ^ x5;
  const x6 = load<T>(s, 1 * sizeof<T>());
  const y5 = y1 ^ x6;
  const t8 = y5 & y1;
  const y3 = y5 ^ y8;
  const y13 = x0 ^ x6;
  const y12 = y13 ^ y14;
  const t1 = x4 ^ y12;
  const y15 = t1 ^ x5;
  const y10 = y15 ^ t0;
  const t15 = y8 & y10;
  const t2 = y12 & y15;
  const t6 = t5 ^ t2;
  const y20 = t1 ^ x1;
  const y11 = y20 ^ y9;
  const y7 = x7 ^ y11;
  const t12 = y9 & y11;
  const t16 = t15 ^ t12;
  const y16 = t0 ^ y11;
  const t7 = y13 & y16;
  const y21 = y13 ^ y16;
  const y19 = y10 ^ y8;
  const t9 = t8 ^ t7;
  const y18 = x0 ^ y16;
  const t10 = y2 & y7;
  const y17 = y10 ^ y11;
  const t13 = y14 & y17;
  const t14 = t13 ^ t12;
  const t19 = t9 ^ t14;
  const t11 = t10 ^ t7;
  const t20 = t11 ^ t16;
  const t24 = t20 ^ y18;
  const t23 = t19 ^ y21;
  const t30 = t23 ^ t24;
  const t18 = t6 ^ t16;
  const t22 = t18 ^ y19;
  const y6 = y15 ^ x7;
  const t3 = y3 & y6;
  const t4 = t3 ^ t2;
  const t17 = t4 ^ t14;
  const t21 = t17 ^ y20;
  const t26 = t21 & t23;
  const t31 = t22 ^ t26;
  const t32 = t31 & t30;
  const t33 = t32 ^ t24;
  const t25 = t21 ^ t22;
  const t27 = t24 ^ t26;
  const t35 = t27 ^ t33;
  const t36 = t24 & t35;
  const t38 = t27 ^ t36;
  const t28 = t25 & t27;
  const t29 = t28 ^ t22;
  const t39 = t29 & t38;
  const t40 = t25 ^ t39;
  const z13 = t40 & y5;
  const z5 = t29 & y7;
  const t48 = z5 ^ z13;
  const t42 = t29 ^ t33;
  const z15 = t42 & y9;
  const z2 = t33 & x7;
  const t34 = t23 ^ t33;
  const t37 = t36 ^ t34;
  const z10 = t37 & y3;
  const t41 = t40 ^ t37;
  const z17 = t41 & y8;
  const z8 = t41 & y10;
  const t45 = t42 ^ t41;
  const t43 = t29 ^ t40;
  const z12 = t43 & y13;
  const t56 = z12 ^ t48;
  const t50 = z2 ^ z12;
  const z6 = t42 & y11;
  const z1 = t37 & y6;
  const z11 = t33 & y4;
  const z7 = t45 & y17;
  const t54 = z6 ^ z7;
  const t52 = z7 ^ z8;
  const z3 = t43 & y16;
  const t59 = z3 ^ t54;
  const z4 = t40 & y1;
  const t64 = z4 ^ t59;
  const t44 = t33 ^ t37;
  const z9 = t44 & y12;
  const z16 = t45 & y14;
  const t46 = z15 ^ z16;
  const t58 = z4 ^ t46;
  const t62 = t52 ^ t58;
  const s6 = t56 ^ t62;
  const t49 = z9 ^ z10;
  const t63 = t49 ^ t58;
  const t66 = z1 ^ t63;
  const z14 = t29 & y2;
  const s0 = t59 ^ t63;
  const t51 = z2 ^ z5;
  const s4 = t51 ^ t66;
  store<T>(s, s4, 3 * sizeof<T>());
  const z0 = t44 & y15;
  const t53 = z0 ^ z3;
  const t57 = t50 ^ t53;
  const t61 = z14 ^ t57;
  const t60 = t46 ^ t57;
  const s7 = t48 ^ t60;
  const s3 = t53 ^ t66;
  store<T>(s, s3, 4 * sizeof<T>());
  store<T>(s, s6, 1 * sizeof<T>());
  store<T>(s, s7);
  const t65 = t61 ^ t62;
  const t67 = t64 ^ t65;
  const t55 = z16 ^ z17;
  const s1 = t64 ^ s3;
  store<T>(s, s1, 6 * sizeof<T>());
  const t47 = z10 ^ z11;
  store<T>(s, s0, 7 * sizeof<T>());
  const s5 = t47 ^ t65;
  store<T>(s, s5, 2 * sizeof<T>());
  const s2 = t55 ^ t67;
  store<T>(s, s2, 5 * sizeof<T>());
}
/** The inverse of SubBytes, of bytes that 0x63 was added to: the inverse of the linear part before and after the same circuit. */
export function invSubBytes<T>(s: usize): void {
  invLinear<T>(s);
  subBytes<T>(s);
  invLinear<T>(s);
}
function invLinear<T>(s: usize): void {
  const x0 = load<T>(s);
  const x1 = load<T>(s, 1 * sizeof<T>());
  const x2 = load<T>(s, 2 * sizeof<T>());
  const x3 = load<T>(s, 3 * sizeof<T>());
  const x4 = load<T>(s, 4 * sizeof<T>());
  const x5 = load<T>(s, 5 * sizeof<T>());
  const x6 = load<T>(s, 6 * sizeof<T>());
  const x7 = load<T>(s, 7 * sizeof<T>());
  store<T>(s, x2 ^ x5 ^ x7);
  store<T>(s, x3 ^ x6 ^ x0, 1 * sizeof<T>());
  store<T>(s, x4 ^ x7 ^ x1, 2 * sizeof<T>());
  store<T>(s, x5 ^ x0 ^ x2, 3 * sizeof<T>());
  store<T>(s, x6 ^ x1 ^ x3, 4 * sizeof<T>());
  store<T>(s, x7 ^ x2 ^ x4, 5 * sizeof<T>());
  store<T>(s, x0 ^ x3 ^ x5, 6 * sizeof<T>());
  store<T>(s, x1 ^ x4 ^ x6, 7 * sizeof<T>());
}
/** The columns of a state whose row r lies n * r columns off; n is a constant wherever this is inlined. */
class Columns {
  /** Of each place what lies `rows` rows further in its column. */
  @inline static further<T>(x: T, n: T, rows: T): T {
    const L = Lanes.size<T>();
    const s = (n * rows * (L >> 2)) & (L - 1);
    return rotr<T>(Lanes.turn<T>(x, s, Lanes.low<T>(L - s)), rows * L);
  }
  /**
   * x = 2 * (a + a1) + a1 + a2 + a3, where ai is i rows further, and the round key. Word by word, each read just before it is written:
   * few values live at a time, which a processor with eight registers thanks for.
   */
  @inline static mix<T>(s: usize, n: T, key: usize): void {
    const a7 = load<T>(s, 7 * sizeof<T>());
    const b7 = Columns.further<T>(a7, n, 1);
    const t7 = a7 ^ b7;
    const a0 = load<T>(s);
    const b0 = Columns.further<T>(a0, n, 1);
    const t0 = a0 ^ b0;
    store<T>(s, t7 ^ b0 ^ Columns.further<T>(t0, n, 2) ^ load<T>(key, 0 * sizeof<T>()));
    const a1 = load<T>(s, 1 * sizeof<T>());
    const b1 = Columns.further<T>(a1, n, 1);
    const t1 = a1 ^ b1;
    store<T>(s, t0 ^ t7 ^ b1 ^ Columns.further<T>(t1, n, 2) ^ load<T>(key, 1 * sizeof<T>()), 1 * sizeof<T>());
    const a2 = load<T>(s, 2 * sizeof<T>());
    const b2 = Columns.further<T>(a2, n, 1);
    const t2 = a2 ^ b2;
    store<T>(s, t1 ^ b2 ^ Columns.further<T>(t2, n, 2) ^ load<T>(key, 2 * sizeof<T>()), 2 * sizeof<T>());
    const a3 = load<T>(s, 3 * sizeof<T>());
    const b3 = Columns.further<T>(a3, n, 1);
    const t3 = a3 ^ b3;
    store<T>(s, t2 ^ t7 ^ b3 ^ Columns.further<T>(t3, n, 2) ^ load<T>(key, 3 * sizeof<T>()), 3 * sizeof<T>());
    const a4 = load<T>(s, 4 * sizeof<T>());
    const b4 = Columns.further<T>(a4, n, 1);
    const t4 = a4 ^ b4;
    store<T>(s, t3 ^ t7 ^ b4 ^ Columns.further<T>(t4, n, 2) ^ load<T>(key, 4 * sizeof<T>()), 4 * sizeof<T>());
    const a5 = load<T>(s, 5 * sizeof<T>());
    const b5 = Columns.further<T>(a5, n, 1);
    const t5 = a5 ^ b5;
    store<T>(s, t4 ^ b5 ^ Columns.further<T>(t5, n, 2) ^ load<T>(key, 5 * sizeof<T>()), 5 * sizeof<T>());
    const a6 = load<T>(s, 6 * sizeof<T>());
    const b6 = Columns.further<T>(a6, n, 1);
    const t6 = a6 ^ b6;
    store<T>(s, t5 ^ b6 ^ Columns.further<T>(t6, n, 2) ^ load<T>(key, 6 * sizeof<T>()), 6 * sizeof<T>());
    store<T>(s, t6 ^ b7 ^ Columns.further<T>(t7, n, 2) ^ load<T>(key, 7 * sizeof<T>()), 7 * sizeof<T>());
  }
  /** Adds 4 * (a + a2) to each byte. */
  @inline static unmix<T>(s: usize, n: T): void {
    const a0 = load<T>(s);
    const t0 = a0 ^ Columns.further<T>(a0, n, 2);
    const a1 = load<T>(s, 1 * sizeof<T>());
    const t1 = a1 ^ Columns.further<T>(a1, n, 2);
    const a2 = load<T>(s, 2 * sizeof<T>());
    const t2 = a2 ^ Columns.further<T>(a2, n, 2);
    const a3 = load<T>(s, 3 * sizeof<T>());
    const t3 = a3 ^ Columns.further<T>(a3, n, 2);
    const a4 = load<T>(s, 4 * sizeof<T>());
    const t4 = a4 ^ Columns.further<T>(a4, n, 2);
    const a5 = load<T>(s, 5 * sizeof<T>());
    const t5 = a5 ^ Columns.further<T>(a5, n, 2);
    const a6 = load<T>(s, 6 * sizeof<T>());
    const t6 = a6 ^ Columns.further<T>(a6, n, 2);
    const a7 = load<T>(s, 7 * sizeof<T>());
    const t7 = a7 ^ Columns.further<T>(a7, n, 2);
    store<T>(s, a0 ^ t6);
    store<T>(s, a1 ^ t6 ^ t7, 1 * sizeof<T>());
    store<T>(s, a2 ^ t0 ^ t7, 2 * sizeof<T>());
    store<T>(s, a3 ^ t1 ^ t6, 3 * sizeof<T>());
    store<T>(s, a4 ^ t2 ^ t6 ^ t7, 4 * sizeof<T>());
    store<T>(s, a5 ^ t3 ^ t7, 5 * sizeof<T>());
    store<T>(s, a6 ^ t4, 6 * sizeof<T>());
    store<T>(s, a7 ^ t5, 7 * sizeof<T>());
  }
}
/** MixColumns and AddRoundKey; `n` = rounds so far, modulo 4. */
export function mixColumns<T>(s: usize, n: u32, key: usize): void {
  if (n == 0) Columns.mix<T>(s, 0, key);
  else if (n == 1) Columns.mix<T>(s, 1, key);
  else if (n == 2) Columns.mix<T>(s, 2, key);
  else Columns.mix<T>(s, 3, key);
}
/** InvMixColumns is MixColumns after 4 * (a + a2) has been added to each byte; there an even n is as good as 0. */
export function invMixColumns<T>(s: usize, n: u32): void {
  if ((n & 1) == 0) Columns.unmix<T>(s, 0);
  else Columns.unmix<T>(s, 1);
  mixColumns<T>(s, n, ZERO_KEY);
}
export function addRoundKey<T>(s: usize, key: usize): void {
  store<T>(s, load<T>(s) ^ load<T>(key, 0 * sizeof<T>()));
  store<T>(s, load<T>(s, 1 * sizeof<T>()) ^ load<T>(key, 1 * sizeof<T>()), 1 * sizeof<T>());
  store<T>(s, load<T>(s, 2 * sizeof<T>()) ^ load<T>(key, 2 * sizeof<T>()), 2 * sizeof<T>());
  store<T>(s, load<T>(s, 3 * sizeof<T>()) ^ load<T>(key, 3 * sizeof<T>()), 3 * sizeof<T>());
  store<T>(s, load<T>(s, 4 * sizeof<T>()) ^ load<T>(key, 4 * sizeof<T>()), 4 * sizeof<T>());
  store<T>(s, load<T>(s, 5 * sizeof<T>()) ^ load<T>(key, 5 * sizeof<T>()), 5 * sizeof<T>());
  store<T>(s, load<T>(s, 6 * sizeof<T>()) ^ load<T>(key, 6 * sizeof<T>()), 6 * sizeof<T>());
  store<T>(s, load<T>(s, 7 * sizeof<T>()) ^ load<T>(key, 7 * sizeof<T>()), 7 * sizeof<T>());
}
/** Rows 1 and 3 by two columns: what two rounds without ShiftRows leave to do. */
export function halfTurn<T>(s: usize): void {
  const L = Lanes.size<T>();
  const low = Lanes.low<T>(L >> 1);
  const odd = sizeof<T>() == 4 ? <T>0xff00ff00 : <T>0xffff0000ffff0000;
  for (let at = s; at < s + 8 * sizeof<T>(); at += sizeof<T>()) {
    const a = load<T>(at);
    store<T>(at, (a & ~odd) | (Lanes.turn<T>(a, L >> 1, low) & odd));
  }
}
