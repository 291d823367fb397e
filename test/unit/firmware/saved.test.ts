import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { consoleLines, SAVED_MAX } from "../../../host-sim/boards/console-lines.js";
import { compileHarness } from "./compile.js";

const FIRMWARE = ["saved.c", "records.c", "crc32.c", "console.c"];
const FLASH = "../test/unit/firmware/native/cut-flash.c";

function cutEverywhere(program: string, lengths: number[]): number {
  const input = lengths.map((length, i) => `${length} ${i}\n`).join("");
  const { status, stdout, stderr } = spawnSync(program, { input, encoding: "utf8" });
  assert.equal(status, 0, `${stdout}${stderr}`);
  return Number(stdout);
}

test("power fails at every byte of every write of a configuration's save: the old one holds or the new one", () => {
  const flash = { FLASH_BLOCKS: 2, FLASH_UNIT: 4, FLASH_BLOCK: 8192 };
  const program = compileHarness("cut-saved.c", [...FIRMWARE, FLASH], flash);
  const lengths = [216, 1100, 1024, 0, 64];
  const written = lengths.reduce((sum, length) => sum + length, 0);
  assert.ok(cutEverywhere(program, lengths) > written, "each byte is a point");
});

const SMALL = { FLASH_BLOCKS: 2, FLASH_UNIT: 4, FLASH_BLOCK: 4096 };
const script = compileHarness("saved-script.c", [...FIRMWARE, FLASH], SMALL);

function console(lines: string[]): string[] {
  const { status, stdout, stderr } = spawnSync(script, { input: `${lines.join("\n")}\n`, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split("\n");
}
/** A message of `length` bytes that ends with `last`. */
function message(length: number, last: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt16LE(3, 0);
  bytes.writeUInt16LE(length - 4, 2);
  bytes[length - 1] = last;
  return bytes;
}
const OF_IMAGE_1 = "0100000000000000";
const lines = (...messages: Buffer[]) => consoleLines(Buffer.concat(messages), OF_IMAGE_1);
const ASK = '"restart" starts the core with them';

test("the lines that the command line writes save a configuration, and forget takes it back", () => {
  const asked = ["start 1", ...lines(message(600, 7), message(20, 9)), "start 1", "forget", "start 1"];
  assert.deepEqual(console(asked), [
    "configuration: built in, 0 bytes",
    `saved: 620 bytes; ${ASK}`,
    "configuration: saved, 620 bytes",
    "holds 620 9",
    "forgotten: from the next start on the firmware's own configuration holds",
    "configuration: built in, 0 bytes",
  ]);
});

test("a new firmware with another image does not take it; the one it was saved for does", () => {
  const [, other, own] = console([...lines(message(20, 9)), "start 2", "start 1"]);
  assert.equal(other, "configuration: built in; the saved one is another image's, 0 bytes");
  assert.equal(own, "configuration: saved, 20 bytes");
});

test("what is too large, is another image's, is damaged or is no configuration is refused, and what was saved holds", () => {
  const good = lines(message(40, 5));
  const refused: [string[], string][] = [
    [lines(message(1400, 1), message(SAVED_MAX - 1400 + 4, 1)), "more than 2048 bytes"],
    [["save begin 02000000"], "it is another image's"],
    [["save begin 01"], "it is another image's"],
    [["save 0300"], 'it starts with "save begin HASH"'],
    [["save begin 01000000", "save 03x0"], "expected hexadecimal digits"],
    [["save begin 01000000", "save 030"], "expected hexadecimal digits"],
    [good.toSpliced(1, 1), "the bytes that came are not those that were sent"],
    [["save begin 01000000", "save end 1"], "the bytes that came are not those that were sent"],
    [["save begin 01000000", "save end 00000000"], "these are no messages"],
    [lines(message(40, 5).subarray(0, 39)), "these are no messages"],
    [lines(message(1600, 5)), "these are no messages"],
  ];
  for (const [bad, why] of refused) {
    const said = console([...good, ...bad, "start 1"]);
    assert.equal(said[1], `save: ${why}; nothing is saved`);
    assert.deepEqual(said.slice(-2), ["configuration: saved, 40 bytes", "holds 40 5"]);
  }
});

test("a flash without room for it says so, and the old one holds", () => {
  const program = compileHarness("saved-script.c", [...FIRMWARE, FLASH], { ...SMALL, FLASH_BLOCK: 1024 });
  const input = [...lines(message(40, 5)), ...lines(message(1000, 6)), "start 1"].join("\n");
  const said = spawnSync(program, { input: `${input}\n`, encoding: "utf8" })
    .stdout.trimEnd()
    .split("\n");
  assert.equal(said[1], "save: the flash took no more; nothing is saved");
  assert.equal(said.at(-1), "holds 40 5");
});

test("both ends keep to the same size", () => {
  const header = readFileSync("firmware/saved.h", "utf8");
  assert.equal(Number(/SAVED_MAX = (\d+)/.exec(header)?.[1]), SAVED_MAX);
});
