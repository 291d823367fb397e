/** One node: a core, its ports on links, its application, its stored records, and its timers in virtual time. */
import { Event } from "../../assembly/abi/event.js";
import { Message } from "../../assembly/abi/message.js";
import { parseIp6 } from "../core/address.js";
import { ConfigRefused, Core, NEVER } from "../core/core.js";
import type { Instance } from "../core/expand.js";
import { loadImage } from "../core/image.js";
import { Messages } from "../core/messages.js";
import type { PortNumbers } from "../core/plan.js";
import type { Application } from "./application.js";
import { Groups } from "./groups.js";
import type { Link, Station } from "./link.js";
import { Call, type Queue, Task } from "./queue.js";
import { LINKTYPE, type Watcher } from "./watch.js";

/** A core that asks so often to be called again in one instant never ends. */
const MAX_TICKS = 100_000;

/** A link port. */
export class LinkPort implements Station {
  link: Link | undefined;
  readonly node: number;
  readonly name: string;

  constructor(
    private readonly owner: SimNode,
    readonly number: number,
    readonly mac: Uint8Array,
  ) {
    this.node = owner.number;
    this.name = owner.name;
  }

  listens(frame: Uint8Array): boolean {
    return this.owner.groups.has(frame);
  }

  hear(frame: Uint8Array): void {
    this.owner.receive(this.number, frame);
  }
}

class Tick extends Task {
  constructor(private readonly owner: SimNode) {
    super();
  }

  run(): void {
    this.owner.ticked(this);
  }
}

/** What the world gives a node. */
export interface NodeSurroundings {
  queue: Queue;
  watchers: Watcher[];
  storageDelayUs: number;
  /** The configuration for a start, the first or a later one, with the records kept so far. */
  configuration(node: SimNode): { messages: Uint8Array; ports: PortNumbers };
}

export class SimNode {
  /** Link ports by number. */
  readonly links: LinkPort[] = [];
  application: Application | undefined;
  /** Records on stable storage. */
  readonly records = new Map<number, Uint8Array>();
  /** Starts so far. */
  boots = 0;
  /** How often each event came: kind << 16 | code. */
  readonly eventCounts = new Map<number, number>();
  /** Steps of the seeds, in the order in which they were told. */
  readonly steps: number[] = [];
  /** Frames that the core had no buffer for. */
  refused = 0;
  readonly groups: Groups;
  private core: Core | undefined;
  protected applicationPort = -1;
  private mirrorPort = -1;
  private tick: Tick | undefined;
  /** Dropped by cores of earlier starts. */
  private readonly drops = new Map<number, number>();

  constructor(
    readonly name: string,
    /** Rank among what happens at the same time. */
    readonly number: number,
    readonly instance: Instance,
    protected readonly around: NodeSurroundings,
  ) {
    this.groups = new Groups(instance.config.image);
  }

  /** Starts the core, afresh or again with what was kept. Throws `ConfigRefused` that names the node. */
  start(): void {
    const { image, profile } = this.instance.config;
    this.core = new Core(loadImage(image, profile).module);
    this.boots++;
    const { messages, ports } = this.around.configuration(this);
    this.applicationPort = ports.application ?? -1;
    this.mirrorPort = ports.mirror ?? -1;
    try {
      this.configure(messages);
    } catch (error) {
      if (error instanceof ConfigRefused) error.message = `node ${this.name}: ${error.message}`;
      throw error;
    }
  }

  /** Cuts the power: what was not yet kept is gone. */
  stop(): void {
    this.addDrops(this.drops);
    this.core = undefined;
    this.tick = undefined;
  }

  configure(messages: Uint8Array): void {
    if (!this.core) return;
    this.setClock(this.core);
    this.core.configure(messages);
    this.settle();
  }

  /** Carrier of a link port. */
  carrier(port: number, up: boolean): void {
    this.configure(new Messages().link(port, up).bytes());
  }

  /** The link port of this name; without a name the first. */
  linkPort(name?: string): LinkPort {
    return this.links[name === undefined ? 0 : Object.keys(this.instance.config.ports ?? {}).indexOf(name)];
  }

  /** A frame from a link or from the application. */
  receive(port: number, frame: Uint8Array): void {
    const { core } = this;
    if (!core) return;
    this.setClock(core);
    if (core.rx(port, frame)) this.settle();
    else this.refused++;
  }

  /** A packet of the application. */
  fromApplication(packet: Uint8Array): void {
    this.watchPort("app", packet, 0, `${this.name} app`, this.name);
    if (this.applicationPort >= 0) this.receive(this.applicationPort, packet);
  }

  /** The time for which this tick was planned has come. */
  ticked(tick: Tick): void {
    if (tick !== this.tick || !this.core) return;
    this.tick = undefined;
    this.setClock(this.core);
    this.settle();
  }

  /** Dropped packets by verdict, over all starts. */
  dropCounts(): Map<number, number> {
    const counts = new Map(this.drops);
    this.addDrops(counts);
    return counts;
  }

  get memorySize(): number {
    return this.core?.memorySize ?? 0;
  }

  /** Adds what the core that runs now has dropped. */
  private addDrops(counts: Map<number, number>): void {
    for (const row of this.core?.query(Message.COUNTERS) ?? []) {
      const view = new DataView(row.buffer, row.byteOffset);
      const verdict = view.getUint16(0, true);
      counts.set(verdict, (counts.get(verdict) ?? 0) + view.getUint32(4, true));
    }
  }

  /** The core counts from 1 ms: its clock is never zero. */
  private setClock(core: Core): void {
    core.setClock(Math.floor(this.around.queue.nowUs / 1000) + 1);
  }

  /** After any call: takes what the core has, until it has nothing and nothing is due. */
  private settle(): void {
    const core = this.core!;
    for (let i = 0; i < MAX_TICKS; i++) {
      const wait = core.tick();
      // Events first: they tell what the frames that follow are about (whose address, which binding).
      core.events(this.onEvent);
      core.drain(this.onFrame);
      core.stores(this.onStore);
      if (wait === 0) continue;
      this.plan(wait);
      return;
    }
    throw new Error(`${this.name} asks to be called again without end at ${this.around.queue.nowUs} µs`);
  }

  /** Plans the next tick at the millisecond that the core gave. One that is planned for earlier stays: it asks again. */
  private plan(waitMs: number): void {
    if (waitMs === NEVER) return;
    const { queue } = this.around;
    const atUs = (Math.floor(queue.nowUs / 1000) + waitMs) * 1000;
    if (this.tick && this.tick.timeUs <= atUs) return;
    this.tick = new Tick(this);
    queue.schedule(this.tick, atUs, this.number);
  }

  protected readonly onFrame = (port: number, frame: Uint8Array, step: number): void => {
    if (port < this.links.length) {
      const station = this.links[port];
      station.link?.send(station, frame, step);
    } else if (port === this.applicationPort) {
      this.watchPort("app", frame, step, this.name, `${this.name} app`);
      this.application?.receive(frame, this.around.queue.nowUs);
    } else if (port === this.mirrorPort) this.watchPort("mirror", frame, step, this.name, this.name);
  };

  protected readonly onEvent = (record: DataView, offset: number): void => {
    const kind = record.getUint16(offset, true);
    const code = record.getUint16(offset + 2, true);
    const key = (kind << 16) | code;
    this.eventCounts.set(key, (this.eventCounts.get(key) ?? 0) + 1);
    if (kind === Event.STEP) this.steps.push(code);
    if (this.application && kind === Event.APPLICATION) this.learn(this.application, code, record, offset);
    else if (kind === Event.ADDRESS) this.groups.join(record, offset + 8);
    else if (kind === Event.MOVED) this.groups.join(record, offset + 8); // at home the home address, which no ADDRESS told
    for (const watcher of this.around.watchers)
      watcher.event?.(this.name, this.eventUs(record, offset), record, offset);
  };

  /** When an event happened. */
  protected eventUs(_record: DataView, _offset: number): number {
    return this.around.queue.nowUs;
  }

  /** The application port got or lost an address. */
  private learn(application: Application, version: number, record: DataView, offset: number): void {
    const present = record.getUint32(offset + 40, true) > 0;
    if (version === 4) application.ip4 = present ? bytesAt(record, offset + 8, 4) : undefined;
    else if (present) this.learn6(application, bytesAt(record, offset + 8, 16));
    else application.drop6(bytesAt(record, offset + 8, 16));
  }

  /** An anycast address is for answers: nothing is sent from it by itself. */
  private learn6(application: Application, address: Uint8Array): void {
    const served = this.instance.config.anycast?.server ?? [];
    if (!served.some((one) => String(parseIp6(one.address)) === String(address))) application.add6(address);
  }

  /** A record is safe once the storage has taken its time, if there is still power then. */
  private readonly onStore = (id: number, data: Uint8Array, generation: number): void => {
    const kept = data.slice();
    const { core } = this;
    const { queue, storageDelayUs } = this.around;
    const write = () => {
      if (this.core !== core || !core) return;
      if (kept.length > 0) this.records.set(id, kept);
      else this.records.delete(id);
      this.setClock(core);
      core.stored(generation);
      this.settle();
    };
    queue.schedule(new Call(write), queue.nowUs + storageDelayUs, this.number);
  };

  private watchPort(port: "app" | "mirror", bytes: Uint8Array, step: number, from: string, to: string): void {
    for (const watcher of this.around.watchers) {
      watcher.frame?.({
        timeUs: this.around.queue.nowUs,
        link: `${this.name} ${port}`,
        from,
        receivers: [to],
        bytes,
        linktype: LINKTYPE.IP,
        port: port === "app" ? "application" : "mirror",
        step,
      });
    }
  }
}

function bytesAt(record: DataView, at: number, count: number): Uint8Array {
  return new Uint8Array(record.buffer, record.byteOffset + at, count).slice();
}
