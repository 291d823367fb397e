import { Mode } from "../../abi/ipsec";
import { Verdict } from "../../abi/verdict";
import { finish, pseudo6, sum } from "../../base/checksum";
import { insert } from "../../engine/insert";
import { hasTail, left, Packet } from "../../engine/packet";
import { Association, SaFlag } from "../../tables/sad";
import { Esp } from "../../wire/esp";
import { Ip6, Proto } from "../../wire/ip6";
import { Udp } from "../../wire/udp";
import { findPlace } from "./insert";
import { icvLen, ivLen, padLen, sealEsp } from "./suite";

/** Both ports of ESP in UDP, RFC 3948 §2.1. */
export const ESP_PORT: u32 = 4500;

/**
 * Puts the packet at `ip` into ESP under the number `sa.seq`, RFC 4303 §3.3. Tunnel mode: an IPv6 header from `src` to `dst` around it; else
 * both are not read. GO; NO_HEADROOM, TOO_DEEP, BAD_EXT or BAD_FRAGMENT: it cannot be sent.
 */
export function espOut(p: Packet, sa: Association, mode: Mode, src: usize, dst: usize): Verdict {
  const v = findPlace(p, mode, src, dst);
  if (v != Verdict.GO) return v;
  const next = p.next;
  const pad = padLen(sa, left(p));
  const icv = icvLen(sa);
  if (!hasTail(p, pad + Esp.TRAILER + icv)) return Verdict.NO_HEADROOM;
  const udp = (sa.flags & SaFlag.UDP) != 0 ? Udp.LEN : 0;
  if (!insert(p, udp + Esp.LEN + ivLen(sa), udp != 0 ? Proto.UDP : Proto.ESP)) return Verdict.NO_HEADROOM;
  for (let i = 1; i <= pad; i++, p.end++) store<u8>(p.end, <u8>i);
  store<u8>(p.end, <u8>pad);
  store<u8>(p.end, next, 1);
  p.end += Esp.TRAILER;
  const esp = p.at + <usize>udp;
  Esp.write(esp, sa.spi, <u32>sa.seq);
  sealEsp(sa, esp, p.end);
  p.end += <usize>icv;
  Ip6.at(p.ip).payloadLen = <i32>(p.end - p.ip) - Ip6.LEN;
  if (udp != 0) putUdp(p);
  return Verdict.GO;
}
/** Over IPv6 with its checksum: RFC 8200 §8.1 allows zero to tunnels alone whose both ends agreed on it. */
function putUdp(p: Packet): void {
  const u = Udp.at(p.at);
  const len = left(p);
  u.srcPort = ESP_PORT;
  u.dstPort = ESP_PORT;
  u.len = len;
  u.checksum = 0;
  const ip = Ip6.at(p.ip);
  const s = finish(sum(p.at, len, pseudo6(ip.src, ip.dst, len, Proto.UDP)));
  u.checksum = s == 0 ? 0xffff : s;
}
