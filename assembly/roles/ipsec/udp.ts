import { Verdict } from "../../abi/verdict";
import { be32 } from "../../base/bytes";
import { takeOff } from "../../engine/insert";
import { Packet, PacketFlag } from "../../engine/packet";
import { SaFlag } from "../../tables/sad";
import { enforced } from "../../tables/spd";
import { Proto } from "../../wire/ip6";
import { Udp } from "../../wire/udp";
import { isEncapsulated } from "./exempt";
import { associationOf, judgeAll, unprotect } from "./inbound";

import { traceRefused } from "./trace";

// ESP in UDP, RFC 3948. Port 4500 is shared with IKE: a message of that begins with four zeros where ESP has its SPI. A single byte 0xff keeps
// addresses of a translator alive.

/** Door.UDP, port 4500. GO: the application's. */
export function rxEncapsulated(p: Packet): Verdict {
  if (!enforced() || !isEncapsulated(p)) return Verdict.GO;
  const len = Udp.at(p.at).len - Udp.LEN;
  if (len == 1) return Verdict.DONE;
  const end = p.at + <usize>(Udp.LEN + len);
  p.next = <u8>Proto.ESP;
  const a = associationOf(p, be32(p.at + Udp.LEN));
  p.next = <u8>Proto.UDP;
  if (!a || (a.flags & SaFlag.UDP) == 0) {
    if (a || (p.flags & PacketFlag.FOR_APP) == 0) return traceRefused(p, Verdict.NO_SA);
    return judgeAll(p);
  }
  if (len < Udp.LEN) return traceRefused(p, Verdict.BAD_ESP);
  p.end = end;
  takeOff(p, Udp.LEN, Proto.ESP);
  const v = unprotect(p, a);
  return v == Verdict.GO ? Verdict.UNFOLDED : traceRefused(p, v);
}
