import assert from "node:assert/strict";
import { test } from "node:test";
import { scenarioNames } from "../../../host-sim/cli/scenarios.js";
import { type Report, simulate } from "../../../host-sim/cli/simulate.js";
import { holds } from "../../../host-sim/sim/metrics.js";
import { runCaptured, runHashed, scenario } from "./capture.js";

/** The large one has a test of its own, cut to what a unit test may cost. */
const SMALL = scenarioNames().filter((name) => name !== "thousand");

for (const name of SMALL) {
  test(`${name}: every expectation holds, and the same seed gives the same run`, () => {
    const seed = scenario(name).seed ?? 1;
    const one = runHashed(scenario(name), seed);
    assert.deepEqual(
      one.report.expectations.filter(({ ok }) => !ok),
      [],
    );
    assert.equal(one.report.ok, true);
    const two = runHashed(scenario(name), seed);
    assert.equal(one.hash, two.hash);
    assert.deepEqual({ ...two.report, wallMs: 0 }, { ...one.report, wallMs: 0 });
    cannotPassByItself(name, one.report);
  });
}

/** Each expectation fails when its limit is out of reach. */
function cannotPassByItself(name: string, { expectations }: Report): void {
  for (const [i, expectation] of scenario(name).expect!.entries()) {
    const { value } = expectations[i];
    assert.notEqual(value, null, expectation.name);
    const limit = expectation.op === "!=" ? value! : expectation.op.startsWith("<") ? value! - 1 : value! + 1;
    assert.equal(holds({ ...expectation, limit }, value!), false, expectation.name);
  }
}

test("the same seed gives the same capture, another one gives another, and the expectations still hold", () => {
  const one = runCaptured(scenario("roam-lossy"), 2);
  assert.ok(one.capture.equals(runCaptured(scenario("roam-lossy"), 2).capture));
  for (const seed of [3]) {
    const other = runCaptured(scenario("roam-lossy"), seed);
    assert.ok(!one.capture.equals(other.capture));
    assert.equal(other.report.ok, true);
  }
});

test("watching a run does not change it", () => {
  const config = scenario("roam-lossy");
  const quiet = simulate(config, { name: "test", seed: 1, watchers: [] });
  const { report } = runHashed(config, 1);
  assert.deepEqual({ ...quiet, wallMs: 0 }, { ...report, wallMs: 0 });
});

test("thousand, cut to forty terminals", () => {
  const config = scenario("thousand");
  config.nodes["terminal-{n}"].count = 40;
  config.expect = config.expect!.filter(({ metric }) => metric.startsWith("traffic") || metric.endsWith(".max"));
  const report = simulate(config, { name: "forty", seed: 1, watchers: [] });
  assert.deepEqual(
    report.expectations.filter(({ ok }) => !ok),
    [],
  );
  assert.equal(report.handovers.length, 240);
  assert.ok(report.handovers.every(({ gapMs }) => gapMs !== null));
});

test("thousand is as large as it says", () => {
  const config = scenario("thousand");
  assert.equal(config.nodes["terminal-{n}"].count, 1000);
  assert.equal(config.moves![0].to.length, 6);
  assert.ok(config.expect!.length >= 4);
});
