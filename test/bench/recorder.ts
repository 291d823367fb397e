import type { Setting } from "./messages.js";
import { Tape } from "./tape.js";
import { type Sent, V8Subject } from "./v8.js";

/**
 * Makes a tape whose later steps depend on what the image answered: every step is done at once in V8 and written down. A
 * peer's part (a Binding Acknowledgement with the sequence number of the update) can so be played without a second node.
 */
export class Recorder {
  readonly tape = new Tape();
  private readonly subject: V8Subject;
  private now = 0;

  constructor(wasm: string) {
    this.subject = new V8Subject(wasm);
  }

  /** Messages of configuration (assembly/abi/message.ts), one call each. */
  messages(settings: readonly Setting[]): this {
    for (const [type, value] of settings) this.step((tape) => tape.message(type, value));
    return this;
  }

  /** Hands a frame in; what comes out is seen by the next `sent`. */
  rx(port: number, frame: Uint8Array): this {
    return this.step((tape) => tape.rx(port, frame));
  }

  /** Lets time pass, ticking once every `stride` milliseconds; gives the frames that left meanwhile. */
  pass(milliseconds: number, stride = 100): Sent[] {
    const sent = this.sent();
    for (const until = this.now + milliseconds; this.now < until; ) {
      this.now = Math.min(this.now + stride, until);
      const { now } = this;
      this.step((tape) => tape.clock(now).tick());
      sent.push(...this.sent());
    }
    return sent;
  }

  /** Frames that left since the last call. */
  sent(): Sent[] {
    const step = new Tape().drain();
    this.tape.append(step);
    return this.subject.replay(step);
  }

  private step(write: (tape: Tape) => Tape): this {
    const step = write(new Tape());
    this.tape.append(step);
    this.subject.replay(step);
    return this;
  }
}
