import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildFolder } from "../bench/build.js";
import { Call, CallWriter } from "../proof/calls.js";
import { compileNamed } from "../proof/compile.js";
import { compileTarget, type Mutant, mutantsOf } from "./mutants.js";
import { Oracle, type Verdict } from "./oracle.js";
import { lineOf } from "./report.js";

const BUDGET = 1e6;
const subject = { name: "known", entry: "test/mutation/assembly/known.ts", target: "host" };

/** What is changed, and how it must come out with requests of 2, 3, 4 bytes, and with those of 2 and 8 only. */
const EXPECTED: readonly [line: RegExp, change: RegExp, all: Verdict, fewer: Verdict][] = [
  [/len < 4/, /^< becomes <=$/, "killed", "survived"],
  [/len < 4/, /^4 becomes 3$/, "killed", "survived"],
  [/len < 4/, /^nothing is stored$/, "killed", "killed"],
  [/total\(len\), 1/, /^the call answers 0$/, "killed", "killed"],
  [/UNREAD, len/, /^nothing is stored$/, "survived", "survived"],
  [/n \* 3/, /^\* becomes \+$/, "unreached", "unreached"],
  // A loop that counts down never ends.
  [/^i\+\+/, /^\+ becomes -$/, "killed", "killed"],
];

/** Changes a module of which the outcome is known, and judges each change as those of the images are judged. */
export async function selfTest(): Promise<void> {
  const target = compileTarget(subject);
  const mutants = mutantsOf([target], "test/mutation/assembly");
  const { wasm } = compileNamed(subject, buildFolder("mutation", "known-shipped"), []);
  const judged = (lengths: readonly number[]) => {
    const tape = new CallWriter(1 << 16);
    tape.push(Call.CLOCK, 1000);
    for (const length of lengths) tape.push(Call.CONFIGURE, 0, 0, new Uint8Array(length).fill(length));
    const path = join(buildFolder("mutation", "known"), `${lengths.join("-")}.tape`);
    writeFileSync(path, tape.bytes());
    const oracle = new Oracle([target], [{ subject, wasm, tapes: [path] }], mutants);
    return (mutant: Mutant) => oracle.judge(mutant, BUDGET);
  };
  const all = judged([2, 3, 4]);
  const fewer = judged([2, 8]);
  for (const [line, change, expected, expectedOfFewer] of EXPECTED) {
    const found = mutants.filter((mutant) => line.test(lineOf(mutant)) && change.test(mutant.change));
    assert.equal(found.length, 1, `${change} of ${line}: ${found.length} changes`);
    assert.equal(all(found[0]), expected, found[0].key);
    assert.equal(fewer(found[0]), expectedOfFewer, found[0].key);
  }
}
