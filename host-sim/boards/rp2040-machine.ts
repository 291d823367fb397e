/**
 * A board with an RP2040 at 125 MHz, its flash, and a W5500 (WIZnet's W5500-EVB-Pico has the same pins): SPI0 on GP16, GP18 and GP19 with
 * CSn GP17, RSTn GP20, INTn GP21; console UART0 on GP0 and GP1; application port UART1 on GP4 and GP5. Time is that of the processor's
 * cycles; when it waits, time jumps to the next alarm.
 */
import { GPIOPinState, type RPUSBController } from "rp2040js";
import { AlarmClock } from "./alarm-clock.js";
import { EmulatorError } from "./emulator.js";
import type { SpiDevice, Timers } from "./hardware.js";
import { NorFlash } from "./nor-flash.js";
import { Pl011 } from "./pl011.js";
import { RAM, Rp2040Bus } from "./rp2040-bus.js";
import { HardwareFault, hexadecimal, ProcessorFault } from "./rp2040-fault.js";
import { Rp2040Resets, Rp2040Rosc, Rp2040Watchdog, type WatchdogMemory } from "./rp2040-peripherals.js";
import { Rp2040IoQspi, Rp2040Ssi, Rp2040XipControl } from "./rp2040-ssi.js";
import { SlipDecoder, slipEncode } from "./slip.js";
import { W5500 } from "./w5500.js";

const PIN = { MISO: 16, CS: 17, SCK: 18, MOSI: 19, RESET: 20, INTERRUPT: 21 };
const SPI_FUNCTION = 1;
const CONSOLE = { rate: 115_200, tx: 0, rx: 1 };
const APPLICATION = { rate: 921_600, tx: 4, rx: 5 };
const IRQ = { UART0: 20, UART1: 21 };
/** The fastest SPI clock that the W5500's datasheet guarantees. */
const SPI_HZ = 33.4e6;
/** Longer packets on the serial line are none. */
const PACKET_MAX = 2048;
const BOOT2_BYTES = 256;
/** Where the boot ROM copies the second stage. */
const BOOT2_AT = RAM + 264 * 1024 - BOOT2_BYTES;
const PSM = { page: 0x40010, WDSEL: 8, RESETS: 1 << 3, PROC0: 1 << 15 };
/** Numbers of exceptions, and what entering one takes. */
const NMI = 2;
const HARD_FAULT = 3;
const FAULT_CYCLES = 15;
/** RAM after power on is anything. */
const NOISE = 0xa5;

export interface MachineSurroundings {
  /** 2 MiB, changed by what the firmware writes. */
  flash: Uint8Array;
  entropy: Uint8Array;
  line(text: string): void;
  /** A frame leaves onto the cable; a packet leaves at the application port. Valid during the call. */
  frame(bytes: Uint8Array): void;
  packet(bytes: Uint8Array): void;
  /** Plugs something in at the USB connector; again after each reset. */
  usb?(controller: RPUSBController): void;
}

/** What a life of the processor's time is to the chips around it: theirs goes on when the processor is reset. */
class BoardTimers implements Timers {
  private readonly pending = new Set<{ at: number; action: () => void }>();

  constructor(
    private clock: AlarmClock,
    private baseNanos = 0,
  ) {}

  get nanos(): number {
    return this.baseNanos + this.clock.nanos;
  }

  /** The processor's time at a time of the chips. What is compared with it is rounded alike, so that it is reached. */
  local(nanos: number): number {
    return nanos - this.baseNanos;
  }

  after(nanos: number, action: () => void): void {
    const entry = { at: this.nanos + nanos, action };
    this.pending.add(entry);
    this.schedule(entry);
  }

  move(clock: AlarmClock): void {
    this.baseNanos = this.nanos;
    this.clock = clock;
    for (const entry of this.pending) this.schedule(entry);
  }

  private schedule(entry: { at: number; action: () => void }): void {
    this.clock.after(entry.at - this.nanos, () => {
      this.pending.delete(entry);
      entry.action();
    });
  }
}

export class Rp2040Machine {
  readonly chip: W5500;
  readonly flash: NorFlash;
  /** Resets by the watchdog so far. */
  resets = 0;
  /** HardFaults so far: what, and where. */
  readonly faults: string[] = [];
  private clock = new AlarmClock();
  private readonly timers = new BoardTimers(this.clock);
  private spi: SpiDevice;
  private readonly watchdog: WatchdogMemory = { reason: 0, scratch: new Uint32Array(8) };
  private bus: Rp2040Bus;
  private nanosPerCycle = 0;
  private resetting = false;
  private interrupted = false;
  private text = "";
  private readonly slip: SlipDecoder;
  /** `run` returns: something came out. */
  private said = false;
  private uarts: Pl011[] = [];

  constructor(private readonly around: MachineSurroundings) {
    const { timers } = this;
    this.flash = new NorFlash(around.flash, timers, (sector) => this.bus.stale.add(sector));
    this.chip = new W5500({
      timers,
      interrupt: (asserted) => {
        this.interrupted = asserted;
        this.bus?.gpio[PIN.INTERRUPT].setInputValue(!asserted);
      },
      frame: (bytes) => {
        this.said = true;
        around.frame(bytes);
      },
    });
    this.spi = this.chip;
    this.slip = new SlipDecoder(PACKET_MAX, (packet) => {
      this.said = true;
      around.packet(packet);
    });
    this.bus = this.powerOn();
  }

  get nanos(): number {
    return this.timers.nanos;
  }

  /** 264 KiB from 0x20000000 on. */
  get ram(): Uint8Array {
    return this.bus.sram;
  }

  /** Puts something between the processor and what is on its SPI bus. */
  interpose(between: (chip: SpiDevice) => SpiDevice): void {
    this.spi = between(this.spi);
  }

  /** The processor goes on somewhere else, as after a flaw in its power. */
  jump(address: number): void {
    this.bus.core.PC = address;
  }

  /** Calls `action` when the board has been on for so long; resets do not change that. */
  at(nanos: number, action: () => void): void {
    this.timers.after(nanos - this.timers.nanos, action);
  }

  /** Runs to a time, or to where something came out of the board. Throws `EmulatorError`. */
  run(untilNanos: number): void {
    this.said = false;
    while (!this.said && this.clock.nanos < this.timers.local(untilNanos)) {
      this.live(this.timers.local(untilNanos));
      if (this.resetting) this.reset();
    }
  }

  /** Something came out by a way that the board does not know of: `run` returns. */
  pause(): void {
    this.said = true;
  }

  /** A packet comes to the application port. */
  packet(bytes: Uint8Array): void {
    this.serial(slipEncode(bytes));
  }

  /** Bytes come on the application port's line. */
  serial(bytes: Uint8Array): void {
    this.uarts[1].feed(bytes);
  }

  type(text: string): void {
    this.uarts[0].feed(Buffer.from(text, "latin1"));
  }

  /** Until the processor is reset, something came out, or its own time is `until`. */
  private live(until: number): void {
    const { clock, bus } = this;
    const { core } = bus;
    while (!this.said && !this.resetting && clock.nanos < until) {
      if (core.waiting) {
        if (wakes(core)) core.waiting = false;
        else clock.advance(Math.min(clock.nextNanos, until));
        continue;
      }
      const nanos = clock.nanos + this.execute() * this.nanosPerCycle;
      if (nanos >= clock.nextNanos) clock.advance(nanos);
      else clock.nanos = nanos;
    }
  }

  /** An instruction, or the entry to HardFault where it cannot be done (ARMv6-M §B1.5.6); its cycles. */
  private execute(): number {
    const { core } = this.bus;
    try {
      return core.executeInstruction();
    } catch (error) {
      if (!(error instanceof ProcessorFault)) throw error;
      if (this.fetches(core.PC)) core.PC -= 2;
      const where = `${error.message}, PC ${hexadecimal(core.PC)}`;
      if (core.IPSR === NMI || core.IPSR === HARD_FAULT) throw new HardwareFault(`the processor locks up: ${where}`);
      this.faults.push(where);
      core.exceptionEntry(HARD_FAULT);
      return FAULT_CYCLES;
    }
  }

  /** Is there an instruction? Else fetching it was what failed. */
  private fetches(address: number): boolean {
    try {
      this.bus.readUint16(address);
      return true;
    } catch {
      return false;
    }
  }

  private reset(): void {
    const selected = this.bus.peripherals[PSM.page].readUint32(PSM.WDSEL);
    if (!(selected & PSM.PROC0) || !(selected & PSM.RESETS)) {
      throw new EmulatorError("the watchdog fired, but PSM's WDSEL does not let it reset the processor and RESETS");
    }
    const { sram } = this.bus;
    this.resetting = false;
    this.resets++;
    this.clock = new AlarmClock();
    this.timers.move(this.clock);
    this.spi.select(false);
    this.chip.resetPin(false);
    this.flash.select(false);
    this.bus = this.powerOn();
    this.bus.sram.set(sram);
    this.boot();
  }

  private powerOn(): Rp2040Bus {
    const { clock, flash, around } = this;
    const bus = new Rp2040Bus(clock, around.flash);
    bus.logger = { debug() {}, info() {}, warn: unknown, error: unknown };
    bus.onBreak = (code) => {
      throw new HardwareFault(`BKPT or UDF ${code} at ${hexadecimal(bus.core.PC)}`);
    };
    bus.sram.fill(NOISE);
    const { peripherals } = bus;
    bus.resets = new Rp2040Resets(bus);
    bus.watchdog = new Rp2040Watchdog(bus, clock, this.watchdog, () => {
      this.resetting = true;
    });
    const ssi = new Rp2040Ssi(bus, flash, this.timers, (mapped) => {
      bus.mapped = mapped;
    });
    peripherals[0x4000c] = bus.resets;
    peripherals[0x40058] = bus.watchdog;
    peripherals[0x18000] = ssi;
    peripherals[0x40018] = new Rp2040IoQspi(bus, (outover) => ssi.selectOverride(outover));
    peripherals[0x14000] = new Rp2040XipControl(bus, () => bus.stale.clear());
    peripherals[0x40060] = new Rp2040Rosc(bus, around.entropy);
    this.uarts = [
      new Pl011(bus, "UART0", clock, IRQ.UART0, bus.uart[0].dreq, { ...CONSOLE, byte: (value) => this.printed(value) }),
      new Pl011(bus, "UART1", clock, IRQ.UART1, bus.uart[1].dreq, {
        ...APPLICATION,
        byte: (value) => this.slip.take(value),
      }),
    ];
    peripherals[0x40034] = this.uarts[0];
    peripherals[0x40038] = this.uarts[1];
    this.wire(bus);
    around.usb?.(bus.usbCtrl);
    maskedWait(bus.core);
    // The ring oscillator drives the processor until the firmware chooses another clock.
    bus.clkSys = bus.roscFreq;
    this.nanosPerCycle = 1e9 / bus.clkSys;
    bus.addClockListener((clkSys) => {
      this.nanosPerCycle = 1e9 / clkSys;
    });
    return bus;
  }

  private wire(bus: Rp2040Bus): void {
    const { gpio } = bus;
    const [spi] = bus.spi;
    gpio[PIN.INTERRUPT].setInputValue(!this.interrupted);
    gpio[PIN.CS].addListener((state) => this.spi.select(state === GPIOPinState.Low));
    gpio[PIN.RESET].addListener((state) => this.chip.resetPin(state === GPIOPinState.Low));
    let answer = 0;
    // The answer must not be there at once: DMA would overrun.
    const done = this.clock.createAlarm(() => spi.completeTransmit(answer));
    spi.onTransmit = (value) => {
      const { dataBits, clockFrequency } = spi;
      if (clockFrequency > SPI_HZ)
        throw new HardwareFault(`SPI0 runs at ${clockFrequency / 1e6} MHz; the W5500 is good for 33.3 MHz`);
      if (dataBits % 8 !== 0) throw new HardwareFault(`SPI0 has frames of ${dataBits} bits; the W5500 has bytes`);
      const wired = [PIN.MISO, PIN.SCK, PIN.MOSI].every((pin) => gpio[pin].functionSelect === SPI_FUNCTION);
      answer = 0;
      for (let bits = dataBits - 8; wired && bits >= 0; bits -= 8) {
        answer = (answer << 8) | this.spi.exchange((value >> bits) & 255);
      }
      done.schedule((dataBits * 1e9) / clockFrequency);
    };
  }

  /** What the boot ROM does with flash: the second stage is checked, copied to RAM and entered there. */
  boot(): void {
    const { bus, around } = this;
    const { core } = bus;
    bus.sram.set(around.flash.subarray(0, BOOT2_BYTES), BOOT2_AT - RAM);
    core.PC = core.SP = BOOT2_AT;
    core.LR = 0;
  }

  private printed(value: number): void {
    if (value !== 0x0a) {
      this.text += String.fromCharCode(value);
      return;
    }
    const line = this.text.replace(/\r$/, "");
    this.text = "";
    this.said = true;
    this.around.line(line);
  }
}

function unknown(component: string, message: string): void {
  if (/invalid memory|undefined address/.test(message)) throw new ProcessorFault(message);
  throw new HardwareFault(`${component}: ${message}`);
}

type Core = Rp2040Bus["core"];

/** Something is pending that ends a wait (ARMv6-M §B1.5.17). */
function wakes(core: Core): boolean {
  const pending = (core.pendingInterrupts & core.enabledInterrupts) !== 0 || core.pendingSystick || core.pendingPendSV;
  if (pending) core.interruptsUpdated = true;
  return pending;
}

/** rp2040js takes an interrupt that ends a wait even where PRIMASK is set; the chip only goes on. */
function maskedWait(core: Core): void {
  const take = core.checkForInterrupts.bind(core);
  core.checkForInterrupts = () => (core.waiting && core.PM ? wakes(core) : take());
}
