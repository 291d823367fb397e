import { Event } from "../../abi/event";
import { Message, Refusal } from "../../abi/message";
import { Verdict } from "../../abi/verdict";
import { addrCopy, addrZero, isHost } from "../../base/addr";
import { TRANSLATIONS } from "../../base/config";
import { Changed, onChanged } from "../../engine/changed";
import { now } from "../../engine/clock";
import { onControl, onQuery, replyRow } from "../../engine/control";
import { Chain, Door, on, onChain, Stage } from "../../engine/doors";
import { dataStep, emit, step } from "../../engine/events";
import { Packet } from "../../engine/packet";
import { port } from "../../engine/ports";
import { isTranslating, runningProgram } from "../../tables/policy";
import { ownTranslation, TranslationFlag, translation, translation6 } from "../../tables/translation";
import { isHost4 } from "../../wire/ip4";
import { Ip6 } from "../../wire/ip6";
import { setDnsServer } from "./dns";
import { fix, isPair, mapFrom6, setPool4, setPool6 } from "./pools";
import { to4 } from "./to4";
import { to6 } from "./to6";

// Programs 10000, 10010, 10011: IPv4-IPv6 translation for the application port (seed embodiment 1, RFC 7915, RFC 6535).
//   64 (82), 507 (537) the home address gets its virtual IPv4 address   511 inbound (to4.ts)   514 outbound (to6.ts)
//   pools.ts draws rows of table 230   errors4.ts ICMP errors, icmp-map.ts their tables   dns.ts A from AAAA

/** IPv4 header and IPv6 header, tunnel: what the application's MTU must leave room for. */
const OVERHEAD: u32 = 20 + 40;
const address = memory.data(16, 8);
/** What the application was told: its IPv4 address (0 = none) and the MTU. */
let told4: u32 = 0;
let toldMtu: u32 = 0;

export function attach(): void {
  onControl(Message.POOL4, pool4);
  onControl(Message.POOL6, pool6);
  onControl(Message.TRANSLATION, fixed);
  onControl(Message.DNS, dns);
  onQuery(Message.TRANSLATIONS, query);
  on(Door.PROGRAM, 10000, renew);
  on(Door.PROGRAM, 10010, renewUnderIpsec);
  on(Door.PROGRAM, 10011, renewDirect);
  onChain(Chain.APP_IN, Stage.TRANSLATION, fromApplication);
  onChain(Chain.APP_OUT, Stage.TRANSLATION, toIp4);
  onChanged(withdraw);
}
/** Steps 64, 507; under IPsec 82, 507; with route optimization 82, 537. */
function renew(p: Packet): Verdict {
  return renewAs(p, 64, 507);
}
function renewUnderIpsec(p: Packet): Verdict {
  return renewAs(p, 82, 507);
}
function renewDirect(p: Packet): Verdict {
  return renewAs(p, 82, 537);
}
/** The home address (destination, after the type 2 routing header) has a row, or gets one from the pool. */
function renewAs(p: Packet, decided: u32, done: u32): Verdict {
  const home = Ip6.at(p.ip).dst;
  const known = translation6(home) != null;
  const before = ownTranslation();
  const row = mapFrom6(home, TranslationFlag.OWN);
  if (!row) return Verdict.POOL_EXHAUSTED;
  if (before && before != row) before.flags &= ~TranslationFlag.OWN;
  if (known) emit(Event.TRANSLATION, 2, home, 0, row.ip4, 1);
  row.flags |= TranslationFlag.OWN | TranslationFlag.FIXED;
  row.expires = u64.MAX_VALUE;
  step(decided, home, Ip6.at(p.ip).src, row.ip4);
  step(done, home, 0, known ? 2 : 1);
  tellApplication(row.ip4, <u32>port(p.port).mtu - OVERHEAD);
  return Verdict.DONE;
}
/** The virtual IPv4 address goes to interface part 19, once. */
function tellApplication(ip4: u32, mtu: u32): void {
  if (told4 == ip4 && toldMtu == mtu) return;
  told4 = ip4;
  toldMtu = mtu;
  addrZero(address);
  store<u32>(address, ip4);
  emit(Event.APPLICATION, 4, address, 0, 32, mtu);
}
/** Another program runs, or none: interface part 19 loses the address. The row stays, so that it is the same when we run again. */
function withdraw(what: Changed, _port: u32, _at: usize): void {
  if (what != Changed.CONFIGURED || told4 == 0 || isTranslating(runningProgram())) return;
  addrZero(address);
  store<u32>(address, told4);
  emit(Event.APPLICATION, 4, address, 0, 0, 0);
  told4 = 0;
}
function fromApplication(p: Packet): Verdict {
  if (load<u8>(p.ip) >> 4 != 4) return Verdict.GO;
  return to6(p);
}
/** Behind a program that translates is an IPv4 host: what is not translated (to the care-of address, to a group) is not for it. */
function toIp4(p: Packet): Verdict {
  if (!isTranslating(runningProgram())) return Verdict.GO;
  const own = translation6(Ip6.at(p.ip).dst);
  if (!own || (own.flags & TranslationFlag.OWN) == 0) return Verdict.NO_TRANSLATION;
  dataStep(511, Ip6.at(p.ip).src, Ip6.at(p.ip).dst);
  return to4(p, own);
}
function pool4(at: usize, len: i32): Refusal {
  if (len != 8) return Refusal.BAD_LENGTH;
  if (load<u8>(at, 4) < 8 || load<u8>(at, 4) > 30 || !isHost4(load<u32>(at))) return Refusal.BAD_VALUE;
  setPool4(load<u32>(at), load<u8>(at, 4), (load<u8>(at, 5) & 2) != 0);
  return Refusal.NONE;
}
function pool6(at: usize, len: i32): Refusal {
  if (len != 20) return Refusal.BAD_LENGTH;
  if (load<u8>(at) < 16 || load<u8>(at) > 96 || !isHost(at + 4)) return Refusal.BAD_VALUE;
  setPool6(at + 4, load<u8>(at));
  return Refusal.NONE;
}
function fixed(at: usize, len: i32): Refusal {
  if (len != 20) return Refusal.BAD_LENGTH;
  if (!isPair(at, load<u32>(at, 16))) return Refusal.BAD_VALUE;
  return fix(at, load<u32>(at, 16), TranslationFlag.FIXED) ? Refusal.NONE : Refusal.TABLE_FULL;
}
function dns(at: usize, len: i32): Refusal {
  if (len != 20) return Refusal.BAD_LENGTH;
  if (!isPair(at + 4, load<u32>(at))) return Refusal.BAD_VALUE;
  if (!fix(at + 4, load<u32>(at), TranslationFlag.FIXED)) return Refusal.TABLE_FULL;
  setDnsServer(at + 4);
  addrZero(address);
  store<u32>(address, load<u32>(at));
  emit(Event.DNS, 4, address, 0, u32.MAX_VALUE, 0);
  return Refusal.NONE;
}
/** TRANSLATIONS {u8[16] IPv6, u8[4] IPv4, u32 seconds left (0xffffffff = for ever), u32 flags}. */
function query(from: i32): void {
  for (let i = from; i < TRANSLATIONS; i++) {
    const t = translation(i);
    if (t.expires == 0) continue;
    const to = replyRow(Message.TRANSLATIONS, 28, i);
    if (to == 0) return;
    addrCopy(to, changetype<usize>(t));
    store<u32>(to, t.ip4, 16);
    store<u32>(
      to,
      t.expires == u64.MAX_VALUE ? u32.MAX_VALUE : t.expires <= now() ? 0 : <u32>((t.expires - now()) / 1000),
      20,
    );
    store<u32>(to, t.flags, 24);
  }
}
