/**
 * The terminal image on visited link A of test/unit/roles/mobile-world.ts, registered with its home agent, program 10000 running: IPv4
 * packets at its application port, IPv6 packets in its tunnel.
 */
import assert from "node:assert/strict";
import { Event } from "../../../assembly/abi/event.js";
import { parseIp4, parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { bytes, IP6_IN_IP6, readIp6, writeIp6 } from "../../reference/ip.js";
import { A, AGENT, HOME, type LinkOptions, PEER, World } from "../roles/mobile-world.js";

export const OWN6 = parseIp6(HOME);
export const OWN4 = parseIp4("192.168.0.10");
export const PEER6 = parseIp6(PEER);
export const PEER4 = parseIp4("192.168.0.100");
const AGENT6 = parseIp6(AGENT);
const ETHERNET = 14;
const APPLICATION = 1;

export interface TerminalOut {
  /** What the tunnel carried, without the outer header. */
  tunnelled: Uint8Array[];
  /** Outer packets as they were on the link. */
  outer: Uint8Array[];
  application: Uint8Array[];
}

export class Terminal {
  readonly world: World;
  coa: Uint8Array = new Uint8Array(16);

  constructor(options: { program?: number; settings?: Messages } = {}) {
    this.world = new World({ program: options.program ?? 10000 });
    const pool = new Messages().pool4(parseIp4("192.168.0.0"), 24, 1);
    this.world.configure(options.settings ?? pool.translation(OWN6, OWN4).translation(PEER6, PEER4));
  }
  /** To a link, with a link event, up to the acknowledgement. */
  roam(link: LinkOptions = A): this {
    this.coa = parseIp6(this.world.roam(link).coa);
    this.world.pass(1500); // past duplicate address detection
    return this;
  }
  /** The application's events since the last call: `4 192.168.0.10/32 1440`, `4 192.168.0.10/0`. */
  told(): string[] {
    return this.world.node
      .takeEvents()
      .filter((event) => event.kind === Event.APPLICATION)
      .map((event) => `${event.code} ${event.a}/${event.x}${event.x > 0 ? ` ${event.y}` : ""}`);
  }
  fromApplication(packet: Uint8Array): TerminalOut {
    this.world.sent();
    this.world.fromApp(packet);
    return this.out();
  }
  /** The home agent tunnels `inner`. */
  fromTunnel(inner: Uint8Array): TerminalOut {
    return this.fromLink(writeIp6({ src: AGENT6, dst: this.coa, next: IP6_IN_IP6, payload: inner }));
  }
  fromLink(packet: Uint8Array): TerminalOut {
    this.world.sent();
    this.world.give(packet);
    return this.out();
  }
  private out(): TerminalOut {
    const out: TerminalOut = { tunnelled: [], outer: [], application: [] };
    for (const { port, bytes: frame } of this.world.sent()) {
      if (port === APPLICATION) out.application.push(frame);
      else if (readIp6(frame.slice(ETHERNET))?.next === IP6_IN_IP6) out.outer.push(frame.slice(ETHERNET));
    }
    out.tunnelled = together(out.outer).map((packet) => {
      assert.deepEqual([packet.src, packet.dst], [this.coa, AGENT6]);
      return packet.payload;
    });
    return out;
  }
}

/** Outer packets with their fragments put together, in order. */
function together(outer: Uint8Array[]): { src: Uint8Array; dst: Uint8Array; payload: Uint8Array }[] {
  const whole: { src: Uint8Array; dst: Uint8Array; payload: Uint8Array }[] = [];
  for (const packet of outer) {
    const ip = readIp6(packet)!;
    if (ip.fragment && ip.fragment.offset > 0) {
      const last = whole[whole.length - 1];
      assert.equal(ip.fragment.offset, last.payload.length);
      last.payload = bytes(last.payload, ip.payload);
    } else whole.push({ src: ip.src, dst: ip.dst, payload: ip.payload });
  }
  return whole;
}

/** Registered on link A. */
export function registeredTerminal(options: { program?: number; settings?: Messages } = {}): Terminal {
  return new Terminal(options).roam();
}
