/** How a board's firmware gets onto it. */
import type { Board } from "./board.js";

/** Copied to the drive that the boot ROM shows, or written over a serial line by the boot ROM of an ESP chip. */
export type Flasher = "uf2-drive" | "esp-serial";

/** Undefined: it is not flashed. */
export function flasherOf(board: Board): Flasher | undefined {
  if (board.output === "uf2") return "uf2-drive";
  return board.esp === undefined ? undefined : "esp-serial";
}

/** Bytes that are on the board already, of all of them. */
export type Progress = (written: number, total: number) => void;

/** Nothing was written: no board, several, another one, or no way to it. The message says what to do. */
export class CannotFlash extends Error {
  override name = "CannotFlash";
}

/** Writing had begun and did not end well: the board has to be flashed again. */
export class FlashFailed extends Error {
  override name = "FlashFailed";
}
