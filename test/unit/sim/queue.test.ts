import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Call, Queue } from "../../../host-sim/sim/queue.js";

test("tasks run by time, then node, then order of scheduling, whatever the order they were scheduled in", () => {
  const entry = fc.record({ time: fc.nat(20), node: fc.integer({ min: -1, max: 4 }) });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 200 }), (entries) => {
      const queue = new Queue();
      const ran: { time: number; node: number; index: number }[] = [];
      for (const [index, { time, node }] of entries.entries()) {
        queue.schedule(new Call(() => ran.push({ time: queue.nowUs, node, index })), time, node);
      }
      queue.runUntil(20);
      const expected = entries
        .map((e, index) => ({ ...e, index }))
        .sort((a, b) => a.time - b.time || a.node - b.node || a.index - b.index);
      assert.deepEqual(ran, expected);
      assert.equal(queue.length, 0);
    }),
  );
});

test("tasks that schedule tasks: time never goes back, and runUntil stops where it was told", () => {
  const delays = fc.array(fc.tuple(fc.nat(50), fc.nat(3)), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(delays, fc.nat(400), (steps, until) => {
      const queue = new Queue();
      const times: number[] = [];
      const pending = [...steps];
      const spawn = () => {
        times.push(queue.nowUs);
        for (const [delay, node] of pending.splice(0, 2)) queue.schedule(new Call(spawn), queue.nowUs + delay, node);
      };
      queue.schedule(new Call(spawn), 0, 0);
      queue.runUntil(until);
      assert.equal(queue.nowUs, until);
      assert.ok(times.every((time, i) => time <= until && (i === 0 || time >= times[i - 1])));
      assert.equal(queue.count, times.length);
    }),
  );
});

test("what has passed cannot be scheduled", () => {
  const queue = new Queue();
  queue.runUntil(10);
  assert.throws(() => queue.schedule(new Call(() => {}), 9, 0), RangeError);
  assert.throws(() => queue.schedule(new Call(() => {}), Number.NaN, 0), RangeError);
});
