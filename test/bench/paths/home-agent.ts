import { parseIp6 } from "../../../host-sim/core/address.js";
import { be, concat, ether, ip6, mobility, neighbourSolicitation, Protocol, portMac } from "../frames.js";
import * as say from "../messages.js";
import { PortKind } from "../messages.js";
import type { Path } from "../path.js";
import { shuffled } from "../stats.js";
import { type Case, Tape } from "../tape.js";
import { DESTINATIONS, packet6, SENDER, SENDER_MAC } from "./traffic.js";

const AGENT = parseIp6("2001:db8:1::1");
/** The agent's address on port 1, where correspondents and visited networks are. */
const OUTSIDE = parseIp6("2001:db8:b::1");
/** Visited networks, each with a route of its own by one of the next hops. */
const VISITED = 64;
const NEXT_HOPS = 16;

const UPDATE = 5;
const LIFETIME = 1000;

/** Home address number `n`, and where its mobile node is. */
function homeAddress(n: number): Uint8Array {
  return concat(be(16, 0x2001, 0xdb8, 1, 0, 0, 1), be(32, n));
}
function careOf(n: number): Uint8Array {
  return concat(be(16, 0x2001, 0xdb8, 2, n % VISITED, 0, 0), be(32, n + 1));
}
function nextHop(k: number): { ip: Uint8Array; mac: Uint8Array } {
  return { ip: be(16, 0xfe80, 0, 0, 0, 0, 0, 1, k), mac: Uint8Array.of(2, 0, 0, 0, 1, k) };
}
/** Frames to the care-of address of mobile node `n` go to this router. */
function routerOf(n: number): Uint8Array {
  return nextHop((n % VISITED) % NEXT_HOPS).mac;
}

/** A Binding Update (RFC 6275 §6.1.7) with flags A and H from a mobile node's care-of address. */
function bindingUpdate(n: number): Uint8Array {
  const home = homeAddress(n);
  const data = concat(be(16, 1, 0xc000, LIFETIME), be(8, 1, 2, 0, 0));
  const option = concat(be(8, Protocol.MH, 2, 1, 2, 0, 0, 0xc9, 16), home);
  const packet = ip6(careOf(n), AGENT, Protocol.OPTIONS, concat(option, mobility(home, AGENT, UPDATE, data)));
  return ether(portMac(1), routerOf(n), packet);
}

/** A home agent with `bindings` mobile nodes away from home. */
function boundAgent(bindings: number): Tape {
  const ports = [0, 1].map((n) => say.port(n, PortKind.ETHER));
  const networks = Array.from({ length: VISITED }, (_, k) =>
    say.route(1, be(16, 0x2001, 0xdb8, 2, k, 0, 0, 0, 0), 64, nextHop(k % NEXT_HOPS).ip),
  );
  const settings = [say.entropy, ...ports, say.address(0, AGENT), say.address(1, OUTSIDE), ...networks];
  const tape = new Tape().clock(1000);
  for (const [type, value] of [...settings, say.homeAgent(0, AGENT)]) tape.message(type, value);
  for (let k = 0; k < NEXT_HOPS; k++) {
    tape.rx(1, neighbourSolicitation(nextHop(k).ip, nextHop(k).mac, OUTSIDE, portMac(1))).drain();
  }
  tape.clock(3000).tick().drain();
  for (let n = 0; n < bindings; n++) {
    tape.message(...say.homeAddress(homeAddress(n)));
    // what is stored lets the acknowledgement go, the second drain takes it
    tape.rx(1, bindingUpdate(n)).drain().drain();
  }
  return tape;
}

/** Packets of a correspondent to mobile nodes in shuffled order, wrapped by RFC 2473 and sent to where they are. */
function tunnelled(size: number, bindings: number): Case[] {
  const every = Math.max(1, Math.floor(bindings / DESTINATIONS));
  const order = shuffled(Array.from({ length: DESTINATIONS }, (_, i) => i * every));
  return order.map((n) => {
    const inner = packet6(SENDER, homeAddress(n), size, 63);
    return {
      port: 1,
      frame: ether(portMac(1), SENDER_MAC, packet6(SENDER, homeAddress(n), size)),
      outPort: 1,
      out: ether(routerOf(n), portMac(1), ip6(AGENT, careOf(n), Protocol.IP6, inner)),
    };
  });
}

/** The home agent's way to one of so many mobile nodes. */
export function agentWith(bindings: number): Path {
  return {
    name: bindings === DESTINATIONS ? "home agent, tunnel" : `home agent, ${bindings} bindings`,
    image: "home-agent-pc",
    setup: () => boundAgent(bindings),
    cases: (size) => tunnelled(size, bindings),
    floors: 6,
  };
}
