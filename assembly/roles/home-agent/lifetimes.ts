import { now } from "../../engine/clock";
import { timer, timerAt, timerBy } from "../../engine/timers";
import { Binding, BindingState, binding, bindingRows } from "../../tables/bindings";
import { refresh } from "./refresh";
import { expire } from "./registration";

// The end of lifetimes. A packet is judged by the clock alone, so nothing hangs on this pass: it tells, stops the proxying and asks for
// refreshes. One pass over the rows begins when the nearest deadline is due, but not more often than every 250 ms, and is cut into
// pieces, one a tick, so that a table of 100,000 rows holds nobody up.

const PIECE: i32 = 4096;
const EVERY_MS: u64 = 250;
let passTimer: i32 = 0;
let at: i32 = 0; // row where the pass goes on; 0 = none is running
let nearest: u64 = u64.MAX_VALUE; // deadline of the rows that the pass has left behind
let began: u64 = 0;

export function attachLifetimes(): void {
  passTimer = timer(pass);
}
/** The row has got a lifetime. */
export function watch(b: Binding): void {
  const life = b.expires - now();
  b.asks = 0;
  b.askAt = now() + ((life * 3) >> 2);
  note(b.askAt);
  const earliest = began + EVERY_MS;
  timerBy(passTimer, b.askAt > earliest ? b.askAt : earliest);
}
function note(when: u64): void {
  if (when < nearest) nearest = when;
}
function pass(): void {
  if (at == 0) {
    began = now();
    nearest = u64.MAX_VALUE;
  }
  const rows = bindingRows();
  const stop = at + PIECE < rows ? at + PIECE : rows;
  for (; at < stop; at++) {
    const b = binding(at);
    if (b.state != BindingState.BOUND) continue;
    if (b.expires <= now()) {
      expire(b);
      continue;
    }
    if (b.askAt != 0 && b.askAt <= now()) refresh(b);
    note(b.askAt != 0 ? b.askAt : b.expires);
  }
  if (at < rows) return timerAt(passTimer, now());
  at = 0;
  if (nearest == u64.MAX_VALUE) return;
  timerAt(passTimer, nearest > began + EVERY_MS ? nearest : began + EVERY_MS);
}
