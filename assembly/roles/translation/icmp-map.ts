import { Icmp4Type, Unreachable4 } from "../../wire/icmp4";
import { Icmp6Type, Unreachable } from "../../wire/icmp6";

// The tables of RFC 7915: §4.2 and Fig. 3 (IPv4 → IPv6), §5.2 and Fig. 6 (IPv6 → IPv4). -1 = silently dropped.

function both(type: u32, code: u32): i32 {
  return <i32>((type << 8) | code);
}
/** ICMPv6 error type and code → ICMPv4 type << 8 | code. */
export function codeTo4(type: u32, code: u32): i32 {
  switch (type) {
    case Icmp6Type.UNREACHABLE:
      if (code == Unreachable.PROHIBITED) return both(Icmp4Type.UNREACHABLE, Unreachable4.PROHIBITED);
      if (code == Unreachable.PORT) return both(Icmp4Type.UNREACHABLE, Unreachable4.PORT);
      return code <= 3 ? both(Icmp4Type.UNREACHABLE, Unreachable4.HOST) : -1;
    case Icmp6Type.TOO_BIG:
      return both(Icmp4Type.UNREACHABLE, Unreachable4.FRAGMENTATION_NEEDED);
    case Icmp6Type.TIME_EXCEEDED:
      return both(Icmp4Type.TIME_EXCEEDED, code);
    case Icmp6Type.PARAMETER:
      if (code == 0) return both(Icmp4Type.PARAMETER, 0);
      return code == 1 ? both(Icmp4Type.UNREACHABLE, Unreachable4.PROTOCOL) : -1;
    default:
      return -1;
  }
}
/** ICMPv4 error type and code → ICMPv6 type << 8 | code. */
export function codeTo6(type: u32, code: u32): i32 {
  switch (type) {
    case Icmp4Type.UNREACHABLE:
      if (code == Unreachable4.PROTOCOL) return both(Icmp6Type.PARAMETER, 1);
      if (code == Unreachable4.PORT) return both(Icmp6Type.UNREACHABLE, Unreachable.PORT);
      if (code == Unreachable4.FRAGMENTATION_NEEDED) return both(Icmp6Type.TOO_BIG, 0);
      if (code == 9 || code == Unreachable4.PROHIBITED || code == 13 || code == 15) {
        return both(Icmp6Type.UNREACHABLE, Unreachable.PROHIBITED);
      }
      return code <= 12 ? both(Icmp6Type.UNREACHABLE, Unreachable.NO_ROUTE) : -1;
    case Icmp4Type.TIME_EXCEEDED:
      return both(Icmp6Type.TIME_EXCEEDED, code);
    case Icmp4Type.PARAMETER:
      return code == 0 || code == 2 ? both(Icmp6Type.PARAMETER, 0) : -1;
    default:
      return -1;
  }
}
/** Pointer into an IPv6 header → into an IPv4 header, Fig. 6. */
export function pointerTo4(at: u32): i32 {
  if (at < 2) return <i32>at;
  if (at == 4 || at == 5) return 2;
  if (at == 6) return 9;
  if (at == 7) return 8;
  if (at >= 8 && at < 24) return 12;
  return at >= 24 && at < 40 ? 16 : -1;
}
/** Pointer into an IPv4 header → into an IPv6 header, Fig. 3. */
export function pointerTo6(at: u32): i32 {
  if (at < 2) return <i32>at;
  if (at == 2 || at == 3) return 4;
  if (at == 8) return 7;
  if (at == 9) return 6;
  if (at >= 12 && at < 16) return 8;
  return at >= 16 && at < 20 ? 24 : -1;
}
/** MTU of Packet Too Big → of "fragmentation needed" (§5.2): the header shrinks by 20. `mtu4`, `mtu6` are those of the next hops. */
export function mtuTo4(mtu: u32, mtu6: u32, mtu4: u32): u32 {
  const least: u32 = mtu < 1280 ? 1280 : mtu < mtu6 ? mtu : mtu6;
  return least - 20 < mtu4 ? least - 20 : mtu4;
}
/** The other way (§4.2). 0 comes from a router older than RFC 1191: the next plateau below the packet's length is taken. */
export function mtuTo6(mtu: u32, length: u32, mtu6: u32, mtu4: u32): u32 {
  let told = mtu == 0 ? plateau(length) : mtu;
  if (told > mtu4) told = mtu4;
  told += 20;
  if (told > mtu6) told = mtu6;
  return told < 1280 ? 1280 : told;
}
/** RFC 1191 §7, as far as IPv6 can use them and our links reach. */
function plateau(length: u32): u32 {
  return length > 2002 ? 2002 : length > 1492 ? 1492 : 0;
}
