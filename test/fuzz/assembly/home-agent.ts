// The image home-agent, with entries to its parsers. It comes first: its modules import each other.
export * from "../../../assembly/images/home-agent";

import { Packet } from "../../../assembly/engine/packet";
import { Icmp6Type } from "../../../assembly/wire/icmp6";
import { Ip6, Proto } from "../../../assembly/wire/ip6";
import { MhType, putHomeAddressHeader } from "../../../assembly/wire/mh";
import { behindExtension, homeAddress, icmp6, kind, payload, run, sealIcmp6, sealMobility } from "./craft";

export { place } from "./craft";

/** From a mobile node, with a Home Address option (0x40) or without. */
function fromHome(at: usize, how: u32, len: i32, next: u32): Packet {
  if ((how & 0x40) == 0) return payload(at, how, len, next, 64);
  const p = behindExtension(at, how, len, Proto.DEST_OPTS);
  putHomeAddressHeader(p.at, next, claimed(how));
  return p;
}
function claimed(how: u32): usize {
  return homeAddress((how & 0x8000) != 0);
}
function firstSource(p: Packet, how: u32): usize {
  return how & 0x40 ? claimed(how) : Ip6.at(p.ip).src;
}
/** Mobility messages that a home agent gets: Binding Updates above all, RFC 6275 §6.1.7. */
export function bindingUpdate(at: usize, how: u32, len: i32): u32 {
  const p = fromHome(at, how, len, Proto.MH);
  const type = how & 0x80 ? MhType.BU : kind(how) & 15;
  sealMobility(at, len, type, firstSource(p, how), Ip6.at(p.ip).dst);
  return run(p);
}
/** Home agent address discovery and mobile prefix solicitations, RFC 6275 §6.5, §6.7. */
export function agentDiscovery(at: usize, how: u32, len: i32): u32 {
  const p = fromHome(at, how, len, Proto.ICMP6);
  const type = how & 0x80 ? Icmp6Type.PREFIX_SOLICITATION : Icmp6Type.DHAAD_REQUEST;
  sealIcmp6(at, len, type, firstSource(p, how), Ip6.at(p.ip).dst);
  return run(p);
}
/** A whole IPv6 packet inside a tunnel from a care-of address. */
export function reverseTunnel(at: usize, how: u32, len: i32): u32 {
  return run(payload(at, how, len, Proto.IP6, 64));
}
/** Neighbour discovery on the home link, about addresses that the agent stands in for too. */
export function proxyDiscovery(at: usize, how: u32, len: i32): u32 {
  return icmp6(at, how, len, Icmp6Type.ROUTER_SOLICITATION + (kind(how) % 5), 255);
}
