// The self-test of mutation: a module behind our ABI of which a reader can say what a caller would notice (planted.ts).
const CONTROL: usize = memory.data(1536 + 64, 8);
const REPLY: usize = CONTROL + 1536;
const CLOCK: usize = memory.data(8, 8);
/** Is written and never read. */
const UNREAD: usize = memory.data(8, 8);

/** Is never called. */
function nobody(n: i32): i32 {
  return n * 3;
}
/** Adds up what lies in the request. */
function total(len: i32): i32 {
  let sum = 0;
  for (
    let i = 0;
    i < len;
    i++ // on a line of its own
  ) {
    sum += load<u8>(CONTROL + i);
  }
  return sum;
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
/** The reply says whether the request is short, its sum, and its first byte. */
export function configure(len: i32): i32 {
  store<u8>(REPLY, len < 4 ? 1 : 2);
  store<u8>(REPLY, total(len), 1);
  store<u8>(REPLY, total(1), 2);
  store<u32>(UNREAD, len);
  if (len > 1000) store<u8>(REPLY, nobody(len), 3);
  return 3;
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
