/** What the dissectors of all layers share: the bytes, the layers found so far, and the gate that keeps reads inside. */

import type { Keyring } from "../ipsec/keyring.js";

/** One layer of a packet. Layers of a packet follow each other without gap or overlap from offset 0 to its end. */
export interface Layer {
  /** `Ethernet`, `IP6`, `MH` ...; `data`, `trailer`; `malformed`: the reason is its summary; `cut`: a quoted packet ends here. */
  name: string;
  /** One line. */
  summary: string;
  fields: [name: string, value: string][];
  /** First byte in the packet. */
  offset: number;
  /** Bytes. */
  length: number;
}

/** Where to go on: a dissector's key (IP protocol numbers are keys) and the bytes that are its own. */
export interface Next {
  key: number | "ether" | "ip4" | "ip6" | "registration" | "data";
  at: number;
  end: number;
}

/** Reads one layer at `at`, adds it, says what follows. Must never look behind `end`; throws `Malformed`. */
export type Parser = (packet: Packet, at: number, end: number) => Next | undefined;

export class Malformed extends Error {
  constructor(
    reason: string,
    /** True where nothing is wrong but that bytes are missing. */
    readonly short = false,
  ) {
    super(reason);
  }
}

/** Bytes behind an IP packet but inside its carrier; with what they are called where somebody knows. */
export interface Trailer extends Partial<Pick<Layer, "name" | "summary" | "fields">> {
  at: number;
  end: number;
}

export class Packet {
  readonly layers: Layer[] = [];
  /** Innermost first. */
  readonly trailers: Trailer[] = [];
  /** What is wrong without keeping us from reading on. */
  readonly complaints: { at: number; reason: string }[] = [];
  /** Source and destination as the upper layer's checksum sees them (RFC 8200 §8.1, RFC 6275 §11.3.1). */
  source: Uint8Array = new Uint8Array();
  destination: Uint8Array = new Uint8Array();
  /** Why the upper layer's checksum cannot be checked; empty where it can. */
  partial = "";
  /** We are inside a packet that an ICMP error quotes. */
  quoted = false;
  /** Taken from a port that carries IP packets without a link header. */
  bare = false;
  /** Where the innermost IPv6 header is. */
  header = 0;
  private view: DataView;
  private own = false;

  /** `keyring`: opens ESP and checks ICVs. */
  constructor(
    public bytes: Uint8Array,
    readonly keyring?: Keyring,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Puts what was encrypted in the place of its ciphertext; the caller's bytes stay. */
  reveal(at: number, plain: Uint8Array): void {
    if (!this.own) {
      this.own = true;
      this.bytes = Uint8Array.from(this.bytes);
      this.view = new DataView(this.bytes.buffer);
    }
    this.bytes.set(plain, at);
  }

  u8 = (at: number) => this.view.getUint8(at);
  u16 = (at: number) => this.view.getUint16(at);
  u32 = (at: number) => this.view.getUint32(at);

  slice(at: number, length: number): Uint8Array {
    return this.bytes.subarray(at, at + length);
  }

  hex(at: number, length: number): string {
    return Array.from(this.slice(at, length), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** Throws unless `count` bytes lie between `at` and `end`. */
  need(at: number, end: number, count: number, what: string): void {
    if (end - at < count) throw new Malformed(`${what} needs ${count} bytes, ${Math.max(0, end - at)} are here`, true);
  }

  add(name: string, offset: number, end: number, summary: string, fields: Layer["fields"] = []): void {
    this.layers.push({ name, summary, fields, offset, length: end - offset });
  }
}

export const hex16 = (value: number) => `0x${value.toString(16).padStart(4, "0")}`;
export const hex32 = (value: number) => `0x${value.toString(16).padStart(8, "0")}`;

/** The names of the bits that are set, such as "A H"; `table` is in the order of the RFC's drawing. */
export function flags(value: number, table: [bit: number, name: string][]): string {
  return table
    .filter(([bit]) => value & bit)
    .map(([, name]) => name)
    .join(" ");
}

/** "7 (seven)" or "7 (unknown)". */
export function named(value: number, names: Record<number, string>): string {
  return `${value} (${names[value] ?? "unknown"})`;
}

/** Seconds with the RFCs' word for all ones. */
export function seconds(value: number): string {
  return value === 0xffffffff ? "infinite" : `${value} s`;
}
