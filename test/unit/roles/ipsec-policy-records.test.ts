/** Sequence numbers that survive: no key has one twice after a power cut, and little is taken twice. Lifetimes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Direction, Encryption, Integrity, PolicyAction } from "../../../assembly/abi/ipsec.js";
import { Messages } from "../../../host-sim/core/messages.js";
import {
  association,
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

const OUT = L2R + 0x10;
const { IN, OUT: SENDS } = Direction;
const ESP_AT = 40;
/** Numbers that are reserved at once, and received ones between records once there are many. */
const STEP = 65536;
const RECEIVED_STEP = 16384;
const numberOf = (packet: Uint8Array) => Buffer.from(packet).readUInt32BE(ESP_AT + 4);
const both = (more = {}) => ends(() => policy(1, PolicyAction.PROTECT), more);

/** The left host again, with what was kept, as after a power cut. */
function reboot(pair: Pair, settings: Messages[] = [switchOn(), both().left], keeping = true): void {
  pair.left = new Host(LEFT, 1, settings, { records: pair.left.records, keeping });
  pair.left.core.setClock(pair.now);
  pair.settle();
}

test("nothing is sent before its number is kept", () => {
  const pair = protectedPair();
  reboot(pair, [switchOn(), both().left], false);
  assert.deepEqual(pair.send("left"), []);
  assert.deepEqual(pair.left.drops(), { SA_UNSAVED: 1 });
  pair.left.keep();
  assert.equal(pair.send("left").length, 1);
});

test("after a power cut the counter goes on above everything that was sent, at any moment", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ packets: fc.integer({ min: 0, max: 30 }), kept: fc.boolean() }), {
        minLength: 1,
        maxLength: 6,
      }),
      (lives) => {
        const pair = new Pair([switchOn(), both().left], [switchOn(), both().right]);
        const used = new Set<number>();
        for (const { packets, kept } of lives) {
          for (let i = 0; i < packets; i++) pair.send("left");
          for (const { packet } of pair.wires()) {
            const n = numberOf(packet);
            assert.equal(used.has(n), false, `number ${n} twice`);
            used.add(n);
          }
          reboot(pair, [switchOn(), both().left], kept);
          pair.left.keeping = true;
        }
      },
    ),
    { numRuns: 30 },
  );
});

test("a record is written for each step of numbers, before they run out", () => {
  const pair = protectedPair({
    encryption: Encryption.NULL,
    integrity: Integrity.HMAC_SHA1_96,
    key: new Uint8Array(0),
    integrityKey: key(1, 20),
  });
  assert.equal(pair.send("left").length, 1);
  const before = pair.left.written;
  const packet = udp(LEFT, RIGHT, 0);
  for (let i = 1; i < STEP; i++) {
    pair.left.rx(1, packet);
    pair.left.out.length = 0;
  }
  assert.deepEqual(pair.left.drops(), {});
  assert.equal(pair.left.written - before, 1);
  assert.equal(pair.left.associations().get(OUT)?.kept, 2 * STEP);
});

test("numbers stop where storage stopped, and go on when it does", () => {
  const pair = protectedPair();
  assert.equal(pair.send("left").length, 1);
  pair.left.keeping = false;
  const packet = udp(LEFT, RIGHT, 0);
  for (let i = 1; i < STEP + 10; i++) {
    pair.left.rx(1, packet);
    pair.left.out.length = 0;
  }
  assert.deepEqual(pair.left.drops(), { SA_UNSAVED: 10 });
  pair.left.keep();
  pair.left.rx(1, packet);
  assert.equal(numberOf(pair.left.out[0].subarray(14)), STEP + 1);
});

test("another key under the same SPI begins at 1; the old key again goes on where it was", () => {
  const pair = protectedPair();
  pair.send("left");
  const other = () => both({ key: key(99, 36) });
  const out = (more = {}) =>
    new Messages().policy(policy(1, PolicyAction.PROTECT)).association(association(SENDS, OUT, 1, more));
  reboot(pair, [switchOn(), out({ key: key(99, 36) })]);
  assert.equal(pair.left.associations().get(OUT)?.seq, 0);
  pair.left.configure(out());
  assert.equal(pair.left.associations().get(OUT)?.seq, STEP);
  assert.ok(other());
});

test("a key under another SPI is still the same key: its nonces are not made again", () => {
  const pair = protectedPair();
  pair.send("left");
  const moved = new Messages()
    .policy(policy(1, PolicyAction.PROTECT))
    .association(association(SENDS, 0x7777, 1, { key: key(OUT, 36) }));
  reboot(pair, [switchOn(), moved]);
  assert.equal(pair.left.associations().get(0x7777)?.seq, STEP);
});

test("an association that is removed and comes again goes on, in the same life and after", () => {
  const pair = protectedPair();
  for (let i = 0; i < 5; i++) pair.send("left");
  pair.left.configure(new Messages().associationDelete(OUT, SENDS));
  const again = () => new Messages().association(association(SENDS, OUT, 1));
  pair.left.configure(again());
  assert.equal(pair.left.associations().get(OUT)?.seq, STEP);
  pair.left.configure(new Messages().associationDelete(OUT, SENDS));
  reboot(pair, [switchOn(), new Messages().policy(policy(1, PolicyAction.PROTECT))]);
  pair.left.configure(again());
  assert.ok((pair.left.associations().get(OUT)?.seq ?? 0) >= STEP);
});

test("the same association sent again changes nothing", () => {
  const pair = protectedPair();
  pair.send("left");
  const before = pair.left.associations();
  pair.left.events();
  pair.left.configure(both().left);
  assert.deepEqual(pair.left.associations(), before);
  assert.deepEqual(pair.left.events(), []);
  assert.equal(pair.send("left").length, 1);
});

test("what was received up to the last record is refused after a power cut; of what came later at most the half was new", () => {
  const pair = protectedPair();
  for (let i = 0; i < 100; i++) pair.send("left");
  const wires = pair.wires();
  pair.right = new Host(RIGHT, 2, [switchOn(), both().right], { records: pair.right.records });
  pair.right.core.setClock(pair.now);
  pair.settle();
  const taken = wires.filter(({ packet }) => {
    pair.right.rx(0, new Uint8Array([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, ...packet]));
    return pair.right.received().length > 0;
  });
  assert.ok(
    taken.every(({ packet }) => numberOf(packet) > 64),
    `${taken.map((t) => numberOf(t.packet))}`,
  );
  assert.equal(pair.right.drops().REPLAYED, 64);
});

test("received numbers are recorded at powers of two, then every step", () => {
  const pair = protectedPair({
    encryption: Encryption.NULL,
    integrity: Integrity.HMAC_SHA1_96,
    key: new Uint8Array(0),
    integrityKey: key(1, 20),
  });
  const before = pair.right.written;
  for (let i = 0; i < 1024; i++) pair.send("left", 0);
  assert.equal(pair.right.written - before, 11);
  assert.ok(RECEIVED_STEP > 1024);
});

test("records of another life that make no sense are refused", () => {
  const node = () => new Host(LEFT, 1, []);
  const [id, data] = [...protectedPair().left.records][0];
  const refused = (bytes: Uint8Array, at = id) =>
    assert.throws(() => node().configure(new Messages().stored(at, bytes)), /STORED.*(BAD|FULL)/);
  refused(data.subarray(1));
  refused(data.map((b, i) => (i === 28 ? 3 : b)));
  refused(data.map((b, i) => (i === 29 ? 2 : b)));
  refused(data, id | 0xffff);
  node().configure(new Messages().stored(id, data));
});

test("64 associations fit a board, and the next is refused; keys change 200 times", () => {
  const settings = new Messages().policy(policy(1, PolicyAction.PROTECT));
  const node = new Host(LEFT, 1, [switchOn(), settings]);
  for (let i = 0; i < 32; i++) {
    node.configure(
      new Messages().association(association(SENDS, 0x1000 + i, 1)).association(association(IN, 0x8000 + i, 1)),
    );
  }
  assert.equal(node.associations().size, 64);
  assert.throws(() => node.configure(new Messages().association(association(SENDS, 0x2000, 1))), /TABLE_FULL/);
  assert.equal(node.associations().size, 64);
  node.configure(new Messages().associationDelete(0x1000, SENDS).associationDelete(0x8000, IN));
  for (let i = 0; i < 100; i++) {
    node.configure(
      new Messages().association(association(SENDS, 0x3000 + i, 1)).association(association(IN, 0x9000 + i, 1)),
    );
    node.configure(new Messages().associationDelete(0x3000 + i, SENDS).associationDelete(0x9000 + i, IN));
  }
  assert.equal(node.associations().size, 62);
});

test("keys change under load: new associations at both ends, then the old ones go, and nothing is lost", () => {
  const pair = protectedPair();
  let arrived = 0;
  const traffic = () => {
    for (let i = 0; i < 5; i++) arrived += pair.send("left").length + pair.send("right").length;
  };
  traffic();
  for (let round = 1; round <= 10; round++) {
    const [l, r] = [0x5000 + round, 0x6000 + round];
    pair.right.configure(new Messages().association(association(IN, l, 1)).association(association(SENDS, r, 1)));
    if (round % 2 === 0) traffic();
    pair.left.configure(new Messages().association(association(IN, r, 1)).association(association(SENDS, l, 1)));
    // The right side sent under its new one as soon as it had it: those had no association at the left yet.
    const lost = pair.left.drops().NO_SA ?? 0;
    traffic();
    assert.equal(pair.left.drops().NO_SA ?? 0, lost);
    assert.equal(pair.left.associations().get(l)?.seq, 5);
    if (round > 1) {
      pair.left.configure(new Messages().associationDelete(l - 1, SENDS).associationDelete(r - 1, IN));
      pair.right.configure(new Messages().associationDelete(l - 1, IN).associationDelete(r - 1, SENDS));
    }
    traffic();
  }
  assert.equal(pair.left.drops().NO_SA, 5 * 5);
  assert.equal(pair.right.drops().NO_SA, undefined);
  assert.ok(arrived > 0);
});

test("a new association that is not kept yet lets the old one send on", () => {
  const pair = protectedPair();
  pair.left.keeping = false;
  pair.right.configure(new Messages().association(association(IN, 0x5000, 1)));
  pair.left.configure(new Messages().association(association(SENDS, 0x5000, 1)));
  assert.equal(pair.send("left").length, 1);
  assert.equal(pair.left.associations().get(OUT)?.seq, 1);
  pair.left.keep();
  assert.equal(pair.send("left").length, 1);
  assert.equal(pair.left.associations().get(0x5000)?.seq, 1);
});

const told = (host: Host) =>
  host
    .events()
    .filter((e) => e.kindName === "ASSOCIATION" && (e.code === 2 || e.code === 3))
    .map((e) => [e.x, e.y, e.code === 2 ? "soft" : "hard"]);

test("the hard limit in packets: the soft one is told once, then nothing passes, at both ends", () => {
  const pair = protectedPair({ hardPackets: 10, softPercent: 80 });
  let arrived = 0;
  for (let i = 0; i < 12; i++) arrived += pair.send("left").length;
  assert.equal(arrived, 10);
  assert.deepEqual(pair.left.drops(), { SA_EXPIRED: 2 });
  assert.deepEqual(told(pair.left), [
    [OUT, 2, "soft"],
    [OUT, 2, "hard"],
  ]);
  assert.deepEqual(told(pair.right), [[OUT, 1, "soft"]]);
});

test("the hard limit in bytes is not crossed by the packet that would", () => {
  const size = udp(LEFT, RIGHT, 100).length;
  const pair = protectedPair({ hardBytes: 3 * size + 10, softPercent: 50 });
  const arrived = [1, 2, 3, 4, 5].map(() => pair.send("left", 100).length);
  assert.deepEqual(arrived.slice(3), [0, 0]);
  assert.ok((pair.left.associations().get(OUT)?.bytes ?? 0) <= 3 * size + 10);
  assert.equal(told(pair.left).filter(([, , what]) => what === "soft").length, 1);
});

test("the hard limit in seconds, without traffic and with", () => {
  const pair = protectedPair({ hardSeconds: 100, softPercent: 90 });
  pair.pass(89_000);
  assert.deepEqual([told(pair.left), pair.send("left").length], [[], 1]);
  pair.pass(2_000);
  assert.deepEqual(
    told(pair.left).map(([, , what]) => what),
    ["soft", "soft"],
  );
  assert.equal(pair.send("left").length, 1);
  pair.pass(9_000);
  assert.deepEqual(
    told(pair.left).map(([, , what]) => what),
    ["hard", "hard"],
  );
  assert.deepEqual(pair.send("left"), []);
  assert.equal(pair.left.drops().SA_EXPIRED, 1);
});

test("the newest dies, the older one takes over; a dead one does not come back by being configured again", () => {
  const pair = protectedPair();
  const young = { hardPackets: 2 };
  pair.right.configure(new Messages().association(association(IN, 0x5000, 1, young)));
  pair.left.configure(new Messages().association(association(SENDS, 0x5000, 1, young)));
  for (let i = 0; i < 5; i++) assert.equal(pair.send("left").length, 1);
  assert.equal(pair.left.associations().get(0x5000)?.seq, 2);
  pair.left.configure(new Messages().association(association(SENDS, 0x5000, 1, young)));
  pair.send("left");
  assert.equal(pair.left.associations().get(0x5000)?.seq, 2);
  assert.equal(pair.left.associations().get(OUT)?.seq, 4);
});
