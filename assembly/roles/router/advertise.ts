import { Verdict } from "../../abi/verdict";
import { addrCopy, allNodes, allRouters, isUnspecified, prefixMask } from "../../base/addr";
import { put16, put32 } from "../../base/bytes";
import { PORTS } from "../../base/config";
import { randomBelow } from "../../base/prng";
import { now } from "../../engine/clock";
import { join, leave } from "../../engine/mld";
import { learn, ndCheck, sendNd, startNd } from "../../engine/nd";
import { allocOwn, Packet } from "../../engine/packet";
import { PortFlag, port, portMac } from "../../engine/ports";
import { timer, timerBy } from "../../engine/timers";
import { linkLocalOf } from "../../tables/addresses";
import {
  AdvertisedLink,
  AdvertisedOption,
  AdvertisedPrefix,
  advertisedDns,
  advertisedLink,
  firstAdvertised,
  nextAdvertised,
} from "../../tables/advertised";
import { Icmp6, Icmp6Type } from "../../wire/icmp6";
import { Ip6 } from "../../wire/ip6";
import {
  NdLen,
  NdOpt,
  ndOption,
  PrefixInfo,
  putHomeAgentInfo,
  putInterval,
  putLla,
  putMtu,
  putRdnss,
} from "../../wire/nd";

// Router Advertisements, RFC 4861 §6.2.4-6.2.6, with the quicker rhythm of RFC 6275 §7.5: a solicitation with an address is
// answered to that address at once, so that a node that just arrived does not wait.

const MAX_INITIAL: u16 = 3; // MAX_INITIAL_RTR_ADVERTISEMENTS
const INITIAL_INTERVAL_MS: u32 = 16000;
const MIN_DELAY_BETWEEN_RAS_MS: u64 = 3000;
const MAX_RA_DELAY_MS: u32 = 500;
let raTimer: i32 = 0;
const group = memory.data(16, 8);
const prefixOf = memory.data(16, 8);

export function attachAdvertise(): void {
  raTimer = timer(run);
}
/** From now on the port advertises; a change of what it says counts as a new beginning. */
export function startAdvertising(i: u32): void {
  const l = advertisedLink(i);
  if (!l.on) {
    allRouters(group);
    join(group, i);
  }
  l.on = 1;
  port(i).flags |= PortFlag.ROUTER;
  l.initial = MAX_INITIAL;
  plan(l, now());
}
/** Says with a last advertisement that this is a router no longer, RFC 4861 §6.2.5. */
export function stopAdvertising(i: u32): void {
  const l = advertisedLink(i);
  l.lifetimeS = 0;
  if (port(i).up) advertise(i, 0);
  l.on = 0;
  l.next = 0;
  port(i).flags &= ~PortFlag.ROUTER;
  allRouters(group);
  leave(group, i);
}
/** The link or the link-local address came: begins anew. */
export function restartAdvertising(i: u32): void {
  if (advertisedLink(i).on) startAdvertising(i);
}
function plan(l: AdvertisedLink, when: u64): void {
  l.next = when;
  timerBy(raTimer, when);
}
function run(): void {
  for (let i: u32 = 0; i < <u32>PORTS; i++) {
    const l = advertisedLink(i);
    if (!l.on || l.next == 0) continue;
    if (l.next > now()) {
      timerBy(raTimer, l.next);
      continue;
    }
    // Without a link or a link-local address the next try comes when they do.
    l.next = 0;
    if (!port(i).up || linkLocalOf(i) == 0) continue;
    advertise(i, 0);
    l.last = now();
    let wait = l.minInterval + randomBelow(l.maxInterval - l.minInterval + 1);
    if (l.initial > 0) {
      l.initial--;
      if (wait > INITIAL_INTERVAL_MS) wait = INITIAL_INTERVAL_MS;
    }
    plan(l, now() + <u64>wait);
  }
}
/** Sends an advertisement to `to`, 0 = all nodes. */
function advertise(i: u32, to: usize): void {
  const src = linkLocalOf(i);
  if (src == 0) return;
  const p = allocOwn();
  if (!p) return;
  const l = advertisedLink(i);
  const ip = startNd(p, i, NdLen.RA);
  addrCopy(ip.src, src);
  if (to != 0) addrCopy(ip.dst, to);
  else allNodes(ip.dst);
  const icmp = ip.payload;
  Icmp6.at(icmp).type = Icmp6Type.ROUTER_ADVERTISEMENT;
  store<u8>(icmp, l.hopLimit, 4);
  store<u8>(icmp, l.flags, 5);
  put16(icmp + 6, l.lifetimeS);
  put32(icmp + 8, l.reachable);
  put32(icmp + 12, l.retrans);
  p.end = options(l, i, icmp + NdLen.RA);
  ip.payloadLen = <i32>(p.end - icmp);
  sendNd(p);
}
/** Writes the options from `at`; returns the end. */
function options(l: AdvertisedLink, i: u32, at: usize): usize {
  at = putLla(at, NdOpt.SOURCE_LLA, portMac(i));
  if (l.mtu != 0) at = putMtu(at, l.mtu);
  for (let row = firstAdvertised(); row != 0; row = nextAdvertised(row)) {
    const r = changetype<AdvertisedPrefix>(row);
    if (!r.used || <u32>r.port != i) continue;
    addrCopy(prefixOf, row);
    // With R the whole address is told, RFC 6275 §7.2; else the bits behind the prefix are zero.
    if ((<u32>r.flags & PrefixInfo.ROUTER) == 0) prefixMask(prefixOf, r.len);
    at = PrefixInfo.write(at, r.len, r.flags, r.validS, r.preferredS, prefixOf);
  }
  if (l.options & AdvertisedOption.INTERVAL) at = putInterval(at, l.maxInterval);
  if (l.options & AdvertisedOption.HOME_AGENT) at = putHomeAgentInfo(at, l.preference, l.homeAgentS);
  if (l.dnsCount != 0) at = putRdnss(at, l.dnsLifetimeS, advertisedDns(l), l.dnsCount);
  return at;
}
/** Router Solicitation, RFC 4861 §6.1.1, §6.2.6. */
export function rxRs(p: Packet): Verdict {
  const bad = ndCheck(p, NdLen.RS);
  if (bad != Verdict.GO) return bad;
  const i = <u32>p.port;
  const src = Ip6.at(p.ip).src;
  const lla = ndOption(p.at + NdLen.RS, p.end, NdOpt.SOURCE_LLA);
  const anonymous = isUnspecified(src);
  if (anonymous && lla != 0) return Verdict.BAD_ND;
  const l = advertisedLink(i);
  if (!l.on) return Verdict.DONE;
  if (!anonymous) {
    if (lla != 0) {
      const n = learn(src, i, lla + 2);
      if (n) n.router = 0;
    }
    advertise(i, src);
    return Verdict.DONE;
  }
  // Not sooner than MIN_DELAY_BETWEEN_RAS after the last to all, RFC 6275 §7.5: or the configured interval where that is shorter.
  const gap = <u64>l.minInterval < MIN_DELAY_BETWEEN_RAS_MS ? <u64>l.minInterval : MIN_DELAY_BETWEEN_RAS_MS;
  let when = now() + <u64>randomBelow(MAX_RA_DELAY_MS);
  if (l.last != 0 && when < l.last + gap) when = l.last + gap;
  if (l.next == 0 || when < l.next) plan(l, when);
  return Verdict.DONE;
}
