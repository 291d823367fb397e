/** The firmware of the ESP32-C3 as the build leaves it: its structure in both forms. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { PortKind } from "../../../assembly/abi/port.js";
import { loadBoard } from "../../../host-sim/boards/board.js";
import { buildFirmware, DoesNotFit } from "../../../host-sim/boards/build.js";
import { entryOf, type Section, sectionsOf } from "../../../host-sim/boards/elf.js";
import { parseFirmware } from "../../../host-sim/boards/firmware.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { parseImage } from "./esp-parser.js";

const MAGIC = 0xaedb041d;
const IROM = 0x42000000;
const DROM = 0x3c000000;
const RAM = [0x3fc80000, 0x3fcd0000];
/** RAM seen by the processor's instruction bus. */
const AS_CODE = 0x700000;
/** From here on, about, lies what the second-stage boot loader itself runs in (ESP-IDF, bootloader.ld). */
const BOOT_LOADER = 0x3fcc0000;

const board = loadBoard("esp32c3-w5500");
const messages = new Messages().port(0, PortKind.ETHER, 1500, new Uint8Array(6)).bytes();
const direct = buildFirmware(board, "host", messages);
const image = buildFirmware(board, "host", messages, "esp");
const elf = readFileSync(direct.elf);
const sections = new Map(sectionsOf(elf).map((section) => [section.name, section]));
const of = (name: string): Section => sections.get(name)!;

/** Where a section's bytes lie in the RAM as data. */
function inRam({ address, size }: Section): [number, number] {
  const from = address >= RAM[0] + AS_CODE ? address - AS_CODE : address;
  return [from, from + size];
}

test("direct boot: the magic twice, a jump into the code, and every section where its address says", () => {
  const { bytes } = direct;
  assert.deepEqual([bytes.readUInt32LE(0), bytes.readUInt32LE(4)], [MAGIC, MAGIC]);
  const jump = bytes.readUInt32LE(8);
  assert.equal(jump & 0xfff, 0x06f, "jal with no return address");
  const bit = (from: number, count: number) => (jump >>> from) & ((1 << count) - 1);
  const distance = (bit(31, 1) ? -(1 << 20) : 0) + (bit(12, 8) << 12) + (bit(20, 1) << 11) + (bit(21, 10) << 1);
  const target = IROM + 8 + distance;
  const text = of(".text");
  assert.ok(target >= text.address && target < text.address + text.size, "the jump ends in the code");
  assert.ok(target < entryOf(elf), "what copies to RAM lies before where a boot loader enters");
  for (const [name, base] of [
    [".text", IROM],
    [".rodata", DROM],
  ] as const) {
    const { address, bytes: stored } = of(name);
    assert.deepEqual(bytes.subarray(address - base, address - base + stored.length), maskSeal(stored, name), name);
  }
});

/** The seal is filled in after linking. */
function maskSeal(stored: Buffer, name: string): Buffer {
  if (name !== ".rodata") return stored;
  const copy = Buffer.from(stored);
  const at = copy.indexOf("SIXFOLD1");
  direct.bytes.copy(copy, at + 8, direct.bytes.indexOf("SIXFOLD1") + 8, direct.bytes.indexOf("SIXFOLD1") + 16);
  return copy;
}

test("RAM: stack at the bottom, code and data above it, nothing on top of anything else", () => {
  const inOrder = [".stack", ".ram_code", ".data", ".bss"]
    .filter((name) => sections.has(name))
    .map((name) => inRam(of(name)));
  assert.equal(inOrder[0][0], RAM[0]);
  for (const [i, [from, to]] of inOrder.entries()) {
    assert.ok(from >= (inOrder[i - 1]?.[1] ?? RAM[0]) && to <= RAM[1], `${from.toString(16)}-${to.toString(16)}`);
  }
});

test("the vector table is aligned as the processor wants it, and flash commands run from RAM", () => {
  const symbols = symbolsOf(elf);
  assert.equal(symbols.get("vectors")! % 256, 0);
  for (const name of ["begin", "end", "command", "change", "read_words"]) {
    assert.ok(symbols.get(name)! >= of(".ram_code").address, `${name} is in RAM`);
  }
});

test("an image for the boot loader: no filling, both views of a page agree, RAM below the boot loader's own", () => {
  const { segments, entry, chipId } = parseImage(image.bytes);
  assert.deepEqual([chipId, entry], [board.esp!.chipId, entryOf(elf)]);
  assert.ok(segments.every(({ address }) => address !== 0));
  for (const { address, bytes, offset } of segments) {
    if (address >= IROM || address < RAM[0]) assert.equal(offset % 65536, address % 65536);
    if (address >= IROM || address < RAM[0]) assert.equal(offset, address - (address >= IROM ? IROM : DROM));
    else assert.ok((address >= RAM[0] + AS_CODE ? address - AS_CODE : address) + bytes.length < BOOT_LOADER);
  }
  const description = segments[0].bytes;
  assert.equal(description.readUInt32LE(0), 0xabcd5432, "esp_app_desc_t");
  assert.match(description.toString("latin1", 48, 80), /^sixfold esp32c3-w5500\0/);
});

test("both forms say the same of themselves", () => {
  const [a, b] = [parseFirmware("a", direct.bytes), parseFirmware("b", image.bytes)];
  assert.deepEqual([a.form, b.form], ["bin", "esp"]);
  for (const one of [a, b]) assert.deepEqual([one.board, one.image, one.hash], [board.name, "host", direct.hash]);
  assert.deepEqual(direct.sizes, image.sizes);
});

function symbolsOf(file: Buffer): Map<string, number> {
  const from = file.readUInt32LE(0x20);
  const [size, count] = [file.readUInt16LE(0x2e), file.readUInt16LE(0x30)];
  const symbols = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const head = from + i * size;
    if (file.readUInt32LE(head + 4) !== 2) continue;
    const strings = file.readUInt32LE(from + file.readUInt32LE(head + 24) * size + 16);
    const at = file.readUInt32LE(head + 16);
    for (let s = at; s < at + file.readUInt32LE(head + 20); s += 16) {
      const name = strings + file.readUInt32LE(s);
      symbols.set(file.toString("latin1", name, file.indexOf(0, name)), file.readUInt32LE(s + 4));
    }
  }
  return symbols;
}

test("what does not fit is refused, with how much is too many", () => {
  assert.throws(
    () => buildFirmware({ ...board, stack: 260_000 }, "host", messages),
    (error) =>
      error instanceof DoesNotFit &&
      /host needs \d+ bytes of RAM, esp32c3-w5500 has 327680: \d+ too many/.test(error.message),
  );
});
