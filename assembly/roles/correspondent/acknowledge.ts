import { addrEq } from "../../base/addr";
import { authenticator } from "../../crypto/binding-auth";
import { addRouting2 } from "../../engine/home-form";
import { allocOwn, Packet } from "../../engine/packet";
import { port } from "../../engine/ports";
import { settle } from "../../engine/queue";
import { send } from "../../engine/tx";
import { Ip6, Proto } from "../../wire/ip6";
import { Mh, MhType, putBa, putPad } from "../../wire/mh";
import { AUTHORIZED_LEN, putAuthorization } from "../../wire/return-routability";

// What a correspondent says to a mobile node itself, RFC 6275 §9.5.4-9.5.5: by a type 2 routing header to where it is, or to the home address
// when that is where the question came from.

const PLAIN_LEN: i32 = 16;
const BRR_LEN: i32 = 8;
/** Seed step 532. */
const STEP_ACKNOWLEDGED: u16 = 532;

/** Who asked: our address, home address, where it came from, care-of address to sign with; the tokens that sign, 0 = none. */
@unmanaged
export class Asked {
  from: usize;
  home: usize;
  to: usize;
  careOf: usize;
  homeToken: usize;
  careOfToken: usize;
  port: u32;
  pad: u32;
}
function start(from: usize, home: usize, to: usize, at_port: u32, len: i32): Packet | null {
  const p = allocOwn();
  if (!p) return null;
  p.at = Ip6.begin(p.ip, from, home, Proto.MH, len, port(at_port).hopLimit);
  p.end = p.at + <usize>len;
  if (!addrEq(home, to)) addRouting2(p, to);
  return p;
}
/** Binding Acknowledgement, signed where the tokens are known. */
export function sendAck(q: Asked, status: u32, sequence: u32, lifetime: u32): void {
  const signed = q.homeToken != 0;
  const len = signed ? AUTHORIZED_LEN : PLAIN_LEN;
  const p = start(q.from, q.home, q.to, q.port, len);
  if (!p) return;
  Mh.begin(p.at, len, MhType.BA);
  putBa(p.at, status, 0, sequence, lifetime);
  putPad(p.at + 12, signed ? 6 : 4);
  if (signed) authenticator(q.homeToken, q.careOfToken, q.careOf, q.from, p.at, len, putAuthorization(p.at, len));
  p.step = STEP_ACKNOWLEDGED;
  Mh.seal(p.at, q.from, q.home);
  settle(p, send(p));
}
/** Binding Refresh Request. */
export function sendRefreshRequest(from: usize, home: usize, careOf: usize, at_port: u32): void {
  const p = start(from, home, careOf, at_port, BRR_LEN);
  if (!p) return;
  Mh.begin(p.at, BRR_LEN, MhType.BRR);
  Mh.seal(p.at, from, home);
  settle(p, send(p));
}
