/** Emulated boards in a simulated network: a firmware answers like the simulator's own node. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { run as runProgram } from "./lib/process.js";
import type { Bench, Suite } from "./lib/suite.js";

const SIXFOLD = ["node", "scripts/sixfold.mjs"];
const SCENARIO = "host-sim/scenarios/t1-translation.yaml";

interface Handover {
  node: string;
  from: string;
  to: string;
  lost: number;
  phases: Record<string, number>;
}

interface Answer {
  ok: boolean;
  expectations: object[];
  handovers: Handover[];
  drops: object;
  sha256?: string;
}

interface Emulated {
  board: string;
  file: string;
  /** It computes in no time: all it does is when the simulated node does it. Else phases of a handover may differ by so many ms. */
  late: number;
}

const EMULATED: Emulated[] = [
  { board: "qemu-riscv", file: "terminal.elf", late: 0 },
  // A link takes 20 ms, and the driver sees it 10 ms later.
  { board: "rp2040-w5500", file: "terminal.uf2", late: 50 },
];

async function json(args: string[]): Promise<Answer> {
  const { status, stdout, stderr } = await runProgram([...SIXFOLD, ...args, "--json"], { timeoutMs: 120_000 });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Answer;
}

/** The same, but for the phases, which may take `late` ms longer or shorter. */
function alike(one: Answer, other: Answer, late: number): void {
  for (const key of ["expectations", "drops"] as const) assert.deepEqual(one[key], other[key]);
  const facts = ({ handovers }: Answer) => handovers.map(({ node, from, to, lost }) => ({ node, from, to, lost }));
  assert.deepEqual(facts(one), facts(other));
  for (const [i, { phases }] of one.handovers.entries()) {
    for (const [name, ms] of Object.entries(phases)) {
      const apart = Math.abs(ms - other.handovers[i].phases[name]);
      assert.ok(apart <= late, `${name}: ${ms} ms, simulated ${other.handovers[i].phases[name]} ms`);
    }
  }
}

async function check(bench: Bench, { board, file, late }: Emulated): Promise<void> {
  const firmware = bench.file(file);
  const build = ["build", "--board", board, "--image", "terminal", "--config", SCENARIO, "-o", firmware];
  await bench.check(`${board}: build says the image's hash, flash, RAM and stack`, async () => {
    const { status, stdout, stderr } = await runProgram([...SIXFOLD, ...build], { timeoutMs: 120_000 });
    assert.equal(status, 0, stderr);
    for (const line of [/^image {3}sha256 [0-9a-f]{64}$/m, /^flash {3}\d+ of \d+ bytes/m, /^RAM .*stack \d+/m]) {
      assert.match(stdout, line);
    }
    return /^flash.*$/m.exec(stdout)?.[0];
  });
  let first: Answer | undefined;
  await bench.check(`${board}: it roams, registers and answers pings like the simulated terminal`, async () => {
    first = await json(["emulate", firmware, "--scenario", "t1-translation"]);
    alike(first, await json(["sim", "t1-translation"]), late);
  });
  await bench.check(`${board}: its banner has the hash of the image that the simulator runs`, async () => {
    const image = createHash("sha256").update(readFileSync("build/images/terminal.wasm")).digest("hex");
    assert.equal(first?.sha256, image);
  });
  await bench.check(`${board}: a second run is the same`, async () => {
    const second = await json(["emulate", firmware, "--scenario", "t1-translation"]);
    assert.deepEqual({ ...second, wallMs: 0 }, { ...first, wallMs: 0 });
  });
}

async function run(bench: Bench): Promise<void> {
  for (const emulated of EMULATED) await check(bench, emulated);
}

export const suite: Suite = {
  summary: "firmware for QEMU's RISC-V and for an emulated RP2040 as a node of a simulated network",
  needs: ["wasm2c", "riscvGcc", "picolibc", "qemuRiscv", "armGcc", "armPicolibc"],
  timeoutS: 420,
  run,
};
