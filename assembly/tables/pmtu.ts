import { addrCopy, addrEq } from "../base/addr";
import { PMTUS } from "../base/config";
import { hashAddr } from "../base/hash";

/**
 * Path MTU by destination, RFC 8201. A row is made when a packet over 1280 bytes is sent, so a Packet Too Big for a flow that was
 * never sent finds none. Sets of four rows by hash; in a full set the soonest to expire goes.
 */
@unmanaged
export class PathMtu {
  hi: u64;
  lo: u64;
  expires: u64; // ms; 0 = free
  mtu: u32; // 0 = nothing heard: the link's
  pad: u32;
}
const STRIDE: usize = offsetof<PathMtu>();
const WAYS: usize = 4;
const POOL = memory.data(PMTUS * offsetof<PathMtu>(), 8);
const KEEP_MS: u64 = 60000;
let known: bool = false;

function setOf(dst: usize): usize {
  return POOL + <usize>(hashAddr(dst, 0) % (<u32>PMTUS / <u32>WAYS)) * STRIDE * WAYS;
}
function find(dst: usize, set: usize, now: u64): PathMtu | null {
  for (let p = set; p < set + WAYS * STRIDE; p += STRIDE) {
    const r = changetype<PathMtu>(p);
    if (r.expires > now && addrEq(p, dst)) return r;
  }
  return null;
}
/** The known path MTU where it is smaller than `otherwise`. */
export function pathMtu(dst: usize, otherwise: u32, now: u64): u32 {
  if (!known) return otherwise;
  const r = find(dst, setOf(dst), now);
  return r && r.mtu != 0 && r.mtu < otherwise ? r.mtu : otherwise;
}
/** The same for a packet over 1280 bytes that this node sends itself: remembers that it did. */
export function pathMtuSending(dst: usize, otherwise: u32, now: u64): u32 {
  known = true;
  const set = setOf(dst);
  const r = find(dst, set, now);
  if (r) {
    if (r.mtu == 0) r.expires = now + KEEP_MS;
    return r.mtu != 0 && r.mtu < otherwise ? r.mtu : otherwise;
  }
  let row = set;
  for (let p = set + STRIDE; p < set + WAYS * STRIDE; p += STRIDE) {
    if (changetype<PathMtu>(p).expires < changetype<PathMtu>(row).expires) row = p;
  }
  addrCopy(row, dst);
  changetype<PathMtu>(row).mtu = 0;
  changetype<PathMtu>(row).expires = now + KEEP_MS;
  return otherwise;
}
/** A Packet Too Big: lowers the MTU of a row that exists; false when there is none or it would not get smaller. */
export function updatePathMtu(dst: usize, mtu: u32, expires: u64, now: u64): bool {
  if (!known) return false;
  const r = find(dst, setOf(dst), now);
  if (!r || (r.mtu != 0 && r.mtu <= mtu)) return false;
  r.mtu = mtu;
  r.expires = expires;
  return true;
}
