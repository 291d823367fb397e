import { Event } from "../../abi/event";
import { Message, Refusal } from "../../abi/message";
import { Verdict } from "../../abi/verdict";
import { addrCopy, addrZero } from "../../base/addr";
import { TRANSLATIONS } from "../../base/config";
import { now } from "../../engine/clock";
import { onControl, reply, replyMore } from "../../engine/control";
import { Chain, Door, on, onChain, Stage } from "../../engine/doors";
import { dataStep, emit, step } from "../../engine/events";
import { Packet } from "../../engine/packet";
import { appPort, port } from "../../engine/ports";
import { firstRow } from "../../engine/queries";
import { toApplication } from "../../engine/tx";
import { TranslationFlag, translation, translation6 } from "../../tables/translation";
import { Ip6 } from "../../wire/ip6";
import { setDnsServer } from "./dns";
import { fix, mapFrom6, setPool4, setPool6 } from "./pools";
import { to4 } from "./to4";
import { to6 } from "./to6";

// Program 10000: IPv4-IPv6 translation for the application port (seed embodiment 1, RFC 7915, RFC 6535).
//   step 64/507 the home address gets its virtual IPv4 address   511 inbound   514 outbound

/** IPv4 header and IPv6 header, tunnel: what the application's MTU must leave room for. */
const OVERHEAD: u32 = 20 + 40;
const address = memory.data(16, 8);

export function attach(): void {
  onControl(Message.POOL4, pool4);
  onControl(Message.POOL6, pool6);
  onControl(Message.TRANSLATION, fixed);
  onControl(Message.DNS, dns);
  onControl(Message.TRANSLATIONS, query);
  on(Door.PROGRAM, 10000, renew);
  onChain(Chain.APP_IN, Stage.TRANSLATION, fromApplication);
  onChain(Chain.APP_OUT, Stage.TRANSLATION, toIp4);
}
/** Step 64: the home address (destination, after the type 2 routing header) has a row, or gets one from the pool. */
function renew(p: Packet): Verdict {
  const home = Ip6.at(p.ip).dst;
  const fresh = !translation6(home);
  const row = mapFrom6(home, TranslationFlag.OWN | TranslationFlag.FIXED);
  if (!row) return Verdict.POOL_EXHAUSTED;
  if (!fresh && (row.flags & TranslationFlag.OWN) != 0 && row.expires == u64.MAX_VALUE) {
    step(507, home, 0, 2);
    emit(Event.TRANSLATION, 2, home, 0, row.ip4, 1);
    return Verdict.DONE;
  }
  row.flags = TranslationFlag.OWN | TranslationFlag.FIXED;
  row.expires = u64.MAX_VALUE;
  step(507, home, 0, 1);
  tellApplication(row.ip4);
  return Verdict.DONE;
}
/** The virtual IPv4 address goes to interface part 19. */
function tellApplication(ip4: u32): void {
  addrZero(address);
  store<u32>(address, ip4);
  const mtu = appPort() >= 0 ? <u32>port(0).mtu - OVERHEAD : 0;
  emit(Event.APPLICATION, 4, address, 0, 32, mtu);
}
function fromApplication(p: Packet): Verdict {
  if (load<u8>(p.ip) >> 4 != 4) return Verdict.GO;
  const v = to6(p);
  if (v == Verdict.APP) return toApplication(p);
  if (v == Verdict.GO) dataStep(514, Ip6.at(p.ip).src, Ip6.at(p.ip).dst);
  return v;
}
function toIp4(p: Packet): Verdict {
  const own = translation6(Ip6.at(p.ip).dst);
  if (!own || (own.flags & TranslationFlag.OWN) == 0) return Verdict.GO;
  dataStep(511, Ip6.at(p.ip).src, Ip6.at(p.ip).dst);
  const v = to4(p);
  return v == Verdict.GO ? toApplication(p) : v;
}
function pool4(at: usize, len: i32): Refusal {
  if (len != 8) return Refusal.BAD_LENGTH;
  if (load<u8>(at, 4) < 8 || load<u8>(at, 4) > 30) return Refusal.BAD_VALUE;
  setPool4(load<u32>(at), load<u8>(at, 4), (load<u8>(at, 5) & 2) != 0);
  return Refusal.NONE;
}
function pool6(at: usize, len: i32): Refusal {
  if (len != 20) return Refusal.BAD_LENGTH;
  if (load<u8>(at) < 16 || load<u8>(at) > 96) return Refusal.BAD_VALUE;
  setPool6(at + 4, load<u8>(at));
  return Refusal.NONE;
}
function fixed(at: usize, len: i32): Refusal {
  if (len != 20) return Refusal.BAD_LENGTH;
  return fix(at, load<u32>(at, 16), TranslationFlag.FIXED) ? Refusal.NONE : Refusal.TABLE_FULL;
}
function dns(at: usize, len: i32): Refusal {
  if (len != 20) return Refusal.BAD_LENGTH;
  if (!fix(at + 4, load<u32>(at), TranslationFlag.FIXED)) return Refusal.TABLE_FULL;
  setDnsServer(at + 4);
  addrZero(address);
  store<u32>(address, load<u32>(at));
  emit(Event.DNS, 4, address, 0, u32.MAX_VALUE, 0);
  return Refusal.NONE;
}
/** TRANSLATIONS {u8[16] IPv6, u8[4] IPv4, u32 seconds left (0xffffffff = for ever), u32 flags}. */
function query(at: usize, len: i32): Refusal {
  const from = firstRow(at, len);
  if (from < 0) return Refusal.BAD_LENGTH;
  for (let i = from; i < TRANSLATIONS; i++) {
    const t = translation(i);
    if (t.expires == 0) continue;
    const to = reply(Message.TRANSLATIONS, 28);
    if (to == 0) {
      replyMore(i);
      break;
    }
    addrCopy(to, changetype<usize>(t));
    store<u32>(to, t.ip4, 16);
    store<u32>(
      to,
      t.expires == u64.MAX_VALUE ? u32.MAX_VALUE : t.expires <= now() ? 0 : <u32>((t.expires - now()) / 1000),
      20,
    );
    store<u32>(to, t.flags, 24);
  }
  return Refusal.NONE;
}
