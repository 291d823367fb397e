import { readFileSync } from "node:fs";
import { join } from "node:path";
import { measure } from "../../../host-sim/boards/sizes.js";
import { BuildError, buildFolder } from "../build.js";
import { compileSubject, link, lwipVersion, type Subject, tapeBytes } from "./build.js";
import { type KernelRow, measureKernels } from "./kernels.js";
import { type Machine, machines } from "./machines.js";
import { type BoardPath, boardPaths } from "./paths.js";
import type { Profile } from "./rp2040.js";

/** Sizes of the IPv6 packets, bytes, Ethernet header and a tunnel's header not counted. */
export const BOARD_SIZES = [64, 1280] as const;
/** How both subjects are compiled. */
export const LEVELS = ["O2", "Os"] as const;

/** What a packet costs on a board. */
export interface BoardRow {
  machine: string;
  unit: Machine["unit"];
  level: string;
  path: string;
  engine: "image" | "lwip";
  size: number;
  /** A packet's, the worst of those measured once every peer is known. */
  cost: number;
  /** Against lwIP with the same packets, compiler and flags. */
  lwip?: number;
}

/** What a program with its subject and nothing else takes: the bench's own loop, and its tape, are in neither. */
export interface BoardSize {
  machine: string;
  level: string;
  /** An image, or `lwip`. */
  program: string;
  /** Code, constants, and first values of data, bytes. */
  flash: number;
  /** Data and buffers; of an image its pages of memory. The stack is in neither. */
  ram: number;
}

export interface BoardReport {
  /** Debian's version of its sources. */
  lwip: string;
  rows: BoardRow[];
  kernels: KernelRow[];
  sizes: BoardSize[];
}

/** Measures every path on every machine, in our image and in lwIP. Throws `BuildError`, also when an output was wrong. */
export function measureBoards(): BoardReport {
  const rows: BoardRow[] = [];
  const sizes: BoardSize[] = [];
  for (const machine of machines) {
    for (const level of LEVELS) {
      rows.push(...measureLevel(machine, level));
      sizes.push(...measureSizes(machine, level));
    }
  }
  return { lwip: lwipVersion(), rows, kernels: machines.flatMap(measureKernels), sizes };
}

/** Of programs that were linked for the paths. */
function measureSizes(machine: Machine, level: string): BoardSize[] {
  return [
    { program: "host", path: "echo" },
    { program: "lwip", path: "echo" },
    { program: "terminal", path: "terminal-send" },
  ].map(({ program, path }) => {
    const folder = buildFolder("bench/boards", machine.name, level, program, path);
    const { flash, ram } = measure(readFileSync(join(folder, "bench.elf")), 0);
    return { machine: machine.name, level, program, flash: flash - tapeBytes(folder), ram };
  });
}

interface Options {
  sizes?: readonly number[];
  /** What `compileSubject` gave. */
  objects?: string[];
  profile?: Profile;
}

function measureLevel(machine: Machine, level: string): BoardRow[] {
  const rows: BoardRow[] = [];
  const peer = compileSubject(machine, level, "lwip");
  for (const path of boardPaths) {
    const ours = measurePath(machine, level, path, { image: path.image });
    const theirs = path.lwip && measurePath(machine, level, path, "lwip", { objects: peer });
    BOARD_SIZES.forEach((size, i) => {
      const row = { machine: machine.name, unit: machine.unit, level, path: path.name, size };
      rows.push({ ...row, engine: "image", cost: ours[i], ...(theirs ? { lwip: ours[i] / theirs[i] } : {}) });
      if (theirs) rows.push({ ...row, engine: "lwip", cost: theirs[i] });
    });
  }
  return rows;
}

/** Cost at each size. */
export function measurePath(
  machine: Machine,
  level: string,
  path: BoardPath,
  subject: Subject,
  { sizes = BOARD_SIZES, objects = compileSubject(machine, level, subject), profile }: Options = {},
): number[] {
  const name = subject === "lwip" ? "lwip" : subject.image;
  const folder = buildFolder("bench/boards", machine.name, level, name, path.name.replaceAll(/\W+/g, "-"));
  const { setup, cases } = subject === "lwip" ? path.lwip! : path;
  const elf = link(
    machine,
    objects,
    folder,
    setup(),
    sizes.map((size) => cases(size)),
  );
  return costs(machine.run(elf, profile), sizes.length, `${path.name}, ${name} on ${machine.name} (${elf})`);
}

/** Reads what native/main.c printed. */
function costs(printed: string, sizes: number, what: string): number[] {
  const lines = printed.trim().split("\n");
  const complaint = lines.find((line) => line.startsWith("fail "));
  if (complaint || lines.at(-1) !== "end") throw new BuildError(`${what}: ${complaint?.slice(5) ?? "ended early"}`);
  return Array.from({ length: sizes }, (_, i) => {
    const values = lines.filter((line) => line.startsWith(`size ${i} `)).map((line) => Number(line.split(" ")[2]));
    return Math.max(...values.slice(values.length / 2));
  });
}
