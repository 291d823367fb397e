import assert from "node:assert/strict";
import { test } from "node:test";
import { AlarmClock } from "../../../host-sim/boards/alarm-clock.js";
import { FLASH_BYTES } from "../../../host-sim/boards/nor-flash.js";
import { Pl011 } from "../../../host-sim/boards/pl011.js";
import { Rp2040Bus } from "../../../host-sim/boards/rp2040-bus.js";

const DR = 0;
const FR = 0x18;
const LCR = 0x2c;
const IMSC = 0x38;
const RIS = 0x3c;
const ICR = 0x44;
const RX_EMPTY = 16;
const TX_FULL = 32;
const RX = 16;
const TX = 32;
const TIMEOUT = 64;
const OVERRUN = 1024;
/** A byte at 115200 baud. */
const BYTE = 1e10 / 115_200;

class Bench {
  readonly clock = new AlarmClock();
  readonly bus = new Rp2040Bus(this.clock, new Uint8Array(FLASH_BYTES));
  readonly sent: number[] = [];
  readonly uart = new Pl011(
    this.bus,
    "UART0",
    this.clock,
    20,
    { tx: 20, rx: 21 },
    {
      rate: 115_200,
      tx: 0,
      rx: 1,
      byte: (value) => this.sent.push(value),
    },
  );

  /** clk_peri from the 12 MHz crystal; `divider`: of it / 16, times 64. */
  constructor(divider = 417) {
    this.bus.clocks.writeUint32(0x48, (1 << 11) | (4 << 5));
    for (const pin of [0, 1]) this.bus.gpio[pin].ctrl = 2;
    this.uart.writeUint32(0x24, divider >> 6);
    this.uart.writeUint32(0x28, divider & 63);
    this.uart.writeUint32(LCR, 0x70);
    this.uart.writeUint32(0x30, 0x301);
  }

  pass(bytes: number): void {
    this.clock.advance(this.clock.nanos + bytes * BYTE);
  }
}

test("bytes leave one after the other, each in its time; the FIFO holds 32", () => {
  const bench = new Bench();
  for (let i = 0; i < 40; i++) bench.uart.writeUint32(DR, i);
  assert.equal(bench.uart.readUint32(FR) & TX_FULL, TX_FULL);
  bench.pass(0.9);
  assert.equal(bench.sent.length, 0);
  bench.pass(0.2);
  assert.deepEqual(bench.sent, [0]);
  bench.pass(100);
  assert.deepEqual(
    bench.sent,
    Array.from({ length: 32 }, (_, i) => i),
    "what found no room is gone",
  );
});

test("the transmit interrupt comes when the FIFO falls to its level, not before", () => {
  const bench = new Bench();
  for (let i = 0; i < 32; i++) bench.uart.writeUint32(DR, i);
  bench.pass(15);
  assert.equal(bench.uart.readUint32(RIS) & TX, 0);
  bench.pass(2);
  assert.equal(bench.uart.readUint32(RIS) & TX, TX, "half full");
  bench.uart.writeUint32Atomic(ICR, TX, 0);
  bench.pass(20);
  assert.equal(bench.uart.readUint32(RIS) & TX, 0);
});

test("what comes fills the FIFO at the line's rate; interrupts at half of it and after silence", () => {
  const bench = new Bench();
  bench.uart.writeUint32(IMSC, RX | TIMEOUT);
  bench.uart.feed(Uint8Array.from({ length: 20 }, (_, i) => i));
  bench.pass(15.5);
  assert.equal(bench.uart.readUint32(RIS) & RX, 0);
  bench.pass(1);
  assert.equal(bench.uart.readUint32(RIS) & RX, RX);
  for (let i = 0; i < 16; i++) assert.equal(bench.uart.readUint32(DR), i);
  assert.equal(bench.uart.readUint32(RIS) & RX, 0);
  bench.pass(4);
  assert.equal(bench.uart.readUint32(RIS) & TIMEOUT, 0);
  bench.pass(4);
  assert.equal(bench.uart.readUint32(RIS) & TIMEOUT, TIMEOUT);
  for (let i = 16; i < 20; i++) assert.equal(bench.uart.readUint32(DR), i);
  assert.equal(bench.uart.readUint32(FR) & RX_EMPTY, RX_EMPTY);
});

test("what nobody takes overruns", () => {
  const bench = new Bench();
  bench.uart.feed(new Uint8Array(40).fill(1));
  bench.pass(50);
  assert.equal(bench.uart.readUint32(RIS) & OVERRUN, OVERRUN);
  let count = 0;
  for (; !(bench.uart.readUint32(FR) & RX_EMPTY); count++) bench.uart.readUint32(DR);
  assert.equal(count, 32);
});

test("a rate that the other end would not understand is an error, and so is a stopped clock", () => {
  const wrong = new Bench(450);
  assert.throws(() => wrong.uart.writeUint32(DR, 1), /UART0 runs at \d+ baud, expected 115200/);
  const stopped = new Bench();
  stopped.bus.clocks.writeUint32(0x48, 0);
  assert.throws(() => stopped.uart.writeUint32(DR, 1), /expected 115200/);
});

test("without its pins nothing leaves and nothing comes", () => {
  const bench = new Bench();
  for (const pin of [0, 1]) bench.bus.gpio[pin].ctrl = 5;
  bench.uart.writeUint32(DR, 1);
  bench.uart.feed(Uint8Array.of(1));
  bench.pass(5);
  assert.equal(bench.sent.length, 0);
  assert.equal(bench.uart.readUint32(FR) & RX_EMPTY, RX_EMPTY);
});
