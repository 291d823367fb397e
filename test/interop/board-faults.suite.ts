/**
 * An emulated RP2040 roams in a simulated network, and something of it fails: the W5500 answers nonsense or nothing, a queue stays full, the
 * core's memory is overwritten, the processor hangs. It says so, counts it, and is back in its network.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { readFirmware } from "../../host-sim/boards/firmware.js";
import { rp2040With } from "../../host-sim/boards/rp2040.js";
import type { Rp2040Machine } from "../../host-sim/boards/rp2040-machine.js";
import { runBoard } from "../../host-sim/cli/board-run.js";
import { checkMetrics, type Report } from "../../host-sim/cli/simulate.js";
import { loadScenario } from "../../host-sim/core/load.js";
import type { Scenario } from "../../host-sim/core/scenario.js";
import { run as runProgram } from "./lib/process.js";
import type { Bench, Suite } from "./lib/suite.js";
import { type Tamper, TamperedSpi } from "./lib/tampered-spi.js";

const SIXFOLD = ["node", "scripts/sixfold.mjs"];
const SCENARIO = "test/interop/board-roams.yaml";
const ELF = "build/boards/rp2040-w5500/terminal/firmware.elf";
/** When it fails. Nothing of the network happens then but pings. */
const AT_NS = 10.5e9;
const MS = 1e6;
const SOCKET = 1;
const RX = 3;
const RESTARTED = /^port 0: its device failed and is started again, time (\d+)$/;
/** Bytes of the image's memory. */
const CORE_MEMORY = 65536;
const RAM = 0x20000000;
/** In RAM that nothing uses: a loop without end. */
const TRAP_DOOR = 0x20041000;
const LOOP = [0xfe, 0xe7];

interface Outcome {
  report: Report;
  lines: string[];
  machine: Rp2040Machine;
}

type Prepare = (machine: Rp2040Machine) => void;

class Board {
  private readonly firmware;
  readonly scenario = loadScenario(SCENARIO, checkMetrics);

  constructor(file: string) {
    this.firmware = readFirmware(file);
  }

  async run(prepare: Prepare, scenario: Scenario = this.scenario): Promise<Outcome> {
    const lines: string[] = [];
    let machine: Rp2040Machine | undefined;
    const kind = rp2040With((one) => {
      machine = one;
      prepare(one);
    });
    const report = await runBoard(scenario, {
      name: "board-roams",
      firmware: this.firmware,
      kind,
      seed: 1,
      watchers: [],
      line: (text) => lines.push(text),
    });
    return { report, lines, machine: machine! };
  }
}

function allHeld({ report }: Outcome): void {
  const failed = report.expectations.filter(({ ok }) => !ok);
  assert.deepEqual(failed, []);
}

/** Number in the last line of a status that `pattern` finds. */
function last({ lines }: Outcome, pattern: RegExp): number {
  const found = lines.findLast((line) => pattern.test(line));
  assert.ok(found, `no line like ${pattern}`);
  return Number(pattern.exec(found)![1]);
}

const restarts = (outcome: Outcome) => last(outcome, /^port 0: .*, restarts (\d+)/);

/** The chip's answers are tampered with for so long. */
function tampered(tamper: Tamper, ms: number): Prepare {
  return (machine) => {
    let spi: TamperedSpi;
    machine.interpose((chip) => {
      spi = new TamperedSpi(chip);
      return spi;
    });
    machine.at(AT_NS, () => {
      spi.tamper = tamper;
    });
    machine.at(AT_NS + ms * MS, () => {
      spi.tamper = undefined;
    });
  };
}

const register =
  (block: number, at: number, value: (answer: number) => number): Tamper =>
  (answer, place) =>
    place?.block === block && place.address === at ? value(answer) : answer;

/** Only the first answer of its kind. */
function once(tamper: Tamper): Tamper {
  let done = false;
  return (answer, place) => {
    const other = done ? answer : tamper(answer, place);
    done ||= other !== answer;
    return other;
  };
}

const CHIP_FAULTS: [what: string, tamper: Tamper, ms: number][] = [
  ["a version that is no W5500's", register(0, 0x39, () => 0x51), 300],
  ["MISO stuck at 0", () => 0, 500],
  ["MISO stuck at 1", () => 0xff, 500],
  ["more received bytes than there is buffer", register(SOCKET, 0x26, () => 0xff), 200],
  ["a received frame of 65,000 bytes", once((answer, place) => (place?.block === RX ? 0xfd : answer)), 2000],
  ["a command that the socket never takes", register(SOCKET, 0x01, () => 0x20), 300],
  [
    "a full transmit queue",
    (answer, place) => (place?.block === SOCKET && place.address >> 1 === 0x10 ? 0 : answer),
    2500,
  ],
  ["a frame that never gets onto the cable", register(SOCKET, 0x02, (answer) => answer & ~0x10), 2500],
  ["a link that is never there", register(0, 0x2e, (answer) => answer & ~1), 500],
];
/** They are no failure of the chip: it is not started again. */
const NO_RESTART = new Set(["a link that is never there"]);

async function chipFaults(bench: Bench, board: Board): Promise<void> {
  for (const [what, tamper, ms] of CHIP_FAULTS) {
    await bench.check(`the W5500 answers with ${what} for ${ms} ms`, async () => {
      const outcome = await board.run(tampered(tamper, ms));
      allHeld(outcome);
      const count = restarts(outcome);
      if (NO_RESTART.has(what)) {
        assert.equal(count, 0);
        return;
      }
      assert.ok(count >= 1, "the chip was not started again");
      assert.equal(outcome.lines.filter((line) => RESTARTED.test(line)).length >= 1, true, "nothing was said");
      return `${count} restarts`;
    });
  }
  await bench.check("the W5500 loses its power for a moment", async () => {
    const dip: Prepare = (machine) => {
      machine.at(AT_NS, () => machine.chip.resetPin(true));
      machine.at(AT_NS + MS, () => machine.chip.resetPin(false));
    };
    const outcome = await board.run(dip);
    allHeld(outcome);
    assert.equal(restarts(outcome), 1);
  });
}

async function longFrames(bench: Bench, board: Board): Promise<void> {
  await bench.check(
    "frames and packets that are too long, and noise on the serial line, are counted and nothing else",
    async () => {
      const outcome = await board.run((machine) => {
        machine.at(AT_NS, () => machine.chip.arrive(new Uint8Array(1600).fill(0xff)));
        machine.at(AT_NS, () => machine.packet(new Uint8Array(2000).fill(0x60)));
        machine.at(AT_NS + 100 * MS, () => machine.serial(Uint8Array.from([1, 2, 0xdb, 3, 0xc0])));
        machine.at(AT_NS + 200 * MS, () => machine.packet(new Uint8Array(6000).fill(0x60)));
      });
      allHeld(outcome);
      assert.equal(outcome.machine.chip.sockets[0].lost.oversize, 1);
      assert.equal(outcome.report.drops.TOO_BIG, 1);
      assert.equal(last(outcome, /^port 1: .*, lost (\d+)/), 2);
    },
  );
}

/** Address of the image's memory in the board's RAM. */
function coreMemory(): number {
  const symbols = execFileSync("arm-none-eabi-nm", ["-S", ELF], { encoding: "utf8" }).split("\n");
  const found = symbols.map((line) => line.split(" ")).filter(([, , , name]) => name === "runtime_memory");
  assert.equal(found.length, 1);
  return Number.parseInt(found[0][0], 16) - RAM;
}

async function processorFaults(bench: Bench, board: Board): Promise<void> {
  const later = after(board.scenario, 6);
  await bench.check(
    "the memory of the core is overwritten: it traps, is started again, and the counter survives",
    async () => {
      const at = coreMemory();
      const outcome = await board.run((machine) => {
        machine.at(AT_NS, () => machine.ram.fill(0xff, at, at + CORE_MEMORY));
      });
      allHeld(outcome);
      const traps = last(outcome, /, traps (\d+), watchdog/);
      assert.ok(traps >= 1);
      assert.equal(last(outcome, /^start (\d+), traps/), 1, "without a reboot");
      return outcome.lines.find((line) => line.startsWith("trap "));
    },
  );
  await bench.check("the processor hangs: the watchdog starts the board, which counts it", async () => {
    const outcome = await board.run((machine) => {
      machine.at(AT_NS, () => {
        machine.ram.set(LOOP, TRAP_DOOR - RAM);
        machine.jump(TRAP_DOOR);
      });
    }, later);
    allHeld(outcome);
    assert.equal(outcome.machine.resets, 1);
    assert.equal(last(outcome, /^start (\d+), traps/), 2);
    assert.equal(last(outcome, /, watchdog (\d+), record/), 1);
  });
  await bench.check(
    "the processor is thrown to where nothing is: it faults, says where, and starts again",
    async () => {
      const outcome = await board.run((machine) => machine.at(AT_NS, () => machine.jump(0x60000000)), later);
      allHeld(outcome);
      assert.equal(outcome.machine.faults.length, 1);
      assert.equal(outcome.machine.resets, 1);
      return outcome.lines.find((line) => line.startsWith("fault at "));
    },
  );
}

/** The same with its end so many seconds later. */
function after(scenario: Scenario, seconds: number): Scenario {
  const moved = (time: string | number) =>
    `${Number.parseFloat(String(time)) * (String(time).endsWith("ms") ? 1 : 1000) + seconds * 1000}ms`;
  const traffic = (scenario.traffic ?? []).map((flow) => {
    if (flow.name === "third") return { ...flow, start: moved(flow.start!), stop: moved(flow.stop!) };
    return flow.name === "always" ? { ...flow, stop: moved(flow.stop!) } : flow;
  });
  return { ...scenario, duration: moved(scenario.duration), traffic };
}

async function wrongFiles(bench: Bench, file: string): Promise<void> {
  const refused = async (name: string, bytes: Buffer, sentence: RegExp, more: string[] = []) => {
    const path = bench.file(name);
    writeFileSync(path, bytes);
    const { status, stderr } = await runProgram([...SIXFOLD, "emulate", path, "--scenario", SCENARIO, ...more]);
    assert.equal(status, 2);
    assert.match(stderr, sentence);
  };
  await bench.check(
    "a firmware that is cut short, damaged, or another board's is refused with the reason",
    async () => {
      const bytes = readFileSync(file);
      await refused("cut.uf2", bytes.subarray(0, -512), /cut short/);
      await refused("half.uf2", bytes.subarray(0, bytes.length >> 1), /cut short/);
      const damaged = Buffer.from(bytes);
      damaged[40 * 512 + 100] ^= 1;
      await refused("damaged.uf2", damaged, /damaged/);
      await refused("other.uf2", bytes, /is for board rp2040-w5500, not qemu-riscv/, ["--board", "qemu-riscv"]);
    },
  );
}

async function run(bench: Bench): Promise<void> {
  const file = bench.file("terminal.uf2");
  const build = ["build", "--board", "rp2040-w5500", "--image", "terminal", "--config", SCENARIO, "-o", file];
  const { status, stderr } = await runProgram([...SIXFOLD, ...build], { timeoutMs: 120_000 });
  assert.equal(status, 0, stderr);
  const board = new Board(file);
  await bench.check("without a fault it roams twice, pings arrive, and nothing is counted", async () => {
    const outcome = await board.run(() => {});
    allHeld(outcome);
    assert.equal(restarts(outcome), 0);
    assert.equal(last(outcome, /^start \d+, traps (\d+)/), 0);
    assert.equal(outcome.report.handovers.length, 2);
    return outcome.lines.find((line) => line.startsWith("up "));
  });
  await chipFaults(bench, board);
  await longFrames(bench, board);
  await processorFaults(bench, board);
  await wrongFiles(bench, file);
}

export const suite: Suite = {
  summary: "an emulated RP2040 whose chips, memory and power fail while it roams",
  needs: ["wasm2c", "armGcc", "armPicolibc"],
  timeoutS: 420,
  run,
};
