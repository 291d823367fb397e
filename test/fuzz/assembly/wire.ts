// Parsers that need no engine: each reads all that it can of `len` bytes at `at` and traps where a promise is broken. What
// they read adds up to what they answer, or the compiler would leave the loads out.
import { adjust, finish, fold, sum } from "../../../assembly/base/checksum";
import {
  DNS_HEADER,
  DNS_RECORD,
  dnsAnswers,
  dnsId,
  dnsIsResponse,
  dnsNameHash,
  dnsQuestionType,
  dnsSkipName,
} from "../../../assembly/wire/dns";
import { Ext, Frag, Routing } from "../../../assembly/wire/ext";
import { Icmp4 } from "../../../assembly/wire/icmp4";
import { Ip4 } from "../../../assembly/wire/ip4";
import { Ip6 } from "../../../assembly/wire/ip6";
import { Mh, mhOption } from "../../../assembly/wire/mh";
import {
  homeAgentLifetime,
  homeAgentPreference,
  mtuOf,
  NdOpt,
  ndOption,
  ndOptionLen,
  ndOptionsOk,
  PrefixInfo,
} from "../../../assembly/wire/nd";
import { authenticatorOf, nonceIndices } from "../../../assembly/wire/return-routability";
import { Tcp } from "../../../assembly/wire/tcp";
import { Udp } from "../../../assembly/wire/udp";

const INPUT = memory.data(2048, 16);

/** The ABI of an image, as far as the harness asks for it. */
export {
  abi,
  clock,
  configure,
  ctlBuffer,
  rx,
  rxBuffer,
  stored,
  takeEvent,
  takeStore,
  takeTx,
  tick,
  txDone,
} from "./no-image";

export function place(): usize {
  return INPUT;
}
function must(true_: bool): void {
  if (!true_) unreachable();
}
/** The sum of all 16-bit words, the slow way: RFC 1071 §4.1. */
function plainSum(p: usize, len: i32): u32 {
  let acc: u32 = 0;
  for (let i = 0; i + 1 < len; i += 2) acc += <u32>load<u16>(p + i);
  if (len & 1) acc += <u32>load<u8>(p + len - 1);
  while (acc >> 16 != 0) acc = (acc & 0xffff) + (acc >> 16);
  return acc;
}

/** IPv6 header, RFC 8200 §3. */
export function ip6(at: usize, _how: u32, len: i32): u32 {
  if (!Ip6.ok(at, len)) return 0;
  const h = Ip6.at(at);
  must(h.version == 6 && h.payload + <usize>h.payloadLen <= at + <usize>len);
  let seen = h.first + h.next + h.hopLimit + h.trafficClass + load<u8>(h.src) + load<u8>(h.dst, 15);
  if (h.payloadLen > 0) seen += load<u8>(h.payload + h.payloadLen - 1);
  return seen;
}
/** Extension headers one behind the other, RFC 8200 §4: 0 = hop-by-hop, options, routing, 1 = a fragment header first. */
export function extensionHeaders(at: usize, how: u32, len: i32): u32 {
  let seen: u32 = 0;
  let p = at;
  const end = at + <usize>len;
  if (how & 1) {
    if (len < Frag.LEN) return 0;
    const f = Frag.at(p);
    must(f.offset >= 0 && f.offset <= 65528 && (f.offset & 7) == 0);
    seen += f.next + <u32>f.offset + f.id + (f.more ? 1 : 0);
    p += Frag.LEN;
  }
  while (Ext.ok(p, <i32>(end - p))) {
    const e = Ext.at(p);
    must(e.len >= 8 && p + <usize>e.len <= end);
    seen += e.next + load<u8>(p + e.len - 1);
    const r = Routing.at(p);
    seen += r.type + r.segmentsLeft;
    if (e.len >= Routing.TYPE2_LEN) seen += load<u8>(r.homeAddress, 15);
    p += <usize>e.len;
  }
  return seen;
}
/** Options of neighbour discovery messages, RFC 4861 §4.6, RFC 6275 §7, RFC 8106. */
export function ndOptions(at: usize, how: u32, len: i32): u32 {
  const end = at + <usize>len;
  if (!ndOptionsOk(at, end)) return 0;
  let seen: u32 = 0;
  let walked = 0;
  for (let o = at; o < end; o += ndOptionLen(o)) {
    must(ndOptionLen(o) >= 8 && o + ndOptionLen(o) <= end);
    walked++;
    if (ndOptionLen(o) == <usize>PrefixInfo.LEN) {
      const i = PrefixInfo.at(o);
      seen += <u32>i.prefixLen + i.flags + i.valid + i.preferred + load<u8>(i.prefix, 15);
    }
    seen += mtuOf(o) + homeAgentPreference(o) + homeAgentLifetime(o);
  }
  for (let type: u32 = 0; type < 32; type++) {
    for (let o = ndOption(at, end, type); o != 0; o = ndOption(o + ndOptionLen(o), end, type)) {
      must(o >= at && o < end && load<u8>(o) == type);
      walked--;
    }
  }
  for (let o = at; o < end; o += ndOptionLen(o)) if (load<u8>(o) >= 32) walked--;
  must(walked == 0);
  return seen + (ndOption(at, end, how & 0xff) == 0 ? 0 : 1) + (ndOption(at, end, NdOpt.PREFIX) == 0 ? 0 : 1);
}
/** Mobility header with its options, RFC 6275 §6.1-6.2; its addresses are the first 32 bytes. */
export function mobilityHeader(at: usize, how: u32, len: i32): u32 {
  if (len < 32 || !Mh.ok(at + 32, len - 32)) return 0;
  const mh = Mh.at(at + 32);
  must(mh.len >= 8 && mh.len <= len - 32);
  let seen = mh.type + mh.proto + (Mh.valid(at + 32, at, at + 16) ? 1 : 0);
  if (mh.len < 16) return seen;
  seen += mh.buSeq + mh.buFlags + mh.lifetime + mh.baStatus + mh.baFlags + mh.baSeq;
  const end = mh.ptr + <usize>mh.len;
  const o = mhOption(mh.ptr + 12, end, how & 0xff);
  must(o <= 1 || (o >= mh.ptr + 12 && o + 2 + <usize>load<u8>(o, 1) <= end && load<u8>(o) == (how & 0xff)));
  const indices = nonceIndices(mh.ptr);
  must(indices == 0 || (indices >= mh.ptr + 12 && indices + 6 <= end));
  const proof = authenticatorOf(mh.ptr);
  must(proof == 0 || proof + 12 == end);
  Mh.seal(mh.ptr, at, at + 16);
  must(Mh.valid(mh.ptr, at, at + 16));
  return seen + <u32>o;
}
/** TCP header and its MSS option, RFC 9293 §3.1-3.2; clamping keeps a checksum that is right. */
export function tcpOptions(at: usize, how: u32, len: i32): u32 {
  if (!Tcp.ok(at, len)) return 0;
  const t = Tcp.at(at);
  must(t.headerLen >= 20 && t.headerLen <= len);
  const mss = Tcp.mss(at);
  must(mss == 0 || (mss >= at + 22 && mss + 2 <= at + <usize>t.headerLen));
  t.checksum = 0;
  t.checksum = finish(sum(at, len, 0));
  must(finish(sum(at, len, 0)) == 0);
  Tcp.clamp(at, how);
  must(finish(sum(at, len, 0)) == 0);
  if (mss != 0 && t.flags & Tcp.SYN) must(<u32>bswap<u16>(load<u16>(mss)) <= how || Tcp.mss(at) == mss);
  return t.srcPort + t.dstPort + t.flags;
}
/** UDP header, RFC 768. */
export function udp(at: usize, _how: u32, len: i32): u32 {
  if (!Udp.ok(at, len)) return 0;
  const u = Udp.at(at);
  must(u.len >= 8 && u.len <= len);
  return u.srcPort + u.dstPort + <u32>u.checksum + load<u8>(at + u.len - 1);
}
/** DNS message, RFC 1035 §4.1: the question, then each record as far as names can be skipped. */
export function dnsMessage(at: usize, _how: u32, len: i32): u32 {
  const end = at + <usize>len;
  const question = dnsQuestionType(at, end);
  if (question == 0) return 0;
  must(question >= at + DNS_HEADER && question + 4 <= end);
  let seen = dnsNameHash(at, question) + dnsId(at) + (dnsIsResponse(at) ? 1 : 0);
  let p = question + 4;
  for (let i = dnsAnswers(at); i > 0; i--) {
    const r = dnsSkipName(p, end);
    must(r == 0 || (r > p && r <= end));
    if (r == 0 || end - r < DNS_RECORD) return seen;
    const data = <usize>bswap<u16>(load<u16>(r, 8));
    if (data > end - r - DNS_RECORD) return seen;
    p = r + DNS_RECORD + data;
    seen++;
  }
  return seen;
}
/** IPv4 header and ICMPv4 behind it, RFC 791, RFC 792; how bit 0: its checksum is put right first. */
export function ip4(at: usize, how: u32, len: i32): u32 {
  if (how & 1 && len >= 20 && Ip4.at(at).headerLen >= 20 && Ip4.at(at).headerLen <= len) Ip4.seal(at);
  if (!Ip4.ok(at, len)) return 0;
  const h = Ip4.at(at);
  must(h.headerLen >= 20 && h.headerLen <= h.totalLen && h.totalLen <= len);
  let seen = h.tos + h.id + h.fragment + h.ttl + h.proto + load<u32>(h.src) + load<u32>(h.dst);
  const left = h.totalLen - h.headerLen;
  if (left < Icmp4.LEN) return seen;
  const icmp = Icmp4.at(at + <usize>h.headerLen);
  seen += icmp.type + icmp.code + icmp.word + icmp.mtu + (Icmp4.valid(icmp.ptr, left) ? 1 : 0);
  Icmp4.seal(icmp.ptr, left);
  must(Icmp4.valid(icmp.ptr, left));
  return seen;
}
/** The checksum's fast sum against the plain one, in parts and as a whole, and the adjustment of RFC 1624. */
export function checksum(at: usize, how: u32, len: i32): u32 {
  const plain = plainSum(at, len);
  must(fold(sum(at, len, 0)) % 0xffff == plain % 0xffff);
  const cut = len == 0 ? 0 : <i32>(how % <u32>len) & ~1;
  const parts = sum(at + cut, len - cut, sum(at, cut, 0));
  must(fold(parts) % 0xffff == plain % 0xffff);
  if (len < 8) return plain;
  // The first word changes to the second one's value.
  const field = finish(sum(at, len, 0));
  const was = <u64>load<u32>(at);
  const is = <u64>load<u32>(at, 4);
  store<u32>(at, <u32>is);
  must(<u32>adjust(field, was, is) % 0xffff == <u32>finish(sum(at, len, 0)) % 0xffff);
  return plain;
}
