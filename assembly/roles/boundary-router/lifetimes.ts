import { now } from "../../engine/clock";
import { timer, timerAt, timerBy } from "../../engine/timers";
import { FOR_EVER, Server, ServerState, server, serverRows } from "../../tables/anycast-servers";
import { end, ServerChange } from "./servers";

// The end of lifetimes. Answers are judged by the clock alone; this pass lets the next best server take over. One pass over the rows begins when
// the nearest deadline is due, but not more often than every 250 ms, and is cut into pieces, one a tick, so that a table of 100,000 rows
// holds nobody up.

const PIECE: i32 = 4096;
const EVERY_MS: u64 = 250;
let passTimer: i32 = 0;
let at: i32 = 0; // row where the pass goes on; 0 = none is running
let nearest: u64 = FOR_EVER; // deadline of the rows that the pass has left behind
let began: u64 = 0;

export function attachLifetimes(): void {
  passTimer = timer(pass);
}
/** The row has got a lifetime. */
export function watch(s: Server): void {
  if (s.expires < nearest) nearest = s.expires;
  const earliest = began + EVERY_MS;
  timerBy(passTimer, s.expires > earliest ? s.expires : earliest);
}
function pass(): void {
  if (at == 0) {
    began = now();
    nearest = FOR_EVER;
  }
  const rows = serverRows();
  const stop = at + PIECE < rows ? at + PIECE : rows;
  for (; at < stop; at++) {
    const s = server(at);
    if (s.state != ServerState.LIVE) continue;
    if (s.expires <= now()) end(s, ServerChange.EXPIRED);
    else if (s.expires < nearest) nearest = s.expires;
  }
  if (at < rows) return timerAt(passTimer, now());
  at = 0;
  if (nearest == FOR_EVER) return;
  timerAt(passTimer, nearest > began + EVERY_MS ? nearest : began + EVERY_MS);
}
