import { addrCopy, addrEq, isUnspecified } from "../base/addr";
import { BINDINGS, HOME_ADDRESSES, PC } from "../base/config";
import { hashAddr } from "../base/hash";

/**
 * Binding Cache of a home agent, RFC 6275 §9.1, §10.1: a row a home address, whether it is bound now, only listed, or known by
 * the sequence number that it left behind. It remembers; roles/home-agent decides. Rows are never pushed out.
 */
@unmanaged
export class Binding {
  hi: u64;
  lo: u64;
  careOfHi: u64;
  careOfLo: u64;
  ackHi: u64; // where the acknowledgement that waits goes to
  ackLo: u64;
  expires: u64; // ms; a packet is tunnelled while this is in the future
  due: u64; // next step of DAD or of the advertisements, ms
  askAt: u64; // next look whether a refresh is to be asked for, ms; 0 = none
  next: i32; // in the bucket; here and below row + 1, 0 = none
  soonNext: i32;
  soonPrevious: i32;
  dirtyNext: i32;
  keptNext: i32;
  generation: u32; // of the record that was given out last
  sequence: u16; // last accepted
  lifetime: u16; // granted, 4 s
  ackLifetime: u16;
  ackStatus: u8;
  flags: u8; // BuFlag of the registration
  advertisements: u8; // unsolicited ones left to send
  asks: u8; // steps of `askAt` gone through
  pad: u16;
  state: i32; // BindingState
  marks: i32; // BindingMark
  pad2: u32;
}
export enum BindingState {
  NONE = 0,
  /** Came back from storage, waits for its home address to be listed. */
  RESTORED = 1,
  /** Duplicate address detection runs, RFC 6275 §10.3.1. */
  PROBING = 2,
  BOUND = 3,
}
export enum BindingMark {
  LISTED = 1,
  /** `sequence` is known. */
  SEQUENCE = 2,
  /** In the list of rows whose record is to be written. */
  DIRTY = 4,
  /** In the list of rows whose record was given out and is not yet safe. */
  UNKEPT = 8,
  /** An acknowledgement waits. */
  ACK = 16,
  /** The solicited-node group was joined. */
  JOINED = 32,
  /** Packets went through since the last look. */
  USED = 64,
  /** In the list of rows with a step due soon. */
  SOON = 128,
  /** Less was granted than asked for. */
  CUT = 256,
  /** … because the home subnet prefix does not live longer. */
  PREFIX_ENDS = 512,
}
const STRIDE: usize = offsetof<Binding>();
const POOL = memory.data(HOME_ADDRESSES * offsetof<Binding>(), 8);
const BUCKETS: u32 = PC ? 131072 : 64; // a power of two
const HEADS = memory.data((PC ? 131072 : 64) * 4, 4);
let rows: i32 = 0; // rows below this one may be in use
let free: i32 = 0; // no row below this one is free
let bound: i32 = 0;

export function binding(row: i32): Binding {
  return changetype<Binding>(POOL + <usize>row * STRIDE);
}
export function rowOf(b: Binding): i32 {
  return <i32>((changetype<usize>(b) - POOL) / STRIDE);
}
export function careOf(b: Binding): usize {
  return changetype<usize>(b) + offsetof<Binding>("careOfHi");
}
export function ackTo(b: Binding): usize {
  return changetype<usize>(b) + offsetof<Binding>("ackHi");
}
/** Rows in use have numbers below this. */
export function bindingRows(): i32 {
  return rows;
}
function head(home: usize): usize {
  return HEADS + ((<usize>(hashAddr(home, 0) & (BUCKETS - 1))) << 2);
}
/** The row of a home address, in whatever state, or null. */
export function findBinding(home: usize): Binding | null {
  for (let i = load<i32>(head(home)); i != 0; ) {
    const b = binding(i - 1);
    if (addrEq(changetype<usize>(b), home)) return b;
    i = b.next;
  }
  return null;
}
/** The row of a home address that is bound now, or null. */
export function boundTo(home: usize, now: u64): Binding | null {
  const b = findBinding(home);
  return b && b.expires > now ? b : null;
}
/** A row for a home address, at `row` or (-1) at the first free one; null when the table is full or `row` is taken. */
export function newBinding(home: usize, row: i32): Binding | null {
  let at = row;
  if (at < 0) {
    while (free < HOME_ADDRESSES && !isFree(free)) free++;
    at = free;
  }
  if (at >= HOME_ADDRESSES || !isFree(at)) return null;
  if (at >= rows) rows = at + 1;
  const b = binding(at);
  addrCopy(changetype<usize>(b), home);
  const h = head(home);
  b.next = load<i32>(h);
  store<i32>(h, at + 1);
  return b;
}
function isFree(row: i32): bool {
  return isUnspecified(changetype<usize>(binding(row)));
}
/** Changes the state and counts who is bound or about to be. */
export function setBindingState(b: Binding, state: BindingState): void {
  if (b.state >= BindingState.PROBING) bound--;
  if (state >= BindingState.PROBING) bound++;
  b.state = state;
}
/** No further binding may be made: the answer is status 130. */
export function bindingsFull(): bool {
  return bound >= BINDINGS;
}
