import { Verdict } from "../../abi/verdict";
import { addrCopy, addrEq, isLinkLocal } from "../../base/addr";
import { now } from "../../engine/clock";
import { sendNd, startNd } from "../../engine/nd";
import { allocOwn, Packet } from "../../engine/packet";
import { hop } from "../../engine/tx";
import { linkLocalOf } from "../../tables/addresses";
import { findNeighbour, NeighbourState, neighbourMac } from "../../tables/neighbours";
import { findRoute, hopOf } from "../../tables/routes";
import { Icmp6, Icmp6Type } from "../../wire/icmp6";
import { Ip6 } from "../../wire/ip6";
import { NdLen, NdOpt, putLla } from "../../wire/nd";

// Redirects sent, RFC 4861 §8.2: a neighbour sent a packet through us that it could have sent there itself.

const BURST: u32 = 10;
const EVERY_MS: u64 = 100; // a token each, RFC 4861 §8.2: redirects are rate-limited
let tokens: u32 = BURST;
let filled: u64 = 0;

/** The packet leaves by the port it came in on, `hop(p)` is known. It goes its way whatever becomes of the redirect. */
export function redirect(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  const i = <u32>p.port;
  const next = hop(p);
  const direct = addrEq(next, ip.dst);
  if (!direct && !isLinkLocal(next)) return Verdict.GO;
  const back = findRoute(ip.src);
  if (!back || <u32>back.port != i || (load<u64>(hopOf(back)) | load<u64>(hopOf(back), 8)) != 0) return Verdict.GO;
  const src = linkLocalOf(i);
  if (src != 0 && token()) tell(ip, next, src, i, p.end);
  return Verdict.GO;
}
function token(): bool {
  const passed = (now() - filled) / EVERY_MS;
  if (passed > 0) {
    filled = now();
    tokens = passed + <u64>tokens > <u64>BURST ? BURST : tokens + <u32>passed;
  }
  if (tokens == 0) return false;
  tokens--;
  return true;
}
function tell(about: Ip6, target: usize, src: usize, i: u32, end: usize): void {
  const p = allocOwn();
  if (!p) return;
  const ip = startNd(p, i, NdLen.REDIRECT);
  addrCopy(ip.src, src);
  addrCopy(ip.dst, about.src);
  Icmp6.at(ip.payload).type = Icmp6Type.REDIRECT;
  addrCopy(ip.payload + 8, target);
  addrCopy(ip.payload + 24, about.dst);
  let at = ip.payload + NdLen.REDIRECT;
  const n = findNeighbour(target, i);
  if (n && n.state != NeighbourState.INCOMPLETE) at = putLla(at, NdOpt.TARGET_LLA, neighbourMac(n));
  p.end = quote(at, p.ip + Ip6.MIN_MTU, about.ptr, end);
  ip.payloadLen = <i32>(p.end - ip.payload);
  sendNd(p);
}
/** Redirected Header option, RFC 4861 §4.6.3: as much of the packet as leaves the redirect within 1280 bytes. */
function quote(at: usize, limit: usize, from: usize, end: usize): usize {
  let n = end - from;
  if (n > limit - at - 8) n = limit - at - 8;
  n &= ~7;
  memory.fill(at, 0, 8);
  store<u8>(at, NdOpt.REDIRECTED);
  store<u8>(at, <u8>((n + 8) >> 3), 1);
  memory.copy(at + 8, from, n);
  return at + 8 + n;
}
