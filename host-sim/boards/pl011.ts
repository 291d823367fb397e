/** ARM's PL011 as the RP2040 has it (RP2040 Datasheet §4.2): FIFOs of 32 bytes, and a byte takes its time on the wire. */
import { BasePeripheral, type RP2040 } from "rp2040js";
import type { AlarmClock } from "./alarm-clock.js";
import { HardwareFault } from "./rp2040-fault.js";

const Reg = { DR: 0, RSR: 4, FR: 0x18, IBRD: 0x24, FBRD: 0x28, LCR: 0x2c, CR: 0x30, IFLS: 0x34, IMSC: 0x38, RIS: 0x3c };
const More = { MIS: 0x40, ICR: 0x44, DMACR: 0x48, PERIPHID0: 0xfe0 };
const Flag = { BUSY: 8, RX_EMPTY: 16, TX_FULL: 32, RX_FULL: 64, TX_EMPTY: 128 };
const Interrupt = { RX: 16, TX: 32, TIMEOUT: 64, OVERRUN: 1024 };
const Control = { ENABLE: 1, TX: 256, RX: 512 };
const FIFOS = 16;
const WORD_8 = 96;
const DEPTH = 32;
/** Bits of a byte on the wire, with start and stop; and silence after which received bytes are told. */
const BITS = 10;
const TIMEOUT_BITS = 32;
/** Eighths of a FIFO, by IFLS. */
const LEVELS = [1, 2, 4, 6, 7];
/** What two ends may differ in rate. */
const TOLERANCE = 0.02;

export interface UartWiring {
  /** The rate at the other end, bits a second. */
  rate: number;
  /** GPIO numbers. */
  tx: number;
  rx: number;
  /** A byte has left. */
  byte(value: number): void;
}

export class Pl011 extends BasePeripheral {
  private readonly kept = new Map<number, number>([
    [Reg.CR, Control.TX | Control.RX],
    [Reg.IFLS, 0x12],
  ]);
  private readonly sent: number[] = [];
  private readonly received: number[] = [];
  /** Bytes that wait at the other end. */
  private coming: Uint8Array[] = [];
  private comingAt = 0;
  private raw = 0;
  private sending = false;
  private hearing = false;
  private readonly sendAlarm;
  private readonly hearAlarm;
  private readonly timeoutAlarm;

  constructor(
    rp2040: RP2040,
    name: string,
    clock: AlarmClock,
    private readonly irq: number,
    private readonly dreq: { tx: number; rx: number },
    private readonly wiring: UartWiring,
  ) {
    super(rp2040, name);
    this.sendAlarm = clock.createAlarm(() => this.sentOne());
    this.hearAlarm = clock.createAlarm(() => this.heardOne());
    this.timeoutAlarm = clock.createAlarm(() => {
      if (this.received.length > 0) this.raise(Interrupt.TIMEOUT);
    });
  }

  /** The other end sends. */
  feed(bytes: Uint8Array): void {
    this.coming.push(bytes);
    if (this.hearing) return;
    this.hearing = true;
    this.hearAlarm.schedule((BITS * 1e9) / this.wiring.rate);
  }

  override readUint32(offset: number): number {
    switch (offset) {
      case Reg.DR: {
        const value = this.received.shift() ?? 0;
        if (this.received.length < this.level(3)) this.raw &= ~Interrupt.RX;
        if (this.received.length === 0) this.raw &= ~Interrupt.TIMEOUT;
        this.update();
        return value;
      }
      case Reg.FR:
        return (
          (this.sending ? Flag.BUSY : 0) |
          (this.received.length === 0 ? Flag.RX_EMPTY : 0) |
          (this.sent.length >= this.depth ? Flag.TX_FULL : 0) |
          (this.received.length >= this.depth ? Flag.RX_FULL : 0) |
          (this.sent.length === 0 ? Flag.TX_EMPTY : 0)
        );
      case Reg.RSR:
        return 0;
      case Reg.RIS:
        return this.raw;
      case More.MIS:
        return this.raw & this.get(Reg.IMSC);
    }
    if (offset >= More.PERIPHID0) return [0x11, 0x10, 0x34, 0, 0x0d, 0xf0, 0x05, 0xb1][(offset - More.PERIPHID0) >> 2];
    return this.get(offset);
  }

  override writeUint32(offset: number, value: number): void {
    switch (offset) {
      case Reg.DR:
        if (this.sent.length < this.depth) this.sent.push(value & 255);
        if (this.sent.length > this.level(0)) this.raw &= ~Interrupt.TX;
        this.send();
        break;
      case Reg.RSR:
        break;
      case More.ICR:
        this.raw &= ~this.rawWriteValue;
        break;
      case Reg.FR:
      case Reg.RIS:
      case More.MIS:
        throw new HardwareFault(`writes to a register of ${this.name} that is only read`);
      default:
        this.kept.set(offset, value);
    }
    this.update();
  }

  private get(offset: number): number {
    return this.kept.get(offset) ?? 0;
  }
  private get depth(): number {
    return this.get(Reg.LCR) & FIFOS ? DEPTH : 1;
  }
  /** Bytes at which an interrupt comes: `shift` 0 for transmitting, 3 for receiving. */
  private level(shift: number): number {
    if (this.depth === 1) return shift === 0 ? 0 : 1;
    return ((LEVELS[(this.get(Reg.IFLS) >> shift) & 7] ?? 4) * DEPTH) / 8;
  }

  private on(direction: number): boolean {
    const control = this.get(Reg.CR);
    return (control & Control.ENABLE) !== 0 && (control & direction) !== 0;
  }

  private wired(pin: number): boolean {
    return this.rp2040.gpio[pin].functionSelect === 2;
  }

  /** Of its own clock and divider. Throws where the other end would not understand it. */
  private get byteNanos(): number {
    const divider = this.get(Reg.IBRD) + this.get(Reg.FBRD) / 64;
    const rate = this.rp2040.clocks.periFreq / (16 * divider);
    if (!(Math.abs(rate / this.wiring.rate - 1) <= TOLERANCE)) {
      throw new HardwareFault(`${this.name} runs at ${Math.round(rate)} baud, expected ${this.wiring.rate}`);
    }
    if ((this.get(Reg.LCR) & WORD_8) !== WORD_8) throw new HardwareFault(`${this.name} is not set for 8 bits`);
    return (BITS * 1e9) / rate;
  }

  private send(): void {
    if (this.sending || this.sent.length === 0 || !this.on(Control.TX)) return;
    this.sending = true;
    this.sendAlarm.schedule(this.byteNanos);
  }

  private sentOne(): void {
    this.sending = false;
    const byte = this.sent.shift();
    if (byte !== undefined && this.wired(this.wiring.tx)) this.wiring.byte(byte);
    if (this.sent.length === this.level(0)) this.raise(Interrupt.TX);
    this.send();
    this.update();
  }

  private heardOne(): void {
    const byte = this.coming[0][this.comingAt++];
    if (this.comingAt === this.coming[0].length) {
      this.coming.shift();
      this.comingAt = 0;
    }
    this.hearing = this.coming.length > 0;
    const nanos = (BITS * 1e9) / this.wiring.rate;
    if (this.hearing) this.hearAlarm.schedule(nanos);
    if (!this.on(Control.RX) || !this.wired(this.wiring.rx)) return;
    void this.byteNanos;
    if (this.received.length >= this.depth) this.raise(Interrupt.OVERRUN);
    else this.received.push(byte);
    if (this.received.length >= this.level(3)) this.raise(Interrupt.RX);
    this.timeoutAlarm.schedule((nanos * TIMEOUT_BITS) / BITS);
    this.update();
  }

  private raise(bit: number): void {
    this.raw |= bit;
    this.update();
  }

  private update(): void {
    const { dma } = this.rp2040;
    const requests = this.get(More.DMACR);
    const room = this.sent.length < this.depth && this.on(Control.TX);
    if (requests & 2 && room) dma.setDREQ(this.dreq.tx);
    else dma.clearDREQ(this.dreq.tx);
    if (requests & 1 && this.received.length > 0) dma.setDREQ(this.dreq.rx);
    else dma.clearDREQ(this.dreq.rx);
    this.rp2040.setInterrupt(this.irq, (this.raw & this.get(Reg.IMSC)) !== 0);
  }
}
