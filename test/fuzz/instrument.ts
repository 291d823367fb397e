import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { buildFolder, ROOT } from "../bench/build.js";

// Tables of an image lie one behind the other in its memory, and an access beyond one hits the next unseen. For the fuzzer the
// sources are copied, every `const X = memory.data(size, alignment)` gets a gap behind it, and the image exports the list of
// its regions; harness.c poisons the gaps.

const GAP = 32;
const REGION = /^((?:export )?const \w+(?:: \w+)? = )memory\.data\((.+), \d+\);/gm;

const REGIONS = `// {u32 count, u32 0, {u32 start, u32 size} ...}
const LIST = memory.data(4096, 8);
export function region(start: usize, size: i32): usize {
  const count = load<u32>(LIST);
  const entry = LIST + 8 + <usize>count * 8;
  store<u32>(entry, <u32>start);
  store<u32>(entry, <u32>size, 4);
  store<u32>(LIST, count + 1);
  return start;
}
export function regions(): usize {
  return LIST;
}
`;

/** Copies `folder` with gaps between its regions; gives the path of the copy of `entry`, which exports them besides. */
export function withGaps(name: string, folder: string, entry: string): string {
  const copy = join(buildFolder("fuzz", name), "source");
  rmSync(copy, { recursive: true, force: true });
  cpSync(join(ROOT, folder), copy, { recursive: true });
  writeFileSync(join(copy, "regions.ts"), REGIONS);
  for (const file of readdirSync(copy, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts") || file.endsWith(".d.ts") || file === "regions.ts") continue;
    const path = join(copy, file);
    const from = `./${relative(join(path, ".."), join(copy, "regions"))}`;
    const text = readFileSync(path, "utf8");
    const guarded = text.replace(
      REGION,
      (_, start, size) => `${start}region(memory.data((${size}) + ${GAP}, 16), ${size});`,
    );
    const head = guarded === text ? "" : `import { region } from "${from}";\n`;
    const tail = file === entry ? `export { regions } from "${from}";\n` : "";
    writeFileSync(path, head + guarded + tail);
  }
  return relative(ROOT, join(copy, entry));
}
