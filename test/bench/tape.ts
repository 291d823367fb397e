import { writeFileSync } from "node:fs";

/** The calls that a setup may make, numbered as in native/tape.h. */
export enum Op {
  END,
  CLOCK,
  CONFIGURE,
  RX,
  TICK,
  DRAIN,
  /** The image starts anew, as after a reset: only test/machines has it. */
  RESTART,
}

/**
 * One call of the ABI: what a and b mean, the operation says (CLOCK: low and high word; RX: a = port, b = the length that the
 * image is told where that is not the frame's own, else 0).
 */
export interface Step {
  op: Op;
  a: number;
  b: number;
  bytes: Uint8Array;
}

/** A frame handed in and the frame that must come out. */
export interface Case {
  port: number;
  frame: Uint8Array;
  outPort: number;
  out: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/**
 * Calls of the ABI in order. An image is a pure function of them, so that what brought it into a state here brings it into
 * the same state wherever the tape is replayed: in V8, in the C of the bench, in the fuzzer.
 */
export class Tape {
  readonly steps: Step[] = [];

  /** @param ms monotonic milliseconds */
  clock(ms: number): this {
    return this.push(Op.CLOCK, ms >>> 0, Math.floor(ms / 2 ** 32));
  }

  /** One message: type, length of the value, value, padding (assembly/abi/message.ts). */
  message(type: number, value: Uint8Array): this {
    return this.configure(encodeMessage(type, value));
  }

  /** Messages that are encoded already. */
  configure(bytes: Uint8Array): this {
    return this.push(Op.CONFIGURE, 0, 0, bytes);
  }

  /** @param told the length that the image is told, where that is not the frame's own (a frame longer than its buffer) */
  rx(port: number, frame: Uint8Array, told = 0): this {
    return this.push(Op.RX, port, told, frame);
  }

  tick(): this {
    return this.push(Op.TICK);
  }

  /** Takes and discards frames, events and records to store (these count as stored). */
  drain(): this {
    return this.push(Op.DRAIN);
  }

  /** The memory is as it was before the first call; the clock must be set again. */
  restart(): this {
    return this.push(Op.RESTART);
  }

  append(other: Tape): this {
    this.steps.push(...other.steps);
    return this;
  }

  private push(op: Op, a = 0, b = 0, bytes: Uint8Array = NOTHING): this {
    this.steps.push({ op, a, b, bytes });
    return this;
  }

  encode(): Buffer {
    const steps = [...this.steps, { op: Op.END, a: 0, b: 0, bytes: NOTHING }];
    return Buffer.concat(steps.flatMap((s) => [words(s.op, s.a, s.b, s.bytes.length), padded(s.bytes)]));
  }

  write(path: string): void {
    writeFileSync(path, this.encode());
  }
}

export function writeCases(path: string, cases: readonly Case[]): void {
  writeFileSync(path, encodeCases(cases));
}

export function encodeCases(cases: readonly Case[]): Buffer {
  const parts = cases.flatMap((c) => [
    words(c.port, c.frame.length, c.outPort, c.out.length),
    padded(c.frame),
    padded(c.out),
  ]);
  return Buffer.concat([words(cases.length), ...parts]);
}

function encodeMessage(type: number, value: Uint8Array): Uint8Array {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(type, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, padded(value)]);
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    bytes.writeUInt32LE(value >>> 0, i * 4);
  });
  return bytes;
}

function padded(bytes: Uint8Array): Uint8Array {
  const rest = -bytes.length & 3;
  return rest ? Buffer.concat([bytes, Buffer.alloc(rest)]) : bytes;
}
