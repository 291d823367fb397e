import { Verdict } from "../../abi/verdict";
import { put32 } from "../../base/bytes";
import { adjust, pseudo6, sum } from "../../base/checksum";
import { allocOwn, Packet } from "../../engine/packet";
import { appPort, port } from "../../engine/ports";
import { settle } from "../../engine/queue";
import { mtuTo, toApplication } from "../../engine/tx";
import { Translation, TranslationFlag, translation4, translation6 } from "../../tables/translation";
import { Frag } from "../../wire/ext";
import { Icmp4, Icmp4Type } from "../../wire/icmp4";
import { Icmp6, Icmp6Type } from "../../wire/icmp6";
import { Ip4 } from "../../wire/ip4";
import { Ip6, Proto } from "../../wire/ip6";
import { codeTo4, codeTo6, mtuTo4, mtuTo6, pointerTo4, pointerTo6 } from "./icmp-map";
import { gateway4 } from "./pools";
import { header4 } from "./to4";
import { begin6, header6 } from "./to6";

// ICMP errors: translated with the packet that they quote (RFC 7915 §4.2-4.3, §5.2-5.3), or made here for the application.

const ICMP: u32 = 1;
const QUOTE4: i32 = 548; // RFC 1812 §4.3.2.3: an error has at most 576 bytes

/** Tells the application with an ICMPv4 error. Never about an error, a later fragment, or a source that is not one host. */
export function error4(p: Packet, type: u32, code: u32, word: u32): void {
  const bad = Ip4.at(p.ip);
  if ((bad.fragment & 0x1fff) != 0) return;
  if (bad.proto == ICMP) {
    const t = p.at < p.end ? <u32>load<u8>(p.at) : 3;
    if (t != Icmp4Type.ECHO_REQUEST && t != Icmp4Type.ECHO_REPLY) return;
  }
  const e = allocOwn();
  if (!e) return;
  const all = <i32>(p.end - p.ip);
  const quoted = all < QUOTE4 ? all : QUOTE4;
  e.at = e.ip + <usize>Ip4.LEN;
  e.end = e.at + 8 + <usize>quoted;
  const control: u32 = 0xc0; // RFC 1812 §4.3.2.5
  Ip4.write(e.ip, control, <u32>(e.end - e.ip), 0, 0, 64, ICMP, gateway4(), load<u32>(bad.src));
  store<u8>(e.at, <u8>type);
  store<u8>(e.at, <u8>code, 1);
  put32(e.at + 4, word);
  memory.copy(e.at + 8, p.ip, quoted);
  Icmp4.seal(e.at, 8 + quoted);
  settle(e, toApplication(e));
}

/** ICMPv6 error at `at` → ICMPv4 error to `dst`, in place. An error from a router without a row comes from the gateway address. */
export function errorTo4(p: Packet, dst: u32): Verdict {
  const icmp = Icmp6.at(p.at);
  const type = icmp.type;
  const code = icmp.code;
  const mapped = codeTo4(type, code);
  if (mapped < 0) return Verdict.UNTRANSLATABLE;
  let word: u32 = 0;
  if (type == Icmp6Type.TOO_BIG) word = mtuTo4(icmp.word, <u32>mtuTo(Ip6.at(p.ip).src), port(appPort()).mtu);
  if (type == Icmp6Type.PARAMETER && code == 0) {
    const at = pointerTo4(icmp.word);
    if (at < 0) return Verdict.UNTRANSLATABLE;
    word = (<u32>at) << 24;
  }
  const inner = p.at + 8;
  if (p.end - inner < 40 || Ip6.at(inner).version != 6) return Verdict.BAD_ICMP;
  const v = quoteTo4(p, inner);
  if (v != Verdict.GO) return v;
  store<u8>(p.at, <u8>(mapped >> 8));
  store<u8>(p.at, <u8>mapped, 1);
  put32(p.at + 4, word);
  Icmp4.seal(p.at, <i32>(p.end - p.at));
  const source = translation6(Ip6.at(p.ip).src);
  header4(p, source && (source.flags & TranslationFlag.OWN) == 0 ? source.ip4 : gateway4(), dst);
  return Verdict.GO;
}
/** The quoted packet, from its IPv6 header at `inner` on; what is behind moves up. */
function quoteTo4(p: Packet, inner: usize): Verdict {
  const ip = Ip6.at(inner);
  const src = translation6(ip.src);
  const dst = translation6(ip.dst);
  if (!src || !dst) return Verdict.NO_TRANSLATION;
  let upper = ip.payload;
  let next = ip.next;
  let field: u32 = ip.payloadLen + Ip4.LEN > 1260 ? Ip4.DF : 0;
  let id: u32 = 0;
  if (next == Proto.FRAGMENT) {
    if (p.end - upper < <usize>Frag.LEN) return Verdict.BAD_ICMP;
    const f = Frag.at(upper);
    next = f.next;
    field = (<u32>f.offset >> 3) | (f.more ? Ip4.MF : 0);
    id = f.id & 0xffff;
    upper += Frag.LEN;
    if (next == Proto.ICMP6) return Verdict.UNTRANSLATABLE;
  }
  // This node sends no other extension headers with what it translated.
  if (next == Proto.HOP_BY_HOP || next == Proto.ROUTING || next == Proto.DEST_OPTS) return Verdict.UNTRANSLATABLE;
  const total = ip.payloadLen - <i32>(upper - ip.payload) + Ip4.LEN;
  if (total < Ip4.LEN) return Verdict.BAD_ICMP;
  if ((field & 0x1fff) == 0) {
    let was = sum(ip.src, 32, 0);
    if (next == Proto.ICMP6) was = pseudo6(ip.src, ip.dst, total - Ip4.LEN, Proto.ICMP6);
    if (!quotedUpper(p, upper, next, was, <u64>src.ip4 + <u64>dst.ip4, false)) return Verdict.UNTRANSLATABLE;
  }
  const tos = ip.trafficClass;
  const ttl = ip.hopLimit;
  memory.copy(inner + Ip4.LEN, upper, p.end - upper);
  p.end -= upper - inner - <usize>Ip4.LEN;
  Ip4.write(inner, tos, <u32>total, id, field, ttl, next == Proto.ICMP6 ? ICMP : next, src.ip4, dst.ip4);
  return Verdict.GO;
}
/** ICMPv4 error from the application's host at `at` → ICMPv6 error to whoever `dst` stands for. */
export function errorTo6(p: Packet, src: usize, dst: u32): Verdict {
  const to = translation4(dst);
  if (!to) return Verdict.NO_TRANSLATION;
  const icmp = Icmp4.at(p.at);
  const mapped = codeTo6(icmp.type, icmp.code);
  if (mapped < 0) return Verdict.UNTRANSLATABLE;
  const type = <u32>mapped >> 8;
  let word: u32 = 0;
  if (type == Icmp6Type.PARAMETER) {
    const at = (mapped & 0xff) == 1 ? 6 : pointerTo6(icmp.word >> 24);
    if (at < 0) return Verdict.UNTRANSLATABLE;
    word = <u32>at;
  }
  const inner = p.at + 8;
  if (p.end - inner < 20 || Ip4.at(inner).version != 4) return Verdict.BAD_ICMP;
  if (type == Icmp6Type.TOO_BIG) {
    const mtu6 = <u32>mtuTo(changetype<usize>(to));
    word = mtuTo6(icmp.mtu, Ip4.at(inner).totalLen, mtu6, port(appPort()).mtu);
  }
  const v = quoteTo6(p, inner);
  if (v != Verdict.GO) return v;
  store<u8>(p.at, <u8>type);
  store<u8>(p.at, <u8>(mapped & 0xff), 1);
  put32(p.at + 4, word);
  header6(p, src, changetype<usize>(to), Proto.ICMP6);
  Icmp6.seal(p.ip, p.at, <i32>(p.end - p.at));
  return Verdict.GO;
}
/** The quoted IPv4 packet grows by 20 bytes, or 28 when it was a fragment; the tail makes room. */
function quoteTo6(p: Packet, inner: usize): Verdict {
  const ip = Ip4.at(inner);
  const h = <usize>ip.headerLen;
  if (h < 20 || h > p.end - inner) return Verdict.BAD_ICMP;
  const src: Translation | null = translation4(load<u32>(ip.src));
  const dst: Translation | null = translation4(load<u32>(ip.dst));
  if (!src || !dst) return Verdict.NO_TRANSLATION;
  const field = ip.fragment;
  const piece = (field & 0x3fff) != 0;
  const upper = inner + h;
  const len = ip.totalLen - <i32>h;
  if (len < 0) return Verdict.BAD_ICMP;
  if (piece && ip.proto == ICMP) return Verdict.UNTRANSLATABLE;
  if ((field & 0x1fff) == 0) {
    const was = <u64>load<u32>(ip.src) + <u64>load<u32>(ip.dst);
    let is = sum(changetype<usize>(src), 16, sum(changetype<usize>(dst), 16, 0));
    if (ip.proto == ICMP) is = pseudo6(changetype<usize>(src), changetype<usize>(dst), len, Proto.ICMP6);
    if (!quotedUpper(p, upper, ip.proto, was, is, true)) return Verdict.UNTRANSLATABLE;
  }
  const tos = ip.tos;
  const ttl = ip.ttl;
  const id = ip.id;
  const next: u32 = ip.proto == ICMP ? Proto.ICMP6 : ip.proto;
  const room: usize = piece ? 48 : 40;
  // An ICMPv6 error has at most 1280 bytes, RFC 4443 §2.4 (c): what no longer fits is cut.
  const most: usize = Ip6.MIN_MTU - 48;
  let quoted = p.end - upper;
  if (quoted > most - room) quoted = most - room;
  memory.copy(inner + room, upper, quoted);
  p.end = inner + room + quoted;
  const o = Ip6.at(inner);
  begin6(
    o,
    tos,
    len + (piece ? Frag.LEN : 0),
    piece ? Proto.FRAGMENT : next,
    ttl,
    changetype<usize>(src),
    changetype<usize>(dst),
  );
  if (piece) Frag.write(o.payload, next, (field & 0x1fff) << 3, (field & Ip4.MF) != 0, id);
  return Verdict.GO;
}
/**
 * Checksum and echo type of the quoted upper layer, as far as the quotation reaches. `was` and `is` are the sums of what the checksum
 * covers besides it: addresses, or ICMPv6's pseudo-header. A UDP checksum of 0 stays: it cannot be made from a part. False for what
 * has no counterpart, an ICMP error inside an error above all.
 */
function quotedUpper(p: Packet, at: usize, proto: u32, was: u64, is: u64, to6: bool): bool {
  const left = <i32>(p.end - at);
  switch (proto) {
    case Proto.TCP:
      if (left >= 18) store<u16>(at, adjust(load<u16>(at, 16), was, is), 16);
      return true;
    case Proto.UDP: {
      if (left < 8 || load<u16>(at, 6) == 0) return true;
      const c = adjust(load<u16>(at, 6), was, is);
      store<u16>(at, c == 0 ? 0xffff : c, 6);
      return true;
    }
    case Proto.ICMP6:
      return !to6 && left >= 1 && quotedEcho(at, left, echoTo4(load<u8>(at)), was, 0);
    case ICMP:
      return to6 && left >= 1 && quotedEcho(at, left, echoTo6(load<u8>(at)), 0, is);
    default:
      return true;
  }
}
/** Type of an echo message in the other family, -1 for other messages. */
function echoTo4(type: u32): i32 {
  if (type == Icmp6Type.ECHO_REQUEST) return Icmp4Type.ECHO_REQUEST;
  return type == Icmp6Type.ECHO_REPLY ? Icmp4Type.ECHO_REPLY : -1;
}
function echoTo6(type: u32): i32 {
  if (type == Icmp4Type.ECHO_REQUEST) return Icmp6Type.ECHO_REQUEST;
  return type == Icmp4Type.ECHO_REPLY ? Icmp6Type.ECHO_REPLY : -1;
}
function quotedEcho(at: usize, left: i32, type: i32, was: u64, is: u64): bool {
  if (type < 0) return false;
  if (left >= 4) store<u16>(at, adjust(load<u16>(at, 2), was + <u64>load<u8>(at), is + <u64>type), 2);
  store<u8>(at, <u8>type);
  return true;
}
