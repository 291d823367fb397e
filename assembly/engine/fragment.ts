import { Verdict } from "../abi/verdict";
import { addrCopy } from "../base/addr";
import { random } from "../base/prng";
import { Ext, Frag, Opt } from "../wire/ext";
import { Ip6, Proto } from "../wire/ip6";
import { resolve } from "./nd";
import { allocOwn, base, Packet, push } from "./packet";
import { settle } from "./queue";
import { hop, send } from "./tx";

// Fragmentation by the source, RFC 8200 §4.5, tunnel entries included. Offsets fall back to the first piece in the buffer
// at hand; every later piece gets a buffer of its own before anything is changed.

/** Sends the packet in fragments of at most `mtu` bytes; next hop and port are known. Consumes the packet. */
export function fragment(p: Packet, mtu: i32): Verdict {
  return split(p, mtu, random(), 0, false, resolve);
}
/**
 * What lies behind the headers starts at byte `start` of the whole packet, and `more` of it follows elsewhere: both are of what a
 * fragment carries, and 0 and false for a packet that is still whole.
 */
function split(p: Packet, mtu: i32, id: u32, start: i32, more: bool, out: (p: Packet) => Verdict): Verdict {
  const named = unfragmentable(p);
  if (named == 0) return Verdict.TOO_BIG;
  const head = <i32>(p.at - p.ip);
  const chunk = (mtu - head - Frag.LEN) & ~7;
  const payload = <i32>(p.end - p.at);
  if (chunk < 8) return Verdict.TOO_BIG;
  const next = <u32>load<u8>(named);
  let rest: usize = 0;
  for (let offset = chunk * ((payload - 1) / chunk); offset > 0; offset -= chunk) {
    const len = payload - offset < chunk ? payload - offset : chunk;
    const q = piece(p, head, offset, len);
    if (!q) {
      drop(rest);
      return Verdict.NO_BUFFER;
    }
    Frag.write(q.ip + head, next, start + offset, more || offset + len < payload, id);
    store<u8>(q.ip + (named - p.ip), Proto.FRAGMENT);
    q.link = rest;
    rest = base(q);
  }
  if (!push(p, Frag.LEN)) {
    drop(rest);
    return Verdict.NO_HEADROOM;
  }
  memory.copy(p.ip, p.ip + Frag.LEN, head);
  store<u8>(named - Frag.LEN, Proto.FRAGMENT);
  Frag.write(p.ip + head, next, start, more || payload > chunk, id);
  if (payload > chunk) p.end = p.ip + head + Frag.LEN + chunk;
  Ip6.at(p.ip).payloadLen = <i32>(p.end - p.ip) - Ip6.LEN;
  const v = out(p);
  for (let at = rest; at != 0; ) {
    const q = changetype<Packet>(at);
    at = q.link;
    settle(q, out(q));
  }
  return v;
}
/**
 * Sends what was an IPv4 packet or a fragment of one, and has no next hop yet, in fragments of at most `mtu` bytes with the
 * identification `id`: each is wrapped and routed on its own. `start` and `more` as the IPv4 header had them, `start` in bytes.
 */
export function fragment6(p: Packet, mtu: i32, id: u32, start: i32, more: bool): Verdict {
  return split(p, mtu, id, start, more, send);
}
function drop(list: usize): void {
  for (let at = list; at != 0; ) {
    const q = changetype<Packet>(at);
    at = q.link;
    settle(q, Verdict.NO_BUFFER);
  }
}
/** Sets `at` behind the part that every fragment repeats; returns the address of the byte that names what follows, 0 = cannot. */
function unfragmentable(p: Packet): usize {
  let named = p.ip + 6;
  p.at = p.ip + Ip6.LEN;
  while (repeated(<u32>load<u8>(named), p.at)) {
    if (!Ext.ok(p.at, <i32>(p.end - p.at))) return 0;
    named = p.at;
    p.at += Ext.at(p.at).len;
  }
  return <u32>load<u8>(named) == Proto.FRAGMENT ? 0 : named;
}
function repeated(next: u32, at: usize): bool {
  if (next == Proto.HOP_BY_HOP || next == Proto.ROUTING) return true;
  // Options for every hop of a routing header, or a Home Address option as `addHomeAddress` puts it, RFC 6275 §6.3.
  if (next != Proto.DEST_OPTS) return false;
  return <u32>load<u8>(at) == Proto.ROUTING || (load<u8>(at, 2) == Opt.PADN && load<u8>(at, 6) == Opt.HOME_ADDRESS);
}
/** A packet of its own for `len` bytes from `offset` on; its Fragment header is still to be written. */
function piece(p: Packet, head: i32, offset: i32, len: i32): Packet | null {
  const q = allocOwn();
  if (!q) return null;
  memory.copy(q.ip, p.ip, head);
  memory.copy(q.ip + head + Frag.LEN, p.at + offset, len);
  q.end = q.ip + head + Frag.LEN + len;
  Ip6.at(q.ip).payloadLen = <i32>(q.end - q.ip) - Ip6.LEN;
  q.port = p.port;
  q.step = p.step;
  q.flags = p.flags;
  addrCopy(hop(q), hop(p));
  return q;
}
