// npm run fuzz -- TARGET... [--runs N | --minutes N] [--seed N] | TARGET... --merge | planted | ci | --list: docs/fuzzing.md.
import { mkdirSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { BuildError, ROOT } from "../bench/build.js";
import { ci } from "./ci.js";
import { corpora, mergeCorpus } from "./corpus.js";
import { fuzz } from "./libfuzzer.js";
import { selfTest } from "./planted.js";
import { TARGETS, type Target } from "./targets.js";

/** Wrong use: says what was expected. */
class UsageError extends Error {}

interface Budget {
  runs?: number;
  seconds?: number;
  seed: number;
}

/** Fuzzes one target; true when nothing was found. */
async function fuzzTarget(target: Target, budget: Budget): Promise<boolean> {
  const fuzzer = await target.build();
  const findings = join(ROOT, "out/fuzz", target.name);
  mkdirSync(findings, { recursive: true });
  const folders = await corpora(target);
  const campaign = { ...fuzzer, ...budget, ...target.campaign, corpora: folders, findings };
  const outcome = await fuzz(campaign, (line) => console.log(line));
  const { finding, runs, seconds, edges, input, log } = outcome;
  if (finding === null) {
    const rate = Math.round(runs / seconds);
    const kept = readdirSync(folders[0]).length;
    console.log(
      `${target.name}: nothing found in ${runs} runs, ${seconds.toFixed(0)} s, ${rate}/s, ${edges} edges, ${kept} new inputs kept`,
    );
    return true;
  }
  console.log(`${target.name}: ${finding}`);
  if (!input) console.log(log);
  else {
    const settings = Object.entries(fuzzer.env).map(([key, value]) => `${key}=${relative(ROOT, value)} `);
    console.log(`again: ${settings.join("")}${relative(ROOT, fuzzer.program)} ${relative(ROOT, input)}`);
  }
  return false;
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!(Number(text) > 0)) throw new UsageError(`--${name}: a number above 0 was expected, not "${text}"`);
  return Number(text);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      list: { type: "boolean", default: false },
      merge: { type: "boolean", default: false },
      runs: { type: "string" },
      minutes: { type: "string" },
      seed: { type: "string", default: "1" },
    },
  });
  if (values.list) {
    for (const { kind, name, about } of TARGETS) console.log(`${kind.padEnd(10)}${name.padEnd(26)}${about}`);
    return;
  }
  const [name] = positionals;
  const targets = positionals.flatMap((word) => TARGETS.filter((one) => one.name === word || one.kind === word));
  if (targets.length === 0 && name !== "planted" && name !== "ci") {
    throw new UsageError("targets were expected (--list names them, and kinds of them), or planted, or ci");
  }
  const seed = positive("seed", values.seed)!;
  const runs = positive("runs", values.runs);
  const minutes = positive("minutes", values.minutes);
  let ok = true;
  if (name === "planted") {
    const failures = await selfTest(seed);
    for (const failure of failures) console.error(failure);
    ok = failures.length === 0;
  } else if (name === "ci") ok = await ci(minutes ?? 10, seed);
  const seconds = minutes || runs === undefined ? Math.ceil((minutes ?? 1) * 60) : undefined;
  for (const target of targets) {
    if (values.merge) await mergeCorpus(target);
    else ok = (await fuzzTarget(target, { runs, seconds, seed })) && ok;
  }
  if (!ok) process.exitCode = 1;
}

main().catch((error) => {
  const wrongUse =
    error instanceof UsageError || error instanceof BuildError || error.code?.startsWith("ERR_PARSE_ARGS");
  console.error(error.message);
  process.exitCode = wrongUse ? 2 : 1;
});
