/** Emulated boards in a simulated network: a firmware answers like the simulator's own node. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadBoard } from "../../host-sim/boards/board.js";
import { emulatorOf } from "../../host-sim/boards/emulators.js";
import { readFirmware } from "../../host-sim/boards/firmware.js";
import { runBoard } from "../../host-sim/cli/board-run.js";
import { checkMetrics } from "../../host-sim/cli/simulate.js";
import { loadScenario } from "../../host-sim/core/load.js";
import type { Scenario } from "../../host-sim/core/scenario.js";
import { readPcapng } from "../../host-sim/trace/pcapng-read.js";
import { run as runProgram } from "./lib/process.js";
import type { Bench, Suite } from "./lib/suite.js";

const SIXFOLD = ["node", "scripts/sixfold.mjs"];
const ROAMS = "test/interop/board-roams.yaml";
const ASKS = "test/interop/board-asks.yaml";
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
  // On a model of the chip that is our own: self-tested.
  { board: "esp32c3-w5500", file: "terminal.bin", late: 50 },
];

async function json(args: string[]): Promise<Answer> {
  const { status, stdout, stderr } = await runProgram([...SIXFOLD, ...args, "--json"], { timeoutMs: 120_000 });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Answer;
}

/** The same, but for the phases, which may take `late` ms longer or shorter. */
function alike(one: Answer, other: Answer, late: number): void {
  for (const key of ["expectations", "drops"] as const) assert.deepEqual(one[key], other[key]);
  const losses = ({ handovers }: Answer) => handovers.map(({ lost }) => lost);
  assert.deepEqual(losses(one), losses(other));
  sameMoves(one, other, late);
}

/** The same handovers, each phase within `late` ms. */
function sameMoves(one: Answer, other: Answer, late: number): void {
  const moves = ({ handovers }: Answer) => handovers.map(({ node, from, to }) => ({ node, from, to }));
  assert.deepEqual(moves(one), moves(other));
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
  await roams(bench, board, bench.file(`roams-${file}`));
}

/** Two moves with what `emulate` leaves of them, then a reboot in the timetable. */
async function roams(bench: Bench, board: string, file: string): Promise<void> {
  const build = ["build", "--board", board, "--image", "terminal", "--config", ROAMS, "-o", file];
  const { status, stderr } = await runProgram([...SIXFOLD, ...build], { timeoutMs: 120_000 });
  assert.equal(status, 0, stderr);
  await bench.check(`${board}: it roams twice, and leaves a capture, a ladder diagram and a report`, async () => {
    const out = bench.file(`out-${board}`);
    const args = ["emulate", file, "--scenario", ROAMS, "--out", out, "--ladder", "text"];
    const run = await runProgram([...SIXFOLD, ...args], { timeoutMs: 120_000 });
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stdout, /\[501\] BU /, "the ladder");
    const report = JSON.parse(readFileSync(join(out, "board-roams.json"), "utf8")) as Answer;
    assert.deepEqual(
      report.handovers.map(({ to }) => to),
      ["visited-1", "visited-2"],
    );
    const capture = join(out, "board-roams.pcapng");
    const { interfaces, packets } = readPcapng(readFileSync(capture), capture);
    const updates = packets.filter(({ comment }) => comment?.startsWith("step 501"));
    const links = new Set(updates.map(({ iface }) => interfaces[iface].name));
    for (const link of ["visited-1", "visited-2"]) assert.ok(links.has(link), `no Binding Update on ${link}`);
    assert.match(readFileSync(join(out, "board-roams.svg"), "utf8"), /^<svg/);
  });
  await bench.check(
    `${board}: after a reboot in the timetable its records are there, and it registers again`,
    async () => {
      const scenario = loadScenario(ROAMS, checkMetrics);
      const actions: Scenario["actions"] = [{ at: "10500ms", do: "reboot", node: "terminal", down: "200ms" }];
      const lines: string[] = [];
      const report = await runBoard(
        { ...scenario, actions },
        {
          name: "board-roams",
          firmware: readFirmware(file),
          kind: emulatorOf(loadBoard(board)),
          seed: 1,
          watchers: [],
          line: (text) => lines.push(text),
        },
      );
      assert.equal(report.ok, true);
      const starts = lines.flatMap((line) => /^start (\d+), traps 0, watchdog 0, record \d+$/.exec(line)?.[1] ?? []);
      assert.deepEqual(starts, ["1", "2", "2"], "at both starts, and of the status at the end");
      assert.equal(lines.filter((line) => line.startsWith("* BA_RECEIVED 0 ")).length, 3, "two moves and a start");
    },
  );
}

/** The same under IPsec: signalling by the mobile node's policies, data in ESP in tunnel mode (Fig. 22). */
async function roamsProtected(bench: Bench, { board, file, late }: Emulated): Promise<void> {
  await bench.check(`${board}: under ESP it roams like the simulated terminal`, async () => {
    const name = "t3-tunnel-merged";
    const firmware = bench.file(`esp-${file}`);
    const config = `host-sim/scenarios/${name}.yaml`;
    const build = ["build", "--board", board, "--image", "terminal", "--config", config, "--with-keys", "-o", firmware];
    const { status, stderr } = await runProgram([...SIXFOLD, ...build], { timeoutMs: 120_000 });
    assert.equal(status, 0, stderr);
    const emulated = await json(["emulate", firmware, "--scenario", name]);
    const simulated = await json(["sim", name]);
    assert.equal(emulated.ok, true, JSON.stringify(emulated.expectations));
    // Links take time on the board, and packets are lost meanwhile: as many reasons to drop, not as many packets.
    assert.deepEqual(Object.keys(emulated.drops).sort(), Object.keys(simulated.drops).sort());
    sameMoves(emulated, simulated, late);
    return `${emulated.handovers.length} handovers, ${emulated.expectations.length} expectations`;
  });
}

/** A client of verified anycast: genuine answers reach its application, forged ones are refused for the same reasons, as often. */
async function asks(bench: Bench, { board, file }: Emulated): Promise<void> {
  await bench.check(
    `${board}: it verifies anycast answers like the simulated client, and refuses forged ones`,
    async () => {
      const firmware = bench.file(`asks-${file}`);
      const image = "anycast-client";
      const build = ["build", "--board", board, "--image", image, "--config", ASKS, "--with-keys", "-o", firmware];
      const { status, stdout, stderr } = await runProgram([...SIXFOLD, ...build], { timeoutMs: 120_000 });
      assert.equal(status, 0, stderr);
      const emulated = await json(["emulate", firmware, "--scenario", ASKS]);
      assert.equal(emulated.ok, true, JSON.stringify(emulated.expectations));
      alike(emulated, await json(["sim", ASKS]), 0);
      return /^flash.*$/m.exec(stdout)?.[0];
    },
  );
}

async function run(bench: Bench): Promise<void> {
  for (const emulated of EMULATED) await check(bench, emulated);
  const rp2040 = EMULATED.find(({ board }) => board === "rp2040-w5500")!;
  await roamsProtected(bench, rp2040);
  await asks(bench, rp2040);
}

export const suite: Suite = {
  summary:
    "firmware for QEMU's RISC-V, an emulated RP2040 and a model of the ESP32-C3 as a node of a simulated network",
  needs: ["wasm2c", "riscvGcc", "picolibc", "qemuRiscv", "armGcc", "armPicolibc"],
  timeoutS: 540,
  run,
};
