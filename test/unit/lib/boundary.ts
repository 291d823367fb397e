/** A boundary router between an inside link (port 0) and an outside link (port 1), servers, a client and packets with identifiers. */
import { createHmac } from "node:crypto";
import type { AnycastKeyUse } from "../../../assembly/abi/anycast.js";
import { Message } from "../../../assembly/abi/message.js";
import { PortKind } from "../../../assembly/abi/port.js";
import { formatIp6, parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { le } from "../../bench/frames.js";
import { be, concat, frame, Protocol, type Station, solicitation, udp } from "./lan.js";
import { Node } from "./node.js";

const mac = (n: number) => Uint8Array.of(2, 0, 0, 0, 5, n);
/** The router's own addresses. */
export const INSIDE: Station = { ip: "2001:db8:a::1", mac: mac(1) };
export const OUTSIDE: Station = { ip: "2001:db8:e::1", mac: mac(2) };
/** Servers and others inside. */
export const U: Station = { ip: "2001:db8:a::2", mac: mac(3) };
export const U2: Station = { ip: "2001:db8:a::3", mac: mac(4) };
export const STRANGER: Station = { ip: "2001:db8:a::66", mac: mac(5) };
/** The next router outside, and a client behind it. */
export const NEXT: Station = { ip: "2001:db8:e::9", mac: mac(6) };
export const CLIENT: Station = { ip: "2001:db8:c::1", mac: mac(6) };
export const S = "2001:db8:53::53";
export const S2 = "2001:db8:54::53";
export const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
export const KEY_ID = 7;
export const NONCE = Uint8Array.from({ length: 8 }, (_, i) => 0xa0 + i);

/** The same station seen through the router: its address, the router's link address. */
export const via = (to: Station, router: Station): Station => ({ ip: to.ip, mac: router.mac });

const say = () => new Messages();
export const listing = (s: string) => say().boundaryAnycast(parseIp6(s)).bytes();
export const byHand = (u: string, s: string, cost = 10) => say().boundaryServer(parseIp6(u), parseIp6(s), cost).bytes();
export const side = (port: number, inside: boolean) => say().boundary(port, inside).bytes();
export const keyFor = (s: string, id: number, use: AnycastKeyUse, key: Uint8Array) =>
  say().anycastKey(parseIp6(s), id, use, key).bytes();
/** Takes a row away, which no configuration says. */
export const notByHand = (u: string, s: string) =>
  concat(le(16, Message.BOUNDARY_SERVER_DELETE, 36), new Uint8Array(4), parseIp6(u), parseIp6(s));

export interface ServerRow {
  u: string;
  s: string;
  left: number;
  cost: number;
  hops: number;
  nearest: boolean;
}
/** The boundary router under test, with a disk that outlives it. */
export class Boundary extends Node {
  constructor(
    private readonly messages: Uint8Array[] = [],
    bounded = true,
    readonly disk = new Map<number, Uint8Array>(),
    private readonly life = 0,
  ) {
    const settings = new Messages()
      .entropy(Uint8Array.from({ length: 32 }, (_, i) => i * 13 + life))
      .trace(1)
      .port(0, PortKind.ETHER, 1500, INSIDE.mac)
      .port(1, PortKind.ETHER, 1500, OUTSIDE.mac);
    for (const [id, data] of disk) settings.stored(id, data);
    settings
      .address(0, parseIp6(INSIDE.ip), 64, 1)
      .address(1, parseIp6(OUTSIDE.ip), 64, 1)
      .route(1, new Uint8Array(16), 0, parseIp6(NEXT.ip));
    super("boundary-router", settings);
    this.say(...(bounded ? [side(0, true), side(1, false)] : []), ...messages);
  }
  /** Everybody says where they are, and what was sent so far is forgotten. */
  meet(): this {
    for (const who of [U, U2, STRANGER]) this.rx(0, solicitation(who, INSIDE));
    this.rx(1, solicitation(NEXT, OUTSIDE));
    this.sent();
    return this;
  }
  say(...messages: Uint8Array[]): this {
    this.core.configure(concat(...messages));
    return this.pass(0);
  }
  /** Records that were given out go to the disk. */
  keep(): this {
    this.core.stores((id, data, generation) => {
      if (data.length === 0) this.disk.delete(id);
      else this.disk.set(id, data.slice());
      this.core.stored(generation);
    });
    return this;
  }
  /** Power gone and back: the router of the next life. */
  reboot(): Boundary {
    return new Boundary(this.messages, true, this.keep().disk, this.life + 1);
  }
  servers(): ServerRow[] {
    return this.core.query(Message.ANYCAST_SERVERS).map((r) => ({
      u: formatIp6(r, 0),
      s: formatIp6(r, 16),
      left: new DataView(r.buffer, r.byteOffset).getUint32(32, true),
      cost: r[36],
      hops: r[37],
      nearest: r[38] === 1,
    }));
  }
  /** What became of a frame: the link it left by and to whom, or the drop reasons. */
  fate(port: number, bytes: Uint8Array): string {
    let went: string[] = [];
    const drops = this.meet().dropsOf(() => {
      this.rx(port, bytes);
      went = this.sent().map((f) => `${f.port}>${f.bytes[5]}${f.bytes[20] === 58 && f.bytes[54] === 1 ? "!" : ""}`);
    });
    return [...went, ...Object.keys(drops)].join(" ");
  }
}

export interface Answer {
  s?: string;
  form?: number;
  keyId?: number;
  key?: Uint8Array;
  nonce?: Uint8Array;
  upper?: Uint8Array;
}
/** A Destination Options header with an identifier, docs/anycast-identifier.md §2, in front of its upper-layer packet. */
export function identified(from: Station, to: Station, a: Answer = {}): Uint8Array {
  const upper = a.upper ?? udp(from, to, 20, [53, 40000]);
  const s = parseIp6(a.s ?? S);
  if ((a.form ?? 1) === 1) return concat(be(8, Protocol.UDP, 2, 0x1e, 20, 0x11, 0, 0, 0), s, upper);
  const keyId = a.keyId ?? KEY_ID;
  const data = concat(be(8, 0x12, 0), be(16, keyId), s, a.nonce ?? NONCE);
  const length = be(32, upper.length, Protocol.UDP);
  const mac = createHmac("sha256", a.key ?? KEY)
    .update(concat(data, parseIp6(to.ip), parseIp6(from.ip), length, upper))
    .digest()
    .subarray(0, 16);
  return concat(be(8, Protocol.UDP, 5, 0x1e, 44), data, mac, upper);
}
/** An answer with an identifier, on its way to the router. */
export function answer(from: Station, to: Station, router: Station, a: Answer = {}): Uint8Array {
  return frame(from, via(to, router), Protocol.OPTIONS, identified(from, to, a));
}
