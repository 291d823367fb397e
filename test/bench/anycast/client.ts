import { parseIp6 } from "../../../host-sim/core/address.js";
import { imagePath } from "../build.js";
import { concat, ETHER, ether, IP6, ip6, neighbourAdvertisement, Protocol, portMac, udp } from "../frames.js";
import * as say from "../messages.js";
import { PortKind } from "../messages.js";
import { Recorder } from "../recorder.js";
import type { Case, Tape } from "../tape.js";
import { ANYCAST, datagram, type Form, identified, KEY, key, SERVER_PORT } from "./setting.js";

// A host whose application has asked: its answers come in by port 0 and go to the application's port 1.

export const CLIENT_IMAGE = "anycast-client-pc";
export const LINK = 0;
export const APPLICATION = 1;
const ROUTER = parseIp6("fe80::1");
export const ROUTER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 0xaa);
export const CLIENT = parseIp6("2001:db8:c::1");
export const SERVER = parseIp6("2001:db8:a::2");
const FIRST_PORT = 20000;

export interface Asked {
  tape: Tape;
  /** A port and, in the authenticated form, a nonce for each request that waits. */
  requests: { port: number; nonce: Uint8Array }[];
}

/** A client on its link, with a key or without; `none`: it has no anycast addresses. */
export function client(form: Form): Recorder {
  const recorder = new Recorder(imagePath(CLIENT_IMAGE)).messages([
    ...[say.entropy, say.port(LINK, PortKind.ETHER), say.port(APPLICATION, PortKind.IP), say.address(LINK, CLIENT)],
    say.route(LINK, new Uint8Array(16), 0, ROUTER),
    ...(form === "none" ? [] : [key, say.anycastClient(ANYCAST, form === "plain" ? 0 : KEY.id)]),
  ]);
  recorder.pass(3000);
  recorder.rx(APPLICATION, request(FIRST_PORT - 1)).pass(100);
  const learnt = neighbourAdvertisement(ROUTER, ROUTER_MAC, CLIENT, portMac(LINK));
  recorder.rx(LINK, learnt).pass(100);
  return recorder;
}

export function request(port: number): Uint8Array {
  const data = new Uint8Array(20);
  return ip6(CLIENT, ANYCAST, Protocol.UDP, udp(CLIENT, ANYCAST, [port, SERVER_PORT], data));
}

/** The client after so many requests. */
export function asked(form: Form, count: number): Asked {
  const recorder = client(form);
  const requests = Array.from({ length: count }, (_, i) => {
    const port = FIRST_PORT + i;
    recorder.sent();
    recorder.rx(APPLICATION, request(port));
    const [left] = recorder.sent();
    return { port, nonce: nonceOf(left.frame) };
  });
  return { tape: recorder.tape, requests };
}

/** Of a request with form 3; others have none. */
export function nonceOf(frame: Uint8Array): Uint8Array {
  return Uint8Array.from(frame.subarray(ETHER + IP6 + 8, ETHER + IP6 + 16));
}

/** Genuine answers; the application sees them come from where it asked. */
export function clientCases({ requests }: Asked, form: Form, size: number): Case[] {
  return requests.map(({ port, nonce }) => ({
    port: LINK,
    frame: arriving(identified(datagram(SERVER, CLIENT, port, size), form, nonce)),
    outPort: APPLICATION,
    out: datagram(form === "none" ? SERVER : ANYCAST, CLIENT, port, size),
  }));
}

export function arriving(packet: Uint8Array): Uint8Array {
  return concat(ether(portMac(LINK), ROUTER_MAC, packet));
}
