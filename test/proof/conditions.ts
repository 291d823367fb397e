import { readFileSync } from "node:fs";
import type { Place, SourceMap } from "./source-map.js";
import { Code, type Instruction, type Wasm, type WasmFunction } from "./wasm.js";

// wasm2c writes functions and their conditions in the module's order: so what a tool says of a line of C is told of the sources.

/** A condition of a module, of the sources. */
export interface SourceCondition {
  place: Place;
  /** The same for every copy of it. */
  key: string;
}

/** Lines of the C in which the functions of the module begin, in the module's order. */
export function functionLines(source: string): number[] {
  const lines = readFileSync(source, "utf8").split("\n");
  // Declarations do not name their parameters.
  return lines.flatMap((line, i) => (/^static .*\bw2c_\w+\(Z_image_instance_t\* instance\b/.test(line) ? [i + 1] : []));
}

/** Lines of the C, from the function that begins at `from` to the next, that hold a condition. */
export function conditionLines(source: string, from: number): number[] {
  const lines = readFileSync(source, "utf8").split("\n");
  const end = lines.indexOf("}", from);
  const inside = lines.slice(from, end);
  return inside.flatMap((line, i) => (/^\s*(if \(w2c_|w2c_\w+ = w2c_\w+ \? )/.test(line) ? [from + i + 1] : []));
}

/**
 * The conditions of a function in order; null where there is no source. Several may have one place (`a && b` is two, and both
 * begin with `a`): what comes first when it holds tells them apart, and is the same in each copy of a function that was drawn in.
 */
export function conditions(wasm: Wasm, map: SourceMap, fn: WasmFunction): (SourceCondition | null)[] {
  const found: (SourceCondition | null)[] = [];
  const list = wasm.instructions(fn);
  const places = list.map(({ at }) => map.at(at, fn.bodyAt));
  let last: Place | null = null;
  for (const [i, { code, reachable }] of list.entries()) {
    last = places[i] ?? last;
    if (!reachable) continue;
    if (code === Code.BR_TABLE) throw new Error(`${fn.name}: a jump table, which no code had so far`);
    if (code !== Code.IF && code !== Code.BR_IF && code !== Code.SELECT) continue;
    const then = code === Code.IF ? firstInside(list, places, i) : null;
    found.push(last && { place: last, key: `${text(last)} ${text(then)}` });
  }
  return found;
}

function text(place: Place | null): string {
  return place ? `${place.file}:${place.line}:${place.column}` : "-";
}

/** The first place between the `if` at `from` and its end. */
function firstInside(list: readonly Instruction[], places: readonly (Place | null)[], from: number): Place | null {
  let depth = 0;
  for (let i = from + 1; i < list.length; i++) {
    const { code } = list[i];
    if (places[i]) return places[i];
    if (code === Code.BLOCK || code === Code.LOOP || code === Code.IF) depth++;
    if (code === Code.END && depth-- === 0) return null;
  }
  return null;
}
