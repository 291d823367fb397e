import { addrCopy, addrEq } from "../../base/addr";
import { now } from "../../engine/clock";
import { findPrefix, firstPrefix, newPrefix, nextPrefix, Prefix, prefixRouter } from "../../tables/prefixes";
import { deleteRoute, exactRoute, putRoute } from "../../tables/routes";
import { FOR_EVER } from "./autoconf";

// The prefix list at work, RFC 4861 §6.3.4: on-link prefixes become routes, and every prefix remembers its router.

/** A prefix was advertised by `router`, valid for `valid` ms (0: no longer). */
export function onLink(a: usize, len: i32, i: u32, router: usize, valid: u64, linked: bool): void {
  let r = findPrefix(a, len, i);
  if (valid == 0) {
    if (r && linked) end(r);
    return;
  }
  if (!r) r = newPrefix(a, len, i);
  if (!r) return;
  r.until = valid == FOR_EVER ? FOR_EVER : now() + valid;
  addrCopy(prefixRouter(r), router);
  if (!linked || r.routed || exactRoute(a, len)) return;
  if (putRoute(changetype<usize>(r), len, 0, i)) r.routed = 1;
}
function end(r: Prefix): void {
  if (r.routed) deleteRoute(changetype<usize>(r), r.len, 0);
  r.until = 0;
}
/** Forgets what a port's router said; `router` 0 = what all did. */
export function endPrefixes(i: u32, router: usize): void {
  for (let at = firstPrefix(); at != 0; at = nextPrefix(at)) {
    const r = changetype<Prefix>(at);
    if (r.until == 0 || <u32>r.port != i) continue;
    if (router == 0 || addrEq(prefixRouter(r), router)) end(r);
  }
}
/** Ends what is over; returns the next moment to look. */
export function runPrefixes(): u64 {
  let next = FOR_EVER;
  for (let at = firstPrefix(); at != 0; at = nextPrefix(at)) {
    const r = changetype<Prefix>(at);
    if (r.until == 0) continue;
    if (r.until <= now()) end(r);
    else if (r.until < next) next = r.until;
  }
  return next;
}
