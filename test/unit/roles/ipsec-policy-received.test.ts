/** What is wrong with a protected packet: it is counted under its reason and changes nothing. Replays, extended numbers, ESP in UDP. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Encryption, Integrity, Mode, PolicyAction } from "../../../assembly/abi/ipsec.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import * as frames from "../../bench/frames.js";
import { ESP as ESP_SA, type Sa, seal } from "../../reference/ipsec.js";
import {
  AH_SHA256,
  ESP,
  ends,
  Host,
  key,
  L2R,
  LEFT,
  Pair,
  policy,
  protectedPair,
  RIGHT,
  switchOn,
  udp,
} from "../lib/ipsec-pair.js";

const SPI = L2R + 0x10;
const UDP = 17;
const PORT = 4500;
const [ESN, IN_UDP] = [1, 2];
const toRight = (packet: Uint8Array) => new Uint8Array([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, ...packet]);

/** What the counters rose by while `act` ran. */
function dropsOf(host: Host, act: () => void): Record<string, number> {
  const before = host.drops();
  act();
  return Object.fromEntries(
    Object.entries(host.drops()).flatMap(([name, n]) => (n === before[name] ? [] : [[name, n - (before[name] ?? 0)]])),
  );
}
/** Frames that left sent, caught before right had them. */
function caught(pair: Pair, count: number, size = 40): Uint8Array[] {
  const all: Uint8Array[] = [];
  pair.fate = ({ frame }) => {
    all.push(frame);
    return [];
  };
  for (let i = 0; i < count; i++) pair.send("left", size);
  pair.fate = ({ frame }) => [frame];
  return all;
}
const takes = (pair: Pair, frame: Uint8Array): boolean => {
  pair.right.rx(0, frame);
  return pair.right.received().length > 0;
};

test("every packet arrives once, in whatever order and however often it comes, as far as the window reaches", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(99), { minLength: 1, maxLength: 300 }),
      fc.constantFrom(32, 64, 96, 128, 1024),
      fc.constantFrom({}, AH_SHA256, { flags: ESN }),
      (order, window, suite) => {
        const pair = protectedPair({ ...suite, window });
        pair.send("left");
        const all = caught(pair, 100, 0);
        let top = 1;
        const came = new Set([1]);
        for (const i of order) {
          const n = i + 2;
          const isNew = n > top || (top - n < window && !came.has(n));
          assert.equal(takes(pair, all[i]), isNew, `number ${n} when ${top} was the highest`);
          if (isNew) came.add(n);
          if (isNew && n > top) top = n;
        }
      },
    ),
    { numRuns: 30 },
  );
});

test("a byte that was changed anywhere in the protected part is no packet, and moves no window", () => {
  for (const suite of [{}, AH_SHA256, { flags: ESN }]) {
    const pair = protectedPair(suite);
    pair.send("left");
    const [good] = caught(pair, 1);
    const before = pair.right.associations();
    for (let at = 54; at < good.length; at++) {
      const bad = good.slice();
      bad[at] ^= 0x80;
      const drops = dropsOf(pair.right, () => assert.equal(takes(pair, bad), false));
      assert.equal(
        Object.values(drops).reduce((a, b) => a + b),
        1,
        `byte ${at}: ${JSON.stringify(drops)}`,
      );
    }
    assert.deepEqual(pair.right.associations(), before);
    assert.equal(takes(pair, good), true);
  }
});

test("a forged number far ahead leaves the window where it is", () => {
  const pair = protectedPair();
  pair.send("left");
  const [good] = caught(pair, 1);
  const forged = good.slice();
  forged[54 + 4] = 0x7f;
  assert.deepEqual(
    dropsOf(pair.right, () => takes(pair, forged)),
    { BAD_ICV: 1 },
  );
  assert.equal(takes(pair, good), true);
});

test("ESP of 0 to 40 bytes, SPIs that nobody has, number 0", () => {
  const pair = protectedPair();
  pair.send("left");
  for (let size = 0; size <= 40; size++) {
    for (const spi of [0, 1, 255, 256, SPI, 0xffffffff]) {
      const body = new Uint8Array(size);
      body.set(frames.be(32, spi).subarray(0, size));
      const packet = frames.ip6(parseIp6(LEFT), parseIp6(RIGHT), ESP, body);
      const drops = dropsOf(pair.right, () => assert.equal(takes(pair, toRight(packet)), false));
      const why = size < 8 ? "BAD_ESP" : spi !== SPI ? "NO_SA" : "REPLAYED";
      assert.deepEqual(drops, { [why]: 1 }, `${size} bytes, SPI ${spi}`);
    }
  }
});

const suite = (more: Partial<Sa> = {}): Sa => ({
  protocol: ESP_SA,
  encryption: Encryption.CHACHA20_POLY1305,
  integrity: Integrity.NONE,
  key: key(SPI, 36),
  auth: new Uint8Array(0),
  spi: SPI,
  esn: false,
  udp: false,
  ...more,
});
const sealed = (seq: bigint, sa: Sa) => {
  const iv = new Uint8Array(8);
  new DataView(iv.buffer).setBigUint64(0, seq);
  return toRight(seal(sa, Buffer.from(udp(LEFT, RIGHT, 10)), { seq, iv }));
};

test("extended numbers: 2^32 is crossed under reordering, and a half that is not sent is part of the ICV", () => {
  const pair = protectedPair({ flags: ESN });
  const sa = suite({ esn: true });
  const edge = 1n << 32n;
  assert.equal(takes(pair, sealed(edge - 3n, sa)), false, "below zero, as far as a new window knows");
  assert.equal(takes(pair, sealed(edge - 100n, sa)), true);
  assert.equal(takes(pair, sealed(edge - 3n, sa)), true);
  for (const [n, isNew] of [
    [edge + 2n, true],
    [edge - 1n, true],
    [edge + 1n, true],
    [edge - 1n, false],
    [edge, true],
    [edge - 2n, true],
    [edge + 2n, false],
    [edge - 3n, false],
  ] as const) {
    assert.equal(takes(pair, sealed(n, sa)), isNew, `${n}`);
  }
  // Without the upper half it would be a number of long ago.
  assert.deepEqual(
    dropsOf(pair.right, () => takes(pair, sealed(9n, suite()))),
    { BAD_ICV: 1 },
  );
});

test("without extended numbers the last one is the last one", () => {
  const pair = protectedPair();
  const sa = suite();
  assert.equal(takes(pair, sealed(0xffffffffn, sa)), true);
  assert.deepEqual(
    dropsOf(pair.right, () => takes(pair, sealed(1n, sa))),
    { REPLAYED: 1 },
  );
});

test("a sender that used its last number sends no more", () => {
  const print = protectedPair().left.records;
  const [id, data] = [...print].find(([, d]) => d[28] === 2)!;
  const spent = data.slice();
  new DataView(spent.buffer).setBigUint64(16, 0xfffffffen, true);
  const both = ends(() => policy(1, PolicyAction.PROTECT));
  const pair = new Pair([switchOn(), both.left], [switchOn(), both.right]);
  pair.left = new Host(LEFT, 1, [switchOn(), both.left], { records: new Map([[id, spent]]) });
  pair.settle();
  assert.deepEqual([pair.send("left").length, pair.send("left").length, pair.send("left").length], [1, 0, 0]);
  assert.deepEqual(pair.left.drops(), { SA_EXHAUSTED: 2 });
});

test("ESP in UDP travels, and the association takes nothing else; nor does another take what is in UDP", () => {
  for (const mode of [Mode.TRANSPORT, Mode.TUNNEL]) {
    const pair = protectedPair({ flags: IN_UDP }, { mode });
    assert.deepEqual(pair.send("left"), [udp(LEFT, RIGHT, 40)]);
    assert.deepEqual(pair.send("right"), [udp(RIGHT, LEFT, 40)]);
    const [wire] = pair.wires();
    assert.equal(wire.packet[6], UDP);
    assert.deepEqual(Buffer.from(wire.packet.subarray(40, 44)).toString("hex"), "11941194");
    assert.deepEqual([pair.left.drops(), pair.right.drops()], [{}, {}]);
  }
  const bare = protectedPair({ flags: IN_UDP });
  assert.deepEqual(
    dropsOf(bare.right, () => takes(bare, sealed(5n, suite()))),
    { NO_SA: 1 },
  );
  const plain = protectedPair();
  assert.equal(takes(plain, sealed(5n, suite())), true);
  assert.deepEqual(
    dropsOf(plain.right, () => takes(plain, sealed(6n, suite({ udp: true })))),
    { NO_SA: 1 },
  );
});

test("UDP 4500: a keepalive is consumed, IKE is judged and goes to the application, too short is nothing", () => {
  const pair = protectedPair({ flags: IN_UDP });
  const datagram = (data: number[], to = PORT) => {
    const [a, b] = [parseIp6(LEFT), parseIp6(RIGHT)];
    return toRight(frames.ip6(a, b, UDP, frames.udp(a, b, [PORT, to], Uint8Array.from(data))));
  };
  assert.deepEqual(
    dropsOf(pair.right, () => assert.equal(takes(pair, datagram([0xff])), false)),
    {},
  );
  assert.deepEqual(
    dropsOf(pair.right, () => takes(pair, datagram([1, 2, 3]))),
    { POLICY_MISMATCH: 1 },
  );
  assert.deepEqual(
    dropsOf(pair.right, () => takes(pair, datagram([0, 0, 0, 0, 1]))),
    { POLICY_MISMATCH: 1 },
  );
  assert.deepEqual(
    dropsOf(pair.right, () => takes(pair, datagram([0, 0, 16, 1, 1]))),
    { NO_SA: 1 },
  );
  const spi = frames.be(32, SPI);
  assert.deepEqual(
    dropsOf(pair.right, () => takes(pair, datagram([...spi, 1, 2, 3]))),
    { BAD_ESP: 1 },
  );
  pair.right.configure(new Messages().policyDelete(1).policy(policy(1, PolicyAction.BYPASS, { protocol: UDP })));
  assert.equal(takes(pair, datagram([0, 0, 0, 0, 1])), true);
});

test("fragments of a protected packet come together; what was a fragment before does not", () => {
  const pair = protectedPair({}, { mode: Mode.TUNNEL });
  pair.send("left");
  const [a, b] = [parseIp6(LEFT), parseIp6(RIGHT)];
  const whole = frames.udp(a, b, [4000, 5000], new Uint8Array(1000).fill(7));
  const piece = (offset: number, more: boolean, part: Uint8Array) =>
    frames.ip6(
      a,
      b,
      44,
      frames.concat(frames.be(8, UDP, 0), frames.be(16, offset | Number(more)), frames.be(32, 77), part),
    );
  for (const part of [piece(0, true, whole.subarray(0, 504)), piece(504, false, whole.subarray(504))])
    pair.left.rx(1, part);
  pair.settle();
  assert.deepEqual(pair.right.received(), [frames.ip6(a, b, UDP, whole)], "fragments inside the tunnel, one guard");
  // One of them in the clear: two halves of no whole, and neither alone is anything.
  const [first] = (() => {
    pair.wires();
    const all: Uint8Array[] = [];
    pair.fate = ({ frame }) => {
      all.push(frame);
      return [];
    };
    pair.left.rx(1, piece(0, true, whole.subarray(0, 504)));
    pair.settle();
    return all;
  })();
  pair.right.rx(0, first);
  pair.right.rx(0, toRight(piece(504, false, whole.subarray(504))));
  assert.deepEqual(pair.right.received(), []);

  const transport = protectedPair();
  transport.send("left");
  transport.left.rx(1, piece(0, true, whole.subarray(0, 504)));
  assert.deepEqual(transport.left.drops(), { BAD_FRAGMENT: 1 });
});

test("a later fragment, whose ports nobody sees, passes no policy that asks for ports", () => {
  const settings = () =>
    new Messages()
      .policy(policy(1, PolicyAction.DISCARD, { protocol: UDP, remotePorts: [53, 53] }))
      .policy(policy(2, PolicyAction.BYPASS));
  const pair = new Pair([switchOn(), settings()], []);
  assert.equal(pair.send("left").length, 1);
  const [a, b] = [parseIp6(LEFT), parseIp6(RIGHT)];
  const later = frames.concat(frames.be(8, UDP, 0), frames.be(16, 504), frames.be(32, 77), new Uint8Array(100));
  pair.left.rx(1, frames.ip6(a, b, 44, later));
  assert.deepEqual(pair.left.drops(), { POLICY_DISCARD: 1 });
});
