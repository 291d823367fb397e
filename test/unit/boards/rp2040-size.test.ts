import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoard } from "../../../host-sim/boards/board.js";
import { crc32Mpeg2 } from "../../../host-sim/boards/boot2.js";
import { buildFirmware } from "../../../host-sim/boards/build.js";
import { boardConfiguration } from "../../../host-sim/boards/configuration.js";
import { readUf2 } from "../../../host-sim/boards/uf2.js";

const LIMIT = 96_000;
const BOOT2 = 252;

test("the terminal keeps to 96 kB of flash, 96 kB of RAM in all and 4 KiB of stack on an RP2040", () => {
  const board = loadBoard("rp2040-w5500");
  const { sizes, bytes } = buildFirmware(
    board,
    "terminal",
    boardConfiguration("docs/examples/board-terminal.yaml", "terminal"),
  );
  assert.ok(sizes.flash <= LIMIT, `flash ${sizes.flash}`);
  assert.ok(sizes.ram <= LIMIT, `RAM ${sizes.ram}`);
  assert.ok(sizes.stack <= 4096, `stack ${sizes.stack}`);
  const flash = readUf2(bytes).bytes;
  assert.equal(flash.readUInt32LE(BOOT2), crc32Mpeg2(flash.subarray(0, BOOT2)), "the boot ROM's check of boot2");
});

test("CRC-32/MPEG-2 is the one of the world (its check value)", () => {
  assert.equal(crc32Mpeg2(Buffer.from("123456789")), 0x0376e6e7);
});
