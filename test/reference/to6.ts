/** IPv4 → IPv6, RFC 7915 §4, for one host behind the translator: readable, whole checksums, nothing in place. */
import { errorTo6, mtuTo6, pointerTo6 } from "./icmp-tables.js";
import { bytes, get16, ICMP4, ICMP6, type Ip4, type Ip6, readIp4, TCP, UDP, u32, writeIp6 } from "./ip.js";
import { readdressed, replaced } from "./quoted.js";
import { faults, pseudo, seal } from "./upper.js";
import { drop, type Outcome, problem, type World } from "./world.js";

/** What leaves is at most this long where the sender lets it be cut (§4). */
const FRAGMENT_SIZE = 1280;

interface Ends {
  src: Uint8Array;
  dst: Uint8Array;
}

/** What becomes of a packet that the host sends. */
export function translateTo6(packet: Uint8Array, world: World): Outcome {
  const ip = readIp4(packet);
  if (!ip) return drop("not IPv4");
  const refuse = (type: number, code: number | undefined, word = 0) =>
    ip.offset > 0 || isUnanswered(ip) ? drop(`would be error ${type}`) : problem(type, code, word);
  const src = world.to6(ip.src);
  if (!src) return drop("not its source");
  if (unexpiredSourceRoute(ip.options)) return refuse(3, 5);
  if (ip.ttl <= 1) return refuse(11, 0);
  const dst = world.to6(ip.dst);
  if (!dst) return refuse(3, undefined);
  const whole = !ip.mf && ip.offset === 0;
  if (ip.protocol === ICMP4 && !whole) return drop("a fragment of ICMP");
  if ([0, 43, 44, 58, 60, 135].includes(ip.protocol)) return drop("a number with another meaning");
  const length = ip.payload.length;
  if (!whole && (length === 0 || (ip.mf && length % 8 > 0) || ip.offset + length > 65535))
    return drop("a bad fragment");
  if (ip.offset === 0 && length < least(ip.protocol)) return drop("a short upper layer");
  if (whole && faults(packet.subarray(0, ip.totalLength)).length > 0) return drop("a wrong upper layer");
  const upper = upperTo6(ip, { src, dst }, whole, world);
  if (!upper) return drop("an upper layer that has no translation");
  const next = ip.protocol === ICMP4 ? ICMP6 : ip.protocol;
  const head = { src, dst, trafficClass: ip.tos, hopLimit: ip.ttl - 1, next };
  const size = 40 + upper.length;
  if (whole && ip.df && size > world.mtu6) return refuse(3, 4, world.mtu6 - 20);
  if (whole && (ip.df || size <= FRAGMENT_SIZE)) return { packets: [writeIp6({ ...head, payload: upper })] };
  return { packets: cut(head, upper, ip) };
}

/** §4.1: fragments carry the identification in the low half of IPv6's. */
function cut(head: Pick<Ip6, "src" | "dst" | "trafficClass" | "hopLimit" | "next">, upper: Uint8Array, ip: Ip4) {
  const most = FRAGMENT_SIZE - 48;
  const packets: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < upper.length; at += most) {
    const more = ip.mf || at + most < upper.length;
    const fragment = { id: ip.id, offset: ip.offset + at, more };
    packets.push(writeIp6({ ...head, fragment, payload: upper.slice(at, at + most) }));
  }
  return packets;
}

function upperTo6(ip: Ip4, to: Ends, whole: boolean, world: World): Uint8Array | undefined {
  if (ip.protocol === ICMP4) return icmpTo6(ip, to, world);
  if (whole) return seal(to, ip.protocol, ip.payload);
  if (ip.offset > 0) return ip.payload;
  // §4.5: the first fragment of a datagram without a checksum cannot be given one.
  if (ip.protocol === UDP && get16(ip.payload, 6) === 0) return undefined;
  return readdressed(ip.payload, ip.protocol, ip, to);
}

/** §4.2. */
function icmpTo6(ip: Ip4, to: Ends, world: World): Uint8Array | undefined {
  const [type, code] = ip.payload;
  if (type === 8 || type === 0) {
    return seal(to, ICMP6, bytes(Uint8Array.of(type === 8 ? 128 : 129, code), ip.payload.slice(2)));
  }
  const told = errorTo6(type, code);
  const quoted = readIp4(ip.payload.slice(8), true);
  if (!told || !quoted) return undefined;
  const inner = quotedTo6(quoted, world);
  const word = wordTo6(told.type, ip.payload, quoted, world);
  if (!inner || word === undefined) return undefined;
  const most = FRAGMENT_SIZE - 40 - 8;
  return seal(to, ICMP6, bytes(Uint8Array.of(told.type, told.code, 0, 0), u32(word), inner.slice(0, most)));
}

/** The second word of the message: MTU or pointer. */
function wordTo6(told: number, icmp: Uint8Array, quoted: Ip4, world: World): number | undefined {
  if (told === 2) return mtuTo6(get16(icmp, 6), quoted.totalLength, world.mtu6, world.mtu4);
  if (icmp[0] === 12) return pointerTo6(icmp[4]);
  return told === 4 ? 6 : 0;
}

/** §4.3: the quoted packet, which came from some IPv6 node to the host. Only the first embedded header is translated. */
function quotedTo6(ip: Ip4, world: World): Uint8Array | undefined {
  const src = world.known6(ip.src);
  const dst = world.known6(ip.dst);
  if (!src || !dst) return undefined;
  const fragmented = ip.mf || ip.offset > 0;
  const length = ip.totalLength - 20 - ip.options.length;
  const head = { src, dst, trafficClass: ip.tos, hopLimit: ip.ttl };
  const fragment = fragmented ? { id: ip.id, offset: ip.offset, more: ip.mf } : undefined;
  const payloadLength = length + (fragment ? 8 : 0);
  if (ip.protocol !== ICMP4) {
    const payload = ip.offset > 0 ? ip.payload : readdressed(ip.payload, ip.protocol, ip, { src, dst });
    return writeIp6({ ...head, fragment, next: ip.protocol, payloadLength, payload });
  }
  const turned = [129, 0, 0, 0, 0, 0, 0, 0, 128][ip.payload[0]];
  if (fragmented || !turned) return undefined;
  const first = (type: number) => Uint8Array.of(type, ip.payload[1] ?? 0);
  const upper = bytes(Uint8Array.of(turned), ip.payload.slice(1));
  const payload = replaced(upper, 2, first(ip.payload[0]), bytes(first(turned), pseudo({ src, dst }, ICMP6, length)));
  return writeIp6({ ...head, next: ICMP6, payloadLength, payload });
}

/** Bytes that the first fragment holds at least of TCP and UDP. */
function least(protocol: number): number {
  return { [TCP]: 20, [UDP]: 8 }[protocol] ?? 0;
}

/** Errors are not answered by errors (RFC 1122 §3.2.2), and what is silently dropped (§4.2) is not either: of ICMP only echo is. */
function isUnanswered(ip: Ip4): boolean {
  return ip.protocol === ICMP4 && ip.payload[0] !== 0 && ip.payload[0] !== 8;
}

/** RFC 791 §3.1: a loose or strict source route whose pointer is not behind its end. Broken options are no source route. */
function unexpiredSourceRoute(options: Uint8Array): boolean {
  for (let at = 0; at < options.length; ) {
    const type = options[at];
    if (type === 0) return false;
    const length = type === 1 ? 1 : options[at + 1];
    if (!(length >= 1) || (type !== 1 && length < 2) || at + length > options.length) return false;
    if ((type === 131 || type === 137) && options[at + 2] <= length) return true;
    at += length;
  }
  return false;
}
