import assert from "node:assert/strict";
import { test } from "node:test";
import { ask } from "./requests.js";
import { haveVectors, vectorFiles } from "./wycheproof.js";

for (const [machine, pc] of [
  ["v8", false],
  ["v8", true],
  ["pc", false],
  ["pc", true],
] as const) {
  test(`Wycheproof's vectors on ${machine}, the ${pc ? "PC's" : "boards'"} variants`, {
    skip: !haveVectors && "the vectors are not there (../shared/vectors)",
  }, async (t) => {
    for (const { file, vectors, left } of vectorFiles()) {
      const { replies } = await ask(
        machine,
        vectors.map(({ request }) => request),
      );
      const faults = vectors.flatMap(({ name, judge }, i) => {
        const fault = judge(replies[i]);
        return fault === undefined ? [] : [`${name}: ${fault}`];
      });
      assert.deepEqual(faults, []);
      assert.ok(vectors.length > 100, `${file} has ${vectors.length} vectors`);
      t.diagnostic(`${file}: ${vectors.length} requests, ${left} vectors of sizes that are not taken here`);
    }
  });
}
