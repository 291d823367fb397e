import { addrCopy, addrEq } from "../base/addr";
import { ANYCAST_REGISTRATIONS } from "../base/config";

/** With which routers a server registers, docs/anycast-identifier.md §6: a row a router and anycast address. */
@unmanaged
export class AnycastRegistration {
  hi: u64; // router
  lo: u64;
  anycastHi: u64;
  anycastLo: u64;
  sequence: u64; // of the last REGISTER
  epoch: u64; // of the router, as it was received; 0 = nothing is known of it
  due: u64; // the next REGISTER, ms
  keyId: u16;
  lifetime: u16; // asked for, seconds; 0 = the row is free
  granted: u16;
  cost: u8;
  state: u8; // RegistrationState
  status: u8; // of the last reply
  waits: u8; // REGISTERs since the last reply, 5 = or more
  atOnce: u8; // in a row, because of a reply
  asked: u8; // the last one has no reply yet
  pad: u32;
}
const STRIDE: usize = offsetof<AnycastRegistration>();
const POOL = memory.data(ANYCAST_REGISTRATIONS * offsetof<AnycastRegistration>(), 8);

/** Free rows included: their lifetime is 0. */
export function registration(row: i32): AnycastRegistration {
  return changetype<AnycastRegistration>(POOL + <usize>row * STRIDE);
}
export function anycastOf(r: AnycastRegistration): usize {
  return changetype<usize>(r) + offsetof<AnycastRegistration>("anycastHi");
}
/** The row of a router and an anycast address, or null. */
export function findRegistration(router: usize, anycast: usize): AnycastRegistration | null {
  for (let i = 0; i < ANYCAST_REGISTRATIONS; i++) {
    const r = registration(i);
    if (r.lifetime != 0 && addrEq(changetype<usize>(r), router) && addrEq(anycastOf(r), anycast)) return r;
  }
  return null;
}
/** The same, or a zeroed new one, which is free until it gets a lifetime; null when the table is full. */
export function putRegistration(router: usize, anycast: usize): AnycastRegistration | null {
  const known = findRegistration(router, anycast);
  if (known) return known;
  for (let i = 0; i < ANYCAST_REGISTRATIONS; i++) {
    const r = registration(i);
    if (r.lifetime != 0) continue;
    memory.fill(changetype<usize>(r), 0, STRIDE);
    addrCopy(changetype<usize>(r), router);
    addrCopy(anycastOf(r), anycast);
    return r;
  }
  return null;
}
