import { Refusal } from "../../abi/message";
import { addrCopy } from "../../base/addr";
import { onStore } from "../../engine/store";
import { takeDirty, takeKept } from "../../tables/binding-lists";
import {
  ackTo,
  Binding,
  BindingMark,
  BindingState,
  careOf,
  findBinding,
  newBinding,
  rowOf,
} from "../../tables/bindings";
import { sendAck } from "./acknowledge";
import { agentAddress, isRoutable } from "./agent";

// A record for each home address that was ever bound; its number is the row. It stays after the binding has ended, so that the sequence
// number does: a Binding Update from before must not work again, after a restart neither.
//
//   0 home address   16 care-of address   32 sequence (u16)   34 lifetime (u16, 4 s)   36 flags   37 1 = bound   38 0 (u16)   40

const LEN: i32 = 40;

export function attachRecords(): void {
  onStore(next, kept, restore);
}
function next(to: usize, generation: u32): i32 {
  const b = takeDirty(generation);
  if (!b) return -1;
  memory.fill(to, 0, LEN);
  addrCopy(to, changetype<usize>(b));
  addrCopy(to + 16, careOf(b));
  store<u16>(to, b.sequence, 32);
  store<u16>(to, b.lifetime, 34);
  store<u8>(to, b.flags, 36);
  store<u8>(to, b.state == BindingState.BOUND ? 1 : 0, 37);
  return (rowOf(b) << 8) | LEN;
}
function kept(generation: u32): void {
  for (let b = takeKept(generation); b; b = takeKept(generation)) acknowledge(b);
}
/** A newer Binding Update that is not yet kept has the word; its own turn comes. */
function acknowledge(b: Binding): void {
  if ((b.marks & BindingMark.ACK) == 0 || (b.marks & BindingMark.DIRTY) != 0) return;
  if (b.state == BindingState.PROBING) return;
  b.marks &= ~BindingMark.ACK;
  const lifetime = <u32>b.ackLifetime;
  const cut = (b.marks & BindingMark.CUT) != 0 && lifetime >= 4;
  const advice = cut ? (lifetime * 3) >> 2 : 0;
  sendAck(agentAddress(), changetype<usize>(b), ackTo(b), b.ackStatus, b.sequence, lifetime, advice);
}
function restore(number: u32, at: usize, len: i32): Refusal {
  if (len != LEN) return Refusal.BAD_LENGTH;
  if (!isRoutable(at) || load<u8>(at, 37) > 1) return Refusal.BAD_VALUE;
  const bound = load<u8>(at, 37) == 1;
  if (bound && (!isRoutable(at + 16) || load<u16>(at, 34) == 0)) return Refusal.BAD_VALUE;
  if (findBinding(at)) return Refusal.BAD_VALUE;
  const b = newBinding(at, <i32>number);
  if (!b) return Refusal.TABLE_FULL;
  addrCopy(careOf(b), at + 16);
  b.sequence = load<u16>(at, 32);
  b.lifetime = load<u16>(at, 34);
  b.flags = load<u8>(at, 36);
  b.marks |= BindingMark.SEQUENCE;
  if (bound) b.state = BindingState.RESTORED;
  return Refusal.NONE;
}
