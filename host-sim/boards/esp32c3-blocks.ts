/**
 * Blocks of the ESP32-C3 as far as boards/esp32c3-w5500 uses them, after the chip's Technical Reference Manual. What the manual asks of
 * a program is asked here: a block whose clock is off or that is held in reset, watchdog registers that are locked, a line's wrong speed stop the emulation with a sentence.
 */
import type { AlarmClock } from "./alarm-clock.js";
import { EmulatorError } from "./emulator.js";

/** Registers that only keep what is written. */
export class Block {
  protected readonly kept = new Map<number, number>();

  read(offset: number): number {
    return this.kept.get(offset) ?? 0;
  }
  write(offset: number, value: number): void {
    this.kept.set(offset, value >>> 0);
  }
}

const CRYSTAL_HZ = 40e6;
/** Peripherals' clock, once the processor goes by the PLL. */
export const APB_HZ = 80e6;

/** UART Controller: FIFOs of 128 bytes, a byte at a time on the line. */
export class Uart extends Block {
  private static readonly Reg = {
    FIFO: 0,
    INT_RAW: 4,
    INT_ST: 8,
    INT_ENA: 12,
    INT_CLR: 16,
    CLKDIV: 20,
    STATUS: 28,
    CONF0: 32,
    CONF1: 36,
    CLK: 0x78,
    ID: 0x80,
  };
  private static readonly DEPTH = 128;
  private rx: number[] = [];
  private tx: number[] = [];
  private sending = false;
  /** Bytes that come on the line; they take their time. */
  private coming: number[] = [];
  /** Bytes that found no room. */
  overruns = 0;

  constructor(
    private readonly name: string,
    private readonly clock: AlarmClock,
    private readonly baud: number,
    private readonly byte: (value: number) => void,
    private readonly clocked: () => boolean,
  ) {
    super();
    this.kept.set(Uart.Reg.CONF0, 0x1000001c);
  }

  get asserted(): boolean {
    return (this.raw & this.read(Uart.Reg.INT_ENA)) !== 0;
  }

  feed(bytes: Uint8Array): void {
    const idle = this.coming.length === 0;
    this.coming.push(...bytes);
    if (idle && bytes.length > 0) this.receive();
  }

  override read(offset: number): number {
    const { Reg } = Uart;
    switch (offset) {
      case Reg.FIFO:
        return this.rx.shift() ?? 0;
      case Reg.STATUS:
        return this.rx.length | (this.tx.length << 16);
      case Reg.INT_RAW:
        return this.raw;
      case Reg.INT_ST:
        return this.raw & super.read(Reg.INT_ENA);
      case Reg.ID:
        return super.read(offset) & 0x7fffffff;
    }
    return super.read(offset);
  }

  override write(offset: number, value: number): void {
    const { Reg } = Uart;
    if (!this.clocked()) throw new EmulatorError(`${this.name} is used while its clock is off or it is held in reset`);
    if (offset === Reg.FIFO) this.send(value & 255);
    else super.write(offset, value);
    if (offset === Reg.CONF0 && value & (1 << 17)) this.rx = [];
    if (offset === Reg.CONF0 && value & (1 << 18)) this.tx = [];
  }

  /** Level, whatever was cleared: what is asked for is still so. */
  private get raw(): number {
    const levels = super.read(Uart.Reg.CONF1);
    return (this.rx.length >= Math.max(levels & 0x1ff, 1) ? 1 : 0) | (this.tx.length < ((levels >> 9) & 0x1ff) ? 2 : 0);
  }

  /** Of a byte with its start and stop bits. Throws when the line's speed is not what the other side has. */
  private get byteNanos(): number {
    const { Reg } = Uart;
    const source = [0, APB_HZ, 17.5e6, CRYSTAL_HZ][(super.read(Reg.CLK) >> 20) & 3];
    const divider = super.read(Reg.CLKDIV);
    const baud =
      source / ((divider & 0xfff) + ((divider >>> 20) & 15) / 16) / (((super.read(Reg.CLK) >> 12) & 255) + 1);
    if (!(Math.abs(baud / this.baud - 1) < 0.02))
      throw new EmulatorError(`${this.name} runs at ${baud} baud, not ${this.baud}`);
    if ((super.read(Reg.CONF0) & 0x1000003f) !== 0x1000001c) throw new EmulatorError(`${this.name} is not set for 8N1`);
    return 1e10 / baud;
  }

  private send(value: number): void {
    if (this.tx.length >= Uart.DEPTH) {
      this.overruns++;
      return;
    }
    this.tx.push(value);
    if (!this.sending) this.shift();
  }

  private shift(): void {
    this.sending = this.tx.length > 0;
    if (!this.sending) return;
    this.clock.after(this.byteNanos, () => {
      const value = this.tx.shift();
      if (value !== undefined) this.byte(value);
      this.shift();
    });
  }

  private receive(): void {
    this.clock.after(1e10 / this.baud, () => {
      const value = this.coming.shift()!;
      if (this.rx.length < Uart.DEPTH) this.rx.push(value);
      else this.overruns++;
      if (this.coming.length > 0) this.receive();
    });
  }
}

/** System Timer: unit 0 counts 16 MHz; target 0 once. */
export class SystemTimer extends Block {
  private static readonly Reg = {
    CONF: 0,
    OP: 4,
    TARGET_HI: 0x1c,
    TARGET_LO: 0x20,
    HI: 0x40,
    LO: 0x44,
    LOAD: 0x50,
    INT_ENA: 0x64,
    INT_CLR: 0x6c,
  };
  private static readonly NANOS_PER_TICK = 62.5;
  private latched = 0;
  private fired = false;
  private readonly alarm: ReturnType<AlarmClock["createAlarm"]>;
  /** When it began to count. */
  private readonly since: number;

  constructor(private readonly clock: AlarmClock) {
    super();
    this.since = clock.nanos;
    this.alarm = clock.createAlarm(() => {
      this.fired = true;
    });
  }

  get asserted(): boolean {
    return this.fired && (super.read(SystemTimer.Reg.INT_ENA) & 1) !== 0;
  }

  override read(offset: number): number {
    const { Reg } = SystemTimer;
    if (offset === Reg.OP) return 1 << 29;
    if (offset === Reg.HI) return Math.floor(this.latched / 2 ** 32);
    return offset === Reg.LO ? this.latched >>> 0 : super.read(offset);
  }

  override write(offset: number, value: number): void {
    const { Reg } = SystemTimer;
    super.write(offset, value);
    if (offset === Reg.OP && value & (1 << 30))
      this.latched = Math.floor((this.clock.nanos - this.since) / SystemTimer.NANOS_PER_TICK);
    if (offset === Reg.INT_CLR && value & 1) this.fired = false;
    if (offset === Reg.LOAD || offset === Reg.CONF) this.arm();
  }

  private arm(): void {
    const { Reg } = SystemTimer;
    this.alarm.cancel();
    if (!(super.read(Reg.CONF) & (1 << 24))) return;
    const target = (super.read(Reg.TARGET_HI) * 2 ** 32 + super.read(Reg.TARGET_LO)) * SystemTimer.NANOS_PER_TICK;
    this.alarm.schedule(Math.max(this.since + target - this.clock.nanos, 0));
  }
}

/** System Registers: the processor's clock, and which blocks have a clock and are out of reset. */
export class System extends Block {
  private static readonly Reg = { CPU: 0x08, CLOCKS: 0x10, RESETS: 0x18, SYSCLK: 0x58 };
  /** Crystal by 2, as the boot ROM leaves it, or the PLL by 3. */
  nanosPerCycle = 50;

  constructor() {
    super();
    // After reset the two UARTs have a clock.
    this.kept.set(System.Reg.CLOCKS, 0x24);
  }

  on(block: number): boolean {
    return (this.read(System.Reg.CLOCKS) & block) !== 0 && (this.read(System.Reg.RESETS) & block) === 0;
  }

  override write(offset: number, value: number): void {
    super.write(offset, value);
    const pll = ((this.read(System.Reg.SYSCLK) >> 10) & 3) === 1;
    this.nanosPerCycle = pll && (this.read(System.Reg.CPU) & 7) === 5 ? 6.25 : 50;
  }
}

/** GPIO: outputs that the registers drive, inputs, and their interrupts by a low level. */
export class Gpio extends Block {
  private static readonly Reg = { OUT: 0x04, ENABLE: 0x20, IN: 0x3c, PIN: 0x74, OUT_SEL: 0x554 };
  private static readonly REGISTERS = 128;
  private inputs = 0;
  private readonly outputs = new Map<number, { level: boolean; told: (high: boolean) => void }>();

  /** Something drives a pin. */
  input(pin: number, high: boolean): void {
    this.inputs = high ? this.inputs | (1 << pin) : this.inputs & ~(1 << pin);
  }
  /** Tells of a pin's level, which is pulled up as long as nothing drives it. */
  output(pin: number, told: (high: boolean) => void): void {
    this.outputs.set(pin, { level: true, told });
  }
  /** The pin interrupts the processor: it is low, and that is what was asked for. */
  low(pin: number): boolean {
    const config = super.read(Gpio.Reg.PIN + 4 * pin);
    return ((config >> 7) & 7) === 4 && (config & (1 << 13)) !== 0 && (this.inputs & (1 << pin)) === 0;
  }

  override read(offset: number): number {
    return offset === Gpio.Reg.IN ? this.inputs : super.read(offset);
  }

  override write(offset: number, value: number): void {
    const { Reg } = Gpio;
    for (const base of [Reg.OUT, Reg.ENABLE]) {
      if (offset === base + 4) super.write(base, super.read(base) | value);
      else if (offset === base + 8) super.write(base, super.read(base) & ~value);
    }
    super.write(offset, value);
    for (const [pin, output] of this.outputs) {
      const driven = (super.read(Reg.ENABLE) >>> pin) & 1 && super.read(Reg.OUT_SEL + 4 * pin) === Gpio.REGISTERS;
      const high = !driven || ((super.read(Reg.OUT) >>> pin) & 1) === 1;
      if (high === output.level) continue;
      output.level = high;
      output.told(high);
    }
  }
}

const UNLOCK = 0x50d83aa1;

const Watchdog = { CONFIG0: 0x48, CONFIG1: 0x4c, CONFIG2: 0x50, FEED: 0x60, PROTECT: 0x64 };

/** The watchdog of timer group 0: only its first stage, which resets the system. The boot ROM leaves it running. */
export class GroupWatchdog extends Block {
  private locked = false;
  private readonly alarm: ReturnType<AlarmClock["createAlarm"]>;

  constructor(clock: AlarmClock, bite: () => void) {
    super();
    this.alarm = clock.createAlarm(bite);
  }

  override write(offset: number, value: number): void {
    if (offset === Watchdog.PROTECT) this.locked = value >>> 0 !== UNLOCK;
    else if (this.locked)
      throw new EmulatorError("a register of timer group 0's watchdog is written to while it is locked");
    else super.write(offset, value);
    if ((offset === Watchdog.CONFIG0 && value & (1 << 22)) || offset === Watchdog.FEED) this.feed();
  }

  private feed(): void {
    const config = super.read(Watchdog.CONFIG0);
    this.alarm.cancel();
    if (config >>> 31 === 0 || ((config >>> 29) & 3) !== 3) return;
    const hertz = (config & (1 << 21) ? CRYSTAL_HZ : APB_HZ) / (super.read(Watchdog.CONFIG1) >>> 16);
    this.alarm.schedule((super.read(Watchdog.CONFIG2) / hertz) * 1e9);
  }
}

/** Low-power Management: why the chip was reset, the boot ROM's watchdogs, reset by software; and the eFuses with the chip's address. */
export class LowPower extends Block {
  private static readonly Reg = {
    OPTIONS: 0,
    RESET_STATE: 0x38,
    WDT: 0x90,
    WDT_PROTECT: 0xa8,
    SWD: 0xac,
    SWD_PROTECT: 0xb0,
  };
  private open = false;
  private superOpen = false;

  /** @param mac the first of the chip's addresses, in the eFuses beside it */
  constructor(
    cause: number,
    mac: number[],
    private readonly reset: () => void,
  ) {
    super();
    this.kept.set(0x844, ((mac[2] << 24) | (mac[3] << 16) | (mac[4] << 8) | mac[5]) >>> 0);
    this.kept.set(0x848, (mac[0] << 8) | mac[1]);
    this.kept.set(LowPower.Reg.RESET_STATE, cause);
    this.kept.set(LowPower.Reg.WDT, 1 << 12);
  }

  /** One of the boot ROM's watchdogs still runs: it would reset the chip. */
  get watched(): boolean {
    return super.read(LowPower.Reg.WDT) !== 0 || super.read(LowPower.Reg.SWD) >>> 31 === 0;
  }

  override write(offset: number, value: number): void {
    const { Reg } = LowPower;
    if (offset === Reg.WDT_PROTECT) this.open = value >>> 0 === UNLOCK;
    else if (offset === Reg.SWD_PROTECT) this.superOpen = value >>> 0 === 0x8f1d312a;
    else if ((offset === Reg.WDT && !this.open) || (offset === Reg.SWD && !this.superOpen)) {
      throw new EmulatorError("a watchdog's register is written to while it is locked");
    } else super.write(offset, value);
    if (offset === Reg.OPTIONS && value >>> 31) this.reset();
  }
}
