import { Event, Registration } from "../../abi/event";
import { Verdict } from "../../abi/verdict";
import { addrCopy, addrEq, addrZero, isHost, isUnspecified } from "../../base/addr";
import { be16, put16 } from "../../base/bytes";
import { random } from "../../base/prng";
import { now } from "../../engine/clock";
import { Door, on } from "../../engine/doors";
import { emit } from "../../engine/events";
import { allocOwn, left, Packet } from "../../engine/packet";
import { port } from "../../engine/ports";
import { settle } from "../../engine/queue";
import { timer, timerAt, timerStop } from "../../engine/timers";
import { send } from "../../engine/tx";
import { findAddress } from "../../tables/addresses";
import { Icmp6, Icmp6Type } from "../../wire/icmp6";
import { Ip6, Proto } from "../../wire/ip6";
import { careOf, enter, home, MN, setAgent } from "./node";
import { ask } from "./register";

// Dynamic home agent address discovery, RFC 6275 §11.4.1: a request to the home agents' anycast address (RFC 2526), from the care-of
// address; a reply lists agents, the preferred first.

/** INITIAL_DHAAD_TIMEOUT; doubled, and after DHAAD_RETRIES asked on at the longest interval. */
const INITIAL_MS: u64 = 3000;
const RETRIES: i32 = 4;
const AGENTS: i32 = 4;
const LIST = memory.data(AGENTS * 16, 8);
const all = memory.data(16, 8); // the anycast address
let known: i32 = 0;
let chosen: i32 = 0;
let askTimer: i32 = 0;
let id: u32 = 0;
let asking: bool = false;
let tries: i32 = 0;

export function attachDiscovery(): void {
  askTimer = timer(request);
  on(Door.ICMP6, Icmp6Type.DHAAD_REPLY, rxReply);
}
export function discover(): void {
  enter(Registration.SEARCHING, 0);
  tries = 0;
  asking = true;
  request();
}
export function stopDiscovery(): void {
  asking = false;
  timerStop(askTimer);
}
/** Are there discovered agents that were not tried? */
export function moreAgents(): bool {
  return !MN.fixedAgent && chosen + 1 < known;
}
/** Chooses the next discovered agent; the caller registers. */
export function chooseNext(): void {
  chosen++;
  setAgent(LIST + <usize>(chosen << 4));
}
/** Home agents' anycast address of the home prefix, RFC 2526 §2-3. */
function anycast(to: usize): void {
  addrCopy(to, home());
  const bits = <i32>MN.prefixLen;
  for (let i = bits >> 3; i < 16; i++) {
    const keep = i == bits >> 3 ? (0xff00 >> (bits & 7)) & 0xff : 0;
    store<u8>(to + <usize>i, <u8>((<i32>load<u8>(to + <usize>i) & keep) | (~keep & 0xff)));
  }
  if (bits == 64) store<u8>(to, 0xfd, 8); // an EUI-64 identifier: universal/local bit 0
  store<u8>(to, 0xfe, 15);
}
function request(): void {
  if (!asking || isUnspecified(careOf())) return;
  id = random() & 0xffff;
  timerAt(askTimer, now() + (INITIAL_MS << (<u64>tries)));
  if (tries < RETRIES) tries++;
  const p = allocOwn();
  if (!p) return;
  anycast(all);
  const icmp = Ip6.begin(p.ip, careOf(), all, Proto.ICMP6, 8, port(MN.port).hopLimit);
  store<u64>(icmp, 0);
  Icmp6.at(icmp).type = Icmp6Type.DHAAD_REQUEST;
  put16(icmp + 4, id);
  Icmp6.seal(p.ip, icmp, 8);
  p.end = icmp + 8;
  settle(p, send(p));
}
/** Reply, RFC 6275 §6.6. Not from within a tunnel, to the address that asked, with the identifier of the last request. */
function rxReply(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  if (!asking || be16(p.at + 4) != id || p.outer != 0 || !addrEq(ip.dst, careOf())) return Verdict.DHAAD_UNEXPECTED;
  if (((left(p) - 8) & 15) != 0) return Verdict.BAD_ICMP;
  known = 0;
  chosen = 0;
  for (let a = p.at + 8; a < p.end && known < AGENTS; a += 16) {
    if (!possible(a)) continue;
    addrCopy(LIST + <usize>(known++ << 4), a);
  }
  if (p.end == p.at + 8 && possible(ip.src)) addrCopy(LIST + <usize>(known++ << 4), ip.src);
  if (known == 0) return Verdict.DHAAD_UNEXPECTED;
  stopDiscovery();
  emit(Event.DHAAD, 0, LIST, 0, known, 0);
  setAgent(LIST);
  ask();
  return Verdict.DONE;
}
function possible(a: usize): bool {
  return isHost(a) && !findAddress(a, -1);
}
/** Forgets what was discovered. */
export function forgetAgents(): void {
  known = 0;
  chosen = 0;
  const none = memory.data(16, 8);
  addrZero(none);
  setAgent(none);
}
