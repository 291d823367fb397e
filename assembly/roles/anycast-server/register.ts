import { AnycastKeyUse, RegistrationState, RegistrationStatus } from "../../abi/anycast";
import { Event } from "../../abi/event";
import { Message, Refusal } from "../../abi/message";
import { Verdict } from "../../abi/verdict";
import { addrCopy, addrEq, isHost } from "../../base/addr";
import { ANYCAST_REGISTRATIONS } from "../../base/config";
import { random } from "../../base/prng";
import { equalSecret } from "../../crypto/equal";
import { registrationMac } from "../../crypto/identifier-auth";
import { now } from "../../engine/clock";
import { onControl, onQuery, replyRow } from "../../engine/control";
import { sendDatagram, startDatagram } from "../../engine/datagram";
import { Door, on } from "../../engine/doors";
import { emit } from "../../engine/events";
import { Packet } from "../../engine/packet";
import { timer, timerBy } from "../../engine/timers";
import { ownAddress } from "../../tables/addresses";
import { findAnycastKey, readyOf } from "../../tables/anycast-keys";
import {
  AnycastRegistration,
  anycastOf,
  findRegistration,
  putRegistration,
  registration,
} from "../../tables/anycast-registrations";
import { findAnycast, serves, unicastOf } from "../../tables/anycasts";
import { Ip6 } from "../../wire/ip6";
import { Registration, RegistrationType } from "../../wire/registration";
import { Udp } from "../../wire/udp";

// A server makes itself known to routers, docs/anycast-identifier.md §6.

const FIRST_WAIT_MS: u64 = 1000;
/** The wait doubles so often. */
const DOUBLINGS: u8 = 4;
const AT_ONCE: u8 = 4;
const REFUSED_MS: u64 = 60000;
const MAC = memory.data(16, 8);
let registerTimer: i32 = 0;

export function attachRegistration(): void {
  registerTimer = timer(run);
  onControl(Message.ANYCAST_REGISTER, configure);
  onQuery(Message.ANYCAST_REGISTRATIONS, registrations);
  on(Door.UDP, Registration.PORT, rxReply);
}
function configure(at: usize, len: i32): Refusal {
  if (len != 40) return Refusal.BAD_LENGTH;
  const keyId = load<u16>(at);
  const anycast = at + 8;
  const router = at + 24;
  const lifetime = load<u16>(at, 2);
  if (lifetime == 0) {
    const r = findRegistration(router, anycast);
    if (r) leave(r);
    return Refusal.NONE;
  }
  const a = findAnycast(anycast);
  if (!a || !serves(a) || !isHost(router)) return Refusal.BAD_VALUE;
  if (!findAnycastKey(anycast, keyId, AnycastKeyUse.REGISTRATION)) return Refusal.BAD_VALUE;
  const r = putRegistration(router, anycast);
  if (!r) return Refusal.TABLE_FULL;
  // The first number is drawn, so that no reply of an earlier life fits.
  if (r.lifetime == 0) r.sequence = random();
  r.keyId = keyId;
  r.lifetime = lifetime;
  r.cost = load<u8>(at, 4);
  r.state = <u8>RegistrationState.REGISTERING;
  r.waits = 0;
  schedule(r, now());
  return Refusal.NONE;
}
function schedule(r: AnycastRegistration, when: u64): void {
  r.due = when;
  timerBy(registerTimer, when);
}
function run(): void {
  for (let i = 0; i < ANYCAST_REGISTRATIONS; i++) {
    const r = registration(i);
    if (r.lifetime == 0) continue;
    if (r.due > now()) {
      timerBy(registerTimer, r.due);
      continue;
    }
    if (r.state != <u8>RegistrationState.REGISTERING) r.waits = 0;
    r.atOnce = 0;
    register(r, r.sequence + 1);
  }
}
/** The next REGISTER of a row, and when the one behind it leaves without a reply. */
function register(r: AnycastRegistration, sequence: u64): void {
  r.sequence = sequence;
  r.state = <u8>RegistrationState.REGISTERING;
  r.asked = 1;
  schedule(r, now() + (FIRST_WAIT_MS << (<u64>r.waits)));
  if (r.waits < DOUBLINGS) r.waits++;
  say(r, r.lifetime);
}
function leave(r: AnycastRegistration): void {
  r.sequence++;
  r.lifetime = 0;
  say(r, 0);
}
/** Nothing is said while the unicast address is not usable, or the key is gone. */
function say(r: AnycastRegistration, lifetime: u32): void {
  const a = findAnycast(anycastOf(r));
  const k = findAnycastKey(anycastOf(r), r.keyId, AnycastKeyUse.REGISTRATION);
  if (!a || !k || !ownAddress(unicastOf(a))) return;
  const router = changetype<usize>(r);
  const p = startDatagram(unicastOf(a), router, Registration.PORT, Registration.LEN, Registration.HOP_LIMIT);
  if (!p) return;
  const m = Registration.begin(p.at, RegistrationType.REGISTER, r.keyId);
  m.lifetime = lifetime;
  m.value = r.cost;
  m.sequence = r.sequence;
  m.epoch = r.epoch;
  addrCopy(m.anycast, anycastOf(r));
  registrationMac(readyOf(k), unicastOf(a), router, m.ptr, Registration.COVERED, m.authenticator);
  sendDatagram(p);
}
/** A router's reply. Without registrations the port is anybody's. */
function rxReply(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  const m = Registration.at(p.at + Udp.LEN);
  const ok = Registration.ok(m.ptr, Udp.at(p.at).len - Udp.LEN, RegistrationType.REPLY);
  const r = ok ? findRegistration(ip.src, m.anycast) : null;
  if (!r) return anyRegistration() ? Verdict.ANYCAST_REGISTRATION : Verdict.GO;
  const a = findAnycast(m.anycast);
  if (!a || !addrEq(ip.dst, unicastOf(a))) return Verdict.ANYCAST_REGISTRATION;
  const k = m.keyId == <u32>r.keyId ? findAnycastKey(m.anycast, r.keyId, AnycastKeyUse.REGISTRATION) : null;
  if (!k) return Verdict.ANYCAST_KEY;
  registrationMac(readyOf(k), ip.src, ip.dst, m.ptr, Registration.COVERED, MAC);
  if (!equalSecret(m.authenticator, MAC, Registration.MAC_LEN)) return Verdict.ANYCAST_FORGED;
  if (!r.asked || m.sequence != r.sequence) return Verdict.ANYCAST_REGISTRATION;
  heard(r, m);
  return Verdict.DONE;
}
function anyRegistration(): bool {
  for (let i = 0; i < ANYCAST_REGISTRATIONS; i++) if (registration(i).lifetime != 0) return true;
  return false;
}
function heard(r: AnycastRegistration, m: Registration): void {
  const status = m.value;
  r.asked = 0;
  r.waits = 0;
  r.epoch = m.epoch;
  r.status = <u8>status;
  r.granted = <u16>m.lifetime;
  emit(Event.ANYCAST_REGISTRATION, status, changetype<usize>(r), m.anycast, 0, m.lifetime);
  if (status == RegistrationStatus.EPOCH || status == RegistrationStatus.SEQUENCE) {
    r.sequence = m.last;
    if (r.atOnce++ < AT_ONCE) register(r, m.last + 1);
    return;
  }
  const accepted = status == RegistrationStatus.ACCEPTED && m.lifetime != 0;
  r.state = <u8>(accepted ? RegistrationState.REGISTERED : RegistrationState.REFUSED);
  schedule(r, now() + (accepted ? <u64>m.lifetime * 500 : REFUSED_MS));
}
/** ANYCAST_REGISTRATIONS   {u8[16] router, u8[16] anycast address, u32 ms to the next message, u16 granted seconds, u8 state, u8 last status} */
function registrations(from: i32): void {
  for (let i = from; i < ANYCAST_REGISTRATIONS; i++) {
    const r = registration(i);
    if (r.lifetime == 0) continue;
    const to = replyRow(Message.ANYCAST_REGISTRATIONS, 40, i);
    if (to == 0) return;
    addrCopy(to, changetype<usize>(r));
    addrCopy(to + 16, anycastOf(r));
    store<u32>(to, r.due > now() ? <u32>(r.due - now()) : 0, 32);
    store<u16>(to, r.granted, 36);
    store<u8>(to, r.state, 38);
    store<u8>(to, r.status, 39);
  }
}
