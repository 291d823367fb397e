/**
 * A board with an ESP32-C3 at 160 MHz, 4 MiB of flash and a W5500: SPI2 on GPIO 6, 7 and 2, CSn GPIO 10, RSTn GPIO 3, INTn GPIO 4; console UART0
 * on GPIO 21 and 20, application port UART1 on GPIO 0 and 1. Processor and blocks are models of our own after the manuals, and so is the
 * little of the boot ROM and of Espressif's boot loader that is needed. An instruction takes a cycle; a wait for interrupts jumps to the
 * next alarm. The cache is not modelled, only when it must be at rest.
 */
import { AlarmClock } from "./alarm-clock.js";
import { EmulatorError } from "./emulator.js";
import { Block, Gpio, GroupWatchdog, LowPower, System, SystemTimer, Uart } from "./esp32c3-blocks.js";
import { Spi1, Spi2 } from "./esp32c3-spi.js";
import type { SpiDevice } from "./hardware.js";
import { NorFlash } from "./nor-flash.js";
import { BusFault, Rv32, type Rv32Bus } from "./rv32.js";
import { SlipDecoder, slipEncode } from "./slip.js";
import { W5500 } from "./w5500.js";

export const FLASH_BYTES = 4 << 20;
const RAM = 0x3fc80000;
const RAM_BYTES = 0x60000;
/** RAM and flash as code. */
const RAM_CODE = 0x40380000;
const IROM = 0x42000000;
const DROM = 0x3c000000;
const PAGE_BITS = 16;
const WITHIN = (1 << PAGE_BITS) - 1;
const PAGES = FLASH_BYTES >> PAGE_BITS;
const MAGIC = 0xaedb041d;
const DIRECT_ENTRY = IROM + 8;
/** Functions of the boot ROM, by address: they are done at once. */
const CACHE_SUSPEND = 0x40000524;
const CACHE_RESUME = 0x40000528;
const PIN = { MISO: 2, RESET: 3, INTERRUPT: 4, SCK: 6, MOSI: 7, CS: 10 };
const POWER_ON = 1;
/** Causes of other resets. */
const Cause = { SOFTWARE: 3, TIMG0: 7 } as const;
/** IO MUX: the pin is SPI2's own. */
const MUX_SPI = 2;
/** Sources of the interrupt matrix. */
const SOURCE = { GPIO: 16, UART0: 21, UART1: 22, TIMER: 37 };
/** Bits of SYSTEM's clock and reset registers. */
const GATE = { UART0: 1 << 2, SPI2: 1 << 6, UART1: 1 << 5 };
/** What the boot ROM's watchdogs give a program, about. */
const BOOT_WATCHDOG_NANOS = 1e9;
const PACKET_MAX = 2048;
const NOISE = 0xa5;
/** The chip's own first address; a board's is the fourth. */
export const BASE_MAC = [0x7c, 0xdf, 0xa1, 0x00, 0x20, 0x10];

export interface MachineSurroundings {
  /** 4 MiB, changed by what the firmware writes. */
  flash: Uint8Array;
  entropy: Uint8Array;
  line(text: string): void;
  frame(bytes: Uint8Array): void;
  packet(bytes: Uint8Array): void;
}

/** How the boot ROM, or the boot loader after it, starts a program. */
export interface Boot {
  entry: number;
  /** Page of the flash by page of the address space: the MMU's table, one for code and constants. */
  pages: Int32Array;
  /** What is copied to RAM. */
  copies: { address: number; bytes: Uint8Array }[];
}

/** As the boot ROM does where there is no image: throws `EmulatorError` without the magic word. */
export function directBoot(flash: Uint8Array): Boot {
  const view = new DataView(flash.buffer, flash.byteOffset);
  if (view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== MAGIC) {
    throw new EmulatorError("the boot ROM finds neither an image nor a program to boot directly");
  }
  return { entry: DIRECT_ENTRY, pages: Int32Array.from({ length: PAGES }, (_, i) => i), copies: [] };
}

/** As the second-stage boot loader does with an image at `at`. Throws `EmulatorError` where two segments want one page differently. */
export function loadedBoot(flash: Uint8Array, at: number): Boot {
  const view = new DataView(flash.buffer, flash.byteOffset);
  const boot: Boot = { entry: view.getUint32(at + 4, true), pages: new Int32Array(PAGES).fill(-1), copies: [] };
  let next = at + 24;
  for (let i = 0; i < flash[at + 1]; i++) {
    const [address, length, from] = [view.getUint32(next, true), view.getUint32(next + 4, true), next + 8];
    next = from + length;
    if (address === 0) continue;
    const mapped = [IROM, DROM].some((base) => address >= base && address < base + FLASH_BYTES * 2);
    if (!mapped) boot.copies.push({ address, bytes: flash.slice(from, next) });
    else map(boot.pages, address, length, from);
  }
  return boot;
}

function map(pages: Int32Array, address: number, length: number, from: number): void {
  if ((address & WITHIN) !== (from & WITHIN))
    throw new EmulatorError("a mapped segment is not where its page wants it");
  for (let at = address & ~WITHIN; at >>> 0 < address + length; at += 1 << PAGE_BITS) {
    const [page, frame] = [(at >>> PAGE_BITS) & (PAGES - 1), (from - (address - at)) >> PAGE_BITS];
    if (pages[page] >= 0 && pages[page] !== frame) throw new EmulatorError(`two segments map page ${page} differently`);
    pages[page] = frame;
  }
}

export class Esp32C3Machine implements Rv32Bus {
  readonly chip: W5500;
  readonly flash: NorFlash;
  readonly ram = new Uint8Array(RAM_BYTES).fill(NOISE);
  /** Causes of the resets so far. */
  readonly resets: number[] = [];
  /** Exceptions of the processor so far: cause and place. */
  readonly exceptions: string[] = [];
  private readonly clock = new AlarmClock();
  private readonly words = new DataView(this.ram.buffer);
  private readonly cells: Uint8Array;
  private readonly slip: SlipDecoder;
  /** What SPI2 speaks to. */
  private spi: SpiDevice;
  private noise: number;
  private text = "";
  /** Something came out: `run` returns. */
  private said = false;
  /** The W5500's INTn is low. */
  private interrupted = false;

  /* From here on: of one life, from reset to reset. */
  private cpu = new Rv32(this);
  private blocks = new Map<number, Block>();
  private uarts: Uart[] = [];
  private gpio = new Gpio();
  private matrix = new Block();
  private timer = new SystemTimer(this.clock);
  private system = new System();
  /** The cache is at rest. */
  private resting = false;
  private resetBy = 0;
  /** The interrupt line that is due. */
  private line = 0;
  private life = 0;

  constructor(
    private readonly around: MachineSurroundings,
    private readonly boot: Boot,
  ) {
    const { clock } = this;
    this.cells = around.flash;
    this.flash = new NorFlash(around.flash, clock, () => {});
    this.noise = new DataView(around.entropy.buffer, around.entropy.byteOffset).getUint32(0) | 1;
    this.chip = new W5500({
      timers: clock,
      interrupt: (asserted) => {
        this.interrupted = asserted;
        this.gpio.input(PIN.INTERRUPT, !asserted);
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
    this.powerOn(POWER_ON);
  }

  get nanos(): number {
    return this.clock.nanos;
  }

  /** Puts something between the processor and what is on its SPI bus. */
  interpose(between: (chip: SpiDevice) => SpiDevice): void {
    this.spi = between(this.spi);
  }

  /** The processor goes on somewhere else, as after a flaw in its power. */
  jump(address: number): void {
    this.cpu.pc = address;
  }

  /** The processor waits, and nothing wakes it. */
  hang(): void {
    this.matrix.write(0x104, 0);
    this.look();
    this.cpu.waiting = true;
  }

  packet(bytes: Uint8Array): void {
    this.uarts[1].feed(slipEncode(bytes));
  }
  type(text: string): void {
    this.uarts[0].feed(Buffer.from(text, "latin1"));
  }

  /** Runs to a time, or to where something came out of the board. Throws `EmulatorError`. */
  run(untilNanos: number): void {
    const { clock } = this;
    this.said = false;
    while (!this.said && clock.nanos < untilNanos) {
      const { cpu } = this;
      let nanos: number;
      if (cpu.waiting && this.line === 0) nanos = Math.min(clock.nextNanos, untilNanos);
      else {
        cpu.waiting = false;
        cpu.step();
        nanos = clock.nanos + this.system.nanosPerCycle;
      }
      if (nanos < clock.nextNanos) clock.nanos = nanos;
      else {
        clock.advance(nanos);
        this.look();
      }
      if (this.resetBy) this.powerOn(this.resetBy);
    }
  }

  interrupt(): number {
    return this.line;
  }

  fetch(address: number): number {
    const offset = address - IROM;
    if (offset >= 0 && offset < FLASH_BYTES) {
      const at = this.mapped(offset);
      return this.cells[at] | (this.cells[at + 1] << 8);
    }
    const inRam = address - RAM_CODE;
    if (inRam >= 0 && inRam < RAM_BYTES) return this.words.getUint16(inRam, true);
    // Functions of the ROM: done, and a return (c.jr ra).
    if (address === CACHE_SUSPEND || address === CACHE_RESUME) {
      this.resting = address === CACHE_SUSPEND;
      return 0x8082;
    }
    throw new BusFault(`no code at ${address.toString(16)}`);
  }

  load(address: number, size: number): number {
    const inRam = address - RAM;
    if (inRam >= 0 && inRam < RAM_BYTES) {
      if (size === 4) return this.words.getInt32(inRam, true);
      return size === 2 ? this.words.getUint16(inRam, true) : this.ram[inRam];
    }
    const offset = address - DROM;
    if (offset >= 0 && offset < FLASH_BYTES) {
      const at = this.mapped(offset);
      let value = 0;
      for (let i = 0; i < size; i++) value |= this.cells[at + i] << (8 * i);
      return value;
    }
    const value = this.block(address, size).read(address & 0xfff) | 0;
    this.look();
    return value;
  }

  store(address: number, size: number, value: number): void {
    const inRam = address - RAM;
    if (inRam >= 0 && inRam < RAM_BYTES) {
      if (size === 4) this.words.setInt32(inRam, value, true);
      else if (size === 2) this.words.setInt16(inRam, value, true);
      else this.ram[inRam] = value;
      return;
    }
    this.block(address, size).write(address & 0xfff, value >>> 0);
    this.look();
  }

  private block(address: number, size: number): Block {
    const block = this.blocks.get(address >>> 12);
    if (block && size === 4) return block;
    throw new BusFault(`${size} bytes at ${address.toString(16)}`);
  }

  private mapped(offset: number): number {
    if (this.resting) throw new EmulatorError("the flash is read as memory while the cache is at rest");
    const page = this.boot.pages[offset >> PAGE_BITS];
    if (page < 0) throw new BusFault(`page ${offset >> PAGE_BITS} is not mapped`);
    return (page << PAGE_BITS) | (offset & WITHIN);
  }

  /** What may have changed which interrupt is due. */
  private look(): void {
    const [console_, application] = this.uarts;
    this.line =
      this.due(SOURCE.UART0, console_.asserted) ||
      this.due(SOURCE.UART1, application.asserted) ||
      this.due(SOURCE.TIMER, this.timer.asserted) ||
      this.due(SOURCE.GPIO, this.gpio.low(PIN.INTERRUPT));
  }

  private due(source: number, asserted: boolean): number {
    if (!asserted) return 0;
    const { matrix } = this;
    const line = matrix.read(4 * source) & 31;
    const enabled = (matrix.read(0x104) >>> line) & 1;
    return enabled && matrix.read(0x114 + 4 * line) > matrix.read(0x194) ? line : 0;
  }

  private powerOn(cause: number): void {
    const { clock, chip } = this;
    const life = ++this.life;
    const now =
      <T>(action: (value: T) => void) =>
      (value: T) => {
        if (life === this.life) action(value);
      };
    const reset = (by: number) => {
      this.resetBy = by;
    };
    if (cause !== POWER_ON) this.resets.push(cause);
    this.resetBy = 0;
    this.resting = false;
    this.spi.select(false);
    chip.resetPin(false);
    this.flash.select(false);
    this.cpu = new Rv32(this);
    this.cpu.excepted = (number, pc) => this.exceptions.push(`${number} at ${pc.toString(16)}`);
    this.matrix = new Block();
    this.system = new System();
    this.timer = new SystemTimer(clock);
    this.gpio = new Gpio();
    this.gpio.input(PIN.INTERRUPT, !this.interrupted);
    this.gpio.output(PIN.CS, (high) => this.spi.select(!high));
    this.gpio.output(PIN.RESET, (high) => chip.resetPin(!high));
    const mux = new Block();
    const power = new LowPower(cause, BASE_MAC, () => reset(Cause.SOFTWARE));
    this.uarts = [
      new Uart(
        "UART0",
        clock,
        115_200,
        now((byte) => this.printed(byte)),
        () => this.system.on(GATE.UART0),
      ),
      new Uart(
        "UART1",
        clock,
        921_600,
        now((byte) => this.slip.take(byte)),
        () => this.system.on(GATE.UART1),
      ),
    ];
    const wired = () => [PIN.MISO, PIN.SCK, PIN.MOSI].every((pin) => ((mux.read(4 + 4 * pin) >> 12) & 7) === MUX_SPI);
    const spi2 = new Spi2(
      clock,
      () => (wired() ? this.spi : undefined),
      () => this.system.on(GATE.SPI2),
    );
    const random = new Block();
    random.read = () => this.random();
    this.blocks = new Map<number, Block>([
      [0x60000, this.uarts[0]],
      [0x60002, new Spi1(clock, this.flash, () => this.resting)],
      [0x60004, this.gpio],
      [0x60008, power],
      [0x60009, mux],
      [0x60010, this.uarts[1]],
      [0x6001f, new GroupWatchdog(clock, () => now(reset)(Cause.TIMG0))],
      [0x60023, this.timer],
      [0x60024, spi2],
      [0x60026, random],
      [0x600c0, this.system],
      [0x600c2, this.matrix],
    ]);
    clock.after(BOOT_WATCHDOG_NANOS, () => {
      if (life === this.life && power.watched) throw new EmulatorError("a watchdog of the boot ROM still runs");
    });
    for (const { address, bytes } of this.boot.copies)
      this.ram.set(bytes, address - (address >= RAM_CODE ? RAM_CODE : RAM));
    this.cpu.pc = this.boot.entry;
    this.look();
  }

  /** Bits that look random, from the entropy that the board was given. */
  private random(): number {
    this.noise = (Math.imul(this.noise, 1664525) + 1013904223) >>> 0;
    return this.noise;
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
