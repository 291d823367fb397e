import { macCopy } from "../../base/addr";
import { be32 } from "../../base/bytes";
import { sipHash24 } from "../../base/siphash";

// Interface identifiers that are stable on a link and tell nothing on another, RFC 7217 §5:
// RID = F(Prefix, Net_Iface, DAD_Counter, secret), F = SipHash-2-4, Net_Iface = the MAC address. The first half of the 32-byte secret
// is the key, the second half stands in front of the input, so that all of it counts. Network_ID is absent.

const INPUT = memory.data(32, 8);

/** Writes the identifier behind the 64-bit prefix at `to`; returns the counter that was used (reserved identifiers are skipped). */
export function putIdentifier(to: usize, secret: usize, mac: usize, counter: u32): u32 {
  memory.copy(INPUT, secret + 16, 16);
  store<u64>(INPUT, load<u64>(to), 16);
  macCopy(INPUT + 24, mac);
  store<u64>(to, 0, 8);
  for (; isReserved(to + 8); counter++) {
    store<u16>(INPUT, <u16>counter, 30);
    store<u64>(to, sipHash24(secret, INPUT, 4), 8);
  }
  return counter - 1;
}
/** RFC 5453: subnet-router anycast, the IANA Ethernet block, the reserved anycast identifiers. */
export function isReserved(id: usize): bool {
  const hi = be32(id);
  const lo = be32(id + 4);
  if (hi == 0 && lo == 0) return true;
  if (hi == 0x02005eff && lo >> 24 == 0xfe) return true;
  return hi == 0xfdffffff && lo >= 0xffffff80;
}
