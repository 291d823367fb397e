/** Instructions of 16 bits (RISC-V "C", chapter 16) as those of 32 bits that they stand for; 0 = none, which is illegal. */

const LOAD = 0x03;
const STORE = 0x23;
const OP = 0x33;
const OP_IMM = 0x13;
const SUB = 0x40000000;

const known = new Int32Array(65536);
const done = new Uint8Array(65536);

export function expand(half: number): number {
  if (!done[half]) {
    done[half] = 1;
    known[half] = decode(half);
  }
  return known[half];
}

/** Bits `from` and below, `count` of them, moved to bit `to` and below: as the tables of the chapter give immediates. */
function bits(half: number, from: number, count: number, to: number): number {
  const value = (half >> (from - count + 1)) & ((1 << count) - 1);
  return value << (to - count + 1);
}
function signed(value: number, width: number): number {
  return (value << (32 - width)) >> (32 - width);
}
function immediate(op: number, f: number, rd: number, rs: number, value: number): number {
  return (value << 20) | (rs << 15) | (f << 12) | (rd << 7) | op;
}
function register(f: number, rd: number, a: number, b: number, more = 0): number {
  return more | (b << 20) | (a << 15) | (f << 12) | (rd << 7) | OP;
}
function storeWord(base: number, source: number, offset: number): number {
  return ((offset >> 5) << 25) | (source << 20) | (base << 15) | (2 << 12) | ((offset & 31) << 7) | STORE;
}
function jump(rd: number, offset: number): number {
  const parts =
    (((offset >> 20) & 1) << 31) | (((offset >> 1) & 0x3ff) << 21) | (((offset >> 11) & 1) << 20) | (offset & 0xff000);
  return parts | (rd << 7) | 0x6f;
}
function branch(f: number, rs: number, offset: number): number {
  const parts =
    (((offset >> 12) & 1) << 31) |
    (((offset >> 5) & 0x3f) << 25) |
    (((offset >> 1) & 15) << 8) |
    (((offset >> 11) & 1) << 7);
  return parts | (rs << 15) | (f << 12) | 0x63;
}

function decode(half: number): number {
  const f = half >> 13;
  switch (half & 3) {
    case 0:
      return quadrant0(half, f);
    case 1:
      return quadrant1(half, f);
    default:
      return quadrant2(half, f);
  }
}

function quadrant0(half: number, f: number): number {
  const rd = 8 + ((half >> 2) & 7);
  const rs = 8 + ((half >> 7) & 7);
  const offset = bits(half, 12, 3, 5) | bits(half, 6, 1, 2) | bits(half, 5, 1, 6);
  if (f === 2) return immediate(LOAD, 2, rd, rs, offset);
  if (f === 6) return storeWord(rs, rd, offset);
  const stack = bits(half, 12, 2, 5) | bits(half, 10, 4, 9) | bits(half, 6, 1, 2) | bits(half, 5, 1, 3);
  return f === 0 && stack !== 0 ? immediate(OP_IMM, 0, rd, 2, stack) : 0;
}

function quadrant1(half: number, f: number): number {
  const rd = (half >> 7) & 31;
  const value = signed(bits(half, 12, 1, 5) | bits(half, 6, 5, 4), 6);
  const far = signed(
    bits(half, 12, 1, 11) |
      bits(half, 11, 1, 4) |
      bits(half, 10, 2, 9) |
      bits(half, 8, 1, 10) |
      bits(half, 7, 1, 6) |
      bits(half, 6, 1, 7) |
      bits(half, 5, 3, 3) |
      bits(half, 2, 1, 5),
    12,
  );
  const near = signed(
    bits(half, 12, 1, 8) | bits(half, 11, 2, 4) | bits(half, 6, 2, 7) | bits(half, 4, 2, 2) | bits(half, 2, 1, 5),
    9,
  );
  switch (f) {
    case 0:
      return immediate(OP_IMM, 0, rd, rd, value);
    case 1:
      return jump(1, far);
    case 2:
      return immediate(OP_IMM, 0, rd, 0, value);
    case 3: {
      if (value === 0) return 0;
      const stack =
        bits(half, 12, 1, 9) | bits(half, 6, 1, 4) | bits(half, 5, 1, 6) | bits(half, 4, 2, 8) | bits(half, 2, 1, 5);
      return rd === 2 ? immediate(OP_IMM, 0, 2, 2, signed(stack, 10)) : (value << 12) | (rd << 7) | 0x37;
    }
    case 4:
      return quadrant1Arithmetic(half, value);
    case 5:
      return jump(0, far);
    default:
      return branch(f - 6, 8 + (rd & 7), near);
  }
}

function quadrant1Arithmetic(half: number, value: number): number {
  const rd = 8 + ((half >> 7) & 7);
  const rs = 8 + ((half >> 2) & 7);
  switch ((half >> 10) & 3) {
    case 0:
      return immediate(OP_IMM, 5, rd, rd, value & 31);
    case 1:
      return immediate(OP_IMM, 5, rd, rd, (value & 31) | 0x400);
    case 2:
      return immediate(OP_IMM, 7, rd, rd, value);
  }
  if (half & 0x1000) return 0;
  const which = (half >> 5) & 3;
  return register([0, 4, 6, 7][which], rd, rd, rs, which === 0 ? SUB : 0);
}

function quadrant2(half: number, f: number): number {
  const rd = (half >> 7) & 31;
  const rs = (half >> 2) & 31;
  const load = bits(half, 12, 1, 5) | bits(half, 6, 3, 4) | bits(half, 3, 2, 7);
  const store = bits(half, 12, 4, 5) | bits(half, 8, 2, 7);
  switch (f) {
    case 0:
      return immediate(OP_IMM, 1, rd, rd, rs);
    case 2:
      return rd === 0 ? 0 : immediate(LOAD, 2, rd, 2, load);
    case 6:
      return storeWord(2, rs, store);
    case 4: {
      const link = half & 0x1000 ? 1 : 0;
      if (rs !== 0) return register(0, rd, link ? rd : 0, rs);
      if (rd === 0) return link ? 0x00100073 : 0;
      return immediate(0x67, 0, link, rd, 0);
    }
  }
  return 0;
}
