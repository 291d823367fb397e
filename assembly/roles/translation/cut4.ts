import { Verdict } from "../../abi/verdict";
import { put16 } from "../../base/bytes";
import { allocOwn, Packet } from "../../engine/packet";
import { settle } from "../../engine/queue";
import { toApplication } from "../../engine/tx";
import { Ip4 } from "../../wire/ip4";

/**
 * Hands an IPv4 packet without options and without DF to the application in fragments of at most `mtu` bytes, RFC 791 §3.2. Consumes the
 * packet: its buffer carries the last fragment.
 */
export function cut4(p: Packet, mtu: i32): Verdict {
  const chunk = (mtu - Ip4.LEN) & ~7;
  const upper = p.ip + <usize>Ip4.LEN;
  const payload = <i32>(p.end - upper);
  let offset = 0;
  for (; payload - offset > chunk; offset += chunk) {
    const q = allocOwn();
    if (!q) return Verdict.NO_BUFFER;
    memory.copy(q.ip, p.ip, Ip4.LEN);
    memory.copy(q.ip + <usize>Ip4.LEN, upper + offset, chunk);
    q.end = q.ip + <usize>Ip4.LEN + <usize>chunk;
    settle(q, piece(q, Ip4.MF | (<u32>offset >> 3)));
  }
  memory.copy(p.ip + offset, p.ip, Ip4.LEN);
  p.ip += offset;
  return piece(p, <u32>offset >> 3);
}
function piece(p: Packet, field: u32): Verdict {
  Ip4.at(p.ip).totalLen = <i32>(p.end - p.ip);
  put16(p.ip + 6, field);
  Ip4.seal(p.ip);
  return toApplication(p);
}
