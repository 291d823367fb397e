/** What models of chips and of the board around them have in common. */

/** Time as the hardware sees it. */
export interface Timers {
  /** Since power on. */
  readonly nanos: number;
  /** Calls `action` once, `nanos` from now. */
  after(nanos: number, action: () => void): void;
}

/** A chip on an SPI bus with its own chip select: mode 0, most significant bit first. */
export interface SpiDevice {
  /** The chip select pin: true = selected (low). */
  select(selected: boolean): void;
  /** One byte in, one byte out at the same time. */
  exchange(byte: number): number;
}
