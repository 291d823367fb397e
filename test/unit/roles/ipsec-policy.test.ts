/** Policies and associations between two images: what is protected, and what is let in, RFC 4301 §5. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Mode, PolicyAction } from "../../../assembly/abi/ipsec.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { chain, ESP, ends, L2R, LEFT, Pair, policy, RIGHT, udp } from "../lib/ipsec-pair.js";

const { PROTECT } = PolicyAction;
const on = (bypass = false) => new Messages().ipsec(bypass);
/** Everything between both in one transport association each way, unless told otherwise. */
function protectedPair(more: Parameters<typeof ends>[1] = {}, rule: Parameters<typeof policy>[2] = {}): Pair {
  const both = ends((side) => policy(1, PROTECT, { ...rule, ...tunnelOf(side, rule) }), more);
  return new Pair([on(), both.left], [on(), both.right]);
}
function tunnelOf(side: "left" | "right", rule: Parameters<typeof policy>[2]): Parameters<typeof policy>[2] {
  if (rule?.mode !== Mode.TUNNEL) return {};
  const [local, remote] = side === "left" ? [LEFT, RIGHT] : [RIGHT, LEFT];
  return { tunnelLocal: parseIp6(local), tunnelRemote: parseIp6(remote) };
}

for (const [name, mode] of [
  ["transport", Mode.TRANSPORT],
  ["tunnel", Mode.TUNNEL],
] as const) {
  test(`${name} mode: a packet of one application arrives at the other, and nothing of it is on the link`, () => {
    const pair = protectedPair({}, { mode });
    const sent = udp(LEFT, RIGHT, 40);
    assert.deepEqual(pair.send("left"), [sent]);
    const [wire] = pair.wires();
    assert.deepEqual(chain(wire.packet), [ESP]);
    assert.equal(Buffer.from(wire.packet).includes(Buffer.from(sent.subarray(48))), false);
    assert.deepEqual(pair.send("right"), [udp(RIGHT, LEFT, 40)]);
    assert.deepEqual([pair.left.drops(), pair.right.drops()], [{}, {}]);
    assert.equal(pair.left.associations().get(L2R + 0x10)?.seq, 1);
    assert.equal(pair.right.associations().get(L2R + 0x10)?.seq, 1);
  });
}
