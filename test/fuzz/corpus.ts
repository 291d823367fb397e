import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildFolder, ROOT } from "../bench/build.js";
import { merge } from "./libfuzzer.js";
import type { Target } from "./targets.js";

// Inputs lie in four places: build/fuzz/corpus/TARGET collects what is found; test/fuzz/corpora/TARGET, one file, keeps the fewest of
// them that reach as much: {u32 length, little-endian, bytes} each; test/fuzz/regressions/TARGET keeps those that failed once;
// build/fuzz/seeds/TARGET are valid inputs, made anew.

/** Bytes of a target's corpus in the repository. */
const CORPUS_MAX = 60_000;

const kept = (target: Target) => join(ROOT, "test/fuzz/corpora", target.name);

/** Folders to start from; new inputs go into the first. */
export async function corpora(target: Target): Promise<string[]> {
  const regressions = join(ROOT, "test/fuzz/regressions", target.name);
  const found = buildFolder("fuzz", "corpus", target.name);
  return [found, await target.seeds(), unpack(target), regressions].filter(existsSync);
}

/** Writes test/fuzz/corpora/TARGET anew: the fewest inputs, the smallest first, up to CORPUS_MAX bytes. */
export async function mergeCorpus(target: Target): Promise<void> {
  const { program, env } = await target.build();
  const merged = emptied("merged", target);
  await merge(program, env, merged, await corpora(target));
  const inputs = readdirSync(merged).map((file) => readFileSync(join(merged, file)));
  inputs.sort((a, b) => a.length - b.length || Buffer.compare(a, b));
  const parts: Buffer[] = [];
  let bytes = 0;
  for (const input of inputs) {
    bytes += 4 + input.length;
    if (bytes > CORPUS_MAX) break;
    const head = Buffer.alloc(4);
    head.writeUInt32LE(input.length);
    parts.push(head, input);
  }
  mkdirSync(join(kept(target), ".."), { recursive: true });
  writeFileSync(kept(target), Buffer.concat(parts));
  console.log(`${target.name}: ${parts.length / 2} of ${inputs.length} inputs kept`);
}

/** The inputs of test/fuzz/corpora/TARGET as files in a folder. */
function unpack(target: Target): string {
  const folder = emptied("kept", target);
  if (!existsSync(kept(target))) return folder;
  const packed = readFileSync(kept(target));
  for (let at = 0; at + 4 <= packed.length; ) {
    const input = packed.subarray(at + 4, at + 4 + packed.readUInt32LE(at));
    writeFileSync(join(folder, createHash("sha1").update(input).digest("hex")), input);
    at += 4 + input.length;
  }
  return folder;
}

/** A folder of the build for a target, with nothing in it. */
function emptied(name: string, target: Target): string {
  const folder = buildFolder("fuzz", name, target.name);
  for (const file of readdirSync(folder)) rmSync(join(folder, file));
  return folder;
}
