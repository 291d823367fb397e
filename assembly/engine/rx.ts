import { PortKind } from "../abi/port";
import { Verdict } from "../abi/verdict";
import {
  beginsZero,
  isLinkLocal,
  isLoopback,
  isMartianSource,
  isMulticast,
  isSolicitedNode,
  isUnspecified,
  macEq,
  multicastScope,
} from "../base/addr";
import { MAX_HEADERS, MAX_LAYERS } from "../base/config";
import { Address, AddressFlag, findAddress, ownAddress, usable } from "../tables/addresses";
import { findGroup } from "../tables/groups";
import { Eth } from "../wire/eth";
import { Frag } from "../wire/ext";
import { Icmp6Type, Unreachable } from "../wire/icmp6";
import { Ip4 } from "../wire/ip4";
import { Ip6, Proto } from "../wire/ip6";
import { ask, askChain, Chain, chained, Door } from "./doors";
import { rxOptions, rxRouting } from "./ext";
import { takeHomeHeader } from "./home-form";
import { icmpError } from "./icmp";
import { identifiersUsed } from "./identifier";
import { left, Packet, PacketFlag } from "./packet";
import { port, portMac } from "./ports";
import { rxFragment } from "./reassemble";
import { send, toApplication } from "./tx";
import { rxUpper } from "./upper";

// Receiving, from the outside in.
//   1 link header   2 IPv6 header, whose is it?   3 extension headers, a bounded loop; a tunnel's end comes back to 2
//   4 inbound policy   5 upper layer: a role's door, the application port, or nobody

/** One frame from `p.ip - link header` to `p.end` on `p.port`. */
export function receive(p: Packet): Verdict {
  const q = port(p.port);
  if (!q.up) return Verdict.PORT_DOWN;
  if (q.kind == PortKind.IP) return fromApplication(p);
  if (q.kind != PortKind.ETHER) return Verdict.PORT_DOWN;
  if (p.end < p.ip) return Verdict.SHORT_FRAME;
  const f = Eth.at(p.ip - Eth.LEN);
  if (load<u8>(f.dst) & 1) p.flags |= PacketFlag.L2_MULTICAST;
  else if (!macEq(f.dst, portMac(p.port))) return Verdict.NOT_OUR_MAC;
  if (f.type != Eth.IP6) return Verdict.ETHERTYPE;
  p.at = p.ip;
  return unfold(p);
}
/** A packet whose IPv6 header is at `at`: until nothing is left to terminate. */
export function unfold(p: Packet): Verdict {
  const v = rxIp6(p);
  return v == Verdict.GO ? headers(p) : v;
}
/** The header loop alone: `at` and `next` are set. */
export function headers(p: Packet): Verdict {
  let v: Verdict = Verdict.GO;
  while (v == Verdict.GO) {
    if (<i32>p.headers >= MAX_HEADERS) return Verdict.TOO_MANY_HEADERS;
    p.headers++;
    v = header(p);
  }
  return v;
}
function header(p: Packet): Verdict {
  switch (<u32>p.next) {
    case Proto.HOP_BY_HOP:
      if (p.prev != p.ip + 6) {
        icmpError(p, Icmp6Type.PARAMETER, 1, <u32>(p.prev - p.ip));
        return Verdict.BAD_EXT;
      }
      return rxOptions(p);
    case Proto.DEST_OPTS:
      return rxOptions(p);
    case Proto.ROUTING:
      return rxRouting(p);
    case Proto.FRAGMENT: {
      if (!wholeForApp && passesFragment(p)) {
        const v = askChain(Chain.INBOUND, p);
        return v == Verdict.GO ? deliver(p) : v;
      }
      return rxFragment(p);
    }
    case Proto.NONE:
      return Verdict.NO_NEXT_HEADER;
    case Proto.IP6: {
      const v = askChain(Chain.INBOUND, p);
      return v == Verdict.GO ? decapsulate(p) : v;
    }
    case Proto.ESP:
    case Proto.AH: {
      const v = ask(Door.PROTO, p.next, p, Verdict.NOT_MINE);
      return v == Verdict.NOT_MINE ? upper(p) : v;
    }
    default:
      return upper(p);
  }
}
function upper(p: Packet): Verdict {
  const v = askChain(Chain.INBOUND, p);
  return v == Verdict.GO ? rxUpper(p) : v;
}
let wholeForApp: bool = true;
/** Does the application port get whole packets only, or fragments as they come (its host reassembles more than a buffer holds)? */
export function setWholeForApp(on: bool): void {
  wholeForApp = on;
}
/**
 * A fragment of the application's own; what mobility signals to the home address is the core's and is collected here, and so is what might
 * have to prove that it answers a request to an anycast address, and what came protected by the direct way.
 */
function passesFragment(p: Packet): bool {
  if ((p.flags & PacketFlag.FOR_APP) == 0 || left(p) < Frag.LEN || identifiersUsed()) return false;
  const next = Frag.at(p.at).next;
  return next != Proto.MH && (p.home == 0 || (next != Proto.ESP && next != Proto.AH));
}
/** IPv6 base header, RFC 8200 §3. In: `at` = IPv6 header. Out: `ip` = it, `at` behind it, `next` = its number. */
function rxIp6(p: Packet): Verdict {
  if (!Ip6.ok(p.at, left(p))) return Verdict.BAD_IP6;
  const ip = Ip6.at(p.at);
  p.ip = p.at;
  p.end = ip.payload + <usize>ip.payloadLen; // trims link padding
  if (isBadSource(ip)) return Verdict.BAD_SOURCE;
  p.at = ip.payload;
  p.next = <u8>ip.next;
  p.prev = p.ip + 6;
  const v = whose(p, ip.dst);
  if (v == Verdict.MINE) return Verdict.GO;
  if (v == Verdict.APP) {
    p.flags |= PacketFlag.FOR_APP;
    return Verdict.GO;
  }
  return v == Verdict.NOT_MINE ? forward(p) : v;
}
/** Only neighbour discovery and MLD have no source yet, and they speak to groups: nothing answers to ::. */
function isBadSource(ip: Ip6): bool {
  if (!beginsZero(ip.src)) return isMulticast(ip.src);
  return isUnspecified(ip.src) ? !isMulticast(ip.dst) : isMartianSource(ip.src);
}
/** A link-local address is an address of its link only, RFC 4007 §6. */
function onThisLink(dst: usize, at_port: u32): Address | null {
  const a = findAddress(dst, at_port);
  return a && usable(a) ? a : null;
}
/** MINE, APP, NOT_MINE or a drop. */
function whose(p: Packet, dst: usize): Verdict {
  const own = isLinkLocal(dst) ? onThisLink(dst, p.port) : ownAddress(dst);
  if (own) return (own.flags & AddressFlag.HOME) != 0 ? Verdict.APP : Verdict.MINE;
  if (isMulticast(dst)) {
    if (multicastScope(dst) == 0 || p.outer != 0) return Verdict.BAD_DESTINATION;
    if (isSolicitedNode(dst) || findGroup(dst, p.port)) return Verdict.MINE;
    if (load<u64>(dst) == 0x02ff && load<u64>(dst, 8) == 0x0100000000000000) return Verdict.MINE;
    return Verdict.NOT_FOR_US;
  }
  if (beginsZero(dst) && (isUnspecified(dst) || isLoopback(dst))) return Verdict.BAD_DESTINATION;
  if (!chained(Chain.CLAIM)) return Verdict.NOT_MINE;
  const v = askChain(Chain.CLAIM, p);
  return v == Verdict.GO ? Verdict.NOT_MINE : v;
}
let forwarding: bool = false;
/** Routers and home agents forward; hosts do not, RFC 8200 §3. */
export function setForwarding(on: bool): void {
  forwarding = on;
}
/** RFC 8200 §3, RFC 4007 §9: hop limit, scope, then the way out. Also what a tunnel's end lets out. */
function forward(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  if (!forwarding || (p.flags & PacketFlag.L2_MULTICAST) != 0) return Verdict.NOT_FOR_US;
  if (isLinkLocal(ip.src) || isLinkLocal(ip.dst)) {
    if (!isLinkLocal(ip.dst)) icmpError(p, Icmp6Type.UNREACHABLE, Unreachable.SCOPE, 0);
    return Verdict.BEYOND_SCOPE;
  }
  if (chained(Chain.FORWARD)) {
    const v = askChain(Chain.FORWARD, p);
    if (v != Verdict.GO) return v;
  }
  const hops = ip.hopLimit;
  if (hops <= 1) {
    icmpError(p, Icmp6Type.TIME_EXCEEDED, 0, 0);
    return Verdict.HOP_LIMIT;
  }
  ip.hopLimit = hops - 1;
  p.flags |= PacketFlag.FORWARDED;
  return send(p);
}
/** A tunnel's end, RFC 2473 §3.3. Somebody must know the tunnel: outer source, inner source and binding agree. */
function decapsulate(p: Packet): Verdict {
  if (!Ip6.ok(p.at, left(p))) return Verdict.BAD_IP6;
  if (<i32>p.layers >= MAX_LAYERS) return Verdict.TOO_DEEP;
  p.layers++;
  p.outer = p.ip;
  p.ip = p.at;
  p.flags &= ~PacketFlag.REASSEMBLED; // that was the tunnel's
  p.home = 0;
  const v = askChain(Chain.TUNNEL, p);
  if (v != Verdict.MINE) {
    p.ip = p.outer;
    return v == Verdict.GO ? Verdict.TUNNEL_REFUSED : v;
  }
  return rxIp6(p);
}
/** A packet from the application port: IPv4 only through a program, IPv6 as it is. */
function fromApplication(p: Packet): Verdict {
  p.flags |= PacketFlag.FROM_APP;
  p.at = p.ip;
  const len = left(p);
  if (len < 1) return Verdict.SHORT_FRAME;
  const v = askChain(Chain.APP_IN, p);
  if (v != Verdict.GO) return v;
  if (load<u8>(p.ip) >> 4 == 4) return Ip4.ok(p.ip, len) ? Verdict.NO_TRANSLATION : Verdict.BAD_IP4;
  if (!Ip6.ok(p.ip, <i32>(p.end - p.ip))) return Verdict.BAD_IP6;
  const ip = Ip6.at(p.ip);
  p.end = ip.payload + <usize>ip.payloadLen;
  // The application speaks with addresses of this node only. Its own neighbour discovery stays on its side of the port.
  if (!ownAddress(ip.src) || isLinkLocal(ip.src)) return Verdict.BAD_SOURCE;
  if (isUnspecified(ip.dst) || isLoopback(ip.dst)) return Verdict.BAD_DESTINATION;
  if (isLinkLocal(ip.dst) || (isMulticast(ip.dst) && multicastScope(ip.dst) <= 2)) return Verdict.BEYOND_SCOPE;
  if (isMulticast(ip.dst)) return Verdict.NO_ROUTE;
  return send(p);
}
/** To the application port, through the programs. */
export function deliver(p: Packet): Verdict {
  if (p.home != 0) takeHomeHeader(p);
  const v = askChain(Chain.APP_OUT, p);
  return v == Verdict.GO ? toApplication(p) : v;
}
