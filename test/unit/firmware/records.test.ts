import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { compileHarness } from "./compile.js";

const FLASH = "../test/unit/firmware/native/cut-flash.c";
const RECORDS = ["records.c", "crc32.c", FLASH];

interface Put {
  id: number;
  length: number;
  seed: number;
}

/** Runs a history with power cut at each of its steps; gives how many steps it has. */
function cutEverywhere(program: string, puts: Put[]): number {
  const input = puts.map(({ id, length, seed }) => `${id} ${length} ${seed}\n`).join("");
  const { status, stdout, stderr } = spawnSync(program, { input, encoding: "utf8" });
  assert.equal(status, 0, `${stdout}${stderr}`);
  return Number(stdout);
}

// Id 0 makes the flash ready. Each other id has one record in a block, so that what lives always fits: 7 ids of at most 40 bytes.
const put = fc.record({ id: fc.integer({ min: 0, max: 7 }), length: fc.nat(40), seed: fc.nat(1_000_000) });

for (const [blocks, unit, block] of [
  [2, 1, 512],
  [3, 4, 512],
  [4, 16, 1024],
] as const) {
  test(`power fails at every byte: ${blocks} blocks, units of ${unit}`, () => {
    const program = compileHarness("cut.c", RECORDS, {
      FLASH_BLOCKS: blocks,
      FLASH_UNIT: unit,
      FLASH_BLOCK: block,
    });
    fc.assert(
      fc.property(fc.array(put, { minLength: 10, maxLength: 40 }), (puts) => cutEverywhere(program, puts) > 0),
      { numRuns: 8 },
    );
  });
}

test("a configuration of a thousand bytes, saved again and again, is old or new", () => {
  const program = compileHarness("cut.c", RECORDS, { FLASH_BLOCKS: 2, FLASH_UNIT: 4, FLASH_BLOCK: 4096 });
  const puts = Array.from({ length: 12 }, (_, i) => ({ id: 1 + (i % 2), length: i % 4 ? 1000 + i : 16, seed: i }));
  assert.ok(cutEverywhere(program, puts) > 12 * 500);
});

test("the harness finds records that are written over in place", () => {
  const program = compileHarness("cut.c", [FLASH, "../test/unit/firmware/native/careless.c"], {
    FLASH_BLOCKS: 2,
    FLASH_UNIT: 4,
    FLASH_BLOCK: 512,
  });
  const { status, stdout, stderr } = spawnSync(program, { input: "1 8 1\n1 8 2\n", encoding: "utf8" });
  assert.match(
    stdout,
    /(neither old nor new|the sequence .*|the walk is wrong|the put after was lost): put \d+, power failed at/,
    stderr,
  );
  assert.equal(status, 1);
});
