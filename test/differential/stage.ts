import { Event } from "../../assembly/abi/event.js";
import { Message } from "../../assembly/abi/message.js";
import { Verdict } from "../../assembly/abi/verdict.js";
import { Op } from "../bench/tape.js";
import { RecordKind, TranscriptWriter } from "../machines/transcript.js";
import { V8Player } from "../machines/v8.js";

/** A frame that the image sent. */
export interface Sent {
  port: number;
  frame: Buffer;
}

/** What was seen of an image: how often. */
export class Tally {
  /** By number of the verdict, from COUNTERS. */
  readonly verdicts = new Array<number>(Verdict.COUNT).fill(0);
  /** By kind. */
  readonly events = new Map<Event, number>();
  readonly refusals = new Map<number, number>();
  frames = 0;
  /** Frames that the image had no buffer for: they stayed outside. */
  refused = 0;
  dropped = 0;
  calls = 0;

  /** At least this many frames went their whole way: drops that were no frame's, such as rate limits, are taken off too. */
  get accepted(): number {
    return Math.max(0, this.frames - this.dropped);
  }

  add(other: Tally): void {
    for (const [i, count] of other.verdicts.entries()) this.verdicts[i] += count;
    merge(this.events, other.events);
    merge(this.refusals, other.refusals);
    this.frames += other.frames;
    this.refused += other.refused;
    this.dropped += other.dropped;
    this.calls += other.calls;
  }
}

function merge<K>(to: Map<K, number>, from: Map<K, number>): void {
  for (const [key, count] of from) to.set(key, (to.get(key) ?? 0) + count);
}

const HEADER = 16;
const QUERY_LENGTH = 4;

/**
 * An image in V8, and a tape that is written of every call made to it. What comes out is seen at once, so that the part of the
 * network around it can answer; the transcript is what the other machines are compared with.
 */
export class Stage {
  readonly tape = new TranscriptWriter();
  readonly tally = new Tally();
  /** Records that the image wants kept: what it finds again after a restart. */
  readonly kept = new Map<number, Uint8Array>();
  readonly sent: Sent[] = [];
  /** The IPv4 address that the application was told. */
  application4: Uint8Array | undefined;
  /** Tunnels that were set and not taken away. */
  tunnels = 0;
  /** Monotonic milliseconds. */
  now = 1;
  private readonly player: V8Player;
  private read = 0;

  constructor(module: WebAssembly.Module) {
    this.player = new V8Player(module);
  }

  get transcript(): Buffer {
    return this.player.writer.bytes();
  }

  /** Forgets tape and transcript: they were taken. */
  cut(): void {
    this.tape.clear();
    this.player.writer.clear();
    this.read = 0;
  }

  /** The image starts anew. */
  restart(): void {
    this.application4 = undefined;
    this.tunnels = 0;
    this.call(Op.RESTART);
  }

  /** @param ms how long after the last call */
  pass(ms: number): void {
    this.now += ms;
    this.call(Op.CLOCK, this.now >>> 0, Math.floor(this.now / 2 ** 32));
  }

  /** @param told the length that the image is told; 0 = the frame's own */
  rx(port: number, frame: Uint8Array, told = 0): void {
    this.tally.frames++;
    this.call(Op.RX, port, told, frame);
  }

  tick(): void {
    this.call(Op.TICK);
  }

  /** Frames go to `sent`. */
  drain(): void {
    this.call(Op.DRAIN);
  }

  /** Bytes as they are; the result of `configure`. */
  configure(messages: Uint8Array): { result: number; reply: Buffer } {
    this.call(Op.CONFIGURE, 0, 0, messages);
    return this.answer;
  }

  /** All rows of a table. */
  query(type: Message): Buffer[] {
    const rows: Buffer[] = [];
    const request = Buffer.alloc(8);
    request.writeUInt16LE(type, 0);
    request.writeUInt16LE(QUERY_LENGTH, 2);
    for (let more = true; more; ) {
      more = false;
      const { result, reply } = this.configure(request);
      if (result < 0) break;
      for (let at = 0; at < reply.length; ) {
        const length = reply.readUInt16LE(at + 2);
        more = reply.readUInt16LE(at) === Message.MORE;
        if (more) request.writeUInt32LE(reply.readUInt32LE(at + 4), 4);
        else rows.push(Buffer.from(reply.subarray(at + 4, at + 4 + length)));
        at += 4 + ((length + 3) & ~3);
      }
    }
    return rows;
  }

  /** Adds the image's counters to the tally: before it is restarted, and at the end. */
  count(): void {
    for (const row of this.query(Message.COUNTERS)) {
      const verdict = row.readUInt16LE(0);
      const count = row.readUInt32LE(4);
      this.tally.verdicts[verdict] += count;
      this.tally.dropped += count;
    }
  }

  private answer: { result: number; reply: Buffer } = { result: 0, reply: Buffer.alloc(0) };

  private call(op: Op, a = 0, b = 0, bytes?: Uint8Array): void {
    this.tally.calls++;
    this.tape.record(op, a, b, bytes);
    this.player.step(op, a, b, bytes ?? NOTHING);
    this.look();
  }

  /** The records that the last call wrote. */
  private look(): void {
    const bytes = this.transcript;
    const { tally } = this;
    for (let at = this.read; at < bytes.length; ) {
      const kind = bytes.readUInt32LE(at);
      const a = bytes.readUInt32LE(at + 4);
      const size = bytes.readUInt32LE(at + 12);
      const from = at + HEADER;
      if (kind === RecordKind.FRAME) {
        this.sent.push({ port: a, frame: Buffer.from(bytes.subarray(from, from + size)) });
      } else if (kind === RecordKind.EVENT) {
        const event = bytes.readUInt16LE(from);
        if (event === Event.TUNNEL) this.tunnels += bytes.readUInt16LE(from + 2) === 1 ? 1 : -1;
        if (event === Event.APPLICATION && bytes.readUInt16LE(from + 2) === 4) {
          const told = bytes.readUInt32LE(from + 40) > 0;
          this.application4 = told ? Uint8Array.from(bytes.subarray(from + 8, from + 12)) : undefined;
        }
        tally.events.set(event, (tally.events.get(event) ?? 0) + 1);
      } else if (kind === RecordKind.STORE) {
        if (size === 0) this.kept.delete(a);
        else this.kept.set(a, Uint8Array.from(bytes.subarray(from, from + size)));
      } else if (kind === RecordKind.REPLY) {
        const result = a | 0;
        if (result < 0) tally.refusals.set(-result, (tally.refusals.get(-result) ?? 0) + 1);
        this.answer = { result, reply: bytes.subarray(from, from + size) };
      } else if (kind === RecordKind.NO_BUFFER) {
        tally.refused++;
        tally.frames--;
      }
      at = from + ((size + 3) & ~3);
    }
    this.read = bytes.length;
  }
}

const NOTHING = new Uint8Array(0);
