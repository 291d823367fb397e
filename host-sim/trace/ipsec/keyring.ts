/** Associations whose keys are known to whoever looks at a capture, and what they have seen of it. */
import type { Encryption, Integrity } from "../../../assembly/abi/ipsec.js";

export interface KnownAssociation {
  spi: number;
  /** 50 ESP, 51 AH. */
  protocol: number;
  encryption: Encryption;
  integrity: Integrity;
  /** Extended sequence numbers. */
  esn: boolean;
  /** An AEAD's with its salt of 4 bytes. */
  key: Uint8Array;
  integrityKey: Uint8Array;
}

/** An association with the highest sequence number that it was right for so far. */
export interface Entry extends KnownAssociation {
  highest: number;
}

const WORD = 2 ** 32;

export class Keyring {
  private readonly entries = new Map<number, Entry[]>();

  constructor(associations: Iterable<KnownAssociation>) {
    const known = new Set<string>();
    for (const one of associations) {
      // Both ends of an association have it: once is enough.
      const { key, integrityKey, ...rest } = one;
      const same = JSON.stringify([rest, [...key], [...integrityKey]]);
      if (known.has(same)) continue;
      known.add(same);
      const list = this.entries.get(one.spi);
      if (list) list.push({ ...one, highest: 0 });
      else this.entries.set(one.spi, [{ ...one, highest: 0 }]);
    }
  }

  /** Those that a header with this SPI may belong to: an SPI is one receiver's, a capture has many. */
  candidates(protocol: number, spi: number): Entry[] {
    return (this.entries.get(spi) ?? []).filter((one) => one.protocol === protocol);
  }
}

/** Upper halves that a sequence number may have, the likeliest first: the nearest to what was seen (RFC 4303 App. A). */
export function upperHalves({ esn, highest }: Entry, low: number): number[] {
  if (!esn) return [0];
  const high = Math.floor(highest / WORD);
  const around = [high, high + 1, high - 1].filter((half) => half >= 0);
  return around.sort((a, b) => Math.abs(a * WORD + low - highest) - Math.abs(b * WORD + low - highest));
}

/** The packet was right: later ones are judged by its number. */
export function seen(entry: Entry, high: number, low: number): void {
  entry.highest = Math.max(entry.highest, high * WORD + low);
}
