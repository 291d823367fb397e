// Self-test of the machines: a module behind our ABI that does at time 1, 2, 3 what a machine must stop at or live
// with, and copies memory as it is told.

const TRAP: u32 = 1;
const UNALIGNED: u32 = 2;
const OUTSIDE: u32 = 3;

const CLOCK = memory.data(8, 8);
const CONTROL_SIZE: i32 = 1536;
const CONTROL = memory.data(2 * CONTROL_SIZE, 8);
const FRAME = memory.data(2048, 16);

export function abi(): u32 {
  return 1;
}
export function clock(): usize {
  return CLOCK;
}
export function ctlBuffer(): usize {
  return CONTROL;
}
/** {u32 to, u32 from, u32 count, bytes}: the reply is the bytes after `count` of them were copied to where they are told. */
export function configure(len: i32): i32 {
  const reply = CONTROL + CONTROL_SIZE;
  memory.copy(reply, CONTROL + 12, len - 12);
  memory.copy(reply + load<u32>(CONTROL), reply + load<u32>(CONTROL, 4), load<u32>(CONTROL, 8));
  return len - 12;
}
export function rxBuffer(port: u32): usize {
  return port == 0 ? FRAME : 0;
}
export function rx(_port: u32, len: i32): void {
  store<i32>(FRAME, len);
}
export function tick(): u32 {
  const what = load<u32>(CLOCK);
  if (what == TRAP) unreachable();
  // Three bytes came. Where an address is known, a compiler reads bytes.
  if (what == UNALIGNED) return load<u32>(FRAME + load<u32>(FRAME));
  if (what == OUTSIDE) return load<u32>((<usize>memory.size()) << 16);
  return load<u32>(FRAME);
}
export function takeTx(): usize {
  return 0;
}
export function txDone(_ptr: usize): void {}
export function takeEvent(): usize {
  return 0;
}
export function takeStore(): usize {
  return 0;
}
export function stored(_generation: u32): void {}
