/**
 * Finishes in software what the kernel left for hardware: checksums that cover only the pseudo-header so far, and
 * frames that are many TCP or UDP segments in one. Both come from veth peers, bridges and receive offload, described by
 * the header that `PACKET_VNET_HDR` puts in front of each frame (struct virtio_net_hdr, 10 bytes, host byte order:
 * 0 flags u8, 1 gso type u8, 2 header length u16, 4 gso size u16, 6 checksum start u16, 8 checksum offset u16).
 */

export const VNET_HEADER_LENGTH = 10;

const NEEDS_CSUM = 1;
const GSO_NONE = 0;
const GSO_TCPV4 = 1;
const GSO_TCPV6 = 4;
const GSO_UDP_L4 = 5;
const GSO_ECN = 0x80;

const ETHER_LENGTH = 14;
const TCP = 6;
const UDP = 17;
const SCTP = 132;

/** Longest chain of IP headers that is segmented: tunnels in tunnels. */
const IP_DEPTH = 8;

/** Ones' complement sum of big-endian words (RFC 1071), not folded; an odd last byte counts as the high one. */
export function sum16(bytes: Uint8Array, from: number, to: number, seed = 0): number {
  let sum = seed;
  let i = from;
  for (; i + 1 < to; i += 2) sum += (bytes[i] << 8) | bytes[i + 1];
  if (i < to) sum += bytes[i] << 8;
  return sum;
}

/** The Internet checksum of a sum: folded to 16 bits and complemented. */
export function fold16(sum: number): number {
  let rest = sum;
  while (rest > 0xffff) rest = (rest % 0x10000) + Math.floor(rest / 0x10000);
  return ~rest & 0xffff;
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

const get16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1];

/** A checksum of zero means "none" in UDP; its other representation is right for every protocol (RFC 768). */
function putChecksum(bytes: Uint8Array, at: number, sum: number): void {
  put16(bytes, at, fold16(sum) || 0xffff);
}

/** Where the headers of a frame lie. */
interface Layout {
  /** Offsets of the IP headers, outermost first. */
  ip: number[];
  transport: number;
  protocol: number;
  /** End of the packet by the outermost IP header: the frame may be padded. */
  end: number;
  /** Offsets of the addresses that the transport checksum covers (the last address of a routing header). */
  source: number;
  destination: number;
  addressLength: 4 | 16;
}

/** Walks Ethernet, IP, extension headers and IP-in-IP down to TCP or UDP; null for anything else and for fragments. */
function layoutOf(frame: Uint8Array): Layout | null {
  if (frame.length < ETHER_LENGTH) return null;
  const ethertype = get16(frame, 12);
  let version = ethertype === 0x86dd ? 6 : ethertype === 0x0800 ? 4 : 0;
  const layout: Layout = {
    ip: [],
    transport: ETHER_LENGTH,
    protocol: 0,
    end: 0,
    source: 0,
    destination: 0,
    addressLength: 16,
  };
  let at = ETHER_LENGTH;
  while (version !== 0 && layout.ip.length < IP_DEPTH) {
    let next: number;
    layout.ip.push(at);
    if (version === 4) {
      if (at + 20 > frame.length || frame[at] >> 4 !== 4) return null;
      if ((get16(frame, at + 6) & 0x3fff) !== 0) return null; // a fragment
      if (layout.ip.length === 1) layout.end = at + get16(frame, at + 2);
      layout.addressLength = 4;
      layout.source = at + 12;
      layout.destination = at + 16;
      next = frame[at + 9];
      at += (frame[at] & 15) * 4;
    } else {
      if (at + 40 > frame.length || frame[at] >> 4 !== 6) return null;
      if (layout.ip.length === 1) layout.end = at + 40 + get16(frame, at + 4);
      layout.addressLength = 16;
      layout.source = at + 8;
      layout.destination = at + 24;
      next = frame[at + 6];
      at += 40;
      while (next === 0 || next === 43 || next === 60) {
        if (at + 8 > frame.length) return null;
        const length = (frame[at + 1] + 1) * 8;
        const addresses = next === 43 && (frame[at + 2] === 0 || frame[at + 2] === 2);
        if (addresses && frame[at + 3] > 0 && at + length <= frame.length) layout.destination = at + length - 16;
        next = frame[at];
        at += length;
      }
    }
    version = next === 4 ? 4 : next === 41 ? 6 : 0;
    layout.transport = at;
    layout.protocol = next;
  }
  if (version !== 0 || layout.end > frame.length || layout.transport > layout.end) return null;
  return layout;
}

/** Sum of the pseudo-header (RFC 8200 §8.1, RFC 9293 §3.1). */
function pseudoSum(frame: Uint8Array, layout: Layout, length: number): number {
  const { source, destination, addressLength } = layout;
  const sum = sum16(frame, source, source + addressLength, length + layout.protocol);
  return sum16(frame, destination, destination + addressLength, sum);
}

/** Gives each segment of `frame` to `deliver`, headers rewritten as the sender's kernel or NIC would have. */
function segment(frame: Uint8Array, size: number, out: Uint8Array, deliver: (frame: Uint8Array) => void): boolean {
  const layout = layoutOf(frame);
  if (layout === null || size === 0) return false;
  const { transport, protocol } = layout;
  const headerLength = protocol === TCP ? (frame[transport + 12] >> 4) * 4 : protocol === UDP ? 8 : 0;
  if (headerLength < (protocol === TCP ? 20 : 8)) return false;
  const payload = transport + headerLength;
  if (payload > layout.end || payload + size > out.length) return false;
  const checksumAt = transport + (protocol === TCP ? 16 : 6);
  const sequence = protocol === TCP ? (get16(frame, transport + 4) * 0x10000 + get16(frame, transport + 6)) >>> 0 : 0;
  const flags = frame[transport + 13];

  for (let from = payload, index = 0; from < layout.end; from += size, index++) {
    const length = Math.min(size, layout.end - from);
    const last = from + length === layout.end;
    const end = payload + length;
    out.set(frame.subarray(0, payload), 0);
    out.set(frame.subarray(from, from + length), payload);
    for (const ip of layout.ip) {
      if (out[ip] >> 4 === 6) {
        put16(out, ip + 4, end - ip - 40);
        continue;
      }
      put16(out, ip + 2, end - ip);
      put16(out, ip + 4, get16(frame, ip + 4) + index); // each its own identification, RFC 791
      put16(out, ip + 10, 0);
      put16(out, ip + 10, fold16(sum16(out, ip, ip + (out[ip] & 15) * 4)));
    }
    if (protocol === TCP) {
      const here = (sequence + (from - payload)) >>> 0;
      put16(out, transport + 4, here >>> 16);
      put16(out, transport + 6, here & 0xffff);
      const FIN_PSH = 0x09;
      const CWR = 0x80;
      out[transport + 13] = flags & ~(last ? 0 : FIN_PSH) & ~(index === 0 ? 0 : CWR);
    } else {
      put16(out, transport + 4, end - transport);
    }
    put16(out, checksumAt, 0);
    putChecksum(out, checksumAt, sum16(out, transport, end, pseudoSum(out, layout, end - transport)));
    deliver(out.subarray(0, end));
  }
  return true;
}

/**
 * Gives `bytes` (virtio_net_hdr, then an Ethernet frame) to `deliver` as frames that could have been on a wire: one, or
 * one for each segment. The frames are only valid during the call; `bytes` is changed. `scratch` takes one segment.
 * False: nothing was delivered, because the frame's kind of offload is not known or contradicts its headers.
 */
export function finish(bytes: Uint8Array, scratch: Uint8Array, deliver: (frame: Uint8Array) => void): boolean {
  if (bytes.length < VNET_HEADER_LENGTH + ETHER_LENGTH) return false;
  const frame = bytes.subarray(VNET_HEADER_LENGTH);
  switch (bytes[1] & ~GSO_ECN) {
    case GSO_NONE:
      break;
    case GSO_TCPV4:
    case GSO_TCPV6:
    case GSO_UDP_L4:
      return segment(frame, bytes[4] | (bytes[5] << 8), scratch, deliver);
    default:
      return false;
  }
  if (bytes[0] & NEEDS_CSUM) {
    const start = bytes[6] | (bytes[7] << 8);
    const at = start + (bytes[8] | (bytes[9] << 8));
    if (at + 2 > frame.length || isSctp(frame, start)) return false;
    putChecksum(frame, at, sum16(frame, start, frame.length));
  }
  deliver(frame);
  return true;
}

/** SCTP's CRC32c is announced like an Internet checksum, and is none. */
function isSctp(frame: Uint8Array, start: number): boolean {
  const layout = layoutOf(frame);
  return layout !== null && layout.transport === start && layout.protocol === SCTP;
}
