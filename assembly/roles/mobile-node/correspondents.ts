import { Event, Registration } from "../../abi/event";
import { addrCopy, addrEq } from "../../base/addr";
import { RETURN_ROUTES } from "../../base/config";
import { drbg } from "../../crypto/drbg";
import { now } from "../../engine/clock";
import { emit } from "../../engine/events";
import { timer, timerBy } from "../../engine/timers";
import { BindingUpdate, deleteUpdate, findUpdate, UpdateState, updateCareOf } from "../../tables/binding-list";
import { homeCookie, ReturnRoute, ReturnState, returnRoute } from "../../tables/return-routes";
import { sendCorrespondentUpdate } from "./correspondent-update";
import { careOf, home, MN } from "./node";
import { sendTests } from "./return-routability";

// When a correspondent is asked for what, RFC 6275 §11.6-11.8:
//
//   data, a move, a refresh → TESTING: both tokens fresh → UPDATING: acknowledged → IDLE and bound
//   home again → LEAVING: home token fresh, Binding Update with lifetime 0 → forgotten
//   no answer to TRIES, or a refusal → REFUSED for a while

/** INITIAL_BINDACK_TIMEOUT, doubled, §11.8. */
const INITIAL_MS: u64 = 1000;
const TRIES: u8 = 4;
const ROUNDS: u8 = 4;
const REFUSED_MS: u64 = 300000;
/** MAX_TOKEN_LIFETIME, §12, less the time that a Binding Update may take. */
const TOKEN_MS: u64 = 205000;
const PAUSE_MS: u64 = 1000;

let stepTimer: i32 = 0;

export function attachCorrespondents(): void {
  stepTimer = timer(run);
}
/** The correspondent's row of the binding update list, when it holds the present care-of address, or null. */
export function boundTo(correspondent: usize): BindingUpdate | null {
  const u = findUpdate(correspondent, home());
  if (!u || u.state != <u8>UpdateState.BOUND || u.expires <= now() || !addrEq(updateCareOf(u), careOf())) return null;
  return u;
}
export function isFresh(at: u64): bool {
  return at != 0 && at + TOKEN_MS > now();
}
function wait(r: ReturnRoute, when: u64): void {
  r.nextAt = when;
  timerBy(stepTimer, when);
}
/** Starts when the engine is done with what it does. */
export function soon(r: ReturnRoute): void {
  wait(r, now());
}
function run(): void {
  for (let i = 0; i < RETURN_ROUTES; i++) {
    const r = returnRoute(i);
    if (r.state == ReturnState.NONE || r.nextAt == 0) continue;
    if (r.nextAt <= now()) {
      r.nextAt = 0;
      due(r);
    }
    if (r.nextAt != 0) timerBy(stepTimer, r.nextAt);
  }
}
function due(r: ReturnRoute): void {
  if (r.state == ReturnState.REFUSED) return forget(r);
  if (r.state == ReturnState.LEAVING) return r.tries < TRIES ? transmit(r) : forget(r);
  // On the move: `moved` goes on.
  if (MN.state != Registration.REGISTERED) {
    r.state = <u8>ReturnState.IDLE;
    return;
  }
  if (r.state != ReturnState.IDLE) return r.tries < TRIES ? transmit(r) : refuse(r);
  const u = findUpdate(changetype<usize>(r), home());
  // Nobody has used it since it was made: it may end.
  if (u && u.expires > now() && r.usedAt <= u.sentAt && addrEq(updateCareOf(u), careOf())) return wait(r, u.expires);
  if (u && u.expires <= now() && r.usedAt <= u.sentAt) return forget(r);
  begin(r);
}
/** Both tests, or what is left of them. */
export function begin(r: ReturnRoute): void {
  const u = findUpdate(changetype<usize>(r), home());
  if (!u || !addrEq(updateCareOf(u), careOf())) r.careOfAt = 0;
  drbg(homeCookie(r), 16); // the care-of cookie lies behind it
  r.tries = 0;
  r.state = <u8>ReturnState.TESTING;
  proceed(r);
}
/** The next message, as the tokens at hand allow; from here on it is sent again until it is answered. */
export function proceed(r: ReturnRoute): void {
  if (r.state == ReturnState.TESTING && isFresh(r.homeAt) && isFresh(r.careOfAt)) {
    r.state = <u8>ReturnState.UPDATING;
    r.tries = 0;
  }
  transmit(r);
}
function transmit(r: ReturnRoute): void {
  if (r.state == ReturnState.UPDATING && !(isFresh(r.homeAt) && isFresh(r.careOfAt))) return begin(r);
  const update = r.state == ReturnState.UPDATING || (r.state == ReturnState.LEAVING && isFresh(r.homeAt));
  if (!update) sendTests(r);
  else if (!sendCorrespondentUpdate(r)) return refuse(r);
  wait(r, now() + (INITIAL_MS << (<u64>r.tries)));
  r.tries++;
}
/** The correspondent wants other tokens or another sequence number. Not in a circle. */
export function again(r: ReturnRoute): void {
  if (++r.rounds > ROUNDS) return refuse(r);
  if (r.state == ReturnState.LEAVING) {
    if (!isFresh(r.homeAt)) drbg(homeCookie(r), 8);
    transmit(r);
  } else begin(r);
}
/** Acknowledged: in use, refreshed when three quarters of the lifetime are over. */
export function bound(r: ReturnRoute, u: BindingUpdate): void {
  r.state = <u8>ReturnState.IDLE;
  r.rounds = 0;
  r.tries = 0;
  wait(r, u.sentAt + (((u.expires - u.sentAt) * 3) >> 2));
  emit(Event.OPTIMIZED, 1, changetype<usize>(r), careOf(), 0, 0);
}
/** The binding is not ours to use: data goes through the tunnel. */
export function drop(r: ReturnRoute): void {
  const u = findUpdate(changetype<usize>(r), home());
  if (!u) return;
  if (u.state == <u8>UpdateState.BOUND) emit(Event.OPTIMIZED, 0, changetype<usize>(r), updateCareOf(u), 0, 0);
  deleteUpdate(u);
}
/** Not capable, or not willing: remembered for a while. */
export function refuse(r: ReturnRoute): void {
  drop(r);
  if (r.state == ReturnState.LEAVING) return forget(r);
  r.state = <u8>ReturnState.REFUSED;
  wait(r, now() + REFUSED_MS);
}
/** Whatever it knew is gone: data may start over, but not at once, for nobody signed that. */
export function pause(r: ReturnRoute): void {
  drop(r);
  r.state = <u8>ReturnState.REFUSED;
  wait(r, now() + PAUSE_MS);
}
export function forget(r: ReturnRoute): void {
  drop(r);
  r.state = <u8>ReturnState.NONE;
}
/** Changed.BINDING: the home registration changed its state. */
export function moved(): void {
  for (let i = 0; i < RETURN_ROUTES; i++) {
    const r = returnRoute(i);
    if (r.state == ReturnState.NONE) continue;
    if (MN.state == Registration.REGISTERED) follow(r);
    else if (MN.state == Registration.HOME) leave(r);
  }
}
/** Who may hold a binding is told where the node is now. */
function follow(r: ReturnRoute): void {
  if (r.state == ReturnState.REFUSED) return;
  const u = findUpdate(changetype<usize>(r), home());
  if (r.state == ReturnState.IDLE) {
    if (!u || u.expires <= now()) return forget(r);
    if (boundTo(changetype<usize>(r))) {
      if (r.nextAt == 0) soon(r); // a refresh fell due meanwhile
      return;
    }
  }
  r.rounds = 0;
  if (u && u.state == <u8>UpdateState.BOUND && !addrEq(updateCareOf(u), careOf())) {
    emit(Event.OPTIMIZED, 0, changetype<usize>(r), updateCareOf(u), 0, 0);
    u.state = <u8>UpdateState.WAITING;
  }
  r.state = <u8>ReturnState.IDLE;
  r.careOfAt = 0;
  soon(r);
}
/** At home the correspondent is told, if it may hold a binding. */
function leave(r: ReturnRoute): void {
  const u = findUpdate(changetype<usize>(r), home());
  if (!u || u.expires <= now()) return forget(r);
  if (r.state == ReturnState.LEAVING) return;
  if (u.state == <u8>UpdateState.BOUND) emit(Event.OPTIMIZED, 0, changetype<usize>(r), updateCareOf(u), 0, 0);
  u.state = <u8>UpdateState.LEAVING;
  u.sent = 0;
  addrCopy(updateCareOf(u), home());
  r.state = <u8>ReturnState.LEAVING;
  r.tries = 0;
  r.rounds = 0;
  drbg(homeCookie(r), 8);
  soon(r);
}
