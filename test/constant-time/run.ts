// npm run constant-time [-- SUBJECT | planted]: docs/proof.md says what is looked for and how.
import { BuildError } from "../bench/build.js";
import { check, type Leak } from "./check.js";
import { planted, type Subject, subjects } from "./subjects.js";

/** True when nothing of the subject shows in time but what is allowed to. */
function holds(subject: Subject): boolean {
  const { name, allowed = {} } = subject;
  let good = true;
  for (const [compiler, leaks] of check(subject)) {
    const isAllowed = ({ source }: Leak) => source !== undefined && source in allowed;
    const bad = leaks.filter((leak) => !isAllowed(leak));
    const excused = new Set(leaks.filter(isAllowed).map(({ source }) => `, but ${source}: ${allowed[source!]}`));
    console.log(`${name}, ${compiler}: ${bad.length === 0 ? "constant time" : "leaks"}${[...excused].join("")}`);
    for (const leak of bad) {
      const where = leak.source ?? leak.function;
      console.log(
        `  ${leak.kind === "jump" ? "a jump" : "an address"} depends on a secret: ${where}, image.c:${leak.line}`,
      );
    }
    good = good && bad.length === 0;
  }
  return good;
}

/** What leaks must be found with every compiler, and nothing where nothing leaks. */
function selfTest(): boolean {
  let good = true;
  for (const subject of planted) {
    for (const [compiler, leaks] of check(subject)) {
      const right = leaks.length > 0 === subject.leaks;
      const found = leaks.length > 0 ? "reported" : "not reported";
      console.log(`planted ${subject.name}, ${compiler}: ${found}${right ? "" : ", which is wrong"}`);
      good = good && right;
    }
  }
  return good;
}

function main(): void {
  const [wanted, ...more] = process.argv.slice(2);
  const names = ["planted", ...subjects.map(({ name }) => name)];
  if (more.length > 0 || (wanted !== undefined && !names.includes(wanted))) {
    console.error(`constant-time: at most one subject was expected, one of ${names.join(", ")}`);
    process.exitCode = 2;
    return;
  }
  let good = wanted === undefined || wanted === "planted" ? selfTest() : true;
  for (const subject of subjects) {
    if (wanted === undefined || wanted === subject.name) good = holds(subject) && good;
  }
  if (!good) process.exitCode = 1;
}

try {
  main();
} catch (error) {
  console.error(`constant-time: ${(error as Error).message}`);
  process.exitCode = error instanceof BuildError ? 2 : 1;
}
