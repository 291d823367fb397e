import { addrCopy, prefixEq } from "../base/addr";
import { ADVERTISED_PREFIXES, PORTS } from "../base/config";

/** What a router says on a link, RFC 4861 §6.2.1, RFC 6275 §7. Times in ms unless a name says otherwise. */
@unmanaged
export class AdvertisedLink {
  on: u8;
  flags: u8; // RaFlag
  hopLimit: u8;
  options: u8; // AdvertisedOption
  lifetimeS: u16; // of the default router, 0 = it is none
  preference: u16; // home agent information, RFC 6275 §7.4
  homeAgentS: u16;
  initial: u16; // initial advertisements left, RFC 4861 §6.2.4
  minInterval: u32;
  maxInterval: u32;
  reachable: u32;
  retrans: u32;
  mtu: u32; // 0 = no option
  dnsLifetimeS: u32;
  dnsCount: u32; // servers in `dns`, 0 = no option
  next: u64; // when the next multicast advertisement is due; 0 = none
  last: u64; // when the last one left
  dns0: u64; // up to three addresses, 48 bytes
  dns1: u64;
  dns2: u64;
  dns3: u64;
  dns4: u64;
  dns5: u64;
}
export enum AdvertisedOption {
  INTERVAL = 1,
  HOME_AGENT = 2,
}
/** A prefix that is advertised on a link. */
@unmanaged
export class AdvertisedPrefix {
  hi: u64; // with R the router's own address
  lo: u64;
  validS: u32;
  preferredS: u32;
  len: u8;
  port: u8;
  flags: u8; // of PrefixInfo
  used: u8;
  pad: u32;
}
const STRIDE: usize = offsetof<AdvertisedPrefix>();
const LINKS = memory.data(PORTS * offsetof<AdvertisedLink>(), 8);
const POOL = memory.data(ADVERTISED_PREFIXES * offsetof<AdvertisedPrefix>(), 8);
const END: usize = POOL + <usize>ADVERTISED_PREFIXES * STRIDE;

export function advertisedLink(port: u32): AdvertisedLink {
  return changetype<AdvertisedLink>(LINKS + <usize>(port * offsetof<AdvertisedLink>()));
}
export function advertisedDns(l: AdvertisedLink): usize {
  return changetype<usize>(l) + offsetof<AdvertisedLink>("dns0");
}
export function firstAdvertised(): usize {
  return POOL;
}
/** Rows are walked by `for (let p = firstAdvertised(); p != 0; p = nextAdvertised(p))`; skip those not `used`. */
export function nextAdvertised(p: usize): usize {
  return p + STRIDE < END ? p + STRIDE : 0;
}
/** The row of this prefix on a port, a new one if need be (`used` is then 0); null = full. */
export function advertisedPrefix(a: usize, len: i32, port: u32): AdvertisedPrefix | null {
  let row: usize = 0;
  for (let p = POOL; p < END; p += STRIDE) {
    const r = changetype<AdvertisedPrefix>(p);
    if (r.used) {
      if (<u32>r.port == port && <i32>r.len == len && prefixEq(p, a, len)) return r;
    } else if (row == 0) row = p;
  }
  if (row == 0) return null;
  const r = changetype<AdvertisedPrefix>(row);
  addrCopy(row, a);
  r.len = <u8>len;
  r.port = <u8>port;
  return r;
}
/** How many prefixes a port advertises. */
export function advertisedCount(port: u32): i32 {
  let n = 0;
  for (let p = POOL; p < END; p += STRIDE) {
    const r = changetype<AdvertisedPrefix>(p);
    if (r.used && <u32>r.port == port) n++;
  }
  return n;
}
