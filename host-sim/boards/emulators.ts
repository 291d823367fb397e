/** The machines that boards are emulated on, by the name in board.json. */
import { type Board, BoardError } from "./board.js";
import type { EmulatorKind } from "./emulator.js";
import { esp32c3 } from "./esp32c3.js";
import { qemu } from "./qemu.js";
import { rp2040 } from "./rp2040.js";

const KINDS: Record<string, EmulatorKind> = { esp32c3, qemu, rp2040 };

/** Throws `BoardError` for a board without one. */
export function emulatorOf(board: Board): EmulatorKind {
  const kind = board.emulator === undefined ? undefined : KINDS[board.emulator];
  if (!kind) throw new BoardError(`board ${board.name} has no emulator`);
  return kind;
}
