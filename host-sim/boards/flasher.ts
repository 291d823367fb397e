/** How a board's firmware gets onto it. */
import type { Board } from "./board.js";

/** Copied to the drive that the boot ROM shows, or written over a serial line by the boot ROM of an ESP chip. */
export type Flasher = "uf2-drive" | "esp-serial";

/** Undefined: it is not flashed. */
export function flasherOf(board: Board): Flasher | undefined {
  if (board.output === "uf2") return "uf2-drive";
  return board.esp === undefined ? undefined : "esp-serial";
}
