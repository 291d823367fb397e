import { parseIp6 } from "../../../host-sim/core/address.js";
import { be, concat, neighbourSolicitation, portMac } from "../frames.js";
import * as say from "../messages.js";
import { PortKind } from "../messages.js";
import type { Path } from "../path.js";
import { Tape } from "../tape.js";
import { DESTINATIONS, destination, forwarded } from "./traffic.js";

export const NEXT_HOPS = 16;
const OWN = parseIp6("2001:db8:b::1");
/** Lengths of the routes, in turn: a look-up has several to try. */
const LENGTHS = [48, 56, 64, 64];

/** Next hop number `k`: its link-local address and link address. */
export function nextHop(k: number): { ip: Uint8Array; mac: Uint8Array } {
  return { ip: concat(be(16, 0xfe80, 0, 0, 0, 0, 0, 1, k)), mac: Uint8Array.of(2, 0, 0, 0, 1, k) };
}

/** A route for each destination, by one of 16 routers on port 1, whose link addresses the image has learnt. */
export function setup(): Tape {
  const ports = [0, 1].map((n) => say.port(n, PortKind.ETHER));
  const addresses = [say.address(0, parseIp6("2001:db8:a::ffff")), say.address(1, OWN)];
  const routes = Array.from({ length: DESTINATIONS }, (_, n) =>
    say.route(1, destination(n), LENGTHS[n % LENGTHS.length], nextHop(n % NEXT_HOPS).ip),
  );
  const tape = new Tape().clock(1000);
  for (const [type, value] of [say.entropy, ...ports, ...addresses, ...routes]) tape.message(type, value);
  for (let k = 0; k < NEXT_HOPS; k++) {
    tape.rx(1, neighbourSolicitation(nextHop(k).ip, nextHop(k).mac, OWN, portMac(1))).drain();
  }
  for (const ms of [2000, 3000]) tape.clock(ms).tick().drain();
  return tape;
}

/** Plain forwarding by the router's image; with `flows` 1 every packet goes to the same destination. */
export function forward(flows: number): Path {
  return {
    name: flows === DESTINATIONS ? "forward" : "forward, one flow",
    image: "router-pc",
    setup,
    cases: (size) => forwarded(size, flows, (n) => nextHop(n % NEXT_HOPS).mac),
    floors: 4,
  };
}
