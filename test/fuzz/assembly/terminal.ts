// The image terminal, with entries to its parsers. It comes first: its modules import each other.
export * from "../../../assembly/images/terminal";

import { Packet, PacketFlag } from "../../../assembly/engine/packet";
import { settle } from "../../../assembly/engine/queue";
import { receive } from "../../../assembly/engine/rx";
import { home } from "../../../assembly/roles/mobile-node/node";
import { dnsFromApplication, dnsToApplication } from "../../../assembly/roles/translation/dns";
import { ownTranslation, translation6 } from "../../../assembly/tables/translation";
import { DnsType, dnsQuestionType } from "../../../assembly/wire/dns";
import { Icmp4 } from "../../../assembly/wire/icmp4";
import { Icmp6Type } from "../../../assembly/wire/icmp6";
import { Ip4 } from "../../../assembly/wire/ip4";
import { Ip6, Proto } from "../../../assembly/wire/ip6";
import { MhType, putRouting2 } from "../../../assembly/wire/mh";
import { Udp } from "../../../assembly/wire/udp";
import { behindExtension, kind, packet, payload, quote6, run, sealIcmp6, sealMobility, source } from "./craft";

export { place } from "./craft";

const APPLICATION: u8 = 1;

/** To the care-of address, with a type 2 routing header to the home address (0x40) or without. */
function toHome(at: usize, how: u32, len: i32, next: u32): Packet {
  if ((how & 0x40) == 0) return payload(at, how, len, next, 64);
  const p = behindExtension(at, how, len, Proto.ROUTING);
  putRouting2(p.at, next, home());
  return p;
}
function finalTarget(p: Packet, how: u32): usize {
  return how & 0x40 ? home() : Ip6.at(p.ip).dst;
}
/** Mobility messages that a mobile node gets: acknowledgements, refresh requests, errors, RFC 6275 §6.1. */
export function bindingAcknowledgement(at: usize, how: u32, len: i32): u32 {
  const p = toHome(at, how, len, Proto.MH);
  const type = how & 0x80 ? MhType.BA : kind(how) & 15;
  sealMobility(at, len, type, Ip6.at(p.ip).src, finalTarget(p, how));
  return run(p);
}
/** Replies of home agent address and mobile prefix discovery, RFC 6275 §6.6, §6.8. */
export function discoveryReplies(at: usize, how: u32, len: i32): u32 {
  const p = toHome(at, how, len, Proto.ICMP6);
  const type = how & 0x80 ? Icmp6Type.PREFIX_ADVERTISEMENT : Icmp6Type.DHAAD_REPLY;
  sealIcmp6(at, len, type, Ip6.at(p.ip).src, finalTarget(p, how));
  return run(p);
}
/** A whole packet from the application, IPv4 or IPv6. */
export function application(at: usize, _how: u32, len: i32): u32 {
  const p = packet(at, len);
  p.port = APPLICATION;
  const v = receive(p);
  settle(p, v);
  return <u32>v;
}
/** An ICMPv4 message from the application; 0x40: it quotes a packet that was translated for it. */
export function icmpTo6(at: usize, how: u32, len: i32): u32 {
  const own = ownTranslation()!;
  const peer = translation6(source(2))!;
  if (how & 0x40 && len >= Icmp4.LEN + Ip4.LEN) {
    store<u32>(at + Icmp4.LEN, peer.ip4, 12);
    store<u32>(at + Icmp4.LEN, own.ip4, 16);
  }
  if (len >= Icmp4.LEN) Icmp4.seal(at, len);
  const ip = at - Ip4.LEN;
  Ip4.write(ip, 0, <u32>(len + Ip4.LEN), 7, 0, 64, 1, own.ip4, peer.ip4);
  return application(ip, how, len + Ip4.LEN);
}
/** A whole IPv6 packet inside a tunnel to the care-of address: decapsulated, translated, delivered. */
export function decapsulation(at: usize, how: u32, len: i32): u32 {
  return run(payload(at, how, len, Proto.IP6, 64));
}
/** An ICMPv6 error for the application; 0x40: it quotes a packet of its own. */
export function icmpTo4(at: usize, how: u32, len: i32): u32 {
  if (how & 0x40) quote6(at, len, home(), source(2));
  const p = payload(at, how, len, Proto.ICMP6, 64);
  memory.copy(Ip6.at(p.ip).dst, home(), 16);
  sealIcmp6(at, len, 1 + (kind(how) & 3), Ip6.at(p.ip).src, home());
  p.flags |= PacketFlag.FOR_APP;
  return run(p);
}
/** A DNS message: the question leaves as one for AAAA, then the same message comes back as the answer. */
export function dnsAnswer(at: usize, how: u32, len: i32): u32 {
  const p = payload(at - Udp.LEN, how, len + Udp.LEN, Proto.UDP, 64);
  const u = Udp.at(p.at);
  u.srcPort = 4000;
  u.dstPort = 53;
  u.len = len + Udp.LEN;
  u.checksum = 0;
  const server = source(8);
  memory.copy(Ip6.at(p.ip).src, server, 16);
  memory.copy(Ip6.at(p.ip).dst, home(), 16);
  const question = dnsQuestionType(at, p.end);
  if (question != 0) {
    store<u16>(question, bswap<u16>(<u16>DnsType.A));
    store<u8>(at, load<u8>(at, 2) & 0x7f, 2);
    dnsFromApplication(p, server);
    store<u8>(at, load<u8>(at, 2) | 0x80, 2);
  }
  u.srcPort = 53;
  u.dstPort = 4000;
  const v = dnsToApplication(p);
  settle(p, 1); // consumed
  return <u32>v;
}
