/**
 * Randomness of a run: one root seed, and a stream a purpose (`link:home:loss`), so that what one part draws changes nothing for
 * another. A stream is xoshiro128** (Blackman and Vigna), seeded by SHA-256 of root and name.
 */
import { createHash } from "node:crypto";

export class Stream {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(seed: Uint8Array) {
    const view = new DataView(seed.buffer, seed.byteOffset);
    this.a = view.getInt32(0);
    this.b = view.getInt32(4);
    this.c = view.getInt32(8);
    this.d = view.getInt32(12) | 1; // never all zeros
  }

  /** 32 bits, not negative. */
  u32(): number {
    const product = Math.imul(rotate(Math.imul(this.b, 5), 7), 9);
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = rotate(this.d, 11);
    return product >>> 0;
  }

  /** From 0 to less than 1. */
  float(): number {
    return this.u32() / 0x100000000;
  }

  /** True with this probability. 0 and 1 draw nothing. */
  chance(probability: number): boolean {
    if (probability <= 0) return false;
    return probability >= 1 || this.float() < probability;
  }

  /** A whole number from 0 to less than `count`. */
  below(count: number): number {
    return Math.floor(this.float() * count);
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.u32() >>> 24);
  }
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

export class Randomness {
  constructor(readonly seed: number) {}

  /** The stream of this name, at its beginning. */
  stream(name: string): Stream {
    return new Stream(createHash("sha256").update(`${this.seed}/${name}`).digest());
  }
}
