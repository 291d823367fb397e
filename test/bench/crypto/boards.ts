import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { optimize } from "../../../scripts/optimize.mjs";
import { linkModule } from "../boards/build.js";
import { type Machine, machines } from "../boards/machines.js";
import { LEVELS } from "../boards/measure.js";
import { BuildError, buildFolder, compileModule } from "../build.js";
import { algorithms } from "./algorithms.js";

/** What an algorithm costs a small processor. */
export interface AlgorithmRow {
  machine: string;
  unit: Machine["unit"];
  level: string;
  algorithm: string;
  /** Bytes of the packet's text. */
  size: number;
  cost: number;
  /** Asked of a byte of the largest packet with -O2. */
  limit?: number;
}

/** Every algorithm on every board, through the image as boards have it: compiled for size, translated, optimized as the board says. */
export function measureAlgorithms(): AlgorithmRow[] {
  const folder = buildFolder("bench/crypto");
  const wasm = compileModule("test/bench/assembly/crypto.ts", join(folder, "crypto.wasm"), 1, ["--shrinkLevel", "2"]);
  writeFileSync(wasm, optimize(readFileSync(wasm), 2));
  return machines.flatMap((machine) => LEVELS.flatMap((level) => measure(machine, level, wasm)));
}

function measure(machine: Machine, level: string, wasm: string): AlgorithmRow[] {
  const folder = buildFolder("bench/crypto", machine.name, level);
  const list = algorithms.map(({ run }) => `ALGORITHM(${run})`).join(" ");
  writeFileSync(join(folder, "algorithms.h"), `#define ALGORITHMS ${list}\n`);
  const printed = machine
    .run(linkModule(machine, level, wasm, "crypto.c", folder))
    .trim()
    .split("\n");
  if (printed.at(-1) !== "end") throw new BuildError(`algorithms on ${machine.name}: ${printed.join("; ")}`);
  const lines = printed.slice(0, -1).map((line) => line.split(" "));
  return algorithms.flatMap(({ name, run, limits }) =>
    lines
      .filter(([first]) => first === run)
      .map(([, size, cost], i, all) => ({
        machine: machine.name,
        unit: machine.unit,
        level,
        algorithm: name,
        size: Number(size),
        cost: Number(cost),
        limit: level === LEVELS[0] && i === all.length - 1 ? limits?.[machine.name as keyof typeof limits] : undefined,
      })),
  );
}
