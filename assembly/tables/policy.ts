import { PROGRAMS } from "../base/config";

/** Scenario policy table 220 of the seeds (Fig. 4): a program's number and whether it is on. Rows keep their order. */
@unmanaged
export class Program {
  number: u16; // 0 = free
  on: u16;
  pad: u32;
}
const STRIDE: usize = offsetof<Program>();
const POOL = memory.data(PROGRAMS * offsetof<Program>(), 8);

export function program(i: i32): Program {
  return changetype<Program>(POOL + <usize>i * STRIDE);
}
/** The row of a number, or null. */
export function findProgram(number: u32): Program | null {
  for (let i = 0; i < PROGRAMS; i++) if (<u32>program(i).number == number) return program(i);
  return null;
}
/** The row of a number, made (off) when it is new; null when the table is full. */
export function putProgram(number: u32): Program | null {
  const known = findProgram(number);
  if (known) return known;
  const fresh = findProgram(0);
  if (fresh) fresh.number = <u16>number;
  return fresh;
}
let running: u32 = 0;
/** Number of the program that serves the application port, 0 = none: the one that the last acknowledgement started. */
export function runningProgram(): u32 {
  return running;
}
export function setRunningProgram(number: u32): void {
  running = number;
}
/** Does the program translate between IPv4 and IPv6: 10000, under IPsec 10010, with route optimization 10011? */
export function isTranslating(number: u32): bool {
  return number == 10000 || number == 10010 || number == 10011;
}
/** The same for programs without translation: 10001, 11000, 11001. */
export function isNative(number: u32): bool {
  return number == 10001 || number == 11000 || number == 11001;
}
