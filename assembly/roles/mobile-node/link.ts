import { addrCopy, addrEq, macCopy, prefixEq } from "../../base/addr";
import { be32 } from "../../base/bytes";
import { now } from "../../engine/clock";
import { Packet } from "../../engine/packet";
import { Ip6 } from "../../wire/ip6";
import { NdLen, NdOpt, ndOption, ndOptionLen, PrefixInfo } from "../../wire/nd";
import { home, MN } from "./node";

/** What a router advertised: enough to know its link again. */
@unmanaged
export class Link {
  hi: u64; // router, link-local
  lo: u64;
  seenAt: u64; // ms, last sign of life
  agentHi: u64; // its own address in the home prefix (R flag), :: = none
  agentLo: u64;
  interval: u32; // ms, Advertisement Interval option, 0 = none
  mac0: u32; // source link-layer address option, zero = none
  mac1: u16;
  home: u8; // the home prefix is on its link
  count: u8; // prefixes
  pad: u32;
}
const MAX: i32 = 4;
const ROW: usize = 24; // prefix (16), length (8)
export const LINK_SIZE: i32 = offsetof<Link>() + MAX * 24;

export function linkMac(l: Link): usize {
  return changetype<usize>(l) + offsetof<Link>("mac0");
}
export function linkAgent(l: Link): usize {
  return changetype<usize>(l) + offsetof<Link>("agentHi");
}
function row(l: Link, i: i32): usize {
  return changetype<usize>(l) + offsetof<Link>() + <usize>i * ROW;
}
function addPrefix(l: Link, prefix: usize, bits: i32): void {
  if (hasPrefix(l, prefix, bits) || <i32>l.count == MAX) return;
  const to = row(l, l.count++);
  addrCopy(to, prefix);
  store<i32>(to, bits, 16);
}
function hasPrefix(l: Link, prefix: usize, bits: i32): bool {
  for (let i = 0; i < <i32>l.count; i++) {
    if (load<i32>(row(l, i), 16) == bits && prefixEq(row(l, i), prefix, bits)) return true;
  }
  return false;
}
/** Does the address belong to a prefix of the link? */
export function onLink(l: Link, a: usize): bool {
  for (let i = 0; i < <i32>l.count; i++) if (prefixEq(row(l, i), a, load<i32>(row(l, i), 16))) return true;
  return false;
}
export function sharePrefix(a: Link, b: Link): bool {
  for (let i = 0; i < <i32>b.count; i++) if (hasPrefix(a, row(b, i), load<i32>(row(b, i), 16))) return true;
  return false;
}
export function copyLink(to: Link, from: Link): void {
  memory.copy(changetype<usize>(to), changetype<usize>(from), LINK_SIZE);
}
/** A later advertisement of the same router: options may be spread over several, RFC 4861 §6.2.3. */
export function mergeLink(to: Link, from: Link): void {
  to.seenAt = from.seenAt;
  if (from.interval != 0) to.interval = from.interval;
  for (let i = 0; i < <i32>from.count; i++) addPrefix(to, row(from, i), load<i32>(row(from, i), 16));
  if (!from.home) return;
  to.home = 1;
  addrCopy(linkAgent(to), linkAgent(from));
}
/** Reads the advertisement at `p.at`; its options have passed the host's checks. */
export function readLink(l: Link, p: Packet): void {
  memory.fill(changetype<usize>(l), 0, LINK_SIZE);
  addrCopy(changetype<usize>(l), Ip6.at(p.ip).src);
  l.seenAt = now();
  const options = p.at + NdLen.RA;
  const lla = ndOption(options, p.end, NdOpt.SOURCE_LLA);
  if (lla != 0) macCopy(linkMac(l), lla + 2);
  const interval = ndOption(options, p.end, NdOpt.ADVERTISEMENT_INTERVAL);
  if (interval != 0) l.interval = be32(interval + 4);
  for (let o = ndOption(options, p.end, NdOpt.PREFIX); o != 0; o = ndOption(o + ndOptionLen(o), p.end, NdOpt.PREFIX)) {
    if (ndOptionLen(o) != <usize>PrefixInfo.LEN) continue;
    const i = PrefixInfo.at(o);
    if (i.valid == 0 || i.prefixLen > 128 || i.prefixLen == 0) continue;
    addPrefix(l, i.prefix, i.prefixLen);
    const ours = i.prefixLen == <i32>MN.prefixLen && prefixEq(i.prefix, home(), i.prefixLen);
    if (!ours || (i.flags & (PrefixInfo.ON_LINK | PrefixInfo.ROUTER)) == 0) continue;
    l.home = 1;
    if (i.flags & PrefixInfo.ROUTER) addrCopy(linkAgent(l), i.prefix);
  }
}
/**
 * Did the same router send both? One link-local address (fe80::1) may be in use on many links: then another link address
 * and other prefixes tell them apart.
 */
export function sameLink(a: Link, b: Link): bool {
  if (!addrEq(changetype<usize>(a), changetype<usize>(b))) return false;
  const sameMac = a.mac0 == b.mac0 && a.mac1 == b.mac1;
  return sameMac || b.count == 0 || sharePrefix(a, b);
}
