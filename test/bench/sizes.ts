import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { buildFolder, compileModule, imagePath, memoryPages, ROOT } from "./build.js";

/** An image in bytes. */
export interface SizeRow {
  image: string;
  wasm: number;
  /** 64 KiB pages of its memory. */
  pages: number;
  /** Static data: buffers, tables, constants. The rest of the memory is unused. */
  data: number;
}

/** The sizes of every image of asconfig.json, as `npm run images` built it. */
export function measureSizes(): SizeRow[] {
  const { targets } = JSON.parse(readFileSync(join(ROOT, "asconfig.json"), "utf8")) as {
    targets: Record<string, { use?: string[]; lowMemoryLimit?: number }>;
  };
  return Object.entries(targets).map(([image, target]) => {
    const path = imagePath(image);
    const pages = memoryPages(path);
    const more = (target.use ?? []).flatMap((use) => ["--use", use]);
    if (target.lowMemoryLimit) more.push("--lowMemoryLimit", `${target.lowMemoryLimit}`);
    return { image, wasm: statSync(path).size, pages, data: dataEnd(image, pages, more) };
  });
}

/** The end of an image's static data: asked of a module that is the image and exports that one number besides. */
function dataEnd(image: string, pages: number, more: string[]): number {
  const folder = buildFolder("bench/sizes");
  const source = join(folder, `${image}.ts`);
  const entry = join(ROOT, "assembly/images", image.replace(/-pc$/, ""));
  writeFileSync(
    source,
    `import "${relative(folder, entry)}";\nexport function dataEnd(): usize {\n  return __heap_base;\n}\n`,
  );
  const wasm = compileModule(relative(ROOT, source), join(folder, `${image}.wasm`), pages, more);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(wasm)));
  return (exports.dataEnd as () => number)();
}
