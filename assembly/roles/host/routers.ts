import { Event } from "../../abi/event";
import { addrCopy, addrEq } from "../../base/addr";
import { Changed, changed } from "../../engine/changed";
import { now } from "../../engine/clock";
import { emit } from "../../engine/events";
import { bestRouter, DefaultRouter, findRouter, firstRouter, newRouter, nextRouter } from "../../tables/routers";
import { deleteRoute, exactRoute, hopOf, putRoute } from "../../tables/routes";
import { FOR_EVER } from "./autoconf";

// The default router list at work, RFC 4861 §6.3.4-6.3.6: which router the default route names.

const ANY = memory.data(16, 8); // ::
const current = memory.data(16, 8); // the router that our default route names, :: = we set none
const gone = memory.data(16, 8);

/** A router advertised itself for `lifetimeMs` > 0. True when it is new. */
export function routerHeard(a: usize, i: u32, lifetimeMs: u64, preference: i32): bool {
  let r = findRouter(a, i);
  const fresh = !r;
  if (!r) r = newRouter(a, i);
  if (!r) return false;
  r.expires = now() + lifetimeMs;
  r.preference = preference;
  r.suspect = 0;
  choose();
  if (fresh) {
    emit(Event.ROUTER, 1, a, 0, i, 0);
    changed(Changed.ROUTER_NEW, i, a);
  }
  return fresh;
}
/** A router is none any more; `tell` false when the others know already. */
export function routerGone(r: DefaultRouter, tell: bool): void {
  const i = <u32>r.port;
  addrCopy(gone, changetype<usize>(r));
  r.expires = 0;
  choose();
  emit(Event.ROUTER, 0, gone, 0, i, 0);
  if (tell) changed(Changed.ROUTER_GONE, i, gone);
}
export function routersGone(i: u32): void {
  for (let at = firstRouter(); at != 0; at = nextRouter(at)) {
    const r = changetype<DefaultRouter>(at);
    if (r.expires != 0 && <u32>r.port == i) routerGone(r, true);
  }
}
/** Neighbour unreachability detection gave up on a router, or heard from it again. */
export function routerSuspect(a: usize, i: u32, suspect: bool): void {
  const r = findRouter(a, i);
  if (!r || (r.suspect != 0) == suspect) return;
  r.suspect = suspect ? 1 : 0;
  choose();
}
export function anyRouter(i: u32): bool {
  for (let at = firstRouter(); at != 0; at = nextRouter(at)) {
    const r = changetype<DefaultRouter>(at);
    if (r.expires != 0 && <u32>r.port == i) return true;
  }
  return false;
}
/** Ends routers whose lifetime is over; returns the next moment to look. */
export function runRouters(): u64 {
  let next = FOR_EVER;
  for (let at = firstRouter(); at != 0; at = nextRouter(at)) {
    const r = changetype<DefaultRouter>(at);
    if (r.expires == 0) continue;
    if (r.expires <= now()) routerGone(r, true);
    else if (r.expires < next) next = r.expires;
  }
  return next;
}
/** Points the default route at the best router. A default route set by hand stays. */
function choose(): void {
  const set = exactRoute(ANY, 0);
  if (set && !addrEq(hopOf(set), current)) return;
  const best = bestRouter();
  if (best) {
    addrCopy(current, changetype<usize>(best));
    putRoute(ANY, 0, current, best.port);
  } else if (set) {
    deleteRoute(ANY, 0, 0);
    addrCopy(current, ANY);
  }
}
