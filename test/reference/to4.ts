/** IPv6 → IPv4, RFC 7915 §5, for one host behind the translator: readable, whole checksums, nothing in place. */
import { errorTo4, mtuTo4, pointerTo4 } from "./icmp-tables.js";
import { bytes, get32, ICMP4, ICMP6, type Ip4, type Ip6, readIp6, u16, writeIp4 } from "./ip.js";
import { readdressed, replaced } from "./quoted.js";
import { faults, pseudo, seal } from "./upper.js";
import { drop, type Outcome, problem, type World } from "./world.js";

interface Ends {
  src: Uint8Array;
  dst: Uint8Array;
}
/** §5.1: up to this size, as IPv4, a packet may be cut further on. */
const MAY_BE_CUT = 1260;

/**
 * What becomes of a packet for the host; fragments were put together before, `reassembled` says so. The identification of
 * what comes out is 0 where the RFC leaves it to the translator.
 */
export function translateTo4(packet: Uint8Array, world: World, reassembled = false): Outcome {
  const ip = readIp6(packet);
  if (!ip) return drop("not IPv6");
  const dst = world.known4(ip.dst);
  if (!dst) return drop("not for the host");
  const sized = packet.subarray(0, 40 + ip.payloadLength);
  if (faults(sized).length > 0) return drop("a wrong upper layer");
  const refuse = (type: number, code: number, word = 0) =>
    ip.next === ICMP6 && ip.payload[0] < 128 ? drop(`would be error ${type}`) : problem(type, code, word);
  if (ip.hopLimit <= 1) return refuse(3, 0);
  if (ip.next === ICMP4 || ip.next === 2 || ip.next === 135) return drop("a number with another meaning");
  const isError = ip.next === ICMP6 && ip.payload[0] < 128;
  const src = isError ? (world.known4(ip.src) ?? world.gateway) : world.to4(ip.src);
  if (!src) return drop("no address for the source");
  const upper = upperTo4(ip, { src, dst }, world);
  if (!upper) return drop("an upper layer that has no translation");
  const protocol = ip.next === ICMP6 ? ICMP4 : ip.next;
  const head = { src, dst, tos: ip.trafficClass, ttl: ip.hopLimit - 1, protocol, id: (ip.fragment?.id ?? 0) & 0xffff };
  const cuttable = reassembled || ip.fragment !== undefined;
  const size = 20 + upper.length;
  if (size > world.mtu4 && !cuttable) return refuse(2, 0, world.mtu4 + 20);
  if (size <= world.mtu4) {
    return { packets: [writeIp4({ ...head, df: !cuttable && size > MAY_BE_CUT, payload: upper })] };
  }
  return { packets: cut(head, upper, world.mtu4) };
}

function cut(head: Partial<Ip4> & Ends & { protocol: number }, upper: Uint8Array, mtu: number): Uint8Array[] {
  const most = (mtu - 20) & ~7;
  const packets: Uint8Array[] = [];
  for (let at = 0; at < upper.length; at += most) {
    const mf = at + most < upper.length;
    packets.push(writeIp4({ ...head, mf, offset: at, payload: upper.slice(at, at + most) }));
  }
  return packets;
}

function upperTo4(ip: Ip6, to: Ends, world: World): Uint8Array | undefined {
  if (ip.next !== ICMP6) return seal(to, ip.next, ip.payload);
  const [type, code] = ip.payload;
  if (type === 128 || type === 129) {
    return seal(to, ICMP4, bytes(Uint8Array.of(type === 128 ? 8 : 0, code), ip.payload.slice(2)));
  }
  const told = errorTo4(type, code);
  const quoted = readIp6(ip.payload.slice(8), true);
  const word = icmpWord(ip, world);
  if (!told || !quoted || !word) return undefined;
  if (String(quoted.src) !== String(ip.dst)) return undefined; // not about a packet of the host
  const inner = quotedTo4(quoted, world);
  return inner && seal(to, ICMP4, bytes(Uint8Array.of(told.type, told.code, 0, 0), word, inner));
}

/** The second word of a translated error: MTU or pointer; undefined where there is none. */
function icmpWord(ip: Ip6, world: World): Uint8Array | undefined {
  const [type, code] = ip.payload;
  const told = errorTo4(type, code);
  if (!told) return undefined;
  if (type === 2) return bytes(u16(0), u16(mtuTo4(get32(ip.payload, 4), world.mtu6, world.mtu4)));
  if (told.type !== 12) return bytes(u16(0), u16(0));
  const pointer = pointerTo4(get32(ip.payload, 4));
  return pointer === undefined ? undefined : Uint8Array.of(pointer, 0, 0, 0);
}

/** §5.3: the quoted packet, which the host sent. Only the first embedded header is translated. */
function quotedTo4(ip: Ip6, world: World): Uint8Array | undefined {
  const src = world.known4(ip.src);
  const dst = world.known4(ip.dst);
  if (!src || !dst) return undefined;
  const fragment = ip.fragment;
  const length = ip.payloadLength - (fragment ? 8 : 0);
  const totalLength = length + 20;
  const df = !fragment && totalLength > MAY_BE_CUT;
  const cutInfo = fragment ? { id: fragment.id & 0xffff, mf: fragment.more, offset: fragment.offset } : { df };
  const head = { src, dst, tos: ip.trafficClass, ttl: ip.hopLimit, totalLength, ...cutInfo };
  const later = fragment !== undefined && fragment.offset > 0;
  if (ip.next !== ICMP6) {
    const payload = later ? ip.payload : readdressed(ip.payload, ip.next, ip, { src, dst });
    return writeIp4({ ...head, protocol: ip.next, payload });
  }
  const turned = { 128: 8, 129: 0 }[ip.payload[0]];
  if (fragment || turned === undefined) return undefined;
  const first = (type: number) => Uint8Array.of(type, ip.payload[1] ?? 0);
  const upper = bytes(Uint8Array.of(turned), ip.payload.slice(1));
  const payload = replaced(upper, 2, bytes(first(ip.payload[0]), pseudo(ip, ICMP6, length)), first(turned));
  return writeIp4({ ...head, protocol: ICMP4, payload });
}
