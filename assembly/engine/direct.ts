import { Verdict } from "../abi/verdict";
import { Routing } from "../wire/ext";
import { Icmp6Type } from "../wire/icmp6";
import { Ip6, Proto } from "../wire/ip6";
import { icmpError } from "./icmp";
import { added, Packet, PacketFlag } from "./packet";
import { clampMss, mtuTo } from "./tx";

/**
 * A packet of ours is about to get the header of route optimization, 24 bytes, on its way to `to`: the application is told in time what
 * fits. One that may not be told (up to 1280 bytes) travels in fragments as if the core had started it.
 */
export function fitDirect(p: Packet, to: usize): Verdict {
  const mtu = mtuTo(to) - Routing.TYPE2_LEN;
  if (Ip6.at(p.ip).next == Proto.TCP) clampMss(p.ip, p.end, mtu);
  const len = <i32>(p.end - p.ip);
  if (len <= mtu || (p.flags & PacketFlag.FROM_APP) == 0) return Verdict.GO;
  if (len - added(p) > Ip6.MIN_MTU) {
    icmpError(p, Icmp6Type.TOO_BIG, 0, <u32>max(mtu, Ip6.MIN_MTU));
    return Verdict.TOO_BIG;
  }
  p.flags &= ~PacketFlag.FROM_APP;
  return Verdict.GO;
}
