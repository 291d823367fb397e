import assert from "node:assert/strict";
import { test } from "node:test";
import { formatIp6 } from "../../../host-sim/core/address.js";
import { anycastPair, C, datagram, KEY_ID, S, U } from "../lib/anycast.js";

const question = new TextEncoder().encode("where is the lamp?");
const said = new TextEncoder().encode("in the hall");
const addresses = (p: Uint8Array) => [formatIp6(p, 8), formatIp6(p, 24)];

for (const keyed of [false, true])
  test(`a request to S is answered from U and looks as if it came from S, ${keyed ? "authenticated" : "plain"} form`, () => {
    const pair = anycastPair(keyed, { images: ["anycast-client", "anycast-server"] });
    pair.left.rx(1, datagram(C, S, [40000, 53], question));
    pair.settle();
    const [asked] = pair.right.received();
    assert.deepEqual(asked, datagram(C, S, [40000, 53], question));
    const [request] = pair.wires();
    assert.equal(request.packet[6], keyed ? 60 : 17);
    if (keyed) assert.equal(request.packet[47], KEY_ID);
    pair.right.rx(1, datagram(S, C, [53, 40000], said));
    pair.settle();
    const [answer] = pair.wires();
    assert.deepEqual(addresses(answer.packet), [U, C]);
    assert.equal(answer.packet[44], keyed ? 0x12 : 0x11);
    assert.deepEqual(pair.left.received(), [datagram(S, C, [53, 40000], said)]);
    assert.deepEqual([pair.left.drops(), pair.right.drops()], [{}, {}]);
  });
