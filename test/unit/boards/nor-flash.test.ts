import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AlarmClock } from "../../../host-sim/boards/alarm-clock.js";
import { FLASH_BYTES, NorFlash, SECTOR } from "../../../host-sim/boards/nor-flash.js";

class Bench {
  readonly clock = new AlarmClock();
  readonly cells = new Uint8Array(FLASH_BYTES).fill(0xff);
  readonly changed: number[] = [];
  readonly flash = new NorFlash(this.cells, this.clock, (sector) => this.changed.push(sector));

  give(...bytes: number[]): number[] {
    this.flash.select(true);
    const answer = bytes.map((byte) => this.flash.exchange(byte));
    this.flash.select(false);
    return answer;
  }

  status(): number {
    return this.give(0x05, 0)[1];
  }

  pass(ms: number): void {
    this.clock.advance(this.clock.nanos + ms * 1e6);
  }

  /** With the latch, and to its end. */
  change(...bytes: number[]): void {
    this.give(0x06);
    this.give(...bytes);
    this.pass(100);
  }
}

const at = (address: number) => [(address >> 16) & 255, (address >> 8) & 255, address & 255];

test("nothing is programmed or erased without the write enable latch, which each change uses up", () => {
  const bench = new Bench();
  bench.give(0x02, ...at(0), 0x00);
  bench.pass(100);
  assert.equal(bench.cells[0], 0xff);
  bench.give(0x06);
  assert.equal(bench.status(), 2);
  bench.give(0x02, ...at(0), 0x00);
  assert.equal(bench.status() & 1, 1, "busy");
  bench.pass(100);
  assert.equal(bench.status(), 0);
  bench.give(0x02, ...at(1), 0x00);
  bench.pass(100);
  assert.deepEqual([...bench.cells.subarray(0, 2)], [0x00, 0xff]);
  bench.give(0x06);
  bench.give(0x04);
  bench.give(0x20, ...at(0));
  bench.pass(100);
  assert.equal(bench.cells[0], 0, "write disable took the latch back");
});

test("programming only clears bits, erasing sets all of its sector and no other", () => {
  const bench = new Bench();
  bench.change(0x02, ...at(SECTOR), 0x0f);
  bench.change(0x02, ...at(SECTOR), 0xf8);
  assert.equal(bench.cells[SECTOR], 0x08);
  bench.change(0x02, ...at(2 * SECTOR), 0x00);
  bench.change(0x20, ...at(SECTOR + 17));
  assert.equal(bench.cells[SECTOR], 0xff);
  assert.equal(bench.cells[2 * SECTOR], 0x00);
  assert.deepEqual(bench.changed, [1, 1, 2, 1]);
});

test("a page wraps round, and its last byte for a cell counts", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: FLASH_BYTES - 1 }),
      fc.uint8Array({ minLength: 1, maxLength: 600 }),
      (address, bytes) => {
        const bench = new Bench();
        bench.change(0x02, ...at(address), ...bytes);
        const page = address & ~255;
        const expected = new Uint8Array(256).fill(0xff);
        for (const [i, byte] of bytes.entries()) expected[(address + i) & 255] = byte;
        assert.deepEqual(bench.cells.subarray(page, page + 256), expected);
      },
    ),
    { numRuns: 50 },
  );
});

test("while it is busy it tells its status, and hears nothing else", () => {
  const bench = new Bench();
  bench.cells[5] = 0x55;
  bench.give(0x06);
  bench.give(0x20, ...at(SECTOR));
  assert.deepEqual(bench.give(0x03, ...at(5), 0).slice(4), [0xff]);
  bench.give(0x06);
  bench.give(0x02, ...at(5), 0x00);
  bench.pass(100);
  assert.equal(bench.cells[5], 0x55);
  assert.deepEqual(bench.give(0x03, ...at(5), 0).slice(4), [0x55]);
});

test("a command that is cut short, or erases with more bytes than it has, does nothing", () => {
  const bench = new Bench();
  bench.cells[0] = 0;
  for (const bytes of [
    [0x20, 0, 0],
    [0x20, 0, 0, 0, 0],
    [0x02, 0, 0, 0],
  ]) {
    bench.change(...bytes);
    assert.equal(bench.cells[0], 0);
    assert.equal(bench.status(), 2, "the latch is still set");
  }
});

test("it says who it is", () => {
  const bench = new Bench();
  assert.deepEqual(bench.give(0x9f, 0, 0, 0).slice(1), [0xef, 0x40, 0x15]);
  const number = bench.give(0x4b, 0, 0, 0, 0, ...Array(8).fill(0)).slice(5);
  assert.equal(new Set(number).size > 4, true);
});

test("power that fails leaves a page or a sector half done", () => {
  const bench = new Bench();
  bench.give(0x06);
  bench.give(0x02, ...at(0), ...Array(64).fill(0));
  bench.flash.cut();
  assert.deepEqual([...bench.cells.subarray(31, 33)], [0x00, 0xff]);
  assert.equal(bench.flash.busy, false);
  bench.cells.fill(0, SECTOR, 2 * SECTOR);
  bench.give(0x06);
  bench.give(0x20, ...at(SECTOR));
  bench.flash.cut();
  assert.deepEqual([bench.cells[SECTOR], bench.cells[2 * SECTOR - 1]], [0xff, 0]);
  bench.pass(100);
  assert.equal(bench.cells[2 * SECTOR - 1], 0, "nothing goes on without power");
});
