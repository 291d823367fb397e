import { Message, Refusal } from "../../abi/message";
import { addrCopy, isLinkLocal, isMulticast } from "../../base/addr";
import { onControl } from "../../engine/control";
import { isLink, port } from "../../engine/ports";
import {
  AdvertisedOption,
  advertisedCount,
  advertisedDns,
  advertisedLink,
  advertisedPrefix,
} from "../../tables/advertised";
import { exactRoute, putRoute } from "../../tables/routes";
import { Ip6 } from "../../wire/ip6";
import { PrefixInfo } from "../../wire/nd";
import { startAdvertising, stopAdvertising } from "./advertise";

// Message.ADVERTISE, PREFIX and RDNSS.

const MIN_INTERVAL_MS: u32 = 30; // RFC 6275 §7.5
const MIN_MAX_INTERVAL_MS: u32 = 70;
const LONGEST_INTERVAL_MS: u32 = 1800000; // RFC 4861 §6.2.1
const LONGEST_LIFETIME_S: u32 = 9000;
/** Advertisements stay below 1280 bytes. */
const MAX_PREFIXES: i32 = 32;

export function attachSettings(): void {
  onControl(Message.ADVERTISE, advertise);
  onControl(Message.PREFIX, prefix);
  onControl(Message.RDNSS, rdnss);
}
function advertise(at: usize, len: i32): Refusal {
  if (len != 32) return Refusal.BAD_LENGTH;
  const i = <u32>load<u8>(at);
  if (!isLink(i)) return Refusal.NO_SUCH_PORT;
  const l = advertisedLink(i);
  const min = load<u32>(at, 12);
  const max = load<u32>(at, 16);
  if (max == 0) {
    if (l.on) stopAdvertising(i);
    return Refusal.NONE;
  }
  const mtu = load<u32>(at, 28);
  if (min < MIN_INTERVAL_MS || max < MIN_MAX_INTERVAL_MS || min > max || max > LONGEST_INTERVAL_MS) {
    return Refusal.BAD_VALUE;
  }
  if (<u32>load<u16>(at, 4) > LONGEST_LIFETIME_S || load<u8>(at, 3) > 3 || load<u16>(at, 10) != 0)
    return Refusal.BAD_VALUE;
  if (mtu != 0 && (mtu < <u32>Ip6.MIN_MTU || mtu > <u32>port(i).mtu)) return Refusal.BAD_VALUE;
  // RFC 6275 §7.4: the lifetime of a home agent is not 0.
  if ((load<u8>(at, 3) & AdvertisedOption.HOME_AGENT) != 0 && load<u16>(at, 8) == 0) return Refusal.BAD_VALUE;
  l.flags = load<u8>(at, 1);
  l.hopLimit = load<u8>(at, 2);
  l.options = load<u8>(at, 3);
  l.lifetimeS = load<u16>(at, 4);
  l.preference = load<u16>(at, 6);
  l.homeAgentS = load<u16>(at, 8);
  l.minInterval = min;
  l.maxInterval = max;
  l.reachable = load<u32>(at, 20);
  l.retrans = load<u32>(at, 24);
  l.mtu = mtu;
  startAdvertising(i);
  return Refusal.NONE;
}
function prefix(at: usize, len: i32): Refusal {
  if (len != 28) return Refusal.BAD_LENGTH;
  const i = <u32>load<u8>(at);
  const bits = <i32>load<u8>(at, 1);
  const flags = <u32>load<u8>(at, 2);
  const valid = load<u32>(at, 4);
  const preferred = load<u32>(at, 8);
  const addr = at + 12;
  if (!isLink(i)) return Refusal.NO_SUCH_PORT;
  if (bits > 128 || isLinkLocal(addr) || isMulticast(addr) || preferred > valid || (flags & 0x1f) != 0) {
    return Refusal.BAD_VALUE;
  }
  const r = advertisedPrefix(addr, bits, i);
  if (!r || (!r.used && advertisedCount(i) == MAX_PREFIXES)) return Refusal.TABLE_FULL;
  if ((flags & PrefixInfo.ON_LINK) != 0 && !exactRoute(addr, bits) && !putRoute(addr, bits, 0, i))
    return Refusal.TABLE_FULL;
  addrCopy(changetype<usize>(r), addr);
  r.validS = valid;
  r.preferredS = preferred;
  r.flags = <u8>flags;
  r.used = 1;
  if (advertisedLink(i).on) startAdvertising(i);
  return Refusal.NONE;
}
function rdnss(at: usize, len: i32): Refusal {
  if (len < 8) return Refusal.BAD_LENGTH;
  const i = <u32>load<u8>(at);
  const count = <i32>load<u8>(at, 1);
  if (!isLink(i)) return Refusal.NO_SUCH_PORT;
  if (count < 1 || count > 3) return Refusal.BAD_VALUE;
  if (len != 8 + 16 * count) return Refusal.BAD_LENGTH;
  const l = advertisedLink(i);
  l.dnsCount = count;
  l.dnsLifetimeS = load<u32>(at, 4);
  memory.copy(advertisedDns(l), at + 8, 16 * count);
  if (l.on) startAdvertising(i);
  return Refusal.NONE;
}
