import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { compileHarness } from "./compile.js";

const program = compileHarness("w5500-script.c", ["../test/unit/firmware/native/w5500-chip.c", "drivers/w5500.c"], {});

/** As in native/w5500-chip.h. */
const Fault = {
  SOUND: 0,
  SILENT: 1,
  GROUNDED: 2,
  DEAF: 3,
  STUCK: 4,
  FULL: 5,
  HEADER: 6,
  SIZE: 7,
  RESTLESS: 8,
  UNPLUGGED: 9,
  NO_INTERRUPT: 10,
  BEYOND: 11,
};

/** What the driver does, line by line; a frame that is not what it should be fails. */
function run(script: string[]): string[] {
  const { status, stdout, stderr } = spawnSync(program, { input: script.join("\n"), encoding: "utf8" });
  assert.equal(status, 0, `${stdout.split("\n").slice(-5).join("\n")}${stderr}`);
  return stdout.trimEnd().split("\n");
}

const START = "ms 6";

test("the chip is ready a few milliseconds after its reset", () => {
  assert.deepEqual(run(["state", START, "state"]), [
    "ready 0 up 0 waiting 0 restarts 0 resets 1",
    "ready 1 up 1 waiting 0 restarts 0 resets 1",
  ]);
});

test("frames come and go in order and whole, whatever their lengths, and wherever the buffers wrap", () => {
  const length = fc.integer({ min: 14, max: 1514 });
  const seed = fc.nat(1_000_000);
  const step = fc.oneof(
    fc.record({ word: fc.constant("arrive"), length, seed }),
    fc.record({ word: fc.constant("take"), length: fc.constant(1710), seed }),
    fc.record({ word: fc.constant("take"), length: fc.nat(100), seed }),
    fc.record({ word: fc.constant("send"), length, seed }),
    fc.record({ word: fc.constant("ms"), length: fc.nat(12), seed }),
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 100, maxLength: 400 }), (steps) => {
      const script = steps.map(({ word, length, seed }) => {
        return word === "arrive" || word === "send" ? `${word} ${length} ${seed}` : `${word} ${length}`;
      });
      const lines = run([START, ...script, "ms 20", ...Array(400).fill("take 1710"), "state"]);
      const count = (start: string) => lines.filter((line) => line.startsWith(start)).length;
      assert.equal(count("took"), count("arrived"));
      assert.equal(count("wire"), count("sent"));
      assert.equal(count("refused"), 0);
      assert.equal(lines.at(-1), "ready 1 up 1 waiting 0 restarts 0 resets 1");
    }),
    { numRuns: 40 },
  );
});

test("a frame that is longer than the room is taken out whole, and the next one is right", () => {
  assert.deepEqual(run([START, "arrive 5000 1", "arrive 64 2", "take 1710", "take 1710", "take 1710"]), [
    "arrived",
    "arrived",
    "took 5000 1",
    "took 64 2",
    "none",
  ]);
});

test("a frame that is longer than Ethernet's is not sent, and does not wait", () => {
  assert.deepEqual(run([START, "send 1515 1", "send 1514 2"]), ["sent", "wire 1514 2", "sent"]);
});

test("a cable that is pulled and put back is a carrier that goes and comes", () => {
  const states = run([START, `break ${Fault.UNPLUGGED}`, "ms 11", "state", `break ${Fault.SOUND}`, "ms 11", "state"]);
  assert.deepEqual(states, [
    "ready 1 up 0 waiting 0 restarts 0 resets 1",
    "ready 1 up 1 waiting 0 restarts 0 resets 1",
  ]);
});

test("frames are found without the interrupt line", () => {
  assert.deepEqual(
    run([START, `break ${Fault.NO_INTERRUPT}`, "ms 11", "take 100", "arrive 64 1", "take 100", "ms 11", "take 100"]),
    ["none", "arrived", "none", "took 64 1"],
  );
});

/** What makes the driver find each fault out. */
const FINDINGS: [fault: keyof typeof Fault, script: string[]][] = [
  ["SILENT", ["ms 11"]],
  ["GROUNDED", ["ms 11"]],
  ["DEAF", ["arrive 64 1", "take 100"]],
  ["DEAF", ["send 64 1"]],
  // Two seconds are enough.
  ["STUCK", ["send 64 1", "send 64 2", "ms 2009"]],
  ["FULL", ["send 64 2", "ms 2009"]],
  ["HEADER", ["arrive 64 1", "take 100"]],
  ["BEYOND", ["arrive 64 1", "take 100"]],
  ["SIZE", ["ms 11", "take 100"]],
  ["RESTLESS", ["ms 11", "take 100"]],
];
for (const [name, script] of FINDINGS) {
  test(`fault ${name} of the chip (${script.at(-1)}) resets it, is counted, and it works again`, () => {
    const lines = run([
      START,
      `break ${Fault[name]}`,
      ...script,
      "state",
      `break ${Fault.SOUND}`,
      "ms 120",
      "state",
      "arrive 100 7",
      "take 200",
      "send 100 8",
    ]);
    const [failed, well] = lines.filter((line) => line.startsWith("ready"));
    assert.match(failed, /^ready 0 up 0 waiting 0 restarts 1 /);
    assert.match(well, /^ready 1 up 1 waiting 0 restarts 1 /);
    assert.deepEqual(lines.slice(-4), ["arrived", "took 100 7", "wire 100 8", "sent"]);
  });
}

test("a chip whose supply failed for a moment is set up again", () => {
  const lines = run([START, "brown-out", "ms 11", "state", "ms 10", "state", "arrive 60 1", "take 60"]);
  assert.deepEqual(lines, [
    "ready 0 up 0 waiting 0 restarts 1 resets 2",
    "ready 1 up 1 waiting 0 restarts 1 resets 2",
    "arrived",
    "took 60 1",
  ]);
});

test("a full chip refuses a frame, and takes it when there is room again", () => {
  assert.deepEqual(
    run([START, `break ${Fault.FULL}`, "send 64 1", "ms 100", `break ${Fault.SOUND}`, "send 64 1", "state"]),
    ["refused", "wire 64 1", "sent", "ready 1 up 1 waiting 0 restarts 0 resets 1"],
  );
});

test("a chip that is not there at the start is asked for again and again, and counted once", () => {
  const [absent, there] = run([`break ${Fault.SILENT}`, "ms 1000", "state", `break ${Fault.SOUND}`, "ms 120", "state"]);
  assert.match(absent, /^ready 0 up 0 waiting 0 restarts 1 /);
  assert.match(there, /^ready 1 up 1 waiting 0 restarts 1 /);
});
