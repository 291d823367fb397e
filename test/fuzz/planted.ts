import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compilePlanted, linkFuzzer } from "./build.js";
import { fuzz } from "./libfuzzer.js";

/** What is planted in assembly/planted.ts by `BUG`, and how it is reported. */
const BUGS = [
  { name: "no bug", finding: null, runs: 300_000 },
  { name: "trap", finding: /TRAP: unreachable/, runs: 8_000_000 },
  { name: "read behind the packet", finding: /AddressSanitizer: use-after-poison/, runs: 8_000_000 },
  { name: "hang", finding: /HANG/, runs: 8_000_000 },
  { name: "write behind a table", finding: /AddressSanitizer: use-after-poison/, runs: 8_000_000 },
];
const CAMPAIGN = { env: {}, longest: 4700, counters: true, corpora: [] };

/** The self-test: each planted error is found, and where there is none nothing is. Says what failed, or nothing. */
export async function selfTest(seed: number): Promise<string[]> {
  const failures: string[] = [];
  for (const [number, bug] of BUGS.entries()) {
    const findings = mkdtempSync(join(tmpdir(), "sixfold-planted-"));
    const program = await linkFuzzer(await compilePlanted(number), "receive", ["receive.c"]);
    const outcome = await fuzz({ ...CAMPAIGN, program, findings, runs: bug.runs, seed });
    rmSync(findings, { recursive: true });
    const right = bug.finding === null ? outcome.finding === null : bug.finding.test(outcome.finding ?? "");
    console.log(`${bug.name}: ${outcome.finding ?? "nothing found"}, ${outcome.runs} runs`);
    if (!right) failures.push(`${bug.name}: ${outcome.finding ?? `not found in ${outcome.runs} runs`}`);
  }
  return failures;
}
