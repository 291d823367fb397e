/** A reader of Espressif's images after esptool's "Firmware image format", apart from the code that writes them. Asserts what it says. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";

export interface ParsedSegment {
  address: number;
  /** Of its first byte in the file. */
  offset: number;
  bytes: Buffer;
}

export function parseImage(file: Buffer) {
  assert.equal(file[0], 0xe9, "magic");
  assert.equal(file[23], 1, "a SHA-256 is appended");
  const segments: ParsedSegment[] = [];
  let at = 24;
  let sum = 0xef;
  for (let i = 0; i < file[1]; i++) {
    const [address, length] = [file.readUInt32LE(at), file.readUInt32LE(at + 4)];
    assert.equal(length % 4, 0, "whole words");
    const offset = at + 8;
    const bytes = file.subarray(offset, offset + length);
    assert.equal(bytes.length, length, "inside the file");
    for (const byte of bytes) sum ^= byte;
    segments.push({ address, offset, bytes });
    at = offset + length;
  }
  while (at % 16 !== 15) assert.equal(file[at++], 0, "filled with zeros");
  assert.equal(file[at], sum, "checksum");
  assert.deepEqual(
    file.subarray(at + 1),
    createHash("sha256")
      .update(file.subarray(0, at + 1))
      .digest(),
    "SHA-256",
  );
  return { segments, entry: file.readUInt32LE(4), chipId: file.readUInt16LE(12) };
}
