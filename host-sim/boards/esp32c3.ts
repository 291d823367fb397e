/** Emulated boards with an ESP32-C3 and a W5500: firmware in both of its forms. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { PortKind } from "../../assembly/abi/port.js";
import { loadBoard } from "./board.js";
import type { Emulator, EmulatorKind, EmulatorOptions } from "./emulator.js";
import { BASE_MAC, directBoot, Esp32C3Machine, FLASH_BYTES, loadedBoot } from "./esp32c3-machine.js";
import { type Firmware, FirmwareError } from "./firmware.js";

const NANOS_PER_US = 1000;

/** Machines to which `prepare` does something before they run. */
export function esp32c3With(prepare: (machine: Esp32C3Machine) => void): EmulatorKind {
  return {
    // The chip's fourth address (boards/esp32c3-w5500/port.c).
    mac: () => Uint8Array.from([...BASE_MAC.slice(0, 5), BASE_MAC[5] + 3]),
    async start(firmware, options) {
      return new Esp32C3(firmware, options, prepare);
    },
  };
}

export const esp32c3: EmulatorKind = esp32c3With(() => {});

class Esp32C3 implements Emulator {
  nowUs = 0;
  private readonly machine: Esp32C3Machine;
  private readonly flash = new Uint8Array(FLASH_BYTES).fill(0xff);
  private readonly application: number;

  constructor(
    firmware: Firmware,
    private readonly options: EmulatorOptions,
    prepare: (machine: Esp32C3Machine) => void,
  ) {
    const { flash } = this;
    const { sink } = options;
    const at = firmware.form === "esp" ? loadBoard(firmware.board).esp!.appAddress : 0;
    this.application = firmware.ports.find(({ kind }) => kind === PortKind.IP)?.number ?? -1;
    if (existsSync(options.flash)) flash.set(readFileSync(options.flash).subarray(0, FLASH_BYTES));
    if (at + firmware.content.length > FLASH_BYTES) {
      throw new FirmwareError(`${firmware.file}: ${firmware.content.length} bytes; the flash has ${FLASH_BYTES}`);
    }
    flash.set(firmware.content, at);
    const surroundings = {
      flash,
      entropy: options.entropy,
      line: (text: string) => sink.line(text),
      frame: (bytes: Uint8Array) => sink.frame(0, bytes),
      packet: (bytes: Uint8Array) => sink.frame(this.application, bytes),
    };
    this.machine = new Esp32C3Machine(surroundings, at === 0 ? directBoot(flash) : loadedBoot(flash, at));
    this.machine.chip.carrier(options.up[0] ?? false);
    prepare(this.machine);
  }

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
    writeFileSync(this.options.flash, this.flash);
  }
}
