/** Emulated boards in a simulated network: a firmware answers like the simulator's own node. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { run as runProgram } from "./lib/process.js";
import type { Bench, Suite } from "./lib/suite.js";

const SIXFOLD = ["node", "scripts/sixfold.mjs"];
const SCENARIO = "host-sim/scenarios/t1-translation.yaml";

interface Answer {
  ok: boolean;
  expectations: object[];
  handovers: object[];
  drops: object;
  sha256?: string;
}

async function json(args: string[]): Promise<Answer> {
  const { status, stdout, stderr } = await runProgram([...SIXFOLD, ...args, "--json"], { timeoutMs: 60_000 });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Answer;
}

async function run(bench: Bench): Promise<void> {
  const firmware = bench.file("terminal.elf");
  const build = ["build", "--board", "qemu-riscv", "--image", "terminal", "--config", SCENARIO, "-o", firmware];
  await bench.check("build says the image's hash, flash, RAM and stack", async () => {
    const { status, stdout, stderr } = await runProgram([...SIXFOLD, ...build], { timeoutMs: 120_000 });
    assert.equal(status, 0, stderr);
    for (const line of [/^image {3}sha256 [0-9a-f]{64}$/m, /^flash {3}\d+ of \d+ bytes/m, /^RAM .*stack 8192/m]) {
      assert.match(stdout, line);
    }
    return /^flash.*$/m.exec(stdout)?.[0];
  });
  let first: Answer | undefined;
  await bench.check("the board roams, registers and answers pings exactly like the simulated terminal", async () => {
    first = await json(["emulate", firmware, "--scenario", "t1-translation"]);
    const simulated = await json(["sim", "t1-translation"]);
    for (const key of ["expectations", "handovers", "drops"] as const) assert.deepEqual(first[key], simulated[key]);
  });
  await bench.check("its banner has the hash of the image that the simulator runs", async () => {
    const image = createHash("sha256").update(readFileSync("build/images/terminal.wasm")).digest("hex");
    assert.equal(first?.sha256, image);
  });
  await bench.check("a second run is the same", async () => {
    const second = await json(["emulate", firmware, "--scenario", "t1-translation"]);
    assert.deepEqual({ ...second, wallMs: 0 }, { ...first, wallMs: 0 });
  });
}

export const suite: Suite = {
  summary: "firmware for QEMU's RISC-V as a node of a simulated network",
  needs: ["wasm2c", "riscvGcc", "picolibc", "qemuRiscv"],
  timeoutS: 240,
  run,
};
