// node --import tsx --import ./test/proof/record.ts ...: writes down what a program does with every image that it starts, one tape an
// instance, into the folder PROOF_TAPES. The program is not changed: WebAssembly's two classes are replaced by ones that listen.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Abi, controlSize, FRAME_MAX } from "./abi.js";
import { Call, CallWriter } from "./calls.js";
import { Section, unsignedLeb } from "./wasm.js";

/** A tape ends after so many bytes: what a long simulation does later, it has mostly done before. */
const LIMIT = 4 << 20;
const folder = process.env.PROOF_TAPES;

const hashes = new WeakMap<WebAssembly.Module, string>();
/** What ends each tape that is still written. */
const open = new Set<() => void>();

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

/** What is listened to: how many numbers each call has, and how many it answers with. */
const CALLS = {
  configure: [1, 1],
  rxBuffer: [1, 1],
  rx: [2, 0],
  tick: [0, 1],
  takeTx: [0, 1],
  txDone: [1, 0],
  takeEvent: [0, 1],
  takeStore: [0, 1],
  stored: [1, 0],
} as const;
type Listeners = Pick<Abi, keyof typeof CALLS>;

/** A module that exports what it imports: host-sim/core puts an image's functions into a table, which takes none of JavaScript's. */
function forwarder(): Uint8Array {
  const [I32, FUNCTION_TYPE, FUNCTION] = [0x7f, 0x60, 0];
  const vector = (items: number[][]) => [...unsignedLeb(items.length), ...items.flat()];
  const section = (id: number, body: number[]) => [id, ...unsignedLeb(body.length), ...body];
  const text = (name: string) => [name.length, ...Buffer.from(name)];
  const numbers = (count: number) => vector(Array.from({ length: count }, () => [I32]));
  const names = Object.keys(CALLS);
  const types = Object.values(CALLS).map(([takes, gives]) => [FUNCTION_TYPE, ...numbers(takes), ...numbers(gives)]);
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(Section.TYPE, vector(types)),
    ...section(Section.IMPORT, vector(names.map((name, i) => [...text(""), ...text(name), FUNCTION, i]))),
    ...section(Section.EXPORT, vector(names.map((name, i) => [...text(name), FUNCTION, i]))),
  ]);
}

/** Calls of an image that write down each; they stop listening when the tape is full. */
function listening(core: Abi, done: (tape: Buffer) => void): Listeners {
  const tape = new CallWriter(LIMIT);
  const bytes = new Uint8Array(core.memory.buffer);
  const words = new Uint32Array(core.memory.buffer);
  const clockAt = core.clock() >>> 2;
  const control = core.ctlBuffer();
  const lent = new Map<number, number>();
  let taken = 0;
  let buffer = 0;
  let clock = 0;
  let over = false;
  const note = (call: Call, a = 0, b = 0, data?: Uint8Array) => {
    if (over) return;
    const now = words[clockAt] + words[clockAt + 1] * 2 ** 32;
    if (now < clock) return finish(); // a test that turns the clock back: no caller may
    if (now > clock) tape.push(Call.CLOCK, now - clock);
    clock = now;
    tape.push(call, a, b, data);
    if (tape.full) finish();
  };
  const finish = () => {
    if (over) return;
    over = true;
    open.delete(finish);
    done(tape.bytes());
  };
  open.add(finish);
  return {
    configure(length) {
      note(Call.CONFIGURE, 0, 0, bytes.subarray(control, control + Math.min(length, controlSize(core.memory))));
      return core.configure(length);
    },
    rxBuffer(port) {
      buffer = core.rxBuffer(port);
      if (buffer === 0) note(Call.NO_BUFFER, port);
      return buffer;
    },
    rx(port, length) {
      note(Call.RX, port, length, bytes.subarray(buffer, buffer + Math.min(length, FRAME_MAX)));
      core.rx(port, length);
    },
    tick() {
      note(Call.TICK);
      return core.tick();
    },
    takeTx() {
      note(Call.TAKE_TX);
      const record = core.takeTx();
      if (record !== 0) lent.set(words[(record >>> 2) + 1], taken++);
      return record;
    },
    txDone(pointer) {
      const which = lent.get(pointer);
      if (which === undefined) finish();
      else note(Call.TX_DONE, which);
      core.txDone(pointer);
    },
    takeEvent() {
      note(Call.TAKE_EVENT);
      return core.takeEvent();
    },
    takeStore() {
      note(Call.TAKE_STORE);
      return core.takeStore();
    },
    stored(generation) {
      note(Call.STORED, generation);
      core.stored(generation);
    },
  };
}

/** One tape a content: many tests begin alike, and some are run twice to compare. */
function write(to: string, image: string, tape: Buffer): void {
  if (tape.length <= 1) return;
  const file = join(to, `${image}-${digest(tape)}.tape`);
  if (!existsSync(file)) writeFileSync(file, tape);
}

if (folder) {
  mkdirSync(folder, { recursive: true });
  process.on("exit", () => {
    for (const finish of open) finish();
  });
  const { Module, Instance } = WebAssembly;
  const FORWARDER = new Module(forwarder());
  class HashedModule extends Module {
    constructor(bytes: Uint8Array) {
      super(bytes);
      hashes.set(this, digest(bytes));
    }
  }
  class ListeningInstance extends Instance {
    constructor(module: WebAssembly.Module, imports?: Record<string, Record<string, unknown>>) {
      super(module, imports);
      const image = hashes.get(module);
      const core = this.exports as unknown as Abi;
      if (image === undefined || !core.memory || typeof core.takeTx !== "function") return;
      const listeners = listening(core, (tape) => write(folder as string, image, tape));
      const exports = new Instance(FORWARDER, { "": { ...listeners } }).exports;
      Object.defineProperty(this, "exports", { value: { ...core, ...exports } });
    }
  }
  Object.assign(WebAssembly, { Module: HashedModule, Instance: ListeningInstance });
}
