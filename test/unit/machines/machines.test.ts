import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import fc from "fast-check";
import { buildFolder, compileModule, imagePath } from "../../bench/build.js";
import { Tape } from "../../bench/tape.js";
import { setups } from "../../fuzz/setups.js";
import { MACHINES, prepare, runTape } from "../../machines/machine.js";
import { MachineStopped } from "../../machines/stopped.js";
import { RecordKind, steps } from "../../machines/transcript.js";

const NATIVE = MACHINES.filter((name) => name !== "v8");

describe("an image on each machine", () => {
  const wasm = imagePath("terminal");
  const { tape } = setups.terminal.setup(wasm);

  for (const name of NATIVE) {
    test(`${name} answers the tape of a registering terminal as V8 does`, async () => {
      const expected = await runTape("v8", wasm, tape);
      const { transcript } = await runTape(name, wasm, tape);
      assert.equal(expected.steps.length, tape.steps.length);
      assert.ok(expected.steps.some((step) => step.records.some(({ kind }) => kind === RecordKind.FRAME)));
      assert.ok(transcript.equals(expected.transcript));
    });
  }

  for (const name of ["qemu-riscv", "rp2040"] as const) {
    test(`${name} tells what each call costs, the same each time, and answers alike`, async () => {
      const machine = prepare(name, wasm, { costs: true });
      const encoded = tape.encode();
      const first = await machine.run(encoded);
      assert.ok(first.equals(await machine.run(encoded)));
      const silent = await prepare(name, wasm).run(encoded);
      const counted = steps(first);
      assert.deepEqual(
        counted.map(({ records }) => records),
        steps(silent).map(({ records }) => records),
      );
      for (const [i, { cost }] of counted.entries()) {
        const { bytes } = tape.steps[i];
        assert.ok(bytes.length === 0 || cost > bytes.length / 8, `step ${i}: ${cost}`);
        assert.ok(cost < 1_000_000, `step ${i}: ${cost}`);
      }
    });
  }
});

describe("what stops a machine", () => {
  let wasm: string;
  before(() => {
    wasm = compileModule("test/machines/assembly/planted.ts", join(buildFolder("machines"), "planted.wasm"), 1);
  });

  const at = (time: number) =>
    new Tape()
      .rx(0, Uint8Array.of(1, 2, 3))
      .clock(time)
      .tick();
  const UNREACHABLE = { v8: /unreachable/, pc: /unreachable/, "qemu-riscv": /unreachable/, rp2040: /unreachable/ };
  const OUTSIDE = { v8: /out of bounds/, pc: /out of bounds/, "qemu-riscv": /out of bounds/, rp2040: /out of bounds/ };

  for (const name of MACHINES) {
    test(`${name} runs what is right, and stops at a trap and outside of the memory`, async () => {
      const { steps } = await runTape(name, wasm, at(9));
      assert.deepEqual(
        steps.map(({ records }) => records.map(({ kind, a }) => [kind, a])),
        [[], [], [[RecordKind.DEADLINE, 3]]],
      );
      await assert.rejects(runTape(name, wasm, at(1)), stopped(UNREACHABLE[name]));
      await assert.rejects(runTape(name, wasm, at(3)), stopped(OUTSIDE[name]));
    });
  }

  test("words that are not aligned stop all but V8", async () => {
    assert.equal((await runTape("v8", wasm, at(2))).steps.length, 3);
    await assert.rejects(runTape("pc", wasm, at(2)), stopped(/unaligned access/));
    await assert.rejects(runTape("qemu-riscv", wasm, at(2)), stopped(/unaligned access/));
    await assert.rejects(runTape("rp2040", wasm, at(2)), stopped(/unaligned access to 4 bytes/));
  });

  /** Bytes 0, 1, 2 … with `count` of them copied from one place among them to another. */
  const AREA = 160;
  const copy = (to: number, from: number, count: number) => {
    const request = Buffer.alloc(12 + AREA);
    [to, from, count].forEach((word, i) => {
      request.writeUInt32LE(word, 4 * i);
    });
    for (let i = 0; i < AREA; i++) request[12 + i] = i;
    return request;
  };

  for (const name of MACHINES) {
    test(`${name} copies memory, aligned or not, over itself in both directions, and not beyond its end`, async () => {
      const place = fc.nat(AREA / 2);
      const copies = fc.sample(fc.tuple(place, place, place), { numRuns: 1000, seed: 1 });
      const tape = new Tape();
      for (const each of copies) tape.configure(copy(...each));
      const { steps } = await runTape(name, wasm, tape);
      for (const [i, [to, from, count]] of copies.entries()) {
        const expected = copy(0, 0, 0)
          .subarray(12)
          .copyWithin(to, from, from + count);
        assert.deepEqual(Buffer.from(steps[i].records[0].bytes), expected, `${count} bytes from ${from} to ${to}`);
      }
      for (const outside of [copy(0x10000, 0, 4), copy(0, 0x10000, 4), copy(0, 0, 0xffffffff)]) {
        await assert.rejects(runTape(name, wasm, new Tape().configure(outside)), stopped(/out of bounds/));
      }
    });
  }

  for (const name of MACHINES) {
    test(`${name} tells a port without a buffer and a restart`, async () => {
      const tape = new Tape().rx(1, Uint8Array.of(1)).rx(0, Uint8Array.of(1, 2)).restart().tick();
      const { steps } = await runTape(name, wasm, tape);
      assert.deepEqual(
        steps.map(({ records }) => records.map(({ kind, a }) => [kind, a])),
        [[[RecordKind.NO_BUFFER, 1]], [], [], [[RecordKind.DEADLINE, 0]]],
      );
    });
  }
});

function stopped(reason: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof MachineStopped && reason.test(error.reason);
}
