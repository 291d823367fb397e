/** Microsoft's UF2: 512-byte blocks with 256 bytes each, so that a boot ROM's drive can write them to flash in any order. */
const BLOCK = 512;
const PAYLOAD = 256;
const START = [0x0a324655, 0x9e5d5157];
const END = 0x0ab16f30;
const FAMILY_PRESENT = 0x2000;

/** The last block is filled up with zeros. */
export function uf2(bytes: Uint8Array, address: number, family: number): Buffer {
  const count = Math.ceil(bytes.length / PAYLOAD);
  const out = Buffer.alloc(count * BLOCK);
  for (let i = 0; i < count; i++) {
    const at = i * BLOCK;
    const words = [...START, FAMILY_PRESENT, address + i * PAYLOAD, PAYLOAD, i, count, family];
    for (const [n, word] of words.entries()) out.writeUInt32LE(word, at + 4 * n);
    out.set(bytes.subarray(i * PAYLOAD, (i + 1) * PAYLOAD), at + 32);
    out.writeUInt32LE(END, at + BLOCK - 4);
  }
  return out;
}

/** The bytes that a UF2 file writes, from its lowest address on; undefined where it is none or a block is missing. */
export function fromUf2(file: Buffer): Buffer | undefined {
  if (file.length === 0 || file.length % BLOCK !== 0) return undefined;
  const count = file.length / BLOCK;
  const parts: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    const at = i * BLOCK;
    const sound =
      START.every((word, n) => file.readUInt32LE(at + 4 * n) === word) &&
      file.readUInt32LE(at + BLOCK - 4) === END &&
      file.readUInt32LE(at + 20) === i &&
      file.readUInt32LE(at + 24) === count;
    if (!sound) return undefined;
    parts.push(file.subarray(at + 32, at + 32 + PAYLOAD));
  }
  return Buffer.concat(parts);
}
