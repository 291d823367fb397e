import { Ip6 } from "../wire/ip6";
import { Packet, push } from "./packet";

// How a header comes into a packet and out of it in place: the headers in front of it move, never the payload.

/** Makes room for a header of `n` bytes of type `next` at `at`, in front of which everything moves down; false when there is no headroom. */
export function insert(p: Packet, n: i32, next: u32): bool {
  const from = p.ip;
  if (!push(p, n)) return false;
  for (let i: usize = 0; i < p.at - from; i += 8) store<u64>(p.ip + i, load<u64>(from + i));
  p.at -= <usize>n;
  p.prev -= <usize>n;
  if (p.home != 0) p.home -= <usize>n;
  store<u8>(p.prev, <u8>next);
  return true;
}
/**
 * Takes `n` bytes of header off at `at`: what lies in front of them moves up to what follows, whose type is `next`. The payload length
 * becomes that of what is left.
 */
export function takeOff(p: Packet, n: i32, next: u32): void {
  const to = p.ip + <usize>n;
  for (let i = p.at - p.ip; i != 0; ) {
    i -= 8;
    store<u64>(to + i, load<u64>(p.ip + i));
  }
  p.ip = to;
  p.at += <usize>n;
  p.prev += <usize>n;
  if (p.home != 0) p.home += <usize>n;
  store<u8>(p.prev, <u8>next);
  p.next = <u8>next;
  Ip6.at(to).payloadLen = <i32>(p.end - to) - Ip6.LEN;
}
