import { readFileSync } from "node:fs";
import { checksum } from "./frames.js";
import { type Case, Op, type Tape } from "./tape.js";

/** Frames handed in before the outputs are taken; native/bench.c has the same. */
export const BURST = 8;

/** The exports of an image that the bench calls. */
interface Exports {
  memory: WebAssembly.Memory;
  ctlBuffer(): number;
  clock(): number;
  configure(len: number): number;
  rxBuffer(port: number): number;
  rx(port: number, len: number): void;
  tick(): number;
  takeTx(): number;
  txDone(ptr: number): void;
  takeEvent(): number;
  takeStore(): number;
  stored(generation: number): void;
}

/** What came out of an image. */
export interface Sent {
  port: number;
  frame: Uint8Array;
}

/** An image in V8, called through the bare ABI: the bench measures the image, not a library around it. */
export class V8Subject {
  readonly memoryBytes: number;
  private readonly core: Exports;
  private readonly bytes: Uint8Array;
  private readonly words: Uint32Array;
  private readonly ctl: number;
  private readonly clockWord: number;

  constructor(wasm: string) {
    this.core = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(wasm))).exports as unknown as Exports;
    this.bytes = new Uint8Array(this.core.memory.buffer);
    this.words = new Uint32Array(this.core.memory.buffer);
    this.memoryBytes = this.bytes.length;
    this.ctl = this.core.ctlBuffer();
    this.clockWord = this.core.clock() >>> 2;
  }

  /** Replays a setup and gives the frames that the last DRAIN and what follows it let out. */
  replay(tape: Tape): Sent[] {
    let sent: Sent[] = [];
    for (const { op, a, b, bytes } of tape.steps) {
      if (op === Op.CLOCK) this.words.set([a, b], this.clockWord);
      else if (op === Op.CONFIGURE) this.configure(bytes);
      else if (op === Op.RX) this.receive(a, bytes);
      else if (op === Op.TICK) this.core.tick();
      else if (op === Op.DRAIN) sent = this.drain();
    }
    return sent;
  }

  private configure(messages: Uint8Array): void {
    this.bytes.set(messages, this.ctl);
    const refused = this.core.configure(messages.length);
    if (refused < 0) {
      const type = messages[0] | (messages[1] << 8);
      throw new Error(
        `configuration refused: code ${refused}, first message of type ${type}, ${messages.length} bytes`,
      );
    }
  }

  private receive(port: number, frame: Uint8Array): void {
    const at = this.core.rxBuffer(port);
    if (at === 0) throw new Error("no receive buffer left");
    this.bytes.set(frame, at);
    this.core.rx(port, frame.length);
  }

  /** All frames, copied; events and records to store are taken too. */
  private drain(): Sent[] {
    const sent: Sent[] = [];
    for (let record = this.core.takeTx(); record !== 0; record = this.core.takeTx()) {
      const [port, at, length] = this.words.subarray(record >>> 2, (record >>> 2) + 3);
      sent.push({ port, frame: this.bytes.slice(at, at + length) });
      this.core.txDone(at);
    }
    while (this.core.takeEvent() !== 0);
    for (let record = this.core.takeStore(); record !== 0; record = this.core.takeStore()) {
      this.core.stored(this.words[(record >>> 2) + 2]);
    }
    return sent;
  }

  /** Hands one frame in; gives what leaves. */
  exchange(port: number, frame: Uint8Array): Sent[] {
    this.receive(port, frame);
    return this.drain();
  }

  /** Hands every case in and compares what comes out, in order. */
  verify(cases: readonly Case[], what: string): void {
    for (let i = 0; i < cases.length; i += BURST) {
      const burst = cases.slice(i, i + BURST);
      for (const c of burst) this.receive(c.port, c.frame);
      const sent = this.drain();
      burst.forEach((c, k) => {
        const got = sent[k];
        const problem = got === undefined ? "nothing came out" : difference(got, c);
        if (problem) throw new Error(`${what}, packet ${i + k}: ${problem}`);
      });
      if (sent.length !== burst.length) throw new Error(`${what}: ${sent.length} frames for ${burst.length}`);
    }
  }

  /** Nanoseconds of the processor for `packets` packets; the outputs are counted and left where they lie. */
  measure(cases: readonly Case[], packets: number): number {
    const { core, bytes, words } = this;
    const whole = packets - (packets % BURST);
    let at = 0;
    let out = 0;
    const start = process.cpuUsage();
    for (let i = 0; i < whole; i += BURST) {
      for (let k = 0; k < BURST; k++) {
        const c = cases[at + k];
        bytes.set(c.frame, core.rxBuffer(c.port));
        core.rx(c.port, c.frame.length);
      }
      for (let record = core.takeTx(); record !== 0; record = core.takeTx()) {
        core.txDone(words[(record >>> 2) + 1]);
        out++;
      }
      at += BURST;
      if (at === cases.length) at = 0;
    }
    const { user, system } = process.cpuUsage(start);
    if (out !== whole) throw new Error(`${whole - out} frames were lost while measuring`);
    return ((user + system) * 1000 * packets) / whole;
  }

  /**
   * The same for frames that an image takes once only: all of them `times` times over, each time from the state that is there now. What
   * they changed is put back meanwhile, and not more than that, so that caches stay as they are.
   */
  measureFromHere(cases: readonly Case[], times: number): number {
    const before = this.bytes.slice();
    this.measure(cases, cases.length);
    const changed = difference64(before, this.bytes);
    let nanoseconds = 0;
    for (let i = 0; i < times; i++) {
      for (const at of changed) this.bytes.set(before.subarray(at, at + 64), at);
      nanoseconds += this.measure(cases, cases.length);
    }
    this.bytes.set(before);
    return nanoseconds;
  }
}

/** An IPv4 identification is drawn at random, RFC 7915 §5.1; the header's checksum is judged by itself. */
const IP4_FREE = [4, 5, 10, 11];

function difference(got: Sent, expected: Case): string | undefined {
  if (got.port !== expected.outPort) return `left by port ${got.port}, not ${expected.outPort}`;
  if (got.frame.length !== expected.out.length) return `${got.frame.length} bytes, not ${expected.out.length}`;
  const ip4 = expected.out[0] === 0x45;
  if (ip4 && checksum(got.frame.subarray(0, 20)) !== 0) return "wrong checksum of the IPv4 header";
  const at = got.frame.findIndex((byte, i) => byte !== expected.out[i] && !(ip4 && IP4_FREE.includes(i)));
  return at < 0 ? undefined : `byte ${at} is ${got.frame[at].toString(16)}, not ${expected.out[at].toString(16)}`;
}

/** Where 64 bytes begin that are not the same in both. */
function difference64(a: Uint8Array, b: Uint8Array): number[] {
  const places = [];
  for (let at = 0; at < a.length; at += 64) {
    if (Buffer.compare(a.subarray(at, at + 64), b.subarray(at, at + 64)) !== 0) places.push(at);
  }
  return places;
}
