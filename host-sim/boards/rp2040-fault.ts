/** The firmware did what an RP2040 would not do, or not survive. */
import { EmulatorError } from "./emulator.js";

export class HardwareFault extends EmulatorError {
  override name = "HardwareFault";
}

export function hexadecimal(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, "0")}`;
}
