import { Refusal } from "../../abi/message";
import { addrCopy, addrEq, isHost } from "../../base/addr";
import { onStore } from "../../engine/store";
import { findServer, isByHand, newServer, ServerState, serverRow, takeDirty } from "../../tables/anycast-servers";
import { anycast, anycastRow } from "../../tables/boundary-anycasts";
import { anycastFor } from "./epoch";
import { live, ServerChange } from "./servers";

// A record for each server that is registered, so that after a reboot answers pass before the servers have registered again. Its number is the
// row. Nothing waits for it: what order messages have is the matter of the epoch, and that is a new one then.
//
//   0 unicast address   16 anycast address   32 key id (u16)   34 lifetime (u16, s)   36 cost   37 hops   38 0 (u16)   40

const LEN: i32 = 40;

export function attachRecords(): void {
  onStore(next, kept, restore);
}
function next(to: usize, _generation: u32): i32 {
  const s = takeDirty();
  if (!s) return -1;
  if (s.state != ServerState.LIVE || isByHand(s)) return serverRow(s) << 8;
  addrCopy(to, changetype<usize>(s));
  addrCopy(to + 16, changetype<usize>(anycast(s.anycast)));
  store<u16>(to, s.keyId, 32);
  store<u16>(to, s.lifetime, 34);
  store<u8>(to, s.cost, 36);
  store<u8>(to, s.hops, 37);
  store<u16>(to, 0, 38);
  return (serverRow(s) << 8) | LEN;
}
function kept(_generation: u32): void {}
function restore(number: u32, at: usize, len: i32): Refusal {
  if (len != LEN) return Refusal.BAD_LENGTH;
  if (!isHost(at) || !isHost(at + 16) || addrEq(at, at + 16)) return Refusal.BAD_VALUE;
  if (load<u16>(at, 32) == 0 || load<u16>(at, 34) == 0 || load<u16>(at, 38) != 0) return Refusal.BAD_VALUE;
  const a = anycastFor(at + 16);
  if (!a) return Refusal.TABLE_FULL;
  if (findServer(at, anycastRow(a))) return Refusal.BAD_VALUE;
  const s = newServer(at, anycastRow(a), <i32>number);
  if (!s) return Refusal.TABLE_FULL;
  live(s, load<u8>(at, 36), load<u8>(at, 37), load<u16>(at, 32), load<u16>(at, 34), ServerChange.RESTORED);
  return Refusal.NONE;
}
