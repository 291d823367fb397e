import { addrCopy, addrEq } from "../base/addr";
import { GROUPS } from "../base/config";

/** Multicast groups that we listen to, RFC 3810 §4. Counted: several addresses share a solicited-node group. */
@unmanaged
export class Group {
  hi: u64;
  lo: u64;
  users: u16; // 0 = free
  port: u8;
  reports: u8; // unsolicited state change reports still to send, RFC 3810 §6.1
  pad: u32;
}
const STRIDE: usize = offsetof<Group>();
const POOL = memory.data(GROUPS * offsetof<Group>(), 8);
const END: usize = POOL + <usize>GROUPS * STRIDE;

export function firstGroup(): usize {
  return POOL;
}
export function nextGroup(g: usize): usize {
  return g + STRIDE < END ? g + STRIDE : 0;
}
/** The row of a group on a port that has users, or null. */
export function findGroup(a: usize, port: u32): Group | null {
  for (let p = POOL; p < END; p += STRIDE) {
    const g = changetype<Group>(p);
    if (g.users != 0 && <u32>g.port == port && addrEq(p, a)) return g;
  }
  return null;
}
/** One more user. Returns the row when the group is new, null when it was there or the table is full. */
export function joinGroup(a: usize, port: u32): Group | null {
  let row: usize = 0;
  for (let p = POOL; p < END; p += STRIDE) {
    const g = changetype<Group>(p);
    if (g.users == 0 && g.reports == 0) {
      if (row == 0) row = p;
      continue;
    }
    if (<u32>g.port != port || !addrEq(p, a)) continue;
    // A group that is about to be reported as left comes back in its own row.
    g.users++;
    return g.users == 1 ? g : null;
  }
  if (row == 0) return null;
  const g = changetype<Group>(row);
  addrCopy(row, a);
  g.users = 1;
  g.port = <u8>port;
  return g;
}
/** One user less. Returns the row when nobody is left. */
export function leaveGroup(a: usize, port: u32): Group | null {
  const g = findGroup(a, port);
  if (!g) return null;
  g.users--;
  return g.users == 0 ? g : null;
}
