/** What emulated boards with a W5500 at port 0 and a serial application port have in common: the machine differs. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { PortKind } from "../../assembly/abi/port.js";
import type { Emulator } from "./emulator.js";
import { type Firmware, FirmwareError } from "./firmware.js";
import type { W5500 } from "./w5500.js";

const NANOS_PER_US = 1000;

/** A processor with its devices. */
interface Machine {
  readonly chip: W5500;
  readonly flash: { cut(): void };
  /** Since power on. */
  readonly nanos: number;
  /** A packet arrives at the application port. */
  packet(bytes: Uint8Array): void;
  /** Types at the console. */
  type(text: string): void;
  /** Runs to a time, or to where something came out. */
  run(untilNanos: number): void;
}

export abstract class W5500Board<M extends Machine> implements Emulator {
  nowUs = 0;
  protected abstract readonly machine: M;

  /** `flash` is kept in `file` when the board is switched off. */
  constructor(
    protected readonly application: number,
    private readonly flash: Uint8Array,
    private readonly file: string,
  ) {}

  send(port: number, frame: Uint8Array): void {
    if (port === 0) this.machine.chip.arrive(frame);
    else if (port === this.application) this.machine.packet(frame);
  }

  carrier(port: number, up: boolean): void {
    if (port === 0) this.machine.chip.carrier(up);
  }

  type(line: string): void {
    this.machine.type(`${line}\n`);
  }

  async run(untilUs: number): Promise<number> {
    const { machine } = this;
    machine.run(untilUs * NANOS_PER_US);
    this.nowUs = Math.max(this.nowUs, Math.min(untilUs, Math.ceil(machine.nanos / NANOS_PER_US)));
    return this.nowUs;
  }

  async stop(): Promise<void> {
    this.machine.flash.cut();
    writeFileSync(this.file, this.flash);
  }
}

/** Number of the application port; -1 = there is none. */
export function applicationPort(firmware: Firmware): number {
  return firmware.ports.find(({ kind }) => kind === PortKind.IP)?.number ?? -1;
}

/** A flash of `size` bytes as earlier starts left it in `file`, with `content` of the firmware at `at`. Throws `FirmwareError`. */
export function flashWith(firmware: Firmware, content: Uint8Array, at: number, size: number, file: string): Uint8Array {
  const flash = new Uint8Array(size).fill(0xff);
  if (existsSync(file)) flash.set(readFileSync(file).subarray(0, size));
  if (at + content.length > size) {
    throw new FirmwareError(`${firmware.file}: ${content.length} bytes; the flash has ${size}`);
  }
  flash.set(content, at);
  return flash;
}
