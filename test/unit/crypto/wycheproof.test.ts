import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { MachineName } from "../../machines/machine.js";
import { ask } from "./requests.js";
import { haveVectors, vectorFiles } from "./wycheproof.js";

const skip = !haveVectors && "the vectors are not there (../shared/vectors)";
/** Of the vectors of a file, each so many-th runs on a board's processor: the emulated ones take their time. */
const SAMPLE = 25;

async function run(t: TestContext, machine: MachineName, pc: boolean, every: number): Promise<void> {
  for (const { file, vectors, left } of vectorFiles()) {
    assert.ok(vectors.length > 100, `${file} has ${vectors.length} vectors`);
    const some = vectors.filter((_, i) => i % every === 0);
    const { replies } = await ask(
      machine,
      some.map(({ request }) => request),
      { pc },
    );
    const faults = some.flatMap(({ name, judge }, i) => {
      const fault = judge(replies[i]);
      return fault === undefined ? [] : [`${name}: ${fault}`];
    });
    assert.deepEqual(faults, []);
    t.diagnostic(`${file}: ${some.length} requests, ${left} vectors of sizes that are not taken here`);
  }
}

for (const machine of ["v8", "pc"] as const) {
  for (const pc of [false, true]) {
    test(`Wycheproof's vectors on ${machine}, the ${pc ? "PC's" : "boards'"} variants`, { skip }, (t) =>
      run(t, machine, pc, 1),
    );
  }
}
for (const machine of ["qemu-riscv", "rp2040"] as const) {
  test(`a sample of Wycheproof's vectors on ${machine}`, { skip }, (t) => run(t, machine, false, SAMPLE));
}
