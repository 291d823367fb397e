// The image host, with entries to its parsers. It comes first: its modules import each other.
export * from "../../../assembly/images/host";

import { alloc } from "../../../assembly/engine/packet";
import { settle } from "../../../assembly/engine/queue";
import { Frag } from "../../../assembly/wire/ext";
import { Icmp6Type } from "../../../assembly/wire/icmp6";
import { Ip6, Proto } from "../../../assembly/wire/ip6";
import { MhType, putHomeAddressHeader } from "../../../assembly/wire/mh";
import {
  behindExtension,
  finish,
  homeAddress,
  icmp6,
  kind,
  packet,
  payload,
  quote6,
  run,
  sealMobility,
  target,
} from "./craft";

export { place } from "./craft";

/** Whatever follows an IPv6 header: extension headers, fragments, upper layers. */
export function headerChain(at: usize, how: u32, len: i32): u32 {
  return run(payload(at, how, len, kind(how), 64));
}
/**
 * Mobility messages that a correspondent gets, RFC 6275 §6.1.3-6.1.7: questions, Binding Updates (0x80), with a Home Address option (0x40) or
 * without.
 */
export function correspondent(at: usize, how: u32, len: i32): u32 {
  const home = homeAddress((how & 0x8000) != 0);
  const type = how & 0x80 ? MhType.BU : kind(how) & 15;
  if ((how & 0x40) == 0) {
    const p = payload(at, how, len, Proto.MH, 64);
    sealMobility(at, len, type, Ip6.at(p.ip).src, Ip6.at(p.ip).dst);
    return run(p);
  }
  const p = behindExtension(at, how, len, Proto.DEST_OPTS);
  putHomeAddressHeader(p.at, Proto.MH, home);
  sealMobility(at, len, type, home, Ip6.at(p.ip).dst);
  return run(p);
}
/** RS, RA, NS, NA and redirect with their options, RFC 4861 §4. */
export function neighbourDiscovery(at: usize, how: u32, len: i32): u32 {
  return icmp6(at, how, len, Icmp6Type.ROUTER_SOLICITATION + (kind(how) % 5), 255);
}
/** MLD query, RFC 3810 §5.1. */
export function listenerQuery(at: usize, how: u32, len: i32): u32 {
  return icmp6(at, how, len, Icmp6Type.MLD_QUERY, 1);
}
/** ICMPv6 errors with what they quote, RFC 4443 §3; 0x40: a packet of ours. */
export function icmpErrors(at: usize, how: u32, len: i32): u32 {
  if (how & 0x40) quote6(at, len, target(how), target(how + 8));
  return icmp6(at, how, len, 1 + (kind(how) & 3), 64);
}
/** Fragments of one set or more, RFC 8200 §4.5: {u8 offset in units of 8, u8 length, u8 flags: 1 = more, 6 = identification, data} each. */
export function reassembly(at: usize, how: u32, len: i32): u32 {
  const end = at + <usize>len;
  let seen: u32 = 0;
  for (let from = at; from + 3 <= end; ) {
    const offset = (<i32>load<u8>(from)) << 3;
    const flags = <u32>load<u8>(from, 2);
    let n = <usize>load<u8>(from, 1);
    from += 3;
    if (n > end - from) n = end - from;
    seen += fragment(how, from, n, offset, flags);
    from += n;
  }
  settle(packet(at, 0), 1); // consumed
  return seen;
}
function fragment(how: u32, from: usize, n: usize, offset: i32, flags: u32): u32 {
  const p = alloc();
  if (!p) return 0;
  const body = p.ip + Ip6.LEN;
  memory.copy(body + Frag.LEN, from, n);
  Frag.write(body, kind(how), offset, (flags & 1) != 0, flags & 6);
  return run(finish(p, body, how, Frag.LEN + <i32>n, Proto.FRAGMENT, 64));
}
