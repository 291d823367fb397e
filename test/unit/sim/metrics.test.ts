import assert from "node:assert/strict";
import { test } from "node:test";
import { loadText } from "../../../host-sim/core/load.js";
import { Measurement } from "../../../host-sim/sim/measure.js";
import { holds, type MeasuredHandover, MetricError, parseMetric } from "../../../host-sim/sim/metrics.js";
import { World } from "../../../host-sim/sim/world.js";

const loaded = loadText(
  "m.yaml",
  `duration: 5s
links: { wire: { prefix: "2001:db8::/64" } }
nodes:
  a{n}: { count: 2, image: host, ports: { eth: { link: wire, address: "2001:db8::{n}0" } } }
traffic: [{ name: talk, from: a1, to: a2, every: 100ms, start: 2s }]
`,
);
assert.ok(loaded.kind === "scenario");
const { scenario } = loaded;
const world = new World(scenario, 1);
world.runUntil(world.endUs);
const measurement = new Measurement(world);
const handover = (gapMs: number | null, detect: number | null): MeasuredHandover => ({
  node: "a1",
  from: "x",
  to: "y",
  gapMs,
  lost: 3,
  phases: { detect, dad: null, register: 7 },
});
const value = (metric: string, handovers: MeasuredHandover[] = []) =>
  parseMetric(metric, scenario)(measurement, handovers);

test("metrics of traffic, links, events and drops", () => {
  assert.equal(value("traffic.talk.sent"), 20);
  assert.equal(value("traffic.talk.lost"), 0);
  assert.equal(value("traffic.talk.lost-percent"), 0);
  assert.ok(value("traffic.talk.delay-ms.max") >= value("traffic.talk.delay-ms.mean"));
  assert.ok(value("links.wire.delivered") >= 20);
  assert.equal(value("events.ADDRESS"), value("events.a1.ADDRESS") + value("events.a2.ADDRESS"));
  assert.equal(value("events.a{n}.ADDRESS.3"), value("events.ADDRESS.3"));
  assert.ok(value("events.a1.ADDRESS.3") >= 1);
  assert.equal(value("drops.BAD_CHECKSUM"), 0);
  assert.equal(
    value("drops.total"),
    Object.values(measurement.drops()).reduce((a, b) => a + b, 0),
  );
});

test("steps in order, with others in between and none of theirs out of turn", () => {
  const { steps } = world.node("a1");
  steps.push(501, 7, 502, 503, 501, 503, 502, 501, 502, 8, 503);
  assert.equal(value("steps.a1.501-502-503"), 2);
  assert.equal(value("steps.a1.501-503"), 3);
  assert.equal(value("steps.a1.503-501"), 2);
  assert.equal(value("steps.a2.501"), 0);
  assert.throws(() => value("steps.a3.501"), /unknown node "a3"/);
  assert.throws(() => value("steps.a1.501-x"), MetricError);
  assert.throws(() => value("steps.a1"), MetricError);
});

test("metrics of handovers", () => {
  const some = [handover(10, 4), handover(30, null)];
  assert.equal(value("handovers.count", some), 2);
  assert.equal(value("handovers.finished", some), 2);
  assert.equal(value("handovers.gap-ms.max", some), 30);
  assert.equal(value("handovers.gap-ms.mean", some), 20);
  assert.equal(value("handovers.detect-ms.max", some), 4, "a phase that did not take place says nothing");
  assert.equal(value("handovers.lost.sum", some), 6);
  assert.equal(value("handover.2.gap-ms", some), 30);
  assert.equal(value("handover.1.gap-ms", [handover(0, 0)]), 0);
});

test("nothing to measure holds for no limit", () => {
  const never = [handover(10, 4), handover(null, null)];
  for (const nothing of [
    value("handovers.gap-ms.max", never),
    value("handovers.dad-ms.max", never),
    value("handover.3.lost", never),
  ]) {
    for (const op of ["<=", "<", "==", "!=", ">", ">="] as const) {
      assert.equal(holds({ name: "n", metric: "m", op, limit: 0 }, nothing), false);
    }
  }
});

test("each operator", () => {
  const truth = {
    "<=": [true, true, false],
    "<": [true, false, false],
    "==": [false, true, false],
    "!=": [true, false, true],
    ">": [false, false, true],
    ">=": [false, true, true],
  };
  for (const [op, expected] of Object.entries(truth)) {
    const results = [4, 5, 6].map((v) => holds({ name: "n", metric: "m", op: op as "<", limit: 5 }, v));
    assert.deepEqual(results, expected, op);
  }
});

test("an unknown metric is refused with what is known", () => {
  const cases: [string, RegExp][] = [
    ["nonsense", /unknown metric "nonsense"; known: traffic, handovers/],
    ["traffic.talc.sent", /unknown flow "talc"; known: talk/],
    ["traffic.talk.speed", /unknown metric of traffic\.talk "speed"; known: sent/],
    ["traffic", /unknown flow ""/],
    ["handovers.gap", /unknown metric of handovers "gap"; known: count, finished, gap-ms/],
    ["handovers.gap-ms", /known: max, mean, sum/],
    ["handover.0.gap-ms", /unknown handover "0"/],
    ["handover.x.gap-ms", /unknown handover "x"/],
    ["handover.1.gap", /unknown metric of handover\.1 "gap"/],
    ["links.wier.sent", /unknown link "wier"; known: wire/],
    ["links.wire.speed", /unknown metric of links\.wire/],
    ["drops.GO", /unknown reason of drops "GO"/],
    ["drops.a1.NONSENSE", /unknown reason of drops "NONSENSE"/],
    ["events.a3.ADDRESS", /unknown event "a3"/],
    ["events.ADDRESS.x", /unknown code of ADDRESS "x"/],
    ["events.3", /unknown event "3"/],
  ];
  for (const [metric, expected] of cases) {
    assert.throws(
      () => parseMetric(metric, scenario),
      (e) => e instanceof MetricError && expected.test(e.message),
      metric,
    );
  }
});
