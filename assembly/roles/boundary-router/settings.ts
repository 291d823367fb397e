import { Message, Refusal } from "../../abi/message";
import { addrEq, isHost } from "../../base/addr";
import { Changed, onChanged } from "../../engine/changed";
import { onControl } from "../../engine/control";
import { findServer, ServerState } from "../../tables/anycast-servers";
import { anycastRow, findAnycast, ownAnycast } from "../../tables/boundary-anycasts";
import { anycastFor, rowFor } from "./epoch";
import { listAnycast, setAllNearest } from "./nearest";
import { end, live, ServerChange } from "./servers";

// Anycast addresses, and servers by hand: their rows take the place of registered ones and have no end.

export function attachSettings(): void {
  onControl(Message.BOUNDARY_ANYCAST, address);
  onControl(Message.BOUNDARY_SERVER, put);
  onControl(Message.BOUNDARY_SERVER_DELETE, take);
  onChanged(heard);
}
function heard(what: Changed, _port: u32, _at: usize): void {
  if (what == Changed.CONFIGURED) setAllNearest();
}
function address(at: usize, len: i32): Refusal {
  if (len != 16) return Refusal.BAD_LENGTH;
  if (!isHost(at)) return Refusal.BAD_VALUE;
  const a = anycastFor(at);
  if (!a) return Refusal.TABLE_FULL;
  listAnycast(a);
  return Refusal.NONE;
}
function put(at: usize, len: i32): Refusal {
  if (len != 36) return Refusal.BAD_LENGTH;
  const unicast = at + 4;
  const a = ownAnycast(at + 20);
  if (!a || !isHost(unicast) || addrEq(unicast, at + 20)) return Refusal.BAD_VALUE;
  const s = rowFor(unicast, anycastRow(a));
  if (!s) return Refusal.TABLE_FULL;
  live(s, load<u8>(at), 0, 0, 0, ServerChange.REGISTERED);
  return Refusal.NONE;
}
function take(at: usize, len: i32): Refusal {
  if (len != 36) return Refusal.BAD_LENGTH;
  const a = findAnycast(at + 20);
  const s = a ? findServer(at + 4, anycastRow(a)) : null;
  if (!s || s.state != ServerState.LIVE) return Refusal.BAD_VALUE;
  end(s, ServerChange.REMOVED);
  return Refusal.NONE;
}
