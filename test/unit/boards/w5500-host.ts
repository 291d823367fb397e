/** A W5500 on a desk: its pins, and how a processor speaks to it, written from the datasheet's §2.2 and §4. */
import { AlarmClock } from "../../../host-sim/boards/alarm-clock.js";
import type { SpiDevice } from "../../../host-sim/boards/hardware.js";
import { W5500 } from "../../../host-sim/boards/w5500.js";

/** Blocks of the control byte. */
export const COMMON = 0;
export const SOCKET = 1;
export const TX = 2;
export const RX = 3;

export function read(chip: SpiDevice, block: number, at: number, length: number): Buffer {
  chip.select(true);
  for (const byte of [at >> 8, at & 255, block << 3]) chip.exchange(byte);
  const bytes = Buffer.from(Array.from({ length }, () => chip.exchange(0)));
  chip.select(false);
  return bytes;
}

export function write(chip: SpiDevice, block: number, at: number, bytes: Iterable<number>): void {
  chip.select(true);
  for (const byte of [at >> 8, at & 255, (block << 3) | 4, ...bytes]) chip.exchange(byte);
  chip.select(false);
}

export class Desk {
  readonly clock = new AlarmClock();
  /** INTn is low. */
  interrupt = false;
  /** Frames that left. */
  readonly sent: Buffer[] = [];
  readonly chip: W5500;

  constructor() {
    this.chip = new W5500({
      timers: this.clock,
      interrupt: (asserted) => {
        this.interrupt = asserted;
      },
      frame: (bytes) => this.sent.push(Buffer.from(bytes)),
    });
    this.chip.carrier(true);
    this.pass(100);
  }

  pass(ms: number): void {
    this.clock.advance(this.clock.nanos + ms * 1e6);
  }

  word(at: number): number {
    return read(this.chip, SOCKET, at, 2).readUInt16BE();
  }

  setWord(at: number, value: number): void {
    write(this.chip, SOCKET, at, [(value >> 8) & 255, value & 255]);
  }

  command(value: number): void {
    write(this.chip, SOCKET, 0x01, [value]);
  }

  /** Socket 0 in MACRAW mode with both buffers of `kib` KiB; `mode`: bits of Sn_MR above the protocol. */
  open(kib = 16, mode = 0): void {
    for (let socket = 0; socket < 8; socket++) {
      write(this.chip, 4 * socket + SOCKET, 0x1e, socket === 0 ? [kib, kib] : [0, 0]);
    }
    write(this.chip, SOCKET, 0x00, [mode | 4]);
    this.command(0x01);
  }

  /** Writes a frame into the transmit buffer and sends it. */
  send(frame: Uint8Array): void {
    const at = this.word(0x24);
    write(this.chip, TX, at, frame);
    this.setWord(0x24, at + frame.length);
    this.command(0x20);
  }

  /** Takes one frame out of the receive buffer. */
  take(): Buffer {
    const at = this.word(0x28);
    const length = read(this.chip, RX, at, 2).readUInt16BE();
    const frame = read(this.chip, RX, (at + 2) & 0xffff, length - 2);
    this.setWord(0x28, at + length);
    this.command(0x40);
    return frame;
  }
}

/** To everybody, of `length` bytes that tell frames apart. */
export function broadcast(length: number, seed = 0): Buffer {
  const frame = Buffer.from(Array.from({ length }, (_, i) => (i * 7 + seed) & 255));
  frame.fill(0xff, 0, 6);
  return frame;
}
