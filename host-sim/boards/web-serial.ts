/** A serial line of this machine as the Web Serial port that esptool-js asks for, on npm's `serialport`. */
import { existsSync } from "node:fs";
import { SerialPort as Line } from "serialport";

/** How often the device is looked for: a line whose device has gone need not say so, reads of it only end at once (tty_io.c). */
const LOOK_MS = 200;

/** The line cannot be opened. */
export class SerialError extends Error {
  override name = "SerialError";
}

/** As `navigator.serial.requestPort()` would give it; only what `Transport` uses. */
export class WebSerial {
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  /** Rejects when the line goes away while it is open: unplugged. */
  readonly lost: Promise<never>;
  /** It was open at some time. */
  opened = false;
  private line: Line | undefined;
  private closing = false;
  private lose: (error: SerialError) => void = () => {};
  private look: NodeJS.Timeout | undefined;

  constructor(
    readonly path: string,
    private readonly usb: SerialPortInfo = {},
  ) {
    this.lost = new Promise((_, reject) => {
      this.lose = reject;
    });
    // Whoever waits for it hears of it; nobody has to.
    this.lost.catch(() => {});
  }

  getInfo(): SerialPortInfo {
    return this.usb;
  }

  /** Throws `SerialError`. */
  async open({ baudRate }: SerialOptions): Promise<void> {
    const line = new Line({ path: this.path, baudRate, autoOpen: false });
    await new Promise<void>((resolve, reject) => {
      line.open((error) => (error ? reject(new SerialError(reasonOf(this.path, error))) : resolve()));
    });
    this.line = line;
    this.opened = true;
    this.closing = false;
    this.look = setInterval(() => {
      if (!existsSync(this.path)) this.gone();
    }, LOOK_MS);
    this.readable = new ReadableStream({
      start: (controller) => {
        line.on("data", (bytes: Buffer) => controller.enqueue(new Uint8Array(bytes)));
        line.once("close", () => {
          this.gone();
          try {
            controller.close();
          } catch {
            // The reader has cancelled it.
          }
        });
      },
    });
    this.writable = new WritableStream({ write: (bytes) => this.write(bytes) });
    // Told by "close" as well.
    line.on("error", () => {});
  }

  /** DTR and RTS. A line without them (a pseudo-terminal) has nothing that could be reset by them. */
  async setSignals({ dataTerminalReady, requestToSend }: SerialOutputSignals): Promise<void> {
    const signals = {
      ...(dataTerminalReady === undefined ? {} : { dtr: dataTerminalReady }),
      ...(requestToSend === undefined ? {} : { rts: requestToSend }),
    };
    await new Promise<void>((resolve) => {
      if (this.line?.isOpen) this.line.set(signals, () => resolve());
      else resolve();
    });
  }

  /** Spares esptool-js opening the line anew, which resets some boards. */
  async setBaudRate(baudRate: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.line!.update({ baudRate }, (error) => (error ? reject(error) : resolve()));
    });
  }

  async close(): Promise<void> {
    this.closing = true;
    clearInterval(this.look);
    this.readable = null;
    this.writable = null;
    const { line } = this;
    this.line = undefined;
    await new Promise<void>((resolve) => {
      if (line?.isOpen) line.close(() => resolve());
      else resolve();
    });
  }

  private gone(): void {
    if (!this.closing) this.lose(new SerialError(`${this.path} is gone: was the board unplugged?`));
  }

  private write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const { line } = this;
      if (!line?.isOpen) return reject(new SerialError(`${this.path} is not open`));
      line.write(Buffer.from(bytes), (error) =>
        error ? reject(error) : line.drain((fault) => (fault ? reject(fault) : resolve())),
      );
    });
  }
}

/** What `serialport` says, as a sentence with what helps. */
function reasonOf(path: string, { message }: Error): string {
  if (/no such file/i.test(message)) return `there is no ${path}: is the board plugged in?`;
  if (/permission denied/i.test(message)) {
    return `no permission for ${path}: add yourself to its group ("sudo usermod -aG dialout $USER", then log in again)`;
  }
  if (/cannot lock|busy|temporarily unavailable/i.test(message)) {
    return `${path} is in use by another program: close that (a serial console?)`;
  }
  return `${path} cannot be opened: ${message}`;
}
