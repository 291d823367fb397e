/**
 * pcapng, draft-ietf-opsawg-pcapng: little-endian, one section, an interface a link, microseconds. The bytes depend on nothing but
 * what is handed in (no clock, no host name), so the same run gives the same file.
 *
 * A block: 0 type (u32)   4 total length (u32)   8 body, padded to 4   total length again (u32)
 */
import { Block, BYTE_ORDER_MAGIC, Option } from "./pcapng-blocks.js";

export { LinkType } from "./pcapng-blocks.js";
export { PcapngError, readPcapng } from "./pcapng-read.js";

const utf8 = new TextEncoder();

/** Writes one section. Each chunk that the sink gets is one whole block; the section header comes at once. */
export class PcapngWriter {
  private interfaces = 0;

  constructor(private readonly sink: (chunk: Uint8Array) => void) {
    const options: [number, Uint8Array][] = [[Option.SHB_USERAPPL, utf8.encode("sixfold")]];
    const block = open(Block.SECTION, 16, options);
    block.view.setUint32(8, BYTE_ORDER_MAGIC, true);
    block.view.setUint16(12, 1, true);
    block.view.setBigInt64(16, -1n, true); // section length unknown
    this.sink(block.bytes);
  }

  /** Declares an interface; returns its number. `mtu` in bytes becomes its description. */
  interface(name: string, linktype: number, mtu?: number): number {
    const options: [number, Uint8Array][] = [[Option.IF_NAME, utf8.encode(name)]];
    if (mtu !== undefined) options.push([Option.IF_DESCRIPTION, utf8.encode(`MTU ${mtu}`)]);
    options.push([Option.IF_TSRESOL, Uint8Array.of(6)]);
    const block = open(Block.INTERFACE, 8, options);
    block.view.setUint16(8, linktype, true);
    this.sink(block.bytes);
    return this.interfaces++;
  }

  /** One packet. `timeUs`: microseconds, whole or rounded down, not negative. Throws on an interface that was not declared. */
  packet(iface: number, timeUs: number, data: Uint8Array, comment?: string): void {
    if (!(iface >= 0 && iface < this.interfaces)) throw new RangeError(`pcapng interface ${iface} was not declared`);
    if (!(timeUs >= 0 && timeUs <= Number.MAX_SAFE_INTEGER))
      throw new RangeError(`${timeUs} µs is not a time for pcapng`);
    const padded = (data.length + 3) & ~3;
    const options: [number, Uint8Array][] = comment ? [[Option.COMMENT, utf8.encode(comment).subarray(0, 0xffff)]] : [];
    const block = open(Block.ENHANCED_PACKET, 20 + padded, options);
    const whole = Math.floor(timeUs);
    block.view.setUint32(8, iface, true);
    block.view.setUint32(12, Math.floor(whole / 2 ** 32), true);
    block.view.setUint32(16, whole % 2 ** 32, true);
    block.view.setUint32(20, data.length, true);
    block.view.setUint32(24, data.length, true);
    block.bytes.set(data, 28);
    this.sink(block.bytes);
  }
}

/** A block with its lengths and options in place and a zeroed body of `body` bytes at offset 8. */
function open(type: number, body: number, options: [number, Uint8Array][]): { bytes: Uint8Array; view: DataView } {
  let optionsLength = 0;
  for (const [, value] of options) optionsLength += 4 + ((value.length + 3) & ~3);
  if (options.length > 0) optionsLength += 4;
  const total = 12 + body + optionsLength;
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, total, true);
  view.setUint32(total - 4, total, true);
  let at = 8 + body;
  for (const [code, value] of options) {
    view.setUint16(at, code, true);
    view.setUint16(at + 2, value.length, true);
    bytes.set(value, at + 4);
    at += 4 + ((value.length + 3) & ~3);
  }
  return { bytes, view };
}
