/**
 * The anycast identifier as docs/anycast-identifier.md says it (§2): finding the option in a packet, putting it in, taking it out, and the
 * authenticator. Readable, slow, written from the document alone. Packets are whole IPv6 packets, numbers big-endian.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { bytes, FRAGMENT, get16, ICMP6, UDP, u16, u32, with16 } from "./ip.js";

const OPTION = 0x1e;
const HOP_BY_HOP = 0;
const ROUTING = 43;
const AH = 51;
const OPTIONS = 60;
const HOME_ADDRESS = 0xc9;

export const PLAIN = 1;
export const AUTHENTICATED = 2;
export const REQUEST = 3;

export interface Identifier {
  form: number;
  /** 0 in the plain form. */
  keyId: number;
  /** S; in a request it is the packet's destination. */
  anycast?: Uint8Array;
  /** 8 bytes, and 16 of authenticator: of the forms 2 and 3. */
  nonce?: Uint8Array;
  authenticator?: Uint8Array;
}

export interface Key {
  id: number;
  secret: Uint8Array;
}

/** The bytes of each form's header (§2). */
const LENGTH: Record<number, number> = { [PLAIN]: 24, [AUTHENTICATED]: 48, [REQUEST]: 32 };

/** The option's data up to the authenticator, which is what it covers first (§2.1). */
function proven(id: Identifier): Uint8Array {
  const none = new Uint8Array(0);
  const anycast = id.form === REQUEST ? none : id.anycast!;
  return bytes(Uint8Array.of(0x10 | id.form, 0), u16(id.keyId), anycast, id.form === PLAIN ? none : id.nonce!);
}

/** The Destination Options header in front of an upper layer of this protocol. */
export function header(protocol: number, id: Identifier): Uint8Array {
  const data = bytes(proven(id), id.authenticator ?? new Uint8Array(0));
  return bytes(Uint8Array.of(protocol, (data.length + 4) / 8 - 1, OPTION, data.length), data);
}

/** §2.1; `server` is S in a request and U in an answer. */
export function authenticator(
  secret: Uint8Array,
  id: Identifier,
  client: Uint8Array,
  server: Uint8Array,
  protocol: number,
  upper: Uint8Array,
): Uint8Array {
  const covered = [proven(id), client, server, u32(upper.length), u32(protocol), upper];
  return Uint8Array.from(
    createHmac("sha256", secret)
      .update(bytes(...covered))
      .digest()
      .subarray(0, 16),
  );
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** What the walk over a packet's extension headers found. */
export interface Walked {
  /** Undefined: the chain does not reach it (a later fragment, a header that is cut). */
  protocol?: number;
  /** Where the upper layer begins. */
  upperAt: number;
  /** Of the byte that names the upper layer, or the header with the identifier if there is one. */
  named: number;
  /** A well-formed option, and where its header begins. */
  identifier?: Identifier;
  headerAt: number;
  malformed: boolean;
  /** An option goes beyond its header: no host looks any further. */
  unreadable: boolean;
  /** Of the first Fragment header. */
  fragment?: { offset: number; more: boolean };
  /** Addresses of the ends: with a Home Address option or a type 2 routing header not those of the base header. */
  source: Uint8Array;
  destination: Uint8Array;
}

interface Place {
  header: number;
  offset: number;
  /** -1 when it goes beyond its header. */
  end: number;
  kind: number;
}

/** Bytes of the upper layer that a first fragment must have (§5.2). */
const LEAST = 8;

export function walk(packet: Uint8Array): Walked {
  const found: Walked = {
    upperAt: 40,
    named: 6,
    headerAt: 0,
    malformed: false,
    unreadable: false,
    source: packet.slice(8, 24),
    destination: packet.slice(24, 40),
  };
  const places: Place[] = [];
  let next = packet[6];
  let at = 40;
  let named = 6;
  const finish = (): Walked => {
    found.named = named;
    found.upperAt = at;
    if (places.length > 0) settle(packet, found, places);
    return found;
  };
  /** A header that is not there as a whole: a first fragment is too short, anything else malformed (§5.2). */
  const cut = (): Walked => {
    found.malformed ||= !found.fragment?.more;
    return finish();
  };
  while ([HOP_BY_HOP, OPTIONS, ROUTING, FRAGMENT, AH].includes(next)) {
    if (at + 8 > packet.length) return cut();
    const size = next === FRAGMENT ? 8 : next === AH ? (packet[at + 1] + 2) * 4 : (packet[at + 1] + 1) * 8;
    if (at + size > packet.length || (next === AH && (size < 16 || size % 8 !== 0))) return cut();
    if (next === FRAGMENT) {
      found.malformed ||= found.fragment !== undefined;
      const word = get16(packet, at + 2);
      const fragment = { offset: word & 0xfff8, more: (word & 1) !== 0 };
      found.fragment ??= fragment;
      if (fragment.offset > 0) return finish();
    }
    if (next === OPTIONS || next === HOP_BY_HOP) places.push(...options(packet, at, size, next, found));
    if (next === ROUTING && packet[at + 2] === 2 && size === 24) found.destination = packet.slice(at + 8, at + 24);
    named = at;
    next = packet[at];
    at += size;
  }
  if (at + LEAST <= packet.length) found.protocol = next;
  else if (places.length > 0) return cut();
  return finish();
}

/** The options of our type in one header; takes note of a home address. */
function options(packet: Uint8Array, header: number, size: number, kind: number, found: Walked): Place[] {
  const places: Place[] = [];
  for (let at = header + 2; at < header + size; ) {
    const type = packet[at];
    const end = type === 0 ? at + 1 : at + 2 + (packet[at + 1] ?? 0);
    const beyond = end > header + size || (type !== 0 && at + 1 === header + size);
    if (type === OPTION) places.push({ header, offset: at - header, end: beyond ? -1 : end - header, kind });
    if (beyond) {
      found.unreadable = true;
      break;
    }
    if (type === HOME_ADDRESS && end - at === 18) found.source = packet.slice(at + 2, end);
    at = end;
  }
  return places;
}

/** One option of our type or more: the identifier, or malformed. */
function settle(packet: Uint8Array, found: Walked, places: Place[]): void {
  const [place] = places;
  const size = found.upperAt - place.header;
  const last = place.header === found.named && [UDP, ICMP6].includes(packet[place.header]);
  const alone = places.length === 1 && place.kind === OPTIONS && place.offset === 2 && place.end === size;
  const head = packet.subarray(place.header, found.upperAt);
  const form = head[4] & 15;
  const keyId = get16(head, 6);
  const right = head[4] >>> 4 === 1 && head[5] === 0 && size === LENGTH[form] && (form === PLAIN) === (keyId === 0);
  const anycast = form === REQUEST ? undefined : head.slice(8, 24);
  if (!last || !alone || !right || (anycast && !isUnicast(anycast))) {
    found.malformed = true;
    return;
  }
  const at = form === REQUEST ? 8 : 24;
  const proof = form === PLAIN ? {} : { nonce: head.slice(at, at + 8), authenticator: head.slice(at + 8, at + 24) };
  found.identifier = { form, keyId, anycast, ...proof };
  found.headerAt = place.header;
  found.named = nameOf(packet, place.header);
}

/** Where the next header field is that names the header at `header`. */
function nameOf(packet: Uint8Array, header: number): number {
  let named = 6;
  for (let at = 40; at < header; ) {
    const kind = packet[named];
    named = at;
    at += kind === FRAGMENT ? 8 : kind === AH ? (packet[at + 1] + 2) * 4 : (packet[at + 1] + 1) * 8;
  }
  return named;
}

/** Neither multicast, unspecified, loopback nor link-local. */
function isUnicast(address: Uint8Array): boolean {
  const low = address.subarray(0, 15).every((byte) => byte === 0) && address[15] <= 1;
  return address[0] !== 0xff && !low && !(address[0] === 0xfe && (address[1] & 0xc0) === 0x80);
}

/** The packet with its identifier's header in front of the upper layer. It must have none. */
export function insert(packet: Uint8Array, id: Identifier): Uint8Array {
  const { named, upperAt, protocol } = walk(packet);
  const grown = bytes(packet.subarray(0, upperAt), header(protocol!, id), packet.subarray(upperAt));
  grown[named] = OPTIONS;
  return with16(grown, 4, grown.length - 40);
}

/** The packet without its identifier's header. */
export function remove(packet: Uint8Array): Uint8Array {
  const { named, headerAt, upperAt, protocol } = walk(packet);
  const shrunk = bytes(packet.subarray(0, headerAt), packet.subarray(upperAt));
  shrunk[named] = protocol!;
  return with16(shrunk, 4, shrunk.length - 40);
}

/** Another source address; the checksum of UDP or ICMPv6 is corrected (RFC 1624), so that a wrong one stays wrong. */
export function resource(packet: Uint8Array, source: Uint8Array): Uint8Array {
  const { upperAt, protocol } = walk(packet);
  const at = upperAt + (protocol === UDP ? 6 : 2);
  let sum = ~get16(packet, at) & 0xffff;
  for (let i = 0; i < 16; i += 2) sum += (~get16(packet, 8 + i) & 0xffff) + get16(source, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  const value = ~sum & 0xffff;
  const changed = with16(packet, at, protocol === UDP && value === 0 ? 0xffff : value);
  changed.set(source, 8);
  return changed;
}

const ECHO_REQUEST = 128;
const ECHO_REPLY = 129;

/** Who talks to whom, from the client's side: the same for a request and its answer. */
export interface Flow {
  request: boolean;
  answer: boolean;
  protocol: number;
  /** The client's port, the server's port; of an echo identifier and sequence number. */
  client: number;
  server: number;
}

/** The flow of a UDP datagram or an echo message; undefined for anything else. A datagram is judged by who asks for it: `toServer`. */
export function flowOf(packet: Uint8Array, walked: Walked, toServer: boolean): Flow | undefined {
  const upper = packet.subarray(walked.upperAt);
  if (walked.protocol === UDP) {
    const ports = [get16(upper, 0), get16(upper, 2)];
    const [client, server] = toServer ? ports : ports.reverse();
    return { request: toServer, answer: !toServer, protocol: UDP, client, server };
  }
  const echo = upper[0] === ECHO_REQUEST || upper[0] === ECHO_REPLY;
  if (walked.protocol !== ICMP6 || !echo || upper.length < 8) return undefined;
  const [client, server] = [get16(upper, 4), get16(upper, 6)];
  const request = upper[0] === ECHO_REQUEST;
  return { request, answer: !request, protocol: ICMP6, client, server };
}
