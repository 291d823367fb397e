import { Event } from "../abi/event";
import { Verdict } from "../abi/verdict";
import { addrCopy } from "../base/addr";
import { EVENTS } from "../base/config";
import { Ip6 } from "../wire/ip6";
import { now } from "./clock";
import { Packet } from "./packet";

// Events go into a ring that the caller empties with `takeEvent`; see abi/event.ts for a record's layout.
const SIZE: i32 = 48;
const RING = memory.data(EVENTS * SIZE, 8);
const COUNTERS = memory.data(Verdict.COUNT * 4, 4);
let head: i32 = 0;
let used: i32 = 0;
let lost: u32 = 0;
let level: i32 = 0;

export function setTrace(l: i32): void {
  level = l;
}
/** 0 none, 1 control steps and drops, 2 also data steps. */
export function traceLevel(): i32 {
  return level;
}
/** Appends an event. `a` and `b` are addresses or 0. */
export function emit(kind: Event, code: u32, a: usize, b: usize, x: u32, y: u32): void {
  if (used == EVENTS) {
    lost++;
    return;
  }
  const e = RING + <usize>(((head + used++) % EVENTS) * SIZE);
  memory.fill(e, 0, SIZE);
  store<u16>(e, <u16>kind);
  store<u16>(e, <u16>code, 2);
  store<u32>(e, <u32>now(), 4);
  if (a != 0) addrCopy(e + 8, a);
  if (b != 0) addrCopy(e + 24, b);
  store<u32>(e, x, 40);
  store<u32>(e, y, 44);
}
/** A step of control: registrations, routine 60. */
export function step(number: u32, a: usize, b: usize, x: u32): void {
  if (level >= 1) emit(Event.STEP, number, a, b, x, 0);
}
/** A step of one data packet. */
export function dataStep(number: u32, a: usize, b: usize): void {
  if (level >= 2) emit(Event.STEP, number, a, b, 0, 0);
}
/** Counts a drop; the one place that does. */
export function countDrop(v: Verdict, p: Packet): void {
  const c = COUNTERS + <usize>(v << 2);
  store<u32>(c, load<u32>(c) + 1);
  if (level == 0) return;
  const known = Ip6.ok(p.ip, <i32>(p.end - p.ip));
  emit(Event.DROP, v, known ? Ip6.at(p.ip).src : 0, known ? Ip6.at(p.ip).dst : 0, p.port, 0);
}
/** Counts something that is not the end of a packet in hand (a reassembly that timed out). */
export function count(v: Verdict): void {
  const c = COUNTERS + <usize>(v << 2);
  store<u32>(c, load<u32>(c) + 1);
}
export function counter(v: Verdict): u32 {
  return load<u32>(COUNTERS + <usize>(v << 2));
}
/** Oldest event, 0 when none. Valid until the next call into the core. */
export function nextEvent(): usize {
  if (used == 0) {
    if (lost == 0) return 0;
    const n = lost;
    lost = 0;
    emit(Event.LOST, 0, 0, 0, n, 0);
  }
  const e = RING + <usize>(head * SIZE);
  head = (head + 1) % EVENTS;
  used--;
  return e;
}
