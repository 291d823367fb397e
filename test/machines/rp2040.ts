import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConsoleLogger, LogLevel, RP2040 } from "rp2040js";
import { loadBoard } from "../../host-sim/boards/board.js";
import { runTool } from "../../host-sim/boards/tools.js";
import { compile, NATIVE } from "./build.js";
import type { Machine } from "./machine.js";
import { MachineStopped } from "./stopped.js";

const RAM = 0x20000000;
/** Where rp2040js looks for a device: the address without its 14 lowest bits, in units of 4 KiB. */
const EXCHANGE = 0x50400;
const Register = { ADDRESS: 0, SIZE: 4, COMMAND: 8, CYCLES: 12 };
const Command = { READ: 1, WRITE: 2, EXIT: 3 };
/** Instructions without an exchange after which the machine hangs. */
const PATIENCE = 500_000_000;

/** Where the vector table has the handler. */
const HARD_FAULT = 12;

/** The processor takes a hard fault. */
class Unaligned extends Error {}

/** The emulated chip without its devices. Words that are not aligned stop it, as they fault on a Cortex-M0+. */
export function prepareRp2040(wasm: string, costs: boolean): Machine {
  const { compiler, packages, flags } = loadBoard("rp2040-w5500");
  const program = compile("rp2040", wasm, costs, {
    gcc: `${compiler}-gcc`,
    packages,
    flags,
    linkFlags: ["-nostartfiles", "-T", join(NATIVE, "rp2040.ld")],
    sources: [join(NATIVE, "rp2040.c")],
  });
  const binary = program.replace(/elf$/, "bin");
  runTool(`${compiler}-objcopy`, ["-O", "binary", program, binary], packages);
  const flash = readFileSync(binary);
  return {
    async run(tape) {
      return new Emulation(flash, tape).run();
    },
  };
}

class Emulation {
  private readonly chip = new RP2040();
  private readonly out: Buffer[] = [];
  private readonly registers = new Uint32Array(4);
  private taken = 0;
  private busy = 0;
  private ended = false;
  /** Why the processor took a hard fault. */
  private fault: string | undefined;

  constructor(
    flash: Buffer,
    private readonly tape: Buffer,
  ) {
    const { chip } = this;
    chip.logger = new ConsoleLogger(LogLevel.Error, true);
    chip.flash.set(flash);
    chip.peripherals[EXCHANGE] = this.device();
    chip.core.SP = flash.readUInt32LE(0);
    chip.core.PC = flash.readUInt32LE(4) & ~1;
    this.guard();
  }

  run(): Buffer {
    try {
      while (!this.ended) this.step();
    } catch (error) {
      throw new MachineStopped("rp2040", (error as Error).message, Buffer.concat(this.out));
    }
    return Buffer.concat(this.out);
  }

  private step(): void {
    const { core } = this.chip;
    try {
      core.executeInstruction();
    } catch (error) {
      if (!(error instanceof Unaligned) || this.fault !== undefined) throw error;
      this.fault = `${error.message}, at 0x${(core.PC >>> 0).toString(16)}`;
      core.PC = this.chip.flashView.getUint32(HARD_FAULT, true) & ~1;
    }
    if (++this.busy > PATIENCE) throw new Error("it hangs");
  }

  /** native/rp2040.c writes to it. */
  private device(): RP2040["peripherals"][number] {
    const write = (offset: number, value: number) => {
      this.registers[offset >>> 2] = offset === Register.COMMAND ? this.exchange(value) : value;
    };
    return {
      readUint32: (offset: number) => {
        return offset === Register.CYCLES ? this.chip.core.cycles >>> 0 : this.registers[offset >>> 2];
      },
      writeUint32: write,
      writeUint32Atomic: write,
    };
  }

  private exchange(command: number): number {
    const [address, size] = this.registers;
    const memory = this.chip.sram.subarray(address - RAM, address - RAM + size);
    this.busy = 0;
    if (command === Command.READ) {
      const part = this.tape.subarray(this.taken, this.taken + size);
      memory.set(part);
      this.taken += part.length;
      return part.length;
    }
    if (command === Command.WRITE) this.out.push(Buffer.from(memory));
    else if (size === 0) this.ended = true;
    else throw new Error(this.fault ?? this.text(address, size));
    return 0;
  }

  private text(address: number, size: number): string {
    return String.fromCharCode(...Array.from({ length: size }, (_, i) => this.chip.readUint8(address + i)));
  }

  /** rp2040js reads and writes words anywhere; the chip takes a fault. */
  private guard(): void {
    const { chip } = this;
    const check = (address: number, size: number) => {
      if (address & (size - 1))
        throw new Unaligned(`unaligned access to ${size} bytes at 0x${(address >>> 0).toString(16)}`);
    };
    const { readUint16, readUint32, writeUint16, writeUint32 } = chip;
    chip.readUint16 = (address) => {
      check(address, 2);
      return readUint16.call(chip, address);
    };
    chip.readUint32 = (address) => {
      check(address, 4);
      return readUint32.call(chip, address);
    };
    chip.writeUint16 = (address, value) => {
      check(address, 2);
      writeUint16.call(chip, address, value);
    };
    chip.writeUint32 = (address, value) => {
      check(address, 4);
      writeUint32.call(chip, address, value);
    };
  }
}
