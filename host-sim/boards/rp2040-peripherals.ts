/** Parts of the RP2040 that rp2040js leaves out or lets pass: resets, watchdog, ring oscillator (RP2040 Datasheet §2.14, §4.7, §2.17). */
import { createHash } from "node:crypto";
import { BasePeripheral, type RP2040 } from "rp2040js";
import type { AlarmClock } from "./alarm-clock.js";
import { HardwareFault } from "./rp2040-fault.js";

const RESETS = 0x1ffffff;
/** IO_QSPI and PADS_QSPI: the boot ROM has used them. */
const AFTER_BOOT = RESETS & ~((1 << 6) | (1 << 9));

/** Which bit of RESETS holds a peripheral, by its address / 0x4000. */
export const RESET_BIT = new Map(
  Object.entries({
    "40000": 19,
    "40004": 18,
    "40014": 5,
    "40018": 6,
    "4001c": 8,
    "40020": 9,
    "40028": 12,
    "4002c": 13,
    "40030": 1,
    "40034": 22,
    "40038": 23,
    "4003c": 16,
    "40040": 17,
    "40044": 3,
    "40048": 4,
    "4004c": 0,
    "40050": 14,
    "40054": 21,
    "4005c": 15,
    "4006c": 20,
    "50000": 2,
    "50100": 24,
    "50110": 24,
    "50200": 10,
    "50300": 11,
  }).map(([page, bit]) => [Number.parseInt(page, 16) >> 2, bit]),
);

export class Rp2040Resets extends BasePeripheral {
  private held = AFTER_BOOT;
  private watchdogSelect = 0;

  constructor(rp2040: RP2040) {
    super(rp2040, "RESETS");
  }

  holds(bit: number): boolean {
    return (this.held & (1 << bit)) !== 0;
  }

  override readUint32(offset: number): number {
    if (offset === 0) return this.held;
    if (offset === 4) return this.watchdogSelect;
    return offset === 8 ? ~this.held & RESETS : super.readUint32(offset);
  }

  override writeUint32(offset: number, value: number): void {
    if (offset === 0) this.held = value & RESETS;
    else if (offset === 4) this.watchdogSelect = value & RESETS;
    else super.writeUint32(offset, value);
  }
}

/** The cause of a reset, REASON: the timer ran out, or the firmware asked for it. */
export const Reason = { TIMER: 1, FORCED: 2 } as const;

/** What outlives a reset by the watchdog. */
export interface WatchdogMemory {
  reason: number;
  scratch: Uint32Array;
}

const Watchdog = { CTRL: 0, LOAD: 4, REASON: 8, SCRATCH0: 0xc, SCRATCH7: 0x28, TICK: 0x2c };
const TRIGGER = 2 ** 31;
const ENABLE = 2 ** 30;
const COUNTER = 0xffffff;
const TICK_ENABLE = 1 << 9;
const TICK_RUNNING = 1 << 10;
const TICK_CYCLES = 0x1ff;
/** Errata RP2040-E1: the counter falls by two a microsecond. */
const NANOS_PER_COUNT = 500;

export class Rp2040Watchdog extends BasePeripheral {
  /** Cycles of clk_ref that the timer takes for a microsecond; 0 = it does not count. */
  tickCycles = 0;
  private enabled = false;
  /** The counter's value, and when it had it. */
  private count = 0;
  private countedAt = 0;
  private readonly alarm;

  constructor(
    rp2040: RP2040,
    private readonly clock: AlarmClock,
    private readonly memory: WatchdogMemory,
    private readonly fired: () => void,
  ) {
    super(rp2040, "WATCHDOG");
    this.alarm = clock.createAlarm(() => this.fire(Reason.TIMER));
  }

  override readUint32(offset: number): number {
    if (offset === Watchdog.CTRL) return (this.enabled ? ENABLE : 0) + this.counter;
    if (offset === Watchdog.REASON) return this.memory.reason;
    if (offset === Watchdog.TICK) return this.tickCycles ? this.tickCycles | TICK_ENABLE | TICK_RUNNING : 0;
    const scratch = this.scratch(offset);
    return scratch === undefined ? super.readUint32(offset) : this.memory.scratch[scratch];
  }

  override writeUint32(offset: number, value: number): void {
    const scratch = this.scratch(offset);
    if (scratch !== undefined) this.memory.scratch[scratch] = value;
    else if (offset === Watchdog.TICK) this.tickCycles = value & TICK_ENABLE ? value & TICK_CYCLES : 0;
    else if (offset === Watchdog.LOAD) this.load(value & COUNTER);
    else if (offset === Watchdog.CTRL) {
      const counter = this.counter;
      this.enabled = (value & ENABLE) !== 0;
      this.load(counter);
      if (value & TRIGGER) this.fire(Reason.FORCED);
    } else super.writeUint32(offset, value);
  }

  private scratch(offset: number): number | undefined {
    const inside = offset >= Watchdog.SCRATCH0 && offset <= Watchdog.SCRATCH7;
    return inside ? (offset - Watchdog.SCRATCH0) >> 2 : undefined;
  }

  private get counter(): number {
    if (!this.enabled) return this.count;
    return Math.max(0, this.count - Math.floor((this.clock.nanos - this.countedAt) / NANOS_PER_COUNT));
  }

  private load(count: number): void {
    this.count = count;
    this.countedAt = this.clock.nanos;
    this.alarm.cancel();
    if (this.enabled) this.alarm.schedule(count * NANOS_PER_COUNT);
  }

  private fire(reason: number): void {
    this.memory.reason = reason;
    this.fired();
  }
}

/** The ring oscillator: what matters of it are its random bits. */
export class Rp2040Rosc extends BasePeripheral {
  private static readonly STATUS = 0x18;
  private static readonly RANDOMBIT = 0x1c;
  private static readonly STABLE = 0x80001000;
  private pool = Buffer.alloc(0);
  private used = 0;
  private blocks = 0;
  private readonly kept = new Map<number, number>();

  /** `entropy`: the bits follow from it. */
  constructor(
    rp2040: RP2040,
    private readonly entropy: Uint8Array,
  ) {
    super(rp2040, "ROSC");
  }

  override readUint32(offset: number): number {
    if (offset === Rp2040Rosc.STATUS) return Rp2040Rosc.STABLE;
    if (offset === Rp2040Rosc.RANDOMBIT) return this.bit();
    return this.kept.get(offset) ?? 0;
  }

  override writeUint32(offset: number, value: number): void {
    if (offset > Rp2040Rosc.STATUS) throw new HardwareFault(`writes to ROSC + ${offset}`);
    this.kept.set(offset, value);
  }

  private bit(): number {
    if (this.used === this.pool.length * 8) {
      this.pool = createHash("sha256")
        .update(this.entropy)
        .update(String(this.blocks++))
        .digest();
      this.used = 0;
    }
    const bit = (this.pool[this.used >> 3] >> (this.used & 7)) & 1;
    this.used++;
    return bit;
  }
}
