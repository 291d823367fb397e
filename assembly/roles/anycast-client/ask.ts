import { AnycastKeyUse, AnycastStep } from "../../abi/anycast";
import { Verdict } from "../../abi/verdict";
import { random } from "../../base/prng";
import { identifierMac } from "../../crypto/identifier-auth";
import { now } from "../../engine/clock";
import { dataStep } from "../../engine/events";
import { isExchange, requestPorts, seekUpper } from "../../engine/exchange";
import { Found, lookForIdentifier } from "../../engine/identifier";
import { insert } from "../../engine/insert";
import { left, Packet, setAdded } from "../../engine/packet";
import { ownAddress } from "../../tables/addresses";
import { addExchange } from "../../tables/anycast-exchanges";
import { findAnycastKey, readyOf } from "../../tables/anycast-keys";
import { requests } from "../../tables/anycast-requests";
import { anyAnycasts, findAnycast } from "../../tables/anycasts";
import { Icmp6Type } from "../../wire/icmp6";
import { Form, Identifier } from "../../wire/identifier";
import { Ip6, Proto } from "../../wire/ip6";

/** Chain.APP_IN. S101: a request of the application to an anycast address of the list is remembered, and with a key asks for an authenticator. */
export function ask(p: Packet): Verdict {
  if (!anyAnycasts() || !Ip6.ok(p.ip, <i32>(p.end - p.ip))) return Verdict.GO;
  const ip = Ip6.at(p.ip);
  const a = findAnycast(ip.dst);
  if (!a || a.seconds == 0 || !ownAddress(ip.src)) return Verdict.GO;
  p.end = ip.payload + <usize>ip.payloadLen;
  const keyId = <u32>a.keyId;
  seekUpper(p);
  if (<u32>p.next == Proto.FRAGMENT) return keyId != 0 ? Verdict.ANYCAST_FORM : Verdict.GO;
  if (!isExchange(p, Icmp6Type.ECHO_REQUEST)) return Verdict.GO;
  if (lookForIdentifier(p.ip, p.end) != Found.NONE) return Verdict.ANYCAST_FORM;
  const nonce = ((<u64>random()) << 32) | <u64>random();
  if (keyId != 0) {
    const v = demand(p, keyId, nonce);
    if (v != Verdict.GO) return v;
  }
  const h = Ip6.at(p.ip);
  const until = now() + <u64>a.seconds * 1000;
  const r = addExchange(requests, h.dst, h.src, requestPorts(p), p.next, until, now());
  r.keyId = <u16>keyId;
  r.nonce = nonce;
  p.step = <u16>(<u32>AnycastStep.BASE + 101);
  dataStep(p.step, h.src, h.dst);
  return Verdict.GO;
}
/** An option of form 3. */
function demand(p: Packet, keyId: u32, nonce: u64): Verdict {
  const k = findAnycastKey(Ip6.at(p.ip).dst, keyId, AnycastKeyUse.IDENTIFIER);
  if (!k) return Verdict.ANYCAST_KEY;
  const len = Identifier.len(Form.REQUEST);
  const upper = left(p);
  if (!insert(p, len, Proto.DEST_OPTS)) return Verdict.NO_HEADROOM;
  setAdded(p, len);
  const ip = Ip6.at(p.ip);
  ip.payloadLen += len;
  const option = Identifier.begin(p.at, p.next, Form.REQUEST, keyId);
  store<u64>(option.nonce, nonce);
  const covered = p.at + Identifier.COVERED_AT;
  p.at += <usize>len;
  identifierMac(readyOf(k), covered, 12, ip.src, ip.dst, p.at, upper, p.next, option.authenticator);
  return Verdict.GO;
}
