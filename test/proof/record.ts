// node --import tsx --import ./test/proof/record.ts ...: writes down what a program does with every image that it starts, one tape an
// instance, into the folder PROOF_TAPES. The program is not changed: WebAssembly's two classes are replaced by ones that listen.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Abi, controlSize, FRAME_MAX } from "./abi.js";
import { Call, CallWriter } from "./calls.js";

/** A tape ends after so many bytes: what a long simulation does later, it has mostly done before. */
const LIMIT = Number(process.env.PROOF_TAPE_BYTES ?? 1 << 20);
const folder = process.env.PROOF_TAPES;

const hashes = new WeakMap<WebAssembly.Module, string>();
/** What ends each tape that is still written. */
const open = new Set<() => void>();

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

/** The exports of an image that write down each call; they stop listening when the tape is full. */
function listening(core: Abi, done: (tape: Buffer) => void): Abi {
  const tape = new CallWriter(LIMIT);
  const bytes = new Uint8Array(core.memory.buffer);
  const words = new Uint32Array(core.memory.buffer);
  const clockAt = core.clock() >>> 2;
  const control = core.ctlBuffer();
  const lent = new Map<number, number>();
  let taken = 0;
  let buffer = 0;
  let low = 0;
  let high = 0;
  let over = false;
  const note = (call: Call, a = 0, b = 0, data?: Uint8Array) => {
    if (over) return;
    if (words[clockAt] !== low || words[clockAt + 1] !== high) {
      low = words[clockAt];
      high = words[clockAt + 1];
      tape.push(Call.CLOCK, low, high);
    }
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
    ...core,
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
  if (tape.length <= 16) return;
  const file = join(to, `${image}-${digest(tape)}.tape`);
  if (!existsSync(file)) writeFileSync(file, tape);
}

if (folder) {
  mkdirSync(folder, { recursive: true });
  process.on("exit", () => {
    for (const finish of open) finish();
  });
  const { Module, Instance } = WebAssembly;
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
      if (image === undefined || typeof core.takeTx !== "function" || typeof core.stored !== "function") return;
      const exports = listening(core, (tape) => write(folder as string, image, tape));
      Object.defineProperty(this, "exports", { value: exports });
    }
  }
  Object.assign(WebAssembly, { Module: HashedModule, Instance: ListeningInstance });
}
