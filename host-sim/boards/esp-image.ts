/**
 * Espressif's image format, which its second-stage boot loader starts (esptool's "Firmware image format"). Little-endian:
 *
 *      0 0xe9   1 segments   2 flash mode   3 flash size and frequency   4 entry (u32)   8 WP pin   9 drive (3)   12 chip id (u16)
 *     14 minimum revision, old   15 minimum, maximum revision (u16 each)   19 zeros   23 1 = a SHA-256 follows
 *     24 segments: address (u32), length (u32), bytes
 *     … zeros, so that the checksum is the last of 16 bytes: 0xef and all bytes of the segments, exclusive or
 *     … SHA-256 of everything before it
 *
 * The boot loader maps 64 KiB pages of flash, so a segment that is executed or read there must lie in the file as it will in its page.
 */
import { createHash } from "node:crypto";
import type { Section } from "./elf.js";

const MAGIC = 0xe9;
const HEADER = 24;
const SEGMENT_HEADER = 8;
const SEED = 0xef;
const DIGEST = 32;
const PAGE = 65536;
/** What of the addresses is mapped from flash: constants, code. */
const MAPPED = [
  [0x3c000000, 0x3c800000],
  [0x42000000, 0x42800000],
];
/** Dual input/output, 4 MiB at 80 MHz: what every module has; the boot loader's own header counts. */
const FLASH_MODE = 2;
const FLASH_SIZE_FREQUENCY = 0x2f;
const NO_WP_PIN = 0xee;
const ANY_REVISION = 0xffff;

export interface Segment {
  address: number;
  bytes: Buffer;
}

/** The file is not an image, or is damaged. */
export class EspImageError extends Error {
  override name = "EspImageError";
}

/** A program's sections as segments: neighbours are one, lengths are multiples of 4. */
export function segmentsOf(sections: Section[]): Segment[] {
  const segments: Segment[] = [];
  for (const { address, bytes } of [...sections].sort((a, b) => a.address - b.address)) {
    const last = segments.at(-1);
    const padded = Buffer.concat([bytes], (bytes.length + 3) & ~3);
    if (last && last.address + last.bytes.length === address) last.bytes = Buffer.concat([last.bytes, padded]);
    else segments.push({ address, bytes: padded });
  }
  // Those that are mapped first: the linker script leaves room for the headers before them.
  return [...segments.filter(isMapped).reverse(), ...segments.filter((one) => !isMapped(one))];
}

function isMapped({ address }: Segment): boolean {
  return MAPPED.some(([from, to]) => address >= from && address < to);
}

/** Header and segments: what `finish` makes a file of. Throws `EspImageError` for more segments than the format has room for. */
export function espBody(segments: Segment[], entry: number, chipId: number): Buffer {
  const parts: Buffer[] = [];
  let at = HEADER;
  const add = ({ address, bytes }: Segment) => {
    const head = Buffer.alloc(SEGMENT_HEADER);
    head.writeUInt32LE(address, 0);
    head.writeUInt32LE(bytes.length, 4);
    parts.push(head, bytes);
    at += SEGMENT_HEADER + bytes.length;
  };
  let count = segments.length;
  for (const segment of segments) {
    const gap = isMapped(segment) ? (((segment.address - at - SEGMENT_HEADER) % PAGE) + PAGE) % PAGE : 0;
    if (gap > 0) {
      // A segment at address 0 is passed over. It has a header, too.
      add({ address: 0, bytes: Buffer.alloc((gap - SEGMENT_HEADER + PAGE) % PAGE) });
      count++;
    }
    add(segment);
  }
  if (count > 16) throw new EspImageError(`${count} segments, an image has room for 16`);
  const header = Buffer.alloc(HEADER);
  header.set([MAGIC, count, FLASH_MODE, FLASH_SIZE_FREQUENCY]);
  header.writeUInt32LE(entry, 4);
  header[8] = NO_WP_PIN;
  header.writeUInt16LE(chipId, 12);
  header.writeUInt16LE(ANY_REVISION, 17);
  header[23] = 1;
  return Buffer.concat([header, ...parts]);
}

/** The file: the body with its checksum and SHA-256. */
export function finishEspImage(body: Buffer): Buffer {
  const checked = Buffer.alloc((body.length & ~15) + 16);
  body.copy(checked);
  checked[checked.length - 1] = segmentsIn(body).reduce(
    (sum, { bytes }) => bytes.reduce((x, byte) => x ^ byte, sum),
    SEED,
  );
  return Buffer.concat([checked, createHash("sha256").update(checked).digest()]);
}

/** Does it begin as an image with its SHA-256 does? */
export function isEspImage(file: Buffer): boolean {
  return file.length >= HEADER && file[0] === MAGIC && file[23] === 1;
}

/** The body of an image, and its chip. Throws `EspImageError` where it is cut short or damaged. */
export function readEspImage(file: Buffer): { body: Buffer; chipId: number } {
  const end = segmentsIn(file).reduce((at, { bytes }) => at + SEGMENT_HEADER + bytes.length, HEADER);
  const body = file.subarray(0, end);
  const whole = (end & ~15) + 16 + DIGEST;
  if (file.length !== whole) {
    const what = file.length < whole ? "it is cut short" : "something is added";
    throw new EspImageError(`${file.length} bytes, expected ${whole}: ${what}`);
  }
  if (!file.equals(finishEspImage(body)))
    throw new EspImageError("damaged, its checksum or SHA-256 does not match; build it again");
  return { body, chipId: file.readUInt16LE(12) };
}

function segmentsIn(file: Buffer): Segment[] {
  const segments: Segment[] = [];
  let at = HEADER;
  for (let i = 0; i < file[1]; i++) {
    const from = at + SEGMENT_HEADER;
    const to = from <= file.length ? from + file.readUInt32LE(at + 4) : from;
    if (to > file.length) throw new EspImageError(`segment ${i} of ${file[1]} ends behind the file: it is cut short`);
    segments.push({ address: file.readUInt32LE(at), bytes: file.subarray(from, to) });
    at = to;
  }
  return segments;
}
