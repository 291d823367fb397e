import { Verdict } from "../abi/verdict";
import { addrSwap, isLinkLocal, isMulticast } from "../base/addr";
import { AddressFlag, ownAddress } from "../tables/addresses";
import { Ext, Opt, OptAction, Routing } from "../wire/ext";
import { Icmp6Type } from "../wire/icmp6";
import { Ip6 } from "../wire/ip6";
import { ask, Door } from "./doors";
import { icmpError, parameterProblem } from "./icmp";
import { left, Packet, PacketFlag } from "./packet";

// Hop-by-hop and destination options, routing header: RFC 8200 §4.2-4.6, type 2 by RFC 6275 §6.4, §11.3.3.

/** Walks the options; each known one goes to its door, the others are treated as their type says. */
export function rxOptions(p: Packet): Verdict {
  if (!Ext.ok(p.at, left(p))) return Verdict.BAD_EXT;
  const header = p.at;
  const end = header + <usize>Ext.at(header).len;
  let o = header + 2;
  while (o < end) {
    const type = <i32>load<u8>(o);
    if (type == Opt.PAD1) {
      o++;
      continue;
    }
    if (end - o < 2) return Verdict.BAD_OPTION;
    const size = <usize>load<u8>(o, 1) + 2;
    if (size > end - o) return Verdict.BAD_OPTION;
    p.at = o;
    const v = ask(Door.OPTION, type, p, Verdict.NOT_MINE);
    p.at = header;
    if (v != Verdict.NOT_MINE) {
      if (v != Verdict.GO) return v;
    } else if (type != Opt.PADN && type != Opt.ROUTER_ALERT) {
      const action = <OptAction>(type >> 6);
      if (action != OptAction.SKIP) {
        const quiet = action == OptAction.DROP || (action == OptAction.ERROR_UNICAST && isMulticast(Ip6.at(p.ip).dst));
        if (!quiet) parameterProblem(p, 2, o);
        return Verdict.BAD_OPTION;
      }
    }
    o += size;
  }
  return next(p);
}
/** Behind the extension header at `at`. */
function next(p: Packet): Verdict {
  p.prev = p.at;
  p.next = <u8>Ext.at(p.at).next;
  p.at += <usize>Ext.at(p.at).len;
  return Verdict.GO;
}
/**
 * Routing header. Type 2 that names our home address: the destination becomes it. Segments left 0: skip. Everything else, type 0
 * included (RFC 5095): Parameter Problem.
 */
export function rxRouting(p: Packet): Verdict {
  if (!Ext.ok(p.at, left(p))) return Verdict.BAD_EXT;
  const r = Routing.at(p.at);
  if (r.type == 2) {
    if (Ext.at(p.at).len != Routing.TYPE2_LEN || r.segmentsLeft != 1) {
      if (r.segmentsLeft == 0 && Ext.at(p.at).len == Routing.TYPE2_LEN) return next(p);
      parameterProblem(p, 0, p.at + 3);
      return Verdict.BAD_ROUTING_HEADER;
    }
    const home = ownAddress(r.homeAddress);
    if (!home || (home.flags & AddressFlag.HOME) == 0 || isLinkLocal(r.homeAddress)) return Verdict.BAD_ROUTING_HEADER;
    p.home = r.homeAddress;
    addrSwap(Ip6.at(p.ip).dst, r.homeAddress);
    store<u8>(p.at, 0, 3);
    p.flags |= PacketFlag.FOR_APP;
    return next(p);
  }
  if (r.segmentsLeft == 0) return next(p);
  icmpError(p, Icmp6Type.PARAMETER, 0, <u32>(p.at + 2 - p.ip));
  return Verdict.BAD_ROUTING_HEADER;
}
