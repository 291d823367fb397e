import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { LinkConfig } from "../../../host-sim/core/scenario.js";
import { FramePool } from "../../../host-sim/sim/frames.js";
import { Link, type Station } from "../../../host-sim/sim/link.js";
import { Queue } from "../../../host-sim/sim/queue.js";
import { Randomness } from "../../../host-sim/sim/rng.js";

interface Heard {
  at: number;
  frame: Uint8Array;
}

class Ear implements Station {
  readonly heard: Heard[] = [];
  readonly mac: Uint8Array;

  constructor(
    private readonly queue: Queue,
    readonly node: number,
    private readonly multicast = true,
  ) {
    this.mac = Uint8Array.of(2, 0, 0, 0, 0, node);
  }

  get name(): string {
    return `node ${this.node}`;
  }

  listens(): boolean {
    return this.multicast;
  }

  hear(frame: Uint8Array): void {
    this.heard.push({ at: this.queue.nowUs, frame: frame.slice() });
  }
}

function setUp(config: LinkConfig, seed = 1) {
  const queue = new Queue();
  const link = new Link("wire", config, queue, new FramePool(), new Randomness(seed), []);
  const ears = [1, 2, 3].map((node) => new Ear(queue, node));
  for (const ear of ears) link.attach(ear);
  return { queue, link, ears };
}

function frameTo(ear: Ear, length = 100, fill = 7): Uint8Array {
  const frame = new Uint8Array(length).fill(fill);
  frame.set(ear.mac, 0);
  return frame;
}

test("a unicast frame gets to its station and nobody else, after the delay", () => {
  const { queue, link, ears } = setUp({ delay: "3ms" });
  link.send(ears[0], frameTo(ears[1]), 0);
  queue.runUntil(1_000_000);
  assert.deepEqual(
    ears.map((ear) => ear.heard.map(({ at }) => at)),
    [[], [3000], []],
  );
});

test("a multicast frame gets to all who listen, not back to its sender", () => {
  const { queue, link, ears } = setUp({});
  const deaf = new Ear(queue, 9, false);
  link.attach(deaf);
  const frame = frameTo(ears[0]);
  frame.set([0x33, 0x33, 0, 0, 0, 1]);
  link.send(ears[0], frame, 0);
  queue.runUntil(1_000_000);
  assert.deepEqual(
    [...ears, deaf].map((ear) => ear.heard.length),
    [0, 1, 1, 0],
  );
  assert.deepEqual(ears[1].heard[0].frame, frame);
});

test("the sender's buffer may change while the frame is on its way", () => {
  const { queue, link, ears } = setUp({ delay: "1ms" });
  const frame = frameTo(ears[1]);
  link.send(ears[0], frame, 0);
  frame.fill(0xee, 6);
  queue.runUntil(10_000);
  assert.equal(ears[1].heard[0].frame[50], 7);
});

test("who leaves hears nothing more, also not what is on its way; who comes back starts anew", () => {
  const { queue, link, ears } = setUp({ delay: "5ms" });
  link.send(ears[0], frameTo(ears[1]), 0);
  queue.runUntil(1000);
  link.detach(ears[1]);
  link.attach(ears[1]);
  queue.runUntil(20_000);
  assert.equal(ears[1].heard.length, 0);
  link.send(ears[0], frameTo(ears[1]), 0);
  queue.runUntil(40_000);
  assert.equal(ears[1].heard.length, 1);
});

test("a rate makes frames follow each other, and a full queue drops", () => {
  const { queue, link, ears } = setUp({ delay: "0us", rate: "1Mbit/s", queue: 4 });
  for (let i = 0; i < 20; i++) link.send(ears[0], frameTo(ears[1], 1226), 0);
  queue.runUntil(10_000_000);
  // 1226 + 24 bytes are 10 ms at 1 Mbit/s.
  const times = ears[1].heard.map(({ at }) => at);
  assert.deepEqual(
    times,
    times.map((_, i) => 10_000 * (i + 1)),
  );
  assert.equal(link.counters.queueFull, 20 - times.length);
  assert.ok(times.length >= 4 && times.length <= 7, `${times.length} frames`);
});

test("jitter keeps the order", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.array(fc.nat(2000), { maxLength: 50 }), (seed, pauses) => {
      const { queue, link, ears } = setUp({ delay: "1ms", jitter: "5ms" }, seed);
      for (const [i, pause] of pauses.entries()) {
        queue.runUntil(queue.nowUs + pause);
        link.send(ears[0], frameTo(ears[1], 60, i), 0);
      }
      queue.runUntil(queue.nowUs + 1_000_000);
      assert.deepEqual(
        ears[1].heard.map(({ frame }) => frame[30]),
        pauses.map((_, i) => i),
      );
    }),
  );
});

test("loss, duplication and corruption are counted as they happen", () => {
  const { queue, link, ears } = setUp({ loss: 0.2, duplicate: 0.1, corrupt: 0.1 });
  const sent = frameTo(ears[1], 200);
  for (let i = 0; i < 5000; i++) {
    link.send(ears[0], sent, 0);
    queue.runUntil(queue.nowUs + 1000);
  }
  queue.runUntil(queue.nowUs + 1000);
  const { counters } = link;
  const { heard } = ears[1];
  assert.equal(heard.length, counters.delivered);
  assert.equal(counters.delivered, 5000 - counters.lost + counters.duplicated);
  assert.ok(counters.lost > 900 && counters.lost < 1100, `${counters.lost} lost`);
  const flipped = heard.map(({ frame }) => frame.reduce((bits, byte, i) => bits + ones(byte ^ sent[i]), 0));
  assert.ok(flipped.every((bits) => bits <= 1));
  assert.equal(flipped.filter((bits) => bits === 1).length, counters.corrupted);
  assert.ok(heard.every(({ frame }) => frame.subarray(0, 14).every((byte, i) => byte === sent[i])));
});

test("reordering lets later frames overtake", () => {
  const { queue, link, ears } = setUp({ reorder: 0.1, "reorder-delay": "10ms" });
  for (let i = 0; i < 200; i++) {
    link.send(ears[0], frameTo(ears[1], 60, i), 0);
    queue.runUntil(queue.nowUs + 1000);
  }
  queue.runUntil(queue.nowUs + 100_000);
  const order = ears[1].heard.map(({ frame }) => frame[30]);
  const late = order.filter((n, i) => i > 0 && n < order[i - 1]).length;
  assert.equal(order.length, 200);
  assert.ok(late > 0 && late <= link.counters.reordered);
});

test("a cut link carries nothing", () => {
  const { queue, link, ears } = setUp({});
  link.cut = true;
  link.send(ears[0], frameTo(ears[1]), 0);
  link.cut = false;
  link.send(ears[0], frameTo(ears[1], 90), 0);
  queue.runUntil(10_000);
  assert.deepEqual(
    ears[1].heard.map(({ frame }) => frame.length),
    [90],
  );
});

test("two stations with one MAC address are refused", () => {
  const { queue, link } = setUp({});
  assert.throws(() => link.attach(new Ear(queue, 1)), /same MAC address/);
});

function ones(byte: number): number {
  return byte.toString(2).replaceAll("0", "").length;
}
