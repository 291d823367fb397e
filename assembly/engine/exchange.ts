import { addrCopy } from "../base/addr";
import { adjust, sum } from "../base/checksum";
import { MAX_HEADERS } from "../base/config";
import { Ext } from "../wire/ext";
import { Icmp6Type } from "../wire/icmp6";
import { Ip6, Proto } from "../wire/ip6";
import { left, Packet } from "./packet";

// Requests and their answers, docs/anycast-identifier.md §1: UDP datagrams, Echo Requests and Echo Replies.

/** Moves the cursor of a packet that is to be sent behind its extension headers, or to its Fragment header. */
export function seekUpper(p: Packet): void {
  const ip = Ip6.at(p.ip);
  p.prev = p.ip + 6;
  p.next = <u8>ip.next;
  p.at = ip.payload;
  for (let n = 0; n < MAX_HEADERS && left(p) >= 8; n++) {
    const next = <u32>p.next;
    if (next != Proto.HOP_BY_HOP && next != Proto.DEST_OPTS && next != Proto.ROUTING) return;
    p.prev = p.at;
    p.next = <u8>Ext.at(p.at).next;
    p.at += <usize>Ext.at(p.at).len;
  }
}
/** Is what lies at `at` a datagram, or the echo message of the type? */
export function isExchange(p: Packet, echo: Icmp6Type): bool {
  if (left(p) < 8) return false;
  return <u32>p.next == Proto.UDP || (<u32>p.next == Proto.ICMP6 && <u32>load<u8>(p.at) == <u32>echo);
}
/** What tells the request at `at`, or the request that the answer at `at` is for: see `Exchange.ports`. */
export function requestPorts(p: Packet): u32 {
  return <u32>p.next == Proto.UDP ? load<u32>(p.at) : load<u32>(p.at, 4);
}
export function answerPorts(p: Packet): u32 {
  return <u32>p.next == Proto.UDP ? rotl<u32>(load<u32>(p.at), 16) : load<u32>(p.at, 4);
}
/** Gives the packet with a UDP datagram or ICMPv6 message at `at` another source; its checksum follows. */
export function setSource(p: Packet, address: usize): void {
  const source = Ip6.at(p.ip).src;
  const field = p.at + (<u32>p.next == Proto.UDP ? 6 : 2);
  const checksum = adjust(load<u16>(field), sum(source, 16, 0), sum(address, 16, 0));
  store<u16>(field, checksum == 0 && <u32>p.next == Proto.UDP ? <u16>0xffff : checksum);
  addrCopy(source, address);
}
