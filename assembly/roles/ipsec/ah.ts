import { Mode } from "../../abi/ipsec";
import { Verdict } from "../../abi/verdict";
import { Packet } from "../../engine/packet";
import { Association } from "../../tables/sad";

/** Like `espOut`, with an AH, RFC 4302 §3.3. */
export function ahOut(p: Packet, sa: Association, mode: Mode, src: usize, dst: usize): Verdict {
  return Verdict.NO_SA;
}
/** Like `espIn`, for the AH at `at`, RFC 4302 §3.4: BAD_AH instead of BAD_ESP. */
export function ahIn(p: Packet, sa: Association, seqHi: u32): Verdict {
  return Verdict.NO_SA;
}
