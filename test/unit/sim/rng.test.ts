import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Randomness, Stream } from "../../../host-sim/sim/rng.js";

const draw = (stream: Stream, count: number) => Array.from({ length: count }, () => stream.u32());

test("the same root and name give the same stream; another of either gives another", () => {
  const seed = fc.nat(0xffffffff);
  const name = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(seed, name, seed, name, (seed1, name1, seed2, name2) => {
      const one = draw(new Randomness(seed1).stream(name1), 8);
      assert.deepEqual(draw(new Randomness(seed1).stream(name1), 8), one);
      if (seed1 === seed2 && name1 === name2) return;
      assert.notDeepEqual(draw(new Randomness(seed2).stream(name2), 8), one);
    }),
  );
});

test("drawing from one stream changes nothing for another", () => {
  const root = new Randomness(5);
  const alone = draw(root.stream("link:a:loss"), 20);
  const [a, b] = [root.stream("link:a:loss"), root.stream("link:b:loss")];
  const mixed = Array.from({ length: 20 }, () => {
    b.u32();
    return a.u32();
  });
  assert.deepEqual(mixed, alone);
});

test("xoshiro128** as its authors' code computes it", () => {
  // State 1, 2, 3, 4: the first output is rotl(2 * 5, 7) * 9 = 11520, the state then follows by hand.
  const seed = new Uint8Array(16);
  for (const [i, value] of [1, 2, 3, 5].entries()) seed[4 * i + 3] = value;
  const reference = (state: Uint32Array) => {
    const rotl = (x: number, k: number) => ((x << k) | (x >>> (32 - k))) >>> 0;
    const result = Math.imul(rotl(Math.imul(state[1], 5) >>> 0, 7), 9) >>> 0;
    const t = (state[1] << 9) >>> 0;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= t;
    state[3] = rotl(state[3], 11);
    return result;
  };
  const state = Uint32Array.of(1, 2, 3, 5);
  const stream = new Stream(seed);
  assert.equal(stream.u32(), 11520);
  reference(state);
  for (let i = 0; i < 1000; i++) assert.equal(stream.u32(), reference(state));
});

test("chance comes about as often as it should, and certain things draw nothing", () => {
  const stream = new Randomness(1).stream("chance");
  const hits = Array.from({ length: 20000 }, () => stream.chance(0.2)).filter(Boolean).length;
  assert.ok(hits > 3800 && hits < 4200, `${hits} of 20000`);
  const [used, fresh] = [new Randomness(2).stream("x"), new Randomness(2).stream("x")];
  assert.equal(used.chance(0), false);
  assert.equal(used.chance(1), true);
  assert.equal(used.u32(), fresh.u32());
});
