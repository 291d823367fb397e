/** One core image under test: virtual time, frames in, frames out as bytes and in words, counters and events by name. */
import { AddressState } from "../../../assembly/abi/event.js";
import { Message } from "../../../assembly/abi/message.js";
import { Verdict } from "../../../assembly/abi/verdict.js";
import { formatIp6 } from "../../../host-sim/core/address.js";
import { Core, NEVER } from "../../../host-sim/core/core.js";
import { loadImage, type Profile } from "../../../host-sim/core/image.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { dissect } from "../../../host-sim/trace/dissect.js";
import { type DecodedEvent, decodeEvent } from "../../../host-sim/trace/events.js";

const ETHERNET = 1;
const RAW = 101;

/** A frame that the node sent. */
export interface Sent {
  at: number;
  port: number;
  bytes: Uint8Array;
  /** In one line, as `sixfold inspect` says it. */
  text: string;
}

export class Node {
  readonly core: Core;
  now = 1000;
  /** What was sent and not yet taken by `sent()`. */
  private frames: Sent[] = [];
  private readonly told: DecodedEvent[] = [];

  constructor(
    image: string,
    settings: Messages = new Messages(),
    options: { profile?: Profile; ipPorts?: number[]; keep?: boolean } = {},
  ) {
    this.core = new Core(loadImage(image, options.profile).module);
    this.ipPorts = options.ipPorts ?? [];
    this.core.setClock(this.now);
    this.core.configure(new Messages().entropy(Uint8Array.from({ length: 32 }, (_, i) => i * 7 + 1)).bytes());
    this.configure(settings);
  }
  private readonly ipPorts: number[];

  configure(settings: Messages): this {
    this.core.configure(settings.bytes());
    this.collect();
    return this;
  }
  /** Hands a frame over. False: no buffer was free. */
  rx(port: number, ...frames: Uint8Array[]): boolean {
    let taken = true;
    for (const frame of frames) {
      taken = this.core.rx(port, frame) && taken;
      this.collect();
    }
    return taken;
  }
  /** Lets time pass, deadline by deadline. */
  pass(ms: number): this {
    const end = this.now + ms;
    for (let calls = 0; ; calls++) {
      if (calls > 200000) throw new Error(`tick() is due again and again at ${this.now} ms`);
      const wait = this.core.tick();
      this.collect();
      if (wait === NEVER || this.now + wait > end) break;
      this.now += wait;
      this.core.setClock(this.now);
    }
    this.now = end;
    this.core.setClock(end);
    return this;
  }
  private collect(): void {
    this.core.drain((port, frame) => {
      const bytes = frame.slice();
      const text = dissect(bytes, this.ipPorts.includes(port) ? RAW : ETHERNET).summary;
      this.frames.push({ at: this.now, port, bytes, text });
    });
    this.core.events((view, offset) => this.told.push(decodeEvent(view, offset)));
  }
  /** Frames sent since the last call; with a pattern only those whose words match (the others are forgotten too). */
  sent(pattern: RegExp = /(?:)/): Sent[] {
    const all = this.frames;
    this.frames = [];
    return all.filter((f) => pattern.test(f.text));
  }
  /** The same as words. */
  said(pattern?: RegExp): string[] {
    return this.sent(pattern).map((f) => f.text);
  }
  /** Events since the last call. */
  takeEvents(): DecodedEvent[] {
    return this.told.splice(0);
  }
  /** The same in words, of the named kinds: `ROUTER came fe80::1`. */
  events(...kinds: string[]): string[] {
    return this.takeEvents()
      .filter((e) => kinds.length === 0 || kinds.includes(e.kindName))
      .map((e) => [e.kindName, e.codeName, e.a === "::" ? "" : e.a].filter((s) => s !== "").join(" "));
  }
  /** Every drop counter above zero, by name. */
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
    for (const [name, n] of Object.entries(this.drops()))
      if (n !== (before[name] ?? 0)) risen[name] = n - (before[name] ?? 0);
    return risen;
  }
  /** `2001:db8::1/64 PREFERRED`, sorted. */
  addresses(): string[] {
    return this.core
      .query(Message.ADDRESSES)
      .map((r) => `${formatIp6(r, 4)}/${r[1]} ${AddressState[r[2]]}`)
      .sort();
  }
  /** `::/0 > fe80::1 @0`, sorted. */
  routes(): string[] {
    return this.core
      .query(Message.ROUTES)
      .map((r) => `${formatIp6(r, 4)}/${r[1]} > ${formatIp6(r, 20)} @${r[0]}`)
      .sort();
  }
  /** `fe80::1 REACHABLE`, sorted. */
  neighbours(): string[] {
    return this.core
      .query(Message.NEIGHBOURS)
      .map((r) => `${formatIp6(r, 4)} ${["", "INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE"][r[1]]}`)
      .sort();
  }
  /** Everything that a stranger's packet must not change. */
  state(): { addresses: string[]; routes: string[]; neighbours: string[] } {
    return { addresses: this.addresses(), routes: this.routes(), neighbours: this.neighbours() };
  }
}
