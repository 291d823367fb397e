/** Images that only tests need, compiled from test/unit/assembly when a source changed since. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { buildFolder, compileModule, ROOT } from "../../bench/build.js";

const compiled = new Map<string, WebAssembly.Module>();

/** The image of test/unit/assembly/NAME.ts, one 64 KiB page. */
export function testImage(name: string): WebAssembly.Module {
  const known = compiled.get(name);
  if (known) return known;
  const module = new WebAssembly.Module(readFileSync(testImagePath(name)));
  compiled.set(name, module);
  return module;
}

/** Its file; `pc`: with the constants of the PC profile. `pages` of 64 KiB. */
export function testImagePath(name: string, pc = false, pages = 1): string {
  const source = `test/unit/assembly/${name}.ts`;
  const file = join(buildFolder("test"), `${name}${pc ? "-pc" : ""}-${fingerprint(["assembly", source])}.wasm`);
  if (!existsSync(file)) {
    // Several test processes may compile at once: each to a file of its own.
    const own = `${file}.${process.pid}`;
    const limit = pages === 1 ? ["--lowMemoryLimit", "65535"] : [];
    compileModule(source, own, pages, [...limit, ...(pc ? ["--use", "PROFILE_PC=1"] : [])]);
    renameSync(own, file);
  }
  return file;
}

/** Of all files below the paths. */
function fingerprint(paths: string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) {
    const whole = join(ROOT, path);
    const files = path.endsWith(".ts")
      ? [whole]
      : readdirSync(whole, { recursive: true }).map((f) => join(whole, `${f}`));
    for (const file of files.filter((f) => f.endsWith(".ts")).sort()) hash.update(file).update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 12);
}
