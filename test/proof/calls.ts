// What a caller of an image did, call by call: replayed, the image answers the same again, whatever runs it.
//
// One call is {u32 call, u32 a, u32 b, u32 length, bytes padded to 4}, little-endian, as test/bench/native/tape.h reads it; 0 ends
// it.

const END = 0;

/** Calls of the ABI, one by one. The first five are `Op`'s of test/bench/tape.ts. */
export enum Call {
  /** a, b = low and high word of the milliseconds. */
  CLOCK = 1,
  /** bytes = the messages. */
  CONFIGURE = 2,
  /** a = port, b = length that is said, bytes = what lies in the buffer. */
  RX = 3,
  TICK = 4,
  /** Everything that waits is taken and given back at once; nobody looks at it. Only in setups, never recorded. */
  DRAIN = 5,
  /** a = port: a buffer was asked for, and there was none. */
  NO_BUFFER = 6,
  TAKE_TX = 7,
  /** a = which of the frames taken, counted from 0. */
  TX_DONE = 8,
  TAKE_EVENT = 9,
  TAKE_STORE = 10,
  /** a = generation. */
  STORED = 11,
}

const HEAD = 16;

/** A tape that grows, up to a limit. */
export class CallWriter {
  private buffer = Buffer.allocUnsafe(4096);
  private used = 0;

  constructor(private readonly limit: number) {}

  get full(): boolean {
    return this.used >= this.limit;
  }

  /** The tape so far, with its end. */
  bytes(): Buffer {
    return Buffer.concat([this.buffer.subarray(0, this.used), Buffer.alloc(HEAD)]);
  }

  push(call: Call, a = 0, b = 0, bytes?: Uint8Array): void {
    const length = bytes?.length ?? 0;
    const size = HEAD + ((length + 3) & ~3);
    if (this.used + size > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.used + size));
      this.buffer.copy(larger, 0, 0, this.used);
      this.buffer = larger;
    }
    const { buffer, used } = this;
    buffer.fill(0, used, used + size);
    buffer.writeUInt32LE(call, used);
    buffer.writeUInt32LE(a >>> 0, used + 4);
    buffer.writeUInt32LE(b >>> 0, used + 8);
    buffer.writeUInt32LE(length, used + 12);
    if (bytes) buffer.set(bytes, used + HEAD);
    this.used += size;
  }
}

/** Walks a tape. `visit` answers false to stop. */
export function eachCall(
  tape: Buffer,
  visit: (call: Call, a: number, b: number, bytes: Uint8Array) => boolean | undefined,
): void {
  for (let at = 0; at + HEAD <= tape.length; ) {
    const call = tape.readUInt32LE(at);
    if (call === END) return;
    const length = tape.readUInt32LE(at + 12);
    const bytes = tape.subarray(at + HEAD, at + HEAD + length);
    if (visit(call, tape.readUInt32LE(at + 4), tape.readUInt32LE(at + 8), bytes) === false) return;
    at += HEAD + ((length + 3) & ~3);
  }
}
