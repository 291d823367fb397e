import { Verdict } from "../../abi/verdict";
import { addrCopy, addrEq, isLinkLocal, isMulticast } from "../../base/addr";
import { REDIRECTS } from "../../base/config";
import { learn, ndCheck } from "../../engine/nd";
import { Packet } from "../../engine/packet";
import { deleteRoute, exactRoute, findRoute, hopOf, putRoute } from "../../tables/routes";
import { Ip6 } from "../../wire/ip6";
import { NdLen, NdOpt, ndOption } from "../../wire/nd";
import { HostFlag, hostPort } from "./ports";

// Redirects, RFC 4861 §8.1, §8.3. Few are kept, each with the router that sent it; it dies with that router or its target.

@unmanaged
class Redirect {
  hi: u64; // destination
  lo: u64;
  targetHi: u64;
  targetLo: u64;
  routerHi: u64;
  routerLo: u64;
  used: u32;
  port: u32;
}
const STRIDE: usize = offsetof<Redirect>();
const POOL = memory.data(REDIRECTS * offsetof<Redirect>(), 8);
let oldest: i32 = 0;

function row(k: i32): Redirect {
  return changetype<Redirect>(POOL + <usize>k * STRIDE);
}
export function rxRedirect(p: Packet): Verdict {
  const bad = ndCheck(p, NdLen.REDIRECT);
  if (bad != Verdict.GO) return bad;
  const i = <u32>p.port;
  const router = Ip6.at(p.ip).src;
  const target = p.at + 8;
  const dst = p.at + 24;
  const h = hostPort(i);
  if (!h.on || (h.flags & HostFlag.AUTOCONFIGURE) == 0) return Verdict.BAD_REDIRECT;
  if (!isLinkLocal(router) || isMulticast(dst) || isLinkLocal(dst)) return Verdict.BAD_REDIRECT;
  const direct = addrEq(target, dst);
  if (!direct && !isLinkLocal(target)) return Verdict.BAD_REDIRECT;
  // Only the router that is the first hop to the destination now may send elsewhere.
  const now = findRoute(dst);
  if (!now || <u32>now.port != i || !addrEq(hopOf(now), router)) return Verdict.BAD_REDIRECT;
  if (!keep(dst, target, router, direct, i)) return Verdict.BAD_REDIRECT;
  const lla = ndOption(p.at + NdLen.REDIRECT, p.end, NdOpt.TARGET_LLA);
  if (lla != 0) {
    const n = learn(target, i, lla + 2);
    if (n && !direct) n.router = 1;
  }
  return Verdict.DONE;
}
function keep(dst: usize, target: usize, router: usize, direct: bool, i: u32): bool {
  let k = 0;
  while (k < REDIRECTS && row(k).used && !(row(k).port == i && addrEq(changetype<usize>(row(k)), dst))) k++;
  if (k == REDIRECTS) {
    k = oldest;
    oldest = (oldest + 1) % REDIRECTS;
  }
  const r = row(k);
  if (r.used) end(r);
  // A route to this host set by hand is not ours to change.
  if (exactRoute(dst, 128) || !putRoute(dst, 128, direct ? 0 : target, i)) return false;
  const at = changetype<usize>(r);
  addrCopy(at, dst);
  addrCopy(at + 16, target);
  addrCopy(at + 32, router);
  r.used = 1;
  r.port = i;
  return true;
}
function end(r: Redirect): void {
  r.used = 0;
  deleteRoute(changetype<usize>(r), 128, 0);
}
/** Forgets what names `who` as router or target on a port; 0 = everything of the port. */
export function endRedirects(i: u32, who: usize): void {
  for (let k = 0; k < REDIRECTS; k++) {
    const r = row(k);
    const at = changetype<usize>(r);
    if (r.used && r.port == i && (who == 0 || addrEq(at + 16, who) || addrEq(at + 32, who))) end(r);
  }
}
