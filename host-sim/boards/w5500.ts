/**
 * WIZnet's W5500, as far as a driver in MACRAW mode sees it (W5500 Datasheet 1.0.9): SPI frames, common and socket registers, buffers of 16 KiB
 * each way, INTn, RSTn and the PHY's link. Its own TCP/IP is not there. The link comes up soon after a carrier: as without negotiation, which
 * takes a second or two.
 *
 *     SPI frame (§2.2):   address (16, big-endian)   control: block (5) write (1) length (2; 0 = until deselected)   data …
 */
import type { SpiDevice, Timers } from "./hardware.js";
import { Block, Common, MODE_RESET, Phy, VERSION } from "./w5500-registers.js";
import { FRAME_MIN, W5500Socket } from "./w5500-socket.js";

const SOCKETS = 8;
/** RSTn must be low for so long; then the PLL needs so long (§5.5.1). */
const RESET_NANOS = 500_000;
const LOCK_NANOS = 1_000_000;
/** From a carrier, or from a reset, to a link. */
const LINK_NANOS = 20_000_000;
/** Bytes of the fixed lengths 1 to 3 of a control byte. */
const FIXED = [Number.POSITIVE_INFINITY, 1, 2, 4];
const READ_ONLY = new Set<number>([Common.SIR, Common.VERSIONR]);

export interface W5500Surroundings {
  timers: Timers;
  /** INTn: true = asserted (low). */
  interrupt(asserted: boolean): void;
  /** A frame leaves onto the cable. Valid during the call. */
  frame(bytes: Uint8Array): void;
}

export class W5500 implements SpiDevice {
  readonly sockets: W5500Socket[];
  private readonly common = new Uint8Array(Common.SIZE);
  /** A carrier is there; with it there will be a link from then on. */
  private carried = false;
  private linkAt = 0;
  private asserted = false;
  /** RSTn went low then; undefined = it is high. */
  private heldAt: number | undefined;
  /** Deaf until then. */
  private readyAt = 0;
  /** Bytes of the SPI frame so far; -1 = not selected. */
  private position = -1;
  private address = 0;
  private control = 0;

  constructor(private readonly around: W5500Surroundings) {
    const { timers } = around;
    this.sockets = Array.from({ length: SOCKETS }, (_, number) => {
      return new W5500Socket(number, {
        timers,
        changed: () => this.changed(),
        frame: (bytes) => {
          if (this.link) around.frame(bytes);
        },
        address: () => this.common.subarray(Common.SHAR, Common.SHAR + 6),
      });
    });
    this.reset();
  }

  /** The RSTn pin: true = held (low). */
  resetPin(held: boolean): void {
    const { nanos } = this.around.timers;
    if (held) this.heldAt ??= nanos;
    else if (this.heldAt !== undefined) {
      const long = nanos - this.heldAt >= RESET_NANOS;
      this.heldAt = undefined;
      if (!long) return;
      this.reset();
      this.readyAt = nanos + LOCK_NANOS;
      this.linkAt = nanos + LINK_NANOS;
    }
  }

  carrier(up: boolean): void {
    this.carried = up;
    this.linkAt = this.around.timers.nanos + LINK_NANOS;
  }

  /** A frame arrives from the cable, padded as Ethernet does. Copied. */
  arrive(frame: Uint8Array): void {
    if (!this.link || this.deaf) return;
    if (frame.length >= FRAME_MIN) {
      this.sockets[0].arrive(frame);
      return;
    }
    const padded = new Uint8Array(FRAME_MIN);
    padded.set(frame);
    this.sockets[0].arrive(padded);
  }

  select(selected: boolean): void {
    this.position = selected ? 0 : -1;
  }

  exchange(byte: number): number {
    if (this.position < 0 || this.deaf) return 0;
    const { position } = this;
    this.position++;
    if (position === 0) this.address = byte << 8;
    else if (position === 1) this.address |= byte;
    else if (position === 2) this.control = byte;
    else if (position - 2 <= FIXED[this.control & 3]) return this.data(byte);
    return 0;
  }

  private get link(): boolean {
    return this.carried && this.around.timers.nanos >= this.linkAt;
  }

  private get deaf(): boolean {
    return this.heldAt !== undefined || this.around.timers.nanos < this.readyAt;
  }

  private data(byte: number): number {
    const { address } = this;
    const block = this.control >> 3;
    this.address = (address + 1) & 0xffff;
    if (!(this.control & 4)) return this.read(block, address);
    this.write(block, address, byte);
    return 0;
  }

  private read(block: number, at: number): number {
    if (block === Block.COMMON) return this.readCommon(at);
    const socket = this.sockets[block >> 2];
    switch (block % Block.PER_SOCKET) {
      case Block.SOCKET:
        return socket.read(at);
      case Block.TX:
        return socket.readTx(at);
      case Block.RX:
        return socket.readRx(at);
    }
    return 0;
  }

  private write(block: number, at: number, value: number): void {
    if (block === Block.COMMON) {
      this.writeCommon(at, value);
      return;
    }
    const socket = this.sockets[block >> 2];
    switch (block % Block.PER_SOCKET) {
      case Block.SOCKET:
        socket.write(at, value);
        return;
      case Block.TX:
        socket.writeTx(at, value);
        return;
      case Block.RX:
        socket.writeRx(at, value);
    }
  }

  private readCommon(at: number): number {
    if (at === Common.SIR) return this.pending;
    if (at === Common.PHYCFGR) return this.common[at] | (this.link ? Phy.LINK : 0);
    return this.common[at] ?? 0;
  }

  private writeCommon(at: number, value: number): void {
    const { common } = this;
    if (at === Common.MR && value & MODE_RESET) this.reset();
    else if (at === Common.IR) common[at] &= ~value;
    else if (at === Common.PHYCFGR) common[at] = (value & Phy.WRITABLE) | Phy.NO_RESET;
    else if (at < Common.SIZE && !READ_ONLY.has(at)) common[at] = value;
    this.changed();
  }

  private reset(): void {
    const { common } = this;
    common.fill(0);
    common[Common.RTR] = 0x07;
    common[Common.RTR + 1] = 0xd0;
    common[Common.RCR] = 8;
    common[Common.PTIMER] = 0x28;
    common.fill(0xff, Common.PMRU, Common.PMRU + 2);
    common[Common.PHYCFGR] = Phy.START;
    common[Common.VERSIONR] = VERSION;
    for (const socket of this.sockets) socket.reset();
    this.changed();
  }

  /** SIR. */
  private get pending(): number {
    let bits = 0;
    for (const [n, socket] of this.sockets.entries()) if (socket.interrupts) bits |= 1 << n;
    return bits;
  }

  private changed(): void {
    const { common } = this;
    const asserted = ((common[Common.IR] & common[Common.IMR]) | (this.pending & common[Common.SIMR])) !== 0;
    if (asserted === this.asserted) return;
    this.asserted = asserted;
    this.around.interrupt(asserted);
  }
}
