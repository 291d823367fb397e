import { Binding, BindingMark, binding, rowOf } from "./bindings";

// Three lists through the rows of the Binding Cache: rows with a step due soon, rows whose record is to be written, rows whose record
// was given out. All are queues; a row is in each at most once.

let soonFirst: i32 = 0; // row + 1, 0 = none; the same below
let soonLast: i32 = 0;
let dirtyFirst: i32 = 0;
let dirtyLast: i32 = 0;
let unkept: i32 = 0;

/** First of the rows with a step due soon, or null. They are due in the order of the list: all wait equally long. */
export function firstSoon(): Binding | null {
  return soonFirst == 0 ? null : binding(soonFirst - 1);
}
/** Puts a row that is not in the list at its end, due at `when`. */
export function putSoon(b: Binding, when: u64): void {
  const row = rowOf(b) + 1;
  b.due = when;
  b.soonPrevious = soonLast;
  b.soonNext = 0;
  if (soonLast == 0) soonFirst = row;
  else binding(soonLast - 1).soonNext = row;
  soonLast = row;
  b.marks |= BindingMark.SOON;
}
export function dropSoon(b: Binding): void {
  if ((b.marks & BindingMark.SOON) == 0) return;
  if (b.soonPrevious == 0) soonFirst = b.soonNext;
  else binding(b.soonPrevious - 1).soonNext = b.soonNext;
  if (b.soonNext == 0) soonLast = b.soonPrevious;
  else binding(b.soonNext - 1).soonPrevious = b.soonPrevious;
  b.marks &= ~BindingMark.SOON;
}
/** The row's record is to be written. */
export function putDirty(b: Binding): void {
  if ((b.marks & BindingMark.DIRTY) != 0) return;
  const row = rowOf(b) + 1;
  b.dirtyNext = 0;
  if (dirtyLast == 0) dirtyFirst = row;
  else binding(dirtyLast - 1).dirtyNext = row;
  dirtyLast = row;
  b.marks |= BindingMark.DIRTY;
}
/** Takes the next row whose record is to be written; it waits from here on until that is safe. Null = none. */
export function takeDirty(generation: u32): Binding | null {
  if (dirtyFirst == 0) return null;
  const b = binding(dirtyFirst - 1);
  dirtyFirst = b.dirtyNext;
  if (dirtyFirst == 0) dirtyLast = 0;
  b.marks &= ~BindingMark.DIRTY;
  b.generation = generation;
  if ((b.marks & BindingMark.UNKEPT) == 0) {
    b.keptNext = unkept;
    unkept = rowOf(b) + 1;
    b.marks |= BindingMark.UNKEPT;
  }
  return b;
}
/** Takes a row whose record of `generation` or before is safe, or null. Walks the rows that wait. */
export function takeKept(generation: u32): Binding | null {
  let before = 0;
  for (let row = unkept; row != 0; ) {
    const b = binding(row - 1);
    if (<i32>(generation - b.generation) >= 0) {
      if (before == 0) unkept = b.keptNext;
      else binding(before - 1).keptNext = b.keptNext;
      b.marks &= ~BindingMark.UNKEPT;
      return b;
    }
    before = row;
    row = b.keptNext;
  }
  return null;
}
