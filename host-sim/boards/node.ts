/** A node of a simulated network that is a board: an emulator runs its firmware. */
import { PortKind } from "../../assembly/abi/port.js";
import { SimNode } from "../sim/node.js";
import { parseDropLine, parseEventLine, parseHashLine, parseRefusedLine, STATUS_END } from "./console.js";
import type { Emulator, EmulatorKind, EmulatorOptions } from "./emulator.js";
import { EmulatorError } from "./emulator.js";
import type { Firmware } from "./firmware.js";

export interface BoardSurroundings {
  firmware: Firmware;
  kind: EmulatorKind;
  /** 32 bytes for each start. */
  entropy(start: number): Uint8Array;
  /** File of its flash. */
  flash: string;
  /** Sees each line of its console. */
  line?(text: string): void;
}

/** Time that the board gets, beside its network, to answer `status` at the end. */
const STATUS_US = 1_000_000;
/** A line may wait so long before it is on the console. */
const BACKLOG_US = 1_000_000;
/** Of an event record. */
const EVENT_MS = 4;

export class BoardNode extends SimNode {
  /** SHA-256 of the image as the board says it. */
  hash: string | undefined;
  private emulator: Emulator | undefined;
  private on = false;
  private bootUs = 0;
  /** What came out of the board and is not yet in its network. */
  private readonly frames: { port: number; bytes: Uint8Array }[] = [];
  private readonly lines: string[] = [];
  private readonly counted = new Map<number, number>();
  private statusEnded = false;

  constructor(
    private readonly board: BoardSurroundings,
    ...of: ConstructorParameters<typeof SimNode>
  ) {
    super(...of);
    this.applicationPort = board.firmware.ports.find(({ kind }) => kind === PortKind.IP)?.number ?? -1;
  }

  /** Power on. The machine itself starts with the next `advance`. */
  override start(): void {
    this.on = true;
    this.boots++;
    this.bootUs = this.around.queue.nowUs;
  }

  /** Power off. */
  override stop(): void {
    this.on = false;
  }

  override configure(messages: Uint8Array): void {
    this.emulator?.type(`configure ${Buffer.from(messages).toString("hex")}`);
  }

  override carrier(port: number, up: boolean): void {
    this.emulator?.carrier(port, up);
  }

  override receive(port: number, frame: Uint8Array): void {
    if (this.on) this.emulator?.send(port, frame);
  }

  override dropCounts(): Map<number, number> {
    return new Map(this.counted);
  }

  override get memorySize(): number {
    return 0;
  }

  /** By the board's clock, which begins with 1 ms, where that can be: a reset by the watchdog begins it again. */
  protected override eventUs(record: DataView, offset: number): number {
    const { nowUs } = this.around.queue;
    const toldUs = this.bootUs + (record.getUint32(offset + EVENT_MS, true) - 1) * 1000;
    return toldUs <= nowUs && toldUs > nowUs - BACKLOG_US ? toldUs : nowUs;
  }

  /** Runs the board on to a time of the network, or to where something came out of it, which `release` passes on. Resolves to that time. */
  async advance(untilUs: number): Promise<number> {
    const emulator = await this.current();
    if (!emulator) return untilUs;
    return this.bootUs + (await emulator.run(untilUs - this.bootUs));
  }

  /** Tells the events and puts the frames onto their links: now. */
  release(): void {
    for (const line of this.lines.splice(0)) this.said(line);
    for (const { port, bytes } of this.frames.splice(0)) this.onFrame(port, bytes, 0);
  }

  /** Asks the board for its counters, switches it off. */
  async finish(): Promise<void> {
    const { emulator } = this;
    if (!emulator) return;
    if (this.on) {
      emulator.type("status");
      const untilUs = emulator.nowUs + STATUS_US;
      while (!this.statusEnded && (await emulator.run(untilUs)) < untilUs) this.release();
      if (!this.statusEnded) throw new EmulatorError("the board does not answer at its console");
    }
    await this.switchOff();
  }

  async switchOff(): Promise<void> {
    await this.emulator?.stop();
    this.emulator = undefined;
  }

  private running = 0;

  /** The machine of the present start; undefined while it is off. */
  private async current(): Promise<Emulator | undefined> {
    if (this.emulator && (!this.on || this.running !== this.boots)) await this.switchOff();
    if (!this.on || this.emulator) return this.emulator;
    this.running = this.boots;
    const { firmware, kind, entropy, flash } = this.board;
    const options: EmulatorOptions = {
      sink: { frame: (port, bytes) => this.sent(port, bytes), line: (text) => this.lines.push(text) },
      entropy: entropy(this.boots),
      up: this.links.map(({ link }) => link !== undefined),
      flash,
    };
    this.emulator = await kind.start(firmware, options);
    return this.emulator;
  }

  private sent(port: number, bytes: Uint8Array): void {
    // A Buffer's slice() would share its memory.
    this.frames.push({ port, bytes: Uint8Array.from(bytes) });
  }

  private said(text: string): void {
    this.board.line?.(text);
    const event = parseEventLine(text);
    if (event) {
      this.onEvent(event, 0);
      return;
    }
    this.hash = parseHashLine(text) ?? this.hash;
    this.refused += parseRefusedLine(text) ?? 0;
    const drop = parseDropLine(text);
    if (drop) this.counted.set(drop.verdict, (this.counted.get(drop.verdict) ?? 0) + drop.count);
    if (text.trimEnd() === STATUS_END) this.statusEnded = true;
  }
}
