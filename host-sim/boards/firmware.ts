/**
 * A firmware's file: what it says of itself in its manifest (firmware/configuration.h), and whether it is whole.
 *
 *      0 "SIXFOLD1"   8 size of the file (u32)   12 CRC-32 of the file with these four bytes zero (u32)   16 board (24, ends with 0)
 *     40 image (16, ends with 0)   56 SHA-256 of the image (32)   88 length of the messages (u32)   92 messages       (little-endian)
 */
import { readFileSync } from "node:fs";
import { Message } from "../../assembly/abi/message.js";
import type { PortKind } from "../../assembly/abi/port.js";
import { boardNames, type Form, loadBoard } from "./board.js";
import { crc32 } from "./crc32.js";
import { EspImageError, isEspImage, readEspImage } from "./esp-image.js";
import { familyName, isUf2, readUf2, Uf2Error } from "./uf2.js";

export const MAGIC = "SIXFOLD1";
const ELF = Buffer.from("\x7fELF");
const AT = { size: 8, check: 12, board: 16, image: 40, hash: 56, length: 88, messages: 92 };

export interface FirmwarePort {
  number: number;
  kind: PortKind;
  /** Absent: the hardware's own. */
  mac?: Uint8Array;
}

export interface Firmware {
  file: string;
  /** The file as it is. */
  content: Uint8Array;
  form: Form;
  /** What it writes: with its manifest, without what a form adds around it. */
  bytes: Uint8Array;
  board: string;
  image: string;
  /** SHA-256 of the image, hexadecimal. */
  hash: string;
  /** Messages of its configuration. */
  messages: Uint8Array;
  ports: FirmwarePort[];
}

/** The file is no firmware, is damaged or cut short, or is another board's. */
export class FirmwareError extends Error {
  override name = "FirmwareError";
}

/** Offset of the manifest, -1 = none. The magic word alone may also be part of the code: a manifest names its messages. */
function manifestAt(bytes: Buffer): number {
  for (let at = bytes.indexOf(MAGIC); at >= 0; at = bytes.indexOf(MAGIC, at + 1)) {
    if (at + AT.messages > bytes.length) return -1;
    if (at + AT.messages + bytes.readUInt32LE(at + AT.length) <= bytes.length) return at;
  }
  return -1;
}

/** Fills in what only the finished file can tell: its size and its check. */
export function seal(bytes: Buffer): void {
  const at = manifestAt(bytes);
  if (at < 0) throw new FirmwareError("the linker left the manifest out");
  bytes.writeUInt32LE(bytes.length, at + AT.size);
  bytes.writeUInt32LE(0, at + AT.check);
  bytes.writeUInt32LE(crc32(bytes), at + AT.check);
}

/** Throws `FirmwareError`. */
export function readFirmware(file: string): Firmware {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new FirmwareError(`${file}: ${(error as Error).message}`);
  }
  return parseFirmware(file, bytes);
}

/** A UF2 file is what it writes, without the zeros that fill its last block. Throws `FirmwareError`. */
export function parseFirmware(file: string, content: Buffer): Firmware {
  const { form, filled, family, ...inside } = unwrapped(file, content);
  let { bytes } = inside;
  const at = manifestAt(bytes);
  if (at < 0)
    throw new FirmwareError(`${file}: no firmware of sixfold (there is no manifest in it), or cut short before it`);
  const size = bytes.readUInt32LE(at + AT.size);
  if (filled && size <= bytes.length) bytes = bytes.subarray(0, size);
  if (size !== bytes.length) {
    throw new FirmwareError(`${file}: ${bytes.length} bytes, expected ${size}: it is cut short or something is added`);
  }
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(0, at + AT.check);
  if (crc32(copy) !== bytes.readUInt32LE(at + AT.check)) {
    throw new FirmwareError(`${file}: damaged, its check does not match; build it again`);
  }
  const text = (from: number, length: number) => {
    const part = bytes.toString("latin1", at + from, at + from + length);
    return part.slice(0, part.indexOf("\0"));
  };
  const board = text(AT.board, 24);
  if (family !== undefined) mustBeFamily(file, board, family);
  const messages = bytes.subarray(at + AT.messages, at + AT.messages + bytes.readUInt32LE(at + AT.length));
  return {
    file,
    content,
    form,
    bytes,
    board,
    image: text(AT.image, 16),
    hash: bytes.toString("hex", at + AT.hash, at + AT.hash + 32),
    messages,
    ports: portsOf(messages),
  };
}

interface Unwrapped {
  form: Form;
  bytes: Buffer;
  /** The form fills its last block up. */
  filled: boolean;
  /** Of a UF2 file. */
  family?: number;
}

function unwrapped(file: string, content: Buffer): Unwrapped {
  try {
    if (isUf2(content)) {
      const { bytes, family } = readUf2(content);
      return { form: "uf2", bytes, filled: true, family };
    }
    if (isEspImage(content)) return { form: "esp", bytes: readEspImage(content).body, filled: false };
  } catch (error) {
    if (!(error instanceof Uf2Error || error instanceof EspImageError)) throw error;
    throw new FirmwareError(`${file}: ${error.message}`);
  }
  const form = content.subarray(0, ELF.length).equals(ELF) ? "elf" : "bin";
  return { form, bytes: content, filled: false };
}

/** A boot ROM goes by the family, we by the manifest: they have to agree. */
function mustBeFamily(file: string, board: string, family: number): void {
  const expected = boardNames().includes(board) ? loadBoard(board).uf2Family : undefined;
  if (expected === undefined || expected === family) return;
  throw new FirmwareError(`${file}: UF2 family ${familyName(family)}, but board ${board} is ${familyName(expected)}`);
}

function portsOf(messages: Buffer): FirmwarePort[] {
  const ports: FirmwarePort[] = [];
  for (let at = 0; at + 4 <= messages.length; at += 4 + ((messages.readUInt16LE(at + 2) + 3) & ~3)) {
    if (messages.readUInt16LE(at) !== Message.PORT) continue;
    const mac = messages.subarray(at + 8, at + 14);
    const given = mac.some((byte) => byte !== 0);
    ports.push({ number: messages[at + 4], kind: messages[at + 5], ...(given ? { mac } : {}) });
  }
  return ports;
}
