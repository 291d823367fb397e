/** Packets on a serial line (RFC 1055): END between packets, ESC before what stands for END or ESC inside one. */
const END = 0xc0;
const ESC = 0xdb;
const ESC_END = 0xdc;
const ESC_ESC = 0xdd;

/** With an END in front as well: noise before the packet is a packet of its own. */
export function slipEncode(packet: Uint8Array): Uint8Array {
  const out = [END];
  for (const byte of packet) {
    if (byte === END) out.push(ESC, ESC_END);
    else if (byte === ESC) out.push(ESC, ESC_ESC);
    else out.push(byte);
  }
  out.push(END);
  return Uint8Array.from(out);
}

export class SlipDecoder {
  /** Packets with a byte behind ESC that may not be there, and packets that were too long. */
  damaged = 0;
  private readonly bytes: Uint8Array;
  private length = 0;
  private escaped = false;
  private broken = false;

  /** `packet`: valid during the call. */
  constructor(
    maximum: number,
    private readonly packet: (bytes: Uint8Array) => void,
  ) {
    this.bytes = new Uint8Array(maximum);
  }

  take(byte: number): void {
    if (byte === END) this.end();
    else if (this.escaped) {
      this.escaped = false;
      if (byte === ESC_END) this.put(END);
      else if (byte === ESC_ESC) this.put(ESC);
      else this.broken = true;
    } else if (byte === ESC) this.escaped = true;
    else this.put(byte);
  }

  private put(byte: number): void {
    if (this.length === this.bytes.length) this.broken = true;
    else this.bytes[this.length++] = byte;
  }

  private end(): void {
    const { length } = this;
    const whole = !this.broken && !this.escaped;
    this.length = 0;
    this.broken = this.escaped = false;
    if (!whole) this.damaged++;
    else if (length > 0) this.packet(this.bytes.subarray(0, length));
  }
}
