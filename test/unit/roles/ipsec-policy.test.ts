/** Policies and associations between two images: what is protected, and what is let in, RFC 4301 §5. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Mode, PolicyAction } from "../../../assembly/abi/ipsec.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import * as frames from "../../bench/frames.js";
import {
  AH,
  AH_SHA256,
  chain,
  ESP,
  ends,
  L2R,
  LEFT,
  Pair,
  policy,
  protectedPair,
  RIGHT,
  switchOn,
  tunnelEnds,
  udp,
} from "../lib/ipsec-pair.js";

const { PROTECT, BYPASS, DISCARD } = PolicyAction;
const UDP = 17;
const IP6 = 41;

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

test("two processes on the same layer: transport inside tunnel, each with its own association", () => {
  const first = ends(() => policy(1, PROTECT, { protocol: UDP }), AH_SHA256);
  const second = ends((side) => policy(2, PROTECT, { process: 1, mode: Mode.TUNNEL, ...tunnelEnds(side) }));
  const pair = new Pair([switchOn(), first.left, second.left], [switchOn(), first.right, second.right]);
  assert.deepEqual(pair.send("left"), [udp(LEFT, RIGHT, 40)]);
  assert.deepEqual(pair.send("right"), [udp(RIGHT, LEFT, 40)]);
  assert.deepEqual(
    pair.wires().map((w) => chain(w.packet)),
    [[ESP], [ESP]],
  );
  for (const spi of [L2R + 0x10, L2R + 0x20]) assert.equal(pair.right.associations().get(spi)?.seq, 1);
  assert.deepEqual([pair.left.drops(), pair.right.drops()], [{}, {}]);
});

test("four processes, AH and ESP, transport and tunnel in turn", () => {
  const layers = [0, 1, 2, 3].map((process) =>
    ends(
      (side) =>
        policy(process + 1, PROTECT, {
          process,
          ...(process % 2 === 1 ? { mode: Mode.TUNNEL, ...tunnelEnds(side) } : {}),
        }),
      process < 2 ? AH_SHA256 : {},
    ),
  );
  const pair = new Pair([switchOn(), ...layers.map((l) => l.left)], [switchOn(), ...layers.map((l) => l.right)]);
  assert.deepEqual(pair.send("left", 100), [udp(LEFT, RIGHT, 100)]);
  assert.deepEqual(pair.send("right", 1000), [udp(RIGHT, LEFT, 1000)]);
  for (const id of [1, 2, 3, 4])
    assert.equal(pair.right.associations().get(L2R + id * 0x10)?.seq, 1, `process ${id - 1}`);
});

test("a packet that misses the inner or the outer of two processes is a mismatch", () => {
  const first = ends(() => policy(1, PROTECT, { protocol: UDP }));
  const second = ends((side) => policy(2, PROTECT, { process: 1, mode: Mode.TUNNEL, ...tunnelEnds(side) }));
  const both = [switchOn(), first.right, second.right];
  const onlyOuter = new Pair([switchOn(), second.left], both);
  assert.deepEqual(onlyOuter.send("left"), []);
  assert.deepEqual(onlyOuter.right.drops(), { POLICY_MISMATCH: 1 });
  const onlyInner = new Pair([switchOn(), first.left], both);
  assert.deepEqual(onlyInner.send("left"), []);
  assert.deepEqual(onlyInner.right.drops(), { POLICY_MISMATCH: 1 });
});

test("what no policy names is discarded by default both ways, and passes when the default is bypass", () => {
  const closed = new Pair([switchOn()], []);
  assert.deepEqual(closed.send("left"), []);
  assert.deepEqual(closed.left.drops(), { POLICY_DISCARD: 1 });
  assert.deepEqual(closed.send("right"), []);
  assert.deepEqual(closed.left.drops(), { POLICY_DISCARD: 2 });
  const open = new Pair([switchOn(true)], []);
  assert.deepEqual(open.send("left"), [udp(LEFT, RIGHT, 40)]);
  assert.deepEqual(open.send("right"), [udp(RIGHT, LEFT, 40)]);
});

test("neighbour discovery works where everything is discarded", () => {
  const pair = new Pair([switchOn()], [switchOn()]);
  const allow = (id: number) => new Messages().policy(policy(id, BYPASS));
  pair.left.configure(allow(1));
  pair.right.configure(allow(1));
  assert.deepEqual(pair.send("left"), [udp(LEFT, RIGHT, 40)]);
});

test("cleartext where protection is demanded is a mismatch, and so is protection where it is not", () => {
  const demanding = protectedPair();
  demanding.left = new Pair([], []).left;
  assert.deepEqual(demanding.send("left"), []);
  assert.deepEqual(demanding.right.drops(), { POLICY_MISMATCH: 1 });

  const both = ends(() => policy(1, PROTECT));
  const pair = new Pair(
    [switchOn(), both.left],
    [switchOn(), new Messages().policy(policy(9, BYPASS, { protocol: UDP })), both.right],
  );
  pair.right.configure(new Messages().policyDelete(9).policy(policy(0x0fff, BYPASS)));
  assert.deepEqual(pair.send("left"), [udp(LEFT, RIGHT, 40)], "the later policy is not asked");
  const first = new Pair(
    [switchOn(), ends(() => policy(2, PROTECT)).left],
    [switchOn(), new Messages().policy(policy(1, BYPASS, { protocol: UDP })), ends(() => policy(2, PROTECT)).right],
  );
  assert.deepEqual(first.send("left"), []);
  assert.deepEqual(first.right.drops(), { POLICY_MISMATCH: 1 });
});

test("an association carries what its policy is for and nothing else", () => {
  for (const mode of [Mode.TRANSPORT, Mode.TUNNEL]) {
    const rule = (side: "left" | "right") => ({ mode, ...(mode === Mode.TUNNEL ? tunnelEnds(side) : {}) });
    const sends = ends((side) => policy(1, PROTECT, rule(side)));
    const takes = ends((side) => policy(1, PROTECT, { protocol: 6, ...rule(side) }));
    const pair = new Pair([switchOn(), sends.left], [switchOn(true), takes.right]);
    assert.deepEqual(pair.send("left"), []);
    assert.deepEqual(pair.right.drops(), { POLICY_MISMATCH: 1 });
  }
});

test("two associations, two policies: neither does the other's work", () => {
  const ports = (n: number): [number, number] => [n, n];
  const left = [1, 2].map((id) => ends((side) => byPort(id, side, 5000 + id)).left);
  const right = [1, 2].map((id) => ends((side) => byPort(id, side, 5000 + (3 - id))).right);
  function byPort(id: number, side: "left" | "right", port: number) {
    const local = side === "left" ? { remotePorts: ports(port) } : { localPorts: ports(port) };
    return policy(id, PROTECT, { protocol: UDP, ...local });
  }
  const pair = new Pair([switchOn(), ...left], [switchOn(), ...right]);
  assert.deepEqual(pair.send("left", 40, [4000, 5001]), []);
  assert.deepEqual(pair.send("left", 40, [4000, 5002]), []);
  assert.deepEqual(pair.right.drops(), { POLICY_MISMATCH: 2 });
});

test("what comes out of a tunnel came from its other end and to this one", () => {
  const both = ends((side) => policy(1, PROTECT, { mode: Mode.TUNNEL, ...tunnelEnds(side) }));
  const pair = new Pair([switchOn(), both.left], [switchOn(), both.right]);
  const elsewhere = policy(1, PROTECT, {
    mode: Mode.TUNNEL,
    tunnelLocal: parseIp6(RIGHT),
    tunnelRemote: parseIp6("2001:db8:1::77"),
  });
  pair.right.configure(new Messages().policy(elsewhere));
  assert.deepEqual(pair.send("left"), []);
  assert.deepEqual(pair.right.drops(), { TUNNEL_SOURCE: 1 });
});

test("a policy without an association lets nothing out; one that was removed neither", () => {
  const pair = new Pair([switchOn(), new Messages().policy(policy(1, PROTECT))], []);
  pair.send("left");
  assert.deepEqual(pair.left.drops(), { NO_SA: 1 });
  const other = protectedPair();
  assert.equal(other.send("left").length, 1);
  other.left.configure(new Messages().associationDelete(L2R + 0x10, 2));
  assert.deepEqual(other.send("left"), []);
  assert.deepEqual(other.left.drops(), { NO_SA: 1 });
  other.left.configure(new Messages().policyDelete(1));
  other.send("left");
  assert.deepEqual(other.left.drops(), { NO_SA: 1, POLICY_DISCARD: 1 });
  assert.equal(other.left.associations().size, 0, "the policy took its other association along");
});

test("a tunnel whose end follows a care-of address that nobody knows is no tunnel yet", () => {
  const moving = policy(1, PROTECT, {
    mode: Mode.TUNNEL,
    local: LEFT,
    flags: 1 | 2,
    tunnelRemote: parseIp6(RIGHT),
  });
  const pair = new Pair([switchOn(true), new Messages().policy(moving)], []);
  assert.deepEqual(pair.send("left"), [udp(LEFT, RIGHT, 40)]);
});

test("discard wins where it comes first", () => {
  const pair = protectedPair();
  const rule = policy(0x0100, DISCARD, { protocol: UDP });
  pair.left.configure(new Messages().policy(rule));
  assert.equal(pair.send("left").length, 1, "it comes last");
  pair.left.configure(new Messages().policyDelete(1).policy(policy(2, PROTECT)));
  pair.left.configure(new Messages().policy({ ...rule, id: 1 }));
  assert.deepEqual(pair.send("left"), []);
  assert.deepEqual(pair.left.drops(), { POLICY_DISCARD: 1 });
});

test("echo requests under policy are answered under policy", () => {
  const pair = protectedPair(AH_SHA256);
  pair.left.rx(1, pair.echo("left", 64));
  pair.settle();
  const [reply] = pair.left.received();
  assert.equal(reply[6], 58);
  assert.equal(reply[40], 129);
  assert.deepEqual(
    pair.wires().map((w) => chain(w.packet)),
    [
      [AH, 58],
      [AH, 58],
    ],
  );
});

test("a packet that does not fit is told before it is protected, and smaller ones travel", () => {
  const pair = protectedPair({}, { mode: Mode.TUNNEL });
  pair.left.rx(1, udp(LEFT, RIGHT, 1452));
  const [error] = pair.left.received();
  assert.deepEqual([error[6], error[40], error[41]], [58, 2, 0]);
  const room = Buffer.from(error).readUInt32BE(44);
  assert.deepEqual(pair.left.drops(), { TOO_BIG: 1 });
  // ChaCha20-Poly1305 in a tunnel: 40 + 8 + 8 + 2 + 16, and padding.
  assert.equal(room, 1500 - 74);
  assert.deepEqual(pair.send("left", room - 48), [udp(LEFT, RIGHT, room - 48)]);
  assert.deepEqual(
    pair.wires().map((w) => w.packet.length),
    [1500],
  );
  assert.equal(pair.send("left", room - 47).length, 0);
});

test("a router's Packet Too Big about a protected packet is believed for the SPI in it, under whatever policy", () => {
  const pair = protectedPair({}, { mode: Mode.TUNNEL });
  assert.equal(pair.send("left", 1300).length, 1);
  const [{ packet }] = pair.wires();
  const router = parseIp6("2001:db8:1::99");
  const tooBig = (quoted: Uint8Array) => {
    const body = frames.concat(frames.be(32, 1300), quoted.subarray(0, 1232));
    const error = frames.ip6(router, parseIp6(LEFT), 58, frames.icmp6(router, parseIp6(LEFT), 2, 0, body));
    pair.left.rx(0, frames.ether(Uint8Array.of(2, 0, 0, 0, 0, 1), Uint8Array.of(2, 0, 0, 0, 0, 9), error));
  };
  const stranger = packet.slice();
  stranger[43] ^= 1;
  tooBig(stranger);
  assert.deepEqual(pair.left.drops(), { POLICY_MISMATCH: 1 });
  assert.equal(pair.send("left", 1300).length, 1);
  tooBig(packet);
  pair.left.received();
  pair.left.rx(1, udp(LEFT, RIGHT, 1300));
  const [told] = pair.left.received();
  assert.deepEqual([told[40], Buffer.from(told).readUInt32BE(44)], [2, 1280]);
  assert.deepEqual(
    pair.send("left", 1280 - 48),
    [udp(LEFT, RIGHT, 1280 - 48)],
    "in fragments, for it is not above 1280",
  );
  assert.equal(pair.wires().filter((w) => w.packet[6] === 44).length, 2);
});

test("protocol 41 under a tunnel is not taken for the tunnel itself", () => {
  const pair = protectedPair({}, { mode: Mode.TUNNEL });
  const inside = udp(LEFT, RIGHT, 20);
  const wrapped = new Uint8Array([...udp(LEFT, RIGHT, 0).subarray(0, 40), ...inside]);
  wrapped[6] = IP6;
  wrapped[4] = 0;
  wrapped[5] = inside.length;
  pair.left.rx(1, wrapped);
  pair.settle();
  assert.deepEqual(pair.right.received(), []);
  assert.deepEqual(pair.right.drops(), { TUNNEL_REFUSED: 1 });
});
