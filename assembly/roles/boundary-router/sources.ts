import { PC } from "../../base/config";
import { findRoute, routesVersion } from "../../tables/routes";
import { isUnserved } from "./nearest";

// Ingress filtering, RFC 2827, strict (RFC 3704 §2.2): by which port a source is reached. Packets come in flows: the sources seen last are
// remembered, as long as no route changes.

/** A source that was looked up. */
@unmanaged
class Seen {
  hi: u64;
  lo: u64;
  version: u32; // of the routes
  port: i32; // -1 = nowhere
}
const ROWS: u32 = PC ? 4096 : 8; // a power of two
const POOL = memory.data((PC ? 4096 : 8) * 24, 8);

/** Does the way back to the source lead to this port? */
export function comesFrom(source: usize, port: u32): bool {
  const hi = load<u64>(source);
  const lo = load<u64>(source, 8);
  const words = hi ^ lo;
  const folded = (<u32>words ^ <u32>(words >> 32)) * 0x9e3779b1;
  const seen = changetype<Seen>(POOL + <usize>((folded >> 20) & (ROWS - 1)) * offsetof<Seen>());
  if (seen.hi != hi || seen.lo != lo || seen.version != routesVersion()) {
    const r = findRoute(source);
    seen.hi = hi;
    seen.lo = lo;
    seen.version = routesVersion();
    seen.port = r && !isUnserved(source) ? <i32>r.port : -1;
  }
  return seen.port == <i32>port;
}
