/** Emulated boards with an RP2040 and a W5500, by rp2040js. A PC is at their USB. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { USBCDC } from "rp2040js";
import { PortKind } from "../../assembly/abi/port.js";
import { crc32Mpeg2 } from "./boot2.js";
import type { Emulator, EmulatorKind, EmulatorOptions } from "./emulator.js";
import { type Firmware, FirmwareError } from "./firmware.js";
import { FLASH_BYTES, UNIQUE_ID } from "./nor-flash.js";
import { Rp2040Machine } from "./rp2040-machine.js";
import { TwoConsoles } from "./two-consoles.js";

const NANOS_PER_US = 1000;
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

class Rp2040 implements Emulator {
  nowUs = 0;
  private readonly machine: Rp2040Machine;
  private readonly flash: Uint8Array;
  private readonly application: number;
  private readonly console: TwoConsoles;

  constructor(
    firmware: Firmware,
    private readonly options: EmulatorOptions,
    prepare: (machine: Rp2040Machine) => void,
  ) {
    checkBoot2(firmware);
    this.application = firmware.ports.find(({ kind }) => kind === PortKind.IP)?.number ?? -1;
    this.flash = flashOf(firmware, options.flash);
    const { sink } = options;
    this.console = new TwoConsoles((text) => {
      sink.line(text);
      this.machine?.pause();
    });
    this.machine = new Rp2040Machine({
      flash: this.flash,
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

/** The flash as earlier starts left it, with the firmware in it. */
function flashOf(firmware: Firmware, file: string): Uint8Array {
  const flash = new Uint8Array(FLASH_BYTES).fill(0xff);
  if (existsSync(file)) flash.set(readFileSync(file).subarray(0, FLASH_BYTES));
  if (firmware.bytes.length > FLASH_BYTES) {
    throw new FirmwareError(`${firmware.file}: ${firmware.bytes.length} bytes; the flash has ${FLASH_BYTES}`);
  }
  flash.set(firmware.bytes);
  return flash;
}

/** As the boot ROM does. */
function checkBoot2({ file, bytes }: Firmware): void {
  const found = new DataView(bytes.buffer, bytes.byteOffset).getUint32(BOOT2_BYTES, true);
  if (crc32Mpeg2(bytes.subarray(0, BOOT2_BYTES)) === found) return;
  throw new FirmwareError(`${file}: the check of its second boot stage is wrong; an RP2040 would not start it`);
}
