import { ANYCASTS } from "../../base/config";
import { random } from "../../base/prng";
import {
  findServer,
  freeEnded,
  freeServer,
  newServer,
  Server,
  ServerState,
  server,
  serverRows,
} from "../../tables/anycast-servers";
import { Anycast, anycast, dropAnycast, putAnycast } from "../../tables/boundary-anycasts";
import { end, ServerChange } from "./servers";

// The epoch: as long as it lasts, the router knows the sequence number of every server that has registered. When rows that ended have to make
// room, numbers are lost, and a new epoch begins: no message of before is accepted again, docs/anycast-identifier.md §6.

const EPOCH = memory.data(8, 8); // as it is sent
let number: u32 = 0; // how many there were

/** The epoch, 8 bytes. */
export function epoch(): usize {
  if (number == 0) begin();
  return EPOCH;
}
function begin(): void {
  number++;
  do {
    store<u32>(EPOCH, random());
    store<u32>(EPOCH, random(), 4);
  } while (load<u64>(EPOCH) == 0);
}
/** The highest sequence number of a server in this epoch. */
export function lastSequence(s: Server | null): u64 {
  return s && s.epoch == number ? s.sequence : 0;
}
export function setSequence(s: Server, sequence: u64): void {
  s.sequence = sequence;
  s.epoch = number;
}
/** The row of a pair, made ENDED when it is new; null when all rows are live. */
export function rowFor(unicast: usize, anycast: i32): Server | null {
  const known = findServer(unicast, anycast);
  if (known) return known;
  const s = newServer(unicast, anycast, -1);
  if (s || !freeEnded()) return s;
  begin();
  return newServer(unicast, anycast, -1);
}
/** The row of an anycast address; in a full table one that is only known from records of before gives way. Null: all are configured. */
export function anycastFor(address: usize): Anycast | null {
  const a = putAnycast(address);
  if (a) return a;
  for (let i = 0; i < ANYCASTS; i++) {
    if (anycast(i).listed) continue;
    forget(i);
    return putAnycast(address);
  }
  return null;
}
function forget(row: i32): void {
  for (let i = 0; i < serverRows(); i++) {
    const s = server(i);
    if (s.state == ServerState.FREE || s.anycast != row) continue;
    if (s.state == ServerState.LIVE) end(s, ServerChange.REMOVED);
    freeServer(s);
  }
  dropAnycast(anycast(row));
  begin();
}
