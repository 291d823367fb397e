import { now } from "./clock";

// Timers: a fixed number, each a deadline and a function. A role with many deadlines keeps one timer at the nearest.
const MAX: i32 = 24;
const AT = memory.data(MAX * 8, 8); // 0 = not running
const FN = memory.data(MAX * 4, 4);
let count: i32 = 0;

/** Once, while attaching. Returns the timer's number. */
export function timer(fn: () => void): i32 {
  if (count == MAX) unreachable();
  store<u32>(FN + <usize>(count << 2), load<u32>(changetype<usize>(fn)));
  return count++;
}
/** Sets the deadline, ms monotonic. */
export function timerAt(t: i32, when: u64): void {
  store<u64>(AT + <usize>(t << 3), when == 0 ? 1 : when);
}
/** The same, but only towards an earlier deadline. */
export function timerBy(t: i32, when: u64): void {
  const at = load<u64>(AT + <usize>(t << 3));
  if (at == 0 || when < at) timerAt(t, when);
}
export function timerStop(t: i32): void {
  store<u64>(AT + <usize>(t << 3), 0);
}
export function timerRunning(t: i32): bool {
  return load<u64>(AT + <usize>(t << 3)) != 0;
}
/** Runs each timer that is due, once; ms until the next deadline, 0 when one is due already, 0xffffffff when none runs. */
export function runTimers(): u32 {
  for (let t = 0; t < count; t++) {
    const at = load<u64>(AT + <usize>(t << 3));
    if (at == 0 || at > now()) continue;
    timerStop(t);
    call_indirect<void>(load<u32>(FN + <usize>(t << 2)));
  }
  let next = u64.MAX_VALUE;
  for (let t = 0; t < count; t++) {
    const at = load<u64>(AT + <usize>(t << 3));
    if (at != 0 && at < next) next = at;
  }
  if (next == u64.MAX_VALUE) return u32.MAX_VALUE;
  if (next <= now()) return 0;
  const wait = next - now();
  return wait > 0x7fffffff ? 0x7fffffff : <u32>wait;
}
