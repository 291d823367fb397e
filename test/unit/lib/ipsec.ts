/** The core's ESP and AH (test/unit/assembly/ipsec.ts) around one packet, and what tests put into them. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { Encryption, Integrity, Mode } from "../../../assembly/abi/ipsec.js";
import { AH, ESP, type Sa } from "../../reference/ipsec.js";
import type { Profile } from "./parts.js";
import { testImagePath } from "./test-image.js";

interface Exports {
  memory: WebAssembly.Memory;
  room(): number;
  ends(): number;
  associate(row: number, protocol: number, encryption: number, integrity: number, flags: number, spi: number): void;
  setKeyLengths(row: number, key: number, auth: number): void;
  keyAt(row: number): number;
  authAt(row: number): number;
  forget(row: number): void;
  setNumber(row: number, seq: bigint): void;
  begin(length: number, home: number, flags: number): void;
  protect(row: number, mode: number): number;
  unprotect(row: number, seqHi: number, at: number, prev: number): number;
  unwrapUdp(at: number, prev: number): void;
  toWire(): void;
  longest(row: number, mode: number, mtu: number): number;
  ip(): number;
  at(): number;
  end(): number;
  prev(): number;
  next(): number;
  home(): number;
  layers(): number;
  inner(): number;
}

/** PacketFlag of assembly/engine/packet.ts. */
export const HOME_SOURCE = 256;
export const HOME_CLAIMED = 512;
const ESN = 1;
const IN_UDP = 2;

export class Ipsec {
  readonly core: Exports;
  constructor(profile: Profile) {
    const file = testImagePath("ipsec", profile === "pc", profile === "pc" ? 64 : 1);
    const module = new WebAssembly.Module(readFileSync(file));
    this.core = new WebAssembly.Instance(module).exports as unknown as Exports;
  }
  private get bytes(): Uint8Array {
    return new Uint8Array(this.core.memory.buffer);
  }
  /** A new association in a row. */
  associate(row: number, sa: Sa, seq = 0n): void {
    const flags = (sa.esn ? ESN : 0) | (sa.udp ? IN_UDP : 0);
    this.core.associate(row, sa.protocol, sa.encryption, sa.integrity, flags, sa.spi);
    this.core.setKeyLengths(row, sa.key.length, sa.auth.length);
    this.core.setNumber(row, seq);
    this.setKeys(row, sa);
  }
  setKeys(row: number, { key, auth }: Sa): void {
    this.bytes.set(key, this.core.keyAt(row));
    this.bytes.set(auth, this.core.authAt(row));
  }
  place(packet: Uint8Array, home = 0, flags = 0): void {
    this.bytes.set(packet, this.core.room());
    this.core.begin(packet.length, home, flags);
  }
  /** The packet as it lies, from the IPv6 header to its end. */
  packet(): Buffer {
    return Buffer.from(this.bytes.slice(this.core.ip(), this.core.end()));
  }
  setEnds(source: Uint8Array, destination: Uint8Array): void {
    this.bytes.set(source, this.core.ends());
    this.bytes.set(destination, this.core.ends() + 16);
  }
}

/** Without the `size` nothing much longer than `min` would come. */
const bytes = (min: number, max = min) => fc.uint8Array({ minLength: min, maxLength: max, size: "max" });

export const SUITES: [string, Pick<Sa, "protocol" | "encryption" | "integrity">, keys: number[], auth: number][] = [
  ["AES-GCM", { protocol: ESP, encryption: Encryption.AES_GCM_16, integrity: Integrity.NONE }, [20, 28, 36], 0],
  [
    "ChaCha20-Poly1305",
    { protocol: ESP, encryption: Encryption.CHACHA20_POLY1305, integrity: Integrity.NONE },
    [36],
    0,
  ],
  [
    "AES-CBC, SHA-1",
    { protocol: ESP, encryption: Encryption.AES_CBC, integrity: Integrity.HMAC_SHA1_96 },
    [16, 24, 32],
    20,
  ],
  [
    "AES-CBC, SHA-256",
    { protocol: ESP, encryption: Encryption.AES_CBC, integrity: Integrity.HMAC_SHA2_256_128 },
    [16, 32],
    32,
  ],
  ["NULL, SHA-1", { protocol: ESP, encryption: Encryption.NULL, integrity: Integrity.HMAC_SHA1_96 }, [0], 20],
  ["NULL, SHA-256", { protocol: ESP, encryption: Encryption.NULL, integrity: Integrity.HMAC_SHA2_256_128 }, [0], 32],
  ["AH, SHA-1", { protocol: AH, encryption: Encryption.NONE, integrity: Integrity.HMAC_SHA1_96 }, [0], 20],
  ["AH, SHA-256", { protocol: AH, encryption: Encryption.NONE, integrity: Integrity.HMAC_SHA2_256_128 }, [0], 32],
  ["AH, GMAC", { protocol: AH, encryption: Encryption.NONE, integrity: Integrity.AES_128_GMAC }, [0], 20],
];

/** An association of a suite. */
export function associations([, suite, keys, auth]: (typeof SUITES)[number]): fc.Arbitrary<Sa> {
  return fc
    .record({
      key: fc.constantFrom(...keys).chain((size) => bytes(size)),
      auth: bytes(auth),
      spi: fc.integer({ min: 256, max: 0xffffffff }),
      esn: fc.boolean(),
      udp: suite.protocol === ESP ? fc.boolean() : fc.constant(false),
    })
    .map((rest) => ({ ...suite, ...rest }));
}
/** One of a suite by its name, always the same. */
export const sample = (name: string) =>
  fc.sample(associations(SUITES.find(([suite]) => suite === name)!), { numRuns: 1, seed: 7 })[0];

/** A number that the association may use. */
export const numbers = (sa: Sa) => fc.bigInt({ min: 1n, max: sa.esn ? 0xffffffffffffffffn : 0xffffffffn });

/** A plain packet: in the form that a node protects and judges, and how it travels. */
export interface Plain {
  kind: "plain" | "home address" | "routing";
  /** Home addresses in the IPv6 header. */
  homeForm: Buffer;
  wire: Buffer;
  /** Offset of the other address, 0 = none. */
  home: number;
  /** Bytes in front of which a header is inserted in transport mode. */
  head: number;
}
const OPTION_HEADERS = [
  // A router alert; an option whose data may change on the way; padding.
  Uint8Array.of(5, 2, 0, 0, 1, 0),
  Uint8Array.of(0x3e, 4, 7, 8, 9, 10),
  Uint8Array.of(1, 4, 0, 0, 0, 0),
  Uint8Array.of(0, 0x3f, 3, 1, 2, 3),
];
const header = (next: number, body: Uint8Array) =>
  Buffer.concat([Uint8Array.of(next, (body.length + 2) / 8 - 1), body]);
/** Upper layers that are not headers themselves. */
const UPPER = [6, 17, 58, 135, 132, 50, 51];

/** Any packet: with options hop by hop or without, in home form or not. */
export const plains: fc.Arbitrary<Plain> = fc
  .record({
    kind: fc.constantFrom("plain", "home address", "routing" as const),
    hop: fc.option(fc.constantFrom(...OPTION_HEADERS)),
    source: bytes(16),
    destination: bytes(16),
    other: bytes(16),
    first: fc.nat({ max: 0x0fffffff }),
    hops: fc.integer({ min: 1, max: 255 }),
    next: fc.constantFrom(...UPPER),
    payload: fc.oneof(bytes(0, 70), bytes(0, 1300)),
  })
  .map(({ kind, hop, source, destination, other, first, hops, next, payload }) => {
    const build = (onWire: boolean) => {
      const base = Buffer.alloc(40);
      base.writeUInt32BE(0x60000000 + first, 0);
      base[7] = hops;
      base.set(onWire && kind === "home address" ? other : source, 8);
      base.set(onWire && kind === "routing" ? other : destination, 24);
      const inner = onWire ? (kind === "routing" ? destination : source) : other;
      const mobile =
        kind === "plain"
          ? Buffer.alloc(0)
          : kind === "routing"
            ? Buffer.concat([Uint8Array.of(next, 2, 2, onWire ? 1 : 0, 0, 0, 0, 0), inner])
            : header(next, Buffer.concat([Uint8Array.of(1, 2, 0, 0, 0xc9, 16), inner]));
      const mobileType = { plain: next, routing: 43, "home address": 60 }[kind];
      const options = hop ? header(mobileType, hop) : Buffer.alloc(0);
      base[6] = hop ? 0 : mobileType;
      const packet = Buffer.concat([base, options, mobile, payload]);
      packet.writeUInt16BE(packet.length - 40, 4);
      const head = 40 + options.length + mobile.length;
      return { packet, head, home: kind === "plain" ? 0 : head - 16 };
    };
    const { packet, head, home } = build(false);
    return { kind, homeForm: packet, wire: build(true).packet, home, head } as Plain;
  });

export const modes = fc.constantFrom(Mode.TRANSPORT, Mode.TUNNEL);
export const address = bytes(16);

/** An IPv6 packet; what it holds begins at 40. */
export function ip6(next: number, payload: Uint8Array, trafficClass = 0): Buffer {
  const header = Buffer.alloc(40, 3);
  header.writeUInt32BE(0x60000000 + (trafficClass << 20), 0);
  header.writeUInt16BE(payload.length, 4);
  header.set([next, 64], 6);
  return Buffer.concat([header, payload]);
}
