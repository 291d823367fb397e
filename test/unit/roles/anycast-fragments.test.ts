// Answers that the application of a server has fragmented, docs/anycast-identifier.md §4: name servers do, whatever the MTU.
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatIp6 } from "../../../host-sim/core/address.js";
import { anycastPair, C, datagram, S, U } from "../lib/anycast.js";
import type { Pair } from "../lib/ipsec-pair.js";
import { fragmentHeader } from "../lib/lan.js";

const FRAGMENT = 44;
const DEST_OPTS = 60;
const question = new TextEncoder().encode("where is the lamp?");

/** The packet in fragments whose payload has `size` bytes, a multiple of 8, as the application's kernel makes them. */
function pieces(packet: Uint8Array, size: number): Uint8Array[] {
  const [header, payload] = [packet.subarray(0, 40), packet.subarray(40)];
  return Array.from({ length: Math.ceil(payload.length / size) }, (_, i) => {
    const more = (i + 1) * size < payload.length;
    const chunk = payload.subarray(i * size, (i + 1) * size);
    const out = Uint8Array.from([...header, ...fragmentHeader(header[6], i * size, more, 0x5eed), ...chunk]);
    new DataView(out.buffer).setUint16(4, out.length - 40);
    out[6] = FRAGMENT;
    return out;
  });
}
/** The client has asked; the server's application answers in fragments. What was on the link of it. */
function answered(pair: Pair, answer: Uint8Array): Uint8Array[] {
  pair.left.rx(1, datagram(C, S, [40000, 53], question));
  pair.settle().wires();
  for (const piece of pieces(answer, 1232)) pair.right.rx(1, piece);
  return pair
    .settle()
    .wires()
    .map(({ packet }) => packet);
}

for (const keyed of [false, true]) {
  const form = keyed ? "authenticated" : "plain";
  const options: { images: [string, string] } = { images: ["anycast-client", "anycast-server"] };

  test(`fragments from S are put together, and get one identifier, ${form} form`, () => {
    const pair = anycastPair(keyed, options);
    const answer = datagram(
      S,
      C,
      [53, 40000],
      Uint8Array.from({ length: 1450 }, (_, i) => i),
    );
    const sent = answered(pair, answer);
    const headers = sent.map((packet) => [packet[6], packet[40], formatIp6(packet, 8), formatIp6(packet, 24)]);
    assert.deepEqual(headers, [
      [FRAGMENT, DEST_OPTS, U, C],
      [FRAGMENT, DEST_OPTS, U, C],
    ]);
    assert.equal(sent[0][52], keyed ? 0x12 : 0x11);
    assert.deepEqual(pair.left.received(), [answer]);
    assert.deepEqual([pair.left.drops(), pair.right.drops()], [{}, {}]);
  });
  test(`a fragment from S that stands alone gets an identifier as well, ${form} form`, () => {
    const pair = anycastPair(keyed, options);
    const answer = datagram(S, C, [53, 40000], new TextEncoder().encode("in the hall"));
    const [sent] = answered(pair, answer);
    assert.deepEqual([sent[6], sent[40], sent[52]], [FRAGMENT, DEST_OPTS, keyed ? 0x12 : 0x11]);
    const [received] = pair.left.received();
    assert.deepEqual(received.subarray(received.length - 19), answer.subarray(40));
    assert.deepEqual([pair.left.drops(), pair.right.drops()], [{}, {}]);
  });
}
