import { Verdict } from "../abi/verdict";
import { MAX_HEADERS, PC } from "../base/config";
import { Ah } from "../wire/ah";
import { Ext, Frag, Opt } from "../wire/ext";
import { Identifier } from "../wire/identifier";
import { Ip6, Proto } from "../wire/ip6";
import { Door, on, owned } from "./doors";
import { takeOff } from "./insert";
import { Packet } from "./packet";

// Where the anycast identifier of a packet is, docs/anycast-identifier.md §2: in the last extension header, alone.

export enum Found {
  /** No identifier, or a fragment that cannot have one to look at. */
  NONE,
  /** `identifierAt`, `upperAt` and `upperProtocol` say where. */
  IDENTIFIER,
  MALFORMED,
  /** A first fragment that ends before its upper layer, RFC 7112. */
  SHORT,
}
let header: usize = 0;
let named: usize = 0;
let upper: usize = 0;
let protocol: u32 = 0;
let fragment: bool = false;

/** The Destination Options header of the identifier found last. */
export function identifierAt(): usize {
  return header;
}
/** Takes the identifier found last out of the packet, whose upper layer is at `at`. */
export function takeIdentifierOff(p: Packet): void {
  const len = <i32>(p.at - header);
  p.at = header;
  p.prev = named;
  takeOff(p, len, p.next);
}
/**
 * Of a packet of the application whose header at `ip` is maybe inside others, and which goes no further: takes out what this node put in. Where its header
 * is then.
 */
export function takeAddedOff(p: Packet, ip: usize): usize {
  if (lookForIdentifier(ip, p.end) != Found.IDENTIFIER) return ip;
  p.ip = ip;
  p.at = upper;
  p.next = <u8>protocol;
  takeIdentifierOff(p);
  return p.ip;
}
/** The upper-layer packet behind it, and the number of its protocol. */
export function upperAt(): usize {
  return upper;
}
export function upperProtocol(): u32 {
  return protocol;
}
/** It is in a first fragment: the upper-layer packet is not whole. */
export function inFragment(): bool {
  return fragment;
}
/** Walks the headers of the IPv6 packet from `ip` to `end`. */
export function lookForIdentifier(ip: usize, end: usize): Found {
  let next = Ip6.at(ip).next;
  if (next == Proto.UDP || next == Proto.TCP || next == Proto.ICMP6 || next == Proto.ESP) return Found.NONE;
  let at = Ip6.at(ip).payload;
  let before = ip + 6;
  let fragments = 0;
  header = 0;
  fragment = false;
  if (PC && next == Proto.DEST_OPTS && isDirect(at, end)) {
    header = at;
    named = before;
    protocol = Ext.at(at).next;
    upper = at + <usize>Ext.at(at).len;
    return Found.IDENTIFIER;
  }
  for (let n = 0; ; n++) {
    if (n == MAX_HEADERS) return Found.MALFORMED; // too many to see to the end of
    const fits = at <= end && Ext.ok(at, <i32>(end - at));
    if (next == Proto.FRAGMENT) {
      // Of two, each end could see another one.
      if (header != 0 || fragments++ != 0 || at + <usize>Frag.LEN > end) return Found.MALFORMED;
      if (Frag.at(at).offset != 0) return Found.NONE;
      fragment = Frag.at(at).more;
      next = Frag.at(at).next;
      before = at;
      at += <usize>Frag.LEN;
    } else if (next == Proto.HOP_BY_HOP || next == Proto.DEST_OPTS || next == Proto.ROUTING) {
      if (!fits) return fragment ? Found.SHORT : Found.MALFORMED;
      if (header != 0) return Found.MALFORMED;
      const len = Ext.at(at).len;
      if (next != Proto.ROUTING && holds(at, len)) {
        if (next == Proto.HOP_BY_HOP || !Identifier.ok(at, len)) return Found.MALFORMED;
        header = at;
        named = before;
      }
      next = Ext.at(at).next;
      before = at;
      at += <usize>len;
    } else if (next == Proto.AH) {
      if (header != 0) return Found.MALFORMED;
      if (at > end || !Ah.ok(at, <i32>(end - at)) || (Ah.at(at).len & 7) != 0)
        return fragment ? Found.SHORT : Found.MALFORMED;
      next = Ah.at(at).next;
      before = at;
      at += <usize>Ah.at(before).len;
    } else break;
  }
  if (fragment && at + 8 > end) return Found.SHORT;
  if (header == 0) return Found.NONE;
  upper = at;
  protocol = next;
  return (next == Proto.UDP || next == Proto.ICMP6) && at + 8 <= end ? Found.IDENTIFIER : Found.MALFORMED;
}
/** An identifier directly in front of its upper layer, as nearly all are: they are spared the walk. */
function isDirect(at: usize, end: usize): bool {
  if (at + 32 > end || <u32>load<u8>(at, 2) != Identifier.TYPE) return false;
  const len = Ext.at(at).len;
  const next = Ext.at(at).next;
  return at + <usize>(len + 8) <= end && (next == Proto.UDP || next == Proto.ICMP6) && Identifier.ok(at, len);
}
/** Has the options header of `len` bytes such an option, wherever in it? */
function holds(at: usize, len: i32): bool {
  const end = at + <usize>len;
  for (let o = at + 2; o < end; ) {
    const type = <u32>load<u8>(o);
    if (type == Identifier.TYPE) return true;
    if (type == <u32>Opt.PAD1) o++;
    else if (o + 1 == end) return false;
    else o += <usize>load<u8>(o, 1) + 2;
  }
  return false;
}
/**
 * While attaching, by each role that takes identifiers: one in front of a Fragment header is refused while it can still be seen there. A node that
 * has no use for identifiers skips them (`use`).
 */
export function takeIdentifiers(): void {
  if (!owned(Door.OPTION, <i32>Identifier.TYPE)) on(Door.OPTION, <i32>Identifier.TYPE, rxOption);
}
let used: bool = false;
/** This node has been configured to send or to take identifiers. */
export function useIdentifiers(): void {
  used = true;
}
export function identifiersUsed(): bool {
  return used;
}
/** `p.at` = the option. */
function rxOption(p: Packet): Verdict {
  const before = p.at - 2; // its header, where the option is in its place; else whoever looks for it refuses it
  return used && <u32>load<u8>(before) == Proto.FRAGMENT ? Verdict.ANYCAST_FORM : Verdict.GO;
}
