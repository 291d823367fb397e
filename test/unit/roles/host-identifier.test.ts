// Interface identifiers, RFC 7217 §5, and those that are reserved, RFC 5453.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parts, peek, poke } from "../lib/parts.js";

const p = parts();
const TO = p.room();
const SECRET = TO + 16;
const MAC = SECRET + 32;
const bytes = (n: number) => fc.uint8Array({ minLength: n, maxLength: n });

function identifier(prefix: Uint8Array, secret: Uint8Array, mac: Uint8Array, counter: number): string {
  poke(p, TO, prefix);
  poke(p, SECRET, secret);
  poke(p, MAC, mac);
  p.putIdentifier(TO, SECRET, MAC, counter);
  assert.deepEqual(peek(p, TO, 8), prefix);
  return Buffer.from(peek(p, TO + 8, 8)).toString("hex");
}

test("the same input gives the same identifier; a changed bit of any input gives another", () => {
  fc.assert(
    fc.property(bytes(8), bytes(32), bytes(6), fc.nat(3), fc.nat(8 * 46 - 1), (prefix, secret, mac, counter, bit) => {
      const one = identifier(prefix, secret, mac, counter);
      assert.equal(identifier(prefix, secret, mac, counter), one);
      const whole = new Uint8Array([...prefix, ...secret, ...mac]);
      whole[bit >> 3] ^= 1 << (bit & 7);
      const inputs = [whole.slice(0, 8), whole.slice(8, 40), whole.slice(40)];
      assert.notEqual(identifier(inputs[0], inputs[1], inputs[2], counter), one);
      assert.notEqual(identifier(prefix, secret, mac, counter + 1), one);
    }),
    { numRuns: 500 },
  );
});

test("reserved: subnet-router anycast, the IANA block, the last 128; their neighbours are not", () => {
  const reserved = (hex: string) => p.isReserved(poke(p, TO, Buffer.from(hex, "hex"))) !== 0;
  for (const yes of [
    "0000000000000000",
    "02005efffe000000",
    "02005efffe005212",
    "02005efffe005213",
    "02005efffeffffff",
    "fdffffffffffff80",
    "fdffffffffffffff",
  ]) {
    assert.equal(reserved(yes), true, yes);
  }
  for (const no of [
    "0000000000000001",
    "02005efffdffffff",
    "02005effff000000",
    "02005ffffe000000",
    "fdffffffffffff7f",
    "fdfffffeffffff80",
    "ffffffffffffffff",
  ]) {
    assert.equal(reserved(no), false, no);
  }
});
