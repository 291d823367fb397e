/**
 * UF2 files by the library `uf2`: blocks of 512 bytes with 256 bytes each, so that a boot ROM's drive can write them to flash in any
 * order (https://github.com/microsoft/uf2). What we write names a family in each block; what we read has to as well.
 */
import { blockSize, decodeBlock, encodeBlock, familyMap, magicValues, UF2DecodeError, UF2Flags } from "uf2";

const PAYLOAD = 256;

/** What a UF2 file writes. */
export interface Uf2 {
  /** Of the first byte. */
  address: number;
  family: number;
  /** Whole blocks: what fills the last one comes with it. */
  bytes: Buffer;
}

/** It is a UF2 file, but not a whole and sound one for one board. */
export class Uf2Error extends Error {
  override name = "Uf2Error";
}

/** The last block is filled up with zeros. */
export function uf2(bytes: Uint8Array, address: number, family: number): Buffer {
  const totalBlocks = Math.ceil(bytes.length / PAYLOAD);
  const out = Buffer.alloc(totalBlocks * blockSize);
  for (let blockNumber = 0; blockNumber < totalBlocks; blockNumber++) {
    const payload = Buffer.alloc(PAYLOAD);
    payload.set(bytes.subarray(blockNumber * PAYLOAD, (blockNumber + 1) * PAYLOAD));
    const flashAddress = address + blockNumber * PAYLOAD;
    const block = { flags: UF2Flags.familyIDPresent, flashAddress, payload, blockNumber, totalBlocks };
    encodeBlock({ ...block, boardFamily: family }, out, blockNumber * blockSize);
  }
  return out;
}

/** Does it begin as a UF2 file does? */
export function isUf2(file: Buffer): boolean {
  return (
    file.length >= 8 && magicValues.every(({ offset, value }) => offset >= 8 || file.readUInt32LE(offset) === value)
  );
}

/** Whose family it is, in words where the library knows it (`familyMap`; its `familyID` wants the whole description). */
export function familyName(family: number): string {
  const hex = `0x${family.toString(16).padStart(8, "0")}`;
  return familyMap.has(family) ? `${familyMap.get(family)} (${hex})` : hex;
}

/**
 * Throws `Uf2Error`: cut short, a block missing, twice or damaged, a gap between addresses, two families or none, a block that is not
 * of 256 bytes (the RP2040's boot ROM passes over those in silence).
 */
export function readUf2(file: Buffer): Uf2 {
  if (file.length % blockSize !== 0) {
    throw new Uf2Error(`${file.length} bytes are no whole UF2 blocks of ${blockSize}: it is cut short`);
  }
  const blocks = Array.from({ length: file.length / blockSize }, (_, i) => blockAt(file, i));
  const [first] = blocks;
  if (blocks.length !== first.totalBlocks) {
    const than = blocks.length < first.totalBlocks ? "it is cut short" : "something is added";
    throw new Uf2Error(`${blocks.length} UF2 blocks, expected ${first.totalBlocks}: ${than}`);
  }
  let next = first.flashAddress;
  for (const [i, block] of blocks.entries()) {
    const fault = (what: string) => new Uf2Error(`UF2 block ${i}: ${what}`);
    if (block.blockNumber !== i) throw fault(`it is numbered ${block.blockNumber}`);
    if (block.totalBlocks !== first.totalBlocks)
      throw fault(`of ${block.totalBlocks}, the first one is of ${first.totalBlocks}`);
    if (!(block.flags & UF2Flags.familyIDPresent)) throw fault("it names no family");
    if (block.flags & UF2Flags.notMainFlash) throw fault("it is not for the main flash");
    if (block.boardFamily !== first.boardFamily) {
      throw fault(`family ${familyName(block.boardFamily)}, the first one's is ${familyName(first.boardFamily)}`);
    }
    if (block.payload.length !== PAYLOAD) throw fault(`${block.payload.length} bytes, expected ${PAYLOAD}`);
    if (block.flashAddress !== next) {
      throw fault(`address 0x${block.flashAddress.toString(16)}, expected 0x${next.toString(16)}`);
    }
    next += PAYLOAD;
  }
  const bytes = Buffer.concat(blocks.map(({ payload }) => payload));
  return { address: first.flashAddress, family: first.boardFamily, bytes };
}

function blockAt(file: Buffer, i: number) {
  try {
    return decodeBlock(file.subarray(i * blockSize, (i + 1) * blockSize));
  } catch (error) {
    if (!(error instanceof UF2DecodeError)) throw error;
    throw new Uf2Error(`UF2 block ${i}: ${error.message}`);
  }
}
