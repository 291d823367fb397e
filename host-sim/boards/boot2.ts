/**
 * The RP2040's second stage: the first 256 bytes of its flash. The boot ROM runs it when its last four bytes are the CRC-32/MPEG-2 of the
 * 252 before (RP2040 datasheet §2.8.1.3.1): polynomial 0x04c11db7, from ones, neither reflected nor inverted, stored little-endian.
 */
const LENGTH = 252;

/** Fills in the CRC. */
export function completeBoot2(bytes: Buffer): void {
  bytes.writeUInt32LE(crc32Mpeg2(bytes.subarray(0, LENGTH)), LENGTH);
}

export function crc32Mpeg2(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x80000000 ? 0x04c11db7 : 0);
  }
  return crc >>> 0;
}
