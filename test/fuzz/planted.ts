import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildFolder, compileModule } from "../bench/build.js";
import { compileFuzzer } from "./build.js";
import { withGaps } from "./instrument.js";
import { fuzz } from "./libfuzzer.js";

/** Where asc puts the first datum of a module by itself. */
const FIRST_DATUM = 1024;
/** What is planted in assembly/planted.ts by `BUG`, and how it is reported. */
const BUGS = [
  { name: "no bug", finding: null, runs: 300_000 },
  { name: "trap", finding: /TRAP: unreachable/, runs: 8_000_000 },
  { name: "read behind the packet", finding: /AddressSanitizer: use-after-poison/, runs: 8_000_000 },
  { name: "hang", finding: /HANG/, runs: 8_000_000 },
  { name: "write behind a table", finding: /AddressSanitizer: use-after-poison/, runs: 8_000_000 },
];

/** The self-test: each planted error is found, and where there is none nothing is. Says what failed, or nothing. */
export async function selfTest(seed: number): Promise<string[]> {
  const failures: string[] = [];
  for (const [number, bug] of BUGS.entries()) {
    const name = `planted-${number}`;
    const output = join(buildFolder("fuzz", name), "planted.wasm");
    const source = withGaps(name, "test/fuzz/assembly", "planted.ts");
    const wasm = compileModule(source, output, 1, ["--use", `BUG=${number}`]);
    const findings = mkdtempSync(join(tmpdir(), "sixfold-planted-"));
    const program = compileFuzzer(wasm, name, FIRST_DATUM);
    const outcome = await fuzz({ program, corpora: [], findings, runs: bug.runs, seed }, () => {});
    rmSync(findings, { recursive: true });
    const right = bug.finding === null ? outcome.finding === null : bug.finding.test(outcome.finding ?? "");
    console.log(`${bug.name}: ${outcome.finding ?? "nothing found"}, ${outcome.runs} runs`);
    if (!right) failures.push(`${bug.name}: ${outcome.finding ?? `not found in ${outcome.runs} runs`}`);
  }
  return failures;
}
