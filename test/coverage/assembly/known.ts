// The self-test of coverage: a module behind our ABI whose branches can be counted by hand (planted.ts has the figures).
const CONTROL: usize = memory.data(64, 8);
const CLOCK: usize = memory.data(8, 8);

class Twice {
  /** Drawn into its callers: both copies are one place of the source. */
  @inline static odd(n: i32): i32 {
    return n & 1 ? n : 1;
  }
}

/** Both ways of one condition. */
export function bothWays(n: i32): i32 {
  if (n > 2) return 1;
  return 0;
}
/** Only true. */
export function oneWay(n: i32): i32 {
  if (n > 0) return 1;
  return 0;
}
/** Is exported, and nobody calls it. */
export function nobody(n: i32): i32 {
  return n > 7 ? 1 : 2;
}
/** Is called where the condition never holds: both branches are missing. */
function never(n: i32): i32 {
  return n > 5 ? 1 : 2;
}
/** A condition of two. */
function halves(n: i32): i32 {
  if (n > 2 && n < 100) return 1;
  return 0;
}

export function abi(): u32 {
  return 1;
}
export function clock(): usize {
  return CLOCK;
}
export function ctlBuffer(): usize {
  return CONTROL;
}
export function configure(len: i32): i32 {
  let sum = bothWays(len) + oneWay(len) + halves(len);
  if (len > 1000) sum += never(len);
  sum += Twice.odd(len) - Twice.odd(len + 1);
  store<i32>(CONTROL, sum);
  return 0;
}
export function rxBuffer(_port: u32): usize {
  return 0;
}
export function rx(_port: u32, _len: i32): void {}
export function takeTx(): usize {
  return 0;
}
export function txDone(_ptr: usize): void {}
export function tick(): u32 {
  return 0;
}
export function takeEvent(): usize {
  return 0;
}
export function takeStore(): usize {
  return 0;
}
export function stored(_generation: u32): void {}
