import { AddressState, Event } from "../abi/event";
import { PortKind } from "../abi/port";
import { Verdict } from "../abi/verdict";
import {
  addrCopy,
  allNodes,
  isMulticast,
  isSolicitedNode,
  isUnspecified,
  macCopy,
  macEq,
  multicastMac,
  solicitedNode,
} from "../base/addr";
import { put32 } from "../base/bytes";
import { NEIGHBOURS } from "../base/config";
import { AddressFlag, findAddress, linkLocalOf, selectSource, usable } from "../tables/addresses";
import {
  findNeighbour,
  forget,
  Neighbour,
  NeighbourState,
  neighbour,
  neighbourMac,
  newNeighbour,
  oldestIncomplete,
  setState,
} from "../tables/neighbours";
import { Eth } from "../wire/eth";
import { Icmp6, Icmp6Type, Unreachable } from "../wire/icmp6";
import { Ip6, Proto } from "../wire/ip6";
import { NaFlag, NdLen, NdOpt, ndOption, ndOptionsOk, putLla } from "../wire/nd";
import { Changed, changed } from "./changed";
import { now } from "./clock";
import { dadHeard } from "./dad";
import { askChain, Chain, Door, on } from "./doors";
import { emit } from "./events";
import { icmpError } from "./icmp";
import { allocOwn, left, Packet, PacketFlag } from "./packet";
import { PortFlag, port, portMac } from "./ports";
import { append, enqueue, settle } from "./queue";
import { timer, timerBy } from "./timers";
import { hop, send } from "./tx";
import { dropQueue, hold, takeQueue } from "./waiting";

// Neighbour discovery, RFC 4861 §7: address resolution, unreachability detection, solicitations and advertisements.

const MAX_MULTICAST_SOLICIT: i32 = 3;
const MAX_UNICAST_SOLICIT: i32 = 3;
const DELAY_FIRST_PROBE_MS: u64 = 5000;

let nudTimer: i32 = 0;
const target = memory.data(16, 8);

export function attachNd(): void {
  nudTimer = timer(runNud);
  on(Door.ICMP6, Icmp6Type.NEIGHBOUR_SOLICITATION, rxNs);
  on(Door.ICMP6, Icmp6Type.NEIGHBOUR_ADVERTISEMENT, rxNa);
}
/** The last stage of sending: `hop(p)` and `p.port` are known. Link header and queue, or wait for the link address. */
export function resolve(p: Packet): Verdict {
  const q = port(p.port);
  if (q.kind == PortKind.IP) {
    p.start = p.ip;
    return enqueue(p);
  }
  if (q.kind != PortKind.ETHER || !q.up) return Verdict.PORT_DOWN;
  const next = hop(p);
  if (isMulticast(next)) {
    frame(p);
    multicastMac(p.start, next);
    return append(p);
  }
  let n = findNeighbour(next, p.port);
  if (n && n.state >= NeighbourState.REACHABLE) {
    if (n.state <= NeighbourState.STALE) age(n);
    n.usedAt = now();
    frame(p);
    macCopy(p.start, neighbourMac(n));
    return append(p);
  }
  if (!n) {
    n = pending(next, p.port);
    if (!n) return Verdict.NEIGHBOUR_FULL;
    const v = hold(n, p);
    probe(n);
    return v;
  }
  return hold(n, p);
}
/**
 * A row for an address to be resolved. When as many are INCOMPLETE as may be, the oldest gives way: who exists answers
 * within a round trip, so a scan pushes out itself and does not keep others from being resolved (RFC 6583).
 */
function pending(addr: usize, at_port: u32): Neighbour | null {
  let n = newNeighbour(addr, at_port, NeighbourState.INCOMPLETE, now());
  if (!n) {
    const oldest = oldestIncomplete();
    if (!oldest) return null;
    dropQueue(oldest, Verdict.NEIGHBOUR_FULL);
    forget(oldest);
    n = newNeighbour(addr, at_port, NeighbourState.INCOMPLETE, now());
  }
  if (n) n.usedAt = now();
  return n;
}
function frame(p: Packet): void {
  const f = Eth.at(p.ip - Eth.LEN);
  p.start = f.ptr;
  macCopy(f.src, portMac(p.port));
  f.type = Eth.IP6;
}
/** REACHABLE whose time is over is STALE; sending to a STALE neighbour starts DELAY. RFC 4861 §7.3.3. */
function age(n: Neighbour): void {
  if (n.state == NeighbourState.REACHABLE && n.due > now()) return;
  setState(n, NeighbourState.DELAY, now() + DELAY_FIRST_PROBE_MS);
  timerBy(nudTimer, n.due);
}
function release(n: Neighbour): void {
  let at = takeQueue(n);
  while (at != 0) {
    const p = changetype<Packet>(at);
    at = p.link;
    settle(p, resolve(p));
  }
}
/** Resolution failed: those who wait hear of it, RFC 4861 §7.2.2. */
function fail(n: Neighbour): void {
  let at = takeQueue(n);
  addrCopy(target, changetype<usize>(n));
  const at_port = <u32>n.port;
  forget(n);
  while (at != 0) {
    const p = changetype<Packet>(at);
    at = p.link;
    icmpError(p, Icmp6Type.UNREACHABLE, Unreachable.ADDRESS, 0);
    settle(p, Verdict.NEIGHBOUR_UNREACHABLE);
  }
  emit(Event.UNREACHABLE, 0, target, 0, at_port, 0);
  changed(Changed.UNREACHABLE, at_port, target);
}
/**
 * Looks for a neighbour's link address by a solicitation from ::, so that nobody learns ours for an address that another node
 * may still defend (RFC 6275 §11.5.5, returning home). A row that exists stays as it is.
 */
export function solicitQuietly(addr: usize, at_port: u32): void {
  if (findNeighbour(addr, at_port)) return;
  const n = newNeighbour(addr, at_port, NeighbourState.INCOMPLETE, now() + <u64>port(at_port).retrans);
  if (!n) return;
  n.probes = 1;
  timerBy(nudTimer, n.due);
  sendDadNs(addr, at_port);
}
/** Sends one solicitation for the row and sets the next deadline. */
function probe(n: Neighbour): void {
  const multicast = n.state == NeighbourState.INCOMPLETE;
  const wait = port(n.port).retrans;
  n.probes++;
  n.due = now() + <u64>wait;
  timerBy(nudTimer, n.due);
  sendNs(changetype<usize>(n), n.port, multicast ? 0 : changetype<usize>(n));
}
function runNud(): void {
  let next = u64.MAX_VALUE;
  for (let i = 0; i < NEIGHBOURS; i++) {
    const n = neighbour(i);
    const s = n.state;
    if (s != NeighbourState.INCOMPLETE && s != NeighbourState.DELAY && s != NeighbourState.PROBE) continue;
    if (n.due <= now()) {
      if (s == NeighbourState.DELAY) {
        setState(n, NeighbourState.PROBE, now());
        n.probes = 0;
        probe(n);
      } else if (<i32>n.probes >= (s == NeighbourState.PROBE ? MAX_UNICAST_SOLICIT : MAX_MULTICAST_SOLICIT)) {
        fail(n);
        continue;
      } else probe(n);
    }
    if (n.due < next) next = n.due;
  }
  if (next != u64.MAX_VALUE) timerBy(nudTimer, next);
}
/** Sends a Neighbour Solicitation for `addr`; `to` 0 = its solicited-node group. Without a usable source address it stays unsent. */
export function sendNs(addr: usize, at_port: u32, to: usize): void {
  const p = allocOwn();
  if (!p) return;
  const ip = startNd(p, at_port, NdLen.NS + 8);
  if (to == 0) solicitedNode(ip.dst, addr);
  else addrCopy(ip.dst, to);
  // The link-local address first: a home address in use while roaming is not on this link.
  const local = linkLocalOf(at_port);
  const src = local != 0 ? local : selectSource(addr, at_port);
  if (src == 0) return settle(p, Verdict.NO_SOURCE_ADDRESS);
  addrCopy(ip.src, src);
  const own = findAddress(src, <i32>at_port);
  const icmp = Icmp6.at(ip.payload);
  icmp.type = Icmp6Type.NEIGHBOUR_SOLICITATION;
  addrCopy(icmp.ptr + 8, addr);
  // An optimistic source must not put its link address into anybody's cache, RFC 4429 §3.2.
  if (own && own.state == AddressState.OPTIMISTIC) {
    p.end -= 8;
    ip.payloadLen -= 8;
  } else putLla(icmp.ptr + 24, NdOpt.SOURCE_LLA, portMac(at_port));
  sendNd(p);
}
/** Duplicate address detection's solicitation: from ::, without a link address, RFC 4862 §5.4.2. */
export function sendDadNs(addr: usize, at_port: u32): void {
  const p = allocOwn();
  if (!p) return;
  const ip = startNd(p, at_port, NdLen.NS);
  solicitedNode(ip.dst, addr);
  Icmp6.at(ip.payload).type = Icmp6Type.NEIGHBOUR_SOLICITATION;
  addrCopy(ip.payload + 8, addr);
  sendNd(p);
}
/** Sends a Neighbour Advertisement of `addr` with our link address. `to` 0 = all nodes. */
export function sendNa(addr: usize, at_port: u32, to: usize, src: usize, flags: u32): void {
  const p = allocOwn();
  if (!p) return;
  const ip = startNd(p, at_port, NdLen.NA + 8);
  if (to == 0) allNodes(ip.dst);
  else addrCopy(ip.dst, to);
  addrCopy(ip.src, src);
  const icmp = Icmp6.at(ip.payload);
  icmp.type = Icmp6Type.NEIGHBOUR_ADVERTISEMENT;
  put32(icmp.ptr + 4, flags << 24);
  addrCopy(icmp.ptr + 8, addr);
  putLla(icmp.ptr + 24, NdOpt.TARGET_LLA, portMac(at_port));
  sendNd(p);
}
/** IPv6 header of an ND message of `len` bytes in a fresh packet: hop limit 255, source :: until somebody sets it. */
export function startNd(p: Packet, at_port: u32, len: i32): Ip6 {
  const ip = Ip6.at(p.ip);
  memory.fill(p.ip, 0, <usize>(40 + len));
  ip.first = 0x60;
  ip.payloadLen = len;
  ip.next = Proto.ICMP6;
  ip.hopLimit = 255;
  p.end = ip.payload + <usize>len;
  p.port = <u8>at_port;
  p.flags |= PacketFlag.PORT_FIXED;
  return ip;
}
/** Checksum, then the ordinary way out. */
export function sendNd(p: Packet): void {
  const ip = Ip6.at(p.ip);
  Icmp6.seal(p.ip, ip.payload, ip.payloadLen);
  settle(p, send(p));
}

/** What every ND message must pass, RFC 4861 §6.1, §7.1, §8.1; `fixed` = bytes before the options. */
export function ndCheck(p: Packet, fixed: i32): Verdict {
  if (Ip6.at(p.ip).hopLimit != 255) return Verdict.ND_HOP_LIMIT;
  if (left(p) < fixed || Icmp6.at(p.at).code != 0) return Verdict.BAD_ND;
  return ndOptionsOk(p.at + <usize>fixed, p.end) ? Verdict.GO : Verdict.BAD_ND;
}

/** Neighbour Solicitation, RFC 4861 §7.2.3. */
function rxNs(p: Packet): Verdict {
  const bad = ndCheck(p, NdLen.NS);
  if (bad != Verdict.GO) return bad;
  const ip = Ip6.at(p.ip);
  const wanted = p.at + 8;
  if (isMulticast(wanted)) return Verdict.BAD_ND;
  const lla = ndOption(p.at + NdLen.NS, p.end, NdOpt.SOURCE_LLA);
  const anonymous = isUnspecified(ip.src);
  if (anonymous && (lla != 0 || !isSolicitedNode(ip.dst))) return Verdict.BAD_ND;

  const mine = findAddress(wanted, p.port);
  let flags: u32 = NaFlag.OVERRIDE;
  if (mine && (mine.flags & AddressFlag.AWAY) == 0) {
    if (mine.state == AddressState.TENTATIVE || (anonymous && mine.state == AddressState.OPTIMISTIC)) {
      if (anonymous) dadHeard(mine);
      return Verdict.DONE;
    }
    if (!usable(mine)) return Verdict.ND_UNSOLICITED;
    if (mine.state == AddressState.OPTIMISTIC || (mine.flags & AddressFlag.ANYCAST) != 0) flags = 0;
  } else {
    // RFC 4861 §7.2.8 would clear O for a proxy; RFC 6275 §10.4.1 sets it for a home agent, which stands in for good.
    p.at = wanted;
    const v = askChain(Chain.PROXY, p);
    p.at = wanted - 8;
    if (v != Verdict.MINE) return v == Verdict.GO ? Verdict.ND_UNSOLICITED : v;
  }
  // A proxy answers for a host: R stays clear, RFC 6275 §10.4.1.
  if (mine && (port(p.port).flags & PortFlag.ROUTER) != 0) flags |= NaFlag.ROUTER;
  addrCopy(target, wanted);
  if (!anonymous) {
    if (lla != 0) learn(ip.src, p.port, lla + 2);
    const src = mine ? target : selectSource(ip.src, p.port);
    if (src == 0) return Verdict.NO_SOURCE_ADDRESS;
    sendNa(target, p.port, ip.src, src, flags | NaFlag.SOLICITED);
  } else {
    const src = mine ? target : selectSource(target, p.port);
    if (src == 0) return Verdict.NO_SOURCE_ADDRESS;
    sendNa(target, p.port, 0, src, flags);
  }
  return Verdict.DONE;
}
/** Learns a link address from a solicitation or an RS/RA/redirect, RFC 4861 §7.2.3: a new one is STALE. */
export function learn(addr: usize, at_port: u32, mac: usize): Neighbour | null {
  let n = findNeighbour(addr, at_port);
  if (!n) {
    n = newNeighbour(addr, at_port, NeighbourState.STALE, 0);
    if (!n) return null;
  } else if (n.state != NeighbourState.INCOMPLETE && macEq(neighbourMac(n), mac)) return n;
  setState(n, NeighbourState.STALE, 0);
  macCopy(neighbourMac(n), mac);
  if (n.queue != 0) release(n);
  return n;
}
/** Neighbour Advertisement, RFC 4861 §7.2.5. */
function rxNa(p: Packet): Verdict {
  const bad = ndCheck(p, NdLen.NA);
  if (bad != Verdict.GO) return bad;
  const about = p.at + 8;
  const flags = <u32>load<u8>(p.at, 4);
  if (isMulticast(about)) return Verdict.BAD_ND;
  if (isMulticast(Ip6.at(p.ip).dst) && (flags & NaFlag.SOLICITED) != 0) return Verdict.BAD_ND;
  const own = findAddress(about, p.port);
  if (own && (own.flags & AddressFlag.AWAY) == 0) {
    if (own.state == AddressState.TENTATIVE || own.state == AddressState.OPTIMISTIC) dadHeard(own);
    return Verdict.DONE;
  }
  p.at = about;
  const v = askChain(Chain.PROXY, p);
  p.at = about - 8;
  if (v != Verdict.GO) return v;
  const option = ndOption(p.at + NdLen.NA, p.end, NdOpt.TARGET_LLA);
  const mac: usize = option == 0 ? 0 : option + 2;
  const n = findNeighbour(about, p.port);
  if (!n) {
    // Only a router learns from it, RFC 9131 §6.1: a host came and will soon be sent to.
    const told = isMulticast(Ip6.at(p.ip).dst) && mac != 0 && (port(p.port).flags & PortFlag.ROUTER) != 0;
    return told && learn(about, p.port, mac) ? Verdict.DONE : Verdict.ND_UNSOLICITED;
  }
  const solicited = (flags & NaFlag.SOLICITED) != 0;
  if (n.state == NeighbourState.INCOMPLETE) {
    if (mac == 0) return Verdict.BAD_ND;
    macCopy(neighbourMac(n), mac);
    n.router = flags & NaFlag.ROUTER ? 1 : 0;
    confirm(n, solicited);
    release(n);
    return Verdict.DONE;
  }
  const differs = mac != 0 && !macEq(neighbourMac(n), mac);
  if (differs && (flags & NaFlag.OVERRIDE) == 0) {
    if (n.state == NeighbourState.REACHABLE) setState(n, NeighbourState.STALE, 0);
    return Verdict.DONE;
  }
  if (differs) macCopy(neighbourMac(n), mac);
  if (solicited) confirm(n, true);
  else if (differs) setState(n, NeighbourState.STALE, 0);
  const wasRouter = n.router;
  n.router = flags & NaFlag.ROUTER ? 1 : 0;
  if (wasRouter && !n.router) {
    addrCopy(target, about);
    changed(Changed.ROUTER_GONE, p.port, target);
  }
  return Verdict.DONE;
}
function confirm(n: Neighbour, solicited: bool): void {
  if (!solicited) return setState(n, NeighbourState.STALE, 0);
  setState(n, NeighbourState.REACHABLE, now() + <u64>port(n.port).reachable);
  n.probes = 0;
  changed(Changed.REACHABLE, n.port, changetype<usize>(n));
}
/** Forgets the neighbours of a port: the link changed. Packets that wait are dropped. */
export function forgetNeighbours(at_port: u32): void {
  for (let i = 0; i < NEIGHBOURS; i++) {
    const n = neighbour(i);
    if (n.state != NeighbourState.NONE && <u32>n.port == at_port) dismiss(n);
  }
}
/** Forgets one neighbour, if it is known. */
export function forgetNeighbour(addr: usize, at_port: u32): void {
  const n = findNeighbour(addr, at_port);
  if (n) dismiss(n);
}
function dismiss(n: Neighbour): void {
  dropQueue(n, Verdict.PORT_DOWN);
  forget(n);
}
