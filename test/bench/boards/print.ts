import type { Target } from "../report.js";
import { table } from "../table.js";
import { type BoardReport, LEVELS } from "./measure.js";

/** The boards' part as a table for people. */
export function printBoards({ lwip, rows, kernels, sizes }: BoardReport): void {
  table(
    ["board", "path", "engine", "gcc", "bytes", "a packet", "", "times lwIP"],
    rows.map(({ machine, path, engine, level, size, cost, unit, lwip: times }) => [
      ...[machine, path, engine, `-${level}`, `${size}`, `${cost}`, unit, times?.toFixed(2) ?? ""],
    ]),
  );
  table(
    ["board", "1280 bytes", "image", "C", "", "times C"],
    kernels.map(({ machine, kernel, image, c, unit }) => [
      ...[machine, kernel, `${image}`, `${c}`, unit, (image / c).toFixed(2)],
    ]),
  );
  table(
    ["board", "program", "gcc", "flash", "RAM"],
    sizes.map(({ machine, program, level, flash, ram }) => [machine, program, `-${level}`, `${flash}`, `${ram}`]),
  );
  console.log(`lwip: Debian's ${lwip}`);
}

const KERNEL_LIMIT = 1.3;

/** Ahead of lwIP on each line as boards are compiled; inner loops close to C. */
export function boardTargets({ rows, kernels }: BoardReport): Target[] {
  const loops = kernels.map(({ machine, kernel, image, c }) => ({
    name: `${machine}, ${kernel} of 1280 bytes: times C`,
    value: image / c,
    limit: KERNEL_LIMIT,
    ok: image / c <= KERNEL_LIMIT,
  }));
  const lines = rows
    .filter((row) => row.lwip !== undefined && row.level === LEVELS[0])
    .map(({ machine, level, path, size, lwip }) => ({
      name: `${machine} -${level}, ${path}, ${size} bytes: times lwIP`,
      value: lwip!,
      limit: 1,
      ok: lwip! <= 1,
    }));
  return [...lines, ...loops];
}
