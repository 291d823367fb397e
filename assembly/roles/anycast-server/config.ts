import { Refusal } from "../../abi/message";
import { addrCopy, isHost, isUnspecified } from "../../base/addr";
import { endAddress, startAddress } from "../../engine/dad";
import { useIdentifiers } from "../../engine/identifier";
import { AddressFlag, findAddress, newAddress } from "../../tables/addresses";
import { dropExchanges } from "../../tables/anycast-exchanges";
import { answers } from "../../tables/anycast-memory";
import { findAnycast, putAnycast, releaseAnycast, unicastOf } from "../../tables/anycasts";

/** Message.ANYCAST_SERVER. */
export function configure(at: usize, len: i32): Refusal {
  if (len != 32) return Refusal.BAD_LENGTH;
  if (!isHost(at)) return Refusal.BAD_VALUE;
  return isUnspecified(at + 16) ? stop(at) : serve(at, at + 16);
}
/** The anycast address becomes one of the port that the unicast address is on. */
function serve(anycast: usize, unicast: usize): Refusal {
  const from = findAddress(unicast, -1);
  const known = findAddress(anycast, -1);
  if (!from || (from.flags & AddressFlag.ANYCAST) != 0 || (known && (known.flags & AddressFlag.ANYCAST) == 0))
    return Refusal.BAD_VALUE;
  const own = known ? known : newAddress(anycast, from.port);
  if (!own) return Refusal.TABLE_FULL;
  const a = putAnycast(anycast);
  if (!a) return Refusal.TABLE_FULL;
  addrCopy(unicastOf(a), unicast);
  if (!known) {
    own.prefixLen = 128;
    own.flags = AddressFlag.ANYCAST | AddressFlag.NO_DAD;
    startAddress(own, 0);
  }
  useIdentifiers();
  return Refusal.NONE;
}
function stop(anycast: usize): Refusal {
  const a = findAnycast(anycast);
  if (!a) return Refusal.NONE;
  dropExchanges(answers, anycast);
  memory.fill(unicastOf(a), 0, 16);
  releaseAnycast(a);
  const own = findAddress(anycast, -1);
  if (own) endAddress(own);
  return Refusal.NONE;
}
