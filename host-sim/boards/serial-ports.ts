/** Which serial lines a board may be on, by the USB chip behind each. */
import { SerialPort } from "serialport";

export interface Candidate {
  path: string;
  vendorId?: number;
  productId?: number;
}

/** The chip's own USB. */
const ESPRESSIF = 0x303a;
/** Bridges from USB to a serial line on boards that have one: Silicon Labs, WCH, FTDI, Prolific. */
const BRIDGES = [0x10c4, 0x1a86, 0x0403, 0x067b];

/** The lines can not be listed. */
export class ListError extends Error {
  override name = "ListError";
}

interface Listed {
  path: string;
  vendorId?: string;
  productId?: string;
}

/** Those that an ESP32-C3 may be on: where there is one with the chip's own USB, only such. */
export function candidates(ports: Listed[]): Candidate[] {
  const known = ports.map(({ path, vendorId, productId }) => ({
    path,
    vendorId: Number.parseInt(vendorId ?? "", 16),
    productId: Number.parseInt(productId ?? "", 16),
  }));
  const own: Candidate[] = known.filter(({ vendorId }) => vendorId === ESPRESSIF);
  return own.length > 0 ? own : known.filter(({ vendorId }) => BRIDGES.includes(vendorId));
}

/** Throws `ListError`. */
export async function serialPorts(): Promise<Listed[]> {
  try {
    return await SerialPort.list();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT")
      throw new ListError(
        "udevadm is not installed (Debian's udev), which finds the board's port: name it with --port",
      );
    throw new ListError(`the serial ports cannot be listed: ${message}`);
  }
}
