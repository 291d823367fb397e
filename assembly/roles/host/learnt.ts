import { addrCopy } from "../../base/addr";
import { forgetNeighbour } from "../../engine/nd";
import { port } from "../../engine/ports";
import { timer, timerBy } from "../../engine/timers";
import { findRouter } from "../../tables/routers";
import { endAddresses, FOR_EVER, runAddresses } from "./autoconf";
import { endNameServers, runNameServers } from "./dns";
import { hostPort } from "./ports";
import { endPrefixes, runPrefixes } from "./prefixes";
import { endRedirects } from "./redirect";
import { routerGone, routersGone, runRouters } from "./routers";
import { stopSolicit } from "./solicit";

// What advertisements taught, as a whole: it ends by its lifetimes, with its link, or with its router.

let lifetimes: i32 = 0;
const left = memory.data(16, 8);

export function attachLearnt(): void {
  lifetimes = timer(plan);
}
/** A look at all lifetimes before anything else happens. */
export function lookNow(): void {
  timerBy(lifetimes, 1);
}
/** The link went: nothing that was learnt on it holds any more. */
export function forgetLink(i: u32): void {
  const q = port(i);
  stopSolicit(i);
  endRedirects(i, 0);
  routersGone(i);
  endPrefixes(i, 0);
  endAddresses(i, true);
  endNameServers(i);
  q.mtu = <u16>hostPort(i).mtu;
  q.hopLimit = 64;
  q.reachable = 30000;
  q.retrans = 1000;
  hostPort(i).reachable = 0;
}
/** What was learnt from one router holds no more, and the router is not here: the node moved without a link event. */
export function forgetRouter(router: usize, i: u32): void {
  addrCopy(left, router);
  endRedirects(i, left);
  const r = findRouter(left, i);
  if (r) routerGone(r, true);
  endPrefixes(i, left);
  endAddresses(i, false);
  forgetNeighbour(left, i);
}
/** Ends what is over and plans the next look. */
export function plan(): void {
  let next = runRouters();
  const prefixes = runPrefixes();
  const addresses = runAddresses();
  const servers = runNameServers();
  if (prefixes < next) next = prefixes;
  if (addresses < next) next = addresses;
  if (servers < next) next = servers;
  if (next != FOR_EVER) timerBy(lifetimes, next);
}
