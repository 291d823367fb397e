import { Message } from "../../abi/message";
import { addrCopy } from "../../base/addr";
import { ASSOCIATIONS } from "../../base/config";
import { now } from "../../engine/clock";
import { onQuery, replyRow } from "../../engine/control";
import { association, isLive, SaFlag } from "../../tables/sad";
import { localOf, policy, policyCount, remoteOf, tunnelLocalOf, tunnelRemoteOf } from "../../tables/spd";

// Rows of the replies. Keys are never among them.
//
//   POLICIES       as Message.POLICY, the tunnel ends as they are now; at 10 (u16) how long a packet may be before protection, 0 = not known
//   ASSOCIATIONS   {u32 SPI, u16 policy id, u8 direction, u8 protocol, u8 Encryption, u8 Integrity, u8 flags: 1 = extended sequence numbers, 2 = in
//                  UDP, 4 = soft limit was told, 8 = hard limit reached, u8 0, u16 replay window, u16 0, u64 number (last sent, highest
//                  received), u64 number kept, u64 bytes, u32 seconds left (0xffffffff = no limit), u32 0}

const POLICY: i32 = 84;
const ASSOCIATION: i32 = 48;
const SHOWN: u8 = <u8>(SaFlag.ESN | SaFlag.UDP | SaFlag.SOFT_TOLD | SaFlag.DEAD);

export function attachQueries(): void {
  onQuery(Message.POLICIES, policies);
  onQuery(Message.ASSOCIATIONS, associations);
}
function policies(from: i32): void {
  for (let i = from; i < policyCount(); i++) {
    const to = replyRow(Message.POLICIES, POLICY, i);
    if (to == 0) return;
    const q = policy(i);
    store<u16>(to, q.id);
    store<u8>(to, q.process, 2);
    store<u8>(to, q.action, 3);
    store<u8>(to, q.directions, 4);
    store<u8>(to, q.mode, 5);
    store<u8>(to, q.protocol, 6);
    store<u8>(to, q.flags, 7);
    store<u8>(to, q.localLen, 8);
    store<u8>(to, q.remoteLen, 9);
    store<u16>(to, q.room, 10);
    store<u16>(to, q.localFirst, 12);
    store<u16>(to, q.localLast, 14);
    store<u16>(to, q.remoteFirst, 16);
    store<u16>(to, q.remoteLast, 18);
    addrCopy(to + 20, localOf(q));
    addrCopy(to + 36, remoteOf(q));
    addrCopy(to + 52, tunnelLocalOf(q));
    addrCopy(to + 68, tunnelRemoteOf(q));
  }
}
function associations(from: i32): void {
  for (let row = from; row < ASSOCIATIONS; row++) {
    const a = association(row);
    if (!isLive(a)) continue;
    const to = replyRow(Message.ASSOCIATIONS, ASSOCIATION, row);
    if (to == 0) return;
    store<u32>(to, a.spi);
    store<u16>(to, a.policy, 4);
    store<u8>(to, a.direction, 6);
    store<u8>(to, a.protocol, 7);
    store<u8>(to, a.encryption, 8);
    store<u8>(to, a.integrity, 9);
    store<u8>(to, a.flags & SHOWN, 10);
    store<u16>(to, a.windowBits, 12);
    store<u64>(to, a.seq, 16);
    store<u64>(to, a.limit, 24);
    store<u64>(to, a.bytes, 32);
    const second = <u32>(now() / 1000);
    store<u32>(to, a.hardAt == 0 ? u32.MAX_VALUE : a.hardAt > second ? a.hardAt - second : 0, 40);
  }
}
