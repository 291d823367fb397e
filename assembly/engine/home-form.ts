import { addrSwap } from "../base/addr";
import { Ext, Routing } from "../wire/ext";
import { Ip6, Proto } from "../wire/ip6";
import { putHomeAddressHeader, putRouting2 } from "../wire/mh";
import { Packet, PacketFlag, push } from "./packet";

// Home form, RFC 6275 §11.3.1-2, §9.3.2: whoever builds, protects or judges a packet sees home addresses in the IPv6 header and the care-of
// address in the header behind it. Only on the wire they have changed places. AH covers the packet in this form (§6.3, RFC 4302 §3.3.3).

/**
 * Puts a Home Address option between the IPv6 header at `ip` and what follows: the source, a home address, is at `careOf`. `payloadLen` and
 * `next` are set already. False when there is no headroom.
 */
export function addHomeAddress(p: Packet, careOf: usize): bool {
  const next = Ip6.at(p.ip).next;
  if (!open(p, Proto.DEST_OPTS)) return false;
  putHomeAddressHeader(p.ip + Ip6.LEN, next, careOf);
  p.flags |= PacketFlag.HOME_SOURCE;
  return true;
}
/** The same with a type 2 routing header: the destination, a home address, is at `careOf`. */
export function addRouting2(p: Packet, careOf: usize): bool {
  const next = Ip6.at(p.ip).next;
  if (!open(p, Proto.ROUTING)) return false;
  putRouting2(p.ip + Ip6.LEN, next, careOf);
  store<u8>(p.ip + Ip6.LEN, 0, 3); // segments left, as at the destination
  p.flags &= ~PacketFlag.HOME_SOURCE; // an answer in the buffer of its question
  return true;
}
function open(p: Packet, next: u32): bool {
  if (!push(p, Routing.TYPE2_LEN)) return false;
  memory.copy(p.ip, p.ip + Routing.TYPE2_LEN, Ip6.LEN);
  const ip = Ip6.at(p.ip);
  ip.payloadLen += Routing.TYPE2_LEN;
  ip.next = next;
  p.home = p.ip + Ip6.LEN + 8;
  return true;
}
/** As it travels: the last thing before the way out is chosen. */
export function leaveHomeForm(p: Packet): void {
  const ip = Ip6.at(p.ip);
  if ((p.flags & PacketFlag.HOME_SOURCE) != 0) addrSwap(ip.src, p.home);
  else {
    addrSwap(ip.dst, p.home);
    store<u8>(p.home - 5, 1);
  }
  p.home = 0;
}
/**
 * Takes the header with the care-of address out of a received packet: an application that has the home address, or speaks with it, knows
 * nothing of the way. Headers in front of it move up.
 */
export function takeHomeHeader(p: Packet): void {
  let named = p.ip + 6;
  let at = p.ip + Ip6.LEN;
  while (at + <usize>Ext.at(at).len <= p.home) {
    named = at;
    at += Ext.at(at).len;
  }
  const len = Ext.at(at).len;
  store<u8>(named, load<u8>(at));
  memory.copy(p.ip + len, p.ip, at - p.ip);
  p.ip += len;
  const ip = Ip6.at(p.ip);
  ip.payloadLen -= len;
  if (p.prev == at) p.prev = named + len;
  else if (p.prev < at) p.prev += len;
  p.home = 0;
  p.flags &= ~PacketFlag.HOME_SOURCE;
}
