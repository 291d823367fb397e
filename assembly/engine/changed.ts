// CHANGED: what happened to links, addresses, routers and neighbours, told to every role that asked.

export enum Changed {
  LINK_UP = 1,
  LINK_DOWN = 2,
  /** An address passed DAD (or is usable optimistically: OPTIMISTIC). `at` = the address. */
  ADDRESS_READY = 3,
  ADDRESS_OPTIMISTIC = 4,
  ADDRESS_DUPLICATE = 5,
  ADDRESS_GONE = 6,
  /** A default router was learnt or lost. `at` = its address. */
  ROUTER_NEW = 7,
  ROUTER_GONE = 8,
  /** Neighbour unreachability detection: `at` = the neighbour's address. */
  REACHABLE = 9,
  UNREACHABLE = 10,
  /** A binding of ours changed (home agent, correspondent). `at` = the home address. */
  BINDING = 11,
  /** The mobile node left the link of router `at`: what was learnt from it is void (a silent move, without a link event). */
  LEFT = 13,
  /** Somebody on the path says by an ICMPv6 error that a packet of ours got no further; `at` = the quoted IPv6 header, 48 bytes. */
  REJECTED = 14,
  /** An address is to be used for nothing new any more. `at` = the address. */
  ADDRESS_DEPRECATED = 15,
  /** Configuration is complete as far as this call went; roles start here. */
  CONFIGURED = 12,
}
type Listener = (what: Changed, port: u32, at: usize) => void;
const MAX: i32 = 12;
const LISTENERS = memory.data(MAX * 4, 4);
let count: i32 = 0;

export function onChanged(fn: Listener): void {
  if (count == MAX) unreachable();
  store<u32>(LISTENERS + <usize>(count++ << 2), load<u32>(changetype<usize>(fn)));
}
export function changed(what: Changed, port: u32, at: usize): void {
  for (let i = 0; i < count; i++) call_indirect<void>(load<u32>(LISTENERS + <usize>(i << 2)), what, port, at);
}
