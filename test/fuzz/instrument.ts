import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { BuildError, buildFolder, ROOT } from "../bench/build.js";

// The fuzzer compiles a copy of the sources that says more about itself (native/under_test.h reads it):
//   - tables of an image lie one behind the other in its memory, and an access beyond one hits the next unseen: every
//     `const X = memory.data(size, alignment)` gets a gap behind it and is entered in a list of regions
//   - the pool of buffers rings a bell when a buffer is taken or freed: a store to an address that nothing else uses
//   - what holds buffers counts them

const GAP = 32;
const REGION = /^((?:export )?const \w+(?:: \w+)? = )memory\.data\((.+), \d+\);/gm;

const REGIONS = `// {u32 count, u32 address of the pool of buffers, {u32 start, u32 size} ...}
const LIST = memory.data(4096, 8);
export function region(start: usize, size: i32): usize {
  const count = load<u32>(LIST);
  const entry = LIST + 8 + <usize>count * 8;
  store<u32>(entry, <u32>start);
  store<u32>(entry, <u32>size, 4);
  store<u32>(LIST, count + 1);
  return start;
}
export function pool(start: usize, size: i32): usize {
  store<u32>(LIST, <u32>start, 4);
  return region(start, size);
}
export function taken(index: usize): void {
  store<u8>(4032 + index, 1);
}
export function freed(index: usize): void {
  store<u8>(4064 + index, 1);
}
export function regions(): usize {
  return LIST;
}
`;

const NO_BUFFERS = `
export function buffersFree(): i32 {
  return 0;
}
export function buffersHeld(): i32 {
  return 0;
}
`;
const BUFFERS_HELD = `
export { buffersFree } from "./engine/packet";
import { lentToCaller } from "./engine/abi";
import { reassembling } from "./engine/reassemble";
import { waitingForNeighbours } from "./engine/waiting";
export function buffersHeld(): i32 {
  return lentToCaller() + reassembling() + waitingForNeighbours();
}
`;

/** Text of a source that is replaced, and by what; what is added at its end. */
export interface Change {
  replace?: [string, string][];
  append?: string;
}
const CHANGES: Record<string, Change> = {
  "engine/packet.ts": {
    replace: [
      ["const POOL = region(", "const POOL = pool("],
      ["  freeList = p.link;\n", "  freeList = p.link;\n  taken((changetype<usize>(p) - POOL) / BUFFER_SIZE);\n"],
      [
        "export function free(p: Packet): void {\n",
        "export function free(p: Packet): void {\n  freed((changetype<usize>(p) - POOL) / BUFFER_SIZE);\n",
      ],
      ["import { region }", "import { freed, pool, region, taken }"],
    ],
    append: "export function buffersFree(): i32 {\n  return freeCount;\n}\n",
  },
  "engine/abi.ts": { append: "export function lentToCaller(): i32 {\n  return lent == 0 ? 0 : 1;\n}\n" },
  "engine/waiting.ts": { append: "export function waitingForNeighbours(): i32 {\n  return waiting;\n}\n" },
  "engine/reassemble.ts": {
    append: `export function reassembling(): i32 {
  let n = 0;
  for (let i = 0; i < REASSEMBLIES; i++) if (slot(i).packet != 0) n++;
  return n;
}
`,
  },
};

/**
 * Copies the folders (paths in the repository) so; gives the path of the copy of `entry`, which exports what was added besides.
 * @param name folder of the copy, below build/fuzz
 * @param planted errors for the self-test, by their file in the core
 */
export function instrument(
  name: string,
  folders: string[],
  entry: string,
  planted: Record<string, Change> = {},
): string {
  const copy = join(buildFolder("fuzz", name), "source");
  rmSync(copy, { recursive: true, force: true });
  for (const folder of folders) cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
  const list = join(copy, folders[0], "regions.ts");
  for (const folder of folders) for (const file of sources(join(copy, folder))) gaps(file, list);
  const core = join(copy, "assembly");
  const hasCore = existsSync(join(core, "engine/packet.ts"));
  const changes = hasCore ? [...Object.entries(CHANGES), ...Object.entries(planted)] : [];
  for (const [file, change] of changes) apply(join(core, file), change);
  writeFileSync(list, REGIONS + (hasCore ? BUFFERS_HELD : NO_BUFFERS));
  const path = join(copy, entry);
  const tail = `export { buffersFree, buffersHeld, regions } from "${from(path, list)}";\n`;
  writeFileSync(path, readFileSync(path, "utf8") + tail);
  return relative(ROOT, path);
}

function sources(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts")).map((file) => join(folder, file));
}

/** How the module at `path` names the one at `target`. */
function from(path: string, target: string): string {
  return `./${relative(join(path, ".."), target).replace(/\.ts$/, "")}`;
}

function gaps(path: string, list: string): void {
  const text = readFileSync(path, "utf8");
  const guarded = text.replace(
    REGION,
    (_, start, size) => `${start}region(memory.data((${size}) + ${GAP}, 16), ${size});`,
  );
  if (guarded !== text) writeFileSync(path, `import { region } from "${from(path, list)}";\n${guarded}`);
}

function apply(path: string, { replace = [], append = "" }: Change): void {
  let text = readFileSync(path, "utf8");
  for (const [what, by] of replace) {
    if (!text.includes(what)) throw new BuildError(`${relative(ROOT, path)}: the fuzzer expected "${what}"`);
    text = text.replace(what, by);
  }
  writeFileSync(path, text + append);
}
