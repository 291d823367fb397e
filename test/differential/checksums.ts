// Puts the checksums of a frame right, whatever was done to it: inner packets first, an outer ICMPv6 checksum covers them. The same
// rules as test/fuzz/native/checksums.c.
import { Protocol } from "../bench/frames.js";

const DEPTH = 6;
const HEADERS = 16;
/** Where an upper layer has its checksum. */
const OFFSET: Readonly<Record<number, number>> = {
  [Protocol.TCP]: 16,
  [Protocol.UDP]: 6,
  [Protocol.ICMP6]: 2,
  [Protocol.ICMP4]: 2,
  [Protocol.MH]: 4,
};
const EXTENSIONS = [Protocol.HOP_BY_HOP, Protocol.ROUTING, Protocol.OPTIONS, Protocol.FRAGMENT];
const HOME_ADDRESS = 0xc9;

/** @param link the frame begins with an Ethernet header */
export function fixChecksums(frame: Uint8Array, link: boolean): void {
  packet(link ? frame.subarray(14) : frame, 0);
}

function add(sum: number, bytes: Uint8Array): number {
  let all = sum;
  for (let i = 0; i < bytes.length; i++) all += i & 1 ? bytes[i] : bytes[i] << 8;
  return all;
}

function store(bytes: Uint8Array, at: number, sum: number): void {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  bytes[at] = (~folded >> 8) & 0xff;
  bytes[at + 1] = ~folded & 0xff;
}

/** @param pseudo the sum of both addresses */
function upper(bytes: Uint8Array, protocol: number, pseudo: number): void {
  const at = OFFSET[protocol];
  if (at === undefined || bytes.length < at + 2) return;
  bytes[at] = 0;
  bytes[at + 1] = 0;
  store(bytes, at, add(protocol === Protocol.ICMP4 ? 0 : pseudo + bytes.length + protocol, bytes));
}

function packet(bytes: Uint8Array, depth: number): void {
  if (depth > DEPTH) return;
  if (bytes.length >= 40 && bytes[0] >> 4 === 6) packet6(bytes, depth);
  else if (bytes.length >= 20 && bytes[0] >> 4 === 4) packet4(bytes, depth);
}

function packet4(bytes: Uint8Array, depth: number): void {
  const header = (bytes[0] & 15) * 4;
  const total = (bytes[2] << 8) | bytes[3];
  if (header < 20 || total < header || total > bytes.length) return;
  bytes[10] = 0;
  bytes[11] = 0;
  store(bytes, 10, add(0, bytes.subarray(0, header)));
  if (bytes[6] & 0x3f || bytes[7]) return; // a fragment
  const inner = bytes.subarray(header, total);
  if (bytes[9] === Protocol.IP6 || bytes[9] === Protocol.IP4) packet(inner, depth + 1);
  upper(inner, bytes[9], add(0, bytes.subarray(12, 20)));
}

function packet6(bytes: Uint8Array, depth: number): void {
  const end = 40 + ((bytes[4] << 8) | bytes[5]);
  if (end > bytes.length) return;
  let source = bytes.subarray(8, 24);
  let destination = bytes.subarray(24, 40);
  let next = bytes[6];
  let at = 40;
  for (let i = 0; i < HEADERS && at + 8 <= end; i++) {
    if (next === Protocol.IP6 || next === Protocol.IP4) {
      packet(bytes.subarray(at, end), depth + 1);
      return;
    }
    if (!EXTENSIONS.includes(next)) break;
    const size = next === Protocol.FRAGMENT ? 8 : (bytes[at + 1] + 1) * 8;
    if (next === Protocol.FRAGMENT && (bytes[at + 2] || bytes[at + 3] & 0xf9)) return;
    if (at + size > end) return;
    if (next === Protocol.OPTIONS) source = homeAddress(bytes.subarray(at, at + size)) ?? source;
    if (next === Protocol.ROUTING && bytes[at + 2] === 2 && size >= 24) destination = bytes.subarray(at + 8, at + 24);
    next = bytes[at];
    at += size;
  }
  upper(bytes.subarray(at, end), next, add(add(0, source), destination));
}

/** The home address of a Home Address option (RFC 6275 §6.3), which stands for the source in the pseudo-header. */
function homeAddress(options: Uint8Array): Uint8Array | undefined {
  for (let i = 2; i + 18 <= options.length; i += options[i] === 0 ? 1 : 2 + options[i + 1]) {
    if (options[i] === HOME_ADDRESS && options[i + 1] === 16) return options.subarray(i + 2, i + 18);
  }
  return undefined;
}
