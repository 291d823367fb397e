/** Espressif's image, read back by a parser of our own after esptool's description of the format, and by esptool-js. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { loadFirmwareImage } from "esptool-js/lib/image/index.js";
import { ESP32C3ROM } from "esptool-js/lib/targets/esp32c3.js";
import fc from "fast-check";
import type { Section } from "../../../host-sim/boards/elf.js";
import {
  EspImageError,
  espBody,
  finishEspImage,
  isEspImage,
  readEspImage,
  segmentsOf,
} from "../../../host-sim/boards/esp-image.js";
import { FirmwareError, parseFirmware, seal } from "../../../host-sim/boards/firmware.js";
import { parseImage } from "./esp-parser.js";
import { unsealedFirmware } from "./sample.js";

const C3 = 5;
const IROM = 0x42000020;
const RAM = 0x3fc81000;

function section(address: number, bytes: Uint8Array): Section {
  return { name: ".x", address, size: bytes.length, bytes: Buffer.from(bytes), writable: false };
}

function image(sections: Section[], entry = IROM): Buffer {
  return finishEspImage(espBody(segmentsOf(sections), entry, C3));
}

const parts = fc.record({
  text: fc.uint8Array({ minLength: 1, maxLength: 3000 }),
  constants: fc.uint8Array({ minLength: 1, maxLength: 3000 }),
  ram: fc.uint8Array({ minLength: 1, maxLength: 500 }),
  place: fc.nat(0x3ffff).map((at) => at & ~3),
});

test("every byte is found at its address, headers and sums are right, and what is mapped lies in its page", () => {
  fc.assert(
    fc.property(parts, ({ text, constants, ram, place }) => {
      const sections = [section(RAM, ram), section(0x3c000000 + place, constants), section(IROM, text)];
      const { segments, entry, chipId } = parseImage(image(sections));
      assert.deepEqual([entry, chipId], [IROM, C3]);
      for (const { address, bytes } of sections) {
        const found = segments.find((one) => one.address === address)!;
        assert.deepEqual(found.bytes.subarray(0, bytes.length), bytes);
        assert.ok(found.bytes.subarray(bytes.length).every((byte) => byte === 0));
        if (address !== RAM) assert.equal(found.offset % 65536, address % 65536);
      }
    }),
  );
});

test("esptool-js reads the same segments and agrees with the checksum", async () => {
  const bytes = (length: number) => createHash("sha512").update(`${length}`).digest().subarray(0, length);
  const file = image([section(IROM, bytes(60)), section(0x3c000100, bytes(64)), section(RAM, bytes(30))]);
  const read = await loadFirmwareImage(new ESP32C3ROM(), new Uint8Array(file));
  assert.deepEqual(
    read.segments.map(({ addr, data }) => [addr, Buffer.from(data)]),
    parseImage(file).segments.map((one) => [one.address, one.bytes]),
  );
  assert.equal(read.checksum, read.calculateChecksum());
  assert.equal(read.entrypoint, IROM);
});

test("neighbours are one segment; the first that is mapped needs no filling", () => {
  const file = image([section(IROM, Buffer.alloc(40, 1)), section(IROM + 40, Buffer.alloc(8, 2))]);
  const { segments } = parseImage(file);
  assert.deepEqual(
    segments.map(({ address, bytes }) => [address, bytes.length]),
    [[IROM, 48]],
  );
});

test("an image read back is what was written; cut short, longer or damaged anywhere it is refused", () => {
  const body = espBody([{ address: RAM, bytes: Buffer.alloc(100, 7) }], RAM, C3);
  const file = finishEspImage(body);
  assert.ok(isEspImage(file));
  assert.deepEqual(readEspImage(file), { body, chipId: C3 });
  for (let length = 24; length < file.length; length++) {
    assert.throws(() => readEspImage(file.subarray(0, length)), /cut short/, `${length} bytes`);
  }
  assert.throws(() => readEspImage(Buffer.concat([file, Buffer.alloc(16)])), /something is added/);
  fc.assert(
    fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = Buffer.from(file);
      changed[at] ^= change;
      assert.throws(() => readEspImage(changed), EspImageError);
    }),
  );
});

test("a firmware inside an image is found, and its form told; damage is told with the file's name", () => {
  const body = espBody([{ address: RAM, bytes: unsealedFirmware("esp32c3-w5500", 300) }], RAM, C3);
  seal(body);
  const file = finishEspImage(body);
  const firmware = parseFirmware("f.esp", file);
  assert.deepEqual([firmware.form, firmware.board, firmware.ports.length], ["esp", "esp32c3-w5500", 3]);
  assert.throws(
    () => parseFirmware("f.esp", file.subarray(0, 200)),
    (error) => error instanceof FirmwareError && /^f\.esp: .*cut short/.test(error.message),
  );
});

test("more segments than the format has room for are refused", () => {
  const many = Array.from({ length: 17 }, (_, i) => section(RAM + i * 64, Buffer.alloc(4)));
  assert.throws(() => image(many), /17 segments, an image has room for 16/);
});
