/** Checksums of upper layers that are not all there: first fragments, and the packets that ICMP errors quote (RFC 1624). */
import { onesSum } from "./checksum.js";
import { get16, UDP, with16 } from "./ip.js";
import { checksumAt } from "./upper.js";

/** The checksum at `at` as if `removed` had been replaced by `added` under it. Unchanged where it is not quoted. */
export function replaced(upper: Uint8Array, at: number, removed: Uint8Array, added: Uint8Array): Uint8Array {
  if (upper.length < at + 2) return upper;
  let sum = (~get16(upper, at) & 0xffff) + (~onesSum(removed) & 0xffff) + onesSum(added);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return with16(upper, at, ~sum & 0xffff);
}

interface Ends {
  src: Uint8Array;
  dst: Uint8Array;
}

/** TCP and UDP between other addresses. A UDP checksum of zero says that there is none, and stays. */
export function readdressed(upper: Uint8Array, protocol: number, from: Ends, to: Ends): Uint8Array {
  const at = checksumAt(protocol);
  if (at === undefined || upper.length < at + 2) return upper;
  if (protocol === UDP && get16(upper, at) === 0) return upper;
  const both = (ends: Ends) => Uint8Array.of(...ends.src, ...ends.dst);
  const changed = replaced(upper, at, both(from), both(to));
  return protocol === UDP && get16(changed, at) === 0 ? with16(changed, at, 0xffff) : changed;
}
