import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Mode } from "../../../assembly/abi/ipsec.js";
import { Verdict } from "../../../assembly/abi/verdict.js";
import { AH, ivSize, open, seal } from "../../reference/ipsec.js";
import {
  address,
  associations,
  HOME_CLAIMED,
  HOME_SOURCE,
  Ipsec,
  modes,
  numbers,
  type Plain,
  plains,
  SUITES,
} from "../lib/ipsec.js";
import { PROFILES } from "../lib/parts.js";

const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const HOPS = 64;
const high = (seq: bigint) => Number(seq >> 32n);

/** One packet under one association, in one mode. */
const cases = (suite: (typeof SUITES)[number]) =>
  associations(suite).chain((sa) =>
    fc.record({
      sa: fc.constant(sa),
      seq: numbers(sa),
      plain: plains,
      mode: modes,
      source: address,
      destination: address,
      iv: bytes(ivSize(sa)),
    }),
  );
type Case = ReturnType<typeof cases> extends fc.Arbitrary<infer T> ? T : never;

/** A sealed packet as a receiver finds it: `home` applied as far as it is when an AH or ESP header comes up. */
function arrived(sealed: Buffer, { plain, mode }: Case) {
  const packet = Buffer.from(sealed);
  if (mode === Mode.TUNNEL) return { packet, at: 40, prev: 6, home: 0, flags: 0 };
  const prev = plain.head === 40 ? 6 : plain.head - (plain.kind === "plain" ? 8 : 24);
  if (plain.kind === "routing") {
    plain.homeForm.copy(packet, 24, 24, 40);
    plain.homeForm.copy(packet, plain.home, plain.home, plain.home + 16);
    packet[plain.home - 5] = 0;
  }
  const flags = plain.kind === "home address" ? HOME_CLAIMED : 0;
  return { packet, at: plain.head, prev, home: plain.home, flags };
}
/** What is left when it was taken off. */
function expected({ plain, mode }: Case): Buffer {
  return mode === Mode.TUNNEL || plain.kind === "home address" ? plain.wire : plain.homeForm;
}
const flagsOf = (plain: Plain) => (plain.kind === "home address" ? HOME_SOURCE : 0);
const sealing = ({ seq, iv, mode, source, destination }: Case) => ({
  seq,
  iv,
  ...(mode === Mode.TUNNEL && { tunnel: [source, destination, HOPS] as [Uint8Array, Uint8Array, number] }),
});
/** In the core's hands, behind UDP when there is one. */
function take(ipsec: Ipsec, one: Case, sealed: Buffer): number {
  const { packet, at, prev, home, flags } = arrived(sealed, one);
  ipsec.place(packet, home, flags);
  if (one.sa.udp) ipsec.core.unwrapUdp(at, prev);
  return ipsec.core.unprotect(1, high(one.seq), at, prev);
}

for (const profile of PROFILES) {
  const ipsec = new Ipsec(profile);
  for (const suite of SUITES) {
    test(`${suite[0]}, ${profile}: what the core sealed, the reference opens`, () => {
      fc.assert(
        fc.property(cases(suite), (one) => {
          const { sa, seq, plain, mode, source, destination } = one;
          ipsec.associate(0, sa, seq);
          ipsec.setEnds(source, destination);
          ipsec.place(plain.homeForm, plain.home, flagsOf(plain));
          assert.equal(ipsec.core.protect(0, mode), Verdict.GO);
          assert.equal(ipsec.core.layers(), mode === Mode.TUNNEL ? 1 : 0);
          ipsec.core.toWire();
          const sealed = ipsec.packet();
          const opened = open(sa, sealed, high(seq));
          assert.deepEqual(opened.packet, plain.wire);
          assert.equal(opened.seq, Number(seq & 0xffffffffn));
          assert.deepEqual(sealed, seal(sa, plain.wire, { ...sealing(one), iv: opened.iv }));
        }),
        { numRuns: 60 },
      );
    });

    test(`${suite[0]}, ${profile}: what the reference sealed, the core opens`, () => {
      fc.assert(
        fc.property(cases(suite), (one) => {
          ipsec.associate(1, one.sa);
          const sealed = seal(one.sa, one.plain.wire, sealing(one));
          assert.equal(take(ipsec, one, sealed), Verdict.GO);
          const { core } = ipsec;
          const whole = ipsec.packet();
          if (one.mode === Mode.TUNNEL) {
            assert.equal(core.next(), 41);
            assert.equal(core.at() - core.ip(), 40);
            assert.equal(whole.readUInt16BE(4), whole.length - 40);
            assert.deepEqual(whole.subarray(40), one.plain.wire);
            return;
          }
          assert.deepEqual(whole, expected(one));
          assert.equal(core.at() - core.ip(), one.plain.head);
          assert.equal(whole[core.prev() - core.ip()], core.next());
          assert.equal(core.home() === 0 ? 0 : core.home() - core.ip(), one.plain.home);
        }),
        { numRuns: 60 },
      );
    });

    test(`${suite[0]}, ${profile}: a changed bit is found, and nothing is touched`, () => {
      fc.assert(
        fc.property(cases(suite), fc.nat(), (one, where) => {
          fc.pre(!one.sa.udp);
          ipsec.associate(1, one.sa);
          const sealed = seal(one.sa, one.plain.wire, sealing(one));
          const { at } = arrived(sealed, one);
          const bit = (at * 8 + where) % ((sealed.length - at) * 8);
          sealed[at + (bit >> 3)] ^= 1 << (bit & 7);
          const isLength = one.sa.protocol === AH && bit >> 3 === 1;
          assert.equal(take(ipsec, one, sealed), isLength ? Verdict.BAD_AH : Verdict.BAD_ICV);
          assert.deepEqual(ipsec.packet(), arrived(sealed, one).packet);
        }),
        { numRuns: 60 },
      );
    });
  }
}
