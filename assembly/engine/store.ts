import { Message, Refusal } from "../abi/message";
import { onControl } from "./control";

// Records that must survive: the caller takes them, keeps them, and says which generation is safe. What depends on a record waits
// for `kept`. They come back as Message.STORED before anything else happens. A record's id is kind << 24 | number; an empty
// one means "forget it".

const MAX: i32 = 4;
const RECORD_MAX: i32 = 116;
/** {u32 id, u32 length, u32 generation, bytes} */
const RECORD = memory.data(12 + RECORD_MAX, 8);
const FN = memory.data(MAX * 12, 4); // next, kept, restore
let kinds: i32 = 0;
let generation: u32 = 0;

/** Writes the next dirty record to `to` (at most 116 bytes) and remembers `generation`; answers number << 8 | length, -1 = none. */
type Next = (to: usize, generation: u32) => i32;
/** All records up to this generation are safe. */
type Kept = (generation: u32) => void;
/** A record of an earlier life. */
type Restore = (number: u32, at: usize, len: i32) => Refusal;

/** Registers a kind of record; kinds count from 1 in the order of registration. */
export function onStore(next: Next, kept: Kept, restore: Restore): void {
  if (kinds == MAX) unreachable();
  const f = FN + <usize>(kinds++ * 12);
  store<u32>(f, load<u32>(changetype<usize>(next)));
  store<u32>(f, load<u32>(changetype<usize>(kept)), 4);
  store<u32>(f, load<u32>(changetype<usize>(restore)), 8);
}
/** Next record to keep, 0 when there is none. */
export function takeStore(): usize {
  for (let k = 0; k < kinds; k++) {
    const n = call_indirect<i32>(load<u32>(FN + <usize>(k * 12)), RECORD + 12, generation + 1);
    if (n < 0) continue;
    generation++;
    store<u32>(RECORD, ((<u32>(k + 1)) << 24) | (<u32>n >> 8));
    store<u32>(RECORD, <u32>n & 0xff, 4);
    store<u32>(RECORD, generation, 8);
    return RECORD;
  }
  return 0;
}
/** Everything up to this generation is on stable storage. */
export function stored(upTo: u32): void {
  for (let k = 0; k < kinds; k++) call_indirect<void>(load<u32>(FN + <usize>(k * 12), 4), upTo);
}
function restore(at: usize, len: i32): Refusal {
  if (len < 4) return Refusal.BAD_LENGTH;
  const id = load<u32>(at);
  const k = <i32>(id >> 24) - 1;
  if (k < 0 || k >= kinds) return Refusal.BAD_VALUE;
  return call_indirect<Refusal>(load<u32>(FN + <usize>(k * 12), 8), id & 0xffffff, at + 4, len - 4);
}
export function attachStore(): void {
  onControl(Message.STORED, restore);
}
