import { Direction } from "../../abi/ipsec";
import { be32 } from "../../base/bytes";
import { left, Packet } from "../../engine/packet";
import { findAssociation } from "../../tables/sad";
import { Ext, Frag } from "../../wire/ext";
import { Icmp6, Icmp6Type } from "../../wire/icmp6";
import { Ip6, Proto } from "../../wire/ip6";
import { Udp } from "../../wire/udp";
import { ESP_PORT } from "./esp-out";
import { selectedProtocol, selectedType } from "./select";

// What policies do not judge.

const MLD_DONE: u32 = 132;
const KEEPALIVE: u8 = 0xff;

/**
 * Neighbour discovery and MLD keep the link usable, and have no associations with strangers: they pass unprotected whatever the policies
 * say. `lookIn` or `lookOut` first.
 */
export function servesLink(p: Packet): bool {
  if (selectedProtocol() != Proto.ICMP6 || p.guard != 0) return false;
  const type = selectedType() >> 8;
  return (
    (type >= <u32>Icmp6Type.MLD_QUERY && type <= MLD_DONE) ||
    (type >= <u32>Icmp6Type.ROUTER_SOLICITATION && type <= <u32>Icmp6Type.REDIRECT) ||
    type == <u32>Icmp6Type.MLD2_REPORT
  );
}
/**
 * Packet Too Big about a packet of an association of ours, RFC 4301 §8.2.1: routers on the way have no association with us. Who does not see our
 * packets does not know the SPI; the path MTU that is believed has a floor.
 */
export function isAboutProtected(p: Packet): bool {
  if (<u32>p.next != Proto.ICMP6 || left(p) < Icmp6.LEN + Ip6.LEN || Icmp6.at(p.at).type != Icmp6Type.TOO_BIG)
    return false;
  const quoted = Ip6.at(p.at + Icmp6.LEN);
  let at = quoted.payload;
  let next = quoted.next;
  while (next == Proto.HOP_BY_HOP || next == Proto.ROUTING || next == Proto.DEST_OPTS || next == Proto.FRAGMENT) {
    if (!Ext.ok(at, <i32>(p.end - at))) return false;
    const len = next == Proto.FRAGMENT ? Frag.LEN : Ext.at(at).len;
    next = Ext.at(at).next;
    at += <usize>len;
  }
  if (next == Proto.UDP && at + 8 <= p.end && Udp.at(at).srcPort == ESP_PORT) {
    next = Proto.ESP;
    at += Udp.LEN;
  }
  if (next == Proto.AH) at += 4;
  else if (next != Proto.ESP) return false;
  return at + 4 <= p.end && findAssociation(Direction.OUT, be32(at)) != null;
}
/** ESP or a keepalive (not IKE) in UDP at `at`, RFC 3948 §2: its handler asks for what it takes off. */
export function isEncapsulated(p: Packet): bool {
  if (<u32>p.next != Proto.UDP || !Udp.ok(p.at, left(p))) return false;
  const u = Udp.at(p.at);
  if (u.dstPort != ESP_PORT) return false;
  const n = u.len - Udp.LEN;
  return n >= 4 ? be32(p.at + Udp.LEN) != 0 : n == 1 && load<u8>(p.at + Udp.LEN) == KEEPALIVE;
}
