import { Direction } from "../../abi/ipsec";
import { Refusal } from "../../abi/message";
import { ASSOCIATIONS } from "../../base/config";
import { Hash, hashBegin, hashEnd, hashUpdate } from "../../crypto/hash";
import { onStore } from "../../engine/store";
import {
  Association,
  association,
  authOf,
  countsNonces,
  isLive,
  keyOf,
  lastNumber,
  receives,
  SaFlag,
} from "../../tables/sad";
import { findPolicy } from "../../tables/spd";

// Sequence numbers that survive, so that no key has a number twice after a power cut. A record for each row; its number is the row's.
//
//   0 print of the key (16)   16 number (u64)   24 age (u32)   28 direction   29 1 = in use   30 0 (u16)   32 SPI   36
//
// Sending: `number` is reserved ahead, SEND_STEP at a time, before the half of the last step is left; nothing is sent above what `stored` has
// confirmed. In the next life counting goes on from there: a power cut costs up to a step and a half of numbers, never one twice.
//
// Receiving: `number` is the highest accepted when the record was written: at each power of two up to RECEIVE_STEP, then every
// RECEIVE_STEP packets. In the next life all up to it is refused. What came after the last record could be replayed once after a power cut: up
// to RECEIVE_STEP packets, and never more than the half of what came. Mobility signalling has sequence numbers of its own behind that.
//
// So a flash memory is written once in 65536 packets sent and once in 16384 received: at 1000 packets/s each way, every 13 seconds.
//
// The print is of key and algorithms, and of the SPI where several associations may share a key: a record means nothing for another key. It is
// kept outside: keys must be random, not words, so that nobody can try them.

const SEND_STEP: u64 = 65536;
const RECEIVE_STEP: u64 = 16384;
const LEN: i32 = 36;
const PRINT: i32 = 16;
const DIGEST = memory.data(32, 8);
const NOTHING = memory.data(32, 8);
const ABOUT = memory.data(8, 8);
let dirty: i32 = 0;
let unkept: i32 = 0;
let given: u32 = 0; // generation of the last record that a sender waits for
let born: u32 = 0;

export function attachRecords(): void {
  onStore(next, kept, restore);
}
/** A new association is younger than all before it. */
export function nextBirth(): u32 {
  return ++born;
}
/** Where the print of a row's key is: of the past its own, else it is made, valid until the next one. */
function printOf(a: Association): usize {
  if ((a.flags & SaFlag.PAST) != 0) return keyOf(a);
  store<u8>(ABOUT, a.direction);
  store<u8>(ABOUT, a.encryption, 1);
  store<u8>(ABOUT, a.integrity, 2);
  store<u8>(ABOUT, a.protocol, 3);
  store<u32>(ABOUT, countsNonces(a) ? 0 : a.spi, 4);
  hashBegin(Hash.SHA256);
  hashUpdate(ABOUT, 8);
  hashUpdate(keyOf(a), a.keyLen);
  hashUpdate(authOf(a), a.authLen);
  hashEnd(DIGEST);
  // The hash keeps its last block: that of nothing instead of the key.
  hashBegin(Hash.SHA256);
  hashEnd(NOTHING);
  return DIGEST;
}
function samePrint(a: usize, b: usize): bool {
  return load<u64>(a) == load<u64>(b) && load<u64>(a, 8) == load<u64>(b, 8);
}
/** The row that knows the past of the association `a`, or null. */
export function pastOf(a: Association): Association | null {
  const print = printOf(a);
  for (let row = 0; row < ASSOCIATIONS; row++) {
    const old = association(row);
    if (old.direction != 0 && (old.flags & SaFlag.PAST) != 0 && samePrint(keyOf(old), print)) return old;
  }
  return null;
}
/** Removes what the association is and leaves what its key was used for. Its keys are wiped. */
export function becomePast(a: Association): void {
  const print = printOf(a);
  if ((a.flags & SaFlag.UNKEPT) != 0) unkept--;
  a.flags = <u8>((a.flags & SaFlag.DIRTY) | SaFlag.PAST);
  memory.fill(keyOf(a), 0, sizeof<u64>() * 8);
  memory.copy(keyOf(a), print, PRINT);
  if (receives(a)) a.limit = a.seq;
  mark(a);
}
function mark(a: Association): void {
  if ((a.flags & SaFlag.DIRTY) == 0) dirty++;
  a.flags |= <u8>SaFlag.DIRTY;
}
/** A row is about to be used for something else: nothing of it is to be written any more. */
export function forgetRecord(a: Association): void {
  if ((a.flags & SaFlag.DIRTY) != 0) dirty--;
  if ((a.flags & SaFlag.UNKEPT) != 0) unkept--;
  a.flags &= <u8>~(SaFlag.DIRTY | SaFlag.UNKEPT);
}
/** The association that sends needs numbers: asks for the next step in time. */
export function reserve(a: Association): void {
  if ((a.flags & (SaFlag.DIRTY | SaFlag.UNKEPT)) != 0) return;
  if (a.limit - a.seq <= SEND_STEP / 2 && a.limit < lastNumber(a)) mark(a);
}
/** The association that receives accepted a number. */
export function noteAccepted(a: Association): void {
  if (a.seq - a.limit >= RECEIVE_STEP || a.seq >= a.limit * 2) {
    a.limit = a.seq;
    mark(a);
  }
}
/** What the next step of numbers ends with. */
function reached(a: Association): u64 {
  return lastNumber(a) - a.limit < SEND_STEP ? lastNumber(a) : a.limit + SEND_STEP;
}
function next(to: usize, generation: u32): i32 {
  if (dirty == 0) return -1;
  for (let row = 0; row < ASSOCIATIONS; row++) {
    const a = association(row);
    if (a.direction == 0 || (a.flags & SaFlag.DIRTY) == 0) continue;
    const live = isLive(a);
    const waits = live && !receives(a);
    memory.copy(to, printOf(a), PRINT);
    store<u64>(to, waits ? reached(a) : a.limit, 16);
    store<u32>(to, a.born, 24);
    store<u8>(to, a.direction, 28);
    store<u8>(to, live ? 1 : 0, 29);
    store<u16>(to, 0, 30);
    store<u32>(to, a.spi, 32);
    dirty--;
    a.flags &= <u8>~SaFlag.DIRTY;
    if (waits) {
      a.flags |= <u8>SaFlag.UNKEPT;
      given = generation;
      unkept++;
    }
    return (row << 8) | LEN;
  }
  dirty = 0;
  return -1;
}
function kept(generation: u32): void {
  if (generation < given) return;
  for (let row = 0; unkept > 0 && row < ASSOCIATIONS; row++) {
    const a = association(row);
    if ((a.flags & SaFlag.UNKEPT) == 0) continue;
    a.flags &= <u8>~SaFlag.UNKEPT;
    unkept--;
    a.limit = reached(a);
    const q = findPolicy(a.policy);
    if (q) q.sender = 0; // the newest may send from here on
  }
}
function restore(row: u32, at: usize, len: i32): Refusal {
  if (len != LEN) return Refusal.BAD_LENGTH;
  const direction = load<u8>(at, 28);
  const live = load<u8>(at, 29);
  if (direction < <u8>Direction.IN || direction > <u8>Direction.OUT || live > 1) return Refusal.BAD_VALUE;
  if (row >= <u32>ASSOCIATIONS) return Refusal.TABLE_FULL;
  const a = association(row);
  if (a.direction != 0) return Refusal.BAD_VALUE;
  a.direction = direction;
  a.flags = <u8>(SaFlag.PAST | (live != 0 ? SaFlag.IN_USE : 0));
  a.limit = load<u64>(at, 16);
  a.born = load<u32>(at, 24);
  a.spi = load<u32>(at, 32);
  if (a.born > born) born = a.born;
  memory.copy(keyOf(a), at, PRINT);
  return Refusal.NONE;
}
