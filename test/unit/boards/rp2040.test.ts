import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { completeBoot2 } from "../../../host-sim/boards/boot2.js";
import type { Firmware } from "../../../host-sim/boards/firmware.js";
import { FLASH_BYTES } from "../../../host-sim/boards/nor-flash.js";
import { rp2040 } from "../../../host-sim/boards/rp2040.js";
import { Thumb } from "./thumb.js";

const folder = mkdtempSync(join(tmpdir(), "sixfold-rp2040-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const RECORDS = 0x1f0000;

function firmware(length = 256): Firmware {
  const bytes = Buffer.alloc(length);
  bytes.set(new Thumb().stop().bytes());
  completeBoot2(bytes);
  const nothing = { board: "", image: "", hash: "", messages: new Uint8Array(), ports: [] };
  return { file: "test.uf2", content: bytes, form: "uf2", bytes, ...nothing };
}

function start(one: Firmware, flash: string) {
  const sink = { frame() {}, line() {} };
  return rp2040.start(one, { sink, entropy: new Uint8Array(32), up: [true], flash: join(folder, flash) });
}

test("a second stage with a wrong check is refused, as the boot ROM does", async () => {
  const wrong = firmware();
  wrong.bytes[0] ^= 1;
  await assert.rejects(start(wrong, "wrong"), /test\.uf2: the check of its second boot stage is wrong/);
});

test("a firmware that is larger than the flash is refused", async () => {
  await assert.rejects(start(firmware(FLASH_BYTES + 256), "large"), /2097408 bytes; the flash has 2097152/);
});

test("time goes to where it was asked to", async () => {
  const board = await start(firmware(), "time");
  assert.equal(await board.run(1500), 1500);
  assert.equal(board.nowUs, 1500);
  await board.stop();
});

test("what earlier starts left in flash stays, but for where the firmware is", async () => {
  const file = join(folder, "kept");
  const before = new Uint8Array(FLASH_BYTES).fill(0xff);
  before.fill(0x11, 0, 8);
  before.fill(0x22, RECORDS, RECORDS + 8);
  writeFileSync(file, before);
  const board = await start(firmware(), "kept");
  await board.run(10);
  await board.stop();
  const kept = readFileSync(file);
  assert.equal(kept.length, FLASH_BYTES);
  assert.deepEqual([...kept.subarray(0, 2)], [...firmware().bytes.subarray(0, 2)]);
  assert.equal(kept[RECORDS], 0x22);
});
