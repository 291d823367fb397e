/** The generator for keys, and what proves a Binding Update, held to node:crypto. */
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { testImage } from "../lib/test-image.js";

interface Keys {
  memory: WebAssembly.Memory;
  room(): number;
  drbgSeed(at: number, length: number): void;
  drbg(to: number, length: number): void;
  drbgReady(): number;
  token(kind: number, to: number): void;
  proof(both: number, length: number, to: number): void;
}
const TO = 1600;

class Image {
  readonly keys = new WebAssembly.Instance(testImage("keys"), {}).exports as unknown as Keys;
  private at(offset: number, length: number): Uint8Array {
    return new Uint8Array(this.keys.memory.buffer, this.keys.room() + offset, length);
  }
  put(offset: number, bytes: Uint8Array): void {
    this.at(offset, bytes.length).set(bytes);
  }
  get(length: number): string {
    return Buffer.from(this.at(TO, length)).toString("hex");
  }
  seed(bytes: Uint8Array): void {
    this.put(0, bytes);
    this.keys.drbgSeed(this.keys.room(), bytes.length);
  }
  draw(length: number): string {
    this.keys.drbg(this.keys.room() + TO, length);
    return this.get(length);
  }
}
const hex = (text: string): Buffer => Buffer.from(text, "hex");
const bytes = (min: number, max = min) => fc.uint8Array({ minLength: min, maxLength: max });

/** HMAC_DRBG of SP 800-90A §10.1.2 with SHA-256, as the standard's text has it. */
class Reference {
  private k: Buffer = Buffer.alloc(32, 0);
  private v: Buffer = Buffer.alloc(32, 1);
  private mac(...parts: Uint8Array[]): Buffer {
    return createHmac("sha256", this.k).update(Buffer.concat(parts)).digest();
  }
  update(data: Uint8Array): void {
    this.k = this.mac(this.v, hex("00"), data);
    this.v = this.mac(this.v);
    if (data.length === 0) return;
    this.k = this.mac(this.v, hex("01"), data);
    this.v = this.mac(this.v);
  }
  draw(length: number): string {
    let out = Buffer.alloc(0);
    while (out.length < length) {
      this.v = this.mac(this.v);
      out = Buffer.concat([out, this.v]);
    }
    this.update(hex(""));
    return out.subarray(0, length).toString("hex");
  }
}

test("HMAC_DRBG with SHA-256: the first vector of NIST's CAVP, no reseed", () => {
  const image = new Image();
  assert.equal(image.keys.drbgReady(), 0);
  image.seed(
    hex("ca851911349384bffe89de1cbdc46e6831e44d34a4fb935ee285dd14b71a7488" + "659ba96c601dc69fc902940805ec0ca8"),
  );
  assert.notEqual(image.keys.drbgReady(), 0);
  image.draw(128);
  assert.equal(
    image.draw(128),
    "e528e9abf2dece54d47c7e75e5fe302149f817ea9fb4bee6f4199697d04d5b89" +
      "d54fbb978a15b5c443c9ec21036d2460b6f73ebad0dc2aba6e624abf07745bc1" +
      "07694bb7547bb0995f70de25d6b29e2d3011bb19d27676c07162c8b5ccde0668" +
      "961df86803482cb37ed6d5c0bb8d50cf1f50d476aa0458bdaba806f48be9dcb8",
  );
});
test("seeds, later seeds and draws of any length agree with the standard's text", () => {
  const step = fc.oneof(fc.record({ seed: bytes(1, 64) }), fc.record({ draw: fc.integer({ min: 1, max: 200 }) }));
  fc.assert(
    fc.property(bytes(32), fc.array(step, { maxLength: 12 }), (first, steps) => {
      const image = new Image();
      const reference = new Reference();
      image.seed(first);
      reference.update(first);
      for (const s of steps) {
        if ("seed" in s) {
          image.seed(s.seed);
          reference.update(s.seed);
        } else assert.equal(image.draw(s.draw), reference.draw(s.draw));
      }
    }),
    { numRuns: 50 },
  );
});
test("a keygen token is First(64, HMAC_SHA1(Kcn, (address | nonce | 0 or 1)))", () => {
  fc.assert(
    fc.property(bytes(20), bytes(16), bytes(8), fc.constantFrom(0, 1), (key, address, nonce, kind) => {
      const image = new Image();
      image.put(0, key);
      image.put(24, address);
      image.put(40, nonce);
      image.keys.token(kind, image.keys.room() + TO);
      const expected = createHmac("sha1", key).update(address).update(nonce).update(Uint8Array.of(kind)).digest("hex");
      assert.equal(image.get(8), expected.slice(0, 16));
    }),
    { numRuns: 50 },
  );
});
test("an authenticator is First(96, HMAC_SHA1(Kbm, (care-of | correspondent | MH Data))), checksum zero, itself left out", () => {
  const header = fc.integer({ min: 3, max: 20 }).chain((n) => bytes(8 * n));
  fc.assert(
    fc.property(bytes(8), bytes(8), bytes(16), bytes(16), header, fc.boolean(), (home, care, coa, cn, mh, both) => {
      const image = new Image();
      for (const [at, part] of [
        [0, home],
        [8, care],
        [16, coa],
        [32, cn],
        [48, mh],
      ] as const)
        image.put(at, part);
      image.keys.proof(Number(both), mh.length, image.keys.room() + TO);
      const kbm = createHash("sha1")
        .update(home)
        .update(both ? care : hex(""))
        .digest();
      const data = Buffer.from(mh.subarray(0, mh.length - 12));
      data.fill(0, 4, 6);
      const expected = createHmac("sha1", kbm).update(coa).update(cn).update(data).digest("hex");
      assert.equal(image.get(12), expected.slice(0, 24));
    }),
    { numRuns: 50 },
  );
});
