/** Replay windows against a set of all numbers that came, and the inference of extended numbers against every choice: RFC 4303 §3.4.3, appendix A. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { testImage } from "../lib/test-image.js";

interface Exports {
  openWindow(bits: number): number;
  closeWindow(at: number, bits: number): void;
  fillWindow(at: number, bits: number): void;
  unseen(at: number, bits: number, top: bigint, n: bigint): number;
  saw(at: number, bits: number, top: bigint, n: bigint): bigint;
  inferNumber(bits: number, top: bigint, low: number): bigint;
}
const fresh = () => new WebAssembly.Instance(testImage("replay-window")).exports as unknown as Exports;
const sizes = fc.integer({ min: 1, max: 32 }).map((n) => n * 32);
const LOW = 1n << 32n;
/** A board's page has so many pieces of 128 bits. */
const PIECES = 64;

/** RFC 4303 §3.4.3 as a set: a number is new when it is above all, or inside the window and never came. */
class Model {
  private readonly came = new Set<bigint>();
  constructor(
    readonly bits: number,
    public top = 0n,
  ) {}
  isNew(n: bigint): boolean {
    if (n > this.top) return true;
    return n > 0n && this.top - n < BigInt(this.bits) && !this.came.has(n);
  }
  see(n: bigint): void {
    this.came.add(n);
    if (n > this.top) this.top = n;
  }
}
/** Steps forwards and back from the highest: near, by words, by rings, far. */
const steps = (bits: number) =>
  fc.array(
    fc.oneof(
      fc.integer({ min: -bits - 2, max: 3 }),
      fc.integer({ min: 1, max: 200 }),
      fc.constantFrom(-bits, -bits + 1, -1, 0, 1, 31, 32, 33, 127, 128, 129, 1023, 1024, 1025, 5000),
    ),
    { maxLength: 200 },
  );

test("a window of any size lets every number in once, and none that is too old", () => {
  fc.assert(
    fc.property(
      sizes.chain((bits) => fc.record({ bits: fc.constant(bits), moves: steps(bits) })),
      fc.constantFrom(0n, 5n, 0xfffffff0n, (1n << 63n) - 100n),
      ({ bits, moves }, start) => {
        const w = fresh();
        const at = w.openWindow(bits);
        const model = new Model(bits, start);
        let top = start;
        for (const move of moves) {
          const n = top + BigInt(move);
          if (n < 0n) continue;
          const isNew = w.unseen(at, bits, top, n) === 1;
          // What was before `start` is not known to the model: nothing was seen there.
          assert.equal(isNew, model.isNew(n), `${n} when ${top} is the highest of a window of ${bits}`);
          if (!isNew) continue;
          model.see(n);
          top = BigInt.asUintN(64, w.saw(at, bits, top, n));
          assert.equal(top, model.top);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("a filled window refuses everything up to the highest, and goes on from there", () => {
  fc.assert(
    fc.property(sizes, fc.bigInt({ min: 1n, max: 1n << 40n }), (bits, top) => {
      const w = fresh();
      const at = w.openWindow(bits);
      w.fillWindow(at, bits);
      for (let n = top; n > 0n && n > top - 1100n; n--) assert.equal(w.unseen(at, bits, top, n), 0, `${n} of ${top}`);
      const after = w.saw(at, bits, top, top + 3n);
      assert.deepEqual(
        [1n, 2n, 3n, 4n].map((d) => w.unseen(at, bits, after, top + d)),
        [1, 1, 0, 1],
      );
    }),
    { numRuns: 50 },
  );
});

test("windows do not touch each other, and a pool that is empty says so; what is closed can be opened again", () => {
  const pieces = (bits: number) => 2 ** Math.ceil(Math.log2(Math.max(1, bits / 128)));
  fc.assert(
    fc.property(fc.array(sizes, { minLength: 1, maxLength: 80 }), fc.infiniteStream(fc.nat()), (all, picks) => {
      const w = fresh();
      let open: { at: number; bits: number }[] = [];
      for (const bits of all) {
        const at = w.openWindow(bits);
        if (at < 0) {
          const used = open.reduce((sum, o) => sum + pieces(o.bits), 0);
          assert.ok(used + pieces(bits) > PIECES || open.length > 1, `no room for ${bits} bits beside ${used} pieces`);
          const gone = open.splice(picks.next().value % open.length, 1)[0];
          w.closeWindow(gone.at, gone.bits);
          continue;
        }
        for (const o of open) {
          assert.ok(at + pieces(bits) <= o.at || o.at + pieces(o.bits) <= at, "windows overlap");
        }
        open.push({ at, bits });
        w.saw(at, bits, 0n, 1n);
        assert.equal(w.unseen(at, bits, 1n, 1n), 0);
      }
      for (const o of open) w.closeWindow(o.at, o.bits);
      open = [];
      for (let i = 0; i < PIECES; i++) assert.ok(w.openWindow(64) >= 0, `piece ${i}`);
      assert.equal(w.openWindow(32), -1);
    }),
    { numRuns: 100 },
  );
});

/** The number whose lower half is `low`: inside the window if it can be, else the nearest above it. */
function infer(bits: number, top: bigint, low: bigint): bigint {
  const bottom = top - BigInt(bits) + 1n;
  let n = (top / LOW) * LOW + low;
  if (n >= bottom + LOW) n -= LOW;
  if (n < bottom) n += LOW;
  return n < 0n || n >= 1n << 64n ? 0n : n;
}
test("the upper half of an extended number is the one that puts it into the window or nearest above", () => {
  const nearEdge = fc
    .tuple(fc.bigInt({ min: 0n, max: LOW - 1n }), fc.integer({ min: -2100, max: 2100 }))
    .map(([high, d]) => high * LOW + BigInt(d))
    .filter((n) => n >= 0n && n < 1n << 64n);
  const tops = fc.oneof(nearEdge, fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }));
  fc.assert(
    fc.property(
      sizes,
      tops,
      fc.oneof(fc.bigInt({ min: 0n, max: LOW - 1n }), fc.bigInt({ min: -3000n, max: 3000n })),
      (bits, top, d) => {
        const low = BigInt.asUintN(32, d < 3001n ? top + d : d);
        const found = BigInt.asUintN(64, fresh().inferNumber(bits, top, Number(low)));
        assert.equal(found, infer(bits, top, low), `${low} under ${top}, window ${bits}`);
      },
    ),
    { numRuns: 1000 },
  );
});

test("2^32 crossed under reordering: every number is known for what it is, and comes once", () => {
  fc.assert(
    fc.property(
      sizes,
      fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 50, maxLength: 400 }),
      fc.bigInt({ min: 1n, max: 5n }),
      (bits, offsets, high) => {
        const w = fresh();
        const at = w.openWindow(bits);
        const model = new Model(bits, high * LOW - 201n);
        let top = model.top;
        for (const offset of offsets) {
          const n = high * LOW - 200n + BigInt(offset);
          const guess = w.inferNumber(bits, top, Number(n % LOW));
          const isNew = w.unseen(at, bits, top, guess) === 1;
          // Too old is taken for the next subspace, whose ICV is then wrong: it never counts as what it was.
          if (guess === n) assert.equal(isNew, model.isNew(n));
          else assert.ok(top - n >= BigInt(bits) && !model.isNew(n), `${n} under ${top} taken for ${guess}`);
          if (guess !== n || !isNew) continue;
          model.see(n);
          top = w.saw(at, bits, top, n);
        }
      },
    ),
    { numRuns: 200 },
  );
});
