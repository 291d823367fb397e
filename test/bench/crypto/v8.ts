import { createCipheriv } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gcm } from "@noble/ciphers/aes.js";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { buildFolder, compileModule } from "../build.js";
import { SIZES } from "../path.js";
import { ratio, type Spread, spread } from "../stats.js";

/** One whole AEAD of a packet in Node: key set up, text copied in, sealed. */
export interface AeadRow {
  algorithm: string;
  size: number;
  /** Packets a second. */
  image: Spread;
  noble: Spread;
  node: Spread;
  /** How often the image does in a time what the others do once. */
  timesNoble: Spread;
  timesNode: Spread;
}

interface Exports {
  memory: WebAssembly.Memory;
  text(): number;
  key(): number;
  nonce(): number;
  aad(): number;
  tag(): number;
  chachaPoly(len: number): void;
  freshGcm(len: number): void;
}
/** Seals a text; gives it with its tag behind it, or leaves it where it is. */
type Seal = (text: Uint8Array) => Uint8Array | undefined;

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i * 5 + 1);
const NONCE = Uint8Array.from({ length: 12 }, (_, i) => i * 3 + 2);
const AAD = Uint8Array.from({ length: 8 }, (_, i) => i + 7);
/** How long a subject runs in a round. */
const ROUND_MS = 25;

/** The PC's image, @noble/ciphers and node:crypto in turns. Throws when they seal differently. */
export function measureAeads(rounds: number): AeadRow[] {
  const wasm = compileModule("test/bench/assembly/crypto.ts", join(buildFolder("bench/crypto"), "pc.wasm"), 1, [
    ...["--shrinkLevel", "0"],
    ...["--use", "PROFILE_PC=1"],
  ]);
  const image = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(wasm))).exports as unknown as Exports;
  const aes = KEY.subarray(0, 16);
  return [
    ...measureAead("ChaCha20-Poly1305", rounds, {
      image: imageSeal(image, (len) => image.chachaPoly(len)),
      noble: (text) => chacha20poly1305(KEY, NONCE, AAD).encrypt(text),
      node: nodeSeal("chacha20-poly1305", KEY),
    }),
    ...measureAead("AES-128-GCM", rounds, {
      image: imageSeal(image, (len) => image.freshGcm(len)),
      noble: (text) => gcm(aes, NONCE, AAD).encrypt(text),
      node: nodeSeal("aes-128-gcm", aes),
    }),
  ];
}

function imageSeal(image: Exports, run: (len: number) => void): Seal & { read(len: number): Uint8Array } {
  const bytes = new Uint8Array(image.memory.buffer);
  bytes.set(KEY, image.key());
  bytes.set(AAD, image.aad());
  const [at, nonce, tag] = [image.text(), image.nonce(), image.tag()];
  const seal = (text: Uint8Array) => {
    bytes.set(NONCE, nonce);
    bytes.set(text, at);
    run(text.length);
    return undefined;
  };
  const read = (len: number) => Buffer.concat([bytes.subarray(at, at + len), bytes.subarray(tag, tag + 16)]);
  return Object.assign(seal, { read });
}

function nodeSeal(name: string, key: Uint8Array): Seal {
  return (text) => {
    const cipher = createCipheriv(name as "aes-128-gcm", key, NONCE, { authTagLength: 16 });
    cipher.setAAD(AAD, { plaintextLength: text.length });
    const sealed = cipher.update(text);
    cipher.final();
    return Buffer.concat([sealed, cipher.getAuthTag()]);
  };
}

interface Subjects {
  image: ReturnType<typeof imageSeal>;
  noble: Seal;
  node: Seal;
}

function measureAead(algorithm: string, rounds: number, { image, noble, node }: Subjects): AeadRow[] {
  return SIZES.map((size) => {
    const text = Uint8Array.from({ length: size }, (_, i) => i * 11);
    image(text);
    const expected = Buffer.from(node(text)!);
    if (!expected.equals(image.read(size)) || !expected.equals(noble(text)!)) {
      throw new Error(`${algorithm}, ${size} bytes: the image, @noble/ciphers and node:crypto do not agree`);
    }
    const rates: number[][] = [[], [], []];
    for (let round = -1; round < rounds; round++) {
      [image, noble, node].forEach((seal, i) => {
        const rate = packetsASecond(seal, text);
        if (round >= 0) rates[i].push(rate);
      });
    }
    const [ours, nobles, nodes] = rates;
    return {
      ...{ algorithm, size },
      ...{ image: spread(ours), noble: spread(nobles), node: spread(nodes) },
      ...{ timesNoble: ratio(ours, nobles), timesNode: ratio(ours, nodes) },
    };
  });
}

function packetsASecond(seal: Seal, text: Uint8Array): number {
  let packets = 0;
  let used = 0;
  const start = process.cpuUsage();
  do {
    for (let i = 0; i < 100; i++) seal(text);
    packets += 100;
    const { user, system } = process.cpuUsage(start);
    used = user + system;
  } while (used < ROUND_MS * 1000);
  return (packets / used) * 1e6;
}
