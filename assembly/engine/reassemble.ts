import { Verdict } from "../abi/verdict";
import { addrCopy, addrEq } from "../base/addr";
import { REASSEMBLIES } from "../base/config";
import { Ext, Frag } from "../wire/ext";
import { Icmp6Type } from "../wire/icmp6";
import { Ip6, Proto } from "../wire/ip6";
import { now } from "./clock";
import { count } from "./events";
import { icmpError, parameterProblem } from "./icmp";
import { allocOwn, base, IP_AT, left, MAX_PACKET, Packet, PacketFlag } from "./packet";
import { settle } from "./queue";
import { headers } from "./rx";
import { timer, timerBy } from "./timers";
import { send } from "./tx";

// Reassembly, RFC 8200 §4.5. The payload is collected at a fixed place of one buffer; the headers of the first fragment are
// copied in front of it. Overlap discards the set (RFC 5722), bytes that are there already and equal do not. Atomic fragments stand
// alone (RFC 6946). The number of sets is fixed; a set younger than two seconds is not pushed out.

@unmanaged
class Reassembly {
  srcHi: u64;
  srcLo: u64;
  dstHi: u64;
  dstLo: u64;
  since: u64; // ms
  id: u32;
  packet: u32; // 0 = free
  have: i32; // bytes collected
  reach: i32; // end of the furthest fragment
  total: i32; // bytes of the payload, -1 until the last fragment came
  ip: u32; // header of the collected packet, 0 until the first fragment came
  next: u8; // what the first fragment's header names
  port: u8;
  headers: u8;
  layers: u8;
  pad: u32;
}
const TIMEOUT_MS: u64 = 60000;
const YOUNG_MS: u64 = 2000;
const MAX: i32 = MAX_PACKET - 40;
/** Longest headers in front of the fragment header: what lies before the payload in a buffer, less the Packet. */
const MAX_HEAD: usize = 240;
const MAP: i32 = 32; // bytes: a bit for 8 bytes of payload
const STRIDE: usize = offsetof<Reassembly>();
const POOL = memory.data(REASSEMBLIES * offsetof<Reassembly>(), 8);
const MAPS = memory.data(REASSEMBLIES * MAP, 8);
let reassemblyTimer: i32 = 0;

export function attachReassembly(): void {
  reassemblyTimer = timer(expire);
}
function slot(i: i32): Reassembly {
  return changetype<Reassembly>(POOL + <usize>i * STRIDE);
}
/**
 * Fragment header at `at`, of a packet that came in or that the application is sending. GO = go on behind it (atomic), DONE = kept, or the packet
 * was completed and has run its course.
 */
export function rxFragment(p: Packet): Verdict {
  // A packet is fragmented once: what one node on the way sees in a fragment of a fragment, the next one does not.
  if (left(p) < Frag.LEN || (p.flags & PacketFlag.REASSEMBLED) != 0) return Verdict.BAD_FRAGMENT;
  const f = Frag.at(p.at);
  const offset = f.offset;
  const len = left(p) - Frag.LEN;
  if (offset == 0 && !f.more) {
    p.prev = p.at;
    p.next = <u8>f.next;
    p.at += Frag.LEN;
    p.flags |= PacketFlag.REASSEMBLED;
    return Verdict.GO;
  }
  if (len == 0) return Verdict.BAD_FRAGMENT;
  if (f.more && (len & 7) != 0) {
    parameterProblem(p, 0, p.ip + 4);
    return Verdict.BAD_FRAGMENT;
  }
  if (offset + len > 65535) {
    parameterProblem(p, 0, p.at + 2);
    return Verdict.BAD_FRAGMENT;
  }
  if (offset == 0 && !upperInside(p.at + Frag.LEN, p.end, f.next)) {
    parameterProblem(p, 3, p.at);
    return Verdict.FIRST_FRAGMENT_SHORT;
  }
  const i = find(p, f.id);
  if (i < 0) return Verdict.FRAGMENT_FULL;
  const r = slot(i);
  if (offset + len > MAX || p.at - p.ip > MAX_HEAD) return discard(r, Verdict.FRAGMENT_TOO_LONG);
  if (offset + len > r.reach) r.reach = offset + len;
  if (!f.more) {
    if (r.total >= 0 && r.total != offset + len) return discard(r, Verdict.FRAGMENT_OVERLAP);
    if (r.reach > offset + len) return discard(r, Verdict.FRAGMENT_OVERLAP);
    r.total = offset + len;
  } else if (r.total >= 0 && offset + len > r.total) return discard(r, Verdict.FRAGMENT_OVERLAP);
  const payload = <usize>r.packet + IP_AT + 40;
  const fresh = mark(MAPS + <usize>(i * MAP), offset >> 3, (offset + len + 7) >> 3);
  if (fresh < 0) return discard(r, Verdict.FRAGMENT_OVERLAP);
  if (fresh == 0) {
    if (memory.compare(payload + offset, p.at + Frag.LEN, len) == 0) return Verdict.DONE;
    return discard(r, Verdict.FRAGMENT_OVERLAP);
  }
  memory.copy(payload + offset, p.at + Frag.LEN, len);
  r.have += len;
  if (offset == 0) first(r, p, payload, f.next);
  return r.have == r.total && r.ip != 0 ? complete(r, payload) : Verdict.DONE;
}
/** The headers in front of the first fragment are those of the whole. */
function first(r: Reassembly, p: Packet, payload: usize, next: u32): void {
  const head = p.at - p.ip;
  r.ip = <u32>(payload - head);
  memory.copy(payload - head, p.ip, head);
  store<u8>(payload - head + (p.prev - p.ip), <u8>next);
  r.next = <u8>next;
  const q = changetype<Packet>(<usize>r.packet);
  q.prev = payload - head + (p.prev - p.ip);
  q.home = p.home == 0 ? 0 : payload - head + (p.home - p.ip);
  q.flags = p.flags | PacketFlag.REASSEMBLED;
  q.outer = 0;
}
function complete(r: Reassembly, payload: usize): Verdict {
  const q = changetype<Packet>(<usize>r.packet);
  r.packet = 0;
  q.ip = <usize>r.ip;
  q.at = payload;
  q.end = payload + <usize>r.total;
  q.port = r.port;
  q.next = r.next;
  q.headers = r.headers;
  q.layers = r.layers;
  Ip6.at(q.ip).payloadLen = <i32>(q.end - q.ip) - Ip6.LEN;
  settle(q, (q.flags & PacketFlag.FROM_APP) != 0 ? send(q) : headers(q));
  return Verdict.DONE;
}
/** Row of the fragment's set, a new one if need be; -1 = no room. */
function find(p: Packet, id: u32): i32 {
  const ip = Ip6.at(p.ip);
  let row = -1;
  let oldest = -1;
  for (let i = 0; i < REASSEMBLIES; i++) {
    const r = slot(i);
    if (r.packet == 0) {
      if (row < 0) row = i;
      continue;
    }
    // What came by different associations is no whole.
    const same = r.id == id && changetype<Packet>(<usize>r.packet).guard == p.guard;
    if (same && addrEq(changetype<usize>(r), ip.src) && addrEq(changetype<usize>(r) + 16, ip.dst)) return i;
    if (oldest < 0 || r.since < slot(oldest).since) oldest = i;
  }
  if (row < 0) {
    if (now() - slot(oldest).since < YOUNG_MS) return -1;
    discard(slot(oldest), Verdict.FRAGMENT_TIMEOUT);
    count(Verdict.FRAGMENT_TIMEOUT);
    row = oldest;
  }
  const q = allocOwn();
  if (!q) return -1;
  q.guard = p.guard;
  const r = slot(row);
  addrCopy(changetype<usize>(r), ip.src);
  addrCopy(changetype<usize>(r) + 16, ip.dst);
  r.id = id;
  r.since = now();
  r.packet = <u32>base(q);
  r.have = 0;
  r.reach = 0;
  r.total = -1;
  r.ip = 0;
  r.port = p.port;
  r.headers = p.headers;
  r.layers = p.layers;
  memory.fill(MAPS + <usize>(row * MAP), 0, MAP);
  timerBy(reassemblyTimer, r.since + TIMEOUT_MS);
  return row;
}
/** Marks 8-byte units as present. 1 = all were new, 0 = all were there, -1 = some were. */
function mark(map: usize, from: i32, to: i32): i32 {
  let there = 0;
  for (let u = from; u < to; u++) if (load<u8>(map + <usize>(u >> 3)) & (1 << (u & 7))) there++;
  if (there == to - from) return 0;
  if (there > 0) return -1;
  for (let u = from; u < to; u++) {
    const at = map + <usize>(u >> 3);
    const bit = 1 << (u & 7);
    store<u8>(at, load<u8>(at) | <u8>bit);
  }
  return 1;
}
/** The first fragment holds the whole header chain and the start of the upper layer, RFC 7112. */
function upperInside(at: usize, end: usize, next: u32): bool {
  while (next == Proto.DEST_OPTS || next == Proto.ROUTING || next == Proto.HOP_BY_HOP) {
    if (!Ext.ok(at, <i32>(end - at))) return false;
    next = Ext.at(at).next;
    at += Ext.at(at).len;
  }
  if (next == Proto.NONE) return true;
  const need: usize = next == Proto.TCP ? 20 : next == Proto.IP6 ? 40 : 8;
  return end - at >= need;
}
function discard(r: Reassembly, why: Verdict): Verdict {
  const q = changetype<Packet>(<usize>r.packet);
  r.packet = 0;
  settle(q, Verdict.DONE);
  return why;
}
/** Sixty seconds are over: Time Exceeded if the first fragment is here, RFC 8200 §4.5. */
function expire(): void {
  let next = u64.MAX_VALUE;
  for (let i = 0; i < REASSEMBLIES; i++) {
    const r = slot(i);
    if (r.packet == 0) continue;
    if (r.since + TIMEOUT_MS > now()) {
      if (r.since + TIMEOUT_MS < next) next = r.since + TIMEOUT_MS;
      continue;
    }
    const q = changetype<Packet>(<usize>r.packet);
    if (r.ip != 0) {
      q.ip = <usize>r.ip;
      q.end = <usize>r.packet + IP_AT + 40 + 8;
      q.port = r.port;
      Ip6.at(q.ip).payloadLen = <i32>(q.end - q.ip) - Ip6.LEN;
      icmpError(q, Icmp6Type.TIME_EXCEEDED, 1, 0);
    }
    count(Verdict.FRAGMENT_TIMEOUT);
    discard(r, Verdict.DONE);
  }
  if (next != u64.MAX_VALUE) timerBy(reassemblyTimer, next);
}
