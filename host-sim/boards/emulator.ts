/** What a machine that runs a firmware offers to a simulated network, whatever it is made of: QEMU, rp2040js, … */
import type { Firmware } from "./firmware.js";

/** What comes out of a board; called during `Emulator.run` only. Bytes are valid during the call. */
export interface EmulatorSink {
  /** A frame left a port: Ethernet header first, or IP header first on the application port. */
  frame(port: number, bytes: Uint8Array): void;
  /** A line of the console, without its end. */
  line(text: string): void;
}

export interface Emulator {
  /** The board's clock, microseconds since power on. */
  readonly nowUs: number;
  /** A frame arrives at a port now. Copied. */
  send(port: number, frame: Uint8Array): void;
  /** A link port's carrier comes or goes now. */
  carrier(port: number, up: boolean): void;
  /** Types a line at the console. */
  type(line: string): void;
  /**
   * Runs the board to `untilUs`, or only to where a frame or a line came out of it: the network must see that first. Resolves to
   * the time it has reached, after everything that came out until then went to the sink. Rejects with an `EmulatorError` when
   * the machine ends by itself.
   */
  run(untilUs: number): Promise<number>;
  /** Switches the machine off. What its flash holds stays for the next `start` with the same `flash`. */
  stop(): Promise<void>;
}

export interface EmulatorOptions {
  sink: EmulatorSink;
  /** 32 bytes: what the board takes for entropy. */
  entropy: Uint8Array;
  /** Carriers at the start, by port. */
  up: boolean[];
  /** File that holds the flash of the records between starts; made when it is not there. */
  flash: string;
}

/** A program that is installed, not part of the project. */
export interface Tool {
  program: string;
  /** Debian packages with it. */
  packages: string[];
}

/** One kind of machine, by the name that board.json has under "emulator". */
export interface EmulatorKind {
  /** What runs the machine; absent: this process does. */
  tool?: Tool;
  /** The hardware's own address of a link port; counts where the configuration names none. */
  mac(port: number): Uint8Array;
  /** Switches a board on; nothing has run yet. */
  start(firmware: Firmware, options: EmulatorOptions): Promise<Emulator>;
}

/** The emulator is not there, or it ended. The message says which and why. */
export class EmulatorError extends Error {
  override name = "EmulatorError";
}
