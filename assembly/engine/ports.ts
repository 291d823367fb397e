import { PortKind } from "../abi/port";
import { PORTS } from "../base/config";

/** A port as configured by `Message.PORT`. */
@unmanaged
export class Port {
  kind: u8;
  up: u8;
  mtu: u16; // of the IP packet
  mac0: u32; // six bytes, wire order
  mac1: u16;
  hopLimit: u8; // for packets we start, from the RA
  pad: u8;
  flags: i32; // PortFlag
  reachable: u32; // ms, RFC 4861 §6.3.2, randomized already
  retrans: u32; // ms
}
export enum PortFlag {
  /** Optimistic DAD, RFC 4429. */
  OPTIMISTIC = 1,
  /** We are a router on this link: advertisements carry R. Set by the router role. */
  ROUTER = 2,
}
const POOL = memory.data(PORTS * offsetof<Port>(), 8);
let app: i32 = -1;
let mirror: i32 = -1;

export function port(i: u32): Port {
  return changetype<Port>(POOL + <usize>(i * offsetof<Port>()));
}
export function portMac(i: u32): usize {
  return changetype<usize>(port(i)) + offsetof<Port>("mac0");
}
export function portExists(i: u32): bool {
  return i < <u32>PORTS && port(i).kind != PortKind.NONE;
}
export function isLink(i: u32): bool {
  return portExists(i) && port(i).kind == PortKind.ETHER;
}
/** Number of the application port, -1 when there is none. */
export function appPort(): i32 {
  return app;
}
export function mirrorPort(): i32 {
  return mirror;
}
export function setPort(i: u32, kind: u32, mtu: u32, mac: usize): void {
  const q = port(i);
  q.kind = <u8>kind;
  q.up = 1;
  q.mtu = <u16>mtu;
  q.mac0 = load<u32>(mac);
  q.mac1 = load<u16>(mac, 4);
  q.hopLimit = 64;
  q.reachable = 30000;
  q.retrans = 1000;
  if (kind == PortKind.IP) app = <i32>i;
  if (kind == PortKind.MIRROR) mirror = <i32>i;
}
