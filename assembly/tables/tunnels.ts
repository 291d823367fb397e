import { addrCopy, addrEq } from "../base/addr";
import { TUNNELS } from "../base/config";

/** IP-in-IP tunnel information of a terminal (seed step 506): what leaves from `home` travels from `local` to `remote`. */
@unmanaged
export class Tunnel {
  homeHi: u64;
  homeLo: u64;
  localHi: u64;
  localLo: u64;
  remoteHi: u64;
  remoteLo: u64;
  expires: u64; // ms; 0 = free
}
const STRIDE: usize = offsetof<Tunnel>();
const POOL = memory.data(TUNNELS * offsetof<Tunnel>(), 8);
const END: usize = POOL + <usize>TUNNELS * STRIDE;

export function tunnelLocal(t: Tunnel): usize {
  return changetype<usize>(t) + 16;
}
export function tunnelRemote(t: Tunnel): usize {
  return changetype<usize>(t) + 32;
}
export function firstTunnel(): usize {
  return POOL;
}
export function nextTunnel(t: usize): usize {
  return t + STRIDE < END ? t + STRIDE : 0;
}
/** The live tunnel of a home address, or null. */
export function findTunnel(home: usize, now: u64): Tunnel | null {
  for (let p = POOL; p < END; p += STRIDE) {
    const t = changetype<Tunnel>(p);
    if (t.expires > now && addrEq(p, home)) return t;
  }
  return null;
}
/** Sets or renews; false when the table is full of live ones. */
export function putTunnel(home: usize, local: usize, remote: usize, expires: u64, now: u64): bool {
  let row: usize = 0;
  for (let p = POOL; p < END; p += STRIDE) {
    const t = changetype<Tunnel>(p);
    if (addrEq(p, home) && t.expires != 0) {
      row = p;
      break;
    }
    if (row == 0 && t.expires <= now) row = p;
  }
  if (row == 0) return false;
  addrCopy(row, home);
  addrCopy(row + 16, local);
  addrCopy(row + 32, remote);
  changetype<Tunnel>(row).expires = expires;
  return true;
}
export function deleteTunnel(home: usize): bool {
  for (let p = POOL; p < END; p += STRIDE) {
    const t = changetype<Tunnel>(p);
    if (t.expires == 0 || !addrEq(p, home)) continue;
    t.expires = 0;
    return true;
  }
  return false;
}
