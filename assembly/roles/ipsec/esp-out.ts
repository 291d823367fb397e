import { Mode } from "../../abi/ipsec";
import { Verdict } from "../../abi/verdict";
import { Packet } from "../../engine/packet";
import { Association } from "../../tables/sad";

/**
 * Puts the packet at `ip` into ESP under the number `sa.seq`, RFC 4303 §3.3. Tunnel mode: an IPv6 header from `src` to `dst` around it; else
 * both are not read. GO; NO_HEADROOM, TOO_DEEP, BAD_EXT or BAD_FRAGMENT, and the packet is as it was.
 */
export function espOut(p: Packet, sa: Association, mode: Mode, src: usize, dst: usize): Verdict {
  return Verdict.NO_SA;
}
