import { AnycastKeyUse, AnycastStep } from "../../abi/anycast";
import { Verdict } from "../../abi/verdict";
import { equalSecret } from "../../crypto/equal";
import { identifierMac } from "../../crypto/identifier-auth";
import { now } from "../../engine/clock";
import { dataStep } from "../../engine/events";
import { isExchange, requestPorts } from "../../engine/exchange";
import { Found, identifierAt, lookForIdentifier, takeIdentifierOff } from "../../engine/identifier";
import { left, Packet } from "../../engine/packet";
import { addExchange, findExchange } from "../../tables/anycast-exchanges";
import { findAnycastKey, readyOf } from "../../tables/anycast-keys";
import { answers } from "../../tables/anycast-memory";
import { Anycast, anyAnycasts, findAnycast, serves } from "../../tables/anycasts";
import { Icmp6Type } from "../../wire/icmp6";
import { Form, Identifier } from "../../wire/identifier";
import { Ip6 } from "../../wire/ip6";

/** How long a request can be answered in the form that it asked for, ms. */
const MEMORY_MS: u64 = 30000;
const MAC = memory.data(16, 8);

/** Chain.INBOUND. S301: what a request to an anycast address of ours asks for is remembered until it is answered. */
export function receive(p: Packet): Verdict {
  if (!anyAnycasts()) return Verdict.GO;
  const a = findAnycast(Ip6.at(p.ip).dst);
  if (!a || !serves(a)) return Verdict.GO;
  const found = lookForIdentifier(p.ip, p.end);
  if (isExchange(p, Icmp6Type.ECHO_REQUEST)) dataStep(<u32>AnycastStep.BASE + 301, Ip6.at(p.ip).src, Ip6.at(p.ip).dst);
  if (found == Found.NONE) return Verdict.GO;
  const option = Identifier.at(identifierAt());
  return found == Found.IDENTIFIER && option.form == Form.REQUEST ? take(p, a, option) : Verdict.ANYCAST_FORM;
}
/** Form 3, if its authenticator is right: remembered, and taken out. */
function take(p: Packet, a: Anycast, option: Identifier): Verdict {
  const keyId = option.keyId;
  const k = findAnycastKey(changetype<usize>(a), keyId, AnycastKeyUse.IDENTIFIER);
  if (!k) return Verdict.ANYCAST_KEY;
  const ip = Ip6.at(p.ip);
  identifierMac(readyOf(k), option.ptr + Identifier.COVERED_AT, 12, ip.src, ip.dst, p.at, left(p), p.next, MAC);
  if (!equalSecret(MAC, option.authenticator, Identifier.MAC_LEN)) return Verdict.ANYCAST_FORGED;
  if (isExchange(p, Icmp6Type.ECHO_REQUEST)) remember(p, keyId, option.nonce);
  takeIdentifierOff(p);
  return Verdict.GO;
}
/** Once: a recorded request that is sent again and again pushes nobody out. */
function remember(p: Packet, keyId: u32, nonce: usize): void {
  const ip = Ip6.at(p.ip);
  const ports = requestPorts(p);
  if (findExchange(answers, ip.dst, ip.src, ports, p.next, nonce, now())) return;
  const r = addExchange(answers, ip.dst, ip.src, ports, p.next, now() + MEMORY_MS, now());
  r.keyId = <u16>keyId;
  r.nonce = load<u64>(nonce);
}
