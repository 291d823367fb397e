import { PROGRAMS } from "../../base/config";
import { Door, doorKey, owned } from "../../engine/doors";
import { isNative, isTranslating, program, putProgram, runningProgram } from "../../tables/policy";

// Which program an acknowledgement starts: the first row of table 220 that is on, that some role of the image stands for, and that is for
// this kind of acknowledgement. One that came under IPsec is good enough for a program that asks for none; never the other way.

/** What kind of acknowledgement is at hand. */
export enum Kind {
  /** From the home agent, without IPsec. */
  PLAIN = 0,
  /** From the home agent, under IPsec. */
  PROTECTED = 1,
  /** From a correspondent. */
  DIRECT = 2,
}

/** Gives every program that some role stands for its row. */
export function completeTable(): void {
  for (let i = 0, n = doorKey(Door.PROGRAM, 0); n >= 0; n = doorKey(Door.PROGRAM, ++i)) putProgram(n);
}
/** The program's number; 0 = none. */
export function choose(kind: Kind): u32 {
  completeTable();
  const found = first(kind);
  return found == 0 && kind == Kind.PROTECTED ? first(Kind.PLAIN) : found;
}
function first(kind: Kind): u32 {
  for (let i = 0; i < PROGRAMS; i++) {
    const row = program(i);
    if (row.number != 0 && row.on && fits(row.number, kind) && owned(Door.PROGRAM, row.number)) return row.number;
  }
  return 0;
}
function fits(number: u32, kind: Kind): bool {
  if (isDirect(number)) {
    const base = runningProgram();
    return kind == Kind.DIRECT && (number == 10011 ? isTranslating(base) : isNative(base));
  }
  return kind == (isUnderIpsec(number) ? Kind.PROTECTED : Kind.PLAIN);
}
/** Programs for acknowledgements of the home agent under IPsec. */
export function isUnderIpsec(number: u32): bool {
  return number == 10010 || number == 11000;
}
/** Programs for acknowledgements of correspondents. */
export function isDirect(number: u32): bool {
  return number == 10011 || number == 11001;
}
