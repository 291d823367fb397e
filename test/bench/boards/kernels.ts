import { join } from "node:path";
import { BuildError, buildFolder, compileModule } from "../build.js";
import { linkModule } from "./build.js";
import type { Machine } from "./machines.js";

/** An inner loop of the core over 1280 bytes, and the same written in C by hand, in one program. */
export interface KernelRow {
  machine: string;
  unit: Machine["unit"];
  kernel: string;
  image: number;
  c: number;
}

/** Checksum and copy, compiled as boards compile the image. */
export function measureKernels(machine: Machine): KernelRow[] {
  const folder = buildFolder("bench/boards", machine.name, "kernels");
  const wasm = compileModule("test/bench/assembly/kernels.ts", join(folder, "kernels.wasm"), 1);
  const printed = machine
    .run(linkModule(machine, "O2", wasm, "kernels.c", folder))
    .trim()
    .split("\n");
  if (printed.at(-1) !== "end") throw new BuildError(`kernels on ${machine.name}: ${printed.join("; ")}`);
  const cost = (kernel: string, who: string) =>
    Number(printed.find((l) => l.startsWith(`${kernel} ${who} `))!.split(" ")[2]);
  return ["checksum", "copy"].map((kernel) => ({
    machine: machine.name,
    unit: machine.unit,
    kernel,
    image: cost(kernel, "image"),
    c: cost(kernel, "c"),
  }));
}
