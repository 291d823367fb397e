import { Verdict } from "../abi/verdict";
import { addrCopy } from "../base/addr";
import { random } from "../base/prng";
import { Ext, Frag } from "../wire/ext";
import { Ip6, Proto } from "../wire/ip6";
import { resolve } from "./nd";
import { allocOwn, base, Packet, push } from "./packet";
import { settle } from "./queue";
import { hop, send } from "./tx";

// Fragmentation by the source, RFC 8200 §4.5, tunnel entries included. Offsets fall back to the first piece in the buffer
// at hand; every later piece gets a buffer of its own before anything is changed.

/** Sends the packet in fragments of at most `mtu` bytes; next hop and port are known. Consumes the packet. */
export function fragment(p: Packet, mtu: i32): Verdict {
  return split(p, mtu, resolve);
}
function split(p: Packet, mtu: i32, out: (p: Packet) => Verdict): Verdict {
  const named = unfragmentable(p);
  if (named == 0) return Verdict.TOO_BIG;
  const head = <i32>(p.at - p.ip);
  const chunk = (mtu - head - Frag.LEN) & ~7;
  const payload = <i32>(p.end - p.at);
  if (chunk < 8) return Verdict.TOO_BIG;
  const id = random();
  const next = <u32>load<u8>(named);
  let rest: usize = 0;
  for (let offset = chunk * ((payload - 1) / chunk); offset > 0; offset -= chunk) {
    const q = piece(p, head, offset, payload - offset < chunk ? payload - offset : chunk, next, id);
    if (!q) {
      drop(rest);
      return Verdict.NO_BUFFER;
    }
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
  Frag.write(p.ip + head, next, 0, true, id);
  p.end = p.ip + head + Frag.LEN + chunk;
  Ip6.at(p.ip).payloadLen = <i32>(p.end - p.ip) - Ip6.LEN;
  const v = out(p);
  for (let at = rest; at != 0; ) {
    const q = changetype<Packet>(at);
    at = q.link;
    settle(q, out(q));
  }
  return v;
}
/** Sends a packet that has no next hop yet in fragments of at most `mtu` bytes: each is wrapped and routed on its own. */
export function fragment6(p: Packet, mtu: i32): Verdict {
  return split(p, mtu, send);
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
  const routed = next == Proto.DEST_OPTS && <u32>load<u8>(at) == Proto.ROUTING;
  return next == Proto.HOP_BY_HOP || next == Proto.ROUTING || routed;
}
function piece(p: Packet, head: i32, offset: i32, len: i32, next: u32, id: u32): Packet | null {
  const q = allocOwn();
  if (!q) return null;
  memory.copy(q.ip, p.ip, head);
  Frag.write(q.ip + head, next, offset, offset + len < <i32>(p.end - p.at), id);
  memory.copy(q.ip + head + Frag.LEN, p.at + offset, len);
  q.end = q.ip + head + Frag.LEN + len;
  Ip6.at(q.ip).payloadLen = <i32>(q.end - q.ip) - Ip6.LEN;
  q.port = p.port;
  q.step = p.step;
  q.flags = p.flags;
  addrCopy(hop(q), hop(p));
  return q;
}
