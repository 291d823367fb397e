import { Direction, Mode, PolicyAction } from "../abi/ipsec";
import { addrCopy, addrEq, addrZero, isUnspecified } from "../base/addr";
import { POLICIES } from "../base/config";

/** Security policy database, RFC 4301 §4.4.1: rows in the order of their ids, which is the order in which they are asked. */
@unmanaged
export class Policy {
  localHi: u64; // selectors: this side and the other, whichever way a packet goes
  localLo: u64;
  remoteHi: u64;
  remoteLo: u64;
  tunnelLocalHi: u64; // ends in tunnel mode; :: = a care-of address that is not known
  tunnelLocalLo: u64;
  tunnelRemoteHi: u64;
  tunnelRemoteLo: u64;
  id: u16; // 0 = not in use
  room: u16; // how long a packet may be before protection to fit the path, as the last long one found; 0 = not known
  sender: u16; // row + 1 of the association that sends, 0 = to be looked up
  localFirst: u16; // ports; ICMPv6 type << 8 | code, mobility header type << 8
  localLast: u16;
  remoteFirst: u16; // ports
  remoteLast: u16;
  process: u8; // 0 (nearest to the upper layer) to 3
  action: u8; // PolicyAction
  directions: u8; // bits of Direction
  mode: u8; // Mode
  protocol: u8;
  flags: u8; // PolicyFlag
  localLen: u8; // prefix lengths
  remoteLen: u8;
  pad: u16;
}
export enum PolicyFlag {
  ANY_PROTOCOL = 1,
  /** The local tunnel end is the care-of address of the local selector, a home address. */
  LOCAL_MOVES = 2,
  /** The same for the remote one. */
  REMOTE_MOVES = 4,
}
export const PROCESSES: i32 = 4;
const IP6_IN_IP6: u8 = 41;
const STRIDE: usize = offsetof<Policy>();
const POOL = memory.data(POLICIES * offsetof<Policy>(), 8);
let count: i32 = 0;
let highest: i32 = -1;
let enforcing: bool = false;
let byDefault: i32 = PolicyAction.DISCARD;

/** Is any packet to be held to policies? Not before Message.IPSEC. */
export function enforced(): bool {
  return enforcing;
}
/** What happens to packets that no policy names: DISCARD or BYPASS. */
export function defaultAction(): i32 {
  return byDefault;
}
export function enforce(otherwise: PolicyAction): void {
  enforcing = true;
  byDefault = otherwise;
}
export function policyCount(): i32 {
  return count;
}
/** The highest process that any policy has; -1 = there are none. */
export function highestProcess(): i32 {
  return highest;
}
export function setProcess(q: Policy, process: u8): void {
  q.process = process;
  recount();
}
function recount(): void {
  highest = -1;
  for (let i = 0; i < count; i++) highest = max(highest, <i32>policy(i).process);
}
/** Row `i` in order. A row that is put or deleted moves those behind it. */
export function policy(i: i32): Policy {
  return changetype<Policy>(POOL + <usize>i * STRIDE);
}
export function localOf(q: Policy): usize {
  return changetype<usize>(q);
}
export function remoteOf(q: Policy): usize {
  return changetype<usize>(q) + 16;
}
export function tunnelLocalOf(q: Policy): usize {
  return changetype<usize>(q) + 32;
}
export function tunnelRemoteOf(q: Policy): usize {
  return changetype<usize>(q) + 48;
}
/** Where the selector of this side is: that of the header which carries the home address's packets moves with the care-of address. */
export function localSelector(q: Policy): usize {
  return movesWith(q, PolicyFlag.LOCAL_MOVES) ? tunnelLocalOf(q) : localOf(q);
}
export function remoteSelector(q: Policy): usize {
  return movesWith(q, PolicyFlag.REMOTE_MOVES) ? tunnelRemoteOf(q) : remoteOf(q);
}
function movesWith(q: Policy, side: PolicyFlag): bool {
  return (q.flags & side) != 0 && q.protocol == IP6_IN_IP6 && (q.flags & PolicyFlag.ANY_PROTOCOL) == 0;
}
/** Both ends of the tunnel are known, or none is needed: a node at home has no care-of address. */
export function isComplete(q: Policy): bool {
  if ((q.flags & PolicyFlag.LOCAL_MOVES) != 0 && isUnspecified(tunnelLocalOf(q))) return false;
  return (q.flags & PolicyFlag.REMOTE_MOVES) == 0 || !isUnspecified(tunnelRemoteOf(q));
}
/** The first row with an id that is not below `id`. */
function place(id: u32): i32 {
  let low = 0;
  for (let high = count; low < high; ) {
    const middle = (low + high) >> 1;
    if (<u32>policy(middle).id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
export function findPolicy(id: u32): Policy | null {
  const i = place(id);
  return i < count && <u32>policy(i).id == id ? policy(i) : null;
}
/** The row of an id, a zeroed one when it is new; null = the table is full. */
export function putPolicy(id: u32): Policy | null {
  const i = place(id);
  const q = policy(i);
  if (i < count && <u32>q.id == id) return q;
  if (count == POLICIES) return null;
  memory.copy(changetype<usize>(q) + STRIDE, changetype<usize>(q), <usize>(count - i) * STRIDE);
  memory.fill(changetype<usize>(q), 0, STRIDE);
  q.id = <u16>id;
  count++;
  return q;
}
export function deletePolicy(id: u32): bool {
  const q = findPolicy(id);
  if (!q) return false;
  const next = changetype<usize>(q) + STRIDE;
  memory.copy(changetype<usize>(q), next, POOL + <usize>count * STRIDE - next);
  count--;
  recount();
  return true;
}
/** The care-of address of a home address is `careOf`; 0 = it has none. Tunnels of policies go there, RFC 4877 §5. */
export function follow(home: usize, careOf: usize): void {
  for (let i = 0; i < count; i++) {
    const q = policy(i);
    if ((q.flags & PolicyFlag.LOCAL_MOVES) != 0 && addrEq(localOf(q), home)) move(tunnelLocalOf(q), careOf);
    if ((q.flags & PolicyFlag.REMOTE_MOVES) != 0 && addrEq(remoteOf(q), home)) move(tunnelRemoteOf(q), careOf);
  }
}
function move(end: usize, careOf: usize): void {
  if (careOf == 0) addrZero(end);
  else addrCopy(end, careOf);
}
/** Another policy's knowledge of where a home address is, for one that came later; zeros when there is none. */
export function learnCareOf(home: usize, end: usize): void {
  for (let i = 0; i < count; i++) {
    const q = policy(i);
    if (localOf(q) == home || remoteOf(q) == home) continue;
    if ((q.flags & PolicyFlag.LOCAL_MOVES) != 0 && addrEq(localOf(q), home)) return addrCopy(end, tunnelLocalOf(q));
    if ((q.flags & PolicyFlag.REMOTE_MOVES) != 0 && addrEq(remoteOf(q), home)) return addrCopy(end, tunnelRemoteOf(q));
  }
}
export function protects(q: Policy): bool {
  return q.action == <u8>PolicyAction.PROTECT;
}
export function tunnels(q: Policy): bool {
  return q.mode == <u8>Mode.TUNNEL;
}
export function governs(q: Policy, d: Direction): bool {
  return (q.directions & <u8>d) != 0;
}
