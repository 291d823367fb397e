/**
 * A translating core between an application (IPv4, port 1) and an IPv6 network (port 0, behind a router that answers neighbour
 * solicitations). What goes in and comes out is IP packets; neighbour discovery and group reports stay inside.
 */
import { Event } from "../../../assembly/abi/event.js";
import { Message } from "../../../assembly/abi/message.js";
import { PortKind } from "../../../assembly/abi/port.js";
import { Verdict } from "../../../assembly/abi/verdict.js";
import { formatIp4, formatIp6, parseIp4, parseIp6, parseMac } from "../../../host-sim/core/address.js";
import { Core } from "../../../host-sim/core/core.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { type DecodedEvent, decodeEvent } from "../../../host-sim/trace/events.js";
import { bytes, ICMP6, writeIp6 } from "../../reference/ip.js";
import { seal } from "../../reference/upper.js";
import type { World } from "../../reference/world.js";
import { testImage } from "./test-image.js";

/** The fixture of table 230. */
export const HOME6 = parseIp6("2000:0:0:7::1000");
export const HOME4 = parseIp4("192.168.0.10");
export const PEER6 = parseIp6("2000:0:0:8::1001");
export const PEER4 = parseIp4("192.168.0.100");
export const NAMES6 = parseIp6("2000:0:0:8::53");
export const NAMES4 = parseIp4("192.168.0.53");
/** The translator's own address: the first of the pool. */
export const GATEWAY4 = parseIp4("192.168.0.1");
const ROUTER6 = parseIp6("fe80::ff");
const ROUTER_MAC = parseMac("02:00:00:00:00:ff");
const OUR_MAC = parseMac("02:00:00:00:00:01");
const LINK = 0;
const APPLICATION = 1;

export interface Out {
  /** IPv6 packets that left for the network. */
  network: Uint8Array[];
  /** IP packets that left for the application. */
  application: Uint8Array[];
  /** Drops by name since the packet went in. */
  drops: Record<string, number>;
}

export interface Row {
  ip6: string;
  ip4: string;
  /** Seconds left; Infinity = for ever. */
  seconds: number;
  flags: number;
}

export interface RigOptions {
  /** IPv4 pool; the fixture lies in the default. */
  pool4?: [string, number, number];
  pool6?: [string, number];
  fixture?: boolean;
  mtu6?: number;
  mtu4?: number;
  dns?: boolean;
}

export class Rig {
  readonly core: Core;
  readonly mtu6: number;
  readonly mtu4: number;
  ms = 1000;
  readonly events: DecodedEvent[] = [];
  private known: Record<string, number> = {};

  constructor(options: RigOptions = {}) {
    this.mtu6 = options.mtu6 ?? 1500;
    this.mtu4 = options.mtu4 ?? 1500;
    this.core = new Core(testImage("translation-bench"));
    this.core.setClock(this.ms);
    const m = new Messages().entropy(new Uint8Array(32).fill(9)).trace(1);
    m.port(LINK, PortKind.ETHER, this.mtu6, OUR_MAC).port(APPLICATION, PortKind.IP, this.mtu4);
    m.address(LINK, parseIp6("fe80::1"), 64, 1).route(LINK, parseIp6("::"), 0, ROUTER6);
    const [prefix, length, flags] = options.pool4 ?? ["192.168.0.0", 24, 1];
    m.pool4(parseIp4(prefix), length, flags);
    if (options.pool6) m.pool6(parseIp6(options.pool6[0]), options.pool6[1]);
    if (options.fixture !== false) m.translation(HOME6, HOME4).translation(PEER6, PEER4);
    if (options.dns) m.dns(NAMES4, NAMES6);
    this.configure(m);
    this.configure(this.registration());
    this.fromApplication(new Uint8Array(0)); // counted and forgotten: the counters exist from here on
    this.settle();
  }

  /** What a Binding Acknowledgement does: the home address's row is made or renewed. */
  registration(homeAddress = HOME6): Messages {
    const settings = { port: LINK, prefixLength: 64, flags: 0xc0, lifetime4s: 100, homeAgent: parseIp6("::") };
    return new Messages().mobileNode({ ...settings, homeAddress });
  }

  configure(messages: Messages): void {
    this.core.configure(messages.bytes());
    this.settle();
  }

  fromApplication(packet: Uint8Array): Out {
    return this.give(APPLICATION, packet);
  }
  fromNetwork(packet: Uint8Array): Out {
    return this.give(LINK, bytes(OUR_MAC, ROUTER_MAC, Uint8Array.of(0x86, 0xdd), packet));
  }
  advance(ms: number): Out {
    this.ms += ms;
    this.core.setClock(this.ms);
    this.core.tick();
    return this.settle();
  }

  rows(): Row[] {
    return this.core.query(Message.TRANSLATIONS).map((row) => {
      const view = new DataView(row.buffer, row.byteOffset);
      const seconds = view.getUint32(20, true);
      return {
        ip6: formatIp6(row, 0),
        ip4: formatIp4(row, 16),
        seconds: seconds === 0xffffffff ? Number.POSITIVE_INFINITY : seconds,
        flags: view.getUint32(24, true),
      };
    });
  }
  /** Virtual IPv4 address of an IPv6 one, as text. */
  virtual4(ip6: Uint8Array): string | undefined {
    return this.rows().find((row) => row.ip6 === formatIp6(ip6))?.ip4;
  }
  virtual6(ip4: Uint8Array): string | undefined {
    return this.rows().find((row) => row.ip4 === formatIp4(ip4))?.ip6;
  }

  /** The reference translator's world as table 230 is now: nothing is drawn. */
  world(): World {
    const rows = this.rows();
    const known4 = (ip6: Uint8Array) => parsed(parseIp4, rows.find((row) => row.ip6 === formatIp6(ip6))?.ip4);
    const known6 = (ip4: Uint8Array) => parsed(parseIp6, rows.find((row) => row.ip4 === formatIp4(ip4))?.ip6);
    return { to4: known4, to6: known6, known4, known6, gateway: GATEWAY4, mtu4: this.mtu4, mtu6: this.mtu6 };
  }

  /** Frames that may go in at once; a buffer that was never given back shows as a smaller number. */
  buffersFree(): number {
    // Packets that stay in the transmit queue hold their buffers: nothing is drained until the pool is empty.
    const filler = this.filler();
    this.core.rx(LINK, filler);
    this.settle(); // resolves the neighbour that the answers go to
    let count = 0;
    while (count < 1000 && this.core.rx(LINK, filler)) count++;
    this.settle();
    return count;
  }
  /** An echo request to the core itself: the answer waits in its own buffer. */
  private filler(): Uint8Array {
    const ends = { src: ROUTER6, dst: parseIp6("fe80::1") };
    const upper = seal(ends, ICMP6, Uint8Array.of(128, 0, 0, 0, 0, 1, 0, 1));
    const packet = writeIp6({ ...ends, next: ICMP6, payload: upper });
    return bytes(OUR_MAC, ROUTER_MAC, Uint8Array.of(0x86, 0xdd), packet);
  }

  private give(port: number, frame: Uint8Array): Out {
    if (!this.core.rx(port, frame)) throw new Error("no buffer is free");
    return this.settle();
  }

  /** Takes what came out, answers solicitations, and goes on until nothing comes any more. */
  private settle(): Out {
    const out: Out = { network: [], application: [], drops: {} };
    for (let more = true; more; ) {
      const solicited: Uint8Array[] = [];
      this.core.drain((port, frame) => {
        if (port === APPLICATION) out.application.push(frame.slice());
        else if (isNeighbourSolicitation(frame)) solicited.push(frame.slice());
        else if (!isGroupReport(frame)) out.network.push(frame.slice(14));
      });
      this.core.events((view, offset) => {
        const event = decodeEvent(view, offset);
        if (event.kind !== Event.STEP) this.events.push(event);
      });
      for (const frame of solicited) this.core.rx(LINK, advertisement(frame));
      more = solicited.length > 0;
    }
    const before = this.known;
    this.known = this.counters();
    for (const [name, count] of Object.entries(this.known)) {
      if (count !== (before[name] ?? 0)) out.drops[name] = count - (before[name] ?? 0);
    }
    return out;
  }

  counters(): Record<string, number> {
    const rows = this.core.query(Message.COUNTERS);
    return Object.fromEntries(
      rows.map((row) => {
        const view = new DataView(row.buffer, row.byteOffset);
        return [Verdict[view.getUint16(0, true)], view.getUint32(4, true)];
      }),
    );
  }
}

function parsed(parse: (text: string) => Uint8Array, text: string | undefined): Uint8Array | undefined {
  return text === undefined ? undefined : parse(text);
}
function isNeighbourSolicitation(frame: Uint8Array): boolean {
  return frame[20] === ICMP6 && frame[54] === 135;
}
function isGroupReport(frame: Uint8Array): boolean {
  return frame[20] === 0;
}
/** The answer to a solicitation for the router (RFC 4861 §4.4): solicited, overriding, a router. */
function advertisement(solicitation: Uint8Array): Uint8Array {
  const ends = { src: solicitation.slice(62, 78), dst: solicitation.slice(22, 38) };
  const body = bytes(Uint8Array.of(136, 0, 0, 0, 0xe0, 0, 0, 0), ends.src, Uint8Array.of(2, 1), ROUTER_MAC);
  const packet = writeIp6({ ...ends, next: ICMP6, hopLimit: 255, payload: seal(ends, ICMP6, body) });
  return bytes(OUR_MAC, ROUTER_MAC, Uint8Array.of(0x86, 0xdd), packet);
}
