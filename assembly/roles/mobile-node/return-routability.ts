import { Verdict } from "../../abi/verdict";
import { addrEq } from "../../base/addr";
import { now } from "../../engine/clock";
import { Door, on } from "../../engine/doors";
import { allocOwn, Packet } from "../../engine/packet";
import { port } from "../../engine/ports";
import { settle } from "../../engine/queue";
import { send } from "../../engine/tx";
import { findReturnRoute, ReturnRoute, ReturnState } from "../../tables/return-routes";
import { Ip6, Proto } from "../../wire/ip6";
import { Mh, MhType } from "../../wire/mh";
import { cookieAt, nonceIndex, TEST_INIT_LEN, tokenAt } from "../../wire/return-routability";
import { isFresh, proceed } from "./correspondents";
import { careOf, home, MN } from "./node";

// The tests of return routability, RFC 6275 §11.6.1-11.6.2: the home address is tested through the tunnel (at home without one), the care-of
// address directly. An answer counts with the cookie of the question, by the way that it was asked.

export function attachReturnRoutability(): void {
  on(Door.MH, MhType.HOT, rxHomeTest);
  on(Door.MH, MhType.COT, rxCareOfTest);
}
/** Asks for the tokens that are missing or old. */
export function sendTests(r: ReturnRoute): void {
  if (!isFresh(r.homeAt)) init(r, MhType.HOTI, home(), r.homeCookie);
  if (r.state == ReturnState.TESTING && !isFresh(r.careOfAt)) init(r, MhType.COTI, careOf(), r.careOfCookie);
}
function init(r: ReturnRoute, type: u32, from: usize, cookie: u64): void {
  const p = allocOwn();
  if (!p) return; // the retransmission will do
  const to = changetype<usize>(r);
  const mh = Ip6.begin(p.ip, from, to, Proto.MH, TEST_INIT_LEN, port(MN.port).hopLimit);
  p.end = mh + TEST_INIT_LEN;
  Mh.begin(mh, TEST_INIT_LEN, type);
  store<u64>(cookieAt(mh), cookie);
  Mh.seal(mh, from, to);
  settle(p, send(p));
}
function rxHomeTest(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  const r = findReturnRoute(ip.src);
  if (!r || !addrEq(ip.dst, home()) || p.home != 0 || (p.outer != 0) == (MN.atHome != 0)) return Verdict.RR_UNEXPECTED;
  if (r.state != ReturnState.TESTING && r.state != ReturnState.LEAVING) return Verdict.RR_UNEXPECTED;
  if (isFresh(r.homeAt) || load<u64>(cookieAt(p.at)) != r.homeCookie) return Verdict.RR_UNEXPECTED;
  r.homeIndex = <u16>nonceIndex(p.at);
  r.homeToken = load<u64>(tokenAt(p.at));
  r.homeAt = now();
  return next(r);
}
function rxCareOfTest(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  const r = findReturnRoute(ip.src);
  if (!r || !addrEq(ip.dst, careOf()) || p.home != 0 || p.outer != 0) return Verdict.RR_UNEXPECTED;
  if (r.state != ReturnState.TESTING || isFresh(r.careOfAt)) return Verdict.RR_UNEXPECTED;
  if (load<u64>(cookieAt(p.at)) != r.careOfCookie) return Verdict.RR_UNEXPECTED;
  r.careOfIndex = <u16>nonceIndex(p.at);
  r.careOfToken = load<u64>(tokenAt(p.at));
  r.careOfAt = now();
  return next(r);
}
/** The other token is still awaited, or all are there. */
function next(r: ReturnRoute): Verdict {
  if (r.state == ReturnState.LEAVING || (isFresh(r.homeAt) && isFresh(r.careOfAt))) {
    r.tries = 0;
    proceed(r);
  }
  return Verdict.DONE;
}
