import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { compileHarness } from "./compile.js";

const program = compileHarness("traps.c", ["main.c", "console.c", "records.c", "crc32.c", "saved.c", "stack.c"], {
  FLASH_BLOCKS: 2,
  FLASH_UNIT: 4,
  FLASH_BLOCK: 4096,
  BOARD_NAME: '"test"',
});

/** A board of its own: `power` runs it from power on to the end of the script, with what its flash has kept. */
function board() {
  const FLASH = join(mkdtempSync(join(tmpdir(), "sixfold-traps-")), "flash");
  return (script: string[], more: NodeJS.ProcessEnv = {}): string[] => {
    const input = script.map((line) => `${line}\n`).join("");
    const { status, stdout, stderr } = spawnSync(program, {
      input,
      encoding: "utf8",
      timeout: 10_000,
      env: { FLASH, ...more },
    });
    assert.equal(status, 0, stderr);
    return stdout.split("\n");
  };
}

const count = (lines: string[], line: string | RegExp) =>
  lines.filter((one) => (typeof line === "string" ? one === line : line.test(one))).length;

test("a trap is told and counted, and the core starts again", () => {
  const lines = board()(["run 5", "trap 5", "run 5", "trap 5", "run 5"]);
  assert.equal(count(lines, "core started"), 3);
  assert.deepEqual(
    lines.filter((line) => line.startsWith("trap")).map((line) => line.replace(/ at .*/, "")),
    ["trap 1: planted", "trap 2: planted"],
  );
});

test("five traps in a minute stop the core; it says so, and a command starts it again", () => {
  const lines = board()([...Array(5).fill("trap 100"), "run 9000", "run 9000", "type restart", "run 10"]);
  assert.equal(count(lines, "core started"), 6);
  assert.ok(count(lines, /^stopped: too many traps/) >= 2);
  assert.ok(lines.findLastIndex((line) => line.startsWith("stopped")) < lines.lastIndexOf("core started"));
});

test("traps that are rare never stop the core", () => {
  const lines = board()(Array(12).fill("trap 16000"));
  assert.equal(count(lines, "core started"), 13);
  assert.equal(count(lines, /^stopped/), 0);
});

test("starts and traps are counted over power cuts", () => {
  const power = board();
  power(["trap 5", "trap 5"]);
  const lines = power(["trap 5", "type status", "run 5"]);
  assert.equal(count(lines, /^start 2, traps 2,/), 1, "the banner at the start");
  assert.equal(count(lines, /^start 2, traps 3,/), 1, "the status after another trap");
  assert.equal(count(lines, "core's status"), 1);
  assert.equal(count(lines, "end of status"), 1);
});

test("a start without traps is counted once it has lasted", () => {
  const power = board();
  power(["run 100"]);
  assert.equal(count(power(["run 3000", "run 5"]), /^start 1, traps 0,/), 1, "the one before was too short");
  assert.equal(count(power(["run 5"]), /^start 2, traps 0,/), 1);
});

test("a core that hangs at each start is left alone after the third time", () => {
  const power = board();
  const WATCHDOG = "1";
  assert.equal(count(power(["run 5"], { WATCHDOG }), "core started"), 1);
  assert.equal(count(power(["run 5"], { WATCHDOG }), "core started"), 1);
  const stopped = power(["run 5"], { WATCHDOG });
  assert.equal(count(stopped, "core started"), 0);
  assert.equal(count(stopped, /^stopped: the core hung/), 1);
  assert.equal(count(power(["run 5"]), "core started"), 1, "a start by hand");
});

test("hangs with a minute of good work between them are not in a row", () => {
  const power = board();
  for (let i = 0; i < 5; i++) {
    assert.equal(count(power(["run 61000", "run 5"], { WATCHDOG: "1" }), "core started"), 1);
  }
});

test("messages typed in hexadecimal reach the core; others do not", () => {
  const lines = board()([
    "type configure 030001000200ff",
    "run 5",
    "type configure 03zz",
    "run 5",
    "type fly",
    "run 5",
  ]);
  assert.equal(count(lines, "configured 03 00 01 00 02 00 ff"), 1);
  assert.equal(count(lines, /^configured/), 1);
  assert.equal(count(lines, /^configure: expected/), 1);
  assert.equal(count(lines, /^commands: /), 1);
});
