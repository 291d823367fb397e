import { readFileSync } from "node:fs";
import { Op } from "../bench/tape.js";
import type { Machine } from "./machine.js";
import { MachineStopped } from "./stopped.js";
import { RecordKind, TranscriptWriter } from "./transcript.js";

/** The exports of an image, called bare: host-sim/core refuses messages that are cut short, and here the image must. */
interface Exports {
  memory: WebAssembly.Memory;
  clock(): number;
  ctlBuffer(): number;
  configure(length: number): number;
  rxBuffer(port: number): number;
  rx(port: number, length: number): void;
  tick(): number;
  takeTx(): number;
  txDone(pointer: number): void;
  takeEvent(): number;
  takeStore(): number;
  stored(generation: number): void;
}

const PAGE = 65536;
const EVENT_SIZE = 48;
/** What a frame buffer of the image has room for, as in host-sim/core/core.ts and native/replay.c. */
const FRAME_MAX = 1710;

/** Bytes of one direction of the control buffer, by the profile of the image (assembly/base/config.ts). */
export function controlSize(pages: number): number {
  return pages > 1 ? 16384 : 1536;
}

/** An image in V8, step by step: what native/replay.c does, call by call. */
export class V8Player {
  readonly writer = new TranscriptWriter();
  private exports!: Exports;
  private bytes!: Buffer;
  private clockAt = 0;
  private controlAt = 0;

  constructor(private readonly module: WebAssembly.Module) {
    this.restart();
  }

  /** One step. A trap of the image is thrown as it is. */
  step(op: Op, a: number, b: number, bytes: Uint8Array): void {
    switch (op) {
      case Op.CLOCK:
        this.bytes.writeUInt32LE(a, this.clockAt);
        this.bytes.writeUInt32LE(b, this.clockAt + 4);
        break;
      case Op.CONFIGURE:
        this.configure(bytes);
        break;
      case Op.RX:
        this.receive(a, bytes, b || bytes.length);
        break;
      case Op.TICK:
        this.writer.record(RecordKind.DEADLINE, this.exports.tick());
        break;
      case Op.DRAIN:
        this.drain();
        break;
      case Op.RESTART:
        this.restart();
        break;
      default:
        throw new RangeError(`unknown step ${op} in the tape`);
    }
    this.writer.record(RecordKind.STEP, op);
  }

  private restart(): void {
    this.exports = new WebAssembly.Instance(this.module).exports as unknown as Exports;
    this.bytes = Buffer.from(this.exports.memory.buffer);
    this.clockAt = this.exports.clock();
    this.controlAt = this.exports.ctlBuffer();
  }

  private configure(messages: Uint8Array): void {
    const { bytes, controlAt, exports } = this;
    bytes.set(messages, controlAt);
    const result = exports.configure(messages.length);
    const reply = controlAt + controlSize(bytes.length / PAGE);
    this.writer.record(RecordKind.REPLY, result, 0, bytes.subarray(reply, reply + (result < 0 ? 4 : result)));
  }

  private receive(port: number, frame: Uint8Array, told: number): void {
    const at = this.exports.rxBuffer(port);
    if (at === 0) {
      this.writer.record(RecordKind.NO_BUFFER, port);
      return;
    }
    this.bytes.set(frame.length > FRAME_MAX ? frame.subarray(0, FRAME_MAX) : frame, at);
    this.exports.rx(port, told);
  }

  private drain(): void {
    const { bytes, exports, writer } = this;
    for (let at = exports.takeTx(); at !== 0; at = exports.takeTx()) {
      const pointer = bytes.readUInt32LE(at + 4);
      const frame = bytes.subarray(pointer, pointer + bytes.readUInt32LE(at + 8));
      writer.record(RecordKind.FRAME, bytes.readUInt32LE(at), bytes.readUInt32LE(at + 12), frame);
      exports.txDone(pointer);
    }
    for (let at = exports.takeEvent(); at !== 0; at = exports.takeEvent()) {
      writer.record(RecordKind.EVENT, 0, 0, bytes.subarray(at, at + EVENT_SIZE));
    }
    for (let at = exports.takeStore(); at !== 0; at = exports.takeStore()) {
      const data = bytes.subarray(at + 12, at + 12 + bytes.readUInt32LE(at + 4));
      const generation = bytes.readUInt32LE(at + 8);
      writer.record(RecordKind.STORE, bytes.readUInt32LE(at), generation, data);
      exports.stored(generation);
    }
  }
}

export function prepareV8(wasm: string): Machine {
  const module = new WebAssembly.Module(readFileSync(wasm));
  return {
    async run(tape) {
      let player: V8Player | undefined;
      try {
        player = new V8Player(module);
        for (let at = 0; tape.readUInt32LE(at) !== Op.END; ) {
          const length = tape.readUInt32LE(at + 12);
          const bytes = tape.subarray(at + 16, at + 16 + length);
          player.step(tape.readUInt32LE(at), tape.readUInt32LE(at + 4), tape.readUInt32LE(at + 8), bytes);
          at += 16 + ((length + 3) & ~3);
        }
        return player.writer.bytes();
      } catch (error) {
        throw new MachineStopped("v8", (error as Error).message, player?.writer.bytes() ?? Buffer.alloc(0));
      }
    },
  };
}
