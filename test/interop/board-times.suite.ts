/** How long an emulated RP2040 takes, by its own clock, which is exact: from power on to its network, and for an answer through its W5500. */
import assert from "node:assert/strict";
import { readFirmware } from "../../host-sim/boards/firmware.js";
import type { SpiDevice } from "../../host-sim/boards/hardware.js";
import { rp2040With } from "../../host-sim/boards/rp2040.js";
import { runBoard } from "../../host-sim/cli/board-run.js";
import { checkMetrics } from "../../host-sim/cli/simulate.js";
import { loadScenario } from "../../host-sim/core/load.js";
import type { WatchedFrame } from "../../host-sim/sim/watch.js";
import { run as runProgram } from "./lib/process.js";
import type { Bench, Suite } from "./lib/suite.js";

const SIXFOLD = ["node", "scripts/sixfold.mjs"];
const ICMP6 = 58;
const MOBILITY = 135;
const ECHO_REQUEST = 128;
const ROUTER_SOLICITATION = 133;
const ROUTER_ADVERTISEMENT = 134;
const BINDING_UPDATE = 5;
const ECHO_SIZES = { large: 1280, small: 64 };
const ETHER = 14;
/** An access that writes SEND into socket 0's command register. */
const SEND = [0x00, 0x01, 0x0c, 0x20].join();
const SEND_LENGTH = 4;
/** Of a byte on the SPI bus. */
const SPI_NANOS = 8 / 31.25e-3;

async function build(bench: Bench, scenario: string, image: string, node: string) {
  const file = bench.file(`${image}.uf2`);
  const args = ["build", "--board", "rp2040-w5500", "--image", image, "--config", scenario, "--node", node, "-o", file];
  const { status, stderr } = await runProgram([...SIXFOLD, ...args], { timeoutMs: 120_000 });
  assert.equal(status, 0, stderr);
  return readFirmware(file);
}

/** What an IPv6 frame is: its next header, behind a Home Address option where there is one, and the first byte of that header, or the mobility header's type. */
function isMessage(frame: Uint8Array, next: number, type: number): boolean {
  let at = ETHER + 40;
  let header = frame[ETHER + 6];
  if (header === 60) {
    header = frame[at];
    at += 8 * (frame[at + 1] + 1);
  }
  return header === next && frame[header === MOBILITY ? at + 2 : at] === type;
}

async function network(bench: Bench): Promise<void> {
  const path = "test/interop/board-roams.yaml";
  const firmware = await build(bench, path, "terminal", "terminal");
  const scenario = loadScenario(path, checkMetrics);
  const frames: { timeUs: number; from: string; link: string; bytes: Uint8Array }[] = [];
  await runBoard(scenario, {
    name: "board-roams",
    firmware,
    kind: rp2040With(() => {}),
    seed: 1,
    watchers: [
      {
        frame: ({ timeUs, from, link, bytes }: WatchedFrame) =>
          frames.push({ timeUs, from, link, bytes: bytes.slice() }),
      },
    ],
  });
  await bench.check("from power on, with a carrier, to the first Router Solicitation: 100 ms at most", async () => {
    const first = frames.find(({ from, bytes }) => from === "terminal" && isMessage(bytes, ICMP6, ROUTER_SOLICITATION));
    assert.ok(first);
    assert.ok(first.timeUs <= 100_000, `${first.timeUs / 1000} ms`);
    return `${first.timeUs / 1000} ms`;
  });
  await bench.check(
    "from a Router Advertisement on a new link to the first Binding Update: 50 ms at most",
    async () => {
      const taken = ["visited-1", "visited-2"].map((link) => {
        const there = frames.filter((frame) => frame.link === link);
        const update = there.find(
          ({ from, bytes }) => from === "terminal" && isMessage(bytes, MOBILITY, BINDING_UPDATE),
        );
        assert.ok(update, `no Binding Update on ${link}`);
        const advertisement = there.findLast(
          ({ timeUs, bytes }) => timeUs < update.timeUs && isMessage(bytes, ICMP6, ROUTER_ADVERTISEMENT),
        );
        assert.ok(advertisement, `no Router Advertisement on ${link}`);
        return (update.timeUs - advertisement.timeUs) / 1000;
      });
      for (const ms of taken) assert.ok(ms <= 50, `${ms} ms`);
      return `${taken.join(" and ")} ms, 2 ms of each the link's`;
    },
  );
}

/** Counts what goes over an SPI bus, and sees a W5500's socket 0 told to send. */
class Counted implements SpiDevice {
  bytes = 0;
  private access: number[] = [];

  constructor(
    private readonly chip: SpiDevice,
    private readonly sends: () => void,
  ) {}

  select(selected: boolean): void {
    this.chip.select(selected);
    if (!selected && this.access.join() === SEND) this.sends();
    this.access = [];
  }

  exchange(byte: number): number {
    this.bytes++;
    if (this.access.length < SEND_LENGTH) this.access.push(byte);
    return this.chip.exchange(byte);
  }
}

interface Echo {
  nanos: number;
  bytes: number;
}

async function echoes(bench: Bench): Promise<void> {
  const path = "test/interop/board-times.yaml";
  const firmware = await build(bench, path, "host", "board");
  const found: Record<string, Echo[]> = { large: [], small: [] };
  const kind = rp2040With((machine) => {
    let begun: (Echo & { size: number }) | undefined;
    let spi: Counted;
    const sends = () => {
      const name = Object.entries(ECHO_SIZES).find(([, length]) => length === begun?.size)?.[0];
      if (begun && name) found[name].push({ nanos: machine.nanos - begun.nanos, bytes: spi.bytes - begun.bytes });
      begun = undefined;
    };
    machine.interpose((chip) => {
      spi = new Counted(chip, sends);
      return spi;
    });
    const arrive = machine.chip.arrive.bind(machine.chip);
    machine.chip.arrive = (frame) => {
      const echo = isMessage(frame, ICMP6, ECHO_REQUEST);
      begun = echo ? { size: frame.length - ETHER, nanos: machine.nanos, bytes: spi.bytes } : undefined;
      arrive(frame);
    };
  });
  const scenario = loadScenario(path, checkMetrics);
  const report = await runBoard(scenario, {
    name: "board-times",
    firmware,
    kind,
    node: "board",
    seed: 1,
    watchers: [],
  });
  await bench.check("echo requests of 1280 and of 64 bytes are answered", async () => {
    assert.deepEqual(
      report.expectations.filter(({ ok }) => !ok),
      [],
    );
    assert.deepEqual(report.drops, {});
  });
  for (const [name, limit] of [
    ["large", 1.5],
    ["small", Number.POSITIVE_INFINITY],
  ] as const) {
    const size = ECHO_SIZES[name];
    const what = Number.isFinite(limit)
      ? `within ${limit} times what its bytes take on the SPI bus`
      : "beside what its bytes take";
    await bench.check(
      `from an echo request of ${size} bytes in the W5500 to SEND for its answer: ${what}`,
      async () => {
        const echo = found[name].slice(2);
        assert.ok(echo.length >= 20, `${echo.length} answers`);
        const middle = (of: (one: Echo) => number) => echo.map(of).sort((a, b) => a - b)[echo.length >> 1];
        const taken = middle(({ nanos }) => nanos);
        const least = 2 * (size + ETHER) * SPI_NANOS;
        const ratio = taken / least;
        assert.ok(ratio <= limit, `${(taken / 1000).toFixed(1)} µs, the frames alone ${(least / 1000).toFixed(1)} µs`);
        const bus = middle(({ bytes }) => bytes);
        return `${(taken / 1000).toFixed(1)} µs, ${ratio.toFixed(2)} times the two frames; ${bus} bytes on the bus`;
      },
    );
  }
}

async function run(bench: Bench): Promise<void> {
  await network(bench);
  await echoes(bench);
}

export const suite: Suite = {
  summary: "times of an emulated RP2040: boot, registration, echo through the W5500",
  needs: ["wasm2c", "armGcc", "armPicolibc"],
  timeoutS: 180,
  run,
};
