import { Event } from "../../abi/event";
import { isUnspecified } from "../../base/addr";
import { ANYCASTS } from "../../base/config";
import { emit } from "../../engine/events";
import { nearestServer } from "../../tables/anycast-nearest";
import { serverRow } from "../../tables/anycast-servers";
import { Anycast, anycast, ownAnycast } from "../../tables/boundary-anycasts";
import { deleteRoute, findRoute, hopOf, putRoute } from "../../tables/routes";

// The route to each anycast address: that to its nearest server.

let unserved: i32 = 0; // addresses of ours that have no route

/** The servers of an anycast address, or the routes to them, may have changed. */
export function setNearest(a: Anycast): void {
  if (!a.listed) return;
  const s = nearestServer(a);
  const top = s ? serverRow(s) + 1 : 0;
  const unicast = changetype<usize>(s);
  if (a.told != top) {
    a.told = top;
    emit(Event.ANYCAST_NEAREST, 0, unicast, changetype<usize>(a), 0, 0);
  }
  const r = s ? findRoute(unicast) : null;
  if (!r) deleteRoute(changetype<usize>(a), 128, 0);
  else {
    const hop = hopOf(r);
    if (!putRoute(changetype<usize>(a), 128, isUnspecified(hop) ? unicast : hop, r.port)) return;
  }
  const routed: u8 = r ? 1 : 0;
  unserved += <i32>a.routed - <i32>routed;
  a.routed = routed;
}
/** Routes to servers may have changed. */
export function setAllNearest(): void {
  for (let i = 0; i < ANYCASTS; i++) if (anycast(i).listed) setNearest(anycast(i));
}
/** A new address of ours: nobody serves it yet. */
export function listAnycast(a: Anycast): void {
  if (a.listed) return;
  a.listed = 1;
  unserved++;
  setNearest(a);
}
/** Is it an address of ours that no server can be reached for? */
export function isUnserved(address: usize): bool {
  if (unserved == 0) return false;
  const a = ownAnycast(address);
  return a != null && !a.routed;
}
