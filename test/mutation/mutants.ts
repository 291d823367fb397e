import { readFileSync } from "node:fs";
import { buildFolder } from "../bench/build.js";
import { compileNamed, type Subject } from "../proof/compile.js";
import { type Place, SourceMap } from "../proof/source-map.js";
import { Wasm, type WasmFunction } from "../proof/wasm.js";
import { Operators } from "./operators.js";
import type { Edit } from "./rewrite.js";

/** Where the data of a changed image begins: far up, so that an address is told from a number by its size. */
const DATA = 0x20000n;
/** What lies below is the oracle's. */
export const FREE = { from: 0x1000, to: Number(DATA) };
const PAGES = 4;
// Hardly optimized: enough that what nobody wrote is gone, and functions are still functions.
const COMPILE = ["-O1", "--shrinkLevel", "0", "--memoryBase", `${DATA}`, "--lowMemoryLimit", "0"];
const MEMORY = ["--initialMemory", `${PAGES}`, "--maximumMemory", `${PAGES}`];

/** An image to be changed. */
export interface Target {
  subject: Subject;
  wasm: Wasm;
}

/** A change of one image. */
export interface Site {
  target: Target;
  fn: WasmFunction;
  edit: Edit;
}

/** A change of the sources: the same at each copy of a place in each image. */
export interface Mutant {
  /** Place and change; the same as long as the place is. */
  key: string;
  place: Place;
  /** Of the sources, as the module names it. */
  fn: string;
  change: string;
  sites: Site[];
}

export function compileTarget(subject: Subject): Target {
  const { wasm } = compileNamed(subject, buildFolder("mutation", subject.name), [...COMPILE, ...MEMORY]);
  return { subject, wasm: new Wasm(readFileSync(wasm)) };
}

/** Every mutant of the images' own sources, in the order of the sources. */
export function mutantsOf(targets: readonly Target[], root: string): Mutant[] {
  const found = new Map<string, Mutant>();
  for (const target of targets) {
    const folder = buildFolder("mutation", target.subject.name);
    const map = new SourceMap(`${folder}/image.wasm.map`);
    const operators = new Operators(target.wasm);
    for (const fn of target.wasm.functions) addFunction(found, target, fn, map, operators, root);
  }
  return [...found.values()].sort((one, other) => byPlace(one.place, other.place) || compare(one.key, other.key));
}

function addFunction(
  found: Map<string, Mutant>,
  target: Target,
  fn: WasmFunction,
  map: SourceMap,
  operators: Operators,
  root: string,
): void {
  const list = target.wasm.instructions(fn);
  const seen = new Map<string, number>();
  let last: Place | null = null;
  for (const [i, instruction] of list.entries()) {
    last = map.at(instruction.at, fn.bodyAt) ?? last;
    if (!instruction.reachable || !last?.file.startsWith(`${root}/`)) continue;
    const isAddress = instruction.immediate >= DATA && instruction.immediate < BigInt(PAGES) << 16n;
    for (const { name, edit } of operators.changes(instruction, list[i - 1], isAddress)) {
      const at = `${last.file}:${last.line}:${last.column} ${name}`;
      const nth = seen.get(at) ?? 0;
      seen.set(at, nth + 1);
      const key = nth === 0 ? at : `${at} (${nth + 1})`;
      const known = found.get(key) ?? { key, place: last, fn: fn.name, change: name, sites: [] };
      known.sites.push({ target, fn, edit });
      found.set(key, known);
    }
  }
}

function byPlace(one: Place, other: Place): number {
  return compare(one.file, other.file) || one.line - other.line || one.column - other.column;
}
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
