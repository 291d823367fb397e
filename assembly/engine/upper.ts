import { Verdict } from "../abi/verdict";
import { isLinkLocal, isMulticast } from "../base/addr";
import { finish, pseudo6, sum } from "../base/checksum";
import { Icmp6, Icmp6Type, Unreachable } from "../wire/icmp6";
import { Ip6, Proto } from "../wire/ip6";
import { Mh, MhType } from "../wire/mh";
import { Tcp } from "../wire/tcp";
import { Udp } from "../wire/udp";
import { BeStatus, bindingError } from "./binding-error";
import { ask, Door } from "./doors";
import { icmpError } from "./icmp";
import { left, Packet, PacketFlag } from "./packet";
import { appPort } from "./ports";
import { deliver } from "./rx";

// The upper layer of a packet that ends here: a role's door first, then the application port, then "nobody".

/** The verdict; GO = a header was taken off, the header loop goes on. */
export function rxUpper(p: Packet): Verdict {
  const v = owner(p);
  if (v == Verdict.UNFOLDED) return Verdict.GO;
  if (v != Verdict.GO) return v;
  if ((p.flags & PacketFlag.FOR_APP) != 0) return deliver(p);
  // What is spoken on a link stays there: the application has no address on it.
  const ip = Ip6.at(p.ip);
  if (appPort() < 0 || isMulticast(ip.dst) || isLinkLocal(ip.dst) || isLinkLocal(ip.src)) return nobody(p);
  return deliver(p);
}
function owner(p: Packet): Verdict {
  switch (<u32>p.next) {
    case Proto.ICMP6:
      return rxIcmp6(p);
    case Proto.MH:
      return rxMh(p);
    case Proto.UDP: {
      const v = judgeUdp(p);
      return v == Verdict.GO ? ask(Door.UDP, Udp.at(p.at).dstPort, p, Verdict.GO) : v;
    }
    case Proto.TCP:
      if (!Tcp.ok(p.at, left(p))) return Verdict.BAD_TCP;
      return ask(Door.TCP, Tcp.at(p.at).dstPort, p, Verdict.GO);
    case Proto.ESP:
    case Proto.AH:
      return Verdict.GO; // its owner was asked already
    default:
      return ask(Door.PROTO, p.next, p, Verdict.GO);
  }
}
function judgeUdp(p: Packet): Verdict {
  if (takeChecked(p)) return Verdict.GO;
  if (!Udp.ok(p.at, left(p))) return Verdict.BAD_UDP;
  const u = Udp.at(p.at);
  const ip = Ip6.at(p.ip);
  // RFC 8200 §8.1: no zero checksum over IPv6.
  const sound = u.checksum != 0 && finish(sum(p.at, u.len, pseudo6(ip.src, ip.dst, u.len, Proto.UDP))) == 0;
  return sound ? Verdict.GO : Verdict.BAD_CHECKSUM;
}
function judgeIcmp6(p: Packet): Verdict {
  if (takeChecked(p)) return Verdict.GO;
  if (left(p) < Icmp6.LEN) return Verdict.BAD_ICMP;
  return Icmp6.valid(p.ip, p.at, left(p)) ? Verdict.GO : Verdict.BAD_CHECKSUM;
}
/** Is the UDP datagram or ICMPv6 message at `at` whole? GO or a drop; its owner is spared the same question. */
export function judgeChecksum(p: Packet): Verdict {
  const v = <u32>p.next == Proto.UDP ? judgeUdp(p) : judgeIcmp6(p);
  if (v == Verdict.GO) p.flags |= PacketFlag.CHECKED;
  return v;
}
function takeChecked(p: Packet): bool {
  const checked = (p.flags & PacketFlag.CHECKED) != 0;
  p.flags &= ~PacketFlag.CHECKED;
  return checked;
}
function rxIcmp6(p: Packet): Verdict {
  const v = judgeIcmp6(p);
  return v == Verdict.GO ? ask(Door.ICMP6, Icmp6.at(p.at).type, p, Verdict.GO) : v;
}
/** Mobility header, RFC 6275 §9.2: length, checksum, payload proto, then the type's owner. */
function rxMh(p: Packet): Verdict {
  if (!Mh.ok(p.at, left(p))) return Verdict.BAD_MH;
  const mh = Mh.at(p.at);
  if (!Mh.valid(p.at, Ip6.at(p.ip).src, Ip6.at(p.ip).dst)) return Verdict.BAD_CHECKSUM;
  if (mh.proto != Proto.NONE) {
    icmpError(p, Icmp6Type.PARAMETER, 0, <u32>(p.at - p.ip));
    return Verdict.BAD_MH;
  }
  if (mh.len < minimum(mh.type)) {
    icmpError(p, Icmp6Type.PARAMETER, 0, <u32>(p.at + 1 - p.ip));
    return Verdict.BAD_MH;
  }
  const v = ask(Door.MH, mh.type, p, Verdict.MH_UNKNOWN);
  // Nobody answers errors with errors.
  if (v == Verdict.MH_UNKNOWN && mh.type != MhType.BE) {
    const home = (p.flags & PacketFlag.HOME_SOURCE) != 0 ? Ip6.at(p.ip).src : 0;
    bindingError(p, BeStatus.UNKNOWN_TYPE, home);
  }
  return v;
}
/** Shortest message of a type in bytes, RFC 6275 §6.1. */
function minimum(type: u32): i32 {
  switch (type) {
    case MhType.BU:
    case MhType.BA:
    case MhType.HOTI:
    case MhType.COTI:
      return 16;
    case MhType.HOT:
    case MhType.COT:
    case MhType.BE:
      return 24;
    default:
      return 8;
  }
}
/** No role and no application: RFC 4443 §3.1 (port), RFC 8200 §4 (unknown next header); ICMPv6 is never answered by errors. */
function nobody(p: Packet): Verdict {
  if (p.next == Proto.UDP || p.next == Proto.TCP) {
    if (!isMulticast(Ip6.at(p.ip).dst)) icmpError(p, Icmp6Type.UNREACHABLE, Unreachable.PORT, 0);
    return Verdict.NO_LISTENER;
  }
  if (p.next == Proto.ICMP6) return Verdict.ICMP_UNKNOWN;
  icmpError(p, Icmp6Type.PARAMETER, 1, <u32>(p.prev - p.ip));
  return Verdict.UNKNOWN_PROTOCOL;
}
