import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { Mode } from "../../../assembly/abi/ipsec.js";
import { Verdict } from "../../../assembly/abi/verdict.js";
import { added, ESP, open, type Sa, seal } from "../../reference/ipsec.js";
import { address, associations, Ipsec, ip6, modes, numbers, plains, SUITES, sample } from "../lib/ipsec.js";

const ipsec = new Ipsec("board");

function protect(sa: Sa, packet: Buffer, mode: Mode): number {
  ipsec.associate(0, sa, 1n);
  ipsec.place(packet);
  return ipsec.core.protect(0, mode);
}

/** Bytes in front of a packet's place. */
const HEADROOM = 352 - 72 - 16;

test("layers of any suites fit around a packet of 1280 bytes as far as there is room, four at most", () => {
  const layers = fc.array(fc.constantFrom(...SUITES).chain(associations), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(layers, address, address, (sas, source, destination) => {
      const plain = ip6(17, Buffer.alloc(1240, 9));
      const taken = sas.map((_, i) => sas.slice(0, i + 1).reduce((sum, sa) => sum + 40 + added(sa, 0).front, 0));
      ipsec.setEnds(source, destination);
      ipsec.place(plain);
      for (const [row, sa] of sas.entries()) {
        ipsec.associate(row, sa, 1n);
        const fits = row === 4 ? Verdict.TOO_DEEP : taken[row] <= HEADROOM ? Verdict.GO : Verdict.NO_HEADROOM;
        assert.equal(ipsec.core.protect(row, Mode.TUNNEL), fits);
        if (fits === Verdict.NO_HEADROOM) return;
        if (fits === Verdict.TOO_DEEP) break;
      }
      assert.equal(ipsec.core.layers(), 4);
      assert.equal(ipsec.core.inner(), ipsec.core.room());
      let packet = ipsec.packet();
      for (const sa of sas.slice(0, 4).reverse()) packet = open(sa, packet).packet;
      assert.deepEqual(packet, plain);
    }),
    { numRuns: 60 },
  );
});

test("a packet is refused when there is no room for its trailer, and only then", () => {
  fc.assert(
    fc.property(fc.constantFrom(...SUITES).chain(associations), fc.integer({ min: 1600, max: 1696 }), (sa, length) => {
      // Of AH nothing is put behind the packet but, while GMAC's ICV is computed, the unsent half of the number.
      const behind = sa.protocol === ESP ? added(sa, length - 40).behind : 4;
      const fits = length + behind <= 2048 - 8 - 352;
      assert.equal(
        protect(sa, ip6(17, Buffer.alloc(length - 40)), Mode.TRANSPORT),
        fits ? Verdict.GO : Verdict.NO_HEADROOM,
      );
    }),
    { numRuns: 300 },
  );
});

test("AH covers headers up to 192 bytes, and no more is sent or taken", () => {
  const sa = sample("AH, SHA-256");
  for (const [size, sent, taken] of [
    [152, Verdict.GO, Verdict.GO],
    [160, Verdict.NO_HEADROOM, Verdict.BAD_AH],
  ]) {
    const options = Buffer.alloc(size);
    options.set([17, size / 8 - 1, 1, size - 4]);
    const plain = ip6(0, Buffer.concat([options, Buffer.alloc(8)]));
    assert.equal(protect(sa, plain, Mode.TRANSPORT), sent);
    ipsec.place(seal(sa, plain, { seq: 1n, iv: Buffer.alloc(0) }));
    assert.equal(ipsec.core.unprotect(0, 0, 40 + size, 40), taken);
  }
});

test("the longest packet for an MTU is as long as it may be", () => {
  const inputs = fc.constantFrom(...SUITES).chain(associations);
  fc.assert(
    fc.property(inputs, modes, fc.integer({ min: 1280, max: 1500 }), (sa, mode, mtu) => {
      ipsec.associate(0, sa);
      const longest = ipsec.core.longest(0, mode, mtu);
      const protectedLength = (length: number) => {
        const { front, behind } = added(sa, mode === Mode.TUNNEL ? length : length - 40);
        return length + front + behind + (mode === Mode.TUNNEL ? 40 : 0);
      };
      assert.ok(protectedLength(longest) <= mtu);
      assert.ok(protectedLength(longest + 1) > mtu);
    }),
    { numRuns: 300 },
  );
});

test("AES-CBC: the initialization vector is the encrypted number", () => {
  const inTheClear = associations(SUITES[2]).map((sa) => ({ ...sa, udp: false }));
  const numbered = inTheClear.chain((sa) => fc.tuple(fc.constant(sa), numbers(sa)));
  fc.assert(
    fc.property(numbered, plains, ([sa, seq], { wire }) => {
      ipsec.associate(0, sa, seq);
      ipsec.place(wire);
      assert.equal(ipsec.core.protect(0, Mode.TUNNEL), Verdict.GO);
      const number = Buffer.alloc(16);
      number.writeBigUInt64BE(seq, 8);
      const iv = createCipheriv(`aes-${sa.key.length * 8}-ecb`, sa.key, null).update(number);
      assert.deepEqual(ipsec.packet().subarray(48, 64), iv);
    }),
    { numRuns: 50 },
  );
});

test("keys made ready are those of the association, whichever used its place before", () => {
  const some = fc.array(fc.constantFrom(...SUITES).chain(associations), { minLength: 6, maxLength: 6 });
  const order = fc.array(fc.tuple(fc.nat({ max: 5 }), fc.boolean()), { minLength: 10, maxLength: 30 });
  fc.assert(
    fc.property(some, order, (sas, uses) => {
      for (const [row, sa] of sas.entries()) ipsec.associate(row, sa, 1n);
      for (const [row, isNew] of uses) {
        if (isNew) {
          const key = Uint8Array.from(sas[row].key, (byte) => byte ^ 0x55);
          sas[row] = { ...sas[row], key, auth: Uint8Array.from(sas[row].auth, (byte) => byte ^ 0x55) };
          ipsec.core.forget(row);
          ipsec.associate(row, sas[row], 1n);
        }
        const plain = ip6(17, Buffer.alloc(20, row));
        ipsec.place(plain);
        assert.equal(ipsec.core.protect(row, Mode.TRANSPORT), Verdict.GO);
        assert.deepEqual(open(sas[row], ipsec.packet()).packet, plain);
      }
    }),
    { numRuns: 60 },
  );
});

test("a key that was forgotten is made ready anew", () => {
  const plain = ip6(17, Buffer.alloc(20, 7));
  for (const suite of SUITES) {
    const sa = sample(suite[0]);
    protect(sa, plain, Mode.TRANSPORT);
    const other = { ...sa, key: sa.key.map((byte) => byte ^ 1), auth: sa.auth.map((byte) => byte ^ 1) };
    ipsec.core.forget(0);
    ipsec.setKeys(0, other);
    ipsec.place(plain);
    assert.equal(ipsec.core.protect(0, Mode.TRANSPORT), Verdict.GO);
    assert.deepEqual(open(other, ipsec.packet()).packet, plain, suite[0]);
  }
});
