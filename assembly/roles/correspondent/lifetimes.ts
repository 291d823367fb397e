import { Event } from "../../abi/event";
import { now } from "../../engine/clock";
import { emit } from "../../engine/events";
import { timer, timerAt, timerBy } from "../../engine/timers";
import { MobileBinding, mobileBinding, mobileCareOf, mobileOwn, mobileRows } from "../../tables/correspondents";
import { sendRefreshRequest } from "./acknowledge";

// The end of bindings, RFC 6275 §9.5.3, §9.5.5. A packet is judged by the clock alone; this tells, and asks for refreshes of what is in use:
//
//   3/4 of the lifetime: look who uses it from now on    7/8: ask    15/16: ask again

/** Code of Event.BINDING. */
export enum Made {
  NEW = 0,
  RENEWED = 1,
  REMOVED = 2,
  EXPIRED = 3,
}
let passTimer: i32 = 0;

export function attachLifetimes(): void {
  passTimer = timer(pass);
}
/** The binding was made or renewed. */
export function watch(b: MobileBinding, how: Made): void {
  b.asks = 0;
  b.askAt = now() + (((b.expires - now()) * 3) >> 2);
  timerBy(passTimer, b.askAt);
  tell(b, how);
}
/** It is over; its sequence number is still known. */
export function end(b: MobileBinding, how: Made): void {
  b.expires = 0;
  b.askAt = 0;
  b.lifetime = 0;
  tell(b, how);
}
function tell(b: MobileBinding, how: Made): void {
  emit(Event.BINDING, how, changetype<usize>(b), mobileCareOf(b), b.sequence, b.lifetime);
}
function pass(): void {
  let next = u64.MAX_VALUE;
  for (let i = 0; i < mobileRows(); i++) {
    const b = mobileBinding(i);
    if (b.expires == 0) continue;
    if (b.expires <= now()) {
      end(b, Made.EXPIRED);
      continue;
    }
    if (b.askAt != 0 && b.askAt <= now()) ask(b);
    next = min(next, b.askAt != 0 ? b.askAt : b.expires);
  }
  if (next != u64.MAX_VALUE) timerAt(passTimer, next);
}
function ask(b: MobileBinding): void {
  const left = b.expires - now();
  b.asks++;
  b.askAt = b.asks <= 2 ? now() + (left >> 1) : 0;
  if (b.asks == 1) b.used = 0;
  else if (b.used) sendRefreshRequest(mobileOwn(b), changetype<usize>(b), mobileCareOf(b), b.port);
}
