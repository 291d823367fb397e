/**
 * Reads pcapng of either byte order and any number of sections: interfaces, enhanced and simple packets; other blocks are passed
 * over, as the format demands. Every length is checked before it is used.
 */
import { Block, BYTE_ORDER_MAGIC, Option } from "./pcapng-blocks.js";

/** The file is not what it should be; the message names the file and the offset of the block. */
export class PcapngError extends Error {
  override name = "PcapngError";
}

export interface PcapngInterface {
  /** if_name, or `#n` where the file gives none. */
  name: string;
  linktype: number;
  description?: string;
}

export interface PcapngPacket {
  /** Index into `interfaces`, counted through all sections. */
  iface: number;
  /** Microseconds; 0 for a simple packet block, which has no time. */
  timeUs: number;
  /** The captured bytes, a view of the input. */
  data: Uint8Array;
  /** Length on the wire; more than `data.length` where the capture was cut. */
  originalLength: number;
  comment?: string;
}

interface Section {
  little: boolean;
  /** Index in the result of this section's interface 0. */
  first: number;
  scales: { ticksPerSecond: bigint; offsetSeconds: bigint; snaplen: number }[];
}

/** `file` is used in messages only. Throws `PcapngError`. */
export function readPcapng(
  bytes: Uint8Array,
  file: string,
): { interfaces: PcapngInterface[]; packets: PcapngPacket[] } {
  const reader = new Reader(bytes, file);
  reader.read();
  return { interfaces: reader.interfaces, packets: reader.packets };
}

class Reader {
  readonly interfaces: PcapngInterface[] = [];
  readonly packets: PcapngPacket[] = [];
  private readonly view: DataView;
  private at = 0;
  private section: Section = { little: true, first: 0, scales: [] };

  constructor(
    private readonly bytes: Uint8Array,
    private readonly file: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): void {
    if (this.bytes.length < 12) this.fail(`only ${this.bytes.length} bytes, too short for a pcapng file`);
    if (this.view.getUint32(0) !== Block.SECTION) this.failKind(this.view.getUint32(0));
    while (this.at < this.bytes.length) this.at += this.block();
  }

  private fail(what: string): never {
    throw new PcapngError(`${this.file}: offset ${this.at}: ${what}`);
  }

  private failKind(magic: number): never {
    const pcap = [0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1].includes(magic);
    this.fail(
      pcap ? "a pcap file, not pcapng (editcap -F pcapng converts it)" : "not a pcapng file (no section header block)",
    );
  }

  private u16 = (at: number) => this.view.getUint16(at, this.section.little);
  private u32 = (at: number) => this.view.getUint32(at, this.section.little);

  /** Reads the block at `at`; returns its length. */
  private block(): number {
    const left = this.bytes.length - this.at;
    if (left < 12) this.fail(`${left} bytes left, a block needs at least 12`);
    // The section's type reads the same in both orders; its magic then tells which one the section uses.
    const isSection = this.view.getUint32(this.at) === Block.SECTION;
    if (isSection) this.openSection(left);
    const type = this.u32(this.at);
    const length = this.u32(this.at + 4);
    if (length < 12 || length % 4 !== 0) this.fail(`block length ${length}, expected a multiple of 4 from 12 on`);
    if (length > left) this.fail(`block of ${length} bytes, but only ${left} are left (file cut off?)`);
    const again = this.u32(this.at + length - 4);
    if (again !== length) this.fail(`block length ${length} at its start, ${again} at its end`);
    const end = this.at + length - 4;
    if (isSection) this.need(end, 24, "section header");
    if (type === Block.INTERFACE) this.interface(end);
    if (type === Block.ENHANCED_PACKET) this.enhancedPacket(end);
    if (type === Block.SIMPLE_PACKET) this.simplePacket(end);
    return length;
  }

  private openSection(left: number): void {
    const magic = this.view.getUint32(this.at + 8);
    const little = magic === 0x4d3c2b1a;
    if (!little && magic !== BYTE_ORDER_MAGIC)
      this.fail(`byte-order magic 0x${magic.toString(16)}, expected 0x1a2b3c4d`);
    this.section = { little, first: this.interfaces.length, scales: [] };
    if (left < 16) this.fail(`${left} bytes left, a section header needs at least 28`);
    const major = this.u16(this.at + 12);
    if (major !== 1) this.fail(`pcapng version ${major}, only 1 is known`);
  }

  private need(end: number, count: number, what: string): void {
    if (end - this.at < count) this.fail(`${what} block of ${end - this.at + 4} bytes, expected at least ${count + 4}`);
  }

  private interface(end: number): void {
    this.need(end, 16, "interface description");
    const options = this.options(this.at + 16, end);
    const resolution = options.get(Option.IF_TSRESOL)?.[0] ?? 6;
    const offset = options.get(Option.IF_TSOFFSET);
    if (offset && offset.length !== 8) this.fail(`if_tsoffset of ${offset.length} bytes, expected 8`);
    this.section.scales.push({
      ticksPerSecond: resolution & 0x80 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution),
      offsetSeconds: offset
        ? new DataView(offset.buffer, offset.byteOffset, 8).getBigInt64(0, this.section.little)
        : 0n,
      snaplen: this.u32(this.at + 12),
    });
    const text = (code: number) => (options.has(code) ? new TextDecoder().decode(options.get(code)) : undefined);
    this.interfaces.push({
      name: text(Option.IF_NAME) ?? `#${this.interfaces.length}`,
      linktype: this.u16(this.at + 8),
      description: text(Option.IF_DESCRIPTION),
    });
  }

  private enhancedPacket(end: number): void {
    this.need(end, 28, "enhanced packet");
    const number = this.u32(this.at + 8);
    const scale = this.section.scales[number];
    if (!scale) this.fail(`packet of interface ${number}, but this section has ${this.section.scales.length} so far`);
    const captured = this.u32(this.at + 20);
    const padded = Math.ceil(captured / 4) * 4;
    if (padded > end - this.at - 28) this.fail(`packet of ${captured} bytes in a block of ${end - this.at + 4}`);
    const ticks = (BigInt(this.u32(this.at + 12)) << 32n) | BigInt(this.u32(this.at + 16));
    const comment = this.options(this.at + 28 + padded, end).get(Option.COMMENT);
    this.packets.push({
      iface: this.section.first + number,
      timeUs: Number((ticks * 1_000_000n) / scale.ticksPerSecond + scale.offsetSeconds * 1_000_000n),
      data: this.bytes.subarray(this.at + 28, this.at + 28 + captured),
      originalLength: this.u32(this.at + 24),
      ...(comment && { comment: new TextDecoder().decode(comment) }),
    });
  }

  private simplePacket(end: number): void {
    this.need(end, 12, "simple packet");
    const scale = this.section.scales[0];
    if (!scale) this.fail("simple packet before any interface");
    const originalLength = this.u32(this.at + 8);
    const captured = scale.snaplen === 0 ? originalLength : Math.min(originalLength, scale.snaplen);
    if (captured > end - this.at - 12) this.fail(`packet of ${captured} bytes in a block of ${end - this.at + 4}`);
    const data = this.bytes.subarray(this.at + 12, this.at + 12 + captured);
    this.packets.push({ iface: this.section.first, timeUs: 0, data, originalLength });
  }

  /** The options in [at, end): the first value of each code. */
  private options(at: number, end: number): Map<number, Uint8Array> {
    const found = new Map<number, Uint8Array>();
    while (at < end) {
      if (end - at < 4) this.fail(`${end - at} bytes left for an option, expected at least 4`);
      const code = this.u16(at);
      const length = this.u16(at + 2);
      if (code === Option.END) return found;
      if (length > end - at - 4) this.fail(`option ${code} of ${length} bytes runs out of its block`);
      if (!found.has(code)) found.set(code, this.bytes.subarray(at + 4, at + 4 + length));
      at += 4 + Math.ceil(length / 4) * 4;
    }
    return found;
  }
}
