/**
 *     router fe80::fe ---- home link 2001:db8:1::/64 ---- [0] home agent 2001:db8:1::1
 *        |                        hosts, mobile nodes at home
 *     everywhere else: correspondents, visited networks
 *
 * One home agent on virtual time with a disk of its own. Everybody on the link answers solicitations for the addresses in `owned`.
 */
import { Message } from "../../../assembly/abi/message.js";
import { PortKind } from "../../../assembly/abi/port.js";
import { Verdict } from "../../../assembly/abi/verdict.js";
import { formatIp6, parseIp6, parseMac } from "../../../host-sim/core/address.js";
import { Core, NEVER } from "../../../host-sim/core/core.js";
import { loadImage, type Profile } from "../../../host-sim/core/image.js";
import { Messages } from "../../../host-sim/core/messages.js";
import type { HomeAgentSettings } from "../../../host-sim/core/settings.js";
import { type DecodedEvent, decodeEvent } from "../../../host-sim/trace/events.js";
import { neighbourAdvertisement, type Packet, parse, solicitation } from "./home-agent-frames.js";

export const HA = "2001:db8:1::1";
export const PREFIX = "2001:db8:1::";
export const ROUTER = "fe80::fe";
export const CN = "2001:db8:9::9";
export const COA = "2001:db8:2::9";
export const COA2 = "2001:db8:3::9";
export const ANYCAST = "2001:db8:1:0:fdff:ffff:ffff:fffe";
export const AGENT_MAC = "02:00:00:00:00:01";

/** The n-th listed home address. */
export const home = (n: number): string => formatIp6(parseIp6(`2001:db8:1::1:${n.toString(16)}`));

export interface Setup extends Partial<Omit<HomeAgentSettings, "address">> {
  homes?: number;
  profile?: Profile;
  trace?: number;
  mtu?: number;
  /** Is told nothing of being a home agent. */
  unconfigured?: boolean;
}

export interface Row {
  home: string;
  careOf: string;
  left: number;
  sequence: number;
  flags: number;
}

export class Agent {
  core!: Core;
  now = 1000;
  /** What `takeStore` gave and was said to be safe. */
  readonly disk = new Map<number, Uint8Array>();
  /** False: records are taken only by `keep()`. */
  keeping = true;
  readonly owned = new Set<string>([ROUTER]);
  private frames: Packet[] = [];
  private told: DecodedEvent[] = [];
  private waiting: { id: number; data: Uint8Array; generation: number }[] = [];

  constructor(readonly setup: Setup = {}) {
    this.boot();
  }
  /** Power gone and back: memory is new, the disk is what it was. */
  reboot(): this {
    this.now += 5000;
    this.boot();
    return this;
  }
  private boot(): void {
    const { homes = 8, profile = "board", trace = 1, mtu = 1500, unconfigured = false, ...settings } = this.setup;
    this.frames = [];
    this.told = [];
    this.waiting = [];
    this.core = new Core(loadImage("home-agent", profile).module);
    this.core.setClock(this.now);
    const m = new Messages()
      .entropy(Uint8Array.from({ length: 32 }, (_, i) => i * 11 + 3))
      .trace(trace)
      .port(0, PortKind.ETHER, mtu, parseMac(AGENT_MAC));
    for (const [id, data] of this.disk) m.stored(id, data);
    m.address(0, parseIp6("fe80::1"), 64, 1)
      .address(0, parseIp6(HA), 64, 1)
      .route(0, parseIp6("::"), 0, parseIp6(ROUTER));
    const agent = {
      port: 0,
      prefixLength: 64,
      securityNone: true,
      lifetime4s: 60,
      preference: 10,
      homeAgentLifetimeS: 1800,
      dad: false,
      ...settings,
      address: parseIp6(HA),
    };
    if (!unconfigured) {
      m.homeAgent(agent);
      for (let n = 1; n <= homes; n++) m.homeAddress(parseIp6(home(n)));
    }
    this.configure(m);
    // The router is known: what it would be asked for is not part of a test.
    this.rx(solicitation(HA, ROUTER));
    this.frames = this.frames.filter((p) => p.dst !== ROUTER);
  }
  configure(m: Messages): this {
    this.core.configure(m.bytes());
    this.collect();
    return this;
  }
  rx(...frames: Uint8Array[]): this {
    return this.rxOn(0, ...frames);
  }
  rxOn(port: number, ...frames: Uint8Array[]): this {
    for (const frame of frames) {
      this.core.rx(port, frame);
      this.collect();
    }
    return this;
  }
  /** One `tick`; ms to the next deadline. */
  tick(): number {
    const wait = this.core.tick();
    this.collect();
    return wait;
  }
  /** Lets time pass, deadline by deadline. */
  pass(ms: number): this {
    const end = this.now + ms;
    for (let calls = 0; ; calls++) {
      if (calls > 1_000_000) throw new Error(`tick() is due again and again at ${this.now} ms`);
      const wait = this.tick();
      if (wait === NEVER || this.now + wait > end) break;
      this.now += wait;
      this.core.setClock(this.now);
    }
    this.now = end;
    this.core.setClock(end);
    return this;
  }
  /** Everything that the core wants to be rid of; again while an answer to a solicitation makes it say more. */
  private collect(): void {
    for (let again = true; again; ) {
      const answers: Uint8Array[] = [];
      this.core.drain((_, frame, step) => {
        const packet = parse(frame.slice(), step);
        this.frames.push(packet);
        const nd = packet.nd;
        if (packet.icmpType === 135 && nd && packet.src !== "::" && this.owned.has(nd.target)) {
          answers.push(neighbourAdvertisement(nd.target, packet.src));
        }
      });
      this.core.events((view, offset) => this.told.push(decodeEvent(view, offset)));
      this.core.stores((id, data, generation) => this.waiting.push({ id, data: data.slice(), generation }));
      again = answers.length > 0;
      for (const answer of answers) this.core.rx(0, answer);
      if (this.keeping && this.waiting.length > 0) {
        this.write();
        again = true;
      }
    }
  }
  private write(): void {
    for (const { id, data } of this.waiting) {
      if (data.length === 0) this.disk.delete(id);
      else this.disk.set(id, data);
    }
    const last = this.waiting.at(-1);
    this.waiting = [];
    if (last) this.core.stored(last.generation);
  }
  /** Records that wait for `keep()`. */
  get unkept(): number {
    return this.waiting.length;
  }
  /** The records taken so far are safe now. */
  keep(): this {
    this.write();
    this.collect();
    return this;
  }
  /** Packets sent since the last call. */
  sent(wanted: (p: Packet) => boolean = () => true): Packet[] {
    const all = this.frames;
    this.frames = [];
    return all.filter(wanted);
  }
  /** Binding Acknowledgements since the last call. */
  acks(): Packet[] {
    return this.sent((p) => p.mh?.type === 6);
  }
  /** `BINDING made 2001:db8:1::1:1`: kind, name of the code, address a. */
  events(...kinds: string[]): string[] {
    const all = this.told;
    this.told = [];
    return all
      .filter((e) => kinds.includes(e.kindName))
      .map((e) => [e.kindName, e.codeName, e.a].filter((s) => s !== "").join(" "));
  }
  bindings(): Row[] {
    return this.core.query(Message.BINDINGS).map((row) => {
      const view = new DataView(row.buffer, row.byteOffset, row.length);
      return {
        home: formatIp6(row, 0),
        careOf: formatIp6(row, 16),
        left: view.getUint32(32, true),
        sequence: view.getUint16(36, true),
        flags: view.getUint16(38, true),
      };
    });
  }
  /** Home address to care-of address. */
  bound(): Record<string, string> {
    return Object.fromEntries(this.bindings().map((row) => [row.home, row.careOf]));
  }
  drops(): Record<string, number> {
    const found: Record<string, number> = {};
    for (const row of this.core.query(Message.COUNTERS)) {
      const view = new DataView(row.buffer, row.byteOffset, row.length);
      found[Verdict[view.getUint16(0, true)]] = view.getUint32(4, true);
    }
    return found;
  }
  /** What the counters rose by while `act` ran. */
  dropsOf(act: () => void): Record<string, number> {
    const before = this.drops();
    act();
    const risen: Record<string, number> = {};
    for (const [name, n] of Object.entries(this.drops())) {
      if (n !== (before[name] ?? 0)) risen[name] = n - (before[name] ?? 0);
    }
    return risen;
  }
}
