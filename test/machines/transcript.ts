/**
 * What a machine answered to a tape, in bytes that are the same on every machine:
 *
 *     {u32 kind, u32 a, u32 b, u32 length, bytes padded to 4} ...
 *
 * Scalars are little-endian. Every step of the tape ends with a STEP record; native/replay.c has the same numbers.
 */
export enum RecordKind {
  /** a = port, b = the seeds' step number. */
  FRAME = 1,
  /** 48 bytes, assembly/abi/event.ts. */
  EVENT,
  /** A record to keep: a = id, b = generation. */
  STORE,
  /** Of `configure`: a = its result; the reply, or where it is negative the offset of the message. */
  REPLY,
  /** `rxBuffer` gave none: a = port. */
  NO_BUFFER,
  /** Of `tick`: a = its result. */
  DEADLINE,
  /** End of a step: a = its operation (test/bench/tape.ts), b = what its calls cost. */
  STEP,
}

const HEADER = 16;

export interface TranscriptRecord {
  kind: RecordKind;
  a: number;
  b: number;
  bytes: Uint8Array;
}

/** A step of the tape: what it gave, and what the image's calls in it cost (cycles, instructions; 0 when not measured). */
export interface StepOutput {
  records: TranscriptRecord[];
  cost: number;
}

/** Writes a transcript; grows as needed. */
export class TranscriptWriter {
  private buffer = Buffer.alloc(1 << 16);
  private length = 0;

  record(kind: number, a = 0, b = 0, bytes?: Uint8Array): void {
    const size = bytes === undefined ? 0 : bytes.length;
    const end = this.length + HEADER + ((size + 3) & ~3);
    if (end > this.buffer.length) this.grow(end);
    const { buffer, length } = this;
    buffer.writeUInt32LE(kind, length);
    buffer.writeUInt32LE(a >>> 0, length + 4);
    buffer.writeUInt32LE(b >>> 0, length + 8);
    buffer.writeUInt32LE(size, length + 12);
    if (bytes !== undefined) {
      buffer.set(bytes, length + HEADER);
      buffer.fill(0, length + HEADER + size, end);
    }
    this.length = end;
  }

  /** Everything written so far, valid until the next call. */
  bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  private grow(least: number): void {
    const larger = Buffer.alloc(Math.max(least, this.buffer.length * 2));
    larger.set(this.buffer);
    this.buffer = larger;
  }
}

/** The records of a transcript, in order. Throws when its end is missing. */
export function* records(transcript: Buffer): Generator<TranscriptRecord & { end: number }> {
  for (let at = 0; at < transcript.length; ) {
    const size = at + HEADER <= transcript.length ? transcript.readUInt32LE(at + 12) : 0;
    const end = at + HEADER + ((size + 3) & ~3);
    if (end > transcript.length) throw new Error(`the transcript is cut short at byte ${at}`);
    const bytes = transcript.subarray(at + HEADER, at + HEADER + size);
    yield {
      kind: transcript.readUInt32LE(at),
      a: transcript.readUInt32LE(at + 4),
      b: transcript.readUInt32LE(at + 8),
      bytes,
      end,
    };
    at = end;
  }
}

/** The transcript by steps of the tape. */
export function steps(transcript: Buffer): StepOutput[] {
  const all: StepOutput[] = [];
  let open: TranscriptRecord[] = [];
  for (const { kind, a, b, bytes } of records(transcript)) {
    if (kind !== RecordKind.STEP) {
      open.push({ kind, a, b, bytes });
      continue;
    }
    all.push({ records: open, cost: b });
    open = [];
  }
  return all;
}
