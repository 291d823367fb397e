import { Verdict } from "../../abi/verdict";
import { Packet } from "../../engine/packet";
import { Association } from "../../tables/sad";

/**
 * Takes off the ESP header at `at`, RFC 4303 §3.4. `seqHi`: upper half of the extended sequence number, not read without SaFlag.ESN.
 * GO: `ip`, `at`, `next`, `prev`, `end`, `home` are those of the packet without it. DONE: a dummy. BAD_ICV: not as it was sent, and
 * nothing is changed. BAD_ESP, BAD_FRAGMENT; TUNNEL_REFUSED: congestion was marked on what cannot carry the mark, RFC 6040 §4.2.
 */
export function espIn(p: Packet, sa: Association, seqHi: u32): Verdict {
  return Verdict.NO_SA;
}
