import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../bench/build.js";
import { corpora } from "./corpus.js";
import { fuzz } from "./libfuzzer.js";
import { TARGETS, type Target } from "./targets.js";

/** Fuzzers that run beside each other. */
const LANES = 2;
/** Shares of the time: sequences have the most to try. */
const SHARE = { sequence: 5, receive: 2, native: 1, parser: 1 };

/**
 * Replays the corpora of all targets and fuzzes for some minutes of one processor in all, shared out; prints a line for each
 * target and the closing line "N passed, N failed". False when something was found.
 */
export async function ci(minutes: number, seed: number): Promise<boolean> {
  const shares = TARGETS.reduce((sum, { kind }) => sum + SHARE[kind], 0);
  const waiting = [...TARGETS];
  let passed = 0;
  let failed = 0;
  const lane = async () => {
    for (let target = waiting.shift(); target; target = waiting.shift()) {
      const seconds = Math.ceil((minutes * 60 * SHARE[target.kind]) / shares);
      if (await attempt(target, seconds, seed)) passed++;
      else failed++;
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}

async function attempt(target: Target, seconds: number, seed: number): Promise<boolean> {
  try {
    const fuzzer = await target.build();
    const findings = join(ROOT, "out/fuzz", target.name);
    mkdirSync(findings, { recursive: true });
    const folders = await corpora(target);
    const outcome = await fuzz({ ...fuzzer, ...target.campaign, corpora: folders, findings, seconds, seed });
    const { finding, runs, edges, input, log } = outcome;
    if (finding !== null && !input) console.log(log);
    console.log(
      `${target.name}: ${finding ?? "nothing found"}, ${runs} runs, ${edges} edges${input ? `, ${input}` : ""}`,
    );
    return finding === null;
  } catch (error) {
    console.log(`${target.name}: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}
