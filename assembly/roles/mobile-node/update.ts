import { Event } from "../../abi/event";
import { random } from "../../base/prng";
import { now } from "../../engine/clock";
import { emit, step } from "../../engine/events";
import { addHomeAddress } from "../../engine/home-form";
import { allocOwn, PacketFlag } from "../../engine/packet";
import { port } from "../../engine/ports";
import { settle } from "../../engine/queue";
import { send } from "../../engine/tx";
import { linkLocalOf } from "../../tables/addresses";
import { BindingUpdate } from "../../tables/binding-list";
import { Ip6, Proto } from "../../wire/ip6";
import { BuFlag, Mh, MhType, putAltCoa, putBu, putPad } from "../../wire/mh";
import { agent, careOf, home, MN } from "./node";

// Binding Update, RFC 6275 §6.1.7, §11.7.1.
//   away:     IPv6(CoA → HA)  Destination Options: Home Address (24)   MH: BU, Alternate Care-of Address (32)
//   returning home, §11.5.5:  IPv6(HoA → HA)   MH: BU, lifetime 0 (16)

const AWAY_LEN: i32 = 32;
const HOME_LEN: i32 = 16;
/** MAX_UPDATE_RATE, RFC 6275 §12: Binding Updates a second to one node. */
const RATE: i32 = 3;
const SENT = memory.data(RATE * 8, 8); // when the last ones left
let slot: i32 = 0;
/** One sequence for all destinations, RFC 6275 §11.1: a row that is made anew does not start over. */
let sequence: u32 = 0;
let started: bool = false;

/** The next Binding Update carries the number behind this one. */
export function setSequence(last: u32): void {
  sequence = last & 0xffff;
  started = true;
}

/** The number of a Binding Update to somebody who was not told anything yet. */
export function nextSequence(): u32 {
  if (!started) setSequence(random());
  setSequence(sequence + 1);
  return sequence;
}
/** When the rate allows the next Binding Update, ms. */
export function nextAllowed(): u64 {
  const oldest = load<u64>(SENT + <usize>(slot << 3));
  return oldest == 0 ? 0 : oldest + 1000;
}
/** Flags that are true of us: K never without IKE, L only where the interface identifiers match. */
export function flagsToAsk(): u32 {
  let flags: u32 = BuFlag.ACK | BuFlag.HOME;
  if (MN.flags & BuFlag.LINK_LOCAL) {
    const local = linkLocalOf(MN.port);
    if (local != 0 && load<u64>(local, 8) == load<u64>(home(), 8)) flags |= BuFlag.LINK_LOCAL;
  }
  return flags;
}
/** Sends one Binding Update for the row with the next sequence number. From home it takes the binding away. */
export function sendUpdate(u: BindingUpdate): void {
  const leaving = MN.atHome != 0;
  u.seq = <u16>nextSequence();
  u.asked = leaving ? 0 : MN.lifetime;
  u.sentAt = now();
  if (u.sent == 0) {
    u.oldest = u.seq;
    u.burstAt = u.sentAt;
  }
  if (u.sent < 255) u.sent++;
  store<u64>(SENT + <usize>(slot << 3), now());
  slot = (slot + 1) % RATE;
  const coa = leaving ? home() : careOf();
  step(501, coa, agent(), u.seq);
  emit(Event.BU_SENT, 0, home(), coa, u.seq, u.asked);
  const p = allocOwn();
  if (!p) return; // the retransmission will do
  const len = leaving ? HOME_LEN : AWAY_LEN;
  const mh = Ip6.begin(p.ip, home(), agent(), Proto.MH, len, port(MN.port).hopLimit);
  p.end = mh + <usize>len;
  if (leaving) {
    Mh.begin(mh, HOME_LEN, MhType.BU);
    putPad(mh + 12, 4);
    p.port = MN.port;
    p.flags |= PacketFlag.PORT_FIXED; // the agent is on this link
  } else {
    Mh.begin(mh, AWAY_LEN, MhType.BU);
    putPad(mh + 12, 2);
    putAltCoa(mh + 14, coa);
    addHomeAddress(p, coa);
  }
  putBu(mh, u.seq, flagsToAsk(), u.asked);
  Mh.seal(mh, home(), agent());
  p.step = 501;
  settle(p, send(p));
}
/** Is `seq` one of the Binding Updates that have no answer yet? */
export function outstanding(u: BindingUpdate, seq: u32): bool {
  return u.sent != 0 && ((seq - <u32>u.oldest) & 0xffff) <= ((<u32>u.seq - <u32>u.oldest) & 0xffff);
}
