import { finish, pseudo6, sum } from "../base/checksum";
import { Ip6, Proto } from "../wire/ip6";
import { Udp } from "../wire/udp";
import { allocOwn, Packet } from "./packet";
import { settle } from "./queue";
import { send } from "./tx";

// UDP datagrams that the node starts itself.

/** A datagram with room for `len` bytes at `p.at`, the same port at both ends; null = no buffer. */
export function startDatagram(from: usize, to: usize, port: u32, len: i32, hopLimit: u32): Packet | null {
  const p = allocOwn();
  if (!p) return null;
  const u = Udp.at(Ip6.begin(p.ip, from, to, Proto.UDP, Udp.LEN + len, hopLimit));
  u.srcPort = port;
  u.dstPort = port;
  u.len = Udp.LEN + len;
  p.at = u.ptr + Udp.LEN;
  p.end = p.at + <usize>len;
  return p;
}
/** Its bytes are there: checksum, then the ordinary way out. */
export function sendDatagram(p: Packet): void {
  const ip = Ip6.at(p.ip);
  const u = Udp.at(ip.payload);
  u.checksum = 0;
  const c = finish(sum(u.ptr, u.len, pseudo6(ip.src, ip.dst, u.len, Proto.UDP)));
  u.checksum = c == 0 ? 0xffff : c; // zero would say that there is none, RFC 768
  settle(p, send(p));
}
