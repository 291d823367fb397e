/**
 * The firmware of the ESP32-C3 on a model of the chip that is our own, after the manuals: self-tested. It shows that the program does what
 * it means to do, not that the chip does what we read.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoard } from "../../../host-sim/boards/board.js";
import { buildFirmware } from "../../../host-sim/boards/build.js";
import { boardConfiguration } from "../../../host-sim/boards/configuration.js";
import { EmulatorError } from "../../../host-sim/boards/emulator.js";
import {
  type Boot,
  directBoot,
  Esp32C3Machine,
  FLASH_BYTES,
  loadedBoot,
} from "../../../host-sim/boards/esp32c3-machine.js";

const MS = 1e6;
const RECORDS = 0x3f0000;
const board = loadBoard("esp32c3-w5500");
const messages = boardConfiguration("docs/examples/board-terminal.yaml", "terminal");
const direct = buildFirmware(board, "terminal", messages);
const image = buildFirmware(board, "terminal", messages, "esp");

class Bench {
  readonly lines: string[] = [];
  readonly frames: Buffer[] = [];
  readonly machine: Esp32C3Machine;

  constructor(
    readonly flash: Uint8Array,
    boot: Boot,
  ) {
    this.machine = new Esp32C3Machine(
      {
        flash,
        entropy: new Uint8Array(32).fill(5),
        line: (text) => this.lines.push(text),
        frame: (bytes) => this.frames.push(Buffer.from(bytes)),
        packet: () => {},
      },
      boot,
    );
    this.machine.chip.carrier(true);
  }

  run(ms: number): void {
    const until = this.machine.nanos + ms * MS;
    while (this.machine.nanos < until) this.machine.run(until);
  }
  has(pattern: RegExp): boolean {
    return this.lines.some((line) => pattern.test(line));
  }
}

function flashed(bytes: Uint8Array, at: number): Uint8Array {
  const flash = new Uint8Array(FLASH_BYTES).fill(0xff);
  flash.set(bytes, at);
  return flash;
}
function onDirect(flash = flashed(direct.bytes, 0)): Bench {
  return new Bench(flash, directBoot(flash));
}

test("both forms boot, say whose image they are, and find the W5500 and a carrier", () => {
  const loaded = flashed(image.bytes, 0x10000);
  for (const bench of [onDirect(), new Bench(loaded, loadedBoot(loaded, 0x10000))]) {
    bench.run(1500);
    assert.equal(bench.lines[0], "Sixfold on esp32c3-w5500, image terminal");
    assert.equal(bench.lines[1], `sha256 ${direct.hash}`);
    assert.ok(bench.has(/^port 0: Ethernet 7cdfa1002013/), "the chip's fourth address");
    assert.ok(bench.has(/^\* LINK 0 \d+ .* 1 0$/), "carrier");
    assert.ok(bench.has(/^entropy: this board has no source/));
    assert.ok(bench.frames.length > 0, "it sends");
    assert.deepEqual([bench.machine.exceptions, bench.machine.resets], [[], []]);
  }
});

test("the console listens, and tells the stack that was used", () => {
  const bench = onDirect();
  bench.run(100);
  bench.machine.type("status\n");
  bench.run(100);
  const used = /stack (\d+) of 4096/.exec(bench.lines.find((line) => line.startsWith("up ")) ?? "")?.[1];
  assert.ok(used !== undefined && Number(used) < 4096, bench.lines.join("\n"));
});

test("starts are counted in the flash, by commands from RAM while the cache is at rest", () => {
  const flash = flashed(direct.bytes, 0);
  onDirect(flash).run(2500);
  assert.ok(
    flash.subarray(RECORDS).some((byte) => byte !== 0xff),
    "a record was written",
  );
  const again = onDirect(flash);
  again.run(100);
  assert.ok(again.has(/^start 2, traps 0, watchdog 0, record [1-9]/), again.lines.join("\n"));
});

test("a processor that runs away is told, and starts again; one that hangs is started by the watchdog", () => {
  const bench = onDirect();
  bench.run(100);
  bench.machine.jump(0x10);
  bench.run(1000);
  assert.ok(bench.has(/^exception 0{7}5$/) && bench.has(/^at 00000010$/), bench.lines.join("\n"));
  assert.ok(bench.has(/watchdog 1,/));
  bench.machine.hang();
  bench.run(7000);
  assert.deepEqual(bench.machine.resets, [3, 7]);
  assert.ok(bench.has(/watchdog 2,/), bench.lines.join("\n"));
});

/** A W5500 that answers with ones while `dead`. */
function mortal(bench: Bench): { dead: boolean } {
  const state = { dead: false };
  bench.machine.interpose((chip) => ({
    select: (selected) => chip.select(selected),
    exchange: (byte) => (state.dead ? 0xff : chip.exchange(byte)),
  }));
  return state;
}

test("without a W5500 there is no carrier, which is told; once it is there, it is used", () => {
  const bench = onDirect();
  const state = mortal(bench);
  state.dead = true;
  bench.run(300);
  assert.ok(bench.has(/^port 0: .*no carrier$/) && bench.has(/^port 0: its device failed/), bench.lines.join("\n"));
  assert.equal(bench.frames.length, 0);
  state.dead = false;
  bench.run(1500);
  assert.ok(bench.has(/^\* LINK 0 \d+ .* 1 0$/), bench.lines.join("\n"));
  assert.ok(bench.frames.length > 0);
});

test("a W5500 that stops answering is a carrier that is gone, is set up again, and counted", () => {
  const bench = onDirect();
  const state = mortal(bench);
  bench.run(300);
  state.dead = true;
  bench.run(300);
  assert.ok(bench.has(/^\* LINK 0 \d+ .* 0 0$/), "no carrier");
  state.dead = false;
  bench.run(500);
  bench.machine.type("status\n");
  bench.run(100);
  assert.ok(bench.has(/^port 0: up, .*restarts 1,/), bench.lines.join("\n"));
});

test("a flash without the firmware is not started, and a broken mapping is found", () => {
  assert.throws(() => directBoot(new Uint8Array(FLASH_BYTES).fill(0xff)), EmulatorError);
  const moved = flashed(image.bytes, 0x10000 + 16);
  assert.throws(() => loadedBoot(moved, 0x10000 + 16), /not where its page wants it/);
});
