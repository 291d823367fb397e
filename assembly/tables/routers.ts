import { addrCopy, addrEq } from "../base/addr";
import { DEFAULT_ROUTERS } from "../base/config";

/** Default router list, RFC 4861 §5.1. It remembers; the host role decides. */
@unmanaged
export class DefaultRouter {
  hi: u64;
  lo: u64;
  expires: u64; // ms; 0 = the row is free
  preference: i32; // 1 high, 0 medium, -1 low, RFC 4191 §2.1
  port: u8;
  suspect: u8; // neighbour unreachability detection gave it up and nothing was heard since
  pad: u16;
}
const STRIDE: usize = offsetof<DefaultRouter>();
const POOL = memory.data(DEFAULT_ROUTERS * offsetof<DefaultRouter>(), 8);
const END: usize = POOL + <usize>DEFAULT_ROUTERS * STRIDE;

export function firstRouter(): usize {
  return POOL;
}
/** Rows are walked by `for (let r = firstRouter(); r != 0; r = nextRouter(r))`; skip those with `expires` 0. */
export function nextRouter(r: usize): usize {
  return r + STRIDE < END ? r + STRIDE : 0;
}
export function findRouter(a: usize, port: u32): DefaultRouter | null {
  for (let p = POOL; p < END; p += STRIDE) {
    const r = changetype<DefaultRouter>(p);
    if (r.expires != 0 && <u32>r.port == port && addrEq(p, a)) return r;
  }
  return null;
}
/** A new row, zeroed but for address and port; in a full table only a suspect router gives way. Null = no room. */
export function newRouter(a: usize, port: u32): DefaultRouter | null {
  let row: usize = 0;
  for (let p = POOL; p < END; p += STRIDE) {
    const r = changetype<DefaultRouter>(p);
    if (r.expires == 0) {
      row = p;
      break;
    }
    if (r.suspect) row = p;
  }
  if (row == 0) return null;
  memory.fill(row, 0, STRIDE);
  addrCopy(row, a);
  changetype<DefaultRouter>(row).port = <u8>port;
  return changetype<DefaultRouter>(row);
}
/** The router to use: one that answers before one that does not, then by preference, then the earlier row. Null = none. RFC 4861 §6.3.6. */
export function bestRouter(): DefaultRouter | null {
  let best: DefaultRouter | null = null;
  for (let p = POOL; p < END; p += STRIDE) {
    const r = changetype<DefaultRouter>(p);
    if (r.expires == 0) continue;
    if (!best || rank(r) > rank(best)) best = r;
  }
  return best;
}
function rank(r: DefaultRouter): i32 {
  return r.suspect ? -8 + r.preference : r.preference;
}
