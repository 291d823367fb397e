import { Event } from "../../abi/event";
import { addrCopy } from "../../base/addr";
import { Changed, changed } from "../../engine/changed";
import { now } from "../../engine/clock";
import { emit } from "../../engine/events";
import { sendDadNs } from "../../engine/nd";
import { port } from "../../engine/ports";
import { dropSoon, putDirty, putSoon } from "../../tables/binding-lists";
import { Binding, BindingMark, BindingState, bindingsFull, careOf, setBindingState } from "../../tables/bindings";
import { follow } from "../../tables/spd";
import { BaStatus, BuFlag } from "../../wire/mh";
import { detectsDuplicates, homePort, longestLifetime } from "./agent";
import { watch } from "./lifetimes";
import { prefixSeconds } from "./prefixes";
import { announce, linkLocalOfHome, soonBy, withdraw } from "./proxy";

// Making, renewing and removing a binding, RFC 6275 §10.3.

/** Instead of a status: duplicate address detection decides later. */
export const WAIT: i32 = -1;
/** Codes of Event.BINDING. */
enum Made {
  NEW = 0,
  RENEWED = 1,
  REMOVED = 2,
  EXPIRED = 3,
  RESTORED = 4,
}
const UNIT_MS: u64 = 4000;

/** Primary care-of address registration, §10.3.1. A status or WAIT. */
export function enter(b: Binding, care: usize, asked: u32, flags: u32): i32 {
  if (b.state == BindingState.NONE && bindingsFull()) return BaStatus.RESOURCES;
  addrCopy(careOf(b), care);
  b.flags = <u8>flags;
  grant(b, asked);
  if (b.state == BindingState.PROBING) return WAIT;
  if (b.state == BindingState.BOUND) {
    live(b, Made.RENEWED);
    return accepted(b);
  }
  if (!detectsDuplicates()) {
    bind(b, Made.NEW);
    return accepted(b);
  }
  if (!port(homePort()).up) return BaStatus.UNSPECIFIED;
  setBindingState(b, BindingState.PROBING);
  sendDadNs(changetype<usize>(b), homePort());
  if ((flags & BuFlag.LINK_LOCAL) != 0) sendDadNs(linkLocalOfHome(b), homePort());
  putSoon(b, now() + <u64>port(homePort()).retrans);
  soonBy(b.due);
  return WAIT;
}
/** Lifetime in units of 4 s: not above what was asked for, what we grant, and what is left of the home subnet prefix. */
function grant(b: Binding, asked: u32): void {
  const ours = asked < longestLifetime() ? asked : longestLifetime();
  const prefix = prefixSeconds() >> 2;
  b.marks &= ~(BindingMark.CUT | BindingMark.PREFIX_ENDS);
  if (ours < asked) b.marks |= BindingMark.CUT;
  if (prefix < ours) b.marks |= BindingMark.PREFIX_ENDS;
  b.lifetime = <u16>(prefix < ours ? (prefix == 0 ? 1 : prefix) : ours);
}
/** With a lifetime that the prefix cut the mobile node had better ask for the prefixes, §6.1.8. */
function accepted(b: Binding): i32 {
  return (b.marks & BindingMark.PREFIX_ENDS) != 0 ? BaStatus.PREFIX_DISCOVERY : BaStatus.ACCEPTED;
}
/** Nobody else has the home address. */
export function probed(b: Binding): void {
  bind(b, Made.NEW);
  finish(b, accepted(b), b.flags);
}
/** Somebody on the home link has it, or wants it at the same time. */
export function duplicate(b: Binding): void {
  setBindingState(b, BindingState.NONE);
  dropSoon(b);
  finish(b, BaStatus.DAD_FAILED, b.flags);
}
function bind(b: Binding, how: Made): void {
  setBindingState(b, BindingState.BOUND);
  live(b, how);
  announce(b);
}
function live(b: Binding, how: Made): void {
  b.expires = now() + <u64>b.lifetime * UNIT_MS;
  watch(b);
  tell(b, how);
}
function tell(b: Binding, how: Made): void {
  follow(changetype<usize>(b), b.state == BindingState.BOUND ? careOf(b) : 0);
  emit(Event.BINDING, how, changetype<usize>(b), careOf(b), b.sequence, b.lifetime);
  changed(Changed.BINDING, homePort(), changetype<usize>(b));
}
/** Deregistration, §10.3.2. A status. */
export function leave(b: Binding): i32 {
  if (b.state == BindingState.PROBING) {
    setBindingState(b, BindingState.NONE);
    dropSoon(b);
    return BaStatus.ACCEPTED;
  }
  if (b.state != BindingState.BOUND) return BaStatus.NOT_HOME_AGENT;
  end(b, Made.REMOVED);
  return BaStatus.ACCEPTED;
}
/** The lifetime is over. What is kept outside must say so too, or a restart would bring the binding back. */
export function expire(b: Binding): void {
  end(b, Made.EXPIRED);
  putDirty(b);
}
function end(b: Binding, how: Made): void {
  setBindingState(b, BindingState.NONE);
  b.expires = 0;
  b.askAt = 0;
  withdraw(b);
  tell(b, how);
}
/** The Binding Update is decided: its record is written, then the acknowledgement leaves, if it was asked for or refuses (§9.5.4). */
export function finish(b: Binding, status: i32, flags: u32): void {
  if (status >= BaStatus.UNSPECIFIED) emit(Event.BU_REFUSED, status, changetype<usize>(b), careOf(b), b.sequence, 0);
  const wanted = (flags & BuFlag.ACK) != 0 || status >= BaStatus.UNSPECIFIED;
  b.marks = wanted ? b.marks | BindingMark.ACK : b.marks & ~BindingMark.ACK;
  b.ackStatus = <u8>status;
  b.ackLifetime = status < BaStatus.UNSPECIFIED && b.state == BindingState.BOUND ? b.lifetime : 0;
  putDirty(b);
}
/** A binding of an earlier life whose home address is listed: it lives for its whole lifetime again, for the node that made it
 *  cannot know that we were away. */
export function revive(b: Binding): void {
  b.state = BindingState.NONE;
  if (bindingsFull()) return;
  grant(b, b.lifetime);
  bind(b, Made.RESTORED);
}
