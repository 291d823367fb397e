import { Direction, Mode, PolicyAction } from "../../abi/ipsec";
import { Message, Refusal } from "../../abi/message";
import { addrCopy, addrEq, isHost } from "../../base/addr";
import { onControl } from "../../engine/control";
import {
  deletePolicy,
  enforce,
  findPolicy,
  learnCareOf,
  localOf,
  Policy,
  PolicyFlag,
  PROCESSES,
  protects,
  putPolicy,
  remoteOf,
  setProcess,
  tunnelLocalOf,
  tunnelRemoteOf,
} from "../../tables/spd";
import { associate, dissociate, removeAllOf } from "./associate";

// Messages of the security policy database: IPSEC, POLICY, POLICY_DELETE (abi/message.ts has the layouts).

const LEN: i32 = 84;
const FLAGS: u32 = <u32>(PolicyFlag.ANY_PROTOCOL | PolicyFlag.LOCAL_MOVES | PolicyFlag.REMOTE_MOVES);

export function attachConfig(): void {
  onControl(Message.IPSEC, ipsec);
  onControl(Message.POLICY, policyMessage);
  onControl(Message.POLICY_DELETE, policyDelete);
  onControl(Message.ASSOCIATION, associate);
  onControl(Message.ASSOCIATION_DELETE, dissociate);
}
function ipsec(at: usize, len: i32): Refusal {
  if (len != 4) return Refusal.BAD_LENGTH;
  if (load<u8>(at) > <u8>PolicyAction.BYPASS) return Refusal.BAD_VALUE;
  enforce(<PolicyAction>load<u8>(at));
  return Refusal.NONE;
}
function policyMessage(at: usize, len: i32): Refusal {
  if (len != LEN) return Refusal.BAD_LENGTH;
  const id = <u32>load<u16>(at);
  if (id == 0 || !isAllowed(at)) return Refusal.BAD_VALUE;
  const old = findPolicy(id);
  const again = old != null && old.flags == load<u8>(at, 7) && sameHomes(old, at);
  const q = putPolicy(id);
  if (!q) return Refusal.TABLE_FULL;
  setProcess(q, load<u8>(at, 2));
  q.action = load<u8>(at, 3);
  q.directions = load<u8>(at, 4);
  q.mode = load<u8>(at, 5);
  q.protocol = load<u8>(at, 6);
  q.flags = load<u8>(at, 7);
  q.localLen = load<u8>(at, 8);
  q.remoteLen = load<u8>(at, 9);
  q.localFirst = load<u16>(at, 12);
  q.localLast = load<u16>(at, 14);
  q.remoteFirst = load<u16>(at, 16);
  q.remoteLast = load<u16>(at, 18);
  addrCopy(localOf(q), at + 20);
  addrCopy(remoteOf(q), at + 36);
  q.room = 0;
  q.sender = 0;
  setEnd(q, PolicyFlag.LOCAL_MOVES, localOf(q), tunnelLocalOf(q), at + 52, again);
  setEnd(q, PolicyFlag.REMOTE_MOVES, remoteOf(q), tunnelRemoteOf(q), at + 68, again);
  if (!protects(q)) removeAllOf(id);
  return Refusal.NONE;
}
function sameHomes(q: Policy, at: usize): bool {
  return addrEq(localOf(q), at + 20) && addrEq(remoteOf(q), at + 36);
}
/** A tunnel end as it is told, or where the home address `home` is: as another policy knows, else by its next binding. */
function setEnd(q: Policy, moves: PolicyFlag, home: usize, end: usize, told: usize, again: bool): void {
  if ((q.flags & moves) == 0) return addrCopy(end, told);
  if (again) return;
  store<u64>(end, 0);
  store<u64>(end, 0, 8);
  learnCareOf(home, end);
}
function isAllowed(at: usize): bool {
  const action = <i32>load<u8>(at, 3);
  const flags = <u32>load<u8>(at, 7);
  const directions = <i32>load<u8>(at, 4);
  if (<i32>load<u8>(at, 2) >= PROCESSES || action > PolicyAction.PROTECT) return false;
  if (directions < Direction.IN || directions > (Direction.IN | Direction.OUT)) return false;
  if (load<u8>(at, 5) > <u8>Mode.TUNNEL || (flags & ~FLAGS) != 0) return false;
  if (load<u8>(at, 8) > 128 || load<u8>(at, 9) > 128) return false;
  if (load<u16>(at, 12) > load<u16>(at, 14) || load<u16>(at, 16) > load<u16>(at, 18)) return false;
  if (!mayMove(flags & <u32>PolicyFlag.LOCAL_MOVES, load<u8>(at, 8), at + 20)) return false;
  if (!mayMove(flags & <u32>PolicyFlag.REMOTE_MOVES, load<u8>(at, 9), at + 36)) return false;
  if (action != PolicyAction.PROTECT || load<u8>(at, 5) != <u8>Mode.TUNNEL) return true;
  return (
    ((flags & PolicyFlag.LOCAL_MOVES) != 0 || isHost(at + 52)) &&
    ((flags & PolicyFlag.REMOTE_MOVES) != 0 || isHost(at + 68))
  );
}
/** Only one home address is at one place. */
function mayMove(moves: u32, prefixLength: u8, home: usize): bool {
  return moves == 0 || (prefixLength == 128 && isHost(home));
}
function policyDelete(at: usize, len: i32): Refusal {
  if (len != 4) return Refusal.BAD_LENGTH;
  const id = <u32>load<u16>(at);
  if (!findPolicy(id)) return Refusal.BAD_VALUE;
  removeAllOf(id);
  deletePolicy(id);
  return Refusal.NONE;
}
