/**
 * A real interface as the live node sees it: whole frames in, whole frames out, carrier, and the end.
 */
import { Errno, libc, SystemError } from "./libc.js";
import { type Ready, whenReadable } from "./ready.js";

/** Frames read in one turn of the event loop before timers and other ports get theirs. */
const FRAMES_PER_TURN = 64;

export interface DeviceCounters {
  received: number;
  sent: number;
  /** The kernel would not take a frame: queue full, interface down. */
  writeDrops: number;
  /** Frames that were received but cannot be given on: truncated, or segmentation offload of an unknown kind. */
  readDrops: number;
}

export interface Device {
  readonly name: string;
  readonly mtu: number;
  /** MAC address of the interface; none on TUN. */
  readonly mac?: Uint8Array;
  readonly counters: Readonly<DeviceCounters>;
  /** Each received frame. The bytes are only valid during the call. */
  onFrame(callback: (frame: Uint8Array) => void): void;
  /** Once, when the interface has disappeared; the device is closed by then. */
  onGone(callback: (why: string) => void): void;
  /** Carrier changes, and its first state soon after opening. */
  onCarrier(callback: (up: boolean) => void): void;
  /** Sends one frame. What the kernel does not take is dropped and counted, as on a wire. */
  write(frame: Uint8Array): void;
  close(): void;
}

/** What the three kinds of interface have in common: a non-blocking descriptor that is drained when readable. */
export abstract class FdDevice implements Device {
  abstract readonly mac?: Uint8Array;
  readonly counters: DeviceCounters = { received: 0, sent: 0, writeDrops: 0, readDrops: 0 };
  private readonly ready: Ready;
  private readonly closers: (() => void)[] = [];
  private frameCallback: (frame: Uint8Array) => void = () => {};
  private goneCallback: (why: string) => void = () => {};
  private carrierCallback: (up: boolean) => void = () => {};
  private carrier: boolean | undefined;
  protected closed = false;

  /** Takes over `fd`. `buffer` holds the longest read. */
  protected constructor(
    readonly name: string,
    readonly mtu: number,
    protected readonly fd: number,
    private readonly buffer: Uint8Array,
  ) {
    this.ready = whenReadable(fd, () => this.drain());
  }

  onFrame(callback: (frame: Uint8Array) => void): void {
    this.frameCallback = callback;
  }

  onGone(callback: (why: string) => void): void {
    this.goneCallback = callback;
  }

  onCarrier(callback: (up: boolean) => void): void {
    this.carrierCallback = callback;
    if (this.carrier !== undefined) callback(this.carrier);
  }

  abstract write(frame: Uint8Array): void;

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const closer of this.closers) closer();
    this.ready.close();
    libc.close(this.fd);
  }

  /** `closer` runs at close, before the descriptor goes. */
  protected atClose(closer: () => void): void {
    this.closers.push(closer);
  }

  protected setCarrier(up: boolean): void {
    if (this.closed || this.carrier === up) return;
    this.carrier = up;
    this.carrierCallback(up);
  }

  protected gone(why: string): void {
    if (this.closed) return;
    this.close();
    this.goneCallback(why);
  }

  /** One read of `length` bytes into `buffer`: subclasses strip what precedes the frame and call `deliver`. */
  protected abstract received(buffer: Uint8Array, length: number): void;

  protected deliver(frame: Uint8Array): void {
    this.counters.received++;
    this.frameCallback(frame);
  }

  protected writeBytes(bytes: Uint8Array): void {
    if (this.closed) return;
    if (libc.write(this.fd, bytes, bytes.length) >= 0) {
      this.counters.sent++;
      return;
    }
    this.counters.writeDrops++;
    if (libc.errno() === EBADFD) this.gone(`interface ${this.name} was removed`);
  }

  private drain(): void {
    for (let i = 0; i < FRAMES_PER_TURN && !this.closed; i++) {
      const length = libc.read(this.fd, this.buffer, this.buffer.length);
      if (length > 0) {
        this.received(this.buffer, length);
        continue;
      }
      const code = length === 0 ? Errno.EAGAIN : libc.errno();
      switch (code) {
        case Errno.EINTR:
          continue;
        case Errno.EAGAIN:
        case Errno.ENETDOWN: // a passing state that the carrier monitor reports; the socket works again when it is up
        case Errno.EIO:
          return;
        case EBADFD:
        case Errno.ENXIO:
        case Errno.ENODEV:
          this.gone(`interface ${this.name} was removed`);
          return;
        default:
          throw new SystemError(`reading ${this.name}`, code);
      }
    }
  }
}

/** A TUN or TAP descriptor whose device was deleted answers with this; Node has no name for it. */
const EBADFD = 77;
