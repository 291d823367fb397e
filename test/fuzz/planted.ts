import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileBroken, compilePlanted, linkFuzzer } from "./build.js";
import type { Change } from "./instrument.js";
import { fuzz, type Outcome } from "./libfuzzer.js";
import { TARGETS } from "./targets.js";

/** What is planted in assembly/planted.ts by `BUG`, and how it is reported. */
const BUGS = [
  { name: "no bug", finding: null, runs: 300_000 },
  { name: "trap", finding: /TRAP: unreachable/, runs: 8_000_000 },
  { name: "read behind the packet", finding: /AddressSanitizer: use-after-poison/, runs: 8_000_000 },
  { name: "hang", finding: /HANG/, runs: 8_000_000 },
  { name: "write behind a table", finding: /AddressSanitizer: use-after-poison/, runs: 8_000_000 },
];
const CAMPAIGN = { env: {}, longest: 4700, counters: true, corpora: [] };

/** Errors in the engine that only its own rules about buffers tell: a packet that nobody frees, and one that is used when it is free. */
const BUFFERS = [
  {
    name: "a buffer that is lost",
    file: "engine/waiting.ts",
    change: { replace: [["    settle(p, why);", "    if (why != Verdict.PORT_DOWN) settle(p, why);"]] } as Change,
    finding: /LEAK/,
  },
  {
    name: "a buffer that is read when it is free",
    file: "engine/queue.ts",
    change: {
      replace: [
        [
          "  if (v >= Verdict.DROPS) countDrop(v, p);\n  free(p);",
          "  free(p);\n  if (v >= Verdict.DROPS) countDrop(v, p);",
        ],
      ],
    } as Change,
    finding: /use-after-poison/,
  },
];

/** The self-test: each planted error is found, and where there is none nothing is. Says what failed, or nothing. */
export async function selfTest(seed: number): Promise<string[]> {
  const failures: string[] = [];
  const judge = (name: string, expected: RegExp | null, { finding, runs }: Outcome) => {
    const right = expected === null ? finding === null : expected.test(finding ?? "");
    console.log(`${name}: ${finding ?? "nothing found"}, ${runs} runs`);
    if (!right) failures.push(`${name}: ${finding ?? `not found in ${runs} runs`}`);
  };
  for (const [number, bug] of BUGS.entries()) {
    const findings = mkdtempSync(join(tmpdir(), "sixfold-planted-"));
    const program = await linkFuzzer(await compilePlanted(number), "receive", ["receive.c"]);
    const outcome = await fuzz({ ...CAMPAIGN, program, findings, runs: bug.runs, seed });
    rmSync(findings, { recursive: true });
    judge(bug.name, bug.finding, outcome);
  }
  const target = TARGETS.find(({ name }) => name === "seq-host")!;
  for (const [number, { name, file, change, finding }] of BUFFERS.entries()) {
    const findings = mkdtempSync(join(tmpdir(), "sixfold-planted-"));
    const fuzzer = await target.build(await compileBroken(`broken-${number}`, { [file]: change }));
    const corpora = [findings, await target.seeds()];
    judge(name, finding, await fuzz({ ...fuzzer, ...target.campaign, corpora, findings, runs: 200_000, seed }));
    rmSync(findings, { recursive: true });
  }
  return failures;
}
