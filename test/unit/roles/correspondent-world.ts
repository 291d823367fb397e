/**
 * A correspondent, played by hand:
 *
 *     its link 2001:db8:8::/64: router fe80::8     itself 2001:db8:8::1001, with an application
 *     mobile node 2001:db8:7::1000, visiting 2001:db8:a::5 and 2001:db8:b::5
 */
import { Message } from "../../../assembly/abi/message.js";
import { PortKind } from "../../../assembly/abi/port.js";
import { formatIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { Node } from "../lib/node.js";
import { addr, type Bytes, ether, mac, na } from "./mobile-frames.js";
import { type Bound, bindingUpdate, coti, hoti, type Token } from "./return-frames.js";

export const CN = "2001:db8:8::1001";
export const HOME = "2001:db8:7::1000";
export const COA = "2001:db8:a::5";
export const OTHER = "2001:db8:b::5";
const ROUTER = "fe80::8";
/** The router's neighbour discovery answers no later than this. */
const STEP_MS = 500;
const LINK = 0;
const APP = 1;
const OWN_MAC = mac(1);
const ROUTER_MAC = mac(8);
export const cookie = (n: number): Bytes => Uint8Array.of(n, 2, 3, 4, 5, 6, 7, 8);

export class Correspondent {
  readonly node: Node;
  constructor(options: { on?: boolean; lifetime?: number; app?: boolean; mtu?: number } = {}) {
    this.node = new Node("host", new Messages(), { ipPorts: [APP] });
    const settings = new Messages()
      .trace(2)
      .port(LINK, PortKind.ETHER, options.mtu ?? 1500, OWN_MAC)
      .address(LINK, addr("fe80::1001"), 64, 1)
      .address(LINK, addr(CN), 64, 1)
      .route(LINK, addr("::"), 0, addr(ROUTER));
    if (options.app ?? true) settings.port(APP, PortKind.IP, 1500);
    if (options.on ?? true) settings.correspondent(true, options.lifetime ?? 105);
    this.node.configure(settings);
    this.pass(2000);
    this.node.takeEvents();
  }
  /** A packet from the router; what leaves until `ms` later, the router's address resolved. */
  give(packet: Bytes, ms = 0): { text: string; bytes: Bytes; port: number }[] {
    this.node.rx(LINK, ether(OWN_MAC, ROUTER_MAC, packet));
    return this.pass(ms);
  }
  fromApp(packet: Bytes): { text: string; bytes: Bytes; port: number }[] {
    this.node.rx(APP, packet);
    return this.pass(0);
  }
  pass(ms: number): { text: string; bytes: Bytes; port: number }[] {
    const seen: { text: string; bytes: Bytes; port: number }[] = [];
    for (let left = ms; left > STEP_MS; left -= STEP_MS) seen.push(...this.step(STEP_MS));
    return [...seen, ...this.step(((ms - 1) % STEP_MS) + 1)];
  }
  private step(ms: number): { text: string; bytes: Bytes; port: number }[] {
    const seen: { text: string; bytes: Bytes; port: number }[] = [];
    this.node.pass(ms);
    for (let sent = this.node.sent(); sent.length > 0; sent = this.node.sent()) {
      for (const s of sent) {
        if (s.port === LINK && s.bytes[54] === 135 && s.bytes[20] === 58) {
          if (formatIp6(s.bytes, 62) !== ROUTER) continue;
          const from = formatIp6(s.bytes, 22);
          if (from === "::") continue;
          this.node.rx(LINK, ether(OWN_MAC, ROUTER_MAC, na(ROUTER, from, ROUTER, 0xe0, ROUTER_MAC)));
        } else seen.push({ text: s.text, bytes: s.port === LINK ? s.bytes.slice(14) : s.bytes, port: s.port });
      }
      this.node.pass(0);
    }
    return seen;
  }
  /** Asks for a keygen token. */
  token(kind: "home" | "care-of", from: string, n = 1): Token {
    const [answer, ...more] = this.give((kind === "home" ? hoti : coti)(from, CN, cookie(n)));
    if (!answer || more.length > 0 || answer.bytes[42] !== (kind === "home" ? 3 : 4)) throw new Error("no test");
    return { index: answer.bytes[46] * 256 + answer.bytes[47], token: answer.bytes.slice(56, 64) };
  }
  /** Both tokens for a mobile node. */
  tokens(home = HOME, coa = COA): { homeToken: Token; careOfToken: Token } {
    return { homeToken: this.token("home", home), careOfToken: this.token("care-of", coa) };
  }
  /** A Binding Update that is right, but for what `o` says, and what is answered. */
  update(o: Partial<Bound> = {}): { text: string; bytes: Bytes }[] {
    const home = o.home ?? HOME;
    const coa = o.coa ?? COA;
    const tokens = o.homeToken && o.careOfToken ? {} : this.tokens(home, coa);
    return this.give(bindingUpdate({ home, coa, cn: CN, seq: 1, lifetime: 100, ...tokens, ...o } as Bound));
  }
  /** `2001:db8:7::1000 > 2001:db8:a::5 seq 1`, sorted. */
  bindings(): string[] {
    return this.node.core
      .query(Message.CORRESPONDENTS)
      .map((r) => `${formatIp6(r, 0)} > ${formatIp6(r, 16)} seq ${r[36] + 256 * r[37]}`)
      .sort();
  }
}
/** Status and sequence number of a Binding Acknowledgement behind a type 2 routing header, or without one. */
export function acknowledgement(bytes: Bytes): { status: number; seq: number; lifetime: number; mh: Bytes } {
  const at = bytes[6] === 43 ? 64 : 40;
  const be16 = (n: number): number => bytes[at + n] * 256 + bytes[at + n + 1];
  return { status: bytes[at + 6], seq: be16(8), lifetime: be16(10), mh: bytes.slice(at) };
}
