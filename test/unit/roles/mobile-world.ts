/**
 * A terminal between visited links and home, played by hand:
 *
 *     home link 2001:db8:7::/64: home agent ::1 (fe80::7)     visited links 2001:db8:a::/64 (fe80::a), 2001:db8:b::/64 (fe80::b)
 *     home address 2001:db8:7::1000 — correspondent 2001:db8:8::1001
 */
import { Message } from "../../../assembly/abi/message.js";
import { PortKind } from "../../../assembly/abi/port.js";
import { formatIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { Node } from "../lib/node.js";
import { addr, type Bytes, ba, ether, mac, na, ra } from "./mobile-frames.js";

export const HOME = "2001:db8:7::1000";
export const AGENT = "2001:db8:7::1";
export const PEER = "2001:db8:8::1001";
const LINK = 0;
const APP = 1;
const MIRROR = 2;
const OWN_MAC = mac(1);

export interface LinkOptions {
  router: string;
  mac: Bytes;
  prefixes: string[];
  intervalMs?: number;
  homeAgent?: boolean;
}
export const A: LinkOptions = { router: "fe80::a", mac: mac(0xa), prefixes: ["2001:db8:a::/64 LA"] };
export const B: LinkOptions = { router: "fe80::b", mac: mac(0xb), prefixes: ["2001:db8:b::/64 LA"] };
export const AT_HOME: LinkOptions = {
  router: "fe80::7",
  mac: mac(7),
  prefixes: [`${AGENT}/64 LAR`],
  homeAgent: true,
};
export interface Update {
  seq: number;
  lifetime: number;
  flags: number;
  coa: string;
  frame: Bytes;
}

export class World {
  readonly node: Node;
  /** The router of the link that the terminal is on answers solicitations; null: nobody does. */
  link: LinkOptions | null = null;

  constructor(
    options: {
      agent?: string;
      flags?: number;
      lifetime?: number;
      program?: number | null;
      optimistic?: boolean;
      image?: string;
    } = {},
  ) {
    this.node = new Node(options.image ?? "terminal", new Messages(), { ipPorts: [APP, MIRROR] });
    const settings = new Messages()
      .trace(2)
      .port(LINK, PortKind.ETHER, 1500, OWN_MAC)
      .port(APP, PortKind.IP, 1500)
      .port(MIRROR, PortKind.MIRROR, 1500)
      .host(LINK, { autoconfigure: true, optimistic: options.optimistic ?? true, secret: new Uint8Array(32).fill(9) });
    const program = options.program === undefined ? 10001 : options.program;
    if (program !== null) settings.program(program, true);
    settings.mobileNode({
      port: LINK,
      prefixLength: 64,
      flags: options.flags ?? 0xc0,
      lifetime4s: options.lifetime ?? 15,
      homeAddress: addr(HOME),
      homeAgent: addr(options.agent ?? AGENT),
    });
    this.node.configure(settings);
    this.pass(2000);
    this.forget();
  }
  /** A packet from the link, from the router's link address. */
  give(...packets: Bytes[]): void {
    for (const p of packets) this.node.rx(LINK, ether(OWN_MAC, this.link?.mac ?? mac(0xee), p));
    this.pass(0);
  }
  multicast(packet: Bytes): void {
    const group = packet.slice(36, 40);
    this.node.rx(LINK, ether(Uint8Array.of(0x33, 0x33, ...group), this.link?.mac ?? mac(0xee), packet));
    this.pass(0);
  }
  fromApp(packet: Bytes): void {
    this.node.rx(APP, packet);
    this.pass(0);
  }
  advertise(link: LinkOptions | null = this.link): void {
    if (link) this.multicast(ra(link.router, link));
  }
  carrier(up: boolean): void {
    this.node.configure(new Messages().link(LINK, up));
    this.pass(0);
  }
  configure(settings: Messages): void {
    this.node.configure(settings);
    this.pass(0);
  }
  private seen: { at: number; port: number; bytes: Bytes; text: string }[] = [];
  /** Lets time pass in steps of 1 ms; the link's router answers solicitations for its addresses. */
  pass(ms: number): void {
    for (let left = ms; left >= 0; left--) {
      this.node.pass(left === ms ? 0 : 1);
      for (let again = true; again; ) {
        again = false;
        for (const sent of this.node.sent()) {
          this.seen.push(sent);
          const answer = this.answer(sent.port, sent.bytes);
          if (!answer) continue;
          this.node.rx(LINK, answer);
          this.node.pass(0);
          again = true;
        }
      }
    }
  }
  private answer(port: number, f: Bytes): Bytes | null {
    if (port !== LINK || !this.link || f[20] !== 58 || f[54] !== 135) return null;
    const target = formatIp6(f, 62);
    const agentHere = this.link.homeAgent && target === AGENT;
    if (target !== this.link.router && !agentHere) return null;
    const toRouter = (f[0] & 1) === 1 || f.slice(0, 6).every((b, i) => b === this.link?.mac[i]);
    if (!toRouter) return null;
    const from = formatIp6(f, 22);
    const dst = from === "::" ? "ff02::1" : from;
    const to = from === "::" ? Uint8Array.of(0x33, 0x33, 0, 0, 0, 1) : OWN_MAC;
    return ether(to, this.link.mac, na(target, dst, target, from === "::" ? 0xa0 : 0xe0, this.link.mac));
  }
  /** Frames since the last call whose words match. */
  sent(pattern: RegExp = /(?:)/): { at: number; port: number; bytes: Bytes; text: string }[] {
    const all = [...this.seen, ...this.node.sent()];
    this.seen = [];
    return all.filter((f) => pattern.test(f.text));
  }
  forget(): void {
    this.sent();
    this.node.events();
  }
  /** Binding Updates since the last call (whatever else was sent is forgotten). */
  updates(): Update[] {
    return this.sent(/MH BU/).map(({ bytes }) => readUpdate(bytes));
  }
  acknowledge(u: Update, o: Partial<Parameters<typeof ba>[0]> = {}): void {
    const coa = u.coa === HOME ? undefined : u.coa;
    this.give(ba({ agent: AGENT, home: HOME, coa, seq: u.seq, lifetime: u.lifetime, ...o }));
  }
  /** To a link with a link event, up to an accepted registration. */
  roam(link: LinkOptions): Update {
    this.carrier(false);
    this.link = link;
    this.carrier(true);
    this.forget();
    this.advertise();
    const [u] = this.updates();
    if (!u) throw new Error("no Binding Update left");
    this.acknowledge(u);
    return u;
  }
  /** `2001:db8:7::1 2001:db8:7::1000 > 2001:db8:a::… 60000 ms state 2` */
  bindingList(): { agent: string; home: string; coa: string; ms: number; seq: number; state: number }[] {
    return this.node.core.query(Message.BINDING_UPDATES).map((r) => {
      const v = new DataView(r.buffer, r.byteOffset, r.length);
      return {
        agent: formatIp6(r, 0),
        home: formatIp6(r, 16),
        coa: formatIp6(r, 32),
        ms: v.getUint32(48, true),
        seq: v.getUint16(52, true),
        state: v.getUint16(54, true),
      };
    });
  }
  tunnels(): string[] {
    return this.node.core
      .query(Message.TUNNELS)
      .map((r) => `${formatIp6(r, 0)}: ${formatIp6(r, 16)} > ${formatIp6(r, 32)}`);
  }
}
/** Reads a Binding Update at home (no Home Address option) or away. */
export function readUpdate(frame: Bytes): Update {
  const away = frame[20] === 60;
  const mh = 14 + 40 + (away ? 24 : 0);
  const be16 = (at: number): number => frame[at] * 256 + frame[at + 1];
  return {
    seq: be16(mh + 6),
    flags: frame[mh + 8],
    lifetime: be16(mh + 10),
    coa: formatIp6(frame, 22),
    frame,
  };
}
