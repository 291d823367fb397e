/** The machines that boards are emulated on, by the name in board.json. */
import type { Board } from "./board.js";
import { EmulatorError, type EmulatorKind } from "./emulator.js";
import { qemu } from "./qemu.js";

const KINDS: Record<string, EmulatorKind> = { qemu };

/** Throws `EmulatorError` for a board without one. */
export function emulatorOf(board: Board): EmulatorKind {
  const kind = board.emulator === undefined ? undefined : KINDS[board.emulator];
  if (!kind) throw new EmulatorError(`board ${board.name} has no emulator`);
  return kind;
}
