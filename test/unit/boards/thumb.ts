/** Small programs for a Cortex-M0+, put together by hand (ARMv6-M Architecture Reference Manual §A6.7). Registers are numbers. */
export class Thumb {
  private readonly code: number[] = [];
  private readonly literals: { at: number; register: number; value: number }[] = [];

  /** Loads a constant. */
  set(register: number, value: number): this {
    this.literals.push({ at: this.code.length, register, value });
    return this.half(0);
  }
  /** Stores a constant at an address; uses registers 6 and 7. */
  put(address: number, value: number): this {
    return this.set(7, address).set(6, value).store(6, 7);
  }
  /** Copies the word at one address to another; uses registers 6 and 7. */
  copy(from: number, to: number): this {
    return this.set(7, from).load(6, 7).set(7, to).store(6, 7);
  }
  store(value: number, address: number): this {
    return this.half(0x6000 | (address << 3) | value);
  }
  load(into: number, address: number): this {
    return this.half(0x6800 | (address << 3) | into);
  }
  loadHalf(into: number, address: number): this {
    return this.half(0x8800 | (address << 3) | into);
  }
  /** From the stack: the word at `offset`. */
  loadStacked(into: number, offset: number): this {
    return this.half(0x9800 | (into << 8) | (offset >> 2));
  }
  wait(): this {
    return this.half(0xbf30);
  }
  mask(on: boolean): this {
    return this.half(on ? 0xb672 : 0xb662);
  }
  stop(): this {
    return this.half(0xe7fe);
  }
  half(code: number): this {
    this.code.push(code);
    return this;
  }
  /** Bytes so far. */
  get length(): number {
    return 2 * this.code.length;
  }

  bytes(): Buffer {
    const code = [...this.code];
    if (code.length & 1) code.push(0x46c0);
    const out = Buffer.alloc(2 * code.length + 4 * this.literals.length);
    for (const [i, { at, register, value }] of this.literals.entries()) {
      const place = 2 * code.length + 4 * i;
      code[at] = 0x4800 | (register << 8) | ((place - ((2 * at + 4) & ~3)) >> 2);
      out.writeUInt32LE(value >>> 0, place);
    }
    for (const [i, half] of code.entries()) out.writeUInt16LE(half, 2 * i);
    return out;
  }
}
