/**
 * A console with two ends that say the same: a serial line, and USB, which is faster, and which says all from the beginning once the
 * PC at it has found it. Each line is told once, as early as one of them says it.
 */

/** Lines that are remembered to tell what is new from what was told. */
const REMEMBERED = 400;

export class TwoConsoles {
  /** Told since the board started. */
  private told: string[] = [];
  /** Lines that USB says again, as the serial line was first. */
  private again = 0;
  private byUsb = false;
  /** What only the serial line has said lately. */
  private late: string[] = [];
  private usbText = "";

  constructor(private readonly tell: (text: string) => void) {}

  /** A line on the serial line. */
  serial(text: string): void {
    if (this.byUsb) remember(this.late, text, 4);
    else this.say(text);
  }

  /** Bytes on USB. */
  usb(bytes: Uint8Array): void {
    const lines = (this.usbText + Buffer.from(bytes).toString("latin1")).split("\n");
    this.usbText = lines.pop()!;
    for (const line of lines) this.usbSaid(line.replace(/\r$/, ""));
  }

  /** The board starts again. Its last words before, if any, were on the serial line. */
  reset(): void {
    for (const text of this.late) if (!this.told.includes(text)) this.tell(text);
    this.told = [];
    this.late = [];
    this.again = 0;
    this.byUsb = false;
    this.usbText = "";
  }

  private usbSaid(text: string): void {
    if (!this.byUsb) {
      this.byUsb = true;
      this.again = this.told.length;
    }
    if (this.again > 0) this.again--;
    else this.say(text);
  }

  private say(text: string): void {
    remember(this.told, text, REMEMBERED);
    this.tell(text);
  }
}

function remember(list: string[], text: string, most: number): void {
  list.push(text);
  if (list.length > most) list.shift();
}
