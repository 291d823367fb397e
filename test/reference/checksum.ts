/** The Internet checksum by its definition (RFC 1071): all of it, every time, from the bytes. */

/** One's complement sum of big-endian 16-bit words, folded to 16 bits; an odd last byte is the high half of a word. */
export function onesSum(...parts: Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) sum += (part[i] << 8) | (part[i + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

export function checksum(...parts: Uint8Array[]): number {
  return ~onesSum(...parts) & 0xffff;
}

/** RFC 8200 §8.1. */
export function pseudo6(src: Uint8Array, dst: Uint8Array, length: number, next: number): Uint8Array {
  const bytes = new Uint8Array(40);
  bytes.set(src, 0);
  bytes.set(dst, 16);
  new DataView(bytes.buffer).setUint32(32, length);
  bytes[39] = next;
  return bytes;
}

/** RFC 768, RFC 9293 §3.1. */
export function pseudo4(src: Uint8Array, dst: Uint8Array, length: number, protocol: number): Uint8Array {
  const bytes = new Uint8Array(12);
  bytes.set(src, 0);
  bytes.set(dst, 4);
  bytes[9] = protocol;
  new DataView(bytes.buffer).setUint16(10, length);
  return bytes;
}
