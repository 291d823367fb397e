/**
 * One instance of a core image, spoken to through its ABI (assembly/engine/abi.ts, drawn in ARCHITECTURE.md).
 *
 * An image's memory never grows, so the views over it are made once. What a callback gets (frames, events, records) lies in
 * that memory and is only valid during the call.
 *
 * After `rx`, `configure`, `tick` or `stored`: `drain`, `events`, `stores`, then `tick` for the next deadline.
 */
import { Message, Refusal } from "../../assembly/abi/message.js";
import { type Call, calls, connect } from "./switchboard.js";

/** The only version of the ABI that this file speaks. */
const ABI_VERSION = 1;
/** Bytes of one direction of the control buffer: one-page images, larger ones. */
const CONTROL_SIZE = 1536;
const CONTROL_SIZE_PC = 16384;
const PAGE = 65536;
/** No more bytes of a frame fit a buffer; a longer frame is handed over by its length alone, so that the core counts it. */
const FRAME_MAX = 1710;
/** `tick()`: nothing is planned. */
export const NEVER = 0xffffffff;
/** Bytes of an event record. */
export const EVENT_SIZE = 48;

/** What is called once; the switchboard has the rest. */
interface Exports extends Record<Call, unknown> {
  memory: WebAssembly.Memory;
  abi(): number;
  clock(): number;
  ctlBuffer(): number;
}

/** The core refused a message. */
export class ConfigRefused extends Error {
  override name = "ConfigRefused";

  constructor(
    readonly refusal: Refusal,
    readonly type: number,
    /** Which message of the call, from 0. */
    readonly index: number,
  ) {
    const why = Refusal[refusal] ?? `refusal ${refusal}`;
    super(`message ${index} (${Message[type] ?? `type ${type}`}) was refused: ${why}`);
  }
}

/** `step`: the seeds' step that the frame is, 0 for none. */
export type FrameSink = (port: number, frame: Uint8Array, step: number) => void;
/** `record` has 48 bytes at `offset`; read it with trace's `decodeEvent`. */
export type EventSink = (record: DataView, offset: number) => void;
/** A record to keep under `id`; an empty one means forget it. Copy it before it is written elsewhere. */
export type StoreSink = (id: number, data: Uint8Array, generation: number) => void;

export class Core {
  /** Of the switchboard. */
  private readonly row: number;
  private readonly bytes: Uint8Array;
  private readonly words: Uint32Array;
  private readonly view: DataView;
  private readonly clockAt: number;
  private readonly controlAt: number;
  private readonly controlSize: number;

  constructor(module: WebAssembly.Module) {
    const exports = new WebAssembly.Instance(module).exports as unknown as Exports;
    const version = exports.abi() >>> 0;
    if (version !== ABI_VERSION) {
      throw new Error(
        version >= 0x80000000
          ? `the image is spoilt: two roles at door ${(version >>> 16) & 0x7fff}, key ${version & 0xffff}`
          : `the image speaks ABI ${version}, this program ${ABI_VERSION}; build both anew`,
      );
    }
    this.row = connect(exports, this);
    const { buffer } = exports.memory;
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.view = new DataView(buffer);
    this.clockAt = exports.clock() >>> 2;
    this.controlAt = exports.ctlBuffer();
    this.controlSize = buffer.byteLength > PAGE ? CONTROL_SIZE_PC : CONTROL_SIZE;
  }

  /** Bytes of the instance's memory. */
  get memorySize(): number {
    return this.bytes.length;
  }

  /** Monotonic milliseconds above zero, before any other call. Fractions are cut off. */
  setClock(ms: number): void {
    this.words[this.clockAt] = ms;
    this.words[this.clockAt + 1] = ms / 0x100000000;
  }

  /** Runs messages, in as many calls as the control buffer asks for; returns the replies. Throws `ConfigRefused`. */
  configure(messages: Uint8Array): Uint8Array {
    const view = new DataView(messages.buffer, messages.byteOffset, messages.length);
    const replies: Uint8Array[] = [];
    let first = 0;
    for (let from = 0; from < messages.length; ) {
      let to = from;
      let count = 0;
      while (to < messages.length) {
        const next = to + messageSize(view, to);
        if (next > messages.length) throw new RangeError(`the message at byte ${to} is cut short`);
        if (next - from > this.controlSize) break;
        to = next;
        count++;
      }
      if (count === 0) throw new RangeError(`the message at byte ${from} does not fit ${this.controlSize} bytes`);
      replies.push(this.configureOnce(messages.subarray(from, to), first));
      from = to;
      first += count;
    }
    return replies.length === 1 ? replies[0] : concat(replies);
  }

  private configureOnce(messages: Uint8Array, first: number): Uint8Array {
    this.bytes.set(messages, this.controlAt);
    const result = calls.configure(this.row, messages.length);
    const replyAt = this.controlAt + this.controlSize;
    if (result >= 0) return this.bytes.slice(replyAt, replyAt + result);
    const offset = this.view.getUint32(replyAt, true);
    const view = new DataView(messages.buffer, messages.byteOffset, messages.length);
    let index = first;
    for (let at = 0; at < offset; at += messageSize(view, at)) index++;
    throw new ConfigRefused(-result, view.getUint16(offset, true), index);
  }

  /** Gives the core a frame (ETHER: Ethernet header first; IP: IPv4 or IPv6 header first). False: no buffer is free. */
  rx(port: number, frame: Uint8Array): boolean {
    const at = calls.rxBuffer(this.row, port);
    if (at === 0) return false;
    this.bytes.set(frame.length > FRAME_MAX ? frame.subarray(0, FRAME_MAX) : frame, at);
    calls.rx(this.row, port, frame.length);
    return true;
  }

  /** Runs what is due. Milliseconds to the next deadline, 0 = call again, `NEVER` = nothing planned. */
  tick(): number {
    return calls.tick(this.row) >>> 0;
  }

  /** Takes every frame that waits to be sent, in order. */
  drain(sink: FrameSink): void {
    const { row, words, bytes } = this;
    for (let record = calls.takeTx(row); record !== 0; record = calls.takeTx(row)) {
      const at = record >>> 2;
      const pointer = words[at + 1];
      sink(words[at], bytes.subarray(pointer, pointer + words[at + 2]), words[at + 3]);
      calls.txDone(row, pointer);
    }
  }

  /** Takes every event, oldest first. */
  events(sink: EventSink): void {
    const { row, view } = this;
    for (let record = calls.takeEvent(row); record !== 0; record = calls.takeEvent(row)) sink(view, record);
  }

  /** Takes every record that must be kept. Say `stored(generation)` once it is. */
  stores(sink: StoreSink): void {
    const { row, words, bytes } = this;
    for (let record = calls.takeStore(row); record !== 0; record = calls.takeStore(row)) {
      const at = record >>> 2;
      sink(words[at], bytes.subarray(record + 12, record + 12 + words[at + 1]), words[at + 2]);
    }
  }

  /** Every record up to this generation is on stable storage. */
  stored(generation: number): void {
    calls.stored(this.row, generation);
  }

  /** All rows of a table: the values of the reply's messages, copied. */
  query(type: Message): Uint8Array[] {
    const request = new Uint8Array(8);
    const view = new DataView(request.buffer);
    view.setUint16(0, type, true);
    view.setUint16(2, 4, true);
    const rows: Uint8Array[] = [];
    for (let more = true; more; ) {
      more = false;
      const reply = this.configureOnce(request, 0);
      const replyView = new DataView(reply.buffer);
      for (let at = 0; at < reply.length; at += messageSize(replyView, at)) {
        const length = replyView.getUint16(at + 2, true);
        more = replyView.getUint16(at, true) === Message.MORE;
        if (more) view.setUint32(4, replyView.getUint32(at + 4, true), true);
        else rows.push(reply.subarray(at + 4, at + 4 + length));
      }
    }
    return rows;
  }
}

/** Bytes of the message at `at`, padding included; Infinity when its header is cut short. */
function messageSize(view: DataView, at: number): number {
  if (at + 4 > view.byteLength) return Number.POSITIVE_INFINITY;
  return 4 + ((view.getUint16(at + 2, true) + 3) & ~3);
}

function concat(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
