import { AnycastKeyUse, AnycastStep } from "../../abi/anycast";
import { Verdict } from "../../abi/verdict";
import { equalSecret } from "../../crypto/equal";
import { identifierMac } from "../../crypto/identifier-auth";
import { now } from "../../engine/clock";
import { Chain, onChain, Stage } from "../../engine/doors";
import { dataStep, traceLevel } from "../../engine/events";
import { icmpError } from "../../engine/icmp";
import { Found, identifierAt, inFragment, lookForIdentifier, upperAt, upperProtocol } from "../../engine/identifier";
import { Packet } from "../../engine/packet";
import { findAnycastKey, readyOf } from "../../tables/anycast-keys";
import { nearestServer } from "../../tables/anycast-nearest";
import { ownAnycast } from "../../tables/boundary-anycasts";
import { Ah } from "../../wire/ah";
import { Ext, Routing } from "../../wire/ext";
import { Icmp6Type, Unreachable } from "../../wire/icmp6";
import { Form, Identifier } from "../../wire/identifier";
import { Ip6, Proto } from "../../wire/ip6";
import { isUnserved } from "./nearest";
import { isBoundary, isInside } from "./ports";
import { comesFrom, isServerSeen } from "./sources";

// What a boundary router looks at in a packet that it forwards, docs/anycast-identifier.md §5.
//   1 its source   2 is it for an address that nobody serves?   3 its identifier, where there is one

const MAC = memory.data(16, 8);

export function attachFilter(): void {
  onChain(Chain.FORWARD, Stage.FILTER, filter);
}
function step(n: u32, a: usize, b: usize): void {
  dataStep(AnycastStep.BASE + n, a, b);
}
function filter(p: Packet): Verdict {
  if (!isBoundary()) return Verdict.GO;
  const ip = Ip6.at(p.ip);
  if (!comesFrom(ip.src, p.port)) return Verdict.ANYCAST_SOURCE;
  if (isUnserved(ip.dst)) {
    icmpError(p, Icmp6Type.UNREACHABLE, Unreachable.NO_ROUTE, 0);
    return Verdict.NO_ROUTE;
  }
  if (traceLevel() >= 2) request(p);
  switch (lookForIdentifier(p.ip, p.end)) {
    case Found.NONE:
      return Verdict.GO;
    case Found.SHORT:
      return Verdict.FIRST_FRAGMENT_SHORT;
    case Found.MALFORMED:
      return Verdict.ANYCAST_FORM;
    default:
      return Identifier.at(identifierAt()).form == Form.REQUEST ? Verdict.GO : judge(p, Identifier.at(identifierAt()));
  }
}
/** S201, S202: a packet to an address of ours goes to its nearest server. */
function request(p: Packet): void {
  const ip = Ip6.at(p.ip);
  const a = ownAnycast(ip.dst);
  if (!a) return;
  step(201, ip.src, ip.dst);
  step(202, changetype<usize>(nearestServer(a)), ip.dst);
  p.step = <u16>(AnycastStep.BASE + 202);
}
/** S203 to S208: a packet with an identifier. */
function judge(p: Packet, option: Identifier): Verdict {
  const ip = Ip6.at(p.ip);
  const inside = isInside(p.port);
  const traced = traceLevel() >= 2;
  if (traced) step(203, ip.src, ip.dst);
  if (!inside) {
    if (ownAnycast(option.anycast)) return Verdict.ANYCAST_OUTSIDE;
  } else {
    if (traced) step(204, ip.src, option.anycast);
    if (!isServerSeen(ip.src, option.anycast, now())) return Verdict.ANYCAST_SERVER;
    if (option.form == Form.AUTHENTICATED && isForged(p, option)) return Verdict.ANYCAST_FORGED;
    if (traced) step(205, ip.src, option.anycast);
  }
  if (traced) {
    step(207, ip.src, ip.dst);
    step(208, ip.src, ip.dst);
  }
  p.step = <u16>(AnycastStep.BASE + 208);
  return Verdict.GO;
}
/** Does a key of ours say that the authenticator is wrong? A fragment does not have all that it covers. */
function isForged(p: Packet, option: Identifier): bool {
  if (inFragment()) return false;
  const k = findAnycastKey(option.anycast, option.keyId, AnycastKeyUse.IDENTIFIER);
  if (!k) return false;
  const mac = option.authenticator;
  const covered = option.ptr + <usize>Identifier.COVERED_AT;
  const upper = upperAt();
  const len = <i32>(p.end - upper);
  const ip = Ip6.at(p.ip);
  identifierMac(readyOf(k), covered, <i32>(mac - covered), client(ip), ip.src, upper, len, upperProtocol(), MAC);
  return !equalSecret(mac, MAC, Identifier.MAC_LEN);
}
/** The client's address: the home address where a type 2 routing header has it. The headers have been walked before. */
function client(ip: Ip6): usize {
  let next = ip.next;
  for (let at = ip.payload; at < identifierAt(); ) {
    if (next == Proto.ROUTING && Routing.at(at).type == 2 && Ext.at(at).len == Routing.TYPE2_LEN)
      return Routing.at(at).homeAddress;
    const len = next == Proto.FRAGMENT ? 8 : next == Proto.AH ? Ah.at(at).len : Ext.at(at).len;
    next = Ext.at(at).next;
    at += <usize>len;
  }
  return ip.dst;
}
