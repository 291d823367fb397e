// Longest match against a reference that looks at every route, under any order of adding, replacing and deleting.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { inPrefix } from "../../../host-sim/core/address.js";
import { type Parts, PROFILES, parts, peek, poke } from "../lib/parts.js";

/** Few different bytes, so that prefixes nest and collide. */
const address = fc
  .array(fc.constantFrom(0, 1, 0x20, 0x80, 0xff), { minLength: 16, maxLength: 16 })
  .map((a) => Uint8Array.from(a));
const length = fc.oneof(fc.constantFrom(0, 1, 8, 48, 63, 64, 65, 127, 128), fc.nat(128));
const route = fc.record({ prefix: address, length, hop: fc.integer({ min: 1, max: 3 }) });
const action = fc.oneof(
  { weight: 3, arbitrary: route.map((r) => ({ kind: "put" as const, ...r })) },
  { weight: 1, arbitrary: fc.nat(40).map((which) => ({ kind: "delete" as const, which })) },
  { weight: 2, arbitrary: address.map((to) => ({ kind: "find" as const, to })) },
);

interface Known {
  prefix: Uint8Array;
  length: number;
  hop: number;
}

const hopAddress = (n: number) => Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? 0xfe : i === 15 ? n : 0));
const same = (a: Known, b: { prefix: Uint8Array; length: number }) =>
  a.length === b.length && inPrefix(b.prefix, { version: 6, address: a.prefix, length: a.length });

function find(p: Parts, to: Uint8Array): { length: number; hop: number } | null {
  const row = p.findRoute(poke(p, p.room(), to));
  if (row === 0) return null;
  const bytes = peek(p, row, 40);
  return { length: bytes[36], hop: bytes[31] };
}

/** Rows of each profile (base/config.ts). */
const ROWS = { pc: 4096, board: 16 };

for (const profile of PROFILES) {
  const rows = ROWS[profile];

  test(`${profile}: findRoute finds the longest prefix that covers the destination`, () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: Math.min(rows, 60) }), (actions) => {
        const p = parts(profile);
        const [at, hop] = [p.room(), p.room() + 16];
        let known: Known[] = [];
        const check = (to: Uint8Array) => {
          const covering = known.filter((k) => inPrefix(to, { version: 6, address: k.prefix, length: k.length }));
          const best = covering.sort((a, b) => b.length - a.length)[0];
          assert.deepEqual(find(p, to), best ? { length: best.length, hop: best.hop } : null);
        };
        for (const a of actions) {
          if (a.kind === "put") {
            poke(p, at, a.prefix);
            poke(p, hop, hopAddress(a.hop));
            assert.notEqual(p.putRoute(at, a.length, hop, 0), 0);
            known = known.filter((k) => !same(k, a));
            known.push(a);
            check(a.prefix);
          } else if (a.kind === "delete") {
            const victim = known[a.which];
            if (!victim) continue;
            poke(p, at, victim.prefix);
            assert.notEqual(p.deleteRoute(at, victim.length, 0), 0);
            known = known.filter((k) => k !== victim);
            check(victim.prefix);
          } else check(a.to);
        }
        for (const k of known) check(k.prefix);
      }),
      { numRuns: 60 },
    );
  });

  test(`${profile}: deleteRoute with a next hop takes only that one's route, and nothing twice`, () => {
    const p = parts(profile);
    const at = poke(p, p.room(), hopAddress(9));
    const mine = poke(p, p.room() + 16, hopAddress(1));
    const other = poke(p, p.room() + 32, hopAddress(2));
    p.putRoute(at, 64, mine, 0);
    assert.equal(p.deleteRoute(at, 64, other), 0);
    assert.equal(p.deleteRoute(at, 64, mine), 1);
    assert.equal(p.deleteRoute(at, 64, mine), 0);
  });

  test(`${profile}: a full table refuses and keeps what it has; a freed row is used again`, () => {
    const p = parts(profile);
    const at = p.room();
    const prefix = (n: number) => poke(p, at, Uint8Array.from([0x20, 1, n >> 8, n, ...new Array(12).fill(0)]));
    for (let n = 0; n < rows; n++) assert.equal(p.putRoute(prefix(n), 32, 0, 0), 1);
    assert.equal(p.putRoute(prefix(rows), 32, 0, 0), 0);
    for (const n of [0, 1, rows / 2, rows - 1]) assert.notEqual(p.findRoute(prefix(n)), 0);
    assert.equal(p.findRoute(prefix(rows)), 0);
    assert.equal(p.deleteRoute(prefix(7), 32, 0), 1);
    assert.equal(p.putRoute(prefix(rows), 32, 0, 0), 1);
    assert.equal(p.putRoute(prefix(rows + 1), 32, 0, 0), 0);
  });
}
