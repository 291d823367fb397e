/** Packets that a mobile node meets, written out by hand from the RFCs: nothing here uses the code under test. */
import { parseIp6 } from "../../../host-sim/core/address.js";

export type Bytes = Uint8Array;
export const addr = (text: string): Bytes => parseIp6(text);
export const hex = (text: string): Bytes => Uint8Array.from(Buffer.from(text.replace(/[\s:]/g, ""), "hex"));
export const cat = (...parts: (Bytes | number[])[]): Bytes => Uint8Array.from(parts.flatMap((p) => [...p]));
export const be16 = (v: number): number[] => [(v >> 8) & 255, v & 255];
export const be32 = (v: number): number[] => [...be16(Math.floor(v / 65536)), ...be16(v % 65536)];
export const mac = (n: number): Bytes => Uint8Array.of(2, 0, 0, 0, 0, n);

/** Ones' complement sum of a pseudo-header and a message, RFC 8200 §8.1, with the checksum field as it is. */
function checksum(src: Bytes, dst: Bytes, next: number, message: Bytes): number {
  const all = cat(src, dst, be32(message.length), [0, 0, 0, next], message, message.length % 2 ? [0] : []);
  let sum = 0;
  for (let i = 0; i < all.length; i += 2) sum += all[i] * 256 + all[i + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}
/** The message with its checksum at `at` filled in; `src` and `dst` as the final receiver sees them. */
export function sealed(message: Bytes, at: number, next: number, src: string, dst: string): Bytes {
  const out = Uint8Array.from(message);
  out.set(be16(checksum(addr(src), addr(dst), next, message)), at);
  return out;
}
export function ip6(src: string, dst: string, next: number, payload: Bytes, hops = 64): Bytes {
  return cat([0x60, 0, 0, 0], be16(payload.length), [next, hops], addr(src), addr(dst), payload);
}
export function ether(to: Bytes, from: Bytes, packet: Bytes): Bytes {
  return cat(to, from, [0x86, 0xdd], packet);
}
const icmp = (src: string, dst: string, body: number[] | Bytes): Bytes =>
  sealed(Uint8Array.from(body), 2, 58, src, dst);

export interface RaOptions {
  /** `prefix/length flags`: `2001:db8:1::/64 LA`, R with the router's own address. */
  prefixes?: string[];
  mac?: Bytes;
  lifetime?: number;
  intervalMs?: number;
  homeAgent?: boolean;
}
/** Router Advertisement to all nodes. */
export function ra(router: string, o: RaOptions): Bytes {
  const options = (o.prefixes ?? []).map((text) => {
    const [, prefix, length, flags] = /^(.*)\/(\d+) (\w*)$/.exec(text)!;
    const bits = (flags.includes("L") ? 0x80 : 0) | (flags.includes("A") ? 0x40 : 0) | (flags.includes("R") ? 0x20 : 0);
    return cat([3, 4, Number(length), bits], be32(86400), be32(14400), be32(0), addr(prefix));
  });
  if (o.mac) options.unshift(cat([1, 1], o.mac));
  if (o.intervalMs) options.push(cat([7, 1, 0, 0], be32(o.intervalMs)));
  const head = cat([134, 0, 0, 0, 64, o.homeAgent ? 0x20 : 0], be16(o.lifetime ?? 1800), be32(0), be32(0));
  return ip6(router, "ff02::1", 58, icmp(router, "ff02::1", cat(head, ...options)), 255);
}
/** Neighbour Advertisement; flags R 0x80, S 0x40, O 0x20. */
export function na(src: string, dst: string, target: string, flags: number, lla?: Bytes): Bytes {
  const body = cat([136, 0, 0, 0, flags, 0, 0, 0], addr(target), lla ? cat([2, 1], lla) : []);
  return ip6(src, dst, 58, icmp(src, dst, body), 255);
}
export function ns(src: string, dst: string, target: string, lla?: Bytes): Bytes {
  const body = cat([135, 0, 0, 0, 0, 0, 0, 0], addr(target), lla ? cat([1, 1], lla) : []);
  return ip6(src, dst, 58, icmp(src, dst, body), 255);
}
/** Type 2 routing header that leads to `home`, RFC 6275 §6.4. */
const routing2 = (next: number, home: string): Bytes => cat([next, 2, 2, 1, 0, 0, 0, 0], addr(home));

export interface BaOptions {
  agent: string;
  home: string;
  /** Absent: sent to the home address itself. */
  coa?: string;
  status?: number;
  seq: number;
  lifetime: number;
  /** Refresh advice, units of 4 s. */
  advice?: number;
  /** Mobility options instead of padding, a multiple of 8 less 4 bytes long. */
  options?: number[];
}
/** A mobility header to a mobile node, by a type 2 routing header when `coa` is given. */
export function mobility(agent: string, home: string, coa: string | undefined, message: Bytes): Bytes {
  const mh = sealed(message, 4, 135, agent, home);
  return coa ? ip6(agent, coa, 43, cat(routing2(135, home), mh)) : ip6(agent, home, 135, mh);
}
export function ba(o: BaOptions): Bytes {
  const options = o.options ?? (o.advice === undefined ? [1, 2, 0, 0] : [2, 2, ...be16(o.advice)]);
  const length = (12 + options.length) / 8 - 1;
  const message = cat([59, length, 6, 0, 0, 0, o.status ?? 0, 0], be16(o.seq), be16(o.lifetime), options);
  return mobility(o.agent, o.home, o.coa, message);
}
export const brr = (agent: string, home: string, coa: string): Bytes =>
  mobility(agent, home, coa, cat([59, 0, 0, 0, 0, 0, 0, 0]));
/** Binding Error to the care-of address. */
export const bindingError = (agent: string, coa: string, home: string, status: number): Bytes =>
  ip6(agent, coa, 135, sealed(cat([59, 2, 7, 0, 0, 0, status, 0], addr(home)), 4, 135, agent, coa));
/** Home agent address discovery reply. */
export const dhaadReply = (src: string, dst: string, id: number, agents: string[]): Bytes =>
  ip6(src, dst, 58, icmp(src, dst, cat([145, 0, 0, 0], be16(id), [0, 0], ...agents.map(addr))));
/** Mobile Prefix Advertisement with a prefix of the home link. */
export function mpa(agent: string, coa: string, home: string, id: number, prefix: string, preferredS: number): Bytes {
  const option = cat([3, 4, 64, 0xc0], be32(86400), be32(preferredS), be32(0), addr(prefix));
  const message = icmp(agent, home, cat([147, 0, 0, 0], be16(id), [0, 0], option));
  return ip6(agent, coa, 43, cat(routing2(58, home), message));
}
/** ICMPv6 error about a packet. */
export const icmpError = (src: string, dst: string, type: number, code: number, word: number, packet: Bytes): Bytes =>
  ip6(src, dst, 58, icmp(src, dst, cat([type, code, 0, 0], be32(word), packet)));
/** Echo Request. */
export const echo = (src: string, dst: string, id: number, seq: number): Bytes =>
  ip6(src, dst, 58, icmp(src, dst, cat([128, 0, 0, 0], be16(id), be16(seq), [1, 2, 3, 4])));
export function udp(src: string, dst: string, from: number, to: number, data: Bytes): Bytes {
  const message = cat(be16(from), be16(to), be16(8 + data.length), [0, 0], data);
  return ip6(src, dst, 17, sealed(message, 6, 17, src, dst));
}
/** A SYN with an MSS option. */
export function syn(src: string, dst: string, mss: number): Bytes {
  const message = cat(be16(1000), be16(80), be32(1), be32(0), [0x60, 2, 0xff, 0xff, 0, 0, 0, 0], [2, 4], be16(mss));
  return ip6(src, dst, 6, sealed(message, 16, 6, src, dst));
}
export const tunnel = (src: string, dst: string, packet: Bytes): Bytes => ip6(src, dst, 41, packet);
