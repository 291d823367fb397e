import { Message, Refusal } from "../../abi/message";
import { PORTS } from "../../base/config";
import { Changed, onChanged } from "../../engine/changed";
import { onControl } from "../../engine/control";
import { Door, on } from "../../engine/doors";
import { isLink, PortFlag, port } from "../../engine/ports";
import { findRouter } from "../../tables/routers";
import { Icmp6Type } from "../../wire/icmp6";
import { rxRa } from "./advertised";
import { makeLinkLocal } from "./autoconf";
import { attachLearnt, forgetLink, forgetRouter, lookNow } from "./learnt";
import { HostFlag, hostPort, secretOf } from "./ports";
import { endRedirects, rxRedirect } from "./redirect";
import { anyRouter, routerGone, routerSuspect } from "./routers";
import { attachSolicit, startSolicit } from "./solicit";

// An IPv6 host, RFC 4861 §6.3, RFC 4862: what it knows of a link it learns from routers, and forgets when the link goes.

/** Attaches the role to the doors of the engine. */
export function attach(): void {
  attachLearnt();
  attachSolicit();
  on(Door.ICMP6, Icmp6Type.ROUTER_ADVERTISEMENT, rxRa);
  on(Door.ICMP6, Icmp6Type.REDIRECT, rxRedirect);
  onControl(Message.HOST, configure);
  onChanged(heard);
}
function configure(at: usize, len: i32): Refusal {
  if (len != 36) return Refusal.BAD_LENGTH;
  const i = <u32>load<u8>(at);
  const flags = <u32>load<u8>(at, 1);
  if (!isLink(i)) return Refusal.NO_SUCH_PORT;
  if ((flags & ~(<u32>(HostFlag.AUTOCONFIGURE | HostFlag.OPTIMISTIC))) != 0 || load<u16>(at, 2) != 0)
    return Refusal.BAD_VALUE;
  const h = hostPort(i);
  if (!h.on) h.mtu = port(i).mtu;
  h.flags = <u8>flags;
  memory.copy(secretOf(h), at + 4, 32);
  if (flags & HostFlag.OPTIMISTIC) port(i).flags |= PortFlag.OPTIMISTIC;
  else port(i).flags &= ~PortFlag.OPTIMISTIC;
  const first = !h.on;
  h.on = 1;
  if (first && port(i).up) up(i);
  return Refusal.NONE;
}
function heard(what: Changed, i: u32, at: usize): void {
  if (i >= <u32>PORTS || !hostPort(i).on) return;
  switch (what) {
    case Changed.LINK_UP:
      return up(i);
    case Changed.LINK_DOWN:
      return forgetLink(i);
    case Changed.LEFT:
      return forgetRouter(at, i);
    case Changed.ADDRESS_DUPLICATE:
      return lookNow();
    case Changed.ROUTER_GONE: {
      // Its own advertisement said so (RFC 4861 §7.2.5), or this is our own word coming back.
      const r = findRouter(at, i);
      if (r) routerGone(r, false);
      endRedirects(i, at);
      if (!anyRouter(i) && port(i).up) solicitAgain(i);
      return;
    }
    case Changed.REACHABLE:
      return routerSuspect(at, i, false);
    case Changed.UNREACHABLE:
      endRedirects(i, at);
      return routerSuspect(at, i, true);
    default:
      return;
  }
}
function up(i: u32): void {
  makeLinkLocal(i);
  solicitAgain(i);
}
function solicitAgain(i: u32): void {
  if (hostPort(i).flags & HostFlag.AUTOCONFIGURE) startSolicit(i);
}
