import { type Abi, controlSize, EVENT_BYTES } from "./abi.js";
import { Call, eachCall } from "./calls.js";

/** FNV-1a, 32 bits, signed as JavaScript's operators have it. */
const DIGEST_START = 0x811c9dc5 | 0;
const PRIME = 0x01000193;

/** An image in V8 that recorded calls are made on; what it answers is folded into a digest. */
export class Replay {
  digest = DIGEST_START;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly clockAt: number;
  private readonly control: number;
  private readonly replyAt: number;
  /** Where the frames taken lie, in order. */
  private readonly lent: number[] = [];
  /** Milliseconds. */
  private now = 0;

  /** @param control bytes of a request; what an image with such a memory has when it is left out */
  constructor(
    private readonly core: Abi,
    control = controlSize(core.memory),
  ) {
    this.bytes = new Uint8Array(core.memory.buffer);
    this.view = new DataView(core.memory.buffer);
    core.abi();
    this.clockAt = core.clock();
    this.control = core.ctlBuffer();
    this.replyAt = this.control + control;
  }

  private seeWord(word: number): void {
    let digest = this.digest;
    for (let shift = 0; shift < 32; shift += 8) digest = Math.imul(digest ^ ((word >>> shift) & 255), PRIME);
    this.digest = digest;
  }
  private see(at: number, length: number): void {
    const { bytes } = this;
    if (at + length > bytes.length) throw new RangeError(`${length} bytes at ${at} are not in the memory`);
    let digest = this.digest;
    for (let i = at; i < at + length; i++) digest = Math.imul(digest ^ bytes[i], PRIME);
    this.digest = digest;
  }
  private word(at: number): number {
    return this.view.getUint32(at, true);
  }

  /** Makes one call. A trap is thrown as it is. */
  call(call: Call, a: number, b: number, bytes: Uint8Array): void {
    const { core } = this;
    if (call === Call.CLOCK) this.pass(a);
    else if (call === Call.CONFIGURE) this.configure(bytes);
    else if (call === Call.RX) this.receive(a, b, bytes);
    else if (call === Call.TICK) this.seeWord(core.tick());
    else if (call === Call.NO_BUFFER) this.seeWord(Number(core.rxBuffer(a) !== 0));
    else if (call === Call.TAKE_TX) this.takeTx();
    else if (call === Call.TX_DONE) {
      if (a < this.lent.length) core.txDone(this.lent[a]);
    } else if (call === Call.TAKE_EVENT) this.take(core.takeEvent(), () => EVENT_BYTES);
    else if (call === Call.TAKE_STORE) this.take(core.takeStore(), (record) => 12 + this.word(record + 4));
    else if (call === Call.STORED) core.stored(a);
    else throw new Error(`call ${call} is not known`);
  }

  private pass(milliseconds: number): void {
    this.now += milliseconds;
    this.view.setUint32(this.clockAt, this.now, true);
    this.view.setUint32(this.clockAt + 4, Math.floor(this.now / 2 ** 32), true);
  }
  private configure(messages: Uint8Array): void {
    this.bytes.set(messages, this.control);
    const result = this.core.configure(messages.length);
    this.seeWord(result);
    this.see(this.replyAt, result < 0 ? 4 : result);
  }
  private receive(port: number, length: number, frame: Uint8Array): void {
    const at = this.core.rxBuffer(port);
    this.seeWord(Number(at !== 0));
    if (at === 0) return;
    this.bytes.set(frame, at);
    this.core.rx(port, length);
  }
  private takeTx(): void {
    const record = this.core.takeTx();
    this.seeWord(Number(record !== 0));
    if (record === 0) return;
    const at = this.word(record + 4);
    const length = this.word(record + 8);
    this.seeWord(this.word(record));
    this.seeWord(this.word(record + 12));
    this.seeWord(length);
    this.see(at, length);
    this.lent.push(at);
  }
  private take(record: number, size: (record: number) => number): void {
    this.seeWord(Number(record !== 0));
    if (record !== 0) this.see(record, size(record));
  }
}

/** The digest of a whole tape. */
export function replay(module: WebAssembly.Module, tape: Buffer): number {
  const instance = new WebAssembly.Instance(module);
  const player = new Replay(instance.exports as unknown as Abi);
  eachCall(tape, (call, a, b, bytes) => {
    player.call(call, a, b, bytes);
    return true;
  });
  return player.digest >>> 0;
}
