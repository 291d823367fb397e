import { be32 } from "../../base/bytes";
import { left, Packet } from "../../engine/packet";
import { Icmp6Type } from "../../wire/icmp6";
import { Proto } from "../../wire/ip6";
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
/** ESP or a keepalive (not IKE) in UDP at `at`, RFC 3948 §2: its handler asks for what it takes off. */
export function isEncapsulated(p: Packet): bool {
  if (<u32>p.next != Proto.UDP || !Udp.ok(p.at, left(p))) return false;
  const u = Udp.at(p.at);
  if (u.dstPort != ESP_PORT) return false;
  const n = u.len - Udp.LEN;
  return n >= 4 ? be32(p.at + Udp.LEN) != 0 : n == 1 && load<u8>(p.at + Udp.LEN) == KEEPALIVE;
}
