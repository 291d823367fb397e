/** Time of an emulated board: it passes as its processor computes, and jumps to the next alarm when that waits. */
import type { Timers } from "./hardware.js";

class Alarm {
  next: Alarm | undefined;
  nanos = 0;
  private waits = false;

  constructor(
    private readonly clock: AlarmClock,
    readonly callback: () => void,
  ) {}

  schedule(deltaNanos: number): void {
    this.cancel();
    this.nanos = this.clock.nanos + deltaNanos;
    this.waits = true;
    this.clock.link(this);
  }

  cancel(): void {
    if (this.waits) this.clock.unlink(this);
    this.waits = false;
  }

  fire(): void {
    this.waits = false;
    this.callback();
  }
}

/** rp2040js's `IClock`. */
export class AlarmClock implements Timers {
  nanos = 0;
  /** When the next alarm fires; Infinity = none waits. */
  nextNanos = Number.POSITIVE_INFINITY;
  private first: Alarm | undefined;

  createAlarm(callback: () => void): Alarm {
    return new Alarm(this, callback);
  }

  after(nanos: number, action: () => void): void {
    this.createAlarm(action).schedule(nanos);
  }

  /** Time goes on to `nanos`, through all alarms on its way. */
  advance(nanos: number): void {
    while (this.first !== undefined && this.first.nanos <= nanos) {
      const alarm = this.first;
      this.setFirst(alarm.next);
      this.nanos = Math.max(this.nanos, alarm.nanos);
      alarm.fire();
    }
    this.nanos = nanos;
  }

  /** Alarms of one time fire in the order in which they were set. */
  link(alarm: Alarm): void {
    if (this.first === undefined || alarm.nanos < this.first.nanos) {
      alarm.next = this.first;
      this.setFirst(alarm);
      return;
    }
    let before = this.first;
    while (before.next !== undefined && before.next.nanos <= alarm.nanos) before = before.next;
    alarm.next = before.next;
    before.next = alarm;
  }

  unlink(alarm: Alarm): void {
    if (this.first === alarm) {
      this.setFirst(alarm.next);
      return;
    }
    let before = this.first;
    while (before !== undefined && before.next !== alarm) before = before.next;
    if (before) before.next = alarm.next;
  }

  private setFirst(alarm: Alarm | undefined): void {
    this.first = alarm;
    this.nextNanos = alarm === undefined ? Number.POSITIVE_INFINITY : alarm.nanos;
  }
}
