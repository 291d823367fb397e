import { Message } from "../../abi/message";
import { addrCopy } from "../../base/addr";
import { now } from "../../engine/clock";
import { onQuery, replyRow } from "../../engine/control";
import { nearestServer } from "../../tables/anycast-nearest";
import { isByHand, isLive, server, serverRows } from "../../tables/anycast-servers";
import { anycast } from "../../tables/boundary-anycasts";

// ANYCAST_SERVERS   {u8[16] unicast address, u8[16] anycast address, u32 ms left (0xffffffff by hand), u8 cost, u8 hops, u8 nearest, u8 0}

const LEN: i32 = 40;

export function attachQuery(): void {
  onQuery(Message.ANYCAST_SERVERS, servers);
}
function servers(from: i32): void {
  for (let row = from; row < serverRows(); row++) {
    const s = server(row);
    if (!isLive(s, now())) continue;
    const to = replyRow(Message.ANYCAST_SERVERS, LEN, row);
    if (to == 0) return;
    const a = anycast(s.anycast);
    addrCopy(to, changetype<usize>(s));
    addrCopy(to + 16, changetype<usize>(a));
    store<u32>(to, isByHand(s) ? u32.MAX_VALUE : <u32>(s.expires - now()), 32);
    store<u8>(to, s.cost, 36);
    store<u8>(to, s.hops, 37);
    store<u8>(to, nearestServer(a) == s ? 1 : 0, 38);
  }
}
