/** Emulated boards with an ESP32-C3 and a W5500: firmware in both of its forms. */
import { loadBoard } from "./board.js";
import type { EmulatorKind, EmulatorOptions } from "./emulator.js";
import { BASE_MAC, directBoot, Esp32C3Machine, FLASH_BYTES, loadedBoot } from "./esp32c3-machine.js";
import type { Firmware } from "./firmware.js";
import { applicationPort, flashWith, W5500Board } from "./w5500-board.js";

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

class Esp32C3 extends W5500Board<Esp32C3Machine> {
  protected readonly machine: Esp32C3Machine;

  constructor(firmware: Firmware, options: EmulatorOptions, prepare: (machine: Esp32C3Machine) => void) {
    const at = firmware.form === "esp" ? loadBoard(firmware.board).esp!.appAddress : 0;
    const flash = flashWith(firmware, firmware.content, at, FLASH_BYTES, options.flash);
    super(applicationPort(firmware), flash, options.flash);
    const { sink } = options;
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
}
