// The caller stores monotonic milliseconds here before a call; the core never asks anybody for the time.
const CELL = memory.data(8, 8);
let wallOffset: i64 = 0;
let wallKnown: bool = false;

export function clockCell(): usize {
  return CELL;
}
/** Milliseconds, monotonic. */
export function now(): u64 {
  return load<u64>(CELL);
}
export function setWallClock(ms: u64): void {
  wallOffset = <i64>ms - <i64>now();
  wallKnown = true;
}
/** Milliseconds since 1970, 0 while unknown. */
export function wallClock(): u64 {
  return wallKnown ? <u64>(<i64>now() + wallOffset) : 0;
}
