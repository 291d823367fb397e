import { AddressState } from "../../abi/event";
import { addrCopy, allRouters } from "../../base/addr";
import { PORTS } from "../../base/config";
import { randomBelow } from "../../base/prng";
import { now } from "../../engine/clock";
import { sendNd, startNd } from "../../engine/nd";
import { allocOwn } from "../../engine/packet";
import { portMac } from "../../engine/ports";
import { timer, timerBy } from "../../engine/timers";
import { Address, linkLocalOf } from "../../tables/addresses";
import { Icmp6, Icmp6Type } from "../../wire/icmp6";
import { NdLen, NdOpt, putLla } from "../../wire/nd";
import { hostPort } from "./ports";

// Router solicitation, RFC 4861 §6.3.7: the first at once when a link comes, three at intervals of four seconds; after that
// the interval doubles up to an hour instead of giving up (RFC 7559 §2).

const MAX_RTR_SOLICITATIONS: i32 = 3;
const INTERVAL_MS: u32 = 4000;
const LONGEST_MS: u32 = 3600000;
let solicitTimer: i32 = 0;

export function attachSolicit(): void {
  solicitTimer = timer(run);
}
/** The link came, or the last router went: solicits now. */
export function startSolicit(i: u32): void {
  const h = hostPort(i);
  h.solicited = 0;
  h.interval = INTERVAL_MS;
  solicit(i);
}
/** A router answered, or the link went. */
export function stopSolicit(i: u32): void {
  hostPort(i).nextSolicitation = 0;
}
function run(): void {
  for (let i: u32 = 0; i < <u32>PORTS; i++) {
    const due = hostPort(i).nextSolicitation;
    if (due == 0) continue;
    if (due <= now()) solicit(i);
    else timerBy(solicitTimer, due);
  }
}
function solicit(i: u32): void {
  const h = hostPort(i);
  if (<i32>h.solicited < MAX_RTR_SOLICITATIONS) h.solicited++;
  else h.interval = h.interval > LONGEST_MS >> 1 ? LONGEST_MS : h.interval << 1;
  // ±10 % after the first three, RFC 7559 §2.1.
  const spread = <i32>h.solicited < MAX_RTR_SOLICITATIONS ? 0 : h.interval / 10;
  h.nextSolicitation = now() + <u64>(h.interval - spread + randomBelow(2 * spread + 1));
  timerBy(solicitTimer, h.nextSolicitation);
  send(i);
}
/** From the link-local address; from :: while it is tentative. */
function send(i: u32): void {
  const p = allocOwn();
  if (!p) return;
  const src = linkLocalOf(i);
  // Neither :: nor an optimistic source names its link address, RFC 4861 §4.1, RFC 4429 §3.2.
  const named = src != 0 && changetype<Address>(src).state != AddressState.OPTIMISTIC;
  const ip = startNd(p, i, NdLen.RS + (named ? 8 : 0));
  if (src != 0) addrCopy(ip.src, src);
  allRouters(ip.dst);
  Icmp6.at(ip.payload).type = Icmp6Type.ROUTER_SOLICITATION;
  if (named) putLla(ip.payload + NdLen.RS, NdOpt.SOURCE_LLA, portMac(i));
  sendNd(p);
}
