/**
 * Runs one core on real time and real devices: frames in, frames out, deadlines, records to keep.
 *
 *     device ── frame ──▸ rx ─┐
 *     timer ───────────▸ tick ├─▸ drain (frames ▸ devices), then once a turn: events, records, next deadline
 *     request ──▸ configure ──┘
 */
import type { Core, EventSink } from "../core/core.js";
import { NEVER } from "../core/core.js";
import type { Device } from "./device.js";
import type { StoreFile } from "./store-file.js";

/** setTimeout counts to 2^31 - 1 ms. */
const LONGEST_TIMER = 0x7fffffff;

export interface LoopCounters {
  /** Frames that found no free buffer in the core although everything had been sent. */
  noBuffer: number;
  /** Frames for a port whose device was away. */
  noDevice: number;
}

export class Loop {
  readonly counters: LoopCounters = { noBuffer: 0, noDevice: 0 };
  private readonly devices = new Map<number, Device>();
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Number.POSITIVE_INFINITY;
  private turn: NodeJS.Immediate | undefined;
  private syncing = false;
  private generation = 0;
  private ended = false;

  /** `failed` hears of what must end the node: a trap of the image, a disk that does not keep records. */
  constructor(
    private readonly core: Core,
    private readonly store: StoreFile,
    private readonly onEvent: EventSink,
    private readonly failed: (error: Error) => void,
  ) {}

  /** Milliseconds since the process began, monotonic and above zero as the core's clock has to be. */
  now(): number {
    return performance.now() + 1;
  }

  /** Frames of `device` come in at `port`, and the port's go out there. A device attached before is let go, not closed. */
  attach(port: number, device: Device): void {
    this.devices.set(port, device);
    device.onFrame((frame) => {
      if (this.devices.get(port) === device) this.receive(port, frame);
    });
  }

  device(port: number): Device | undefined {
    return this.devices.get(port);
  }

  detach(port: number): void {
    this.devices.delete(port);
  }

  /** Runs messages and what follows from them. Throws `ConfigRefused`. */
  configure(messages: Uint8Array): void {
    this.core.setClock(this.now());
    this.core.configure(messages);
    this.settle();
  }

  /** For queries: the core with its clock set. */
  present(): Core {
    this.core.setClock(this.now());
    return this.core;
  }

  stop(): void {
    this.ended = true;
    clearTimeout(this.timer);
    clearImmediate(this.turn);
    this.devices.clear();
  }

  private receive(port: number, frame: Uint8Array): void {
    try {
      this.core.setClock(this.now());
      if (!this.core.rx(port, frame)) {
        // Time may be what frees a buffer: a reassembly or a neighbour queue that has expired.
        this.core.tick();
        this.send();
        if (!this.core.rx(port, frame)) this.counters.noBuffer++;
      }
      this.settle();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Frames leave at once, so that their buffers are free; the rest is done once for all that happens in this turn. */
  private settle(): void {
    this.send();
    this.turn ??= setImmediate(() => {
      this.turn = undefined;
      this.finishTurn();
    });
  }

  private send(): void {
    this.core.drain((port, frame) => {
      const device = this.devices.get(port);
      if (device) device.write(frame);
      else this.counters.noDevice++;
    });
  }

  private finishTurn(): void {
    if (this.ended) return;
    try {
      this.core.setClock(this.now());
      const wait = this.core.tick();
      this.send();
      this.core.events(this.onEvent);
      this.keep();
      if (this.ended) return; // an event may have ended the node
      if (wait === 0) this.settle();
      else if (wait !== NEVER) this.plan(this.now() + wait);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Wakes at `at`, or earlier: an early wake only asks for the next deadline. */
  private plan(at: number): void {
    if (this.timerAt <= at && this.timerAt > this.now()) return;
    clearTimeout(this.timer);
    this.timerAt = at;
    this.timer = setTimeout(
      () => {
        this.timerAt = Number.POSITIVE_INFINITY;
        this.finishTurn();
      },
      Math.min(at - this.now(), LONGEST_TIMER),
    );
  }

  /** Writes records and, when the disk has them, says so. Records that come meanwhile go with the next round. */
  private keep(): void {
    if (this.syncing) return;
    const before = this.generation;
    this.core.stores((id, data, generation) => {
      this.store.put(id, data);
      this.generation = generation;
    });
    if (this.generation === before) return;
    this.syncing = true;
    const upTo = this.generation;
    this.store.sync((error) => {
      this.syncing = false;
      if (this.ended) return;
      if (error) {
        this.fail(new Error(`records cannot be kept: ${error.message}`));
        return;
      }
      this.core.setClock(this.now());
      this.core.stored(upTo);
      this.settle();
    });
  }

  private fail(error: unknown): void {
    if (this.ended) return;
    this.stop();
    this.failed(error instanceof Error ? error : new Error(String(error)));
  }
}
