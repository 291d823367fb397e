import { decodeEvent } from "../../host-sim/trace/events.js";
import { Op } from "../bench/tape.js";
import { RecordKind, records, type TranscriptRecord } from "../machines/transcript.js";

/** The first step in which two machines differ. */
export interface Difference {
  /** Of the tape, from 0. */
  step: number;
  /** What the step was, for people. */
  call: string;
  expected: string[];
  got: string[];
}

const HEADER = 16;
const CUT_SHORT = "(the transcript ends here)";

/** Undefined: the same bytes. */
export function compare(tape: Buffer, expected: Buffer, got: Buffer): Difference | undefined {
  if (expected.equals(got)) return undefined;
  // The step that the first differing byte belongs to; what lies before is the same in both.
  let at = 0;
  while (at < expected.length && at < got.length && expected[at] === got[at]) at++;
  let step = 0;
  let begin = 0;
  for (const record of records(expected)) {
    if (record.end > at) break;
    if (record.kind !== RecordKind.STEP) continue;
    step++;
    begin = record.end;
  }
  return { step, call: describeStep(tape, step), expected: describe(expected, begin), got: describe(got, begin) };
}

/** The steps of a tape up to and with step `last`, ended. */
export function upTo(tape: Buffer, last: number): Buffer {
  return Buffer.concat([tape.subarray(0, stepAt(tape, last + 1)), Buffer.alloc(HEADER)]);
}

function stepAt(tape: Buffer, number: number): number {
  let at = 0;
  for (let i = 0; i < number && at < tape.length; i++) at += HEADER + ((tape.readUInt32LE(at + 12) + 3) & ~3);
  return at;
}

function describeStep(tape: Buffer, number: number): string {
  const at = stepAt(tape, number);
  if (at + HEADER > tape.length) return "no step: the tape had ended";
  const [op, a, b, length] = [0, 4, 8, 12].map((offset) => tape.readUInt32LE(at + offset));
  const bytes = tape.subarray(at + HEADER, at + HEADER + length);
  return `${Op[op]} ${a} ${b} ${bytes.toString("hex")}`.trimEnd();
}

/** The records of the step that begins at a byte, in words. */
function describe(transcript: Buffer, begin: number): string[] {
  const lines: string[] = [];
  try {
    for (const record of records(transcript.subarray(begin))) {
      if (record.kind === RecordKind.STEP) return lines;
      lines.push(describeRecord(record));
    }
  } catch {
    // A machine that stopped left a record unfinished.
  }
  return [...lines, CUT_SHORT];
}

function describeRecord({ kind, a, b, bytes }: TranscriptRecord): string {
  const hex = Buffer.from(bytes).toString("hex");
  switch (kind) {
    case RecordKind.FRAME:
      return `FRAME port ${a} step ${b} ${hex}`;
    case RecordKind.EVENT: {
      const event = decodeEvent(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
      const { kindName, code, codeName, timeMs } = event;
      return `EVENT ${kindName} ${codeName || code} at ${timeMs} ms, ${event.a} ${event.b} ${event.x} ${event.y}: ${hex}`;
    }
    case RecordKind.STORE:
      return `STORE id 0x${a.toString(16)} generation ${b} ${hex}`;
    case RecordKind.REPLY:
      return `REPLY ${a | 0} ${hex}`.trimEnd();
    case RecordKind.DEADLINE:
      return `DEADLINE ${a}`;
    default:
      return `${RecordKind[kind] ?? `RECORD ${kind}`} ${a} ${b} ${hex}`.trimEnd();
  }
}
