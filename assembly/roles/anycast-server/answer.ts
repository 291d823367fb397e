import { AnycastKeyUse, AnycastStep } from "../../abi/anycast";
import { Verdict } from "../../abi/verdict";
import { addrCopy } from "../../base/addr";
import { identifierMac } from "../../crypto/identifier-auth";
import { now } from "../../engine/clock";
import { dataStep } from "../../engine/events";
import { answerPorts, isExchange, seekUpper, setSource } from "../../engine/exchange";
import { Found, lookForIdentifier } from "../../engine/identifier";
import { insert } from "../../engine/insert";
import { left, Packet, PacketFlag } from "../../engine/packet";
import { rxFragment } from "../../engine/reassemble";
import { ownAddress } from "../../tables/addresses";
import { findExchange, markAnswered } from "../../tables/anycast-exchanges";
import { findAnycastKey, readyOf } from "../../tables/anycast-keys";
import { answers } from "../../tables/anycast-memory";
import { Anycast, anyAnycasts, findAnycast, serves, unicastOf } from "../../tables/anycasts";
import { Icmp6Type } from "../../wire/icmp6";
import { Form, Identifier } from "../../wire/identifier";
import { Ip6, Proto } from "../../wire/ip6";

/** Chain.SEND. S302: an answer from an anycast address of ours leaves from the unicast one, with an identifier; IPsec comes behind it. */
export function answer(p: Packet): Verdict {
  if (!anyAnycasts() || (p.flags & PacketFlag.FORWARDED) != 0) return Verdict.GO;
  const a = findAnycast(Ip6.at(p.ip).src);
  if (!a || !serves(a)) return Verdict.GO;
  seekUpper(p);
  if (<u32>p.next == Proto.FRAGMENT) {
    const v = rxFragment(p); // put together first
    if (v != Verdict.GO) return v;
  }
  if (!isExchange(p, Icmp6Type.ECHO_REPLY)) return Verdict.GO;
  if (lookForIdentifier(p.ip, p.end) != Found.NONE) return Verdict.ANYCAST_FORM;
  return ownAddress(unicastOf(a)) ? identify(p, a) : Verdict.NO_SOURCE_ADDRESS;
}
function identify(p: Packet, a: Anycast): Verdict {
  const r = findExchange(answers, changetype<usize>(a), Ip6.at(p.ip).dst, answerPorts(p), p.next, 0, now());
  const k = r ? findAnycastKey(changetype<usize>(a), r.keyId, AnycastKeyUse.IDENTIFIER) : null;
  const form = k ? Form.AUTHENTICATED : Form.PLAIN;
  const len = Identifier.len(form);
  const next = p.next;
  const upper = left(p);
  dataStep(<u32>AnycastStep.BASE + 302, changetype<usize>(a), Ip6.at(p.ip).dst);
  setSource(p, unicastOf(a));
  if (!insert(p, len, Proto.DEST_OPTS)) return Verdict.NO_HEADROOM;
  const ip = Ip6.at(p.ip);
  ip.payloadLen += len;
  const option = Identifier.begin(p.at, next, form, r && k ? r.keyId : 0);
  addrCopy(option.anycast, changetype<usize>(a));
  p.at += <usize>len;
  if (r && k) {
    store<u64>(option.nonce, r.nonce);
    identifierMac(readyOf(k), option.ptr + 4, 28, ip.dst, ip.src, p.at, upper, next, option.authenticator);
    markAnswered(answers, r);
  }
  p.flags &= ~PacketFlag.FROM_APP; // what does not fit the way travels in fragments
  p.step = <u16>(<u32>AnycastStep.BASE + 303);
  dataStep(p.step, ip.src, ip.dst);
  return Verdict.GO;
}
