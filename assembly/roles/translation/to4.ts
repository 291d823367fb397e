import { Verdict } from "../../abi/verdict";
import { put16 } from "../../base/bytes";
import { adjust, pseudo6, sum } from "../../base/checksum";
import { random } from "../../base/prng";
import { Packet } from "../../engine/packet";
import { translation6 } from "../../tables/translation";
import { Icmp6, Icmp6Type } from "../../wire/icmp6";
import { Ip4 } from "../../wire/ip4";
import { Ip6, Proto } from "../../wire/ip6";
import { Tcp } from "../../wire/tcp";
import { Udp } from "../../wire/udp";
import { dnsToApplication } from "./dns";
import { errorTo4 } from "./errors4";
import { mapFrom6 } from "./pools";

// IPv6 to IPv4, RFC 7915 §5. The packet is complete (the engine reassembled it), `at` and `next` name its upper layer.

const DF_ABOVE: i32 = 1260; // §5.1: a longer packet gets DF

/** Translates in place: `ip` becomes an IPv4 header directly in front of the upper layer. GO or a drop. */
export function to4(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  const own = translation6(ip.dst);
  if (!own) return Verdict.NO_TRANSLATION;
  if (ip.hopLimit <= 1) return Verdict.HOP_LIMIT;
  if (p.next == Proto.ICMP6 && Icmp6.at(p.at).type < 128) return errorTo4(p, own.ip4);
  const peer = mapFrom6(ip.src, 0);
  if (!peer) return Verdict.POOL_EXHAUSTED;
  const dns = dnsToApplication(p);
  if (dns != Verdict.GO) return dns;
  const src = peer.ip4;
  const dst = own.ip4;
  const v = upperTo4(p, src, dst);
  if (v != Verdict.GO) return v;
  header4(p, src, dst);
  return Verdict.GO;
}
/** IPv4 header in front of `at`, from the IPv6 header at `ip`; the upper layer is translated already. */
export function header4(p: Packet, src: u32, dst: u32): void {
  const was = Ip6.at(p.ip);
  const tos = was.trafficClass;
  const ttl = was.hopLimit - 1;
  const len = <i32>(p.end - p.at) + Ip4.LEN;
  const h = p.at - <usize>Ip4.LEN;
  store<u8>(h, 0x45);
  store<u8>(h, <u8>tos, 1);
  put16(h + 2, <u32>len);
  put16(h + 4, len > DF_ABOVE ? 0 : random() & 0xffff);
  put16(h + 6, len > DF_ABOVE ? Ip4.DF : 0);
  store<u8>(h, <u8>ttl, 8);
  store<u8>(h, <u8>(<u32>p.next == Proto.ICMP6 ? 1 : <u32>p.next), 9);
  store<u32>(h, src, 12);
  store<u32>(h, dst, 16);
  Ip4.seal(h);
  p.ip = h;
}
function upperTo4(p: Packet, src: u32, dst: u32): Verdict {
  const ip = Ip6.at(p.ip);
  const is = <u64>src + <u64>dst;
  switch (<u32>p.next) {
    case Proto.TCP:
      Tcp.at(p.at).checksum = adjust(Tcp.at(p.at).checksum, sum(ip.src, 32, 0), is);
      return Verdict.GO;
    case Proto.UDP: {
      const c = adjust(Udp.at(p.at).checksum, sum(ip.src, 32, 0), is);
      Udp.at(p.at).checksum = c == 0 ? 0xffff : c;
      return Verdict.GO;
    }
    case Proto.ICMP6:
      return echoTo4(p);
    default:
      // Protocols without a pseudo-header checksum of their own pass as they are (§5.5); what only IPv6 knows does not.
      return p.next == Proto.MH || p.next == Proto.ESP || p.next == Proto.AH ? Verdict.UNTRANSLATABLE : Verdict.GO;
  }
}
/** Echo is the only ICMPv6 information message with a counterpart, §5.2. The checksum loses the pseudo-header. */
function echoTo4(p: Packet): Verdict {
  const icmp = Icmp6.at(p.at);
  const type = icmp.type;
  if (type != Icmp6Type.ECHO_REQUEST && type != Icmp6Type.ECHO_REPLY) return Verdict.UNTRANSLATABLE;
  const ip = Ip6.at(p.ip);
  const is: u32 = type == Icmp6Type.ECHO_REQUEST ? 8 : 0;
  const was = pseudo6(ip.src, ip.dst, <i32>(p.end - p.at), Proto.ICMP6) + <u64>type;
  icmp.checksum = adjust(icmp.checksum, was, is);
  icmp.type = is;
  return Verdict.GO;
}
