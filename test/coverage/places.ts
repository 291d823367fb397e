import { readFileSync } from "node:fs";
import { conditions, functionLines } from "../proof/conditions.js";
import { type Place, SourceMap } from "../proof/source-map.js";
import { Wasm, type WasmFunction } from "../proof/wasm.js";
import type { Instrumented } from "./build.js";
import type { Counted } from "./llvm.js";

/** A condition of the sources: how often it was true and false, over all its copies. */
export interface Condition extends Place {
  yes: number;
  no: number;
}
/** A function of the sources. */
export interface SourceFunction {
  file: string;
  /** `findAddress`, `Ip6.ok`, `Packet#get:left`. */
  name: string;
  line: number;
  count: number;
}

/** Counts by place in the sources, of as many images as are added. */
export class Places {
  readonly conditions = new Map<string, Condition>();
  readonly functions = new Map<string, SourceFunction>();
  /** Every function of every image: `assembly/wire/ip6/Ip6.ok`. */
  readonly compiled = new Set<string>();

  /** Adds what an image counted: the n-th function of the C is the module's n-th, its n-th condition the function's. */
  add(image: Instrumented, counted: readonly Counted[]): void {
    const wasm = new Wasm(readFileSync(image.wasm));
    const map = new SourceMap(image.map);
    const byLine = new Map(counted.map((c) => [c.line, c]));
    const lines = functionLines(image.source);
    if (lines.length !== wasm.functions.length) {
      throw new Error(`${image.source} has ${lines.length} functions, the module ${wasm.functions.length}`);
    }
    for (const [i, fn] of wasm.functions.entries()) {
      const counts = byLine.get(lines[i]) ?? { line: lines[i], count: 0, branches: [] };
      this.addFunction(wasm, map, fn, counts);
    }
  }

  private addFunction(wasm: Wasm, map: SourceMap, fn: WasmFunction, counts: Counted): void {
    this.compiled.add(fn.name);
    const places = conditions(wasm, map, fn);
    // clang counts nothing in a function that it can tell is never called.
    if (counts.branches.length > 0 || counts.count > 0) {
      if (counts.branches.length !== places.length) {
        throw new Error(`${fn.name}: ${counts.branches.length} conditions in C, ${places.length} in the module`);
      }
    }
    const own = ownFile(fn.name);
    for (const [i, condition] of places.entries()) {
      if (condition === null || condition.place.file.startsWith("~lib")) continue;
      const known = this.conditions.get(condition.key) ?? { ...condition.place, yes: 0, no: 0 };
      known.yes += counts.branches[i]?.yes ?? 0;
      known.no += counts.branches[i]?.no ?? 0;
      this.conditions.set(condition.key, known);
    }
    const first = wasm
      .instructions(fn)
      .map(({ at }) => map.at(at, fn.bodyAt))
      .find((place) => place?.file === own);
    // What has no place was not written by anybody: accessors of fields.
    if (!own || !first || fn.name.startsWith("start:") || fn.name.startsWith("~")) return;
    const name = fn.name.slice(own.length - ".ts".length + 1);
    const known = this.functions.get(fn.name) ?? { file: own, name, line: first.line, count: 0 };
    known.count += counts.count;
    this.functions.set(fn.name, known);
  }
}

/** `assembly/wire/ip6/Ip6.ok` lies in assembly/wire/ip6.ts. */
function ownFile(name: string): string | undefined {
  const plain = name.replace(/^start:/, "");
  if (name.startsWith("start:")) return `${plain}.ts`;
  const slash = plain.search(/\/[^/]*$/);
  return slash > 0 ? `${plain.slice(0, slash)}.ts` : undefined;
}
