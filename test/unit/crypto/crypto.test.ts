import assert from "node:assert/strict";
import { createCipheriv, createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { Operation } from "../assembly/operation.js";
import { ask, type Request } from "./requests.js";

const bytes = (min: number, max = min) => fc.uint8Array({ minLength: min, maxLength: max });
/** Up to what a packet holds, short ones as often as long ones. */
const text = fc.oneof(bytes(0, 70), bytes(0, 1300));

/** A property of many requests at once: they share a run of the image. */
async function agree(
  one: fc.Arbitrary<{ request: Request; expected: { tag?: Uint8Array; data?: Uint8Array; ok?: boolean } }>,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 40 }), async (cases) => {
      const { replies } = await ask(
        "v8",
        cases.map(({ request }) => request),
      );
      for (const [i, { expected }] of cases.entries()) {
        assert.equal(replies[i].ok, expected.ok ?? true);
        if (expected.tag) assert.deepEqual([...replies[i].tag.subarray(0, expected.tag.length)], [...expected.tag]);
        if (expected.data) assert.deepEqual([...replies[i].data], [...expected.data]);
      }
    }),
    { numRuns: 20 },
  );
}

for (const [name, digest, mac] of [
  ["sha1", Operation.SHA1, Operation.HMAC_SHA1],
  ["sha256", Operation.SHA256, Operation.HMAC_SHA256],
] as const) {
  test(`${name} and its HMAC agree with the host's for any length`, async () => {
    await agree(
      text.map((data) => ({
        request: { operation: digest, data },
        expected: { tag: createHash(name).update(data).digest() },
      })),
    );
    await agree(
      fc.tuple(bytes(0, 131), text).map(([key, data]) => ({
        request: { operation: mac, key, data: data.subarray(0, 1200) },
        expected: { tag: createHmac(name, key).update(data.subarray(0, 1200)).digest() },
      })),
    );
  });
}

/** What the host's implementation seals. */
function sealed(cipher: string, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, data: Uint8Array) {
  const host = createCipheriv(cipher as "aes-128-gcm", key, nonce, { authTagLength: 16 });
  host.setAAD(aad, { plaintextLength: data.length });
  const ciphertext = Buffer.concat([host.update(data), host.final()]);
  return { ciphertext, tag: host.getAuthTag() };
}

const aeads = [
  ["chacha20-poly1305", 32, Operation.CHACHA_SEAL, Operation.CHACHA_OPEN],
  ["aes-128-gcm", 16, Operation.GCM_SEAL, Operation.GCM_OPEN],
  ["aes-192-gcm", 24, Operation.GCM_SEAL, Operation.GCM_OPEN],
  ["aes-256-gcm", 32, Operation.GCM_SEAL, Operation.GCM_OPEN],
] as const;
for (const [name, keySize, seal, open] of aeads) {
  test(`${name} seals as the host does, and opens what is whole`, async () => {
    const inputs = fc.tuple(bytes(keySize), bytes(12), bytes(0, 33), text);
    await agree(
      inputs.map(([key, nonce, aad, data]) => {
        const { ciphertext, tag } = sealed(name, key, nonce, aad, data);
        return { request: { operation: seal, key, nonce, aad, data }, expected: { tag, data: ciphertext } };
      }),
    );
    await agree(
      inputs.map(([key, nonce, aad, data]) => {
        const { ciphertext, tag } = sealed(name, key, nonce, aad, data);
        return { request: { operation: open, key, nonce, aad, tag, data: ciphertext }, expected: { data } };
      }),
    );
  });

  test(`${name} opens nothing in which a bit was changed, and leaves it as it is`, async () => {
    const inputs = fc.tuple(
      bytes(keySize),
      bytes(12),
      bytes(1, 33),
      text,
      fc.nat(),
      fc.constantFrom("tag", "text", "aad"),
    );
    await agree(
      inputs.map(([key, nonce, aad, plain, at, what]) => {
        const { ciphertext, tag } = sealed(name, key, nonce, aad, plain);
        const target = what === "aad" ? aad : what === "tag" || ciphertext.length === 0 ? tag : ciphertext;
        target[(at >> 3) % target.length] ^= 1 << (at & 7);
        return {
          request: { operation: open, key, nonce, aad, tag, data: ciphertext },
          expected: { ok: false, data: ciphertext },
        };
      }),
    );
  });
}

test("AES in CBC and CTR mode agrees with the host's for every size of key", async () => {
  const inputs = fc.tuple(fc.constantFrom(16, 24, 32), bytes(32), bytes(16), bytes(0, 1300));
  await agree(
    inputs.map(([size, long, nonce, data]) => {
      const key = long.subarray(0, size);
      const whole = data.subarray(0, data.length & ~15);
      const host = createCipheriv(`aes-${size * 8}-cbc`, key, nonce).setAutoPadding(false);
      const ciphertext = Buffer.concat([host.update(whole), host.final()]);
      return { request: { operation: Operation.CBC_ENCRYPT, key, nonce, data: whole }, expected: { data: ciphertext } };
    }),
  );
  await agree(
    inputs.map(([size, long, nonce, data]) => {
      const key = long.subarray(0, size);
      const whole = data.subarray(0, data.length & ~15);
      const host = createCipheriv(`aes-${size * 8}-cbc`, key, nonce).setAutoPadding(false);
      const ciphertext = Buffer.concat([host.update(whole), host.final()]);
      return { request: { operation: Operation.CBC_DECRYPT, key, nonce, data: ciphertext }, expected: { data: whole } };
    }),
  );
  await agree(
    inputs.map(([size, long, first, data]) => {
      const key = long.subarray(0, size);
      // ESP's counters start low and never reach the next word.
      const nonce = Uint8Array.from([...first.subarray(0, 12), 0, 0, 0, first[15]]);
      const ciphertext = createCipheriv(`aes-${size * 8}-ctr`, key, nonce).update(data);
      return { request: { operation: Operation.CTR, key, nonce, data }, expected: { data: ciphertext } };
    }),
  );
});

test("both variants of Poly1305 give the same tag, at the edges of the prime too", async () => {
  const key = fc.oneof(bytes(32), fc.constant(new Uint8Array(32).fill(0xff)));
  const block = fc.constantFrom(0x00, 0xff, 0xfb, 0xfa, 0xfc).map((value) => new Uint8Array(16).fill(value));
  const message = fc.array(fc.oneof(block, bytes(16)), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(key, message, async (secret, blocks) => {
      const data = Buffer.concat(blocks);
      const { replies } = await ask("v8", [
        { operation: Operation.POLY1305_13, key: secret, data },
        { operation: Operation.POLY1305_26, key: secret, data },
      ]);
      assert.deepEqual(replies[0].tag, replies[1].tag);
    }),
    { numRuns: 300 },
  );
});

test("RFC 8439 §2.8.2: the AEAD's own example", async () => {
  const text =
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
  const key = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i);
  const nonce = Buffer.from("070000004041424344454647", "hex");
  const aad = Buffer.from("50515253c0c1c2c3c4c5c6c7", "hex");
  const { replies } = await ask("v8", [{ operation: Operation.CHACHA_SEAL, key, nonce, aad, data: Buffer.from(text) }]);
  assert.equal(replies[0].tag.toString("hex", 0, 16), "1ae10b594f09e26a7e902ecbd0600691");
  assert.equal(replies[0].data.toString("hex", 0, 16), "d31a8d34648e60db7b86afbc53ef7ec2");
});

test("RFC 2202 and RFC 4231: HMAC's own examples", async () => {
  const jefe = { key: Buffer.from("Jefe"), data: Buffer.from("what do ya want for nothing?") };
  const { replies } = await ask("v8", [
    { operation: Operation.HMAC_SHA1, ...jefe },
    { operation: Operation.HMAC_SHA256, ...jefe },
  ]);
  assert.equal(replies[0].tag.toString("hex", 0, 20), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  assert.equal(replies[1].tag.toString("hex"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
});
