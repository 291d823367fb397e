import assert from "node:assert/strict";
import { test } from "node:test";
import { USBCDC } from "rp2040js";
import { loadBoard } from "../../../host-sim/boards/board.js";
import { crc32Mpeg2 } from "../../../host-sim/boards/boot2.js";
import { buildFirmware } from "../../../host-sim/boards/build.js";
import { boardConfiguration } from "../../../host-sim/boards/configuration.js";
import { STATUS_END } from "../../../host-sim/boards/console.js";
import { consoleLines } from "../../../host-sim/boards/console-lines.js";
import { FLASH_BYTES } from "../../../host-sim/boards/nor-flash.js";
import { Rp2040Machine } from "../../../host-sim/boards/rp2040-machine.js";
import { readUf2 } from "../../../host-sim/boards/uf2.js";

const FLASH_LIMIT = 160_000;
const RAM_LIMIT = 96_000;
const BOOT2 = 252;
const MS = 1e6;
/** Shorter than what is between two writes. */
const GAP_MS = 0.01;
/** Length of the first message. */
const ENTROPY = 36;

const configuration = boardConfiguration("docs/examples/board-terminal.yaml", "terminal");
const { sizes, bytes, hash } = buildFirmware(loadBoard("rp2040-w5500"), "terminal", configuration);
const firmware = readUf2(bytes).bytes;

test("the terminal with IPsec keeps to 160 kB of flash, 96 kB of RAM in all and 4 KiB of stack on an RP2040", () => {
  assert.ok(sizes.flash <= FLASH_LIMIT, `flash ${sizes.flash}`);
  assert.ok(sizes.ram <= RAM_LIMIT, `RAM ${sizes.ram}`);
  assert.ok(sizes.stack <= 4096, `stack ${sizes.stack}`);
});

test("the boot ROM's check of the second stage is right", () => {
  assert.equal(crc32Mpeg2(Buffer.from("123456789")), 0x0376e6e7, "the check value of CRC-32/MPEG-2");
  assert.equal(firmware.readUInt32LE(BOOT2), crc32Mpeg2(firmware.subarray(0, BOOT2)));
});

/** A flash with the firmware, as the boot ROM's drive leaves it. */
function flashed(): Uint8Array {
  const flash = new Uint8Array(FLASH_BYTES).fill(0xff);
  flash.set(firmware);
  return flash;
}

interface Powered {
  machine: Rp2040Machine;
  /** What it said on the console's serial line. */
  lines: string[];
  run(ms: number): void;
  /** Until it says this. */
  until(text: string): void;
}
function power(flash: Uint8Array, usb?: (cdc: USBCDC) => void): Powered {
  const lines: string[] = [];
  const machine = new Rp2040Machine({
    flash,
    entropy: Uint8Array.from({ length: 32 }, (_, i) => i),
    line: (text) => lines.push(text),
    frame() {},
    packet() {},
    usb: (controller) => usb?.(new USBCDC(controller)),
  });
  machine.chip.carrier(true);
  machine.boot();
  const run = (ms: number) => {
    for (const until = machine.nanos + ms * MS; machine.nanos < until; ) machine.run(until);
  };
  const until = (text: string) => {
    for (let ms = 0; !lines.some((line) => line.startsWith(text)); ms++) {
      assert.ok(ms < 3000, `it never said "${text}", but:\n${lines.join("\n")}`);
      run(1);
    }
  };
  return { machine, lines, run, until };
}

test("a host on USB is told what was said before it came, and may type", () => {
  let cdc: USBCDC | undefined;
  let heard = "";
  const { lines, until } = power(flashed(), (device) => {
    cdc = device;
    device.onSerialData = (data) => {
      heard += Buffer.from(data).toString("latin1");
    };
  });
  until("port 1");
  for (const byte of Buffer.from("status\n")) cdc!.sendSerialByte(byte);
  until(STATUS_END);
  const told = heard.trimEnd().split("\n");
  assert.equal(lines[0], "Sixfold on rp2040-w5500, image terminal");
  assert.equal(lines[1], `sha256 ${hash}`);
  assert.deepEqual(told.slice(0, lines.length), lines, "both lines say the same, and USB is ahead");
});

test("a configuration saved at the console holds after power was off, and forget brings the firmware's own back", () => {
  const flash = flashed();
  const first = power(flash);
  first.until("port 1");
  for (const line of consoleLines(configuration, hash)) first.machine.type(`${line}\n`);
  first.until("saved");
  const second = power(flash);
  second.until("port 1");
  second.machine.type("forget\n");
  second.until("forgotten");
  const third = power(flash);
  third.until("port 1");
  const length = configuration.length;
  const holds = ({ lines }: Powered) => lines.filter((line) => /^(configuration|saved|forgotten)/.test(line));
  assert.deepEqual([first, second, third].map(holds), [
    [`configuration: built in, ${length} bytes`, `saved: ${length} bytes; "restart" starts the core with them`],
    [
      `configuration: saved, ${length} bytes`,
      "forgotten: from the next start on the firmware's own configuration holds",
    ],
    [`configuration: built in, ${length} bytes`],
  ]);
});

test("power fails at each write to flash while a configuration is saved: the old one holds or the new one", () => {
  const flash = flashed();
  const before = power(flash);
  before.until("port 1");
  for (const line of consoleLines(configuration, hash)) before.machine.type(`${line}\n`);
  before.until("saved");
  const longer = Buffer.concat([configuration, configuration.subarray(0, ENTROPY)]);

  /** Saves the longer one, until the flash begins its `cut`th write. False: it was saved before. */
  const saveUntil = (cut: number, cells: Uint8Array): boolean => {
    const { machine, lines, run, until } = power(cells);
    until("port 1");
    for (const line of consoleLines(longer, hash)) machine.type(`${line}\n`);
    for (let writes = 0, busy = false; !lines.some((line) => line.startsWith("saved")); run(GAP_MS)) {
      if (machine.flash.busy && !busy) writes++;
      busy = machine.flash.busy;
      if (writes < cut) continue;
      machine.flash.cut();
      return true;
    }
    return false;
  };
  const held: number[] = [];
  for (let cut = 1; ; cut++) {
    const cells = flash.slice();
    if (!saveUntil(cut, cells)) break;
    const after = power(cells);
    after.until("port 1");
    const [, which, length] = /^configuration: (.*), (\d+) bytes$/m.exec(after.lines.join("\n")) ?? [];
    assert.equal(which, "saved", `write ${cut}`);
    held.push(Number(length));
  }
  const first = held.indexOf(longer.length);
  assert.ok(first > 1, `both were cut: ${held}`);
  assert.deepEqual(new Set(held.slice(0, first)), new Set([configuration.length]));
  assert.deepEqual(new Set(held.slice(first)), new Set([longer.length]));
});
