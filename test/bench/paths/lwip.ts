import { parseIp6 } from "../../../host-sim/core/address.js";
import { routerAdvertisement } from "../frames.js";
import type { Path } from "../path.js";
import { Tape } from "../tape.js";
import { DESTINATIONS, forwarded } from "./traffic.js";

const GATEWAY = parseIp6("fe80::1");
const GATEWAY_MAC = Uint8Array.of(2, 0, 0, 0, 1, 0);

/** lwIP's next hop is one default router, made known by its Router Advertisement on port 1. */
const setup = () => new Tape().rx(1, routerAdvertisement(GATEWAY, GATEWAY_MAC, 9000));

/** Forwarding by the peer. `flows` 1 is what its destination cache is made for, 1024 what the other paths are measured with. */
export function lwip(flows: number): Path {
  return {
    name: flows === DESTINATIONS ? "forward" : "forward, one flow",
    image: "lwip",
    setup,
    cases: (size) => forwarded(size, flows, () => GATEWAY_MAC),
  };
}
