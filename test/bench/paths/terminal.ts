import { parseIp4, parseIp6 } from "../../../host-sim/core/address.js";
import { imagePath } from "../build.js";
import { be, ether, ip4, ip6, Protocol, portMac, udp } from "../frames.js";
import * as say from "../messages.js";
import { PortKind } from "../messages.js";
import type { Path } from "../path.js";
import { register } from "../peers.js";
import { Recorder } from "../recorder.js";
import { shuffled } from "../stats.js";
import type { Case, Tape } from "../tape.js";
import { destination } from "./traffic.js";

const HOME = parseIp6("2001:db8:1::100");
const AGENT = parseIp6("2001:db8:1::1");
const ROUTER = parseIp6("fe80::1");
const ROUTER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 0xaa);
const VISITED = parseIp6("2001:db8:2::");
/** The application's own virtual address, and the pool that it is from. */
const OWN4 = parseIp4("10.0.0.5");
const POOL4 = parseIp4("10.0.0.0");
const LINK = 0;
const APPLICATION = 1;
/** RFC 7915 §5.1: what is longer gets DF, what is not may be fragmented. */
const MAY_FRAGMENT = 1260;

/** The virtual IPv4 address of correspondent `n`. */
function virtual4(n: number): Uint8Array {
  return be(8, 10, 1, n >> 8, n & 0xff);
}

/** A terminal's image that talks to so many correspondents. */
interface Terminal {
  image: string;
  correspondents: number;
}

/** The state that both ways start from, and the care-of address: recorded once, the image decides on the address. */
interface Registered {
  tape: Tape;
  careOf: Uint8Array;
}
const recorded = new Map<string, Registered>();

function registered({ image, correspondents }: Terminal): Registered {
  const known = recorded.get(image);
  if (known) return known;
  const recorder = new Recorder(imagePath(image)).messages([
    say.entropy,
    say.port(LINK, PortKind.ETHER),
    say.port(APPLICATION, PortKind.IP),
    say.host(LINK),
    say.mobileNode(LINK, HOME, AGENT),
    say.pool4(POOL4, 16),
    say.translation(HOME, OWN4),
    ...Array.from({ length: correspondents }, (_, n) => say.translation(destination(n), virtual4(n))),
    say.program(10000),
  ]);
  const place = { port: LINK, mac: portMac(LINK), router: ROUTER, routerMac: ROUTER_MAC, prefix: VISITED };
  const careOf = register(recorder, { ...place, home: HOME, agent: AGENT });
  const state = { tape: recorder.tape, careOf };
  recorded.set(image, state);
  return state;
}

function data(size: number): Uint8Array {
  return Uint8Array.from({ length: size - 28 }, (_, i) => i * 7 + size);
}

/** Correspondents in shuffled order. */
function order({ correspondents }: Terminal): number[] {
  return shuffled(Array.from({ length: correspondents }, (_, n) => n));
}

/** IPv4 from the application; IPv6 in the tunnel to the home agent. */
function outbound(terminal: Terminal, size: number): Case[] {
  const { careOf } = registered(terminal);
  return order(terminal).map((n) => {
    const to = destination(n);
    const inner = ip6(HOME, to, Protocol.UDP, udp(HOME, to, [4000, 5000], data(size)), 63);
    return {
      port: APPLICATION,
      frame: ip4(OWN4, virtual4(n), Protocol.UDP, udp(OWN4, virtual4(n), [4000, 5000], data(size))),
      outPort: LINK,
      out: ether(ROUTER_MAC, portMac(LINK), ip6(careOf, AGENT, Protocol.IP6, inner)),
    };
  });
}

/** IPv6 in the tunnel from the home agent; IPv4 for the application. */
function inbound(terminal: Terminal, size: number): Case[] {
  const { careOf } = registered(terminal);
  return order(terminal).map((n) => {
    const from = destination(n);
    const inner = ip6(from, HOME, Protocol.UDP, udp(from, HOME, [5000, 4000], data(size)));
    const datagram = udp(virtual4(n), OWN4, [5000, 4000], data(size));
    return {
      port: LINK,
      frame: ether(portMac(LINK), ROUTER_MAC, ip6(AGENT, careOf, Protocol.IP6, inner)),
      outPort: APPLICATION,
      out: ip4(virtual4(n), OWN4, Protocol.UDP, datagram, 63, size > MAY_FRAGMENT),
    };
  });
}

export function translateAndTunnel(terminal: Terminal): Path {
  return {
    name: "terminal, out",
    image: terminal.image,
    setup: () => registered(terminal).tape,
    cases: (size) => outbound(terminal, size),
  };
}

export function untunnelAndTranslate(terminal: Terminal): Path {
  return {
    name: "terminal, in",
    image: terminal.image,
    setup: () => registered(terminal).tape,
    cases: (size) => inbound(terminal, size),
  };
}
