import { Direction } from "../../abi/ipsec";
import { prefixEq } from "../../base/addr";
import { be16 } from "../../base/bytes";
import { Packet, PacketFlag } from "../../engine/packet";
import {
  governs,
  isComplete,
  localSelector,
  Policy,
  PolicyFlag,
  PROCESSES,
  policy,
  policyCount,
  remoteSelector,
} from "../../tables/spd";
import { Ext, Frag } from "../../wire/ext";
import { Ip6, Proto } from "../../wire/ip6";
import { Mh } from "../../wire/mh";

// Selectors of a packet, RFC 4301 §4.4.1.1, and the first policy that they match. In home form the addresses are the home ones.

/** What there is of ports. */
enum Ports {
  /** The protocol has none. */
  NONE = 0,
  BOTH = 1,
  /** A type, which stands for the local port. */
  TYPE = 2,
  /** It has, but not in this packet: a later fragment, or one cut short. */
  HIDDEN = 3,
}
let direction: Direction = Direction.OUT;
let local: usize = 0;
let remote: usize = 0;
let protocol: u32 = 0;
let ports: Ports = Ports.NONE;
let localPort: u32 = 0;
let remotePort: u32 = 0;
let doubt: bool = false;

/** Looks at the packet at `ip` on its way out. */
export function lookOut(p: Packet): void {
  const ip = Ip6.at(p.ip);
  direction = Direction.OUT;
  local = ip.src;
  remote = ip.dst;
  lookUp(p, ip.payload, ip.next);
}
/** Looks at a packet that came in, from its header at `at` on. */
export function lookIn(p: Packet): void {
  const ip = Ip6.at(p.ip);
  direction = Direction.IN;
  local = ip.dst;
  remote = (p.flags & PacketFlag.HOME_CLAIMED) != 0 ? p.home : ip.src;
  lookUp(p, p.at, p.next);
}
/** Looks at the IPv6 packet at `at` that came out of a tunnel. */
export function lookInside(p: Packet): void {
  const ip = Ip6.at(p.at);
  direction = Direction.IN;
  local = ip.dst;
  remote = ip.src;
  lookUp(p, ip.payload, ip.next);
}
/** The upper layer behind extension headers, and its ports. */
function lookUp(p: Packet, at: usize, next: u32): void {
  doubt = false;
  ports = Ports.NONE;
  let later = false;
  while (next == Proto.HOP_BY_HOP || next == Proto.ROUTING || next == Proto.DEST_OPTS || next == Proto.FRAGMENT) {
    if (!Ext.ok(at, <i32>(p.end - at))) break;
    const len = next == Proto.FRAGMENT ? Frag.LEN : Ext.at(at).len;
    if (next == Proto.FRAGMENT && Frag.at(at).offset != 0) later = true;
    next = Ext.at(at).next;
    at += <usize>len;
    if (later) break;
  }
  protocol = next;
  if (later) at = p.end;
  if (next == Proto.UDP || next == Proto.TCP) {
    ports = at + 4 <= p.end ? Ports.BOTH : Ports.HIDDEN;
    if (ports == Ports.HIDDEN) return;
    const out = direction == Direction.OUT;
    localPort = be16(out ? at : at + 2);
    remotePort = be16(out ? at + 2 : at);
  } else if (next == Proto.ICMP6) {
    ports = at + 2 <= p.end ? Ports.TYPE : Ports.HIDDEN;
    if (ports == Ports.TYPE) localPort = be16(at);
  } else if (next == Proto.MH) {
    ports = at + 3 <= p.end ? Ports.TYPE : Ports.HIDDEN;
    if (ports == Ports.TYPE) localPort = Mh.at(at).type << 8;
  }
}
/** Protocol of what was looked at. */
export function selectedProtocol(): u32 {
  return protocol;
}
/** Type and code where the protocol has such: type << 8 | code; else 0. */
export function selectedType(): u32 {
  return ports == Ports.TYPE ? localPort : 0;
}
/** A policy would have to be asked for ports that the packet does not show: it goes nowhere. */
export function inDoubt(): bool {
  return doubt;
}
/** Does the policy name what was looked at? */
export function matches(q: Policy): bool {
  if ((q.flags & PolicyFlag.ANY_PROTOCOL) == 0 && <u32>q.protocol != protocol) return false;
  if (!governs(q, direction) || !isComplete(q)) return false;
  if (q.localLen != 0 && !prefixEq(local, localSelector(q), q.localLen)) return false;
  if (q.remoteLen != 0 && !prefixEq(remote, remoteSelector(q), q.remoteLen)) return false;
  const every = (q.localFirst | q.remoteFirst) == 0 && (q.localLast & q.remoteLast) == 0xffff;
  if (every) return true;
  if (ports == Ports.HIDDEN) doubt = true;
  if (ports == Ports.NONE || ports == Ports.HIDDEN) return false;
  if (localPort < <u32>q.localFirst || localPort > <u32>q.localLast) return false;
  return ports == Ports.TYPE || (remotePort >= <u32>q.remoteFirst && remotePort <= <u32>q.remoteLast);
}
/** Of the processes from `process` on, the first with a policy that names what was looked at: the first of its policies that does, or null. */
export function firstMatch(process: i32): Policy | null {
  let best: Policy | null = null;
  let lowest = PROCESSES;
  const n = policyCount();
  for (let i = 0; i < n; i++) {
    const q = policy(i);
    const k = <i32>q.process;
    if (k < process || k >= lowest || !matches(q)) {
      if (doubt) return null;
      continue;
    }
    if (k == process) return q;
    best = q;
    lowest = k;
  }
  return best;
}
