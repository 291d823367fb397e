import { Verdict } from "../../abi/verdict";
import { addrCopy } from "../../base/addr";
import { put16 } from "../../base/bytes";
import { adjust, finish, pseudo6, sum } from "../../base/checksum";
import { fragment6 } from "../../engine/fragment";
import { Packet } from "../../engine/packet";
import { ownTranslation } from "../../tables/translation";
import { Frag } from "../../wire/ext";
import { Icmp4, Icmp4Type, Unreachable4 } from "../../wire/icmp4";
import { Icmp6Type } from "../../wire/icmp6";
import { Ip4 } from "../../wire/ip4";
import { Ip6, Proto } from "../../wire/ip6";
import { Tcp } from "../../wire/tcp";
import { Udp } from "../../wire/udp";
import { dnsFromApplication } from "./dns";
import { error4, errorTo6 } from "./errors4";
import { gateway4, inPool4, mapFrom4 } from "./pools";

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
  const own = ownTranslation();
  if (!own) {
    error4(p, Icmp4Type.UNREACHABLE, Unreachable4.NET, 0);
    return Verdict.NO_TRANSLATION;
  }
  if (load<u32>(ip.src) != own.ip4) return Verdict.BAD_SOURCE;
  const dst = load<u32>(ip.dst);
  if ((dst & 0xff) >= 224 || (dst & 0xff) == 0 || (dst & 0xff) == 127) return Verdict.UNTRANSLATABLE;
  if (sourceRouted(p)) {
    error4(p, Icmp4Type.UNREACHABLE, Unreachable4.SOURCE_ROUTE, 0);
    return Verdict.UNTRANSLATABLE;
  }
  if (ip.ttl <= 1) {
    error4(p, Icmp4Type.TIME_EXCEEDED, 0, 0);
    return Verdict.HOP_LIMIT;
  }
  if (dst == gateway4()) return rxGateway(p);
  const peer = mapFrom4(dst);
  if (!peer) {
    error4(p, Icmp4Type.UNREACHABLE, Unreachable4.HOST, 0);
    return inPool4(dst) ? Verdict.NO_TRANSLATION : Verdict.POOL_EXHAUSTED;
  }
  return whole(p, changetype<usize>(own), changetype<usize>(peer));
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
/** The translator itself answers echo at its own address; nothing else lives there. */
function rxGateway(p: Packet): Verdict {
  const ip = Ip4.at(p.ip);
  const len = <i32>(p.end - p.at);
  if (ip.proto != ICMP || (ip.fragment & 0x3fff) != 0 || len < Icmp4.LEN || !Icmp4.valid(p.at, len))
    return Verdict.NO_LISTENER;
  if (Icmp4.at(p.at).type != Icmp4Type.ECHO_REQUEST) return Verdict.NO_LISTENER;
  store<u8>(p.at, Icmp4Type.ECHO_REPLY);
  Icmp4.seal(p.at, len);
  const src = load<u32>(ip.src);
  store<u32>(ip.src, load<u32>(ip.dst));
  store<u32>(ip.dst, src);
  store<u8>(p.ip, 64, 8);
  Ip4.seal(p.ip);
  return Verdict.APP;
}
function whole(p: Packet, src: usize, dst: usize): Verdict {
  const ip = Ip4.at(p.ip);
  const field = ip.fragment;
  const piece = (field & 0x3fff) != 0; // MF or an offset
  const first = (field & 0x1fff) == 0;
  const proto = ip.proto;
  if (proto == ICMP) {
    if (piece) return Verdict.UNTRANSLATABLE; // §4.2: fragmented ICMP is not translated
    const len = <i32>(p.end - p.at);
    if (len < Icmp4.LEN || !Icmp4.valid(p.at, len)) return Verdict.BAD_CHECKSUM;
    const t = Icmp4.at(p.at).type;
    if (t != Icmp4Type.ECHO_REQUEST && t != Icmp4Type.ECHO_REPLY) return errorTo6(p, src, dst);
  }
  if (first) {
    const v = upperTo6(p, src, dst, proto, piece);
    if (v != Verdict.GO) return v;
  }
  const df = (field & Ip4.DF) != 0;
  header6(p, src, dst, proto == ICMP ? Proto.ICMP6 : proto, piece ? field : 0);
  if (df) return Verdict.GO;
  return <i32>(p.end - p.ip) > UNFRAGMENTED ? fragment6(p, UNFRAGMENTED) : Verdict.GO;
}
/**
 * IPv6 header in front of `at` from the IPv4 header at `ip`, with a Fragment header when `fragment` (the IPv4 field) is not 0.
 */
export function header6(p: Packet, src: usize, dst: usize, next: u32, fragment: u32): void {
  const was = Ip4.at(p.ip);
  const tos = was.tos;
  const hops = was.ttl - 1;
  const id = was.id;
  const extra: usize = fragment == 0 ? 0 : Frag.LEN;
  p.ip = p.at - extra - Ip6.LEN;
  const ip = Ip6.at(p.ip);
  put16(p.ip, 0x6000 | (tos << 4));
  store<u16>(p.ip, 0, 2);
  ip.payloadLen = <i32>(p.end - ip.payload);
  ip.next = fragment == 0 ? next : Proto.FRAGMENT;
  ip.hopLimit = hops;
  addrCopy(ip.src, src);
  addrCopy(ip.dst, dst);
  if (fragment != 0) Frag.write(ip.payload, next, (fragment & 0x1fff) << 3, (fragment & Ip4.MF) != 0, id);
}
function upperTo6(p: Packet, src: usize, dst: usize, proto: u32, piece: bool): Verdict {
  const len = <i32>(p.end - p.at);
  const ip = Ip4.at(p.ip);
  const was = <u64>load<u32>(ip.src) + <u64>load<u32>(ip.dst);
  const is = sum(src, 16, sum(dst, 16, 0));
  switch (proto) {
    case Proto.TCP:
      if (len < Tcp.LEN) return Verdict.BAD_TCP;
      Tcp.at(p.at).checksum = adjust(Tcp.at(p.at).checksum, was, is);
      return Verdict.GO;
    case Proto.UDP: {
      if (len < Udp.LEN || Udp.at(p.at).len < Udp.LEN || (!piece && Udp.at(p.at).len > len)) return Verdict.BAD_UDP;
      const u = Udp.at(p.at);
      if (!piece) dnsFromApplication(p, dst);
      if (u.checksum != 0) {
        const c = adjust(u.checksum, was, is);
        u.checksum = c == 0 ? 0xffff : c;
        return Verdict.GO;
      }
      // §4.5: IPv6 has no zero checksum; a fragment does not hold what would be summed.
      if (piece) return Verdict.UNTRANSLATABLE;
      const c = finish(sum(p.at, u.len, pseudo6(src, dst, u.len, Proto.UDP)));
      u.checksum = c == 0 ? 0xffff : c;
      return Verdict.GO;
    }
    case ICMP: {
      const icmp = Icmp4.at(p.at);
      const type: u32 = icmp.type == Icmp4Type.ECHO_REQUEST ? Icmp6Type.ECHO_REQUEST : Icmp6Type.ECHO_REPLY;
      const field = adjust(load<u16>(p.at, 2), icmp.type, pseudo6(src, dst, len, Proto.ICMP6) + <u64>type);
      store<u16>(p.at, field, 2);
      store<u8>(p.at, <u8>type);
      return Verdict.GO;
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
