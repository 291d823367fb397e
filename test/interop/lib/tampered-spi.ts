/** A W5500 that answers wrongly for a while: sits on the SPI bus between the processor and the chip's model, and knows what is read. */
import type { SpiDevice } from "../../../host-sim/boards/hardware.js";

/** Where in the chip a byte of an answer comes from. */
export interface Place {
  /** Block select bits: 0 common, 1 socket 0's registers, 2 its transmit buffer, 3 its receive buffer. */
  block: number;
  address: number;
}

/** What the processor gets instead of `answer`. */
export type Tamper = (answer: number, place: Place | undefined) => number;

const HEAD = 3;

export class TamperedSpi implements SpiDevice {
  /** Absent: the chip answers for itself. */
  tamper: Tamper | undefined;
  private position = 0;
  private readonly head = new Uint8Array(HEAD);

  constructor(private readonly chip: SpiDevice) {}

  select(selected: boolean): void {
    this.position = 0;
    this.chip.select(selected);
  }

  exchange(byte: number): number {
    const position = this.position++;
    if (position < HEAD) this.head[position] = byte;
    const answer = this.chip.exchange(byte);
    if (!this.tamper) return answer;
    const [high, low, control] = this.head;
    const read = position >= HEAD && !(control & 4);
    const address = (((high << 8) | low) + position - HEAD) & 0xffff;
    return this.tamper(answer, read ? { block: control >> 3, address } : undefined) & 255;
  }
}
