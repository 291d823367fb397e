import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, run } from "../bench/build.js";

/** An image to look into, and where it comes from. */
export interface Subject {
  /** `terminal`, `router-pc`, or that of a test's own image. */
  name: string;
  /** AssemblyScript source, from the repository. */
  entry: string;
  /** Target of asconfig.json whose memory and constants it has. */
  target: string;
}

/** A subject compiled so that its parts can be told. */
export interface Named {
  wasm: string;
  /** Source map whose columns are the module's bytes. */
  map: string;
}

/** What asconfig.json builds, by name. */
export function targets(): object {
  return (JSON.parse(readFileSync(join(ROOT, "asconfig.json"), "utf8")) as { targets: object }).targets;
}

/** The images of asconfig.json, and those that only tests have. */
export function subjects(): Subject[] {
  const images = Object.keys(targets()).map((name) => ({
    name,
    entry: `assembly/images/${name.replace(/-pc$/, "")}.ts`,
    target: name,
  }));
  const ofTests = ["programs-extra", "translation-bench"].map((name) => ({
    name,
    entry: `test/unit/assembly/${name}.ts`,
    target: "terminal",
  }));
  return [...images, ...ofTests];
}

/** Compiles with names and a source map; `options` come last and win. */
export function compileNamed({ entry, target }: Subject, folder: string, options: string[]): Named {
  const wasm = join(folder, "image.wasm");
  const asc = join(ROOT, "node_modules/assemblyscript/bin/asc.js");
  const config = ["--config", join(ROOT, "asconfig.json"), "--target", target];
  // Paths in the source map are those that asc was given, so it runs from where it is called: the repository.
  run(process.execPath, [asc, entry, ...config, "--debug", "--sourceMap", ...options, "-o", wasm]);
  return { wasm, map: `${wasm}.map` };
}
