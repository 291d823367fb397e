import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildFolder, ROOT } from "../bench/build.js";
import { merge } from "./libfuzzer.js";
import type { Target } from "./targets.js";

// Inputs lie in four places: build/fuzz/corpus/TARGET collects what is found; test/fuzz/corpora/TARGET keeps the fewest of them that
// reach as much; test/fuzz/regressions/TARGET keeps those that failed once; build/fuzz/seeds/TARGET are valid inputs, made anew.

/** Bytes of a target's corpus in the repository. */
const CORPUS_MAX = 60_000;

const kept = (target: Target) => join(ROOT, "test/fuzz/corpora", target.name);

/** Folders to start from; new inputs go into the first. */
export async function corpora(target: Target): Promise<string[]> {
  const regressions = join(ROOT, "test/fuzz/regressions", target.name);
  const found = buildFolder("fuzz", "corpus", target.name);
  return [found, await target.seeds(), kept(target), regressions].filter(existsSync);
}

/** Writes test/fuzz/corpora/TARGET anew: the fewest inputs, the smallest first, up to CORPUS_MAX bytes. */
export async function mergeCorpus(target: Target): Promise<void> {
  const { program, env } = await target.build();
  const from = await corpora(target);
  const merged = buildFolder("fuzz", "merged", target.name);
  for (const file of readdirSync(merged)) rmSync(join(merged, file));
  await merge(program, env, merged, from);
  const files = readdirSync(merged).map((file) => ({ file, size: statSync(join(merged, file)).size }));
  files.sort((a, b) => a.size - b.size || (a.file < b.file ? -1 : 1));
  rmSync(kept(target), { recursive: true, force: true });
  mkdirSync(kept(target), { recursive: true });
  let bytes = 0;
  let count = 0;
  for (const { file, size } of files) {
    if (bytes + size > CORPUS_MAX) break;
    copyFileSync(join(merged, file), join(kept(target), file));
    bytes += size;
    count++;
  }
  console.log(`${target.name}: ${count} of ${files.length} inputs kept, ${bytes} bytes`);
}
