import { Message, Refusal } from "../../abi/message";
import { addrCopy, isHost } from "../../base/addr";
import { ANYCAST_REQUESTS } from "../../base/config";
import { now } from "../../engine/clock";
import { replyRow } from "../../engine/control";
import { useIdentifiers } from "../../engine/identifier";
import { dropExchanges, exchange } from "../../tables/anycast-exchanges";
import { requests } from "../../tables/anycast-requests";
import { findAnycast, putAnycast, releaseAnycast } from "../../tables/anycasts";

/** Message.ANYCAST_CLIENT. What was asked under other settings is not waited for any more. */
export function configure(at: usize, len: i32): Refusal {
  if (len != 20) return Refusal.BAD_LENGTH;
  const keyId = load<u16>(at);
  const seconds = load<u16>(at, 2);
  if (!isHost(at + 4)) return Refusal.BAD_VALUE;
  const a = seconds != 0 ? putAnycast(at + 4) : findAnycast(at + 4);
  if (!a) return seconds != 0 ? Refusal.TABLE_FULL : Refusal.NONE;
  if (a.keyId != keyId || seconds == 0) dropExchanges(requests, at + 4);
  a.keyId = keyId;
  a.seconds = seconds;
  releaseAnycast(a);
  useIdentifiers();
  return Refusal.NONE;
}
/** ANYCAST_REQUESTS {u8[16] S, u8[16] C, u16 local port, u16 remote port, u8 protocol, u8 authenticated, u16 0, u32 ms left}. */
export function query(from: i32): void {
  for (let i = from; i < ANYCAST_REQUESTS; i++) {
    const r = exchange(requests, i);
    if (r.until <= now()) continue;
    const to = replyRow(Message.ANYCAST_REQUESTS, 44, i);
    if (to == 0) return;
    addrCopy(to, changetype<usize>(r));
    addrCopy(to + 16, changetype<usize>(r) + 16);
    store<u16>(to, bswap<u16>(<u16>r.ports), 32);
    store<u16>(to, bswap<u16>(<u16>(r.ports >> 16)), 34);
    store<u8>(to, r.protocol, 36);
    store<u8>(to, u8(r.keyId != 0), 37);
    store<u32>(to, <u32>(r.until - now()), 40);
  }
}
