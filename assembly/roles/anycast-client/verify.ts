import { AnycastKeyUse, AnycastStep } from "../../abi/anycast";
import { Verdict } from "../../abi/verdict";
import { equalSecret } from "../../crypto/equal";
import { identifierMac } from "../../crypto/identifier-auth";
import { now } from "../../engine/clock";
import { dataStep, traceLevel } from "../../engine/events";
import { answerPorts, isExchange, setSource } from "../../engine/exchange";
import { Found, identifierAt, lookForIdentifier, takeIdentifierOff } from "../../engine/identifier";
import { left, Packet } from "../../engine/packet";
import { judgeChecksum } from "../../engine/upper";
import { AddressFlag, ownAddress } from "../../tables/addresses";
import { dropExchange, Exchange, findExchange } from "../../tables/anycast-exchanges";
import { findAnycastKey, readyOf } from "../../tables/anycast-keys";
import { requests } from "../../tables/anycast-requests";
import { Anycast, anyAnycasts, findAnycast } from "../../tables/anycasts";
import { Icmp6Type } from "../../wire/icmp6";
import { Form, Identifier } from "../../wire/identifier";
import { Ip6, Proto } from "../../wire/ip6";

// S102 to S105: may this be the answer of a server? What is refused changes nothing.

const MAC = memory.data(16, 8);

/** Chain.INBOUND. */
export function verify(p: Packet): Verdict {
  if (!anyAnycasts()) return Verdict.GO;
  const own = ownAddress(Ip6.at(p.ip).dst);
  if (own && (own.flags & AddressFlag.ANYCAST) != 0) return Verdict.GO; // a request, if anything
  if (!isExchange(p, Icmp6Type.ECHO_REPLY)) return verifyOther(p);
  const found = lookForIdentifier(p.ip, p.end);
  if (found == Found.IDENTIFIER) return verifyIdentifier(p, Identifier.at(identifierAt()));
  return found == Found.NONE ? verifyPlain(p) : Verdict.ANYCAST_FORM;
}
/** S104, S105. */
function verifyIdentifier(p: Packet, option: Identifier): Verdict {
  if (traceLevel() >= 2) trace(p, 104);
  if (option.form == Form.REQUEST) return Verdict.ANYCAST_FORM;
  const a = asked(option.anycast);
  if (!a) return Verdict.ANYCAST_UNASKED;
  const wanted = a.keyId == 0 ? Form.PLAIN : Form.AUTHENTICATED;
  const right = option.form == <u32>wanted && option.keyId == <u32>a.keyId;
  const r = find(p, option.anycast, right && wanted == Form.AUTHENTICATED ? option.nonce : 0);
  if (!r) return Verdict.ANYCAST_UNASKED;
  if (!right) return option.form == <u32>Form.PLAIN ? Verdict.ANYCAST_MISSING : Verdict.ANYCAST_KEY;
  if (wanted == Form.AUTHENTICATED) {
    const v = authenticate(p, option);
    if (v != Verdict.GO) return v;
  }
  const v = judgeChecksum(p);
  return v == Verdict.GO ? accept(p, a, r) : v;
}
function find(p: Packet, anycast: usize, nonce: usize): Exchange | null {
  return findExchange(requests, anycast, Ip6.at(p.ip).dst, answerPorts(p), p.next, nonce, now());
}
function authenticate(p: Packet, option: Identifier): Verdict {
  const k = findAnycastKey(option.anycast, option.keyId, AnycastKeyUse.IDENTIFIER);
  if (!k) return Verdict.ANYCAST_KEY;
  const ip = Ip6.at(p.ip);
  identifierMac(readyOf(k), option.ptr + Identifier.COVERED_AT, 28, ip.dst, ip.src, p.at, left(p), p.next, MAC);
  return equalSecret(MAC, option.authenticator, Identifier.MAC_LEN) ? Verdict.GO : Verdict.ANYCAST_FORGED;
}
/** The application sees an answer from where it asked. */
function accept(p: Packet, a: Anycast, r: Exchange): Verdict {
  dropExchange(requests, r);
  dataStep(<u32>AnycastStep.BASE + 105, Ip6.at(p.ip).src, changetype<usize>(a));
  takeIdentifierOff(p);
  setSource(p, changetype<usize>(a));
  return Verdict.GO;
}
/** S103: without an identifier. */
function verifyPlain(p: Packet): Verdict {
  const a = asked(Ip6.at(p.ip).src);
  const r = find(p, a ? changetype<usize>(a) : 0, 0);
  if (!a && !r) return Verdict.GO;
  if (traceLevel() >= 2) trace(p, 103);
  if (!a || a.keyId != 0) return Verdict.ANYCAST_MISSING;
  if (!r) return Verdict.GO;
  const v = judgeChecksum(p);
  if (v == Verdict.GO) dropExchange(requests, r);
  return v;
}
/** What cannot have an identifier: with a key nothing of it is believed. ICMPv6 errors and neighbour discovery are nobody's answers. */
function verifyOther(p: Packet): Verdict {
  if (<u32>p.next == Proto.ICMP6) return Verdict.GO;
  const a = asked(Ip6.at(p.ip).src);
  return a && a.keyId != 0 ? Verdict.ANYCAST_MISSING : Verdict.GO;
}
/** The row of an address of the list, or null. */
function asked(address: usize): Anycast | null {
  const a = findAnycast(address);
  return a && a.seconds != 0 ? a : null;
}
/** Steps S102 to `last`. */
function trace(p: Packet, last: u32): void {
  for (let n: u32 = 102; n <= last; n++) dataStep(<u32>AnycastStep.BASE + n, Ip6.at(p.ip).src, Ip6.at(p.ip).dst);
}
