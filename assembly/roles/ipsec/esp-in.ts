import { Verdict } from "../../abi/verdict";
import { takeOff } from "../../engine/insert";
import { left, Packet } from "../../engine/packet";
import { Association } from "../../tables/sad";
import { Esp } from "../../wire/esp";
import { Proto } from "../../wire/ip6";
import { endTunnel, takenOut } from "./insert";
import { blockLen, icvLen, ivLen, openEsp } from "./suite";

/**
 * Takes off the ESP header at `at`, RFC 4303 §3.4. `seqHi`: upper half of the extended sequence number, not read without SaFlag.ESN.
 * GO: `ip`, `at`, `next`, `prev`, `end`, `home` are those of the packet without it. BAD_ICV: not as it was sent, and nothing is changed.
 * `inTunnel`: of an association in tunnel mode; the header in front of an IPv6 packet stays where it is, for nothing of it goes on.
 * BAD_ESP: its lengths or its padding cannot be. And when the ICV was good: DONE: a dummy (§2.6), and what `takenOut` refuses.
 */
export function espIn(p: Packet, sa: Association, seqHi: u32, inTunnel: bool): Verdict {
  const head = Esp.LEN + ivLen(sa);
  const len = left(p) - head - icvLen(sa);
  if (len < blockLen(sa) || (len & (blockLen(sa) - 1)) != 0) return Verdict.BAD_ESP;
  const end = p.at + <usize>(head + len);
  if (!openEsp(sa, p.at, end, seqHi)) return Verdict.BAD_ICV;
  const trailer = end - Esp.TRAILER;
  const pad = <i32>load<u8>(trailer);
  const next = <u32>load<u8>(trailer, 1);
  if (pad > len - Esp.TRAILER) return Verdict.BAD_ESP;
  p.end = trailer - <usize>pad;
  for (let i = 0; i < pad; i++) if (load<u8>(p.end + <usize>i) != <u8>(i + 1)) return Verdict.BAD_ESP;
  if (next == Proto.NONE) return Verdict.DONE;
  if (inTunnel && next == Proto.IP6) endTunnel(p, head);
  else takeOff(p, head, next);
  return takenOut(p);
}
