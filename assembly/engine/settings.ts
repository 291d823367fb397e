import { Event } from "../abi/event";
import { Message, Refusal } from "../abi/message";
import { PortKind } from "../abi/port";
import { isMartianSource, isUnspecified } from "../base/addr";
import { PORTS } from "../base/config";
import { hashSeed } from "../base/hash";
import { prngSeed } from "../base/prng";
import { AddressFlag, findAddress, newAddress } from "../tables/addresses";
import { deleteRoute, putRoute } from "../tables/routes";
import { Ip6 } from "../wire/ip6";
import { Changed, changed } from "./changed";
import { setWallClock } from "./clock";
import { onControl } from "./control";
import { startAddress } from "./dad";
import { tellEntropy } from "./entropy";
import { emit, setTrace } from "./events";
import { forgetNeighbours } from "./nd";
import { isLink, port, portExists, setPort } from "./ports";

// Messages that the engine itself understands: time, entropy, ports, links, addresses, routes.

let seeded: bool = false;

function entropy(at: usize, len: i32): Refusal {
  if (len != 32) return Refusal.BAD_LENGTH;
  prngSeed(at);
  tellEntropy(at, len);
  // Tables are hashed with the first seed for good.
  if (!seeded) hashSeed(at + 8);
  seeded = true;
  return Refusal.NONE;
}
function wallClock(at: usize, len: i32): Refusal {
  if (len != 8) return Refusal.BAD_LENGTH;
  setWallClock(load<u64>(at));
  return Refusal.NONE;
}
function trace(at: usize, len: i32): Refusal {
  if (len != 1) return Refusal.BAD_LENGTH;
  if (load<u8>(at) > 2) return Refusal.BAD_VALUE;
  setTrace(load<u8>(at));
  return Refusal.NONE;
}
function link(at: usize, len: i32): Refusal {
  if (len != 4) return Refusal.BAD_LENGTH;
  const i = <u32>load<u8>(at);
  const up = load<u8>(at, 1);
  if (!portExists(i)) return Refusal.NO_SUCH_PORT;
  if (up > 1) return Refusal.BAD_VALUE;
  if (!up) forgetNeighbours(i);
  port(i).up = up;
  emit(Event.LINK, i, 0, 0, up, 0);
  changed(up ? Changed.LINK_UP : Changed.LINK_DOWN, i, 0);
  return Refusal.NONE;
}
function portMessage(at: usize, len: i32): Refusal {
  if (len != 12) return Refusal.BAD_LENGTH;
  const i = <u32>load<u8>(at);
  const kind = <i32>load<u8>(at, 1);
  const mtu = <i32>load<u16>(at, 2);
  if (i >= <u32>PORTS) return Refusal.NO_SUCH_PORT;
  if (kind != PortKind.ETHER && kind != PortKind.IP && kind != PortKind.MIRROR) return Refusal.BAD_VALUE;
  if (mtu < Ip6.MIN_MTU || mtu > 1500) return Refusal.BAD_VALUE;
  if (kind == PortKind.ETHER && (load<u8>(at, 4) & 1) != 0) return Refusal.BAD_VALUE;
  setPort(i, kind, mtu, at + 4);
  return Refusal.NONE;
}
function address(at: usize, len: i32): Refusal {
  if (len != 20) return Refusal.BAD_LENGTH;
  const i = <u32>load<u8>(at);
  const bits = <i32>load<u8>(at, 1);
  const addr = at + 4;
  if (!portExists(i)) return Refusal.NO_SUCH_PORT;
  if (bits > 128 || isMartianSource(addr) || isUnspecified(addr)) return Refusal.BAD_VALUE;
  if (findAddress(addr, <i32>i)) return Refusal.NONE;
  const a = newAddress(addr, i);
  if (!a) return Refusal.TABLE_FULL;
  a.prefixLen = <u8>bits;
  if (load<u8>(at, 2) & 1 || !isLink(i)) a.flags |= AddressFlag.NO_DAD;
  if (load<u8>(at, 2) & 2) a.flags |= AddressFlag.ANYCAST;
  if (bits < 128 && isLink(i) && !putRoute(addr, bits, 0, i)) return Refusal.TABLE_FULL;
  startAddress(a, 0);
  return Refusal.NONE;
}
function routeMessage(at: usize, len: i32): Refusal {
  if (len != 36) return Refusal.BAD_LENGTH;
  if (!portExists(load<u8>(at))) return Refusal.NO_SUCH_PORT;
  if (load<u8>(at, 1) > 128) return Refusal.BAD_VALUE;
  return putRoute(at + 4, load<u8>(at, 1), at + 20, load<u8>(at)) ? Refusal.NONE : Refusal.TABLE_FULL;
}
function routeDelete(at: usize, len: i32): Refusal {
  if (len != 36) return Refusal.BAD_LENGTH;
  if (load<u8>(at, 1) > 128) return Refusal.BAD_VALUE;
  return deleteRoute(at + 4, load<u8>(at, 1), at + 20) ? Refusal.NONE : Refusal.BAD_VALUE;
}
export function attachSettings(): void {
  onControl(Message.ENTROPY, entropy);
  onControl(Message.WALL_CLOCK, wallClock);
  onControl(Message.TRACE, trace);
  onControl(Message.LINK, link);
  onControl(Message.PORT, portMessage);
  onControl(Message.ADDRESS, address);
  onControl(Message.ROUTE, routeMessage);
  onControl(Message.ROUTE_DELETE, routeDelete);
}
