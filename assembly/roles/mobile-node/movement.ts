import { AddressState, Event } from "../../abi/event";
import { Verdict } from "../../abi/verdict";
import { addrCopy, addrEq, allRouters, isLinkLocal, isUnspecified } from "../../base/addr";
import { be16 } from "../../base/bytes";
import { Changed, changed } from "../../engine/changed";
import { now } from "../../engine/clock";
import { emit } from "../../engine/events";
import { sendNa, sendNs } from "../../engine/nd";
import { Packet } from "../../engine/packet";
import { timer, timerBy, timerStop } from "../../engine/timers";
import { Address, AddressFlag, firstAddress, nextAddress, usable } from "../../tables/addresses";
import { copyLink, LINK_SIZE, Link, mergeLink, onLink, readLink, sameLink, sharePrefix } from "./link";
import { careOf, dropTunnel, MN, setAway, uproot } from "./node";
import { arriveHome, register, rest } from "./register";

// Movement detection, RFC 6275 §11.5.1, and the care-of address, §11.5.4.
//   a link came up: the first router heard decides
//   an advertisement of another router with other prefixes, or a silent router: probe the present one, PROBES solicitations
//   PROBE_MS apart; no answer = it was left (Changed.LEFT: the host forgets what it learnt there)
// Decisions are made in one timer that is due at once, when the engine is done with the packet that caused them.

const PROBES: i32 = 3;
const PROBE_MS: u64 = 80;
/** A router that was heard or confirmed within this time is not doubted for a router that once proved to be its neighbour. */
const FRESH_MS: u64 = 3000;
/** Advertisements that may be missed before the router is probed. */
const MISSED: u64 = 2;
const CANDIDATE_MS: u64 = 10000;
const PEERS: i32 = 4;

const current = changetype<Link>(memory.data(LINK_SIZE, 8));
const candidate = changetype<Link>(memory.data(LINK_SIZE, 8));
const heard = changetype<Link>(memory.data(LINK_SIZE, 8));
const peers = memory.data(PEERS * 16, 8); // routers that share the link with the current one
const old = memory.data(16, 8); // an address on its way to somebody
let peerCount: i32 = 0;
let attached: bool = false;
let decideAtOnce: bool = false;
let probes: i32 = 0; // sent in the present doubt, 0 = no doubt
let probeAt: u64 = 0;
let moveTimer: i32 = 0;

export function attachMovement(): void {
  moveTimer = timer(run);
}
export function currentLink(): Link {
  return current;
}
/** Looks at everything again when the engine is done with what it does. */
export function reconsider(): void {
  timerBy(moveTimer, now());
}
/** Chain.ADVERTISED: a Router Advertisement passed the host's checks and was learnt from. */
export function rxAdvertised(p: Packet): Verdict {
  if (!MN.configured || p.port != MN.port) return Verdict.GO;
  readLink(heard, p);
  // A router that is none (lifetime 0) says nothing about where we are, unless it names the home prefix.
  if (be16(p.at + 6) == 0 && !heard.home) return Verdict.GO;
  if (!attached) adopt(heard);
  else if (sameLink(current, heard)) {
    mergeLink(current, heard);
    probes = 0;
  } else if (addrEq(changetype<usize>(current), changetype<usize>(heard)) || decideAtOnce) {
    copyLink(candidate, heard);
    probes = PROBES;
    probeAt = now();
  } else if (sharePrefix(current, heard)) addPeer(changetype<usize>(heard));
  else if (!isPeer(changetype<usize>(heard)) || current.seenAt + FRESH_MS <= now()) {
    copyLink(candidate, heard);
    doubt();
  }
  decideAtOnce = false;
  reconsider();
  return Verdict.GO;
}
function adopt(l: Link): void {
  copyLink(current, l);
  candidate.seenAt = 0;
  attached = true;
  probes = 0;
  peerCount = 0;
}
function doubt(): void {
  if (probes != 0) return;
  probeAt = now();
  probe();
}
function probe(): void {
  probes++;
  probeAt += PROBE_MS;
  sendNs(changetype<usize>(current), MN.port, changetype<usize>(current));
}
function isPeer(router: usize): bool {
  for (let i = 0; i < peerCount; i++) if (addrEq(peers + <usize>(i << 4), router)) return true;
  return false;
}
function addPeer(router: usize): void {
  if (isPeer(router) || peerCount == PEERS) return;
  addrCopy(peers + <usize>(peerCount++ << 4), router);
}
/** Changed: links, routers, addresses. */
export function onMovement(what: Changed, port: u32, at: usize): void {
  if (!MN.configured || port != <u32>MN.port) return;
  const router = attached && at != 0 && addrEq(at, changetype<usize>(current));
  switch (what) {
    case Changed.LINK_DOWN:
      detach();
      return;
    case Changed.LINK_UP:
      decideAtOnce = true;
      return;
    case Changed.REACHABLE:
      if (!router) return;
      current.seenAt = now();
      if (probes == 0) return;
      probes = 0;
      if (candidate.seenAt != 0) addPeer(changetype<usize>(candidate));
      return;
    case Changed.UNREACHABLE:
      if (!router) return;
      probes = PROBES;
      probeAt = now();
      return reconsider();
    case Changed.ROUTER_GONE:
      // Its prefixes may live on through another router: the next one heard decides.
      if (router) attached = false;
      return;
    case Changed.ADDRESS_READY:
    case Changed.ADDRESS_OPTIMISTIC:
    case Changed.ADDRESS_GONE:
    case Changed.ADDRESS_DUPLICATE:
      reconsider();
  }
}
function detach(): void {
  attached = false;
  decideAtOnce = true;
  probes = 0;
  candidate.seenAt = 0;
  timerStop(moveTimer);
  rest();
  uproot();
}
/** The current router was left. Who was heard lately takes its place. */
function left(): void {
  addrCopy(old, changetype<usize>(current));
  const next = candidate.seenAt != 0 && candidate.seenAt + CANDIDATE_MS > now();
  attached = false;
  probes = 0;
  rest();
  uproot();
  changed(Changed.LEFT, MN.port, old);
  if (next) adopt(candidate);
}
function run(): void {
  if (!MN.configured) return;
  if (probes != 0 && probeAt <= now()) {
    if (probes < PROBES) probe();
    else left();
  }
  if (attached && probes == 0 && current.interval != 0 && silentSince() <= now()) {
    candidate.seenAt = 0;
    current.seenAt = now();
    doubt();
  }
  decide();
  if (probes != 0) timerBy(moveTimer, probeAt);
  else if (attached && current.interval != 0) timerBy(moveTimer, silentSince());
}
function silentSince(): u64 {
  return current.seenAt + <u64>current.interval * MISSED + 100;
}
function decide(): void {
  if (!attached) {
    if (!isUnspecified(careOf()) && !alive(careOf())) lose();
    return;
  }
  if (current.home) {
    if (!MN.atHome) arriveHome(current);
    return;
  }
  const a = selectCareOf();
  if (a == 0) return lose();
  if (!MN.atHome && addrEq(a, careOf())) return;
  dropTunnel();
  setAway();
  addrCopy(careOf(), a);
  emit(Event.MOVED, 1, a, 0, MN.port, 0);
  // RFC 9131 §4: the router need not ask for it when the answer comes. No override, the address may still be optimistic.
  allRouters(old);
  sendNa(a, MN.port, old, a, 0);
  register();
}
function lose(): void {
  rest();
  uproot();
}
function alive(a: usize): bool {
  for (let p = firstAddress(); p != 0; p = nextAddress(p)) {
    if (addrEq(p, a) && changetype<Address>(p).port == MN.port && usable(changetype<Address>(p))) return true;
  }
  return false;
}
/**
 * The best care-of address, 0 = none: on a prefix of the current link, not deprecated, the present one, autoconfigured, past DAD.
 */
function selectCareOf(): usize {
  let best: usize = 0;
  let bestScore = -1;
  for (let p = firstAddress(); p != 0; p = nextAddress(p)) {
    const a = changetype<Address>(p);
    if (!usable(a) || a.port != MN.port || isLinkLocal(p)) continue;
    if (a.flags & (AddressFlag.HOME | AddressFlag.ANYCAST)) continue;
    const here = onLink(current, p);
    if (!here && (a.flags & AddressFlag.AUTO) != 0 && current.count != 0) continue;
    let score = here ? 16 : 0;
    if (a.state != AddressState.DEPRECATED) score += 8;
    if (addrEq(p, careOf())) score += 4;
    if (a.flags & AddressFlag.AUTO) score += 2;
    if (a.state == AddressState.PREFERRED) score += 1;
    if (score > bestScore) {
      bestScore = score;
      best = p;
    }
  }
  return best;
}
