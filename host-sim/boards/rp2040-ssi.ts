/**
 * The way to the RP2040's flash (RP2040 Datasheet §4.10, §2.6.3): Synopsys' SSI, through which flash is mapped into memory (XIP) or is given
 * commands, one byte a frame; the chip select pin, which IO_QSPI may hold; and the control of XIP's cache.
 */
import { BasePeripheral, type RP2040 } from "rp2040js";
import type { Timers } from "./hardware.js";
import type { NorFlash } from "./nor-flash.js";
import { HardwareFault } from "./rp2040-fault.js";

const Ssi = { CTRLR0: 0, CTRLR1: 4, SSIENR: 8, SER: 0x10, BAUDR: 0x14, TXFLR: 0x20, RXFLR: 0x24, SR: 0x28, DR0: 0x60 };
/** They are kept and read back; the model needs none of them. */
const KEPT = new Set([Ssi.CTRLR1, 0x18, 0x1c, 0x2c, 0x4c, 0xf0, 0xf4, 0xf8]);
const State = { BUSY: 1, TX_ROOM: 2, TX_EMPTY: 4, RX_SOME: 8, RX_FULL: 16 };
const FIFO = 16;
const TMOD_BOTH = 0;
const TMOD_EEPROM = 3;
const BYTE_FRAMES = 7;

export class Rp2040Ssi extends BasePeripheral {
  /** GPIO_QSPI_SS_CTRL's OUTOVER: 2 = low, 3 = high, else the SSI drives the pin. */
  private override = 0;
  private readonly kept = new Map<number, number>([
    [Ssi.CTRLR0, 0],
    [Ssi.SSIENR, 0],
    [Ssi.SER, 1],
    [Ssi.BAUDR, 0],
  ]);
  /** Bytes that were shifted in, and when each has come. */
  private readonly received: { byte: number; nanos: number }[] = [];
  private doneNanos = 0;

  /**
   * @param readable told whether flash can be read as memory
   */
  constructor(
    rp2040: RP2040,
    private readonly flash: NorFlash,
    private readonly timers: Timers,
    private readonly readable: (readable: boolean) => void,
  ) {
    super(rp2040, "SSI");
  }

  /** What IO_QSPI does to the chip select pin. */
  selectOverride(outover: number): void {
    this.settle();
    this.override = outover;
    if (outover === 2) this.flash.select(true);
    if (outover === 3) this.flash.select(false);
    this.update();
  }

  override readUint32(offset: number): number {
    this.settle();
    const { nanos } = this.timers;
    switch (offset) {
      case Ssi.SR: {
        const waiting = this.waiting;
        const here = this.received.length - waiting;
        return (
          (nanos < this.doneNanos ? State.BUSY : 0) |
          (waiting < FIFO ? State.TX_ROOM : 0) |
          (waiting === 0 ? State.TX_EMPTY : 0) |
          (here > 0 ? State.RX_SOME : 0) |
          (here >= FIFO ? State.RX_FULL : 0)
        );
      }
      case Ssi.TXFLR:
        return this.waiting;
      case Ssi.RXFLR:
        return this.received.length - this.waiting;
      case Ssi.DR0: {
        const [first] = this.received;
        if (first === undefined || first.nanos > nanos) return 0;
        return this.received.shift()!.byte;
      }
    }
    return this.kept.get(offset) ?? super.readUint32(offset);
  }

  override writeUint32(offset: number, value: number): void {
    this.settle();
    if (offset === Ssi.DR0) {
      this.shift(value & 255);
      return;
    }
    if (!this.kept.has(offset) && !KEPT.has(offset)) {
      super.writeUint32(offset, value);
      return;
    }
    if (offset === Ssi.SSIENR && value === 0) this.received.length = 0;
    this.kept.set(offset, value);
    this.update();
  }

  /** Bytes still in the transmit FIFO or on their way. */
  private get waiting(): number {
    const { nanos } = this.timers;
    return this.received.filter((one) => one.nanos > nanos).length;
  }

  private shift(byte: number): void {
    const control = this.kept.get(Ssi.CTRLR0)!;
    const clock = this.kept.get(Ssi.BAUDR)!;
    const { timers, received } = this;
    if (!this.kept.get(Ssi.SSIENR)) throw new HardwareFault("writes to the SSI's data register while it is off");
    if (((control >> 8) & 3) !== TMOD_BOTH || ((control >> 16) & 31) !== BYTE_FRAMES) {
      throw new HardwareFault("gives the flash a command while the SSI is not set for frames of 8 bits both ways");
    }
    if (clock < 2) throw new HardwareFault(`the SSI's clock divider is ${clock}`);
    if (this.waiting >= FIFO) return;
    // Its FIFO ran empty before: the SSI has let go of the chip select meanwhile.
    if (this.override === 0 && timers.nanos >= this.doneNanos) this.flash.select(false);
    if (this.override === 0) this.flash.select(true);
    this.doneNanos = Math.max(this.doneNanos, timers.nanos) + (8 * clock * 1e9) / this.rp2040.clkSys;
    const answer = this.flash.exchange(byte);
    if (received.length < 2 * FIFO) received.push({ byte: answer, nanos: this.doneNanos });
  }

  private settle(): void {
    if (this.override === 0 && this.timers.nanos >= this.doneNanos) this.flash.select(false);
  }

  private update(): void {
    const control = this.kept.get(Ssi.CTRLR0)!;
    const mapped = this.kept.get(Ssi.SSIENR) === 1 && ((control >> 8) & 3) === TMOD_EEPROM && this.override === 0;
    this.readable(mapped && !this.flash.busy);
  }
}

/** IO_QSPI: of its pins only the chip select does anything. */
export class Rp2040IoQspi extends BasePeripheral {
  private static readonly SS_CTRL = 0x0c;
  private readonly kept = new Map<number, number>();

  constructor(
    rp2040: RP2040,
    private readonly selectOverride: (outover: number) => void,
  ) {
    super(rp2040, "IO_QSPI");
  }

  override readUint32(offset: number): number {
    return this.kept.get(offset) ?? 0;
  }

  override writeUint32(offset: number, value: number): void {
    this.kept.set(offset, value);
    if (offset === Rp2040IoQspi.SS_CTRL) this.selectOverride((value >> 8) & 3);
  }
}

/** XIP_CTRL: the cache itself is not modelled, only what would be stale in it. */
export class Rp2040XipControl extends BasePeripheral {
  private control = 3;

  constructor(
    rp2040: RP2040,
    private readonly flushed: () => void,
  ) {
    super(rp2040, "XIP_CTRL");
  }

  override readUint32(offset: number): number {
    if (offset === 0) return this.control;
    if (offset === 4) return 0;
    return offset === 8 ? 2 : super.readUint32(offset);
  }

  override writeUint32(offset: number, value: number): void {
    if (offset === 0) this.control = value;
    else if (offset === 4) {
      if (value & 1) this.flushed();
    } else super.writeUint32(offset, value);
  }
}
