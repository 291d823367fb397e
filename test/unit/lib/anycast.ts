/** A client (left) and a server (right) of one anycast address on one link; the option by the bytes of docs/anycast-identifier.md §2. */
import { AnycastKeyUse } from "../../../assembly/abi/anycast.js";
import { Message } from "../../../assembly/abi/message.js";
import { PortKind } from "../../../assembly/abi/port.js";
import { formatIp6, parseIp6 } from "../../../host-sim/core/address.js";
import type { Profile } from "../../../host-sim/core/image.js";
import { Messages } from "../../../host-sim/core/messages.js";
import * as frames from "../../bench/frames.js";
import { LEFT, Pair, RIGHT } from "./ipsec-pair.js";
import { ME, ME_LOCAL, ROUTER, solicitation } from "./lan.js";
import { Node } from "./node.js";

export const S = "2001:db8:1::53";
export const C = LEFT;
export const U = RIGHT;
/** An address on the link that nobody has been told to serve. */
export const OTHER = "2001:db8:1::54";
export const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
export const KEY_ID = 7;

export function keyMessage(id = KEY_ID, key: Uint8Array = KEY, anycast = S): Messages {
  return new Messages().anycastKey(parseIp6(anycast), id, AnycastKeyUse.IDENTIFIER, key);
}
/** ANYCAST_KEY_DELETE, which no configuration says. */
export function keyDelete(id = KEY_ID, anycast = S): Messages {
  const value = frames.concat(
    frames.le(16, Message.ANYCAST_KEY_DELETE, 20, id),
    frames.be(8, AnycastKeyUse.IDENTIFIER, 0),
  );
  const bytes = frames.concat(value, parseIp6(anycast));
  return Object.assign(new Messages(), { bytes: () => bytes });
}
/** 0 seconds: not in the list any more. */
export function clientMessage(keyId: number, seconds = 30, anycast = S): Messages {
  return new Messages().anycastClient(parseIp6(anycast), keyId, seconds);
}
/** `::`: not served any more. */
export function serverMessage(anycast = S, unicast = U): Messages {
  return new Messages().anycastServer(parseIp6(anycast), parseIp6(unicast));
}
/** Plain form, or with the key at both ends. */
export function anycastPair(keyed: boolean, options: { images?: [string, string] } = {}): Pair {
  const keys = keyed ? [keyMessage()] : [];
  return new Pair([...keys, clientMessage(keyed ? KEY_ID : 0)], [...keys, serverMessage()], options);
}
/** One end alone, its only way out a router; whole packets in and out. */
export class End {
  readonly node: Node;
  constructor(
    image: string,
    private readonly own: string,
    settings: Messages[],
    options: { profile?: Profile; mtu?: number } = {},
  ) {
    const start = new Messages()
      .port(0, PortKind.ETHER, options.mtu ?? 1500, ME.mac)
      .port(1, PortKind.IP, 1500)
      .address(0, parseIp6(own), 64, 1)
      .address(0, parseIp6(ME_LOCAL.ip), 64, 1)
      .route(0, new Uint8Array(16), 0, parseIp6(ROUTER.ip));
    this.node = new Node(image, start, { ipPorts: [1], profile: options.profile });
    this.pass(2500);
    for (const messages of settings) this.node.configure(messages);
    this.node.pass(1).sent();
    this.node.events();
  }
  /** Lets time pass; the router's link address stays known. */
  pass(ms: number): void {
    this.node.pass(ms);
    this.node.rx(0, solicitation(ROUTER, { ip: this.own, mac: ME.mac }));
    this.node.sent();
  }
  /** The application sends; packets on the link. */
  sends(...packets: Uint8Array[]): Uint8Array[] {
    this.node.rx(1, ...packets);
    return this.taken().out;
  }
  /** From the link: what the application gets, and what goes out again. */
  receives(...packets: Uint8Array[]): { app: Uint8Array[]; out: Uint8Array[] } {
    for (const packet of packets) this.node.rx(0, frames.ether(ME.mac, ROUTER.mac, packet));
    return this.taken();
  }
  private taken(): { app: Uint8Array[]; out: Uint8Array[] } {
    const all = this.node.sent();
    const out = all.filter(({ port }) => port === 0).map(({ bytes }) => new Uint8Array(bytes.subarray(frames.ETHER)));
    const discovery = (packet: Uint8Array) => packet[6] === frames.Protocol.ICMP6 && packet[40] >= 133;
    return {
      app: all.filter(({ port }) => port === 1).map(({ bytes }) => new Uint8Array(bytes)),
      out: out.filter((packet) => !discovery(packet)),
    };
  }
  /** Rows of ANYCAST_REQUESTS: `S C 17/40000/53`, and `+` when they ask for an authenticator. */
  requests(): string[] {
    return this.node.core.query(Message.ANYCAST_REQUESTS).map((row) => {
      const view = new DataView(row.buffer, row.byteOffset);
      const flow = `${row[36]}/${view.getUint16(32, true)}/${view.getUint16(34, true)}`;
      return `${formatIp6(row, 0)} ${formatIp6(row, 16)} ${flow}${row[37] ? "+" : ""}`;
    });
  }
}
/** A datagram in its IPv6 header. */
export function datagram(from: string, to: string, ports: [number, number], data: Uint8Array): Uint8Array {
  const [a, b] = [parseIp6(from), parseIp6(to)];
  return frames.ip6(a, b, frames.Protocol.UDP, frames.udp(a, b, ports, data));
}
