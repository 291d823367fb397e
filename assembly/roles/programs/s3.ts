import { addrCopy } from "../../base/addr";
import { finish, pseudo6, sum } from "../../base/checksum";
import { base, clone, Packet, push } from "../../engine/packet";
import { mirrorPort } from "../../engine/ports";
import { enqueue, settle } from "../../engine/queue";
import { Ip6, Proto } from "../../wire/ip6";
import { Udp } from "../../wire/udp";

// Format S3 of the seeds, Fig. 11: a Binding Acknowledgement with a UDP header between the IPv6 headers and the mobility
// header; its destination port is the program number. It never crosses a wire; the mirror port shows it.

/** Puts the header in front of the mobility header at `at`; false when there is no headroom. */
export function insertNumber(p: Packet, number: u32): bool {
  const headers = p.at - p.ip;
  const message = <i32>(p.end - p.at);
  if (!push(p, Udp.LEN)) return false;
  memory.copy(p.ip, p.ip + Udp.LEN, headers);
  p.prev -= Udp.LEN;
  p.at -= Udp.LEN;
  if (p.home != 0) p.home -= Udp.LEN;
  p.next = <u8>Proto.UDP;
  store<u8>(p.prev, Proto.UDP);
  const ip = Ip6.at(p.ip);
  ip.payloadLen += Udp.LEN;
  const udp = Udp.at(p.at);
  udp.srcPort = 0;
  udp.dstPort = number;
  udp.len = message + Udp.LEN;
  udp.checksum = 0;
  const check = finish(sum(p.at, udp.len, pseudo6(ip.src, ip.dst, udp.len, Proto.UDP)));
  udp.checksum = check == 0 ? 0xffff : check;
  return true;
}
/** Takes the header away again; the program number. */
export function stripNumber(p: Packet): u32 {
  const number = Udp.at(p.at).dstPort;
  const headers = p.at - p.ip;
  memory.copy(p.ip + Udp.LEN, p.ip, headers);
  p.ip += Udp.LEN;
  p.prev += Udp.LEN;
  p.at += Udp.LEN;
  if (p.home != 0) p.home += Udp.LEN;
  p.next = <u8>Proto.MH;
  store<u8>(p.prev, Proto.MH);
  Ip6.at(p.ip).payloadLen -= Udp.LEN;
  return number;
}
/** Shows the packet on the mirror port, its type 2 routing header as it arrived; `step` 504, under IPsec 522, of a correspondent 535. */
export function mirror(p: Packet, step: u32): void {
  if (mirrorPort() < 0) return;
  const q = clone(p);
  if (!q) return;
  if (p.home != 0) {
    const home = p.home + (base(q) - base(p));
    const dst = Ip6.at(q.ip).dst;
    addrCopy(dst, p.home);
    addrCopy(home, Ip6.at(p.ip).dst);
    store<u8>(home - 5, 1); // segments left
  }
  q.port = <u8>mirrorPort();
  q.start = q.ip;
  q.step = <u16>step;
  settle(q, enqueue(q));
}
