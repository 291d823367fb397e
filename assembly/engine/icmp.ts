import { Verdict } from "../abi/verdict";
import { addrCopy, isMulticast, isUnspecified } from "../base/addr";
import { put32 } from "../base/bytes";
import { adjust } from "../base/checksum";
import { ownAddress, selectSource } from "../tables/addresses";
import { Ext, Frag } from "../wire/ext";
import { Icmp6, Icmp6Type } from "../wire/icmp6";
import { Ip6, Proto } from "../wire/ip6";
import { now } from "./clock";
import { count } from "./events";
import { takeAddedOff } from "./identifier";
import { added, allocOwn, left, Packet, PacketFlag } from "./packet";
import { port } from "./ports";
import { settle } from "./queue";
import { send } from "./tx";

// ICMPv6 errors and echo, RFC 4443. Errors are built from the packet as it lies in its buffer: headers that were
// terminated are still there, so what is quoted is what arrived.

const BURST: u32 = 20;
const EVERY_MS: u64 = 10; // a token each: 100 errors/s, RFC 4443 §2.4 (f)
let tokens: u32 = BURST;
let filled: u64 = 0;

function token(): bool {
  const passed = (now() - filled) / EVERY_MS;
  if (passed > 0) {
    filled = now();
    tokens = passed + <u64>tokens > <u64>BURST ? BURST : tokens + <u32>passed;
  }
  if (tokens == 0) return false;
  tokens--;
  return true;
}
/** May an error answer this packet? RFC 4443 §2.4 (e). `ip` = the offending packet's header. */
function answerable(p: Packet, ip: usize, type: u32, code: u32): bool {
  const h = Ip6.at(ip);
  const toMany = isMulticast(h.dst) || (p.flags & PacketFlag.L2_MULTICAST) != 0;
  if (toMany && type != Icmp6Type.TOO_BIG && !(type == Icmp6Type.PARAMETER && code == 2)) return false;
  if (isUnspecified(h.src) || isMulticast(h.src)) return false;
  // What the core started itself: its own roles know by verdicts and events.
  if ((p.flags & PacketFlag.FROM_APP) == 0 && ownAddress(h.src)) return false;
  // An error behind extension headers is one too.
  let at = h.payload;
  let next = h.next;
  while (next == Proto.HOP_BY_HOP || next == Proto.ROUTING || next == Proto.FRAGMENT || next == Proto.DEST_OPTS) {
    if (!Ext.ok(at, <i32>(p.end - at))) return true;
    // No upper layer to look at in a later fragment.
    if (next == Proto.FRAGMENT && Frag.at(at).offset != 0) return true;
    const len = next == Proto.FRAGMENT ? Frag.LEN : Ext.at(at).len;
    next = Ext.at(at).next;
    at += <usize>len;
  }
  if (next != Proto.ICMP6) return true;
  if (p.end <= at) return false;
  const t = <u32>load<u8>(at);
  return t >= 128 && t != Icmp6Type.REDIRECT;
}
/**
 * Answers the packet with an error: `word` is the MTU of Packet Too Big or the pointer of Parameter Problem. Quotes as much as
 * fits 1280 bytes. Silent when the RFC forbids an answer or the rate is exceeded.
 */
export function icmpError(p: Packet, type: u32, code: u32, word: u32): void {
  if (added(p) != 0) p.inner = takeAddedOff(p, p.inner != 0 ? p.inner : p.ip);
  const bad = p.inner != 0 ? p.inner : p.ip;
  if (!answerable(p, bad, type, code)) return;
  if (!token()) return count(Verdict.ICMP_RATE);
  const e = allocOwn();
  if (!e) return count(Verdict.NO_BUFFER);
  const room: usize = Ip6.MIN_MTU - 48;
  const quoted = p.end - bad < room ? p.end - bad : room;
  const dst = Ip6.at(bad).src;
  // To our own application the error seems to come from where it was sending: never from itself, which a host takes for forged.
  const seen = ownAddress(Ip6.at(bad).dst) != null || (p.flags & PacketFlag.FROM_APP) != 0;
  const src = seen ? Ip6.at(bad).dst : selectSource(dst, p.port);
  if (src == 0) return settle(e, Verdict.NO_SOURCE_ADDRESS);
  const len = 8 + <i32>quoted;
  const icmp = Icmp6.at(Ip6.begin(e.ip, src, dst, Proto.ICMP6, len, port(p.port).hopLimit));
  icmp.type = type;
  icmp.code = code;
  put32(icmp.ptr + 4, type == Icmp6Type.TOO_BIG && added(p) != 0 ? <u32>max(<i32>word - added(p), Ip6.MIN_MTU) : word);
  memory.copy(icmp.ptr + 8, bad, quoted);
  if (p.home != 0 && (p.flags & PacketFlag.HOME_CLAIMED) == 0 && bad == p.ip)
    asItCame(p, Ip6.at(e.ip), icmp.ptr + 8, quoted);
  Icmp6.seal(e.ip, icmp.ptr, len);
  e.end = icmp.ptr + 8 + quoted;
  e.port = p.port;
  // The application's own packet: it hears of it whatever the core makes of the error.
  if ((p.flags & PacketFlag.FROM_APP) != 0) e.flags |= PacketFlag.FOR_APP;
  settle(e, send(e));
}
/**
 * Undoes in the quotation `q` what a Home Address option or type 2 routing header did to the addresses. Behind a Home Address
 * option the answer goes to where the packet came from: the home address may be anybody's.
 */
function asItCame(p: Packet, answer: Ip6, q: usize, quoted: usize): void {
  const field = (p.flags & PacketFlag.HOME_SOURCE) != 0 ? Ip6.at(q).src : Ip6.at(q).dst;
  const at = p.home - p.ip;
  if (at + 16 <= quoted) addrCopy(q + at, field);
  addrCopy(field, p.home);
  if (field == Ip6.at(q).src) addrCopy(answer.dst, p.home);
}
/** Parameter Problem that points to `at`, a byte of the packet. */
export function parameterProblem(p: Packet, code: u32, at: usize): void {
  icmpError(p, Icmp6Type.PARAMETER, code, <u32>(at - p.ip));
}
/** Echo Request for the node itself → Echo Reply in the same buffer, RFC 4443 §4.2. Not for multicast: no amplification. */
export function rxEchoRequest(p: Packet): Verdict {
  if ((p.flags & PacketFlag.FOR_APP) != 0) return Verdict.GO;
  const ip = Ip6.at(p.ip);
  if (isMulticast(ip.dst)) return Verdict.BAD_DESTINATION;
  const len = left(p);
  // Extension headers of the request are not echoed: the base header moves up to the ICMPv6 message.
  const reply = Ip6.at(p.at - Ip6.LEN);
  if (reply.ptr != p.ip) memory.copy(reply.ptr, p.ip, Ip6.LEN);
  const hi = load<u64>(reply.src);
  const lo = load<u64>(reply.src, 8);
  addrCopy(reply.src, reply.dst);
  store<u64>(reply.dst, hi);
  store<u64>(reply.dst, lo, 8);
  reply.first = 0x60;
  reply.payloadLen = len;
  reply.next = Proto.ICMP6;
  reply.hopLimit = port(p.port).hopLimit;
  const icmp = Icmp6.at(p.at);
  icmp.type = Icmp6Type.ECHO_REPLY;
  // It was right, and exchanged addresses have the same sum.
  icmp.checksum = adjust(icmp.checksum, Icmp6Type.ECHO_REQUEST, Icmp6Type.ECHO_REPLY);
  p.ip = reply.ptr;
  p.outer = 0;
  p.home = 0;
  return send(p);
}
