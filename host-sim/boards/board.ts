/** Boards: a folder each under boards/, with a board.json that says how to build for it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../core/root.js";

const BOARDS = join(ROOT, "boards");

/** `bin`: the flash as it will be. `esp`: Espressif's image for its boot loader. */
export type Form = "elf" | "bin" | "uf2" | "esp";

export interface Board {
  name: string;
  title: string;
  /** Prefix of the compiler's tools (`arm-none-eabi`); absent: this machine's own. */
  compiler?: string;
  /** Debian packages with the tools. */
  packages: string[];
  flags: string[];
  /** More of them for the image alone, in which packets spend their time. */
  imageFlags: string[];
  linkFlags: string[];
  /** Files of firmware/drivers that it uses. */
  drivers?: string[];
  /** Words of the image's memory that are not aligned: left to the processor and its fault handler, or a trap. */
  unaligned: "hardware" | "trap";
  /** Bytes of stack; absent: the operating system's. */
  stack?: number;
  flash: {
    /** Bytes for code, constants and configuration. */
    size?: number;
    /** Where the records live: erase blocks, and the unit that is programmed at once. */
    records: { block: number; blocks: number; unit: number };
  };
  /** Bytes for data, memory of the image and stack. */
  ram?: number;
  /** Form of the file that is flashed, and others that can be asked for. */
  output: Form;
  otherOutputs?: Form[];
  /** Address of the first byte of a `bin` or `uf2`. */
  address?: number;
  /** Family of the `uf2`, and the Board-ID of the drive that it is copied to. */
  uf2Family?: number;
  uf2Board?: string;
  /** An Espressif chip: its boot ROM takes the firmware over a serial line. */
  esp?: {
    /** As esptool calls it: `ESP32-C3`. */
    chip: string;
    /** Its number in the header of an image. */
    chipId: number;
    /** Where the second-stage boot loader looks for an image of the `esp` form. */
    appAddress: number;
    /** From this revision on the boot ROM starts what lies at the beginning of the flash without a boot loader. */
    directBootRevision: number;
  };
  /** Its flash begins with a second stage for the boot ROM of an RP2040. */
  boot2?: boolean;
  /** What runs it without hardware. */
  emulator?: string;
  /** Its folder. */
  folder: string;
}

/** No such board, or its board.json is not as it must be. */
export class BoardError extends Error {
  override name = "BoardError";
}

export function boardNames(): string[] {
  return readdirSync(BOARDS)
    .filter((name) => existsSync(join(BOARDS, name, "board.json")))
    .sort();
}

/** Throws `BoardError`. */
export function loadBoard(name: string): Board {
  const folder = join(BOARDS, name);
  if (!boardNames().includes(name)) {
    throw new BoardError(`there is no board ${JSON.stringify(name)}; there are: ${boardNames().join(", ")}`);
  }
  const board = JSON.parse(readFileSync(join(folder, "board.json"), "utf8")) as Omit<Board, "folder">;
  return { ...board, folder };
}
