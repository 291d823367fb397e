import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../bench/build.js";
import type { Condition, Places, SourceFunction } from "./places.js";

/** How much of a file or room ran. A condition has two branches: true and false. */
export interface Share {
  functions: number;
  functionsRun: number;
  branches: number;
  branchesTaken: number;
}

/** Coverage of a source file. */
export interface FileCoverage extends Share {
  file: string;
  /** Functions that no call reached, by name. */
  notRun: string[];
  /** Functions of the source that no image has. */
  notCompiled: string[];
  conditions: Condition[];
}

export interface Summary {
  files: FileCoverage[];
  /** By room: `assembly/wire`. */
  rooms: Map<string, Share>;
  total: Share;
}

/** What the places say by file and room; `root` is the folder of the sources that count. */
export function summarize(places: Places, root: string): Summary {
  const files = new Map<string, FileCoverage>();
  const of = (file: string) => {
    const known = files.get(file) ?? { file, ...NOTHING, notRun: [], notCompiled: [], conditions: [] };
    files.set(file, known);
    return known;
  };
  for (const file of sources(root)) of(file);
  for (const fn of inside(places.functions.values(), root)) {
    const file = of(fn.file);
    file.functions++;
    if (fn.count > 0) file.functionsRun++;
    else file.notRun.push(fn.name);
  }
  for (const condition of inside(places.conditions.values(), root)) {
    const file = of(condition.file);
    file.branches += 2;
    file.branchesTaken += Number(condition.yes > 0) + Number(condition.no > 0);
    file.conditions.push(condition);
  }
  for (const file of files.values()) file.notCompiled = notCompiled(file.file, places);
  const sorted = [...files.values()].sort((one, other) => one.file.localeCompare(other.file));
  const rooms = new Map<string, Share>();
  for (const file of sorted) {
    const room = file.file.split("/").slice(0, 2).join("/");
    rooms.set(room, sum(rooms.get(room) ?? NOTHING, file));
  }
  return { files: sorted, rooms, total: [...rooms.values()].reduce(sum, NOTHING) };
}

const NOTHING: Share = { functions: 0, functionsRun: 0, branches: 0, branchesTaken: 0 };

function sum(one: Share, other: Share): Share {
  return {
    functions: one.functions + other.functions,
    functionsRun: one.functionsRun + other.functionsRun,
    branches: one.branches + other.branches,
    branchesTaken: one.branchesTaken + other.branchesTaken,
  };
}

function inside<T extends Condition | SourceFunction>(list: Iterable<T>, root: string): T[] {
  return [...list].filter(({ file }) => file.startsWith(`${root}/`));
}

function sources(root: string): string[] {
  return readdirSync(join(ROOT, root), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .map((file) => `${root}/${file}`);
}

/** Functions written in a file that the compiler never came to. Methods that it draws into their callers are not looked for. */
function notCompiled(file: string, places: Places): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const written = [...text.matchAll(/^(?:export )?function (\w+)/gm)].map(([, name]) => name);
  return written.filter((name) => !places.compiled.has(`${file.slice(0, -".ts".length)}/${name}`));
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`;
}
