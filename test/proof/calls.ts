// What a caller of an image did, call by call: replayed, the image answers the same again, whatever runs it.
//
// One call is a byte that says which, and its numbers as unsigned LEB128; RX and CONFIGURE end with {length, bytes}. Tests let hours pass
// in milliseconds, so an idle one must cost little.
import { Reader } from "./wasm.js";

/** Calls of the ABI, one by one. */
export enum Call {
  END = 0,
  /** a = milliseconds since the last one. */
  CLOCK = 1,
  /** bytes = the messages. */
  CONFIGURE = 2,
  /** a = port, b = length that is said, bytes = what lies in the buffer. */
  RX = 3,
  TICK = 4,
  /** a = port: a buffer was asked for, and there was none. */
  NO_BUFFER = 5,
  TAKE_TX = 6,
  /** a = which of the frames taken, counted from 0. */
  TX_DONE = 7,
  TAKE_EVENT = 8,
  TAKE_STORE = 9,
  /** a = generation. */
  STORED = 10,
}

/** How many numbers a call has in front of its bytes; those with bytes have these besides. */
const NUMBERS: Record<Call, number> = {
  [Call.END]: 0,
  [Call.CLOCK]: 1,
  [Call.CONFIGURE]: 0,
  [Call.RX]: 2,
  [Call.TICK]: 0,
  [Call.NO_BUFFER]: 1,
  [Call.TAKE_TX]: 0,
  [Call.TX_DONE]: 1,
  [Call.TAKE_EVENT]: 0,
  [Call.TAKE_STORE]: 0,
  [Call.STORED]: 1,
};
/** Bytes that a call and its numbers take at most. */
const HEAD = 32;

function hasBytes(call: Call): boolean {
  return call === Call.CONFIGURE || call === Call.RX;
}

/** A tape that grows, up to a limit. */
export class CallWriter {
  private buffer = Buffer.allocUnsafe(1024);
  private used = 0;

  constructor(private readonly limit: number) {}

  get full(): boolean {
    return this.used >= this.limit;
  }

  /** The tape so far, with its end. */
  bytes(): Buffer {
    return Buffer.concat([this.buffer.subarray(0, this.used), Uint8Array.of(Call.END)]);
  }

  push(call: Call, a = 0, b = 0, bytes?: Uint8Array): void {
    const size = HEAD + (bytes?.length ?? 0);
    if (this.used + size > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.used + size));
      this.buffer.copy(larger, 0, 0, this.used);
      this.buffer = larger;
    }
    this.buffer[this.used++] = call;
    if (NUMBERS[call] > 0) this.number(a);
    if (NUMBERS[call] > 1) this.number(b);
    if (!bytes) return;
    this.number(bytes.length);
    this.buffer.set(bytes, this.used);
    this.used += bytes.length;
  }

  private number(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.buffer[this.used++] = (rest % 128) | 128;
    this.buffer[this.used++] = rest;
  }
}

const NOTHING = new Uint8Array(0);

/** Walks a tape. `visit` answers false to stop. */
export function eachCall(
  tape: Uint8Array,
  visit: (call: Call, a: number, b: number, bytes: Uint8Array) => boolean | undefined,
): void {
  const reader = new Reader(tape);
  while (reader.at < tape.length) {
    const call: Call = reader.byte();
    if (call === Call.END) return;
    const numbers = NUMBERS[call];
    if (numbers === undefined) throw new Error(`byte ${reader.at - 1} of the tape: call ${call} is not known`);
    const a = numbers > 0 ? reader.unsigned() : 0;
    const b = numbers > 1 ? reader.unsigned() : 0;
    let bytes: Uint8Array = NOTHING;
    if (hasBytes(call)) {
      const length = reader.unsigned();
      bytes = tape.subarray(reader.at, reader.at + length);
      reader.skip(length);
    }
    if (visit(call, a, b, bytes) === false) return;
  }
}
