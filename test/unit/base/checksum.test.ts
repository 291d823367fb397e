// The Internet checksum against the plain sum of RFC 1071, whatever the bytes, lengths and places are.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checksum, upperChecksum } from "../../bench/frames.js";
import { PROFILES, parts, peek, poke } from "../lib/parts.js";

/** The core stores checksums as they lie in memory. */
const swap = (v: number) => ((v & 0xff) << 8) | (v >>> 8);

for (const profile of PROFILES) {
  const p = parts(profile);
  const AT = p.room();

  test(`${profile}: sum: any bytes, any length, any alignment`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(7), (bytes, shift) => {
        poke(p, AT + shift, bytes);
        assert.equal(swap(p.finish(p.sum(AT + shift, bytes.length, 0n)) & 0xffff), checksum(bytes));
      }),
      { numRuns: 500 },
    );
  });

  test(`${profile}: sum: bytes of ones do not lose their carries`, () => {
    for (const length of [1, 2, 31, 32, 33, 1279, 1500]) {
      const bytes = new Uint8Array(length).fill(0xff);
      poke(p, AT, bytes);
      assert.equal(swap(p.finish(p.sum(AT, length, 0n)) & 0xffff), checksum(bytes), `${length} bytes`);
    }
  });

  test(`${profile}: pseudo6: the upper-layer checksum of RFC 8200 §8.1`, () => {
    const address = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(
        address,
        address,
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(255),
        (source, destination, body, next) => {
          poke(p, AT, source);
          poke(p, AT + 16, destination);
          poke(p, AT + 32, body);
          const sum = p.sum(AT + 32, body.length, p.pseudo6(AT, AT + 16, body.length, next));
          assert.equal(swap(p.finish(sum) & 0xffff), upperChecksum(source, destination, next, body));
        },
      ),
    );
  });

  test(`${profile}: adjust: changing bytes and adjusting the field is summing again (RFC 1624)`, () => {
    const even = (max: number) => fc.uint8Array({ minLength: 2, maxLength: max }).filter((b) => b.length % 2 === 0);
    fc.assert(
      fc.property(even(64), even(32), (bytes, change) => {
        const rest = bytes.subarray(0, bytes.length);
        const n = Math.min(change.length, rest.length);
        poke(p, AT, bytes);
        const before = p.finish(p.sum(AT, bytes.length, 0n)) & 0xffff;
        const was = p.sum(AT, n, 0n);
        poke(p, AT, change.subarray(0, n));
        const is = p.sum(AT, n, 0n);
        const adjusted = p.adjust(before, was, is) & 0xffff;
        const again = p.finish(p.sum(AT, bytes.length, 0n)) & 0xffff;
        // 0 and 0xffff are the same number in ones' complement; a sum of only zeros is the one place where they may differ.
        if (peek(p, AT, bytes.length).some((b) => b !== 0)) assert.equal(adjusted, again);
        else assert.ok(adjusted === again || (adjusted | again) === 0xffff);
      }),
      { numRuns: 500 },
    );
  });
}
