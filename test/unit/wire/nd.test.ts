// Options of neighbour discovery messages: the gate and the look-up behind it, on any bytes (RFC 4861 §4.6).
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parts, poke } from "../lib/parts.js";

const p = parts();
const AT = p.room();

/** Types and offsets of well-formed options, or null. */
function walk(bytes: Uint8Array): { type: number; at: number }[] | null {
  const found: { type: number; at: number }[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < 8) return null;
    const length = bytes[at + 1] * 8;
    if (length === 0 || at + length > bytes.length) return null;
    found.push({ type: bytes[at], at });
    at += length;
  }
  return found;
}
/** Options of types 1-6 with lengths that are right more often than not. */
const options = fc
  .array(
    fc.record({
      type: fc.integer({ min: 1, max: 6 }),
      units: fc.integer({ min: 0, max: 4 }),
      lie: fc.constantFrom(0, 0, 0, 0, 1, -1, 200),
    }),
    { maxLength: 8 },
  )
  .chain((list) => {
    const bytes = list.flatMap(({ type, units, lie }) => {
      const option = new Array(Math.max(units * 8, 2)).fill(type);
      option[1] = (units + lie) & 255;
      return option;
    });
    return fc.nat(3).map((cut) => Uint8Array.from(bytes.slice(0, Math.max(0, bytes.length - (cut === 3 ? 1 : 0)))));
  });

test("ndOptionsOk passes what is well-formed and nothing else; ndOption finds the first of a type", () => {
  let passed = 0;
  fc.assert(
    fc.property(fc.oneof(options, fc.uint8Array({ maxLength: 64 })), (bytes) => {
      poke(p, AT, bytes);
      const known = walk(bytes);
      assert.equal(p.ndOptionsOk(AT, AT + bytes.length) !== 0, known !== null);
      if (!known) return;
      passed++;
      for (let type = 0; type < 8; type++) {
        const expected: number[] = known.filter((o) => o.type === type).map((o) => AT + o.at);
        assert.equal(p.ndOption(AT, AT + bytes.length, type), expected[0] ?? 0);
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(passed > 200, `${passed} of 2000 were well-formed`);
});
