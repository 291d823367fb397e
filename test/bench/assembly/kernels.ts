// The core's inner loops by themselves, for the bench: native/kernels.c calls them beside C written by hand.
import { fold, sum as sumOf } from "../../../assembly/base/checksum";

const ROOM = memory.data(4096, 16);

export function room(): usize {
  return ROOM;
}
export function sum(p: usize, len: i32): u32 {
  return fold(sumOf(p, len, 0));
}
export function copy(to: usize, from: usize, len: usize): void {
  memory.copy(to, from, len);
}
