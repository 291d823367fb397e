/**
 * Packets of simulated applications, made and read without help from a core: IPv4 or IPv6, UDP or echo.
 *
 * Payload: 0 "sixf"   4 flow (u32)   8 direction (u32)   12 sequence (u32)   16 zeros   (big-endian)
 */
export const Protocol = { ICMP: 1, UDP: 17, ICMP6: 58 };
/** Directions of requests and answers; what impostor n makes up has `FORGED + n`. */
export const Way = { REQUEST: 0, ANSWER: 1, FORGED: 0x80000000 };
const Type = { REPLY: 0, REQUEST: 8, REQUEST6: 128, REPLY6: 129 };
const MAGIC = 0x73697866;
const HEADER = { IP4: 20, IP6: 40, UPPER: 8 };
const DO_NOT_FRAGMENT = 0x4000;
/** Hop-by-Hop Options, Routing, Destination Options. */
const EXTENSIONS = new Set([0, 43, 60]);
/** Flows use these ports upwards: away from those that roles own. */
const FIRST_PORT = 20000;
const PORTS = 40000;

export interface Probe {
  kind: "udp" | "request" | "reply";
  flow: number;
  direction: number;
  sequence: number;
}

/** The UDP port of a flow, at both of its ends. */
export function portOf(flow: number): number {
  return FIRST_PORT + (flow % PORTS);
}

/** A packet whose sequence number can be changed cheaply. */
export class Template {
  readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly payload: number;
  private readonly checksumAt: number;
  /** One's complement sum of everything under the upper checksum, with sequence 0. */
  private readonly sum: number;

  /** Addresses of 4 or 16 bytes; `size` bytes of payload, at least 16. */
  constructor(
    kind: "udp" | "ping",
    source: Uint8Array,
    readonly destination: Uint8Array,
    flow: number,
    direction: number,
    size: number,
  ) {
    const ip = source.length === 4 ? HEADER.IP4 : HEADER.IP6;
    const upperLength = HEADER.UPPER + size;
    this.bytes = new Uint8Array(ip + upperLength);
    this.view = new DataView(this.bytes.buffer);
    const { view } = this;
    const protocol = kind === "udp" ? Protocol.UDP : ip === HEADER.IP4 ? Protocol.ICMP : Protocol.ICMP6;
    writeIp(view, this.bytes, source, destination, protocol, upperLength);
    const port = portOf(flow);
    if (kind === "udp") {
      view.setUint16(ip, port);
      view.setUint16(ip + 2, port);
      view.setUint16(ip + 4, upperLength);
    } else {
      view.setUint8(ip, ip === HEADER.IP4 ? Type.REQUEST : Type.REQUEST6);
      view.setUint16(ip + 4, flow);
    }
    this.payload = ip + HEADER.UPPER;
    view.setUint32(this.payload, MAGIC);
    view.setUint32(this.payload + 4, flow);
    view.setUint32(this.payload + 8, direction);
    this.checksumAt = ip + (kind === "udp" ? 6 : 2);
    this.sum = sumWords(view, ip, upperLength) + pseudo(view, ip, protocol, upperLength);
  }

  /** The packet with this sequence number; valid until the next call. */
  at(sequence: number): Uint8Array {
    this.view.setUint32(this.payload + 12, sequence);
    const sum = fold(this.sum + (sequence >>> 16) + (sequence & 0xffff));
    // A UDP checksum of zero would mean that there is none (RFC 768).
    this.view.setUint16(this.checksumAt, sum === 0xffff ? 0xffff : ~sum & 0xffff);
    return this.bytes;
  }
}

function writeIp(
  view: DataView,
  bytes: Uint8Array,
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  length: number,
): void {
  if (source.length === 4) {
    view.setUint16(0, 0x4500);
    view.setUint16(2, HEADER.IP4 + length);
    view.setUint16(6, DO_NOT_FRAGMENT);
    view.setUint8(8, 64);
    view.setUint8(9, protocol);
    bytes.set(source, 12);
    bytes.set(destination, 16);
    view.setUint16(10, ~fold(sumWords(view, 0, HEADER.IP4)) & 0xffff);
    return;
  }
  view.setUint32(0, 0x60000000);
  view.setUint16(4, length);
  view.setUint8(6, protocol);
  view.setUint8(7, 64);
  bytes.set(source, 8);
  bytes.set(destination, 24);
}

/**
 * What a packet from a core is, or undefined: not one of ours, or broken (its checksums are checked). Options that nobody on the way had a
 * use for may be in front of the upper layer (RFC 8200 §4.6).
 */
export function readProbe(bytes: Uint8Array): Probe | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const version = bytes[0] >> 4;
  const ip = version === 4 ? HEADER.IP4 : HEADER.IP6;
  if (bytes.length < ip + HEADER.UPPER + 16) return undefined;
  if (version === 4 && (bytes[0] !== 0x45 || fold(sumWords(view, 0, ip)) !== 0xffff)) return undefined;
  const { next, at } = version === 4 ? { next: bytes[9], at: ip } : upperLayer(bytes);
  const length = bytes.length - at;
  if (length < HEADER.UPPER + 16) return undefined;
  const kind = kindOf(next, bytes[at]);
  if (kind === undefined || !lengthFits(view, version, bytes.length)) return undefined;
  if (kind === "request" && at !== ip) return undefined; // the core answers those
  // RFC 768: over IPv4 a zero says that there is no checksum.
  const unsummed = next === Protocol.UDP && version === 4 && view.getUint16(at + 6) === 0;
  const sum = sumWords(view, at, length) + pseudo(view, ip, next, length);
  if (!unsummed && fold(sum) !== 0xffff) return undefined;
  const payload = at + HEADER.UPPER;
  if (view.getUint32(payload) !== MAGIC) return undefined;
  return {
    kind,
    flow: view.getUint32(payload + 4),
    direction: view.getUint32(payload + 8),
    sequence: view.getUint32(payload + 12),
  };
}

function kindOf(protocol: number, type: number): Probe["kind"] | undefined {
  if (protocol === Protocol.UDP) return "udp";
  if (protocol === Protocol.ICMP) return type === Type.REQUEST ? "request" : type === Type.REPLY ? "reply" : undefined;
  if (protocol === Protocol.ICMP6)
    return type === Type.REQUEST6 ? "request" : type === Type.REPLY6 ? "reply" : undefined;
  return undefined;
}

function lengthFits(view: DataView, version: number, length: number): boolean {
  if (version === 4) return view.getUint16(2) === length;
  return version === 6 && view.getUint16(4) === length - HEADER.IP6;
}

/** Turns an echo request into its reply: a copy. */
export function echoReply(request: Uint8Array): Uint8Array {
  const reply = request.slice();
  const view = new DataView(reply.buffer);
  const is4 = reply[0] >> 4 === 4;
  const [at, size, ip] = is4 ? [12, 4, HEADER.IP4] : [8, 16, HEADER.IP6];
  reply.set(request.subarray(at + size, at + 2 * size), at);
  reply.set(request.subarray(at, at + size), at + size);
  reply[ip] = is4 ? Type.REPLY : Type.REPLY6;
  view.setUint16(ip + 2, 0);
  const length = reply.length - ip;
  const sum = sumWords(view, ip, length) + pseudo(view, ip, is4 ? Protocol.ICMP : Protocol.ICMP6, length);
  view.setUint16(ip + 2, ~fold(sum) & 0xffff);
  return reply;
}

/** The answer to a UDP request: from where it went, or from another address of this host, with so many bytes of payload. */
export function answerTo(request: Uint8Array, probe: Probe, size: number, from?: Uint8Array): Uint8Array {
  const is4 = request[0] >> 4 === 4;
  const asked = is4 ? request.subarray(16, 20) : request.subarray(24, 40);
  return new Template("udp", from ?? asked, sourceOf(request), probe.flow, Way.ANSWER, size).at(probe.sequence);
}

/** Ports of a UDP packet. */
export function portsOf(packet: Uint8Array): { source: number; destination: number } {
  const at = packet[0] >> 4 === 4 ? HEADER.IP4 : upperLayer(packet).at;
  const word = (from: number) => (packet[from] << 8) | packet[from + 1];
  return { source: word(at), destination: word(at + 2) };
}

/**
 * What a UDP payload of a flow in an IPv6 packet says, as somebody reads it on the way: whatever headers are in front, no checksum is
 * looked at. Undefined where it is none, or hidden, or a fragment.
 */
export function probeOnWay(packet: Uint8Array): Omit<Probe, "kind"> | undefined {
  if (packet.length < HEADER.IP6 || packet[0] >> 4 !== 6) return undefined;
  const { next, at } = upperLayer(packet);
  const payload = at + HEADER.UPPER;
  if (next !== Protocol.UDP || packet.length < payload + 16) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset + payload, 16);
  if (view.getUint32(0) !== MAGIC) return undefined;
  return { flow: view.getUint32(4), direction: view.getUint32(8), sequence: view.getUint32(12) };
}

/** Behind the extension headers that have a length of their own in front of the upper layer: its number and where it begins. */
export function upperLayer(packet: Uint8Array): { next: number; at: number } {
  let next = packet[6];
  let at = HEADER.IP6;
  while (EXTENSIONS.has(next) && at + 8 <= packet.length) {
    next = packet[at];
    at += 8 * (packet[at + 1] + 1);
  }
  return { next, at };
}

/** Source address of a packet: 4 or 16 bytes, a copy. */
export function sourceOf(packet: Uint8Array): Uint8Array {
  return packet[0] >> 4 === 4 ? packet.slice(12, 16) : packet.slice(8, 24);
}

/** Sum of the pseudo header (RFC 793 §3.1, RFC 8200 §8.1); ICMP over IPv4 has none. `ip`: bytes of the IP header. */
function pseudo(view: DataView, ip: number, protocol: number, length: number): number {
  if (protocol === Protocol.ICMP) return 0;
  return (ip === HEADER.IP4 ? sumWords(view, 12, 8) : sumWords(view, 8, 32)) + protocol + length;
}

function sumWords(view: DataView, at: number, length: number): number {
  const end = at + (length & ~1);
  let sum = 0;
  for (let i = at; i < end; i += 2) sum += view.getUint16(i);
  return length & 1 ? sum + (view.getUint8(end) << 8) : sum;
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
}
