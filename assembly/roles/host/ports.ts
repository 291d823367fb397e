import { PORTS } from "../../base/config";

/** What the host role keeps of a port. */
@unmanaged
export class HostPort {
  on: u8; // configured by Message.HOST
  flags: u8; // HostFlag
  solicited: u8; // router solicitations sent since the link came
  pad: u8;
  mtu: u32; // of the link, before an MTU option lowered it
  reachable: u32; // BaseReachableTime as advertised, ms
  interval: u32; // between solicitations, ms
  nextSolicitation: u64; // ms; 0 = none planned
  secret0: u64; // of RFC 7217, 32 bytes
  secret1: u64;
  secret2: u64;
  secret3: u64;
}
export enum HostFlag {
  /** Routers are solicited and believed. */
  AUTOCONFIGURE = 1,
  OPTIMISTIC = 2,
}
const POOL = memory.data(PORTS * offsetof<HostPort>(), 8);

export function hostPort(i: u32): HostPort {
  return changetype<HostPort>(POOL + <usize>(i * offsetof<HostPort>()));
}
export function secretOf(h: HostPort): usize {
  return changetype<usize>(h) + offsetof<HostPort>("secret0");
}
