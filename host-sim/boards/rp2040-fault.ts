/** What the firmware may do wrong. */
import { EmulatorError } from "./emulator.js";

/** An RP2040 would do something else than the emulator can: the run ends. */
export class HardwareFault extends EmulatorError {
  override name = "HardwareFault";
}

/** The processor takes its HardFault exception: unaligned words, and addresses at which nothing is. */
export class ProcessorFault extends Error {
  override name = "ProcessorFault";
}

export function hexadecimal(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, "0")}`;
}
