import { Verdict } from "../../abi/verdict";
import { isLinkLocal, isMulticast, macEq } from "../../base/addr";
import { be16, be32 } from "../../base/bytes";
import { randomBelow } from "../../base/prng";
import { askChain, Chain } from "../../engine/doors";
import { learn, ndCheck } from "../../engine/nd";
import { Packet } from "../../engine/packet";
import { port } from "../../engine/ports";
import { findNeighbour, neighbourMac } from "../../tables/neighbours";
import { findPrefix, heardFrom } from "../../tables/prefixes";
import { findRouter } from "../../tables/routers";
import { Ip6 } from "../../wire/ip6";
import { mtuOf, NdLen, NdOpt, ndOption, ndOptionLen, PrefixInfo } from "../../wire/nd";
import { autonomous, FOR_EVER } from "./autoconf";
import { nameServers, rdnssOk } from "./dns";
import { forgetRouter, plan } from "./learnt";
import { HostFlag, hostPort } from "./ports";
import { onLink } from "./prefixes";
import { routerGone, routerHeard } from "./routers";
import { stopSolicit } from "./solicit";

// Router Advertisements, RFC 4861 §6.1.2, §6.3.4. Everything is judged before anything is changed.

const HOP_LIMIT_FLOOR: u32 = 32; // a forged advertisement must not cut off what is far away
const REACHABLE_MAX_MS: u32 = 3600000; // RFC 4861 §6.2.1
const RETRANS_MIN_MS: u32 = 10; // ours: neither a flood of solicitations …
const RETRANS_MAX_MS: u32 = 30000; // … nor none at all

export function rxRa(p: Packet): Verdict {
  const i = <u32>p.port;
  const h = hostPort(i);
  const bad = ndCheck(p, NdLen.RA);
  if (bad != Verdict.GO) return bad;
  const ip = Ip6.at(p.ip);
  const router = ip.src;
  if (!isLinkLocal(router) || !optionsOk(p)) return Verdict.BAD_ND;
  if (!h.on || (h.flags & HostFlag.AUTOCONFIGURE) == 0) return Verdict.DONE;
  const first = p.at + NdLen.RA;
  const lla = ndOption(first, p.end, NdOpt.SOURCE_LLA);
  if (lla != 0) {
    if (otherLink(p, lla + 2)) forgetRouter(router, i);
    const n = learn(router, i, lla + 2);
    if (n) n.router = 1;
  }
  parameters(p);
  const lifetime = be16(p.at + 6);
  if (lifetime > 0) {
    routerHeard(router, i, <u64>lifetime * 1000, preference(<u32>load<u8>(p.at, 5)));
    stopSolicit(i);
  } else {
    const r = findRouter(router, i);
    if (r) routerGone(r, true);
  }
  for (let o = ndOption(first, p.end, NdOpt.PREFIX); o != 0; o = ndOption(o + ndOptionLen(o), p.end, NdOpt.PREFIX)) {
    prefix(PrefixInfo.at(o), router, i, isMulticast(ip.dst));
  }
  for (let o = ndOption(first, p.end, NdOpt.RDNSS); o != 0; o = ndOption(o + ndOptionLen(o), p.end, NdOpt.RDNSS)) {
    nameServers(o, i);
  }
  plan();
  const v = askChain(Chain.ADVERTISED, p);
  return v == Verdict.GO ? Verdict.DONE : v;
}
/** Shapes that some other implementation stumbled over: a prefix longer than an address, an RDNSS option of even length. */
function optionsOk(p: Packet): bool {
  for (let o = p.at + NdLen.RA; o < p.end; o += ndOptionLen(o)) {
    const type = <u32>load<u8>(o);
    const len = ndOptionLen(o);
    if (type == NdOpt.PREFIX && (len != PrefixInfo.LEN || PrefixInfo.at(o).prefixLen > 128)) return false;
    if ((type == NdOpt.MTU || type == NdOpt.SOURCE_LLA) && len != 8) return false;
    if (type == NdOpt.RDNSS && !rdnssOk(o)) return false;
  }
  return true;
}
/** A router known by this address now has another link address and none of its old prefixes: the same fe80::1 on another link. */
function otherLink(p: Packet, mac: usize): bool {
  const router = Ip6.at(p.ip).src;
  const n = findNeighbour(router, p.port);
  if (!n || !n.router || macEq(neighbourMac(n), mac) || !heardFrom(router, p.port)) return false;
  for (let o = p.at + NdLen.RA; o < p.end; o += ndOptionLen(o)) {
    if (<u32>load<u8>(o) != NdOpt.PREFIX) continue;
    if (findPrefix(PrefixInfo.at(o).prefix, PrefixInfo.at(o).prefixLen, p.port)) return false;
  }
  return true;
}
/** Hop limit, timers, MTU. Zero means "not said". */
function parameters(p: Packet): void {
  const q = port(p.port);
  const h = hostPort(p.port);
  const hops = <u32>load<u8>(p.at, 4);
  if (hops != 0) q.hopLimit = <u8>(hops < HOP_LIMIT_FLOOR ? HOP_LIMIT_FLOOR : hops);
  const reachable = be32(p.at + 8);
  if (reachable != 0 && reachable <= REACHABLE_MAX_MS && reachable != h.reachable) {
    h.reachable = reachable;
    // Uniform between 0.5 and 1.5 of it, RFC 4861 §6.3.4.
    q.reachable = reachable / 2 + randomBelow(reachable + 1);
  }
  const retrans = be32(p.at + 12);
  if (retrans != 0)
    q.retrans = retrans < RETRANS_MIN_MS ? RETRANS_MIN_MS : retrans > RETRANS_MAX_MS ? RETRANS_MAX_MS : retrans;
  const option = ndOption(p.at + NdLen.RA, p.end, NdOpt.MTU);
  if (option == 0) return;
  const mtu = mtuOf(option);
  if (mtu >= <u32>Ip6.MIN_MTU && mtu <= h.mtu) q.mtu = <u16>mtu;
}
/** RFC 4191 §2.1: 01 high, 11 low, the reserved 10 counts as medium. */
function preference(flags: u32): i32 {
  const bits = (flags >> 3) & 3;
  return bits == 1 ? 1 : bits == 3 ? -1 : 0;
}
function milliseconds(seconds: u32): u64 {
  return seconds == 0xffffffff ? FOR_EVER : <u64>seconds * 1000;
}
/** Prefix Information, RFC 4861 §6.3.4 and RFC 4862 §5.5.3. */
function prefix(o: PrefixInfo, router: usize, i: u32, many: bool): void {
  const at = o.prefix;
  if (isLinkLocal(at) || isMulticast(at)) return;
  const valid = milliseconds(o.valid);
  onLink(at, o.prefixLen, i, router, valid, (o.flags & PrefixInfo.ON_LINK) != 0);
  const preferred = milliseconds(o.preferred);
  if ((o.flags & PrefixInfo.AUTONOMOUS) == 0 || o.prefixLen != 64 || preferred > valid) return;
  autonomous(at, i, valid, preferred, many);
}
