// The ABI of a module that is no image: nothing comes in, nothing goes out.
const CLOCK = memory.data(8, 8);
const CONTROL = memory.data(3072, 8);

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
  return len;
}
export function rxBuffer(_port: u32): usize {
  return 0;
}
export function rx(_port: u32, _len: i32): void {}
export function tick(): u32 {
  return u32.MAX_VALUE;
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
