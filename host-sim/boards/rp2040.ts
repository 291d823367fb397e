/** Emulated boards with an RP2040 and a W5500, by rp2040js. A PC is at their USB. */
import { USBCDC } from "rp2040js";
import { crc32Mpeg2 } from "./boot2.js";
import type { EmulatorKind, EmulatorOptions } from "./emulator.js";
import { type Firmware, FirmwareError } from "./firmware.js";
import { FLASH_BYTES, UNIQUE_ID } from "./nor-flash.js";
import { Rp2040Machine } from "./rp2040-machine.js";
import { TwoConsoles } from "./two-consoles.js";
import { applicationPort, flashWith, W5500Board } from "./w5500-board.js";

const BOOT2_BYTES = 252;

/** Machines to which `prepare` does something before they are switched on. */
export function rp2040With(prepare: (machine: Rp2040Machine) => void): EmulatorKind {
  return {
    // The W5500 has no address of its own: the firmware makes one of the flash's number (boards/rp2040-w5500/port.c).
    mac: () => Uint8Array.from([0x02, ...UNIQUE_ID.subarray(3)]),
    async start(firmware, options) {
      return new Rp2040(firmware, options, prepare);
    },
  };
}

export const rp2040: EmulatorKind = rp2040With(() => {});

class Rp2040 extends W5500Board<Rp2040Machine> {
  protected readonly machine: Rp2040Machine;
  private readonly console: TwoConsoles;

  constructor(firmware: Firmware, options: EmulatorOptions, prepare: (machine: Rp2040Machine) => void) {
    checkBoot2(firmware);
    const flash = flashWith(firmware, firmware.bytes, 0, FLASH_BYTES, options.flash);
    super(applicationPort(firmware), flash, options.flash);
    const { sink } = options;
    this.console = new TwoConsoles((text) => {
      sink.line(text);
      this.machine?.pause();
    });
    this.machine = new Rp2040Machine({
      flash,
      entropy: options.entropy,
      line: (text) => this.console.serial(text),
      usb: (controller) => {
        this.console.reset();
        new USBCDC(controller).onSerialData = (bytes) => this.console.usb(bytes);
        // The PC types nothing there. rp2040js would send empty packets without end.
        controller.onEndpointRead = () => {};
      },
      frame: (bytes) => sink.frame(0, bytes),
      packet: (bytes) => sink.frame(this.application, bytes),
    });
    this.machine.chip.carrier(options.up[0] ?? false);
    prepare(this.machine);
    this.machine.boot();
  }
}

/** As the boot ROM does. */
function checkBoot2({ file, bytes }: Firmware): void {
  const found = new DataView(bytes.buffer, bytes.byteOffset).getUint32(BOOT2_BYTES, true);
  if (crc32Mpeg2(bytes.subarray(0, BOOT2_BYTES)) === found) return;
  throw new FirmwareError(`${file}: the check of its second boot stage is wrong; an RP2040 would not start it`);
}
