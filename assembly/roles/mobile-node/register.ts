import { AddressState, Event, Registration } from "../../abi/event";
import { Verdict } from "../../abi/verdict";
import { addrCopy, addrEq, addrZero, isUnspecified } from "../../base/addr";
import { now } from "../../engine/clock";
import { count, emit } from "../../engine/events";
import { learn, sendNa, solicitQuietly } from "../../engine/nd";
import { timer, timerAt, timerBy, timerStop } from "../../engine/timers";
import { findAddress, linkLocalOf } from "../../tables/addresses";
import { BindingUpdate, deleteUpdate, putUpdate, UpdateState, updateCareOf } from "../../tables/binding-list";
import { BuFlag } from "../../wire/mh";
import { NaFlag } from "../../wire/nd";
import { chooseNext, discover, forgetAgents, moreAgents, stopDiscovery } from "./discover";
import { Link, linkAgent, linkMac } from "./link";
import { agent, careOf, dropTunnel, enter, home, MN, registration, setAgent, setAtHome } from "./node";
import { flagsToAsk, nextAllowed, sendUpdate, setSequence } from "./update";

// The home registration: sending, retransmission (RFC 6275 §11.8), refresh, returning home (§11.5.5).

/** InitialBindackTimeoutFirstReg, INITIAL_BINDACK_TIMEOUT, MAX_BINDACK_TIMEOUT, RFC 6275 §12-13. */
const FIRST_MS: u32 = 1500;
const INITIAL_MS: u32 = 1000;
const MAX_MS: u32 = 32000;
/**
 * Ours, and sooner than the RFC's INITIAL_BINDACK_TIMEOUT: a binding that the home agent knows is renewed without DAD, so its answer is due
 * after one round trip, and a moving node without one is deaf. The first retransmission leaves after four round trips as measured
 * at an earlier renewal (UNKNOWN_MS before there was one), never below EARLY_MS nor above INITIAL_MS; doubling and
 * MAX_UPDATE_RATE are the RFC's.
 */
const EARLY_MS: u32 = 200;
const UNKNOWN_MS: u32 = 400;
/** Transmissions without any answer after which another home agent is tried, when one was discovered. */
const TRIES: u8 = 4;
const REFUSED_MS: u64 = 2000;
const RESENDS: i32 = 3;
/** RFC 4861 §7.2.6: unsolicited advertisements, and their distance. */
const ADVERTISEMENTS: i32 = 3;
const ADVERTISE_MS: u64 = 1000;

let registerTimer: i32 = 0;
let homeTimer: i32 = 0;
let roundTrip: u32 = 0; // ms, of the last renewal that was answered at once; 0 = not measured
let refusals: i32 = 0; // in a row
let resends: i32 = 0; // for status 135, in a row
let advertisements: i32 = 0; // left to send

export function attachRegister(): void {
  registerTimer = timer(due);
  homeTimer = timer(advertiseHome);
}
/** A new care-of address is to be registered. */
export function register(): void {
  stopDiscovery();
  refusals = 0;
  resends = 0;
  if (isUnspecified(agent())) return discover();
  ask();
}
/** Starts a row of retransmissions for the present care-of address. */
export function ask(): void {
  const u = putUpdate(agent(), home());
  if (!u) {
    count(Verdict.BINDING_FULL);
    return timerAt(registerTimer, now() + <u64>MAX_MS);
  }
  addrCopy(updateCareOf(u), careOf());
  u.sent = 0;
  u.state = <u8>UpdateState.WAITING;
  enter(Registration.REGISTERING, 0);
  transmit(u);
}
/** Sends now, or as soon as the rate allows. */
export function transmit(u: BindingUpdate): void {
  const when = nextAllowed();
  if (when > now()) return timerAt(registerTimer, when);
  sendUpdate(u);
  timerAt(registerTimer, now() + <u64>interval(u));
}
function interval(u: BindingUpdate): u32 {
  const n = <u32>u.sent - 1;
  let first = FIRST_MS;
  if (u.expires > now()) first = roundTrip == 0 ? UNKNOWN_MS : min(max(roundTrip * 4, EARLY_MS), INITIAL_MS);
  return n > 7 || first << n > MAX_MS ? MAX_MS : first << n;
}
/** Refresh before its time: asked for by the home agent, or because it seems to have lost the binding. */
export function refresh(): void {
  const u = registration();
  if (!u || MN.atHome || MN.state != Registration.REGISTERED || u.sent != 0) return;
  transmit(u);
}
function due(): void {
  const u = registration();
  if (MN.atHome) {
    if (!u) return;
    // Without an answer the binding ends by itself.
    if (u.expires <= now() && u.sent > TRIES) return arrived(u);
    return transmit(u);
  }
  if (isUnspecified(careOf())) return;
  if (!u || MN.state == Registration.REFUSED) return isUnspecified(agent()) ? discover() : ask();
  if (MN.state == Registration.REGISTERED && u.expires <= now()) {
    dropTunnel();
    enter(Registration.REGISTERING, 0);
  }
  if (u.sent >= TRIES && !MN.fixedAgent) return otherAgent(u);
  transmit(u);
}
/** A discovered agent that stays silent: the next of the list, or a new list. */
function otherAgent(u: BindingUpdate): void {
  deleteUpdate(u);
  if (moreAgents()) {
    chooseNext();
    return ask();
  }
  forgetAgents();
  discover();
}
/** Nothing more is sent from here: the node left. Rows stay, the home agent's memory does too. */
export function rest(): void {
  timerStop(registerTimer);
  timerStop(homeTimer);
  stopDiscovery();
}

/** The Binding Update was accepted for `units` of 4 s; `advice` = Refresh Interval of the home agent, 0 = none. */
export function accepted(u: BindingUpdate, seq: u32, units: u32, advice: u32): void {
  refusals = 0;
  resends = 0;
  if (<i32>u.sent == 1 && u.expires > u.sentAt) roundTrip = <u32>(now() - u.sentAt) + 1;
  const since = seq == <u32>u.seq ? u.sentAt : u.burstAt;
  u.sent = 0;
  u.state = <u8>UpdateState.BOUND;
  u.expires = since + <u64>units * 4000;
  let wait = <u64>units * 3000;
  if (advice != 0 && <u64>advice * 4000 < wait) wait = <u64>advice * 4000;
  timerAt(registerTimer, since + wait > now() ? since + wait : now() + 1);
  enter(Registration.REGISTERED, 0);
}
/** The home agent said no: its binding is not ours to use, or stays. Another attempt follows, later each time. */
export function refused(u: BindingUpdate, status: u32): void {
  const doublings = <u64>(refusals < 5 ? refusals : 4);
  refusals++;
  enter(Registration.REFUSED, status);
  timerAt(registerTimer, now() + (REFUSED_MS << doublings));
  if (MN.atHome) {
    u.sent = 0;
    if (u.expires <= now()) arrived(u);
    return;
  }
  dropTunnel();
  deleteUpdate(u);
  if (moreAgents()) chooseNext();
  else if (!MN.fixedAgent) forgetAgents();
}
/** Status 135: the sequence continues behind the home agent's, RFC 6275 §11.7.3. At once, but not in a circle. */
export function resynchronize(u: BindingUpdate, seq: u32): void {
  setSequence(seq);
  u.sent = 0;
  if (resends++ < RESENDS) transmit(u);
  else timerAt(registerTimer, now() + <u64>MAX_MS);
}

/** On the home link. A binding is taken away, then the address is used without DAD; without a binding it is tested first. */
export function arriveHome(l: Link): void {
  rest();
  dropTunnel();
  addrZero(careOf());
  emit(Event.MOVED, 2, home(), 0, MN.port, 0);
  if (isUnspecified(agent())) setAgent(linkAgent(l));
  const u = registration();
  if (!u) {
    setAtHome(true);
    return enter(Registration.HOME, 0);
  }
  leave(u, l);
}
function leave(u: BindingUpdate, l: Link): void {
  setAtHome(false);
  if (addrEq(linkAgent(l), agent()) && (l.mac0 | <u32>l.mac1) != 0) learn(agent(), MN.port, linkMac(l));
  else solicitQuietly(agent(), MN.port);
  addrCopy(updateCareOf(u), home());
  u.sent = 0;
  u.state = <u8>UpdateState.LEAVING;
  enter(Registration.RETURNING, 0);
  transmit(u);
}
/** The home agent no longer stands in for us. */
export function arrived(u: BindingUpdate): void {
  deleteUpdate(u);
  timerStop(registerTimer);
  resends = 0;
  enter(Registration.HOME, 0);
  advertisements = ADVERTISEMENTS;
  advertiseHome();
}
/** RFC 6275 §11.5.5: every node on the home link learns that the address is ours again. */
function advertiseHome(): void {
  if (advertisements == 0 || !MN.atHome) return;
  advertisements--;
  sendNa(home(), MN.port, 0, home(), NaFlag.OVERRIDE);
  const local = linkLocalOf(MN.port);
  if ((flagsToAsk() & BuFlag.LINK_LOCAL) != 0) sendNa(local, MN.port, 0, local, NaFlag.OVERRIDE);
  if (advertisements > 0) timerBy(homeTimer, now() + ADVERTISE_MS);
}
/**
 * At home and never registered in this life, yet somebody answers for the home address: the home agent may remember a binding
 * from before a restart. It is asked to forget it, once.
 */
export function onDuplicateHome(l: Link): void {
  const a = findAddress(home(), MN.port);
  if (!MN.atHome || !a || a.state != AddressState.DUPLICATE || MN.state != Registration.HOME || isUnspecified(agent()))
    return;
  const u = putUpdate(agent(), home());
  if (!u) return count(Verdict.BINDING_FULL);
  if (u.sentAt != 0) return;
  leave(u, l);
}
