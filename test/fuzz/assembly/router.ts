// The image router, with entries to its parsers. It comes first: its modules import each other.
export * from "../../../assembly/images/router";

import { settle } from "../../../assembly/engine/queue";
import { unfold } from "../../../assembly/engine/rx";
import { Icmp6Type } from "../../../assembly/wire/icmp6";
import { icmp6, kind, packet } from "./craft";

export { place } from "./craft";

/** Neighbour discovery as a router hears it: solicitations, other routers' advertisements. */
export function routerDiscovery(at: usize, how: u32, len: i32): u32 {
  return icmp6(at, how, len, Icmp6Type.ROUTER_SOLICITATION + (kind(how) % 5), 255);
}
/** A whole IPv6 packet, for the router or to be forwarded. */
export function forwarding(at: usize, how: u32, len: i32): u32 {
  const p = packet(at, len);
  p.port = <u8>(how & 1);
  const v = unfold(p);
  settle(p, v);
  return <u32>v;
}
