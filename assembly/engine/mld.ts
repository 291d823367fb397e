import { Verdict } from "../abi/verdict";
import { addrCopy, addrEq, isAllNodes, isLinkLocal, isMulticast, isUnspecified, multicastScope } from "../base/addr";
import { be16, put16, put32 } from "../base/bytes";
import { PORTS } from "../base/config";
import { randomBelow } from "../base/prng";
import { linkLocalOf } from "../tables/addresses";
import { firstGroup, Group, joinGroup, leaveGroup, nextGroup } from "../tables/groups";
import { Icmp6, Icmp6Type } from "../wire/icmp6";
import { Ip6, Proto } from "../wire/ip6";
import { Changed, onChanged } from "./changed";
import { now } from "./clock";
import { Door, on } from "./doors";
import { allocOwn, left, Packet, PacketFlag } from "./packet";
import { isLink, port } from "./ports";
import { settle } from "./queue";
import { timer, timerAt, timerBy } from "./timers";
import { send } from "./tx";

// MLDv2 listener, RFC 3810: we report groups without sources (mode EXCLUDE {}), on change and when asked. The reports of all
// groups of a link that are due travel in one message.

const ROBUSTNESS: u8 = 2; // §9.1
const UNSOLICITED_MS: u32 = 1000; // §9.11
const RECORD: i32 = 20; // type, aux length, sources (2), group (16)
const CHANGE_TO_INCLUDE: u8 = 3;
const CHANGE_TO_EXCLUDE: u8 = 4;
const IS_EXCLUDE: u8 = 2;

let reportTimer: i32 = 0;
let answerTimer: i32 = 0;
let askedPorts: u32 = 0;

export function attachMld(): void {
  reportTimer = timer(reportChanges);
  answerTimer = timer(answerQuery);
  on(Door.ICMP6, Icmp6Type.MLD_QUERY, rxQuery);
  onChanged(heard);
}
/** Another link knows nothing of our groups; one that went needs to hear of no leave. */
function heard(what: Changed, at_port: u32, _at: usize): void {
  if (what != Changed.LINK_UP && what != Changed.LINK_DOWN && what != Changed.LEFT) return;
  for (let at = firstGroup(); at != 0; at = nextGroup(at)) {
    const g = changetype<Group>(at);
    if (<u32>g.port != at_port) continue;
    g.reports = 0;
    if (g.users != 0) announce(g);
  }
}
/** Listens to a group on a port; reports it when that is new. */
export function join(group: usize, at_port: u32): void {
  const g = joinGroup(group, at_port);
  if (g) announce(g);
}
export function leave(group: usize, at_port: u32): void {
  const g = leaveGroup(group, at_port);
  if (g) announce(g);
}
function announce(g: Group): void {
  if (!port(g.port).up || !reported(changetype<usize>(g))) return;
  g.reports = ROBUSTNESS;
  timerBy(reportTimer, now() + 1);
}
/** All-nodes and what never leaves the node are not reported, RFC 3810 §6. */
function reported(group: usize): bool {
  return !isAllNodes(group) && multicastScope(group) >= 2;
}
function reportChanges(): void {
  let more = false;
  for (let p: u32 = 0; p < <u32>PORTS; p++) if (isLink(p) && report(p, false)) more = true;
  if (more) timerAt(reportTimer, now() + 1 + <u64>randomBelow(UNSOLICITED_MS));
}
function answerQuery(): void {
  for (let p: u32 = 0; p < 32; p++) if (askedPorts & (1 << p)) report(p, true);
  askedPorts = 0;
}
/** One report for a port: all groups, or those with changes to tell. True when changes are left to repeat. */
function report(at_port: u32, all: bool): bool {
  const p = allocOwn();
  if (!p) return false;
  const ip = Ip6.at(p.ip);
  const icmp = ip.payload + 8;
  let to = icmp + 8;
  let records = 0;
  let more = false;
  for (let at = firstGroup(); at != 0; at = nextGroup(at)) {
    const g = changetype<Group>(at);
    if (<u32>g.port != at_port || (g.users == 0 && g.reports == 0) || !reported(at)) continue;
    if (all ? g.users == 0 : g.reports == 0) continue;
    if (to + RECORD - p.ip > <usize>port(at_port).mtu) {
      more = true;
      break;
    }
    memory.fill(to, 0, RECORD);
    store<u8>(to, all ? IS_EXCLUDE : g.users == 0 ? CHANGE_TO_INCLUDE : CHANGE_TO_EXCLUDE);
    addrCopy(to + 4, at);
    to += RECORD;
    records++;
    if (all) continue;
    g.reports--;
    if (g.reports > 0) more = true;
  }
  if (records == 0) {
    settle(p, Verdict.DONE);
    return more;
  }
  memory.fill(p.ip, 0, 56);
  p.end = to;
  ip.first = 0x60;
  ip.payloadLen = <i32>(to - ip.payload);
  ip.next = Proto.HOP_BY_HOP;
  ip.hopLimit = 1;
  const src = linkLocalOf(at_port);
  if (src != 0) addrCopy(ip.src, src);
  store<u64>(ip.dst, 0x02ff);
  store<u64>(ip.dst, 0x1600000000000000, 8); // ff02::16
  put32(ip.payload, 0x3a000502); // next ICMPv6, length 0, router alert (RFC 2711) …
  put32(ip.payload + 4, 0x00000100); // … value 0: MLD, PadN(0)
  const m = Icmp6.at(icmp);
  m.type = Icmp6Type.MLD2_REPORT;
  put16(icmp + 6, <u32>records);
  Icmp6.seal(p.ip, icmp, <i32>(to - icmp));
  p.port = <u8>at_port;
  p.flags |= PacketFlag.PORT_FIXED;
  settle(p, send(p));
  return more;
}
/** General or group query, RFC 3810 §5.1, §6.2; MLDv1 queries (24 bytes) are answered alike. */
function rxQuery(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  if (ip.hopLimit != 1 || !isLinkLocal(ip.src) || isUnspecified(ip.src) || left(p) < 24) return Verdict.BAD_ICMP;
  const group = p.at + 8;
  if (!isUnspecified(group) && !isMulticast(group)) return Verdict.BAD_ICMP;
  let heard = isUnspecified(group);
  for (let at = firstGroup(); at != 0 && !heard; at = nextGroup(at)) {
    heard = changetype<Group>(at).users != 0 && <u32>changetype<Group>(at).port == <u32>p.port && addrEq(at, group);
  }
  if (!heard) return Verdict.DONE;
  // Maximum Response Code above 32767 is a float (§5.1.3); longer waits than 32 s gain nothing here.
  const code = be16(p.at + 4);
  const wait = code > 32767 ? 32767 : code;
  askedPorts |= 1 << (<u32>p.port);
  timerBy(answerTimer, now() + 1 + <u64>randomBelow(wait + 1));
  return Verdict.DONE;
}
