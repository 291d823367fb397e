import { addrEq } from "../../base/addr";
import { put16 } from "../../base/bytes";
import { addRouting2 } from "../../engine/home-form";
import { allocOwn, Packet, PacketFlag } from "../../engine/packet";
import { port } from "../../engine/ports";
import { settle } from "../../engine/queue";
import { send } from "../../engine/tx";
import { Binding, careOf } from "../../tables/bindings";
import { Ip6, Proto } from "../../wire/ip6";
import { Mh, MhOpt, MhType, putBa, putPad } from "../../wire/mh";
import { agentAddress, homePort } from "./agent";

// What a home agent says to a mobile node itself: by a type 2 routing header to where it is, RFC 6275 §9.3.2, or without one on the
// home link.

const BA_LEN: i32 = 16;
const BRR_LEN: i32 = 8;
/** Seed step 502. */
const STEP_ACKNOWLEDGED: u16 = 502;

/**
 * A packet from our address `from` to the mobile node `home` at `to`, with `len` bytes of an upper layer `proto` at `p.at`;
 * null = no buffer. `to` = `home` is the home link.
 */
export function startToMobile(from: usize, home: usize, to: usize, proto: u32, len: i32): Packet | null {
  const p = allocOwn();
  if (!p) return null;
  p.at = Ip6.begin(p.ip, from, home, proto, len, port(homePort()).hopLimit);
  p.port = <u8>homePort();
  p.end = p.at + <usize>len;
  if (addrEq(home, to)) p.flags |= PacketFlag.PORT_FIXED;
  else addRouting2(p, to);
  return p;
}
/** Binding Acknowledgement from our address `from`, §9.5.4; `advice` (4 s) = Binding Refresh Advice, 0 = none. K stays clear: keys by hand are
 *  all there is, and nothing renews them when the mobile node moves, §6.1.8, §9.5.4. */
export function sendAck(
  from: usize,
  home: usize,
  to: usize,
  status: u32,
  sequence: u32,
  lifetime: u32,
  advice: u32,
): void {
  const p = startToMobile(from, home, to, Proto.MH, BA_LEN);
  if (!p) return;
  Mh.begin(p.at, BA_LEN, MhType.BA);
  putBa(p.at, status, 0, sequence, lifetime);
  if (advice != 0) {
    store<u8>(p.at, MhOpt.REFRESH_ADVICE, 12);
    store<u8>(p.at, 2, 13);
    put16(p.at + 14, advice);
  } else putPad(p.at + 12, 4);
  p.step = STEP_ACKNOWLEDGED;
  Mh.seal(p.at, from, home);
  settle(p, send(p));
}
/** Binding Refresh Request, §9.5.5. */
export function sendRefreshRequest(b: Binding): void {
  const home = changetype<usize>(b);
  const p = startToMobile(agentAddress(), home, careOf(b), Proto.MH, BRR_LEN);
  if (!p) return;
  Mh.begin(p.at, BRR_LEN, MhType.BRR);
  Mh.seal(p.at, agentAddress(), home);
  settle(p, send(p));
}
