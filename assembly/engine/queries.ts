import { AddressState } from "../abi/event";
import { Message } from "../abi/message";
import { Verdict } from "../abi/verdict";
import { addrCopy, macCopy } from "../base/addr";
import { NEIGHBOURS, PORTS, ROUTES } from "../base/config";
import { Address, firstAddress, nextAddress } from "../tables/addresses";
import { NeighbourState, neighbour, neighbourMac } from "../tables/neighbours";
import { hopOf, route } from "../tables/routes";
import { firstTunnel, nextTunnel, Tunnel } from "../tables/tunnels";
import { now } from "./clock";
import { onQuery, replyRow } from "./control";
import { counter } from "./events";
import { port, portExists, portMac } from "./ports";

// Queries about the engine's own tables. Rows of a reply:
//
//   COUNTERS     {u16 verdict, u16 0, u32 count}                                                     only those above zero
//   PORTS        {u8 port, u8 kind, u8 up, u8 0, u16 mtu, u8[6] mac}
//   ADDRESSES    {u8 port, u8 prefix length, u8 state, u8 flags, u8[16] address}
//   NEIGHBOURS   {u8 port, u8 state, u8 router, u8 0, u8[16] address, u8[6] mac, u16 0}
//   ROUTES       {u8 port, u8 prefix length, u16 0, u8[16] prefix, u8[16] next hop}
//   TUNNELS      {u8[16] home, u8[16] local, u8[16] remote, u32 ms left}

function counters(from: i32): void {
  for (let v = from; v < Verdict.COUNT; v++) {
    if (counter(<Verdict>v) == 0) continue;
    const to = replyRow(Message.COUNTERS, 8, v);
    if (to == 0) return;
    store<u16>(to, <u16>v);
    store<u32>(to, counter(<Verdict>v), 4);
  }
}
function ports(from: i32): void {
  for (let i: u32 = from; i < <u32>PORTS; i++) {
    if (!portExists(i)) continue;
    const to = replyRow(Message.PORTS, 12, i);
    if (to == 0) return;
    store<u8>(to, <u8>i);
    store<u8>(to, port(i).kind, 1);
    store<u8>(to, port(i).up, 2);
    store<u16>(to, port(i).mtu, 4);
    macCopy(to + 6, portMac(i));
  }
}
function addresses(from: i32): void {
  let row = 0;
  for (let p = firstAddress(); p != 0; p = nextAddress(p), row++) {
    const a = changetype<Address>(p);
    if (row < from || a.state == AddressState.NONE) continue;
    const to = replyRow(Message.ADDRESSES, 20, row);
    if (to == 0) return;
    store<u8>(to, a.port);
    store<u8>(to, a.prefixLen, 1);
    store<u8>(to, a.state, 2);
    store<u8>(to, a.flags, 3);
    addrCopy(to + 4, p);
  }
}
function neighbours(from: i32): void {
  for (let i = from; i < NEIGHBOURS; i++) {
    const n = neighbour(i);
    if (n.state == NeighbourState.NONE) continue;
    const to = replyRow(Message.NEIGHBOURS, 28, i);
    if (to == 0) return;
    store<u8>(to, n.port);
    store<u8>(to, n.state, 1);
    store<u8>(to, n.router, 2);
    addrCopy(to + 4, changetype<usize>(n));
    macCopy(to + 20, neighbourMac(n));
  }
}
function routes(from: i32): void {
  for (let i = from; i < ROUTES; i++) {
    const r = route(i);
    if (!r.used) continue;
    const to = replyRow(Message.ROUTES, 36, i);
    if (to == 0) return;
    store<u8>(to, r.port);
    store<u8>(to, r.len, 1);
    addrCopy(to + 4, changetype<usize>(r));
    addrCopy(to + 20, hopOf(r));
  }
}
function tunnels(from: i32): void {
  let row = 0;
  for (let p = firstTunnel(); p != 0; p = nextTunnel(p), row++) {
    const t = changetype<Tunnel>(p);
    if (row < from || t.expires <= now()) continue;
    const to = replyRow(Message.TUNNELS, 52, row);
    if (to == 0) return;
    memory.copy(to, p, 48);
    const wait = t.expires - now();
    store<u32>(to, wait > 0xffffffff ? u32.MAX_VALUE : <u32>wait, 48);
  }
}
export function attachQueries(): void {
  onQuery(Message.COUNTERS, counters);
  onQuery(Message.PORTS, ports);
  onQuery(Message.ADDRESSES, addresses);
  onQuery(Message.NEIGHBOURS, neighbours);
  onQuery(Message.ROUTES, routes);
  onQuery(Message.TUNNELS, tunnels);
}
