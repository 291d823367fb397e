/**
 * Text and bytes of addresses. Bytes are in wire order. Parsers are strict: what two programs could read in two ways
 * (leading zeros in IPv4, zone identifiers, host bits behind a prefix) is refused with an `AddressError`, whose message quotes
 * the text and says what was expected.
 *
 * IPv6: RFC 4291 §2.2 read, RFC 5952 written. IPv4: four decimal numbers. MAC: six pairs of hexadecimal digits.
 */
export class AddressError extends Error {
  override name = "AddressError";
}

/** An address with a prefix length, of IPv4 (4 bytes) or IPv6 (16 bytes). */
export interface Prefix {
  version: 4 | 6;
  /** Wire order; a fresh array. */
  address: Uint8Array;
  /** Bits, 0-32 or 0-128. */
  length: number;
}

function refuse(text: string, expected: string): never {
  throw new AddressError(`${JSON.stringify(text)} is not ${expected}`);
}

/** `192.0.2.1` to 4 bytes. Throws `AddressError`. */
export function parseIp4(text: string): Uint8Array {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256)) {
    refuse(text, "an IPv4 address (four numbers 0-255 without leading zeros, such as 192.0.2.1)");
  }
  return Uint8Array.from(parts, Number);
}

/** 4 bytes at `offset` to `192.0.2.1`. */
export function formatIp4(bytes: Uint8Array, offset = 0): string {
  need(bytes, offset, 4);
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

/** Any form of RFC 4291 §2.2 to 16 bytes. Throws `AddressError`. */
export function parseIp6(text: string): Uint8Array {
  const expected = "an IPv6 address (such as 2001:db8::1)";
  if (text.includes("%")) refuse(text, "an IPv6 address without a zone (name the port or link apart)");
  const halves = text.split("::");
  if (halves.length > 2) refuse(text, `${expected}: "::" may appear once`);
  const [head, tail] = halves.map((half, i) => groups(text, half, i === halves.length - 1));
  const written = head.length + (tail?.length ?? 0);
  if (tail === undefined ? written !== 8 : written > 7) refuse(text, `${expected}: 8 groups, or fewer around one "::"`);
  const words = tail === undefined ? head : [...head, ...new Array<number>(8 - written).fill(0), ...tail];
  const bytes = new Uint8Array(16);
  words.forEach((word, i) => {
    bytes[2 * i] = word >> 8;
    bytes[2 * i + 1] = word & 255;
  });
  return bytes;
}

/** The groups on one side of "::". An IPv4 address may be the end of the whole text, so of its last half. */
function groups(text: string, half: string, last: boolean): number[] {
  if (half === "") return [];
  const parts = half.split(":");
  return parts.flatMap((part, i) => {
    if (last && i === parts.length - 1 && part.includes(".")) {
      const ip4 = parseIp4(part);
      return [(ip4[0] << 8) | ip4[1], (ip4[2] << 8) | ip4[3]];
    }
    if (!/^[0-9a-f]{1,4}$/i.test(part)) refuse(text, "an IPv6 address (groups of 1-4 hexadecimal digits)");
    return [Number.parseInt(part, 16)];
  });
}

/** 16 bytes at `offset` to the text of RFC 5952; IPv4-mapped addresses in mixed notation (§5). */
export function formatIp6(bytes: Uint8Array, offset = 0): string {
  need(bytes, offset, 16);
  const words = Array.from({ length: 8 }, (_, i) => (bytes[offset + 2 * i] << 8) | bytes[offset + 2 * i + 1]);
  if (words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff) {
    return `::ffff:${formatIp4(bytes, offset + 12)}`;
  }
  const run = longestZeroRun(words);
  const hex = (part: number[]) => part.map((word) => word.toString(16)).join(":");
  if (run.length < 2) return hex(words);
  return `${hex(words.slice(0, run.start))}::${hex(words.slice(run.start + run.length))}`;
}

/** RFC 5952 §4.2.3: the longest run, the first of equals. */
function longestZeroRun(words: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && words[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** `02:00:00:00:00:01` to 6 bytes. Throws `AddressError`. */
export function parseMac(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) refuse(text, "a MAC address (such as 02:00:00:00:00:01)");
  return Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));
}

/** 6 bytes at `offset` to `02:00:00:00:00:01`. */
export function formatMac(bytes: Uint8Array, offset = 0): string {
  need(bytes, offset, 6);
  return Array.from(bytes.subarray(offset, offset + 6), (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** An address of either version to its 4 or 16 bytes. Throws `AddressError`. */
export function parseIp(text: string): Uint8Array {
  return text.includes(":") ? parseIp6(text) : parseIp4(text);
}

/** 4 or 16 bytes to text. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length !== 4 && bytes.length !== 16)
    throw new RangeError(`an IP address has 4 or 16 bytes, not ${bytes.length}`);
  return bytes.length === 4 ? formatIp4(bytes) : formatIp6(bytes);
}

/** `2001:db8:1::/64` or `192.0.2.0/24`; bits behind the length must be zero. Throws `AddressError`. */
export function parsePrefix(text: string): Prefix {
  const prefix = parseAddressPrefix(text);
  const rest = prefix.address.slice();
  mask(rest, prefix.length);
  if (rest.some((byte, i) => byte !== prefix.address[i])) {
    const meant = formatPrefix({ ...prefix, address: rest });
    refuse(text, `a prefix: bits behind /${prefix.length} are set (${meant} is the prefix that covers it)`);
  }
  return prefix;
}

/** `2001:db8:1::7/64`: an address and the length of its on-link prefix; host bits stay. Throws `AddressError`. */
export function parseAddressPrefix(text: string): Prefix {
  const slash = text.indexOf("/");
  const digits = text.slice(slash + 1);
  if (slash < 0 || !/^(0|[1-9][0-9]{0,2})$/.test(digits)) {
    refuse(text, "an address and a prefix length (such as 2001:db8:1::/64)");
  }
  const address = parseIp(text.slice(0, slash));
  const length = Number(digits);
  if (length > address.length * 8) refuse(text, `possible: a prefix length here is 0-${address.length * 8}`);
  return { version: address.length === 4 ? 4 : 6, address, length };
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatIp(prefix.address)}/${prefix.length}`;
}

/** True when `address` (4 or 16 bytes) lies in `prefix`. */
export function inPrefix(address: Uint8Array, prefix: Prefix): boolean {
  if (address.length !== prefix.address.length) return false;
  const masked = address.slice();
  const wanted = prefix.address.slice();
  mask(masked, prefix.length);
  mask(wanted, prefix.length);
  return masked.every((byte, i) => byte === wanted[i]);
}

/** Zeroes the bits of `address` behind `length`, in place. */
function mask(address: Uint8Array, length: number): void {
  for (let i = 0; i < address.length; i++) {
    const kept = Math.min(8, Math.max(0, length - 8 * i));
    address[i] &= (0xff00 >> kept) & 255;
  }
}

function need(bytes: Uint8Array, offset: number, count: number): void {
  if (offset < 0 || offset + count > bytes.length) {
    throw new RangeError(`an address of ${count} bytes does not fit at offset ${offset} of ${bytes.length} bytes`);
  }
}
