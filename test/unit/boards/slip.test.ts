import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SlipDecoder, slipEncode } from "../../../host-sim/boards/slip.js";

function decode(maximum: number, bytes: Iterable<number>) {
  const packets: Buffer[] = [];
  const decoder = new SlipDecoder(maximum, (packet) => packets.push(Buffer.from(packet)));
  for (const byte of bytes) decoder.take(byte);
  return { packets, damaged: decoder.damaged };
}

test("packets of any bytes come out as they went in", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 40 }),
    fc.array(fc.constantFrom(0xc0, 0xdb, 0xdc, 0xdd), { minLength: 1 }),
  );
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 8 }), (packets) => {
      const sent = packets.map((packet) => Buffer.from(packet));
      const line = sent.flatMap((packet) => [...slipEncode(packet)]);
      assert.deepEqual(decode(64, line), { packets: sent, damaged: 0 });
    }),
  );
});

test("a packet that is too long, or has a false escape, is counted and the next one is whole", () => {
  assert.deepEqual(decode(4, [0xc0, 1, 2, 3, 4, 5, 0xc0, 7, 0xc0]), { packets: [Buffer.from([7])], damaged: 1 });
  assert.deepEqual(decode(4, [0xc0, 1, 0xdb, 2, 0xc0, 7, 0xc0]), { packets: [Buffer.from([7])], damaged: 1 });
  assert.deepEqual(decode(4, [0xc0, 1, 0xdb, 0xc0, 7, 0xc0]), { packets: [Buffer.from([7])], damaged: 1 });
});
