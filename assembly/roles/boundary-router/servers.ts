import { Event } from "../../abi/event";
import { now } from "../../engine/clock";
import { emit } from "../../engine/events";
import { putEnded, putLive } from "../../tables/anycast-nearest";
import { FOR_EVER, putDirty, Server, ServerState } from "../../tables/anycast-servers";
import { anycast } from "../../tables/boundary-anycasts";
import { watch } from "./lifetimes";
import { setNearest } from "./nearest";

// A row of the table begins, changes and ends.

/** What became of a server: codes of Event.ANYCAST_SERVER. */
export enum ServerChange {
  REMOVED = 0,
  REGISTERED = 1,
  RENEWED = 2,
  EXPIRED = 3,
  RESTORED = 4,
  /** … + RegistrationStatus. */
  REFUSED = 16,
}
export function tell(change: u32, unicast: usize, anycast: usize, cost: u32, seconds: u32): void {
  emit(Event.ANYCAST_SERVER, change, unicast, anycast, cost, seconds);
}
/** The server lives for `seconds` from now, 0 = until it is taken away by hand. `change`: what a row that was not live becomes. */
export function live(s: Server, cost: u32, hops: u32, keyId: u32, seconds: u32, change: ServerChange): void {
  const was = s.state == ServerState.LIVE;
  const moved = !was || <u32>s.cost != cost || <u32>s.hops != hops;
  const news = moved || <u32>s.keyId != keyId || <u32>s.lifetime != seconds;
  if (moved && was) putEnded(s);
  s.cost = <u8>cost;
  s.hops = <u8>hops;
  s.keyId = <u16>keyId;
  s.lifetime = <u16>seconds;
  s.expires = seconds == 0 ? FOR_EVER : now() + <u64>seconds * 1000;
  if (moved) putLive(s);
  if (seconds != 0) watch(s);
  if (!news) return;
  const a = anycast(s.anycast);
  tell(was ? ServerChange.RENEWED : change, changetype<usize>(s), changetype<usize>(a), cost, seconds);
  if (change != ServerChange.RESTORED && (seconds != 0 || was)) putDirty(s);
  setNearest(a);
}
/** The row of a live server ends; its sequence number stays. */
export function end(s: Server, change: ServerChange): void {
  putEnded(s);
  putDirty(s);
  const a = anycast(s.anycast);
  tell(change, changetype<usize>(s), changetype<usize>(a), s.cost, s.lifetime);
  setNearest(a);
}
