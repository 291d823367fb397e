/**
 * A broadcast medium. Unicast frames go to the station that has the address, as through a switch; others to everybody who
 * listens to the group. What may happen to a frame (loss, duplication, delay, corruption) is decided for each receiver on its own, from named streams.
 */
import type { LinkConfig } from "../core/scenario.js";
import { durationUs, rateBits } from "../core/units.js";
import type { Frame, FramePool } from "./frames.js";
import { type Queue, Task } from "./queue.js";
import type { Randomness } from "./rng.js";
import { LINKTYPE, type Watcher } from "./watch.js";

/** A node's port on a link, from coming until leaving. */
export interface Station {
  readonly name: string;
  /** Number of the node. */
  readonly node: number;
  readonly mac: Uint8Array;
  /** Does it take frames for this group? Read from the frame's first six bytes. */
  listens(frame: Uint8Array): boolean;
  hear(frame: Uint8Array): void;
}

class Attachment {
  present = true;
  /** When the last frame that waits here will have been sent. */
  freeAtUs = 0;
  /** Arrival of the last frame in order. */
  lastArrivalUs = 0;

  constructor(readonly station: Station) {}
}

const ETHERNET_HEADER = 14;
/** Preamble, frame check sequence and gap of Ethernet, which take time as well. */
const ETHERNET_OVERHEAD = 24;

export class Link {
  readonly mtu: number;
  readonly counters = { sent: 0, delivered: 0, lost: 0, duplicated: 0, reordered: 0, corrupted: 0, queueFull: 0 };
  /** Carries nothing while true. */
  cut = false;
  /** Sees each frame that a station sends; valid during the call. */
  onFrame: ((frame: Uint8Array) => void) | undefined;
  private readonly stations = new Map<number, Attachment>();
  private readonly delayUs: number;
  private readonly jitterUs: number;
  /** Microseconds a byte. */
  private readonly byteUs: number;
  private readonly queueUs: number;
  private readonly reorderUs: number;
  private readonly draw;
  private readonly spare: Delivery[] = [];

  constructor(
    readonly name: string,
    private readonly config: LinkConfig,
    private readonly queue: Queue,
    private readonly frames: FramePool,
    randomness: Randomness,
    private readonly watchers: Watcher[],
  ) {
    const stream = (purpose: string) => randomness.stream(`link:${name}:${purpose}`);
    this.draw = {
      loss: stream("loss"),
      duplicate: stream("duplicate"),
      reorder: stream("reorder"),
      jitter: stream("jitter"),
      corrupt: stream("corrupt"),
    };
    this.mtu = config.mtu ?? 1500;
    this.delayUs = durationUs(config.delay ?? "100us");
    this.jitterUs = durationUs(config.jitter ?? "0s");
    this.reorderUs = durationUs(config["reorder-delay"] ?? "10ms");
    this.byteUs = config.rate ? 8e6 / rateBits(config.rate) : 0;
    this.queueUs = (config.queue ?? 256) * (this.mtu + ETHERNET_HEADER + ETHERNET_OVERHEAD) * this.byteUs;
  }

  attach(station: Station): void {
    const key = macKey(station.mac, 0);
    const before = this.stations.get(key);
    if (before) throw new Error(`${station.name} and ${before.station.name} have the same MAC address on ${this.name}`);
    this.stations.set(key, new Attachment(station));
  }

  /** From now on the station neither sends here nor hears what is still on its way. */
  detach(station: Station): void {
    const key = macKey(station.mac, 0);
    const attachment = this.stations.get(key);
    if (attachment?.station !== station) return;
    attachment.present = false;
    this.stations.delete(key);
  }

  /** A frame of a station leaves now; `bytes` are copied. */
  send(from: Station, bytes: Uint8Array, step: number): void {
    const sender = this.stations.get(macKey(from.mac, 0));
    if (sender === undefined) return;
    this.counters.sent++;
    this.onFrame?.(bytes);
    const departsUs = this.depart(sender, bytes.length);
    if (departsUs === undefined) {
      this.counters.queueFull++;
      this.watch(from.name, bytes, step, []);
      return;
    }
    const heard: string[] | undefined = this.watchers.length > 0 ? [] : undefined;
    if ((bytes[0] & 1) === 0) {
      const receiver = this.stations.get(macKey(bytes, 0));
      if (receiver && receiver !== sender && this.decide(sender, receiver, bytes, departsUs)) {
        heard?.push(receiver.station.name);
      }
    } else {
      for (const receiver of this.stations.values()) {
        if (receiver === sender || !receiver.station.listens(bytes)) continue;
        if (this.decide(sender, receiver, bytes, departsUs)) heard?.push(receiver.station.name);
      }
    }
    this.shared = undefined;
    if (heard) this.watch(from.name, bytes, step, heard);
  }

  /** Puts a frame onto the link that no station sends: a recorded one, or one that is made up. */
  inject(bytes: Uint8Array, forged = false): void {
    const receiver = this.stations.get(macKey(bytes, 0));
    if (receiver) this.deliver(receiver, bytes, this.queue.nowUs + this.delayUs);
    this.shared = undefined;
    this.watch(forged ? "impostor" : "replay", bytes, 0, receiver ? [receiver.station.name] : [], forged);
  }

  /** When the last bit of a frame has left; undefined where the sender's queue is full. */
  private depart(sender: Attachment, length: number): number | undefined {
    const { nowUs } = this.queue;
    if (this.byteUs === 0) return nowUs;
    const beginsUs = Math.max(nowUs, sender.freeAtUs);
    if (beginsUs - nowUs > this.queueUs) return undefined;
    sender.freeAtUs = beginsUs + (length + ETHERNET_OVERHEAD) * this.byteUs;
    return sender.freeAtUs;
  }

  /** What happens to a frame for one receiver; false where it does not arrive. */
  private decide(sender: Attachment, receiver: Attachment, bytes: Uint8Array, departsUs: number): boolean {
    const { config, draw, counters } = this;
    if (this.cut || draw.loss.chance(config.loss ?? 0)) {
      counters.lost++;
      return false;
    }
    let arrivesUs = departsUs + this.delayUs;
    if (this.jitterUs > 0) arrivesUs += draw.jitter.below(this.jitterUs + 1);
    arrivesUs = Math.max(Math.round(arrivesUs), sender.lastArrivalUs);
    if (draw.reorder.chance(config.reorder ?? 0)) {
      counters.reordered++;
      arrivesUs += this.reorderUs;
    } else sender.lastArrivalUs = arrivesUs;
    if (draw.corrupt.chance(config.corrupt ?? 0)) this.corrupt(receiver, bytes, arrivesUs);
    else this.deliver(receiver, bytes, arrivesUs);
    if (draw.duplicate.chance(config.duplicate ?? 0)) {
      counters.duplicated++;
      this.deliver(receiver, bytes, arrivesUs);
    }
    return true;
  }

  /** The copy of the frame in hand that its receivers share. */
  private shared: Frame | undefined;

  private deliver(receiver: Attachment, bytes: Uint8Array, timeUs: number): void {
    if (this.shared) this.shared.users++;
    else this.shared = this.frames.copy(bytes, 1);
    this.schedule(receiver, this.shared, timeUs);
  }

  private corrupt(receiver: Attachment, bytes: Uint8Array, timeUs: number): void {
    this.counters.corrupted++;
    const frame = this.frames.copy(bytes, 1);
    const bit = this.draw.corrupt.below((bytes.length - ETHERNET_HEADER) * 8);
    frame.buffer[ETHERNET_HEADER + (bit >> 3)] ^= 1 << (bit & 7);
    this.schedule(receiver, frame, timeUs);
  }

  private schedule(receiver: Attachment, frame: Frame, timeUs: number): void {
    const delivery = this.spare.pop() ?? new Delivery(this);
    delivery.receiver = receiver;
    delivery.frame = frame;
    this.queue.schedule(delivery, timeUs, receiver.station.node);
  }

  /** Called by the delivery: the frame is at its receiver, if that is still there. */
  arrived(delivery: Delivery): void {
    const { receiver, frame } = delivery;
    if (receiver.present) {
      this.counters.delivered++;
      receiver.station.hear(frame.bytes);
    }
    this.frames.release(frame);
    this.spare.push(delivery);
  }

  private watch(from: string, bytes: Uint8Array, step: number, receivers: string[], forged = false): void {
    const { watchers } = this;
    if (watchers.length === 0) return;
    const lost = receivers.length === 0 && (bytes[0] & 1) === 0;
    const frame = {
      timeUs: this.queue.nowUs,
      link: this.name,
      from,
      receivers,
      bytes,
      linktype: LINKTYPE.ETHERNET,
      lost,
      forged,
      step,
    };
    for (const watcher of watchers) watcher.frame?.(frame);
  }
}

class Delivery extends Task {
  receiver!: Attachment;
  frame!: Frame;

  constructor(private readonly link: Link) {
    super();
  }

  run(): void {
    this.link.arrived(this);
  }
}

/** Six bytes as one number. */
function macKey(bytes: Uint8Array, at: number): number {
  const high = (bytes[at] << 8) | bytes[at + 1];
  const low = ((bytes[at + 2] << 24) | (bytes[at + 3] << 16) | (bytes[at + 4] << 8) | bytes[at + 5]) >>> 0;
  return high * 0x100000000 + low;
}
