// The image boundary-router, with entries to its parsers. It comes first: its modules import each other.
export * from "../../../assembly/images/boundary-router";

import {
  Found,
  identifierAt,
  inFragment,
  lookForIdentifier,
  upperAt,
  upperProtocol,
} from "../../../assembly/engine/identifier";
import { settle } from "../../../assembly/engine/queue";
import { unfold } from "../../../assembly/engine/rx";
import { Form, Identifier } from "../../../assembly/wire/identifier";
import { Ip6, Proto } from "../../../assembly/wire/ip6";
import { packet } from "./craft";

export { place } from "./craft";

function must(true_: bool): void {
  if (!true_) unreachable();
}
/** The walk over the headers of a whole IPv6 packet, docs/anycast-identifier.md §2; what it found lies in the packet. */
export function identifier(at: usize, _how: u32, len: i32): u32 {
  let seen: u32 = 0;
  if (Ip6.ok(at, len)) {
    const end = at + <usize>(Ip6.LEN + Ip6.at(at).payloadLen);
    const found = lookForIdentifier(at, end);
    if (found == Found.IDENTIFIER) seen = inside(at, end);
    seen += <u32>found + (inFragment() ? 1 : 0);
  }
  settle(packet(at, 0), 1); // consumed
  return seen;
}
function inside(at: usize, end: usize): u32 {
  const option = Identifier.at(identifierAt());
  const form = option.form;
  must(form >= <u32>Form.PLAIN && form <= <u32>Form.REQUEST);
  must(option.ptr >= at + Ip6.LEN && upperAt() == option.ptr + <usize>Identifier.len(form) && upperAt() + 8 <= end);
  must(upperProtocol() == load<u8>(option.ptr) && (upperProtocol() == Proto.UDP || upperProtocol() == Proto.ICMP6));
  must(option.keyId == 0 ? form == Form.PLAIN : option.authenticator + 16 == upperAt());
  return <u32>load<u8>(upperAt() + 7) + load<u8>(form == Form.REQUEST ? option.nonce : option.anycast);
}
/** A whole IPv6 packet from either side, for the router or to be forwarded. */
export function boundary(at: usize, how: u32, len: i32): u32 {
  const p = packet(at, len);
  p.port = <u8>(how & 1);
  const v = unfold(p);
  settle(p, v);
  return <u32>v;
}
