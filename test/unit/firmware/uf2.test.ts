import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { familyName, isUf2, readUf2, Uf2Error, uf2 } from "../../../host-sim/boards/uf2.js";

const RP2040 = 0xe48bff56;
const FLASH = 0x10000000;

/** Word `word` of block `block` set to `value`. */
function changed(file: Buffer, block: number, word: number, value: number): Buffer {
  const copy = Buffer.from(file);
  copy.writeUInt32LE(value >>> 0, block * 512 + word * 4);
  return copy;
}

test("a file is byte for byte what Microsoft's description says", () => {
  const bytes = Buffer.from(Array.from({ length: 300 }, (_, i) => i & 255));
  const expected = [0, 1].map((block) => {
    const words = [0x0a324655, 0x9e5d5157, 0x2000, FLASH + block * 256, 256, block, 2, RP2040];
    const part = Buffer.alloc(512);
    for (const [i, word] of words.entries()) part.writeUInt32LE(word, i * 4);
    bytes.copy(part, 32, block * 256, Math.min(300, block * 256 + 256));
    part.writeUInt32LE(0x0ab16f30, 508);
    return part;
  });
  assert.deepEqual(uf2(bytes, FLASH, RP2040), Buffer.concat(expected));
});

test("what is written is read back, the last block filled with zeros", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 2000 }), (bytes) => {
      const file = uf2(bytes, FLASH, RP2040);
      const back = readUf2(file);
      assert.ok(isUf2(file));
      assert.deepEqual([back.address, back.family, back.bytes.length % 256], [FLASH, RP2040, 0]);
      assert.deepEqual(back.bytes.subarray(0, bytes.length), Buffer.from(bytes));
      assert.ok(back.bytes.subarray(bytes.length).every((byte) => byte === 0));
    }),
  );
});

test("each fault of a file is named, with its block", () => {
  const file = uf2(Buffer.alloc(1000, 7), FLASH, RP2040);
  const swapped = Buffer.concat([file.subarray(512, 1024), file.subarray(0, 512), file.subarray(1024)]);
  const faults: [Buffer, RegExp][] = [
    [file.subarray(0, 700), /700 bytes are no whole UF2 blocks of 512: it is cut short/],
    [file.subarray(0, 1536), /3 UF2 blocks, expected 4: it is cut short/],
    [Buffer.concat([file, file.subarray(0, 512)]), /5 UF2 blocks, expected 4: something is added/],
    [swapped, /UF2 block 0: it is numbered 1/],
    [changed(file, 2, 0, 0), /UF2 block 2: Invalid magic value/],
    [changed(file, 2, 127, 0), /UF2 block 2: Invalid magic value/],
    [changed(file, 1, 2, 0), /UF2 block 1: it names no family/],
    [changed(file, 1, 2, 0x2001), /UF2 block 1: it is not for the main flash/],
    [changed(file, 3, 3, FLASH + 0x400), /UF2 block 3: address 0x10000400, expected 0x10000300/],
    [changed(file, 1, 4, 128), /UF2 block 1: 128 bytes, expected 256/],
    [changed(file, 1, 4, 477), /UF2 block 1: Invalid payload size 477/],
    [changed(file, 3, 6, 5), /UF2 block 3: of 5, the first one is of 4/],
    [
      changed(file, 2, 7, 0x1c5f21b0),
      /UF2 block 2: family ESP32 \(0x1c5f21b0\), the first one's is Raspberry Pi RP2040/,
    ],
  ];
  for (const [bytes, message] of faults) {
    assert.throws(
      () => readUf2(bytes),
      (error) => error instanceof Uf2Error && message.test(error.message),
      String(message),
    );
  }
});

test("what does not begin as UF2 is none; a family is named where it is known", () => {
  assert.equal(isUf2(Buffer.alloc(512)), false);
  assert.equal(isUf2(Buffer.alloc(3)), false);
  assert.match(familyName(RP2040), /RP2040 \(0xe48bff56\)/);
  assert.equal(familyName(5), "0x00000005");
});
