/**
 * A serial NOR flash of 2 MiB (commands and times of Winbond's W25Q16JV: §8 of its datasheet). Erasing sets bits, programming only clears them, both
 * need the write enable latch, take their time, and whatever else is asked meanwhile but the status is ignored. Power that fails then
 * leaves the work half done.
 */
import type { SpiDevice, Timers } from "./hardware.js";

export const FLASH_BYTES = 2 << 20;
export const SECTOR = 4096;
const PAGE = 256;

const Flash = {
  PAGE_PROGRAM: 0x02,
  READ: 0x03,
  WRITE_DISABLE: 0x04,
  READ_STATUS: 0x05,
  WRITE_ENABLE: 0x06,
  FAST_READ: 0x0b,
  SECTOR_ERASE: 0x20,
  UNIQUE_ID: 0x4b,
  JEDEC_ID: 0x9f,
} as const;
const Status = { BUSY: 1, ENABLED: 2 } as const;
/** Winbond, SPI, 2 MiB. */
const ID = [0xef, 0x40, 0x15];
/** What the chip is made with, and no other has. */
export const UNIQUE_ID = Uint8Array.from([0xd1, 0x64, 0x30, 0x52, 0x50, 0x20, 0x40, 0x01]);
/** Typical times; the longest are 3 ms and 400 ms. */
const PROGRAM_NANOS = 400_000;
const ERASE_NANOS = 45_000_000;
/** Command and 24-bit address. */
const HEAD = 4;

export class NorFlash implements SpiDevice {
  private enabled = false;
  /** What is being done, with a part of it from 0 to 1; undefined = it is not busy. */
  private work: ((part: number) => void) | undefined;
  private selected = false;
  private position = 0;
  private command = 0;
  private address = 0;
  private page = new Map<number, number>();

  /**
   * @param bytes the cells, a power of 2
   * @param changed told about each sector that is erased or programmed
   */
  constructor(
    readonly bytes: Uint8Array,
    private readonly timers: Timers,
    private readonly changed: (sector: number) => void,
  ) {}

  get busy(): boolean {
    return this.work !== undefined;
  }

  /** Power fails. */
  cut(): void {
    this.work?.(0.5);
    this.work = undefined;
  }

  select(selected: boolean): void {
    if (selected === this.selected) return;
    this.selected = selected;
    if (selected) this.position = 0;
    else this.ended();
  }

  exchange(byte: number): number {
    if (!this.selected) return 0xff;
    const position = this.position++;
    if (position === 0) {
      this.command = byte;
      this.address = 0;
      this.page.clear();
      return 0xff;
    }
    if (this.command === Flash.READ_STATUS) {
      return (this.busy ? Status.BUSY : 0) | (this.enabled ? Status.ENABLED : 0);
    }
    if (this.busy) return 0xff;
    if (this.command === Flash.JEDEC_ID) return ID[(position - 1) % ID.length];
    if (position < HEAD) {
      this.address = ((this.address << 8) | byte) & 0xffffff;
      return 0xff;
    }
    return this.data(position - HEAD, byte);
  }

  private data(index: number, byte: number): number {
    if (this.command === Flash.READ) return this.cell(index);
    if (this.command === Flash.FAST_READ) return index === 0 ? 0xff : this.cell(index - 1);
    if (this.command === Flash.UNIQUE_ID) return index === 0 ? 0xff : UNIQUE_ID[(index - 1) % UNIQUE_ID.length];
    if (this.command === Flash.PAGE_PROGRAM) {
      // Behind the page's end it goes on at its beginning; the last byte for a cell counts.
      this.page.set((this.address & ~(PAGE - 1)) | ((this.address + index) & (PAGE - 1)), byte);
    }
    return 0xff;
  }

  private cell(index: number): number {
    return this.bytes[(this.address + index) % this.bytes.length];
  }

  /** Deselected: a command that changes something begins now, if it has come whole. */
  private ended(): void {
    const { command, position, address } = this;
    if (this.busy) return;
    if (command === Flash.WRITE_ENABLE && position === 1) this.enabled = true;
    if (command === Flash.WRITE_DISABLE && position === 1) this.enabled = false;
    if (!this.enabled) return;
    if (command === Flash.SECTOR_ERASE && position === HEAD)
      this.erase(address & ~(SECTOR - 1) & (this.bytes.length - 1));
    if (command === Flash.PAGE_PROGRAM && position > HEAD) this.program(new Map(this.page));
  }

  private erase(at: number): void {
    this.begin(ERASE_NANOS, (part) => this.bytes.fill(0xff, at, at + SECTOR * part), at);
  }

  private program(page: Map<number, number>): void {
    const cells = [...page].map(([at, byte]) => [at & (this.bytes.length - 1), byte]);
    const act = (part: number) => {
      for (const [at, byte] of cells.slice(0, cells.length * part)) this.bytes[at] &= byte;
    };
    this.begin(PROGRAM_NANOS, act, cells[0][0]);
  }

  private begin(nanos: number, act: (part: number) => void, at: number): void {
    this.work = act;
    this.timers.after(nanos, () => {
      if (this.work !== act) return;
      act(1);
      this.work = undefined;
      this.enabled = false;
      this.changed(Math.floor(at / SECTOR));
    });
  }
}
