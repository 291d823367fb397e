/** Nonce Indices and Authorization Data in mobility options, RFC 6275 §6.2.6-6.2.7, against a plain reading of the RFC. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { testImage } from "../lib/test-image.js";

interface Options {
  memory: WebAssembly.Memory;
  room(): number;
  nonceIndices(mh: number): number;
  authenticatorOf(mh: number): number;
}
const image = new WebAssembly.Instance(testImage("keys"), {}).exports as unknown as Options;

/** Where the two are found from the mobility header's first byte on; 0 = nowhere. */
function found(mh: number[]): { indices: number; proof: number } {
  new Uint8Array(image.memory.buffer).set(mh, image.room());
  const from = (p: number) => (p === 0 ? 0 : p - image.room());
  return { indices: from(image.nonceIndices(image.room())), proof: from(image.authenticatorOf(image.room())) };
}
function expected(mh: number[]): { indices: number; proof: number } {
  const first = new Map<number, number>();
  for (let at = 12; at < mh.length; ) {
    if (mh[at] === 0) at++;
    else {
      if (at + 2 > mh.length || at + 2 + mh[at + 1] > mh.length) return { indices: 0, proof: 0 };
      if (!first.has(mh[at])) first.set(mh[at], at);
      at += 2 + mh[at + 1];
    }
  }
  const indices = first.get(4) ?? 0;
  const proof = first.get(5) ?? 0;
  return {
    indices: indices % 2 === 0 && mh[indices + 1] === 4 ? indices : 0,
    proof: proof !== 0 && mh[proof + 1] === 12 && proof + 14 === mh.length ? proof + 2 : 0,
  };
}
/** A Binding Update with these options, padded behind to a multiple of 8. */
function update(options: number[]): number[] {
  const length = (12 + options.length + 7) & ~7;
  return [
    59,
    length / 8 - 1,
    5,
    0,
    0,
    0,
    0,
    1,
    0x80,
    0,
    0,
    9,
    ...options,
    ...new Array(length - 12 - options.length).fill(0),
  ];
}
const bytes = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

test("as they are sent: indices at 12, the authenticator at 20", () => {
  assert.deepEqual(found(update([4, 4, 0, 1, 0, 2, 5, 12, ...bytes(12)])), { indices: 12, proof: 20 });
});
test("an authenticator that is not the last option, or not 12 bytes, is none; indices on odd bytes are none", () => {
  assert.deepEqual(found(update([4, 4, 0, 1, 0, 2, 5, 12, ...bytes(12), 1, 6, ...bytes(6)])), {
    indices: 12,
    proof: 0,
  });
  assert.deepEqual(found(update([4, 4, 0, 1, 0, 2, 5, 11, ...bytes(11), 0])), { indices: 12, proof: 0 });
  assert.deepEqual(found(update([0, 4, 4, 0, 1, 0, 2])), { indices: 0, proof: 0 });
  assert.deepEqual(found(update([])), { indices: 0, proof: 0 });
});
test("any options are read as the RFC says, and never beyond the header", () => {
  const option = fc.oneof(
    fc.constant([0]),
    fc.integer({ min: 0, max: 6 }).map((n) => [1, n, ...bytes(n)]),
    fc.integer({ min: 0, max: 6 }).map((n) => [4, n, ...bytes(n)]),
    fc.constant([4, 4, 0, 1, 0, 2]),
    fc.constantFrom(11, 12, 13).map((n) => [5, n, ...bytes(n)]),
    fc.constant([5, 12, ...bytes(12)]),
    fc.uint8Array({ minLength: 1, maxLength: 4 }).map((b) => [...b]),
  );
  fc.assert(
    fc.property(fc.array(option, { maxLength: 7 }), (options) => {
      const mh = update(options.flat());
      // What lies behind would be read as more options.
      new Uint8Array(image.memory.buffer).set([4, 4, 0, 1, 0, 2, 5, 12, ...bytes(12)], image.room() + mh.length);
      assert.deepEqual(found(mh), expected(mh));
    }),
    { numRuns: 2000 },
  );
});
