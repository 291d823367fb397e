// npm run fuzz -- TARGET [--runs N | --minutes N] [--seed N]: docs/fuzzing.md says what is searched for and how.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { BuildError, buildFolder, compileModule, ROOT } from "../bench/build.js";
import { compileFuzzer } from "./build.js";
import { encodeInput, seeds } from "./inputs.js";
import { withGaps } from "./instrument.js";
import { fuzz } from "./libfuzzer.js";
import { selfTest } from "./planted.js";
import { type State, setups } from "./setups.js";

// The board's profile with one page more, so that the first 4 KiB can be poisoned, and with names for stack traces.
const PAGES = 2;
const FIRST_DATUM = 4096;
const LAYOUT = ["--debug", "--memoryBase", `${FIRST_DATUM}`];
const TARGETS = ["planted", ...Object.keys(setups).map((name) => `rx-${name}`)];

/** Wrong use: says what was expected. */
class UsageError extends Error {}

interface Options {
  target: string;
  runs?: number;
  seconds?: number;
  seed: number;
}

function options(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { runs: { type: "string" }, minutes: { type: "string" }, seed: { type: "string", default: "1" } },
  });
  const [target] = positionals;
  if (positionals.length !== 1 || !TARGETS.includes(target)) {
    throw new UsageError(`a target was expected, one of ${TARGETS.join(", ")}`);
  }
  const number = (name: string, text: string | undefined) => {
    if (text === undefined) return undefined;
    if (!(Number(text) > 0)) throw new UsageError(`--${name}: a number above 0 was expected, not "${text}"`);
    return Number(text);
  };
  const runs = number("runs", values.runs);
  const minutes = number("minutes", values.minutes) ?? (runs === undefined ? 1 : undefined);
  const seconds = minutes === undefined ? undefined : Math.ceil(minutes * 60);
  return { target, runs, seconds, seed: number("seed", values.seed)! };
}

/** Fuzzes the receive path of an image; true when nothing was found. */
async function fuzzImage({ target, runs, seconds, seed }: Options): Promise<boolean> {
  const name = target.slice("rx-".length);
  const { image, setup: record } = setups[name];
  const source = withGaps(target, "assembly", `images/${image}.ts`);
  const wasm = compileModule(source, join(buildFolder("fuzz", target), "image.wasm"), PAGES, LAYOUT);
  const program = compileFuzzer(wasm, target, FIRST_DATUM);
  const setup = join(buildFolder("fuzz", target), "setup.tape");
  const state = record(wasm);
  state.tape.write(setup);
  const findings = join(ROOT, "out/fuzz", target);
  mkdirSync(findings, { recursive: true });
  const regressions = join(ROOT, "test/fuzz/regressions");
  const corpora = [buildFolder("fuzz", target, "corpus"), seedFolder(target, state), regressions].filter(existsSync);
  const outcome = await fuzz({ program, setup, corpora, findings, runs, seconds, seed }, (line) => console.log(line));
  if (outcome.finding === null) {
    const kept = readdirSync(corpora[0]).length;
    console.log(`${target}: nothing found in ${outcome.runs} runs; the corpus has ${kept} inputs`);
    return true;
  }
  console.log(`${target}: ${outcome.finding}`);
  if (!outcome.input) console.log(outcome.log);
  else
    console.log(
      `again: FUZZ_SETUP=${relative(ROOT, setup)} ${relative(ROOT, program)} ${relative(ROOT, outcome.input)}`,
    );
  return false;
}

function seedFolder(target: string, { own, awaited }: State): string {
  const folder = buildFolder("fuzz", target, "seeds");
  for (const [name, input] of Object.entries(seeds(own))) writeFileSync(join(folder, name), input);
  if (awaited) writeFileSync(join(folder, "awaited"), encodeInput([{ port: 0, frame: awaited, tick: true }]));
  return folder;
}

async function main(): Promise<void> {
  const chosen = options();
  if (chosen.target !== "planted") {
    if (!(await fuzzImage(chosen))) process.exitCode = 1;
    return;
  }
  const failures = await selfTest(chosen.seed);
  for (const failure of failures) console.error(failure);
  if (failures.length > 0) process.exitCode = 1;
}

main().catch((error) => {
  const wrongUse =
    error instanceof UsageError || error instanceof BuildError || error.code?.startsWith("ERR_PARSE_ARGS");
  console.error(error.message);
  process.exitCode = wrongUse ? 2 : 1;
});
