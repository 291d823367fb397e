// Packets for the bench and for the fuzzer's seeds, written from the RFCs and without the project's own wire code, so that an
// error there is not repeated here.

/** Upper-layer numbers, https://www.iana.org/assignments/protocol-numbers. */
export const Protocol = {
  HOP_BY_HOP: 0,
  ICMP4: 1,
  IP4: 4,
  TCP: 6,
  UDP: 17,
  IP6: 41,
  ROUTING: 43,
  FRAGMENT: 44,
  ICMP6: 58,
  OPTIONS: 60,
  MH: 135,
};

export const ETHER = 14;
export const IP6 = 40;

/** The link address of port `n` of the subject; native/lwip.c has the same. */
export function portMac(n: number): Uint8Array {
  return Uint8Array.of(2, 0, 0, 0, 0, 0x10 + n);
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Big-endian scalars: `be(16, value)`. */
export function be(bits: 8 | 16 | 32, ...values: number[]): Uint8Array {
  const size = bits / 8;
  const bytes = new Uint8Array(values.length * size);
  values.forEach((value, i) => {
    for (let k = 0; k < size; k++) bytes[i * size + k] = value >>> (8 * (size - 1 - k));
  });
  return bytes;
}

/** Little-endian scalars, as the values of messages have them. */
export function le(bits: 16 | 32, ...values: number[]): Uint8Array {
  const size = bits / 8;
  const bytes = new Uint8Array(values.length * size);
  values.forEach((value, i) => {
    for (let k = 0; k < size; k++) bytes[i * size + k] = value >>> (8 * k);
  });
  return bytes;
}

/** Ethernet II; the type is read from the packet's version. */
export function ether(destination: Uint8Array, source: Uint8Array, packet: Uint8Array): Uint8Array {
  return concat(destination, source, be(16, packet[0] >> 4 === 6 ? 0x86dd : 0x0800), packet);
}

/** IPv6 header, RFC 8200 §3, in front of a payload. */
export function ip6(
  source: Uint8Array,
  destination: Uint8Array,
  next: number,
  payload: Uint8Array,
  hopLimit = 64,
): Uint8Array {
  return concat(be(32, 0x60000000), be(16, payload.length), be(8, next, hopLimit), source, destination, payload);
}

/** IPv4 header without options, RFC 791 §3.1: identification 0, DF or not. */
export function ip4(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  payload: Uint8Array,
  ttl = 64,
  dontFragment = true,
): Uint8Array {
  const header = concat(
    be(16, 0x4500, 20 + payload.length, 0, dontFragment ? 0x4000 : 0),
    be(8, ttl, protocol),
    be(16, 0),
    source,
    destination,
  );
  header.set(be(16, checksum(header)), 10);
  return concat(header, payload);
}

/** UDP with its checksum over an IPv4 or IPv6 pseudo-header, RFC 768, RFC 8200 §8.1. */
export function udp(
  source: Uint8Array,
  destination: Uint8Array,
  ports: [number, number],
  data: Uint8Array,
): Uint8Array {
  const datagram = concat(be(16, ports[0], ports[1], 8 + data.length, 0), data);
  datagram.set(be(16, upperChecksum(source, destination, Protocol.UDP, datagram) || 0xffff), 6);
  return datagram;
}

/** ICMPv6 message of type, code and body, RFC 4443 §2.1, with its checksum. */
export function icmp6(
  source: Uint8Array,
  destination: Uint8Array,
  type: number,
  code: number,
  body: Uint8Array,
): Uint8Array {
  const message = concat(be(8, type, code), be(16, 0), body);
  message.set(be(16, upperChecksum(source, destination, Protocol.ICMP6, message)), 2);
  return message;
}

/** Mobility Header, RFC 6275 §6.1.1, payload protocol 59; `data` is padded to whole units of 8. */
export function mobility(source: Uint8Array, destination: Uint8Array, type: number, data: Uint8Array): Uint8Array {
  const size = (6 + data.length + 7) & ~7;
  const header = concat(be(8, 59, size / 8 - 1, type, 0), be(16, 0), data, new Uint8Array(size - 6 - data.length));
  header.set(be(16, upperChecksum(source, destination, Protocol.MH, header)), 4);
  return header;
}

/** Checksum of an upper layer with the pseudo-header of RFC 8200 §8.1 (for IPv4 the sum is the same over 4-byte addresses). */
export function upperChecksum(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  payload: Uint8Array,
): number {
  return checksum(concat(source, destination, be(32, payload.length, protocol), payload));
}

/** The Internet checksum, RFC 1071. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Router Advertisement (RFC 4861 §4.2) from a link-local address to all nodes, with its source link-layer address option. */
export function routerAdvertisement(
  source: Uint8Array,
  sourceMac: Uint8Array,
  lifetimeSeconds: number,
  options: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const body = concat(be(8, 64, 0), be(16, lifetimeSeconds), be(32, 0, 0), linkAddressOption(1, sourceMac), options);
  const packet = ip6(source, ALL_NODES, Protocol.ICMP6, icmp6(source, ALL_NODES, 134, 0, body), 255);
  return ether(Uint8Array.of(0x33, 0x33, 0, 0, 0, 1), sourceMac, packet);
}

/** Source (type 1) or target (type 2) link-layer address option, RFC 4861 §4.6.1. */
export function linkAddressOption(type: 1 | 2, mac: Uint8Array): Uint8Array {
  return concat(be(8, type, 1), mac);
}

/** Prefix information option, RFC 4861 §4.6.2. */
export function prefixOption(prefix: Uint8Array, length: number, flags: number, lifetimeSeconds: number): Uint8Array {
  return concat(be(8, 3, 4, length, flags), be(32, lifetimeSeconds, lifetimeSeconds, 0), prefix);
}

/** Neighbour Advertisement, RFC 4861 §4.4, solicited and overriding, for the sender's own address. */
export function neighbourAdvertisement(
  target: Uint8Array,
  targetMac: Uint8Array,
  destination: Uint8Array,
  destinationMac: Uint8Array,
): Uint8Array {
  const body = concat(be(32, 0x60000000), target, linkAddressOption(2, targetMac));
  const packet = ip6(target, destination, Protocol.ICMP6, icmp6(target, destination, 136, 0, body), 255);
  return ether(destinationMac, targetMac, packet);
}

/** Neighbour Solicitation, RFC 4861 §4.3, sent to the target itself; tells the target the sender's link-layer address. */
export function neighbourSolicitation(
  source: Uint8Array,
  sourceMac: Uint8Array,
  target: Uint8Array,
  targetMac: Uint8Array,
): Uint8Array {
  const body = concat(be(32, 0), target, linkAddressOption(1, sourceMac));
  return ether(targetMac, sourceMac, ip6(source, target, Protocol.ICMP6, icmp6(source, target, 135, 0, body), 255));
}

const ALL_NODES = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
