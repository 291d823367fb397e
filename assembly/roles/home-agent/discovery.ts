import { Verdict } from "../../abi/verdict";
import { addrCopy, addrEq, isLinkLocal } from "../../base/addr";
import { put16 } from "../../base/bytes";
import { HOME_AGENTS } from "../../base/config";
import { random } from "../../base/prng";
import { now } from "../../engine/clock";
import { startAddress } from "../../engine/dad";
import { Door, on } from "../../engine/doors";
import { ndCheck } from "../../engine/nd";
import { allocOwn, left, Packet } from "../../engine/packet";
import { port } from "../../engine/ports";
import { settle } from "../../engine/queue";
import { send } from "../../engine/tx";
import { AddressFlag, findAddress, newAddress } from "../../tables/addresses";
import {
  deleteHomeAgent,
  firstHomeAgent,
  HomeAgent,
  homeAgentGlobal,
  nextHomeAgent,
  putHomeAgent,
} from "../../tables/home-agents";
import { Icmp6, Icmp6Type } from "../../wire/icmp6";
import { Ip6, Proto } from "../../wire/ip6";
import {
  homeAgentLifetime,
  homeAgentPreference,
  NdLen,
  NdOpt,
  ndOption,
  ndOptionLen,
  PrefixInfo,
  RaFlag,
} from "../../wire/nd";
import { agentAddress, agentReady, homePort, isConfigured, isRoutable, onHomePrefix, preference } from "./agent";

// Dynamic Home Agent Address Discovery, RFC 6275 §10.5: the list of home agents from their advertisements, and the answer to
// whoever asks the home agents' anycast address (RFC 2526).

const ANYCAST = memory.data(16, 8);
// Candidates for an answer: {u32 key, u32 pointer to the address}; the key is preference << 16 | random.
const SORT = memory.data((HOME_AGENTS + 1) * 8, 8);

export function attachDiscovery(): void {
  on(Door.ICMP6, Icmp6Type.DHAAD_REQUEST, rxRequest);
  on(Door.ICMP6, Icmp6Type.ROUTER_ADVERTISEMENT, rxAdvertisement);
}
/** Takes the Mobile IPv6 Home-Agents anycast address of the home subnet, RFC 2526 §2-3: identifier 126. */
export function joinAnycast(prefix: usize, bits: i32, at_port: u32): void {
  memory.fill(ANYCAST, 0xff, 16);
  // Interface identifiers of 64 bits are EUI-64: the universal bit is clear.
  if (bits == 64) store<u8>(ANYCAST, 0xfd, 8);
  store<u8>(ANYCAST, 0xfe, 15);
  for (let bit = 0; bit < bits; bit++) {
    const at = <usize>(bit >> 3);
    const mask = <u8>(<u32>0x80 >> (<u32>bit & 7));
    store<u8>(ANYCAST + at, (load<u8>(ANYCAST + at) & ~mask) | (load<u8>(prefix + at) & mask));
  }
  if (findAddress(ANYCAST, <i32>at_port)) return;
  const a = newAddress(ANYCAST, at_port);
  if (!a) return;
  a.prefixLen = 128;
  a.flags |= AddressFlag.ANYCAST;
  startAddress(a, 0);
}
/** A Router Advertisement of another router on the home link, §10.5.1. */
function rxAdvertisement(p: Packet): Verdict {
  const bad = ndCheck(p, NdLen.RA);
  if (bad != Verdict.GO) return bad;
  const from = Ip6.at(p.ip).src;
  if (!isLinkLocal(from)) return Verdict.BAD_ND;
  if (!isConfigured() || <u32>p.port != homePort() || (<u32>load<u8>(p.at, 5) & RaFlag.HOME_AGENT) == 0) {
    return Verdict.DONE;
  }
  const options = p.at + NdLen.RA;
  const info = ndOption(options, p.end, NdOpt.HOME_AGENT_INFO);
  const lifetime = info != 0 ? homeAgentLifetime(info) : <u32>bswap<u16>(load<u16>(p.at, 6));
  if (lifetime == 0) {
    deleteHomeAgent(from, now());
    return Verdict.DONE;
  }
  const global = globalAddress(options, p.end);
  if (global == 0) return Verdict.DONE;
  putHomeAgent(from, global, info != 0 ? homeAgentPreference(info) : 0, now() + <u64>lifetime * 1000, now());
  return Verdict.DONE;
}
/** The router's own address in a Prefix Information option with R, on the home subnet; 0 = none. */
function globalAddress(options: usize, end: usize): usize {
  for (let o = ndOption(options, end, NdOpt.PREFIX); o != 0; o = ndOption(o + ndOptionLen(o), end, NdOpt.PREFIX)) {
    const info = PrefixInfo.at(o);
    if (ndOptionLen(o) != PrefixInfo.LEN || (info.flags & PrefixInfo.ROUTER) == 0) continue;
    if (isRoutable(info.prefix) && onHomePrefix(info.prefix) && !addrEq(info.prefix, agentAddress()))
      return info.prefix;
  }
  return 0;
}
/** ICMPv6 Home Agent Address Discovery Request, §6.5, §10.5. */
function rxRequest(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  if (!agentReady() || !addrEq(ip.dst, ANYCAST) || !isRoutable(ip.src)) return Verdict.DHAAD_UNEXPECTED;
  if (left(p) < Icmp6.LEN || Icmp6.at(p.at).code != 0) return Verdict.BAD_ICMP;
  const q = allocOwn();
  if (!q) return Verdict.NO_BUFFER;
  const h = Ip6.at(q.ip);
  const m = h.payload;
  memory.fill(q.ip, 0, Ip6.LEN + Icmp6.LEN);
  h.first = 0x60;
  h.next = Proto.ICMP6;
  h.hopLimit = port(p.port).hopLimit;
  addrCopy(h.src, agentAddress());
  addrCopy(h.dst, ip.src);
  Icmp6.at(m).type = Icmp6Type.DHAAD_REPLY;
  put16(m + 4, Icmp6.at(p.at).id);
  q.end = list(m + Icmp6.LEN);
  h.payloadLen = <i32>(q.end - m);
  Icmp6.seal(q.ip, m, h.payloadLen);
  settle(q, send(q));
  return Verdict.DONE;
}
/** Writes all home agents, the most preferred first, those of one preference in random order. Returns what follows. */
function list(to: usize): usize {
  let n = 0;
  candidate(n++, preference(), agentAddress());
  for (let at = firstHomeAgent(); at != 0; at = nextHomeAgent(at)) {
    const h = changetype<HomeAgent>(at);
    if (h.expires > now()) candidate(n++, h.preference, homeAgentGlobal(h));
  }
  for (; n > 0; n--) {
    let best = SORT;
    for (let i = 1; i < n; i++) {
      const c = SORT + <usize>(i << 3);
      if (load<u32>(c) > load<u32>(best)) best = c;
    }
    addrCopy(to, <usize>load<u32>(best, 4));
    to += 16;
    store<u64>(best, load<u64>(SORT + <usize>((n - 1) << 3)));
  }
  return to;
}
function candidate(i: i32, order: u32, address: usize): void {
  const c = SORT + <usize>(i << 3);
  store<u32>(c, (order << 16) | (random() & 0xffff));
  store<u32>(c, <u32>address, 4);
}
