import { addrCopy, addrEq } from "../base/addr";
import { RETURN_ROUTES } from "../base/config";

/**
 * What a mobile node knows of the way to a correspondent beside the binding update list, RFC 6275 §11.1: cookies, keygen tokens, and who is
 * not worth asking. It remembers; roles/mobile-node decides.
 */
@unmanaged
export class ReturnRoute {
  hi: u64; // the correspondent
  lo: u64;
  homeCookie: u64;
  careOfCookie: u64;
  homeToken: u64;
  careOfToken: u64;
  homeAt: u64; // ms when the token came, 0 = there is none
  careOfAt: u64;
  nextAt: u64; // ms, the next thing to do; 0 = nothing
  usedAt: u64; // ms, data to the correspondent
  homeIndex: u16; // nonce indices
  careOfIndex: u16;
  tries: u8; // transmissions without an answer
  rounds: u8; // times that the correspondent made us start over
  state: u8; // ReturnState
  pad: u8;
}
export enum ReturnState {
  /** The row is free. */
  NONE = 0,
  /** Nothing is outstanding: bound, or waiting for data. */
  IDLE = 1,
  /** Home Test or Care-of Test is awaited. */
  TESTING = 2,
  /** A Binding Acknowledgement is awaited. */
  UPDATING = 3,
  /** Back at home: the binding is being taken away. */
  LEAVING = 4,
  /** The correspondent is asked for nothing until `nextAt`. */
  REFUSED = 5,
}
const STRIDE: usize = offsetof<ReturnRoute>();
const POOL = memory.data(RETURN_ROUTES * offsetof<ReturnRoute>(), 8);

export function returnRoute(row: i32): ReturnRoute {
  return changetype<ReturnRoute>(POOL + <usize>row * STRIDE);
}
export function homeCookie(r: ReturnRoute): usize {
  return changetype<usize>(r) + offsetof<ReturnRoute>("homeCookie");
}
export function homeToken(r: ReturnRoute): usize {
  return changetype<usize>(r) + offsetof<ReturnRoute>("homeToken");
}
export function careOfToken(r: ReturnRoute): usize {
  return changetype<usize>(r) + offsetof<ReturnRoute>("careOfToken");
}
/** The row of a correspondent, or null. */
export function findReturnRoute(correspondent: usize): ReturnRoute | null {
  for (let i = 0; i < RETURN_ROUTES; i++) {
    const r = returnRoute(i);
    if (r.state != ReturnState.NONE && addrEq(changetype<usize>(r), correspondent)) return r;
  }
  return null;
}
/** A new IDLE row; when all are taken, in place of who refuses and was used longest ago. Null: all are busy. */
export function newReturnRoute(correspondent: usize): ReturnRoute | null {
  let best: ReturnRoute | null = null;
  for (let i = 0; i < RETURN_ROUTES; i++) {
    const r = returnRoute(i);
    if (r.state == ReturnState.NONE) {
      best = r;
      break;
    }
    if (r.state == ReturnState.REFUSED && (!best || r.usedAt < best.usedAt)) best = r;
  }
  if (!best) return null;
  memory.fill(changetype<usize>(best), 0, STRIDE);
  addrCopy(changetype<usize>(best), correspondent);
  best.state = <u8>ReturnState.IDLE;
  return best;
}
