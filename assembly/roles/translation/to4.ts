import { Verdict } from "../../abi/verdict";
import { addrEq, isHost } from "../../base/addr";
import { adjust, pseudo6, sum } from "../../base/checksum";
import { random } from "../../base/prng";
import { icmpError } from "../../engine/icmp";
import { Packet, PacketFlag } from "../../engine/packet";
import { appPort, port } from "../../engine/ports";
import { toApplication } from "../../engine/tx";
import { Translation } from "../../tables/translation";
import { Icmp4, Icmp4Type } from "../../wire/icmp4";
import { Icmp6, Icmp6Type } from "../../wire/icmp6";
import { Ip4 } from "../../wire/ip4";
import { Ip6, Proto } from "../../wire/ip6";
import { Tcp } from "../../wire/tcp";
import { Udp } from "../../wire/udp";
import { cut4 } from "./cut4";
import { dnsToApplication } from "./dns";
import { errorTo4 } from "./errors4";
import { mapFrom6 } from "./pools";

// IPv6 to IPv4, RFC 7915 §5. The packet is complete (the engine reassembled it), `at` and `next` name its upper layer.

const DF_ABOVE: i32 = 1260; // §5.1: a longer packet gets DF
const ICMP: u32 = 1;
const IGMP: u32 = 2;

/** Translates a packet for the application, whose row is `own`, and hands it over: HELD or a drop. */
export function to4(p: Packet, own: Translation): Verdict {
  const ip = Ip6.at(p.ip);
  if (appPort() < 0) return Verdict.NO_APPLICATION;
  if (!isHost(ip.src) || addrEq(ip.src, ip.dst)) return Verdict.BAD_SOURCE;
  if (ip.hopLimit <= 1) {
    icmpError(p, Icmp6Type.TIME_EXCEEDED, 0, 0);
    return Verdict.HOP_LIMIT;
  }
  const v = p.next == Proto.ICMP6 && Icmp6.at(p.at).type < 128 ? errorTo4(p, own.ip4) : dataTo4(p, own.ip4);
  if (v != Verdict.GO) return v;
  const mtu = <i32>port(appPort()).mtu;
  return <i32>(p.end - p.ip) > mtu ? cut4(p, mtu) : toApplication(p);
}
/** Nothing is drawn from the pool before it is sure that the packet can be translated. */
function dataTo4(p: Packet, dst: u32): Verdict {
  if (!hasCounterpart(p)) return Verdict.UNTRANSLATABLE;
  const mtu = <i32>port(appPort()).mtu;
  if (<i32>(p.end - p.at) + Ip4.LEN > mtu && (p.flags & PacketFlag.REASSEMBLED) == 0) {
    icmpError(p, Icmp6Type.TOO_BIG, 0, mtu - Ip4.LEN + Ip6.LEN);
    return Verdict.TOO_BIG;
  }
  const peer = mapFrom6(Ip6.at(p.ip).src, 0);
  if (!peer) return Verdict.POOL_EXHAUSTED;
  const v = dnsToApplication(p);
  if (v != Verdict.GO) return v;
  upperTo4(p, peer.ip4, dst);
  header4(p, peer.ip4, dst);
  return Verdict.GO;
}
/** Echo is the only ICMPv6 information message with a counterpart (§5.2). Some numbers mean something else behind an IPv4 header. */
function hasCounterpart(p: Packet): bool {
  switch (<u32>p.next) {
    case Proto.ICMP6: {
      const type = Icmp6.at(p.at).type;
      return type == Icmp6Type.ECHO_REQUEST || type == Icmp6Type.ECHO_REPLY;
    }
    case ICMP:
    case IGMP:
    case Proto.MH:
      return false;
    default:
      return true;
  }
}
/** IPv4 header in front of `at`, from the IPv6 header at `ip`; the upper layer is translated already. */
export function header4(p: Packet, src: u32, dst: u32): void {
  const was = Ip6.at(p.ip);
  const tos = was.trafficClass;
  const ttl = was.hopLimit - 1;
  const len = <i32>(p.end - p.at) + Ip4.LEN;
  const df = len > DF_ABOVE && (p.flags & PacketFlag.REASSEMBLED) == 0;
  const h = p.at - <usize>Ip4.LEN;
  const proto = <u32>p.next == Proto.ICMP6 ? ICMP : <u32>p.next;
  Ip4.write(h, tos, len, df ? 0 : random() & 0xffff, df ? Ip4.DF : 0, ttl, proto, src, dst);
  p.ip = h;
}
/** Other protocols than these three pass as they are (§5.5). */
function upperTo4(p: Packet, src: u32, dst: u32): void {
  const ip = Ip6.at(p.ip);
  const is = <u64>src + <u64>dst;
  switch (<u32>p.next) {
    case Proto.TCP:
      Tcp.at(p.at).checksum = adjust(Tcp.at(p.at).checksum, sum(ip.src, 32, 0), is);
      break;
    case Proto.UDP: {
      const c = adjust(Udp.at(p.at).checksum, sum(ip.src, 32, 0), is);
      Udp.at(p.at).checksum = c == 0 ? 0xffff : c;
      break;
    }
    case Proto.ICMP6:
      echoTo4(p);
  }
}
/** The checksum loses the pseudo-header. */
function echoTo4(p: Packet): void {
  const icmp = Icmp6.at(p.at);
  const ip = Ip6.at(p.ip);
  const len = <i32>(p.end - p.at);
  const is: u32 = icmp.type == Icmp6Type.ECHO_REQUEST ? Icmp4Type.ECHO_REQUEST : Icmp4Type.ECHO_REPLY;
  const was = pseudo6(ip.src, ip.dst, len, Proto.ICMP6) + <u64>icmp.type;
  icmp.checksum = adjust(icmp.checksum, was, is);
  icmp.type = is;
  // RFC 1624 §3: nothing but zeros sums up to zero, which no adjustment finds.
  if (icmp.checksum == 0) Icmp4.seal(p.at, len);
}
