// npm run mutation [-- --room wire|tables|... --sample N --seed S --floor PERCENT --json | planted]: docs/proof.md says what is changed and how.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BuildError, ROOT } from "../bench/build.js";
import { subjects } from "../proof/compile.js";
import { RecordingError, recordings } from "../proof/recordings.js";
import { compileTarget, type Mutant, mutantsOf } from "./mutants.js";
import { Oracle } from "./oracle.js";
import { selfTest } from "./planted.js";
import { describe, equivalentTo, type Judged, lineOf, roomOf, scores, share, stale, table } from "./report.js";
import { sample } from "./sample.js";

/** Images that are changed: every role is in one. The PC profile is the same sources. */
const IMAGES = ["home-agent", "host", "router", "terminal", "translation-bench"];
const SAMPLE = 300;
/** Bytes of tapes that a change is tried on at most, unless told otherwise. */
const MEGABYTES = 4;

/** Wrong use: says what was expected. */
class UsageError extends Error {}

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      room: { type: "string" },
      sample: { type: "string", default: `${SAMPLE}` },
      seed: { type: "string", default: "1" },
      megabytes: { type: "string", default: `${MEGABYTES}` },
      floor: { type: "string", default: "0" },
      json: { type: "boolean", default: false },
    },
  });
  const number = (name: "sample" | "seed" | "megabytes" | "floor") => {
    const value = Number(values[name]);
    if (values[name] === "" || !(value >= 0)) {
      throw new UsageError(`--${name}: a number was expected, not "${values[name]}"`);
    }
    return value;
  };
  const [what, ...more] = positionals;
  if (more.length > 0 || (what !== undefined && what !== "planted")) {
    throw new UsageError(`"${what}" is not known; expected: options, or planted`);
  }
  return {
    planted: what === "planted",
    room: values.room,
    json: values.json,
    count: number("sample"),
    seed: number("seed"),
    budget: number("megabytes") * 1e6,
    floor: number("floor"),
  };
}

function choose(mutants: readonly Mutant[], { room, count, seed }: ReturnType<typeof options>): Mutant[] {
  const rooms = [...new Set(mutants.map(roomOf))].sort();
  if (room !== undefined && !rooms.includes(room)) {
    throw new UsageError(`--room: one of ${rooms.join(", ")} was expected, not "${room}"`);
  }
  const inside = mutants.filter((mutant) => room === undefined || roomOf(mutant) === room);
  return sample(inside, count, seed);
}

function judgeAll(oracle: Oracle, chosen: readonly Mutant[], budget: number): Judged[] {
  return chosen.map((mutant, i) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${i + 1} of ${chosen.length}`);
    const verdict = oracle.judge(mutant, budget);
    const equivalent = equivalentTo(mutant);
    if (equivalent && verdict === "killed") {
      throw new Error(`${mutant.key} was noticed, but is listed as equivalent: ${equivalent.reason}`);
    }
    return { mutant, verdict: equivalent ? "equivalent" : verdict };
  });
}

function json(judged: readonly Judged[]): string {
  const rooms = Object.fromEntries(
    [...scores(judged)].map(([room, score]) => [room, { ...score, share: share(score) }]),
  );
  const alive = judged.filter(({ verdict }) => verdict !== "killed");
  const rest = alive.map(({ mutant, verdict }) => {
    const { key, place, fn, change } = mutant;
    return { verdict, key, ...place, function: fn, change, source: lineOf(mutant) };
  });
  return JSON.stringify({ rooms, rest }, null, 1);
}

async function main(): Promise<void> {
  const chosen = options();
  if (chosen.planted) {
    await selfTest();
    console.log("planted: what must be noticed is, what nobody can notice is not, and a loop without end ends");
    return;
  }
  const recorded = await recordings((text) => console.error(text));
  const targets = subjects()
    .filter(({ name }) => IMAGES.includes(name))
    .map(compileTarget);
  const mutants = mutantsOf(targets, "assembly");
  for (const { file, line } of stale(mutants)) throw new Error(`equivalents.ts: ${file} has no such change: ${line}`);
  const drawn = choose(mutants, chosen);
  console.error(`${mutants.length} changes are possible, ${drawn.length} are tried`);
  const judged = judgeAll(new Oracle(targets, recorded, drawn), drawn, chosen.budget);
  const folder = join(ROOT, "out/mutation");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "mutation.json"), json(judged));
  if (chosen.json) console.log(json(judged));
  else {
    for (const one of judged) if (one.verdict === "survived" || one.verdict === "unreached") console.log(describe(one));
    console.log(table(judged));
  }
  const reached = 100 * share(scores(judged).get("all")!);
  if (reached < chosen.floor) {
    console.error(`mutation: ${reached.toFixed(1)} % were noticed, less than ${chosen.floor} %`);
    process.exitCode = 1;
  }
}

main().catch((error) => {
  const wrongUse =
    error instanceof UsageError || error instanceof BuildError || error.code?.startsWith("ERR_PARSE_ARGS");
  console.error(`mutation: ${error.message}`);
  process.exitCode = wrongUse ? 2 : 1;
  if (!(wrongUse || error instanceof RecordingError)) console.error(error.stack);
});
