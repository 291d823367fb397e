import { Verdict } from "../../abi/verdict";
import { addrCopy } from "../../base/addr";
import { put16 } from "../../base/bytes";
import { adjust, finish, pseudo6, sum } from "../../base/checksum";
import { dataStep } from "../../engine/events";
import { fragment6 } from "../../engine/fragment";
import { Packet } from "../../engine/packet";
import { isTranslating, runningProgram } from "../../tables/policy";
import { ownTranslation, Translation, translation4 } from "../../tables/translation";
import { Icmp4, Icmp4Type, Unreachable4 } from "../../wire/icmp4";
import { Icmp6Type } from "../../wire/icmp6";
import { Ip4, isHost4 } from "../../wire/ip4";
import { Ip6, Proto } from "../../wire/ip6";
import { Tcp } from "../../wire/tcp";
import { Udp } from "../../wire/udp";
import { dnsFromApplication } from "./dns";
import { error4, errorTo6 } from "./errors4";
import { isLiteral, mapFrom4 } from "./pools";

// IPv4 to IPv6, RFC 7915 §4: a packet from the application port, `ip` at its IPv4 header.

const ICMP: u32 = 1;
/** Largest IPv6 packet made of an IPv4 packet without DF, §4. */
const UNFRAGMENTED: i32 = 1280;

/** Translates in place and leaves `ip` at the IPv6 header: GO; HELD when it left in fragments; else a drop. */
export function to6(p: Packet): Verdict {
  const ip = Ip4.at(p.ip);
  if (!Ip4.ok(p.ip, <i32>(p.end - p.ip))) return Verdict.BAD_IP4;
  p.end = p.ip + <usize>ip.totalLen;
  p.at = p.ip + <usize>ip.headerLen;
  const own: Translation | null = isTranslating(runningProgram()) ? ownTranslation() : null;
  if (!own) {
    error4(p, Icmp4Type.UNREACHABLE, Unreachable4.NET, 0);
    return Verdict.NO_TRANSLATION;
  }
  if (load<u32>(ip.src) != own.ip4) return Verdict.BAD_SOURCE;
  const dst = load<u32>(ip.dst);
  if (!isHost4(dst)) return Verdict.BAD_DESTINATION;
  if (sourceRouted(p)) {
    error4(p, Icmp4Type.UNREACHABLE, Unreachable4.SOURCE_ROUTE, 0);
    return Verdict.UNTRANSLATABLE;
  }
  if (ip.ttl <= 1) {
    error4(p, Icmp4Type.TIME_EXCEEDED, 0, 0);
    return Verdict.HOP_LIMIT;
  }
  if (!translation4(dst) && !isLiteral(dst)) {
    error4(p, Icmp4Type.UNREACHABLE, Unreachable4.HOST, 0);
    return Verdict.NO_TRANSLATION;
  }
  const v = sound(p);
  if (v != Verdict.GO) return v;
  const icmp = Icmp4.at(p.at);
  if (ip.proto == ICMP && icmp.type != Icmp4Type.ECHO_REQUEST && icmp.type != Icmp4Type.ECHO_REPLY) {
    return errorTo6(p, changetype<usize>(own), dst);
  }
  const peer = mapFrom4(dst);
  if (!peer) {
    error4(p, Icmp4Type.UNREACHABLE, Unreachable4.HOST, 0);
    return Verdict.POOL_EXHAUSTED;
  }
  dataStep(514, changetype<usize>(own), changetype<usize>(peer));
  return dataTo6(p, changetype<usize>(own), changetype<usize>(peer));
}
/** A pointer to loose or strict source routing that is not used up, §4.1. */
function sourceRouted(p: Packet): bool {
  let o = p.ip + 20;
  while (o < p.at) {
    const kind = load<u8>(o);
    if (kind == 0) return false;
    if (kind == 1) {
      o++;
      continue;
    }
    if (p.at - o < 3) return false;
    const n = <usize>load<u8>(o, 1);
    if (n < 2 || n > p.at - o) return false;
    if ((kind == 131 || kind == 137) && <usize>load<u8>(o, 2) <= n) return true;
    o += n;
  }
  return false;
}
/** Nothing is drawn from the pool before it is sure that the packet can be translated. */
function sound(p: Packet): Verdict {
  const ip = Ip4.at(p.ip);
  const len = <i32>(p.end - p.at);
  const field = ip.fragment;
  const piece = (field & 0x3fff) != 0; // MF or an offset
  const offset = (<i32>field & 0x1fff) << 3;
  if (piece && (len == 0 || ((field & Ip4.MF) != 0 && (len & 7) != 0) || offset + len > 65535)) {
    return Verdict.BAD_FRAGMENT;
  }
  switch (<u32>ip.proto) {
    case ICMP:
      if (piece) return Verdict.UNTRANSLATABLE; // §4.2: fragmented ICMP is not translated
      return len < Icmp4.LEN || !Icmp4.valid(p.at, len) ? Verdict.BAD_CHECKSUM : Verdict.GO;
    case Proto.TCP:
      return offset == 0 && len < Tcp.LEN ? Verdict.BAD_TCP : Verdict.GO;
    case Proto.UDP: {
      if (offset != 0) return Verdict.GO;
      const u = Udp.at(p.at);
      if (len < Udp.LEN || u.len < Udp.LEN || (!piece && u.len > len)) return Verdict.BAD_UDP;
      // §4.5: IPv6 has no zero checksum; a fragment does not hold what would be summed.
      return piece && u.checksum == 0 ? Verdict.UNTRANSLATABLE : Verdict.GO;
    }
    case Proto.HOP_BY_HOP:
    case Proto.ROUTING:
    case Proto.FRAGMENT:
    case Proto.DEST_OPTS:
    case Proto.ICMP6:
    case Proto.MH:
      return Verdict.UNTRANSLATABLE; // numbers that mean something else behind an IPv6 header
    default:
      return Verdict.GO;
  }
}
function dataTo6(p: Packet, src: usize, dst: usize): Verdict {
  const ip = Ip4.at(p.ip);
  const field = ip.fragment;
  const piece = (field & 0x3fff) != 0;
  const proto = ip.proto;
  const id = ip.id;
  if ((field & 0x1fff) == 0) upperTo6(p, src, dst, proto, piece);
  header6(p, src, dst, proto == ICMP ? Proto.ICMP6 : proto);
  if (!piece && ((field & Ip4.DF) != 0 || <i32>(p.end - p.ip) <= UNFRAGMENTED)) return Verdict.GO;
  return fragment6(p, UNFRAGMENTED, id, (<i32>field & 0x1fff) << 3, (field & Ip4.MF) != 0);
}
/** IPv6 header in front of `at` from the IPv4 header at `ip`. */
export function header6(p: Packet, src: usize, dst: usize, next: u32): void {
  const was = Ip4.at(p.ip);
  const tos = was.tos;
  const hops = was.ttl - 1;
  p.ip = p.at - Ip6.LEN;
  begin6(Ip6.at(p.ip), tos, <i32>(p.end - p.at), next, hops, src, dst);
}
/** An IPv6 header; its flow label is zero (§4.1). */
export function begin6(ip: Ip6, tos: u32, len: i32, next: u32, hops: u32, src: usize, dst: usize): void {
  put16(ip.ptr, 0x6000 | (tos << 4));
  store<u16>(ip.ptr, 0, 2);
  ip.payloadLen = len;
  ip.next = next;
  ip.hopLimit = hops;
  addrCopy(ip.src, src);
  addrCopy(ip.dst, dst);
}
/** The checksum of the upper layer at `at`, and the type of an echo. The packet is sound. */
function upperTo6(p: Packet, src: usize, dst: usize, proto: u32, piece: bool): void {
  const len = <i32>(p.end - p.at);
  const ip = Ip4.at(p.ip);
  const was = <u64>load<u32>(ip.src) + <u64>load<u32>(ip.dst);
  const is = sum(src, 16, sum(dst, 16, 0));
  switch (proto) {
    case Proto.TCP:
      Tcp.at(p.at).checksum = adjust(Tcp.at(p.at).checksum, was, is);
      break;
    case Proto.UDP: {
      const u = Udp.at(p.at);
      if (!piece) dnsFromApplication(p, dst);
      const c =
        u.checksum != 0 ? adjust(u.checksum, was, is) : finish(sum(p.at, u.len, pseudo6(src, dst, u.len, Proto.UDP)));
      u.checksum = c == 0 ? 0xffff : c;
      break;
    }
    case ICMP: {
      const icmp = Icmp4.at(p.at);
      const type: u32 = icmp.type == Icmp4Type.ECHO_REQUEST ? Icmp6Type.ECHO_REQUEST : Icmp6Type.ECHO_REPLY;
      const field = adjust(load<u16>(p.at, 2), icmp.type, pseudo6(src, dst, len, Proto.ICMP6) + <u64>type);
      store<u16>(p.at, field, 2);
      store<u8>(p.at, <u8>type);
    }
  }
}
