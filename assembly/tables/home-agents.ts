import { addrCopy, addrEq } from "../base/addr";
import { HOME_AGENTS } from "../base/config";

/** Home Agents List, RFC 6275 §10.1: the other home agents of the home link, as their advertisements say. */
@unmanaged
export class HomeAgent {
  localHi: u64; // link-local address, the key
  localLo: u64;
  hi: u64; // global address
  lo: u64;
  expires: u64; // ms; in the past = free
  preference: u32;
  pad: u32;
}
const STRIDE: usize = offsetof<HomeAgent>();
const POOL = memory.data(HOME_AGENTS * offsetof<HomeAgent>(), 8);
const END: usize = POOL + <usize>HOME_AGENTS * STRIDE;

export function firstHomeAgent(): usize {
  return POOL;
}
/** Rows are walked by `for (let h = firstHomeAgent(); h != 0; h = nextHomeAgent(h))`; skip those that expired. */
export function nextHomeAgent(h: usize): usize {
  return h + STRIDE < END ? h + STRIDE : 0;
}
export function homeAgentGlobal(h: HomeAgent): usize {
  return changetype<usize>(h) + offsetof<HomeAgent>("hi");
}
function find(local: usize, now: u64): HomeAgent | null {
  for (let p = POOL; p < END; p += STRIDE) {
    const h = changetype<HomeAgent>(p);
    if (h.expires > now && addrEq(p, local)) return h;
  }
  return null;
}
/** Enters or renews an agent; in a full table it stays outside. */
export function putHomeAgent(local: usize, global: usize, preference: u32, expires: u64, now: u64): void {
  let h = find(local, now);
  for (let p = POOL; p < END && !h; p += STRIDE)
    if (changetype<HomeAgent>(p).expires <= now) h = changetype<HomeAgent>(p);
  if (!h) return;
  addrCopy(changetype<usize>(h), local);
  addrCopy(homeAgentGlobal(h), global);
  h.preference = preference;
  h.expires = expires;
}
export function deleteHomeAgent(local: usize, now: u64): void {
  const h = find(local, now);
  if (h) h.expires = 0;
}
