// Addresses and prefixes against a reference that works on strings of bits.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatIp6, parseIp6 } from "../../../host-sim/core/address.js";
import { parts, peek, poke } from "../lib/parts.js";

const p = parts();
const A = p.room();
const B = A + 16;
const address = fc.uint8Array({ minLength: 16, maxLength: 16 });
const bits = (a: Uint8Array) => [...a].map((b) => b.toString(2).padStart(8, "0")).join("");

/** Two addresses that agree in about `n` first bits. */
const akin = fc.tuple(address, address, fc.nat(128)).map(([a, b, n]) => {
  const mixed = b.map((byte, i) => (i < n >> 3 ? a[i] : byte));
  return [a, mixed] as const;
});

test("prefixEq and commonPrefix agree with the bits", () => {
  fc.assert(
    fc.property(akin, fc.nat(128), ([a, b], n) => {
      poke(p, A, a);
      poke(p, B, b);
      const [x, y] = [bits(a), bits(b)];
      assert.equal(p.prefixEq(A, B, n) !== 0, x.slice(0, n) === y.slice(0, n));
      let same = 0;
      while (same < 128 && x[same] === y[same]) same++;
      assert.equal(p.commonPrefix(A, B), same);
    }),
    { numRuns: 1000 },
  );
});

test("prefixMask keeps the first bits and no other", () => {
  fc.assert(
    fc.property(address, fc.nat(128), (a, n) => {
      poke(p, A, a);
      p.prefixMask(A, n);
      assert.equal(bits(peek(p, A, 16)), bits(a).slice(0, n).padEnd(128, "0"));
    }),
  );
});

test("solicitedNode: ff02::1:ff and the last 24 bits (RFC 4291 §2.7.1)", () => {
  fc.assert(
    fc.property(address, (a) => {
      poke(p, A, a);
      p.solicitedNode(B, A);
      const expected = parseIp6("ff02::1:ff00:0");
      expected.set(a.subarray(13), 13);
      assert.equal(formatIp6(peek(p, B, 16)), formatIp6(expected));
      assert.equal(p.isSolicitedNode(B) !== 0, true);
    }),
  );
  for (const other of ["ff02::1", "ff02::1:fe00:1", "ff05::1:ff00:1", "ff02::1:1:ff00:1"]) {
    poke(p, A, parseIp6(other));
    assert.equal(p.isSolicitedNode(A) !== 0, false, other);
  }
});

test("isMartianSource: what never is a source", () => {
  const judged = (text: string) => {
    poke(p, A, parseIp6(text));
    return p.isMartianSource(A) !== 0;
  };
  for (const bad of ["ff02::1", "ff00::", "::1", "::ffff:192.0.2.1", "::ffff:0:0"])
    assert.equal(judged(bad), true, bad);
  for (const good of ["::", "fe80::1", "2001:db8::1", "::2", "::fffe:0:0", "0:0:0:0:0:1:ffff:0"]) {
    assert.equal(judged(good), false, good);
  }
});

test("seqAfter is the modulo comparison of RFC 6275 §9.5.1", () => {
  fc.assert(
    fc.property(fc.nat(0xffff), fc.nat(0xffff), (a, b) => {
      const ahead = (a - b) & 0xffff;
      assert.equal(p.seqAfter(a, b) !== 0, ahead > 0 && ahead < 0x8000);
    }),
  );
});
