/** One flow between two applications: what was sent when, and what of it arrived when. */
import type { Inquiry } from "./inquiry.js";

/** One direction. Packet `n` is sent at `startUs + n * everyUs`. */
export class Direction {
  sent = 0;
  received = 0;
  duplicates = 0;
  reordered = 0;
  /** Microseconds from sending to delivery. */
  maxDelayUs = 0;
  totalDelayUs = 0;
  /** When each packet was delivered first; -1: not yet. */
  readonly deliveredUs: Float64Array;
  private highest = -1;

  constructor(
    readonly startUs: number,
    readonly everyUs: number,
    readonly planned: number,
  ) {
    this.deliveredUs = new Float64Array(planned).fill(-1);
  }

  sentAtUs(sequence: number): number {
    return this.startUs + sequence * this.everyUs;
  }

  /** Packets sent before this time, of those sent at all. */
  sentBefore(timeUs: number): number {
    return Math.min(this.sent, Math.max(0, Math.ceil((timeUs - this.startUs) / this.everyUs)));
  }

  deliver(sequence: number, nowUs: number): void {
    if (sequence >= this.sent) return;
    if (this.deliveredUs[sequence] >= 0) {
      this.duplicates++;
      return;
    }
    this.deliveredUs[sequence] = nowUs;
    this.received++;
    if (sequence < this.highest) this.reordered++;
    else this.highest = sequence;
    const delayUs = nowUs - this.sentAtUs(sequence);
    this.totalDelayUs += delayUs;
    if (delayUs > this.maxDelayUs) this.maxDelayUs = delayUs;
  }

  get lost(): number {
    return this.sent - this.received;
  }

  /**
   * The outage of a handover at `atUs` as packets see it: numbers of the packets from the last that was `before` it to the first
   * after, or to where the application heard again (`heardUs`), whichever is later. Packets that the mobile node sends are told
   * apart by when they were sent, those to it by when they arrived.
   */
  outage(atUs: number, heardUs: number, untilUs: number, uplink: boolean): { from: number; to: number } {
    const isBefore = (n: number) => (uplink ? this.sentAtUs(n) : this.deliveredUs[n]) < atUs;
    const arrived = (n: number) => this.deliveredUs[n] >= 0;
    let from = this.sentBefore(atUs);
    while (from > 0 && !(arrived(from - 1) && isBefore(from - 1))) from--;
    const end = this.sentBefore(untilUs);
    let to = from;
    while (to < end && !(arrived(to) && !isBefore(to))) to++;
    return { from, to: Math.max(to, Math.min(end, this.sentBefore(heardUs))) };
  }
}

export class Flow {
  constructor(
    readonly number: number,
    /** Name of the entry in the file; counted nodes share one. */
    readonly name: string,
    /** Numbers of the nodes at its two ends; -1: an address. */
    readonly ends: [number, number],
    /** From the first to the second, and back where the flow has two ways. */
    readonly directions: Direction[],
    /** Where its packets are requests that are answered. */
    readonly inquiry?: Inquiry,
  ) {}
}
