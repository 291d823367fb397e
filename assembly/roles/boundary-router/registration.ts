import { AnycastKeyUse, RegistrationStatus } from "../../abi/anycast";
import { Verdict } from "../../abi/verdict";
import { addrCopy, isHost, isMulticast } from "../../base/addr";
import { equalSecret } from "../../crypto/equal";
import { registrationMac } from "../../crypto/identifier-auth";
import { now } from "../../engine/clock";
import { sendDatagram, startDatagram } from "../../engine/datagram";
import { Door, on } from "../../engine/doors";
import { Packet } from "../../engine/packet";
import { AnycastKey, findAnycastKey, readyOf } from "../../tables/anycast-keys";
import { findServer, isByHand, isClaimed, newServer, ServerState } from "../../tables/anycast-servers";
import { Anycast, anycastRow, ownAnycast } from "../../tables/boundary-anycasts";
import { Ip6 } from "../../wire/ip6";
import { Registration, RegistrationType } from "../../wire/registration";
import { Udp } from "../../wire/udp";
import { epoch, lastSequence, rowFor, setSequence } from "./epoch";
import { isInside } from "./ports";
import { end, live, ServerChange, tell } from "./servers";
import { comesFrom } from "./sources";

// Servers that make themselves known, docs/anycast-identifier.md §6. What proves its key is answered, whatever becomes of it.

/** Seconds that are granted at most. */
const LONGEST: u32 = 3600;
const MAC = memory.data(16, 8);

export function attachRegistration(): void {
  on(Door.UDP, Registration.PORT, rxRegister);
}
function rxRegister(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  const m = Registration.at(p.at + Udp.LEN);
  if (!isInside(p.port) || !isHost(ip.src) || isMulticast(ip.dst) || ip.hopLimit > Registration.HOP_LIMIT)
    return Verdict.ANYCAST_REGISTRATION;
  const u = Udp.at(p.at);
  if (u.srcPort != Registration.PORT || !Registration.ok(m.ptr, u.len - Udp.LEN, RegistrationType.REGISTER))
    return Verdict.ANYCAST_REGISTRATION;
  if (!comesFrom(ip.src, p.port)) return Verdict.ANYCAST_SOURCE;
  const own = findAnycastKey(m.anycast, m.keyId, AnycastKeyUse.REGISTRATION);
  const k = own ? own : findAnycastKey(0, m.keyId, AnycastKeyUse.REGISTRATION);
  if (!k) return Verdict.ANYCAST_KEY;
  registrationMac(readyOf(k), ip.src, ip.dst, m.ptr, Registration.COVERED, MAC);
  if (!equalSecret(m.authenticator, MAC, Registration.MAC_LEN)) return Verdict.ANYCAST_FORGED;
  const a = ownAnycast(m.anycast);
  const status =
    own && a ? decide(m, a, ip.src, Registration.HOP_LIMIT - ip.hopLimit) : RegistrationStatus.NOT_AUTHORIZED;
  if (status != RegistrationStatus.ACCEPTED)
    tell(ServerChange.REFUSED + status, ip.src, m.anycast, m.value, m.lifetime);
  reply(ip, m, k, a, status);
  return Verdict.DONE;
}
function decide(m: Registration, a: Anycast, unicast: usize, hops: u32): RegistrationStatus {
  if (m.epoch != load<u64>(epoch())) return RegistrationStatus.EPOCH;
  const known = findServer(unicast, anycastRow(a));
  if ((known && isByHand(known)) || isClaimed(unicast, m.keyId, now())) return RegistrationStatus.CLAIMED;
  if (m.sequence <= lastSequence(known)) return RegistrationStatus.SEQUENCE;
  if (m.lifetime == 0) {
    // Its number stays even where there was no row: a message of before may be on its way still.
    const s = known ? known : newServer(unicast, anycastRow(a), -1);
    if (!s) return RegistrationStatus.ACCEPTED;
    setSequence(s, m.sequence);
    if (s.state == ServerState.LIVE) end(s, ServerChange.REMOVED);
    return RegistrationStatus.ACCEPTED;
  }
  const s = rowFor(unicast, anycastRow(a));
  if (!s) return RegistrationStatus.FULL;
  // The place may have cost the epoch: in the new one no number was accepted yet.
  if (m.epoch == load<u64>(epoch())) setSequence(s, m.sequence);
  live(s, m.value, hops, m.keyId, granted(m), ServerChange.REGISTERED);
  return RegistrationStatus.ACCEPTED;
}
function granted(m: Registration): u32 {
  return m.lifetime < LONGEST ? m.lifetime : LONGEST;
}
function reply(ip: Ip6, m: Registration, k: AnycastKey, a: Anycast | null, status: RegistrationStatus): void {
  const p = startDatagram(ip.dst, ip.src, Registration.PORT, Registration.LEN, Registration.HOP_LIMIT);
  if (!p) return;
  const r = Registration.begin(p.at, RegistrationType.REPLY, m.keyId);
  if (status == RegistrationStatus.ACCEPTED) r.lifetime = granted(m);
  r.value = status;
  r.sequence = m.sequence;
  r.epoch = load<u64>(epoch());
  addrCopy(r.anycast, m.anycast);
  if (a) r.last = lastSequence(findServer(ip.src, anycastRow(a)));
  registrationMac(readyOf(k), ip.dst, ip.src, r.ptr, Registration.COVERED, r.authenticator);
  sendDatagram(p);
}
