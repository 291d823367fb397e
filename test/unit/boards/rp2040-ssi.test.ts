import assert from "node:assert/strict";
import { test } from "node:test";
import { AlarmClock } from "../../../host-sim/boards/alarm-clock.js";
import { FLASH_BYTES, NorFlash } from "../../../host-sim/boards/nor-flash.js";
import { Rp2040Bus } from "../../../host-sim/boards/rp2040-bus.js";
import { Rp2040IoQspi, Rp2040Ssi, Rp2040XipControl } from "../../../host-sim/boards/rp2040-ssi.js";

const CTRLR0 = 0;
const SSIENR = 8;
const BAUDR = 0x14;
const SR = 0x28;
const DR0 = 0x60;
const BYTES_BOTH_WAYS = 7 << 16;
const MAPPED = (31 << 16) | (3 << 8);
const HIGH = 3 << 8;
const LOW = 2 << 8;
const BUSY = 1;
const RECEIVED = 8;

class Bench {
  readonly clock = new AlarmClock();
  readonly cells = new Uint8Array(FLASH_BYTES).fill(0xff);
  readonly bus = new Rp2040Bus(this.clock, this.cells);
  readonly flash = new NorFlash(this.cells, this.clock, (sector) => this.bus.stale.add(sector));
  readonly ssi = new Rp2040Ssi(this.bus, this.flash, this.clock, (mapped) => {
    this.bus.mapped = mapped;
  });
  readonly pins = new Rp2040IoQspi(this.bus, (outover) => this.ssi.selectOverride(outover));
  readonly cache = new Rp2040XipControl(this.bus, () => this.bus.stale.clear());

  constructor() {
    this.mode(BYTES_BOTH_WAYS);
  }

  mode(control: number): void {
    this.ssi.writeUint32(SSIENR, 0);
    this.ssi.writeUint32(BAUDR, 4);
    this.ssi.writeUint32(CTRLR0, control);
    this.ssi.writeUint32(SSIENR, 1);
  }

  select(level: number): void {
    this.pins.writeUint32(0x0c, level);
  }

  pass(nanos: number): void {
    this.clock.advance(this.clock.nanos + nanos);
  }

  exchange(byte: number): number {
    this.ssi.writeUint32(DR0, byte);
    while (!(this.ssi.readUint32(SR) & RECEIVED)) this.pass(8);
    return this.ssi.readUint32(DR0);
  }

  command(...bytes: number[]): number[] {
    this.select(LOW);
    const answer = bytes.map((byte) => this.exchange(byte));
    this.select(HIGH);
    return answer;
  }
}

test("a byte takes eight of the SSI's clocks", () => {
  const bench = new Bench();
  bench.select(LOW);
  bench.ssi.writeUint32(DR0, 0x9f);
  assert.equal(bench.ssi.readUint32(SR) & (RECEIVED | BUSY), BUSY);
  // 4 cycles of 125 MHz a bit.
  bench.pass(255);
  assert.equal(bench.ssi.readUint32(SR) & RECEIVED, 0);
  bench.pass(1);
  assert.equal(bench.ssi.readUint32(SR) & (RECEIVED | BUSY), RECEIVED);
});

test("commands reach the flash while the chip select is held", () => {
  const bench = new Bench();
  assert.deepEqual(bench.command(0x9f, 0, 0, 0).slice(1), [0xef, 0x40, 0x15]);
  bench.command(0x06);
  bench.command(0x02, 0, 0x10, 0, 0x5a);
  bench.pass(1e6);
  assert.equal(bench.cells[0x1000], 0x5a);
});

test("left to itself, the SSI lets go of the chip select whenever its FIFO runs dry", () => {
  const bench = new Bench();
  for (const byte of [0x9f, 0, 0, 0]) bench.ssi.writeUint32(DR0, byte);
  bench.pass(2000);
  const whole = Array.from({ length: 4 }, () => bench.ssi.readUint32(DR0));
  assert.deepEqual(whole.slice(1), [0xef, 0x40, 0x15]);
  const slow = [0x9f, 0, 0, 0].map((byte) => {
    bench.pass(1000);
    return bench.exchange(byte);
  });
  assert.deepEqual(slow, [0xff, 0xff, 0xff, 0xff], "each byte was a command of its own");
});

test("flash is memory only while the SSI maps it, its select is free, and the flash is not busy", () => {
  const bench = new Bench();
  const read = () => bench.bus.readUint32(0x10000000);
  assert.throws(read, /not mapped/);
  bench.command(0x06);
  bench.command(0x20, 0, 0x20, 0);
  bench.mode(MAPPED);
  bench.select(0);
  assert.throws(read, /not mapped/, "it is busy");
  bench.pass(1e8);
  bench.mode(MAPPED);
  assert.equal(read(), 0xffffffff);
  bench.select(LOW);
  assert.throws(read, /not mapped/);
});

test("a command in the mode that maps flash is an error, and so is one while the SSI is off", () => {
  const bench = new Bench();
  bench.mode(MAPPED);
  assert.throws(() => bench.ssi.writeUint32(DR0, 6), /frames of 8 bits/);
  bench.ssi.writeUint32(SSIENR, 0);
  assert.throws(() => bench.ssi.writeUint32(DR0, 6), /while it is off/);
});

test("changed flash is read through the cache only after a flush, past the cache at once", () => {
  const bench = new Bench();
  bench.command(0x06);
  bench.command(0x02, 0, 0x10, 0, 0x12);
  bench.pass(1e6);
  bench.select(0);
  bench.mode(MAPPED);
  assert.throws(() => bench.bus.readUint8(0x10001000), /was not flushed/);
  assert.equal(bench.bus.readUint8(0x10002000), 0xff, "another sector");
  assert.equal(bench.bus.readUint8(0x13001000), 0x12);
  bench.cache.writeUint32(4, 1);
  assert.equal(bench.bus.readUint8(0x10001000), 0x12);
  assert.throws(() => bench.bus.readUint8(0x10000000 + FLASH_BYTES), /behind the end of flash/);
});
