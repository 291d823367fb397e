import { Mode } from "../../abi/ipsec";
import { Verdict } from "../../abi/verdict";
import { leaveHomeForm } from "../../engine/home-form";
import { left, Packet, PacketFlag } from "../../engine/packet";
import { port } from "../../engine/ports";
import { wrap } from "../../engine/tx";
import { Ext } from "../../wire/ext";
import { Ip6, Proto } from "../../wire/ip6";

// Where ESP and AH stand in a packet, RFC 4302 §3.1, RFC 4303 §3.1; engine/insert.ts puts them there and takes them out.

/**
 * Sets `at` where the header goes, `prev` to the byte that will name it, and `next` to what is named there now. Tunnel mode: behind an IPv6
 * header from `src` to `dst`, which is put around the packet here.
 */
export function findPlace(p: Packet, mode: Mode, src: usize, dst: usize): Verdict {
  if (mode == Mode.TUNNEL) {
    if (p.home != 0) leaveHomeForm(p);
    const v = wrap(p, src, dst, port(p.port).hopLimit, 0);
    if (v != Verdict.GO) return v;
    p.prev = p.ip + 6;
    p.at = p.ip + Ip6.LEN;
  } else {
    const v = skipStaying(p);
    if (v != Verdict.GO) return v;
  }
  p.next = load<u8>(p.prev);
  return Verdict.GO;
}
/**
 * Behind what every node on the way or the mobility of this one must see: hop-by-hop options, routing headers, the Home Address option
 * (RFC 6275 §6.3). Only whole packets, RFC 4303 §3.3.4.
 */
function skipStaying(p: Packet): Verdict {
  p.prev = p.ip + 6;
  p.at = p.ip + Ip6.LEN;
  let next = <u32>load<u8>(p.prev);
  while (next == Proto.HOP_BY_HOP || next == Proto.ROUTING || next == Proto.DEST_OPTS) {
    if (!Ext.ok(p.at, left(p))) return Verdict.BAD_EXT;
    const e = Ext.at(p.at);
    if (next == Proto.DEST_OPTS && e.next != Proto.ROUTING && !holdsHome(p, p.at + <usize>e.len)) break;
    p.prev = p.at;
    p.at += <usize>e.len;
    next = e.next;
  }
  return next == Proto.FRAGMENT ? Verdict.BAD_FRAGMENT : Verdict.GO;
}
/** Is the Home Address option of a packet to be sent in the header between `at` and `end`? */
function holdsHome(p: Packet, end: usize): bool {
  return (p.flags & PacketFlag.HOME_SOURCE) != 0 && p.home > p.at && p.home < end;
}
/** The `n` bytes of header at `at` are behind the tunnel's own: an IPv6 packet follows, and what is in front of it ends here. */
export function endTunnel(p: Packet, n: i32): void {
  p.at += <usize>n;
  p.next = <u8>Proto.IP6;
  Ip6.at(p.ip).payloadLen = <i32>(p.end - p.ip) - Ip6.LEN;
}
/** Explicit congestion notification, RFC 3168 §5: the lower two bits of the traffic class. */
enum Ecn {
  NOT_ECT = 0,
  ECT_1 = 1,
  ECT_0 = 2,
  CE = 3,
}
/**
 * What came out of protection, RFC 6040 §4.2: an inner IPv6 header at `at` takes over how congested the way was. TUNNEL_REFUSED: it is, and
 * the inner packet's ends do not understand it. BAD_FRAGMENT: only whole packets are protected.
 */
export function takenOut(p: Packet): Verdict {
  if (<u32>p.next == Proto.FRAGMENT) return Verdict.BAD_FRAGMENT;
  if (<u32>p.next != Proto.IP6 || left(p) < Ip6.LEN) return Verdict.GO;
  const class_ = <u32>load<u8>(p.at, 1);
  const inner = (class_ >> 4) & 3;
  const outer = (<u32>load<u8>(p.ip, 1) >> 4) & 3;
  if (inner == Ecn.NOT_ECT) return outer == Ecn.CE ? Verdict.TUNNEL_REFUSED : Verdict.GO;
  if (outer == Ecn.CE || (outer == Ecn.ECT_1 && inner == Ecn.ECT_0)) {
    store<u8>(p.at, <u8>((class_ & 0xcf) | (outer << 4)), 1);
  }
  return Verdict.GO;
}
