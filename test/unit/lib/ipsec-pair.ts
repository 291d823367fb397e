/**
 * Two core images back to back on one link, each with an application behind it (a port of raw packets) and records that are kept:
 *
 *     application ─1─ left (2001:db8:1::1) ─0──────0─ right (2001:db8:1::2) ─1─ application
 */
import { createHash } from "node:crypto";
import { Direction, Encryption, Integrity, Mode, PolicyAction } from "../../../assembly/abi/ipsec.js";
import { Message } from "../../../assembly/abi/message.js";
import { PortKind } from "../../../assembly/abi/port.js";
import { Verdict } from "../../../assembly/abi/verdict.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Core, NEVER } from "../../../host-sim/core/core.js";
import { loadImage } from "../../../host-sim/core/image.js";
import { Messages } from "../../../host-sim/core/messages.js";
import type { AssociationSettings, PolicySettings } from "../../../host-sim/core/settings.js";
import { type DecodedEvent, decodeEvent } from "../../../host-sim/trace/events.js";
import * as frames from "../../bench/frames.js";

export const LEFT = "2001:db8:1::1";
export const RIGHT = "2001:db8:1::2";
export const ESP = 50;
export const AH = 51;
const ETHERNET = 14;
const mac = (n: number) => Uint8Array.of(2, 0, 0, 0, 0, n);

/** A frame on the link between both. May be changed, held back, repeated. */
export interface Wire {
  from: "left" | "right";
  frame: Uint8Array;
}

export class Host {
  readonly core: Core;
  readonly records: Map<number, Uint8Array>;
  /** Are records safe as soon as they are given out? */
  keeping = true;
  /** How many records were given out. */
  written = 0;
  private unkept = 0;
  private readonly told: DecodedEvent[] = [];
  /** To the application since the last `received()`. */
  private delivered: Uint8Array[] = [];
  out: Uint8Array[] = [];

  constructor(
    readonly address: string,
    readonly n: number,
    settings: Messages[],
    options: { image?: string; records?: Map<number, Uint8Array>; keeping?: boolean } = {},
  ) {
    this.core = new Core(loadImage(options.image ?? "host").module);
    this.records = new Map(options.records);
    this.keeping = options.keeping ?? true;
    this.core.setClock(1000);
    this.core.configure(new Messages().entropy(new Uint8Array(32).fill(n)).bytes());
    const start = new Messages().port(0, PortKind.ETHER, 1500, mac(n)).port(1, PortKind.IP, 1500, new Uint8Array(6));
    for (const [id, data] of this.records) start.stored(id, data);
    this.configure(start.address(0, parseIp6(address), 64, 1));
    this.configure(...settings);
  }
  configure(...settings: Messages[]): this {
    for (const messages of settings) this.core.configure(messages.bytes());
    this.collect();
    return this;
  }
  rx(port: number, frame: Uint8Array): void {
    if (!this.core.rx(port, frame)) throw new Error("no buffer was free");
    this.collect();
  }
  /** What waits for records goes on. */
  keep(): void {
    if (this.unkept > 0) this.core.stored(this.unkept);
    this.unkept = 0;
    this.collect();
  }
  collect(): void {
    this.core.drain((port, frame) => (port === 1 ? this.delivered : this.out).push(frame.slice()));
    this.core.events((view, offset) => this.told.push(decodeEvent(view, offset)));
    this.core.stores((id, data, generation) => {
      this.records.set(id, data.slice());
      this.unkept = generation;
      this.written++;
    });
    if (this.keeping && this.unkept > 0) this.keep();
  }
  received(): Uint8Array[] {
    return this.delivered.splice(0);
  }
  events(): DecodedEvent[] {
    return this.told.splice(0);
  }
  /** Every drop counter above zero, by name. */
  drops(): Record<string, number> {
    const rows = this.core.query(Message.COUNTERS).map((row) => new DataView(row.buffer, row.byteOffset));
    return Object.fromEntries(rows.map((view) => [Verdict[view.getUint16(0, true)], view.getUint32(4, true)]));
  }
  /** Rows of the security association database by SPI. */
  associations(): Map<number, { seq: number; kept: number; bytes: number; flags: number }> {
    return new Map(
      this.core.query(Message.ASSOCIATIONS).map((row) => {
        const view = new DataView(row.buffer, row.byteOffset);
        const u64 = (at: number) => Number(view.getBigUint64(at, true));
        return [view.getUint32(0, true), { seq: u64(16), kept: u64(24), bytes: u64(32), flags: row[10] }];
      }),
    );
  }
}

export class Pair {
  left: Host;
  right: Host;
  now = 1000;
  /** What was on the link since the last `wires()`, neighbour discovery left out. */
  private seen: Wire[] = [];
  /** What becomes of a frame: those that it answers go on. */
  fate: (wire: Wire) => Uint8Array[] = ({ frame }) => [frame];

  constructor(left: Messages[], right: Messages[], options: { image?: string; images?: [string, string] } = {}) {
    const [one, other] = options.images ?? [options.image, options.image];
    this.left = new Host(LEFT, 1, left, { image: one });
    this.right = new Host(RIGHT, 2, right, { image: other });
    this.settle();
  }
  /** Carries frames until both are silent. */
  settle(): this {
    for (let busy = true; busy; ) {
      busy = false;
      for (const [from, to, name] of [
        [this.left, this.right, "left"],
        [this.right, this.left, "right"],
      ] as const) {
        for (const frame of from.out.splice(0)) {
          busy = true;
          const wire: Wire = { from: name, frame };
          const link = frame[ETHERNET + 6] === 58 && frame[ETHERNET + 40] >= 133;
          if (!link) this.seen.push(wire);
          for (const out of link ? [frame] : this.fate(wire)) to.rx(0, out);
        }
      }
    }
    return this;
  }
  pass(ms: number): this {
    const end = this.now + ms;
    for (let calls = 0; calls < 10000; calls++) {
      const wait = Math.min(this.left.core.tick(), this.right.core.tick());
      this.left.collect();
      this.right.collect();
      this.settle();
      if (wait === NEVER || this.now + wait > end) break;
      this.setClock(this.now + wait);
    }
    this.setClock(end);
    return this;
  }
  private setClock(now: number): void {
    this.now = now;
    this.left.core.setClock(now);
    this.right.core.setClock(now);
  }
  /** Packets on the link, without their Ethernet headers. */
  wires(): { from: string; packet: Uint8Array }[] {
    return this.seen.splice(0).map(({ from, frame }) => ({ from, packet: frame.subarray(ETHERNET) }));
  }
  /** An echo request of the application of `from`. */
  echo(from: "left" | "right", size: number): Uint8Array {
    const [a, b] = (from === "left" ? [LEFT, RIGHT] : [RIGHT, LEFT]).map(parseIp6);
    return frames.ip6(a, b, 58, frames.icmp6(a, b, 128, 0, new Uint8Array(4 + size).fill(size)));
  }
  /** The application of `from` sends a UDP packet to the other side's; what arrives there. */
  send(from: "left" | "right", size = 40, ports: [number, number] = [4000, 5000]): Uint8Array[] {
    const [host, other] = from === "left" ? [this.left, this.right] : [this.right, this.left];
    host.rx(1, udp(host.address, other.address, size, ports));
    this.settle();
    return other.received();
  }
}
/** Everything between both in one association each way, in transport mode unless told otherwise; what no policy names is discarded. */
export function protectedPair(more: Partial<AssociationSettings> = {}, rule: Parameters<typeof policy>[2] = {}): Pair {
  const tunnel = (side: "left" | "right") => (rule.mode === Mode.TUNNEL ? tunnelEnds(side) : {});
  const both = ends((side) => policy(1, PolicyAction.PROTECT, { ...rule, ...tunnel(side) }), more);
  return new Pair([switchOn(), both.left], [switchOn(), both.right]);
}
export const switchOn = (bypass = false) => new Messages().ipsec(bypass);
/** The tunnel between both. */
export function tunnelEnds(side: "left" | "right"): { tunnelLocal: Uint8Array; tunnelRemote: Uint8Array } {
  const [local, remote] = side === "left" ? [LEFT, RIGHT] : [RIGHT, LEFT];
  return { tunnelLocal: parseIp6(local), tunnelRemote: parseIp6(remote) };
}
export function udp(from: string, to: string, size: number, ports: [number, number] = [4000, 5000]): Uint8Array {
  const body = Uint8Array.from({ length: size }, (_, i) => i * 3 + size);
  const datagram = frames.udp(parseIp6(from), parseIp6(to), ports, body);
  return frames.ip6(parseIp6(from), parseIp6(to), frames.Protocol.UDP, datagram);
}

const ANY = { version: 6 as const, address: new Uint8Array(16), length: 0 };
const prefix = (text: string) => ({ version: 6 as const, address: parseIp6(text), length: 128 });
const NOWHERE = new Uint8Array(16);

/** A policy for everything in both directions, transport mode, unless told otherwise. */
export function policy(
  id: number,
  action: PolicyAction,
  more: Partial<Omit<PolicySettings, "local" | "remote">> & { local?: string; remote?: string } = {},
): PolicySettings {
  const { local, remote, ...rest } = more;
  return {
    id,
    process: 0,
    action,
    directions: Direction.IN | Direction.OUT,
    mode: Mode.TRANSPORT,
    protocol: 0,
    flags: more.protocol === undefined ? 1 : 0,
    local: local ? prefix(local) : ANY,
    remote: remote ? prefix(remote) : ANY,
    localPorts: [0, 0xffff],
    remotePorts: [0, 0xffff],
    tunnelLocal: NOWHERE,
    tunnelRemote: NOWHERE,
    ...rest,
  };
}
/** A key of `size` bytes that only `seed` tells apart. */
export function key(seed: number, size: number): Uint8Array {
  return new Uint8Array(createHash("sha512").update(`${seed}`).digest()).subarray(0, size);
}
/** ChaCha20-Poly1305 with a key of its own for each SPI, unless told otherwise. */
export function association(
  direction: Direction,
  spi: number,
  policyId: number,
  more: Partial<AssociationSettings> = {},
): AssociationSettings {
  return {
    spi,
    policy: policyId,
    direction,
    protocol: ESP,
    encryption: Encryption.CHACHA20_POLY1305,
    integrity: Integrity.NONE,
    flags: 0,
    softPercent: 0,
    window: 64,
    hardBytes: 0,
    hardPackets: 0,
    hardSeconds: 0,
    key: key(spi, 36),
    integrityKey: new Uint8Array(0),
    ...more,
  };
}
/** AH with HMAC-SHA-256. */
export const AH_SHA256: Partial<AssociationSettings> = {
  protocol: AH,
  encryption: Encryption.NONE,
  integrity: Integrity.HMAC_SHA2_256_128,
  key: new Uint8Array(0),
  integrityKey: key(0x77, 32),
};
/** SPI of what left sends and of what right sends. */
export const L2R = 0x1001;
export const R2L = 0x2001;

/** Both ends of one policy with an association each way; `process` shifts the SPIs. */
export function ends(
  p: (side: "left" | "right") => PolicySettings,
  more: Partial<AssociationSettings> = {},
): { left: Messages; right: Messages } {
  const settings = (side: "left" | "right"): Messages => {
    const rule = p(side);
    const shift = rule.id * 0x10;
    const [out, into] = side === "left" ? [L2R, R2L] : [R2L, L2R];
    return new Messages()
      .policy(rule)
      .association(association(Direction.OUT, out + shift, rule.id, more))
      .association(association(Direction.IN, into + shift, rule.id, more));
  };
  return { left: settings("left"), right: settings("right") };
}
/** Next header numbers of a packet from the IPv6 header on, as far as they are in the clear. */
export function chain(packet: Uint8Array): number[] {
  const found = [packet[6]];
  let at = 40;
  for (
    let next = packet[6];
    ;
    at += next === AH ? (packet[at + 1] + 2) * 4 : next === 41 ? 40 : (packet[at + 1] + 1) * 8
  ) {
    if (next !== 0 && next !== 43 && next !== 60 && next !== AH && next !== 41) return found;
    const named = next === 41 ? at + 6 : at;
    next = packet[named];
    found.push(next);
  }
}
