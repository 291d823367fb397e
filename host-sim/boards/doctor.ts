/**
 * What this machine lacks for what somebody wants to do with it, and the command that brings each missing thing. What is needed comes
 * from where it is used: a board's compiler and packages from its board.json (tried on a file, not looked up), an emulator's program
 * from its kind, the tests' packages from scripts/setup-debian, the rest from package.json.
 */
import { type Board, boardNames, loadBoard } from "./board.js";
import * as check from "./doctor-checks.js";
import { emulatorOf } from "./emulators.js";
import { flasherOf } from "./flasher.js";

export interface Missing {
  what: string;
  /** A command for a shell, or what to do where no command does it. */
  fix: string;
}

export interface Finding {
  /** `simulate`, `build-qemu-riscv`, … */
  purpose: string;
  /** What it serves for. */
  title: string;
  missing: Missing[];
}

interface Purpose {
  name: string;
  title: string;
  /** The board that it is about. */
  board?: string;
  checks: check.Check[];
}

/** There is no purpose of that name. */
export class UnknownPurpose extends Error {
  override name = "UnknownPurpose";
}

const PROGRAM = [check.node, check.npmPackages("dependencies"), check.images];
const TESTS = [...PROGRAM, check.npmPackages("devDependencies")];

function purposes(): Purpose[] {
  const boards = boardNames().map(loadBoard);
  return [
    { name: "simulate", title: "sixfold sim, inspect, check", checks: PROGRAM },
    { name: "live", title: "sixfold up, ctl", checks: [...PROGRAM, ...check.live] },
    ...boards.map(building),
    ...boards.filter(({ emulator }) => emulator !== undefined).map(emulating),
    ...boards.filter((board) => flasherOf(board) !== undefined).map(flashing),
    ...check.testPurposes().map((name) => testing(name)),
  ];
}

function building(board: Board): Purpose {
  const title = `sixfold build --board ${board.name}`;
  return { name: `build-${board.name}`, title, board: board.name, checks: [...PROGRAM, check.building(board)] };
}

function emulating(board: Board): Purpose {
  const { tool } = emulatorOf(board);
  const title = `sixfold emulate, ${board.name}`;
  const checks = [...PROGRAM, ...(tool ? [check.program(tool)] : [])];
  return { name: `emulate-${board.name}`, title, board: board.name, checks };
}

function flashing(board: Board): Purpose {
  const serial = flasherOf(board) === "esp-serial" ? check.serial : [];
  const title = `sixfold flash, ${board.name}`;
  return { name: `flash-${board.name}`, title, board: board.name, checks: [...PROGRAM, ...serial] };
}

function testing(name: string): Purpose {
  const root = name === "interop" ? [check.root("npm run interop")] : [];
  return { name, title: check.testTitle(name), checks: [...TESTS, check.testPackages(name), ...root] };
}

/** What may be asked for: each purpose, the first words of several (`build`, `emulate`, `flash`), and the boards. */
export function purposeWords(): string[] {
  const all = purposes();
  return [
    ...new Set(all.flatMap(({ name, board }) => (board ? [name.slice(0, -board.length - 1), name, board] : [name]))),
  ];
}

/** Looks at what `words` ask for, at everything where there are none. Throws `UnknownPurpose`. */
export function examine(words: string[]): Finding[] {
  const all = purposes();
  const asked = ({ name, board }: Purpose, word: string) =>
    name === word || board === word || (board !== undefined && name === `${word}-${board}`);
  for (const word of words) {
    if (all.some((purpose) => asked(purpose, word))) continue;
    throw new UnknownPurpose(`nothing is called ${JSON.stringify(word)}; there are: ${purposeWords().join(", ")}`);
  }
  return all
    .filter((purpose) => words.length === 0 || words.some((word) => asked(purpose, word)))
    .map(({ name, title, checks }) => ({ purpose: name, title, missing: checks.flatMap((one) => one()) }));
}
