import type { Target } from "../report.js";
import { table } from "../table.js";
import type { BoardReport } from "./measure.js";

/** The boards' part as a table for people. */
export function printBoards({ lwip, rows, sizes }: BoardReport): void {
  table(
    ["board", "path", "engine", "gcc", "bytes", "a packet", "", "times lwIP"],
    rows.map(({ machine, path, engine, level, size, cost, unit, lwip: times }) => [
      ...[machine, path, engine, `-${level}`, `${size}`, `${cost}`, unit, times?.toFixed(2) ?? ""],
    ]),
  );
  table(
    ["board", "program", "gcc", "flash", "RAM"],
    sizes.map(({ machine, program, level, flash, ram }) => [machine, program, `-${level}`, `${flash}`, `${ram}`]),
  );
  console.log(`lwip: Debian's ${lwip}`);
}

/** Ahead of lwIP on each line. */
export function boardTargets({ rows }: BoardReport): Target[] {
  return rows
    .filter((row) => row.lwip !== undefined)
    .map(({ machine, level, path, size, lwip }) => ({
      name: `${machine} -${level}, ${path}, ${size} bytes: times lwIP`,
      value: lwip!,
      limit: 1,
      ok: lwip! <= 1,
    }));
}
