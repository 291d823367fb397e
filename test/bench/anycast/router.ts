import { imagePath } from "../build.js";
import { be, concat, ether, portMac } from "../frames.js";
import * as say from "../messages.js";
import { NEXT_HOPS, nextHop, setup } from "../paths/forward.js";
import { DESTINATIONS, destination, SENDER_MAC } from "../paths/traffic.js";
import { shuffled } from "../stats.js";
import type { Case, Tape } from "../tape.js";
import { ANYCAST, datagram, type Form, identified, key } from "./setting.js";

// Answers of servers on their way out of their network: in by port 0, out by port 1, to 1,024 clients. The routes are those of the path `forward`.

export interface RouterKind {
  /** No boundary: the image `router`. */
  boundary: boolean;
  form: Form;
  /** Does the router hold the key of the authenticated form? */
  key?: boolean;
  /** Rows of its table of servers, for one anycast address. */
  servers: number;
  /** Answers come from so many of them, spread over the table. */
  answering: number;
}

export function routerImage({ boundary }: RouterKind): string {
  return imagePath(boundary ? "boundary-router-pc" : "router-pc");
}

export function routerTape(kind: RouterKind): Tape {
  const tape = setup();
  if (!kind.boundary) return tape;
  const sides = [say.boundary(0, true), say.boundary(1, false)];
  const rows = Array.from({ length: kind.servers }, (_, k) => say.boundaryServer(server(k), ANYCAST));
  for (const [type, value] of [...(kind.key ? [key] : []), ...sides, say.boundaryAnycast(ANYCAST), ...rows]) {
    tape.message(type, value);
  }
  return tape.drain();
}

export function routerCases({ form, servers, answering }: RouterKind, size: number): Case[] {
  const order = shuffled(Array.from({ length: DESTINATIONS }, (_, i) => i));
  return order.map((n) => {
    const from = server(Math.floor(((n % answering) * servers) / answering));
    const answer = (hopLimit: number) => identified(datagram(from, destination(n), 40000, size, hopLimit), form);
    return {
      port: 0,
      frame: ether(portMac(0), SENDER_MAC, answer(64)),
      outPort: 1,
      out: ether(nextHop(n % NEXT_HOPS).mac, portMac(1), answer(63)),
    };
  });
}

/** Unicast address of server number `k`, on the link of port 0. */
function server(k: number): Uint8Array {
  return concat(be(16, 0x2001, 0xdb8, 0xa, 0, 0, 1), be(32, k));
}
