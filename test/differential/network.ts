import { AddressState } from "../../assembly/abi/event.js";
import { Message } from "../../assembly/abi/message.js";
import { Messages } from "../../host-sim/core/messages.js";
import type { Stream } from "../../host-sim/sim/rng.js";
import { ETHER, ether, IP6, ip6 } from "../bench/frames.js";
import { Answers } from "./answers.js";
import { mutate } from "./mutate.js";
import type { Stage } from "./stage.js";
import * as world from "./world.js";

/** A frame on its way to the image. */
export interface Arrival {
  port: number;
  frame: Uint8Array;
  /** The length that the image is told, where it is not the frame's own. */
  told?: number;
}

/** An address of the image. */
export interface Own {
  port: number;
  prefixLength: number;
  state: AddressState;
  address: Uint8Array;
}

const USABLE = [AddressState.OPTIMISTIC, AddressState.PREFERRED, AddressState.DEPRECATED];
/** Shares of what is handed in that is changed first, and of answers that are lost on the way. */
const CHANGED = 0.22;
const LOST = 0.04;

/** What a sequence is played in: the image, the network around it, and where the image is in it. */
export class Network {
  /** The link that port 0 is on. */
  link = 1;
  own: Own[] = [];
  /** The port of the application; undefined: there is none. */
  application: number | undefined;
  /** Ports that carry Ethernet. */
  links: number[] = [0];
  readonly answers: Answers;
  private readonly pending: Arrival[] = [];

  constructor(
    readonly stage: Stage,
    readonly random: Stream,
  ) {
    this.answers = new Answers(this);
  }

  get place(): world.Link {
    return world.LINKS[this.link];
  }

  pick<T>(list: readonly T[]): T {
    return list[this.random.below(list.length)];
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + this.random.below(most - least + 1);
  }

  /** Messages of configuration; refusals are among what is compared. */
  configure(write: (messages: Messages) => Messages): number {
    return this.stage.configure(write(new Messages()).bytes()).result;
  }

  /** Reads the image's addresses: what is sent to it next is meant for it. */
  look(): this {
    this.own = this.stage.query(Message.ADDRESSES).map((row) => ({
      port: row[0],
      prefixLength: row[1],
      state: row[2],
      address: Uint8Array.from(row.subarray(4, 20)),
    }));
    return this;
  }

  /** The image's usable addresses on a port. */
  ownOn(port: number): Uint8Array[] {
    return this.own.filter((a) => a.port === port && USABLE.includes(a.state)).map(({ address }) => address);
  }

  /** An address to be reached at, not link-local where there is another; the fuzzer's where there is none. */
  self(port = 0): Uint8Array {
    const all = this.ownOn(port).filter((a) => !world.isLinkLocal(a) && !world.equal(a, world.anycast));
    return all.length > 0 ? this.pick(all) : (this.ownOn(port)[0] ?? world.onPrefix(this.place.prefix, 0x99));
  }

  /** The terminal's care-of address. */
  careOf(): Uint8Array {
    const all = this.ownOn(0).filter((a) => world.equal(a.subarray(0, 8), this.place.prefix.subarray(0, 8)));
    return all.find((a) => !world.equal(a, world.home)) ?? this.self();
  }

  /** A frame from the link's router to port 0. */
  fromRouter(packet: Uint8Array): Arrival {
    return { port: 0, frame: ether(world.ownMac(0), this.place.mac, packet) };
  }

  /** A frame from a neighbour to a port. */
  fromNeighbour(source: Uint8Array, packet: Uint8Array, port = 0): Arrival {
    return { port, frame: ether(world.ownMac(port), world.macOf(source), packet) };
  }

  /** A frame to a group. */
  toGroup(
    source: Uint8Array,
    group: Uint8Array,
    next: number,
    payload: Uint8Array,
    hopLimit: number,
    port = 0,
  ): Arrival {
    const packet = ip6(source, group, next, payload, hopLimit);
    return { port, frame: ether(world.groupMac(group), world.macOf(source), packet) };
  }

  /** Hands frames in, some of them changed; the image runs its timers now and then, and is answered. */
  hand(arrivals: readonly Arrival[], changed = CHANGED): void {
    const { random, stage } = this;
    for (const arrival of arrivals) {
      if (random.chance(0.7)) stage.pass(random.chance(0.9) ? random.below(40) : random.below(3000));
      this.put(random.chance(changed) ? mutate(arrival, random) : arrival);
      if (random.chance(0.15)) stage.tick();
      this.drain();
    }
    this.deliver();
  }

  /** Frames that nobody takes anything out for. */
  burst(arrivals: readonly Arrival[]): void {
    for (const arrival of arrivals) this.put(arrival);
    this.drain();
  }

  /** Time with timers. */
  wait(ms: number, stride = 100): void {
    for (let left = ms; left > 0; left -= stride) {
      this.stage.pass(Math.min(left, stride));
      this.stage.tick();
      this.drain();
      this.deliver();
    }
  }

  /** Takes out what the image sends; the network prepares its answers. */
  drain(): void {
    const { stage } = this;
    stage.drain();
    for (const { port, frame } of stage.sent.splice(0)) {
      if (this.links.includes(port) && frame.length >= ETHER + IP6) this.pending.push(...this.answers.to(port, frame));
    }
  }

  /** Hands the answers in; some are lost, and an answer may bring forth another. */
  deliver(): void {
    for (let rounds = 0; rounds < 4 && this.pending.length > 0; rounds++) {
      for (const answer of this.pending.splice(0)) {
        if (this.random.chance(LOST)) continue;
        this.stage.pass(this.random.below(8));
        this.put(answer);
        this.drain();
      }
    }
    this.pending.length = 0;
  }

  private put({ port, frame, told }: Arrival): void {
    this.stage.rx(port, frame, told);
  }
}
