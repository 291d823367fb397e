import { Event, Registration } from "../../abi/event";
import { Verdict } from "../../abi/verdict";
import { addrEq, prefixEq } from "../../base/addr";
import { be16, put16 } from "../../base/bytes";
import { random } from "../../base/prng";
import { now } from "../../engine/clock";
import { Door, on } from "../../engine/doors";
import { emit } from "../../engine/events";
import { addHomeAddress } from "../../engine/home-form";
import { allocOwn, Packet } from "../../engine/packet";
import { port } from "../../engine/ports";
import { settle } from "../../engine/queue";
import { timer, timerAt, timerRunning, timerStop } from "../../engine/timers";
import { send } from "../../engine/tx";
import { Icmp6, Icmp6Type } from "../../wire/icmp6";
import { Ip6, Proto } from "../../wire/ip6";
import { NdOpt, ndOption, ndOptionLen, ndOptionsOk, PrefixInfo } from "../../wire/nd";
import { agent, careOf, home, MN } from "./node";

// Mobile prefix discovery, RFC 6275 §11.4.2-11.4.3: a solicitation with a Home Address option, an advertisement with a type 2
// routing header. Asked when a Binding Acknowledgement says so (status 1) and before the home prefix's lifetime ends.

/** INITIAL_SOLICIT_TIMER, doubled PREFIX_ADV_RETRIES times. */
const INITIAL_MS: u64 = 3000;
const RETRIES: i32 = 3;
/** An advertisement that nobody asked for is checked by asking, at most this often. */
const UNSOLICITED_MS: u64 = 10000;
let askTimer: i32 = 0;
let id: u32 = 0;
let asking: bool = false;
let tries: i32 = 0;
let askedAt: u64 = 0;

export function attachPrefixes(): void {
  askTimer = timer(request);
  on(Door.ICMP6, Icmp6Type.PREFIX_ADVERTISEMENT, rxAdvertisement);
}
export function solicitPrefixes(): void {
  if (asking && timerRunning(askTimer)) return;
  tries = 0;
  request();
}
function request(): void {
  asking = false;
  if (tries > RETRIES || MN.atHome) return;
  if (MN.state != Registration.REGISTERED) return timerAt(askTimer, now() + UNSOLICITED_MS); // on the move
  asking = true;
  askedAt = now();
  id = random() & 0xffff;
  timerAt(askTimer, now() + (INITIAL_MS << (<u64>tries)));
  tries++;
  const p = allocOwn();
  if (!p) return;
  const icmp = Ip6.begin(p.ip, home(), agent(), Proto.ICMP6, 8, port(MN.port).hopLimit);
  store<u64>(icmp, 0);
  Icmp6.at(icmp).type = Icmp6Type.PREFIX_SOLICITATION;
  put16(icmp + 4, id);
  Icmp6.seal(p.ip, icmp, 8);
  p.end = icmp + 8;
  addHomeAddress(p, careOf());
  settle(p, send(p));
}
/** Mobile Prefix Advertisement, RFC 6275 §6.8, §11.4.3. */
function rxAdvertisement(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  const mine = p.outer == 0 && p.home != 0 && addrEq(ip.src, agent()) && addrEq(ip.dst, home());
  if (!mine || MN.state != Registration.REGISTERED) return Verdict.MPA_UNEXPECTED;
  const options = p.at + 8;
  if (Icmp6.at(p.at).code != 0 || !ndOptionsOk(options, p.end)) return Verdict.BAD_ICMP;
  if (!asking || be16(p.at + 4) != id) {
    if (!asking && askedAt + UNSOLICITED_MS <= now()) solicitPrefixes();
    return Verdict.MPA_UNEXPECTED;
  }
  asking = false;
  timerStop(askTimer);
  let first: usize = 0;
  let n = 0;
  for (let o = ndOption(options, p.end, NdOpt.PREFIX); o != 0; o = ndOption(o + ndOptionLen(o), p.end, NdOpt.PREFIX)) {
    if (ndOptionLen(o) != <usize>PrefixInfo.LEN) continue;
    const i = PrefixInfo.at(o);
    if (i.prefixLen > 128) continue;
    if (first == 0) first = i.prefix;
    n++;
    if (!prefixEq(i.prefix, home(), i.prefixLen) || i.preferred == u32.MAX_VALUE) continue;
    tries = 0;
    timerAt(askTimer, now() + <u64>i.preferred * 750 + INITIAL_MS);
  }
  emit(Event.HOME_PREFIX, 0, first, 0, n, 0);
  return Verdict.DONE;
}
