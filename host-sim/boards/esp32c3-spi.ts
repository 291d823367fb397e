/** SPI controllers of the ESP32-C3 (Technical Reference Manual, "SPI Controller"; SPI1 as ESP-IDF's spi_mem headers name its registers). */
import type { AlarmClock } from "./alarm-clock.js";
import { EmulatorError } from "./emulator.js";
import { APB_HZ, Block } from "./esp32c3-blocks.js";
import type { SpiDevice } from "./hardware.js";

/** SPI Controller 2 as a master without DMA: both directions at once, from and to its buffer of 64 bytes. */
export class Spi2 extends Block {
  private static readonly Reg = { CMD: 0, CLOCK: 12, USER: 16, LENGTH: 0x1c, CLK_GATE: 0xe8, BUFFER: 0x98 };
  private static readonly SETTINGS_END = 0x24;
  private busy = false;
  /** Settings were written and not taken over yet. */
  private pending = false;

  constructor(
    private readonly clock: AlarmClock,
    private readonly device: () => SpiDevice | undefined,
    private readonly clocked: () => boolean,
  ) {
    super();
  }

  override read(offset: number): number {
    return offset === Spi2.Reg.CMD ? (this.busy ? 1 << 24 : 0) : super.read(offset);
  }

  override write(offset: number, value: number): void {
    const { Reg } = Spi2;
    if (!this.clocked()) throw new EmulatorError("SPI2 is used while its clock is off or it is held in reset");
    if (this.busy) throw new EmulatorError("SPI2 is written to while it is busy");
    if (offset !== Reg.CMD) {
      if (offset < Spi2.SETTINGS_END) this.pending = true;
      super.write(offset, value);
      return;
    }
    if (value & (1 << 23)) this.pending = false;
    if (value & (1 << 24)) this.transfer();
  }

  private transfer(): void {
    const { Reg } = Spi2;
    const [bits, user, clock] = [super.read(Reg.LENGTH) + 1, super.read(Reg.USER), super.read(Reg.CLOCK)];
    if (this.pending) throw new EmulatorError("SPI2 starts with settings that were not taken over (SPI_UPDATE)");
    if ((user & 0xf8000001) !== 0x18000001 || bits % 8 !== 0 || bits > 512)
      throw new EmulatorError(`SPI2 is not set for whole bytes both ways`);
    if ((super.read(Reg.CLK_GATE) & 7) !== 7) throw new EmulatorError("SPI2 has no clock (CLK_GATE)");
    const period = (((clock >> 12) & 63) + 1) * (((clock >> 18) & 15) + 1);
    if (APB_HZ / period > 33.4e6)
      throw new EmulatorError(`SPI2 runs at ${APB_HZ / period / 1e6} MHz; the W5500 is good for 33.3 MHz`);
    const device = this.device();
    for (let i = 0; i < bits / 8; i++) {
      const [word, shift] = [Reg.BUFFER + (i & ~3), 8 * (i & 3)];
      const before = super.read(word);
      const answer = device?.exchange((before >>> shift) & 255) ?? 0xff;
      super.write(word, (before & ~(255 << shift)) | (answer << shift));
    }
    this.busy = true;
    this.clock.after((bits * period * 1e9) / APB_HZ, () => {
      this.busy = false;
    });
  }
}

/** SPI Controller 1: commands for the flash. The cache uses the same wires, so it must be at rest. */
export class Spi1 extends Block {
  private static readonly Reg = {
    CMD: 0,
    ADDRESS: 4,
    CTRL: 8,
    CLOCK: 0x14,
    USER: 0x18,
    USER1: 0x1c,
    USER2: 0x20,
    MOSI: 0x24,
    MISO: 0x28,
    BUFFER: 0x58,
  };
  private busy = false;

  constructor(
    private readonly clock: AlarmClock,
    private readonly flash: SpiDevice,
    private readonly resting: () => boolean,
  ) {
    super();
  }

  override read(offset: number): number {
    return offset === Spi1.Reg.CMD ? (this.busy ? 1 << 18 : 0) : super.read(offset);
  }

  override write(offset: number, value: number): void {
    if (this.busy) throw new EmulatorError("SPI1 is written to while it is busy");
    if (offset !== Spi1.Reg.CMD) super.write(offset, value);
    else if (value & (1 << 18)) this.command();
  }

  private command(): void {
    const { Reg } = Spi1;
    const reg = (offset: number) => super.read(offset);
    if (!this.resting()) throw new EmulatorError("SPI1 gives the flash a command while the cache is at work");
    if (reg(Reg.CTRL) & ((1 << 14) | (1 << 20) | (1 << 23) | (1 << 24)))
      throw new EmulatorError("SPI1 is set for two or four lines");
    const user = reg(Reg.USER);
    const bytes: number[] = [];
    if (user >>> 31) bytes.push(reg(Reg.USER2) & 255);
    if (user & (1 << 30)) {
      if (reg(Reg.USER1) >>> 26 !== 23) throw new EmulatorError("SPI1 sends an address that has not 24 bits");
      for (const shift of [16, 8, 0]) bytes.push((reg(Reg.ADDRESS) >>> shift) & 255);
    }
    const sent = user & (1 << 27) ? (reg(Reg.MOSI) + 1) / 8 : 0;
    const read = user & (1 << 28) ? (reg(Reg.MISO) + 1) / 8 : 0;
    if (sent > 64 || read > 64) throw new EmulatorError("SPI1 has a buffer of 64 bytes");
    for (let i = 0; i < sent; i++) bytes.push((reg(Reg.BUFFER + (i & ~3)) >>> (8 * (i & 3))) & 255);
    this.flash.select(true);
    for (const byte of bytes) this.flash.exchange(byte);
    for (let i = 0; i < read; i++) {
      const [word, shift] = [Reg.BUFFER + (i & ~3), 8 * (i & 3)];
      super.write(word, (reg(word) & ~(255 << shift)) | (this.flash.exchange(0) << shift));
    }
    this.flash.select(false);
    const period = ((reg(Reg.CLOCK) >>> 16) & 255) + 1;
    this.busy = true;
    this.clock.after(((bytes.length + read) * 8 * period * 1e9) / APB_HZ, () => {
      this.busy = false;
    });
  }
}
