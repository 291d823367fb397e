import { Event } from "../../abi/event";
import { ASSOCIATIONS } from "../../base/config";
import { now } from "../../engine/clock";
import { emit } from "../../engine/events";
import { timer, timerBy } from "../../engine/timers";
import { Association, association, isLive, SaFlag } from "../../tables/sad";
import { findPolicy } from "../../tables/spd";

// Lifetimes of associations, RFC 4301 §4.4.2.1: bytes (of the packets before protection when sending, from the ESP or AH header on when
// receiving), packets (by the highest number, so that both ends agree and a restart does not begin anew), time. The soft limit is told once; at the hard one the association carries nothing any more.

/** Codes of Event.ASSOCIATION. */
export enum Told {
  ADDED = 1,
  SOFT = 2,
  HARD = 3,
  REMOVED = 4,
}
let limitTimer: i32 = 0;

export function attachLifetimes(): void {
  limitTimer = timer(pass);
}
export function tell(a: Association, what: Told): void {
  emit(Event.ASSOCIATION, what, 0, 0, a.spi, a.direction);
}
/** It was added: its time runs. */
export function watch(a: Association): void {
  if (a.hardAt == 0) return;
  const soft = softAt(a);
  timerBy(limitTimer, <u64>(soft != 0 ? soft : a.hardAt) * 1000);
}
/** 0 = none, or told. */
function softAt(a: Association): u32 {
  return a.soft == 0 || (a.flags & SaFlag.SOFT_TOLD) != 0 ? 0 : a.softAt;
}
function isOver(at: u32): bool {
  return at != 0 && <u64>at * 1000 <= now();
}
function pass(): void {
  for (let row = 0; row < ASSOCIATIONS; row++) {
    const a = association(row);
    if (!isLive(a) || (a.flags & SaFlag.DEAD) != 0 || a.hardAt == 0) continue;
    if (isOver(a.hardAt)) {
      kill(a);
      continue;
    }
    if (isOver(softAt(a))) tellSoft(a);
    watch(a);
  }
}
function tellSoft(a: Association): void {
  a.flags |= <u8>SaFlag.SOFT_TOLD;
  tell(a, Told.SOFT);
}
function kill(a: Association): void {
  a.flags |= <u8>SaFlag.DEAD;
  const q = findPolicy(a.policy);
  if (q) q.sender = 0;
  tell(a, Told.HARD);
}
/** May it carry `len` more bytes? What is at its end dies here. */
export function lasts(a: Association, len: i32): bool {
  if ((a.flags & SaFlag.DEAD) != 0) return false;
  const over =
    (a.hardBytes != 0 && a.bytes + <u64>len > a.hardBytes) ||
    (a.hardPackets != 0 && a.seq >= a.hardPackets) ||
    isOver(a.hardAt);
  if (over) kill(a);
  return !over;
}
/** It carried a packet of `len` bytes. */
export function carried(a: Association, len: i32): void {
  a.bytes += <u64>len;
  if (a.soft == 0 || (a.flags & SaFlag.SOFT_TOLD) != 0) return;
  if (reached(a.bytes, a.hardBytes, a.soft) || reached(a.seq, a.hardPackets, a.soft)) tellSoft(a);
}
/** Has `n` come to `percent` of `hard`? Rounded down so that no product overflows. */
function reached(n: u64, hard: u64, percent: u8): bool {
  return hard != 0 && n >= (hard / 100) * <u64>percent + ((hard % 100) * <u64>percent) / 100;
}
