import { addrEq } from "../../base/addr";
import { PC } from "../../base/config";
import { endedServers } from "../../tables/anycast-nearest";
import { findServer, isLive } from "../../tables/anycast-servers";
import { anycast, anycastRow, ownAnycast } from "../../tables/boundary-anycasts";
import { findRoute, routesVersion } from "../../tables/routes";
import { isUnserved } from "./nearest";

// Ingress filtering, RFC 2827, strict (RFC 3704 §2.2): by which port a source is reached. Packets come in flows: the sources seen last are
// remembered, as long as no route changes and no server ends.

/** A source that was looked up. */
@unmanaged
class Seen {
  hi: u64;
  lo: u64;
  until: u64; // ms; so long it is a server of `anycast` at least
  version: u32; // of routes and servers
  port: i16; // -1 = nowhere
  anycast: u16; // row + 1, 0 = not looked up yet
}
const ROWS: u32 = PC ? 4096 : 4; // twice; a power of two
const WAY: usize = (PC ? 4096 : 4) * offsetof<Seen>();
const POOL = memory.data((PC ? 4096 : 4) * 64, 8);
let seen = changetype<Seen>(POOL); // the source looked up last
let turn: usize = 0; // which of two rows gives way next

/** Does the way back to the source lead to this port? */
export function comesFrom(source: usize, port: u32): bool {
  const hi = load<u64>(source);
  const lo = load<u64>(source, 8);
  const version = routesVersion() + endedServers(); // both only rise
  // Neighbours in number lie side by side: that is kind to the processor's cache.
  const spread = ((<u32>(hi >> 32) ^ <u32>lo) * 0x9e3779b1) >> 20;
  const at = POOL + <usize>((bswap<u32>(<u32>(lo >> 32)) + spread) & (ROWS - 1)) * offsetof<Seen>();
  seen = changetype<Seen>(at);
  if (seen.hi == hi && seen.lo == lo && seen.version == version) return <i32>seen.port == <i32>port;
  seen = changetype<Seen>(at + WAY);
  if (seen.hi == hi && seen.lo == lo && seen.version == version) return <i32>seen.port == <i32>port;
  turn ^= WAY;
  seen = changetype<Seen>(at + turn);
  const r = findRoute(source);
  seen.hi = hi;
  seen.lo = lo;
  seen.version = version;
  seen.port = r && !isUnserved(source) ? <i16>r.port : -1;
  seen.anycast = 0;
  return <i32>seen.port == <i32>port;
}
/** Is the source looked up last a live server of an anycast address of ours? */
export function isServerSeen(source: usize, address: usize, now: u64): bool {
  if (seen.anycast != 0 && seen.until > now && addrEq(changetype<usize>(anycast(seen.anycast - 1)), address))
    return true;
  const a = ownAnycast(address);
  const s = a ? findServer(source, anycastRow(a)) : null;
  if (!a || !s || !isLive(s, now)) return false;
  seen.anycast = <u16>(anycastRow(a) + 1);
  seen.until = s.expires;
  return true;
}
