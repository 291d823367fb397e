/**
 * A socket of the W5500. Socket 0 knows MACRAW mode: whole Ethernet frames without FCS, in its receive buffer behind a length of two bytes that
 * counts itself (W5500 Datasheet 1.0.9, §4.2 and the MACRAW pages of WIZnet's application notes). Other modes and sockets stay closed.
 */
import type { Timers } from "./hardware.js";
import { Command, Mode, Socket, SocketInterrupt, Status } from "./w5500-registers.js";

/** Largest frame without FCS, and the shortest that a cable carries. */
export const FRAME_MAX = 1514;
export const FRAME_MIN = 60;
/** Preamble, FCS and gap between frames, and a byte at 100 Mbit/s. */
const FRAME_MORE = 24;
const NANOS_PER_BYTE = 80;
const KIB = 1024;
const LENGTH = 2;

/** Registers that only the chip writes. */
const READ_ONLY = new Set<number>(
  [Socket.TX_FSR, Socket.TX_RD, Socket.RX_RSR, Socket.RX_WR].flatMap((at) => [at, at + 1]).concat(Socket.SR),
);

export interface SocketSurroundings {
  timers: Timers;
  /** Its interrupt bits or their mask changed. */
  changed(): void;
  /** A frame leaves. Valid during the call. */
  frame(bytes: Uint8Array): void;
  /** SHAR. */
  address(): Uint8Array;
}

export class W5500Socket {
  /** Frames that the socket did not take, by reason. */
  readonly lost = { full: 0, oversize: 0, filtered: 0, closed: 0 };
  private readonly registers = new Uint8Array(Socket.SIZE);
  private readonly tx = new Uint8Array(16 * KIB);
  private readonly rx = new Uint8Array(16 * KIB);
  /** RX_RD as the last RECV gave it: what lies before it is free. */
  private freedAt = 0;
  private sending = false;
  /** A SEND came while the frame before it was on its way. */
  private again = false;
  /** A reset forgets what was being sent. */
  private life = 0;

  constructor(
    private readonly number: number,
    private readonly around: SocketSurroundings,
  ) {
    this.reset();
  }

  reset(): void {
    const { registers } = this;
    registers.fill(0);
    registers.fill(0xff, Socket.DHAR, Socket.DHAR + 6);
    registers[Socket.TTL] = 0x80;
    registers[Socket.RXBUF_SIZE] = registers[Socket.TXBUF_SIZE] = 2;
    registers[Socket.IMR] = 0xff;
    registers[Socket.FRAG] = 0x40;
    this.freedAt = 0;
    this.sending = this.again = false;
    this.life++;
  }

  /** A bit of SIR: something happened that its mask lets through. */
  get interrupts(): boolean {
    return (this.registers[Socket.IR] & this.registers[Socket.IMR]) !== 0;
  }

  read(at: number): number {
    if (at === Socket.RX_RSR) this.set(Socket.RX_RSR, this.received);
    if (at === Socket.TX_FSR) this.set(Socket.TX_FSR, this.free);
    return this.registers[at] ?? 0;
  }

  write(at: number, value: number): void {
    if (at === Socket.CR) this.command(value);
    else if (at === Socket.IR) this.registers[at] &= ~value;
    else if (at < Socket.SIZE && !READ_ONLY.has(at)) this.registers[at] = value;
    this.around.changed();
  }

  readTx(at: number): number {
    return this.tx[at & (this.txSize - 1)] ?? 0;
  }
  writeTx(at: number, value: number): void {
    this.tx[at & (this.txSize - 1)] = value;
  }
  readRx(at: number): number {
    return this.rx[at & (this.rxSize - 1)] ?? 0;
  }
  writeRx(at: number, value: number): void {
    this.rx[at & (this.rxSize - 1)] = value;
  }

  /** A frame, 60 bytes at least, arrives from the cable. */
  arrive(frame: Uint8Array): void {
    const { lost } = this;
    if (this.registers[Socket.SR] !== Status.MACRAW) lost.closed++;
    else if (frame.length > FRAME_MAX) lost.oversize++;
    else if (!this.listens(frame)) lost.filtered++;
    else if (this.received + LENGTH + frame.length > this.rxSize) lost.full++;
    else this.take(frame);
  }

  private take(frame: Uint8Array): void {
    const { rx, rxSize } = this;
    const length = frame.length + LENGTH;
    let at = this.get(Socket.RX_WR);
    for (const byte of [length >> 8, length & 255]) rx[at++ & (rxSize - 1)] = byte;
    for (const byte of frame) rx[at++ & (rxSize - 1)] = byte;
    this.set(Socket.RX_WR, at);
    this.raise(SocketInterrupt.RECV);
  }

  private command(value: number): void {
    const { registers } = this;
    switch (value) {
      case Command.OPEN: {
        if (this.number !== 0 || (registers[Socket.MR] & Mode.PROTOCOL) !== Mode.MACRAW) return;
        for (const pointer of [Socket.TX_RD, Socket.TX_WR, Socket.RX_RD, Socket.RX_WR]) this.set(pointer, 0);
        this.freedAt = 0;
        registers[Socket.SR] = Status.MACRAW;
        return;
      }
      case Command.CLOSE:
        registers[Socket.SR] = Status.CLOSED;
        return;
      case Command.SEND:
        if (registers[Socket.SR] !== Status.MACRAW) return;
        if (this.sending) this.again = true;
        else this.send();
        return;
      case Command.RECV:
        this.freedAt = this.get(Socket.RX_RD);
    }
  }

  /** All that lies between the two pointers is one frame. */
  private send(): void {
    const { life } = this;
    const from = this.get(Socket.TX_RD);
    const to = this.get(Socket.TX_WR);
    const frame = new Uint8Array(Math.max((to - from) & 0xffff, FRAME_MIN));
    for (let i = 0; i < ((to - from) & 0xffff); i++) frame[i] = this.readTx(from + i);
    this.sending = true;
    this.around.timers.after((frame.length + FRAME_MORE) * NANOS_PER_BYTE, () => {
      if (life !== this.life) return;
      this.sending = false;
      this.set(Socket.TX_RD, to);
      this.raise(SocketInterrupt.SENDOK);
      if (frame.length > FRAME_MAX) this.lost.oversize++;
      else this.around.frame(frame);
      if (!this.again) return;
      this.again = false;
      this.send();
    });
  }

  private listens(frame: Uint8Array): boolean {
    const mode = this.registers[Socket.MR];
    if (mode & Mode.NO_IP6 && frame[12] === 0x86 && frame[13] === 0xdd) return false;
    if (!(frame[0] & 1)) return !(mode & Mode.FILTER) || this.around.address().every((byte, i) => byte === frame[i]);
    const broadcast = frame.subarray(0, 6).every((byte) => byte === 0xff);
    return !(mode & (broadcast ? Mode.NO_BROADCAST : Mode.NO_MULTICAST));
  }

  private raise(bit: number): void {
    this.registers[Socket.IR] |= bit;
    this.around.changed();
  }

  private get txSize(): number {
    return this.registers[Socket.TXBUF_SIZE] * KIB;
  }
  private get rxSize(): number {
    return this.registers[Socket.RXBUF_SIZE] * KIB;
  }
  private get received(): number {
    return (this.get(Socket.RX_WR) - this.freedAt) & 0xffff;
  }
  private get free(): number {
    return this.txSize - ((this.get(Socket.TX_WR) - this.get(Socket.TX_RD)) & 0xffff);
  }
  private get(at: number): number {
    return (this.registers[at] << 8) | this.registers[at + 1];
  }
  private set(at: number, value: number): void {
    this.registers[at] = value >> 8;
    this.registers[at + 1] = value;
  }
}
