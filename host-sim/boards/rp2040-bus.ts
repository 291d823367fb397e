/**
 * rp2040js with the manners of the chip: words must be aligned. What the chip would not do, and the emulator would, ends the run and says
 * where: flash must be there and be mapped, nothing is written through its mapping, peripherals must be out of reset, and the timer must
 * have its tick.
 */
import { RP2040 } from "rp2040js";
import type { AlarmClock } from "./alarm-clock.js";
import { HardwareFault, hexadecimal, ProcessorFault } from "./rp2040-fault.js";
import { RESET_BIT, type Rp2040Resets, type Rp2040Watchdog } from "./rp2040-peripherals.js";

export const FLASH = 0x10000000;
const FLASH_END = 0x14000000;
/** Flash is seen four times: cached or not, with or without filling the cache. */
const ALIAS = 0xffffff;
const UNCACHED = 0x02000000;
export const RAM = 0x20000000;
const RAM_BYTES = 264 * 1024;
const TIMER_PAGE = 0x40054000 >>> 14;

export class Rp2040Bus extends RP2040 {
  resets: Rp2040Resets | undefined;
  watchdog: Rp2040Watchdog | undefined;
  /** Flash can be read as memory. */
  mapped = false;
  /** Sectors that changed since XIP's cache was flushed. */
  readonly stale = new Set<number>();
  private readonly cells: DataView;

  constructor(clock: AlarmClock, cells: Uint8Array) {
    super(clock);
    this.cells = new DataView(cells.buffer, cells.byteOffset, cells.length);
  }

  override readUint32(from: number): number {
    const address = from >>> 0;
    if (address & 3) throw new ProcessorFault(`read of a word at ${hexadecimal(address)}`);
    if (address >= RAM && address < RAM + RAM_BYTES) return this.sramView.getUint32(address - RAM, true);
    if (address >= FLASH && address < FLASH_END) return this.cells.getUint32(this.inFlash(address, 4), true);
    return super.readUint32(address);
  }

  override readUint16(from: number): number {
    const address = from >>> 0;
    if (address & 1) throw new ProcessorFault(`read of a half word at ${hexadecimal(address)}`);
    if (address >= RAM && address < RAM + RAM_BYTES) return this.sramView.getUint16(address - RAM, true);
    if (address >= FLASH && address < FLASH_END) return this.cells.getUint16(this.inFlash(address, 2), true);
    return super.readUint16(address);
  }

  override readUint8(from: number): number {
    const address = from >>> 0;
    if (address >= RAM && address < RAM + RAM_BYTES) return this.sram[address - RAM];
    if (address >= FLASH && address < FLASH_END) return this.cells.getUint8(this.inFlash(address, 1));
    return super.readUint8(address);
  }

  override writeUint32(to: number, value: number): void {
    const address = to >>> 0;
    if (address & 3) throw new ProcessorFault(`write of a word at ${hexadecimal(address)}`);
    if (address >= RAM && address < RAM + RAM_BYTES) this.sramView.setUint32(address - RAM, value, true);
    else super.writeUint32(this.writable(address), value);
  }

  override writeUint16(to: number, value: number): void {
    const address = to >>> 0;
    if (address & 1) throw new ProcessorFault(`write of a half word at ${hexadecimal(address)}`);
    if (address >= RAM && address < RAM + RAM_BYTES) this.sramView.setUint16(address - RAM, value, true);
    else super.writeUint16(this.writable(address), value);
  }

  override writeUint8(to: number, value: number): void {
    const address = to >>> 0;
    if (address >= RAM && address < RAM + RAM_BYTES) this.sram[address - RAM] = value;
    else super.writeUint8(this.writable(address), value);
  }

  override findPeripheral(address: number) {
    const page = address >>> 14;
    const bit = RESET_BIT.get(page);
    if (bit !== undefined && this.resets?.holds(bit))
      throw this.fault("uses a peripheral that is held in reset", address);
    if (page === TIMER_PAGE && this.watchdog && this.watchdog.tickCycles * 1e6 !== this.clocks.refFreq) {
      throw this.fault("uses the timer, which counts no microseconds: WATCHDOG TICK does not fit clk_ref", address);
    }
    return super.findPeripheral(address);
  }

  /** Ends the run: the chip would fault. */
  fault(what: string, address: number): HardwareFault {
    return new HardwareFault(`the firmware ${what} at ${hexadecimal(address)}; PC ${hexadecimal(this.core.PC)}`);
  }

  private inFlash(address: number, bytes: number): number {
    const at = address & ALIAS;
    if (!this.mapped) throw this.fault("reads flash while it is not mapped into memory", address);
    if (at + bytes > this.cells.byteLength) throw this.fault("reads behind the end of flash", address);
    if (this.stale.size > 0 && !(address & UNCACHED) && this.stale.has(at >> 12)) {
      throw this.fault("reads changed flash through XIP's cache, which was not flushed", address);
    }
    return at;
  }

  private writable(address: number): number {
    if (address < FLASH_END) {
      throw this.fault("writes to memory that is only read", address);
    }
    return address;
  }
}
