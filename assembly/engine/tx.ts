import { Verdict } from "../abi/verdict";
import { addrCopy, isLinkLocal, isMulticast } from "../base/addr";
import { MAX_LAYERS } from "../base/config";
import { ownAddress } from "../tables/addresses";
import { pathMtu, pathMtuSending } from "../tables/pmtu";
import { findRoute, hopOf, routeTo } from "../tables/routes";
import { Icmp6Type, Unreachable } from "../wire/icmp6";
import { Ip6, Proto } from "../wire/ip6";
import { Tcp } from "../wire/tcp";
import { now } from "./clock";
import { askChain, Chain, chained } from "./doors";
import { fragment } from "./fragment";
import { leaveHomeForm } from "./home-form";
import { icmpError } from "./icmp";
import { resolve } from "./nd";
import { added, Packet, PacketFlag, protectedBy, push, setProtectedBy } from "./packet";
import { appPort, port } from "./ports";
import { enqueue } from "./queue";
import { unfold } from "./rx";

// Sending, from the inside out. `ip` points to a complete IPv6 header, `end` behind the packet.
//   1 SEND stages wrap it, each result again, up to MAX_LAYERS   2 route   3 size   4 neighbour, link header, queue

/** Sends an IPv6 packet. The verdict is the packet's: HELD when it is on its way. */
export function send(p: Packet): Verdict {
  if (chained(Chain.SEND)) {
    for (;;) {
      const before = p.ip;
      const v = askChain(Chain.SEND, p);
      if (v != Verdict.GO) return v;
      if (p.ip == before) break;
    }
  }
  if (p.home != 0) leaveHomeForm(p);
  const dst = Ip6.at(p.ip).dst;
  if (isMulticast(dst) || isLinkLocal(dst)) {
    addrCopy(hop(p), dst);
    return size(p);
  }
  if ((p.flags & PacketFlag.FORWARDED) == 0 && ownAddress(dst)) return loop(p);
  if ((p.flags & PacketFlag.PORT_FIXED) != 0) {
    addrCopy(hop(p), dst);
    return size(p);
  }
  const r = routeTo(dst);
  if (!r) {
    icmpError(p, Icmp6Type.UNREACHABLE, Unreachable.NO_ROUTE, 0);
    return Verdict.NO_ROUTE;
  }
  const next = hopOf(r);
  addrCopy(hop(p), (load<u64>(next) | load<u64>(next, 8)) == 0 ? dst : next);
  if (p.port == r.port && p.layers == 0 && (p.flags & PacketFlag.FORWARDED) != 0) askChain(Chain.REDIRECT, p);
  p.port = r.port;
  return p.end - p.ip <= <usize>Ip6.MIN_MTU ? resolve(p) : size(p);
}
/** Address of the next hop inside the packet's record. */
export function hop(p: Packet): usize {
  return changetype<usize>(p) + offsetof<Packet>("hopHi");
}
/** The destination is this node: the packet starts over as received. `layers` ends a circle. */
function loop(p: Packet): Verdict {
  if (<i32>p.layers >= MAX_LAYERS) return Verdict.TOO_DEEP;
  p.layers++;
  setProtectedBy(p, 0);
  p.flags |= PacketFlag.LOCAL;
  p.at = p.ip;
  return unfold(p);
}
function size(p: Packet): Verdict {
  const len = <i32>(p.end - p.ip);
  const dst = Ip6.at(p.ip).dst;
  const link = <u32>port(p.port).mtu;
  if (len <= Ip6.MIN_MTU) return resolve(p);
  const ours = p.inner != 0 || (p.flags & PacketFlag.FORWARDED) == 0;
  const mtu = <i32>(ours ? pathMtuSending(dst, link, now()) : link);
  if (protectedBy(p) != 0) {
    // Nothing of it can be quoted any more: it travels in fragments, and the next one is told in time.
    store<u16>(p.room, <u16>max(mtu - (len - <i32>p.plain), 0));
    return len <= mtu ? resolve(p) : fragment(p, mtu);
  }
  if (len <= mtu) return resolve(p);
  // The core's own, and what only a header of ours made longer than 1280.
  if ((p.flags & (PacketFlag.FORWARDED | PacketFlag.FROM_APP)) == 0) return fragment(p, mtu);
  if (p.inner == 0) {
    if (added(p) != 0 && len - added(p) <= Ip6.MIN_MTU) return fragment(p, mtu);
    icmpError(p, Icmp6Type.TOO_BIG, 0, mtu);
    return Verdict.TOO_BIG;
  }
  // A tunnel entry, RFC 2473 §7.1: a packet over 1280 is told the tunnel's MTU, a smaller one travels in fragments.
  const room = mtu - <i32>(p.inner - p.ip);
  if (<i32>(p.end - p.inner) - added(p) > Ip6.MIN_MTU) {
    icmpError(p, Icmp6Type.TOO_BIG, 0, room > Ip6.MIN_MTU ? room : Ip6.MIN_MTU);
    return Verdict.TOO_BIG;
  }
  return fragment(p, mtu);
}
/** Hands a packet, IPv4 or IPv6 at `ip`, to the application port. */
export function toApplication(p: Packet): Verdict {
  const app = appPort();
  if (app < 0) return Verdict.NO_APPLICATION;
  p.port = <u8>app;
  p.start = p.ip;
  return enqueue(p);
}
/**
 * Wraps the packet in another IPv6 header (RFC 2473 §3.1) from `src` to `dst`. Traffic class is copied, the flow label is not.
 * Clamps the MSS of a TCP SYN inside to what fits `mtu` (0: leave it). A drop reason, or GO.
 */
export function wrap(p: Packet, src: usize, dst: usize, hopLimit: u32, mtu: i32): Verdict {
  if (<i32>p.layers >= MAX_LAYERS) return Verdict.TOO_DEEP;
  const inside = p.ip;
  if (!push(p, Ip6.LEN)) return Verdict.NO_HEADROOM;
  if (p.inner == 0) p.inner = inside;
  p.layers++;
  if (mtu != 0) clampMss(inside, p.end, mtu);
  const h = Ip6.at(p.ip);
  h.first = load<u32>(inside) & 0x0000f0ff;
  h.payloadLen = <i32>(p.end - inside);
  h.next = Proto.IP6;
  h.hopLimit = hopLimit;
  addrCopy(h.src, src);
  addrCopy(h.dst, dst);
  return Verdict.GO;
}
/** MSS clamping: a SYN directly in the IPv6 packet at `ip`; `mtu` = the largest packet that passes. */
export function clampMss(ip: usize, end: usize, mtu: i32): void {
  const h = Ip6.at(ip);
  if (h.next == Proto.TCP && Tcp.ok(h.payload, <i32>(end - h.payload))) Tcp.clamp(h.payload, mtu - 60);
}
/** The largest packet that may travel to `dst` without fragmentation, as known now. */
export function mtuTo(dst: usize): i32 {
  const r = findRoute(dst);
  return r ? <i32>pathMtu(dst, port(r.port).mtu, now()) : Ip6.MIN_MTU;
}
