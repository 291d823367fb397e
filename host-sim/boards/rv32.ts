/**
 * A processor with the instructions rv32imc and machine mode alone (RISC-V Unprivileged ISA 20191213, Privileged 20211203), as the
 * ESP32-C3's is, with that chip's vectored interrupts. Words that are not aligned raise an exception, which the chip itself need not do.
 */
import { expand } from "./rv32-compressed.js";

/** What the processor sees; addresses are unsigned. */
export interface Rv32Bus {
  /** Two bytes of an instruction. */
  fetch(address: number): number;
  /** `size`: 1, 2 or 4 bytes; without sign. */
  load(address: number, size: number): number;
  store(address: number, size: number, value: number): void;
  /** The interrupt line that is due, 0 = none. */
  interrupt(): number;
}

/** An access that the bus refuses, which the processor sees as an exception. */
export class BusFault extends Error {
  override name = "BusFault";
}

export const Cause = { ILLEGAL: 2, BREAKPOINT: 3, LOAD_MISALIGNED: 4, LOAD: 5, STORE_MISALIGNED: 6, STORE: 7 } as const;
const Csr = { MSTATUS: 0x300, MTVEC: 0x305, MEPC: 0x341, MCAUSE: 0x342 } as const;
const MIE = 8;
const MPIE = 0x80;

export class Rv32 {
  readonly x = new Int32Array(32);
  pc = 0;
  /** It executes `wfi` until an interrupt is due. */
  waiting = false;
  /** Told of each exception: cause and where. */
  excepted: (cause: number, pc: number) => void = () => {};
  private status = 0;
  private vector = 0;
  private epc = 0;
  private cause = 0;

  constructor(private readonly bus: Rv32Bus) {}

  get interruptible(): boolean {
    return (this.status & MIE) !== 0;
  }

  /** Takes the interrupt that is due, or executes an instruction. */
  step(): void {
    if (this.status & MIE) {
      const line = this.bus.interrupt();
      if (line !== 0) {
        this.waiting = false;
        this.trap(0x80000000 | line, 4 * line);
      }
    }
    const { pc } = this;
    try {
      const low = this.bus.fetch(pc);
      if ((low & 3) === 3) this.execute(low | (this.bus.fetch(pc + 2) << 16) | 0, pc + 4);
      else this.execute(expand(low), pc + 2);
    } catch (error) {
      if (!(error instanceof BusFault)) throw error;
      this.except(Cause.LOAD, pc);
    }
    this.x[0] = 0;
  }

  private except(cause: number, pc: number): void {
    this.pc = pc;
    this.excepted(cause, pc);
    this.trap(cause, 0);
  }

  private trap(cause: number, offset: number): void {
    this.epc = this.pc;
    this.cause = cause;
    this.status = this.status & MIE ? MPIE : 0;
    this.pc = ((this.vector & ~0xff) + offset) >>> 0;
  }

  private execute(op: number, next: number): void {
    const { x, pc } = this;
    const rd = (op >> 7) & 31;
    const a = x[(op >> 15) & 31];
    const b = x[(op >> 20) & 31];
    const f = (op >> 12) & 7;
    this.pc = next;
    switch (op & 0x7f) {
      case 0x13:
        x[rd] = arithmetic(f, a, op >> 20, f === 5 && (op & 0x40000000) !== 0);
        return;
      case 0x33:
        x[rd] = op >>> 25 === 1 ? multiply(f, a, b) : arithmetic(f, a, b, (op & 0x40000000) !== 0);
        return;
      case 0x03:
        x[rd] = this.load(f, (a + (op >> 20)) >>> 0, pc, x[rd]);
        return;
      case 0x23:
        this.store(f, (a + (((op >> 25) << 5) | rd)) >>> 0, b, pc);
        return;
      case 0x63:
        if (compare(f, a, b)) {
          this.pc = (pc + (((op >> 31) << 12) | ((op << 4) & 0x800) | ((op >> 20) & 0x7e0) | ((op >> 7) & 0x1e))) >>> 0;
        }
        return;
      case 0x37:
        x[rd] = op & ~0xfff;
        return;
      case 0x17:
        x[rd] = (pc + (op & ~0xfff)) | 0;
        return;
      case 0x6f:
        x[rd] = next;
        this.pc = (pc + (((op >> 31) << 20) | (op & 0xff000) | ((op >> 9) & 0x800) | ((op >> 20) & 0x7fe))) >>> 0;
        return;
      case 0x67:
        x[rd] = next;
        this.pc = ((a + (op >> 20)) & ~1) >>> 0;
        return;
      case 0x0f:
        return;
      case 0x73:
        this.system(op, rd, f, a, pc);
        return;
    }
    this.except(Cause.ILLEGAL, pc);
  }

  private load(f: number, address: number, pc: number, before: number): number {
    const size = 1 << (f & 3);
    if (address & (size - 1)) {
      this.except(Cause.LOAD_MISALIGNED, pc);
      return before;
    }
    const value = this.bus.load(address, size);
    if (f === 0) return (value << 24) >> 24;
    return f === 1 ? (value << 16) >> 16 : value | 0;
  }

  private store(f: number, address: number, value: number, pc: number): void {
    const size = 1 << f;
    if (address & (size - 1)) this.except(Cause.STORE_MISALIGNED, pc);
    else this.bus.store(address, size, value);
  }

  private system(op: number, rd: number, f: number, a: number, pc: number): void {
    if (f !== 0) {
      const before = this.readCsr(op >>> 20);
      if (before === undefined) {
        this.except(Cause.ILLEGAL, pc);
        return;
      }
      const operand = f & 4 ? (op >> 15) & 31 : a;
      const value = [0, operand, before | operand, before & ~operand][f & 3];
      this.writeCsr(op >>> 20, value);
      this.x[rd] = before;
    } else if (op === 0x30200073) {
      this.pc = this.epc >>> 0;
      this.status = this.status & MPIE ? MIE | MPIE : MPIE;
    } else if (op === 0x10500073) this.waiting = true;
    else this.except(op === 0x00100073 ? Cause.BREAKPOINT : Cause.ILLEGAL, pc);
  }

  private readCsr(number: number): number | undefined {
    switch (number) {
      case Csr.MSTATUS:
        return this.status;
      case Csr.MTVEC:
        return this.vector;
      case Csr.MEPC:
        return this.epc;
      case Csr.MCAUSE:
        return this.cause;
    }
    return undefined;
  }

  private writeCsr(number: number, value: number): void {
    if (number === Csr.MSTATUS) this.status = value & (MIE | MPIE);
    else if (number === Csr.MTVEC) this.vector = value;
    else if (number === Csr.MEPC) this.epc = value;
    else this.cause = value;
  }
}

/** The eight of OP and OP-IMM; `other`: subtraction, arithmetic shift. */
function arithmetic(f: number, a: number, b: number, other: boolean): number {
  switch (f) {
    case 0:
      return other ? (a - b) | 0 : (a + b) | 0;
    case 1:
      return a << b;
    case 2:
      return a < b ? 1 : 0;
    case 3:
      return a >>> 0 < b >>> 0 ? 1 : 0;
    case 4:
      return a ^ b;
    case 5:
      return other ? a >> b : a >>> b;
    case 6:
      return a | b;
    default:
      return a & b;
  }
}

function multiply(f: number, a: number, b: number): number {
  switch (f) {
    case 0:
      return Math.imul(a, b);
    case 1:
      return Number((BigInt(a) * BigInt(b)) >> 32n) | 0;
    case 2:
      return Number((BigInt(a) * BigInt(b >>> 0)) >> 32n) | 0;
    case 3:
      return Number((BigInt(a >>> 0) * BigInt(b >>> 0)) >> 32n) | 0;
    case 4:
      return b === 0 ? -1 : (a / b) | 0;
    case 5:
      return b === 0 ? -1 : ((a >>> 0) / (b >>> 0)) | 0;
    case 6:
      return b === 0 ? a : (a % b) | 0;
    default:
      return b === 0 ? a : ((a >>> 0) % (b >>> 0)) | 0;
  }
}

function compare(f: number, a: number, b: number): boolean {
  switch (f) {
    case 0:
      return a === b;
    case 1:
      return a !== b;
    case 4:
      return a < b;
    case 5:
      return a >= b;
    case 6:
      return a >>> 0 < b >>> 0;
    default:
      return a >>> 0 >= b >>> 0;
  }
}
