import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildFolder } from "../bench/build.js";
import { Call, CallWriter } from "../proof/calls.js";
import { instrument } from "./build.js";
import { measure } from "./llvm.js";
import { Places } from "./places.js";
import { summarize } from "./summary.js";

/** What `configure` of assembly/known.ts is called with. */
const LENGTHS = [1, 3, 4];
const ROOT_FOLDER = "test/coverage/assembly";

/**
 * Counts a module whose branches are known and compares with what a reader of known.ts counts:
 *
 *     bothWays  n > 2                      1 no, 2 yes             2 of 2
 *     oneWay    n > 0                      3 yes                   1 of 2
 *     nobody    is exported by the module, never called            0 of 2
 *     never     n > 5                      never evaluated         0 of 2
 *     halves    n > 2, and both halves     1 no, 2 yes, each       4 of 4
 *     configure len > 1000                 3 no                    1 of 2
 *     odd       n & 1, drawn in twice      3 yes, 3 no             2 of 2
 */
export async function selfTest(): Promise<void> {
  const name = "known";
  const image = instrument({ name, entry: `${ROOT_FOLDER}/known.ts`, target: "host" });
  const tape = new CallWriter(1 << 16);
  for (const length of LENGTHS) tape.push(Call.CONFIGURE, 0, 0, new Uint8Array(length));
  const path = join(buildFolder("coverage", name), "known.tape");
  writeFileSync(path, tape.bytes());
  const { functions } = await measure(image, [path]);
  const places = new Places();
  places.add(image, functions);
  const { total, files } = summarize(places, ROOT_FOLDER);
  const [known] = files;
  assert.deepEqual([...known.notRun].sort(), EXPECTED.notRun);
  assert.deepEqual({ branches: total.branches, taken: total.branchesTaken }, EXPECTED.total);
  const never = known.conditions.filter(({ yes, no }) => yes === 0 && no === 0);
  assert.equal(never.length, EXPECTED.neverEvaluated);
  const odd = known.conditions.filter(({ yes, no }) => yes + no === 2 * LENGTHS.length);
  assert.deepEqual(
    odd.map(({ yes, no }) => ({ yes, no })),
    [{ yes: 3, no: 3 }],
  );
}

const EXPECTED = {
  notRun: ["clock", "never", "nobody", "rxBuffer", "takeEvent", "takeStore", "takeTx", "tick"],
  total: { branches: 16, taken: 10 },
  neverEvaluated: 2,
};
