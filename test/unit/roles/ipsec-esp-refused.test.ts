import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Encryption, Mode } from "../../../assembly/abi/ipsec.js";
import { Verdict } from "../../../assembly/abi/verdict.js";
import { AH, ESP, ivSize, open, type Sa, seal, sealEsp } from "../../reference/ipsec.js";
import { associations, HOME_SOURCE, Ipsec, ip6, numbers, SUITES, sample } from "../lib/ipsec.js";

const bytes = (min: number, max = min) => fc.uint8Array({ minLength: min, maxLength: max, size: "max" });
const ipsec = new Ipsec("board");
const isAh = ([, { protocol }]: (typeof SUITES)[number]) => protocol === AH;
const plainSuites = SUITES.filter((suite) => !isAh(suite));
const high = (seq: bigint) => Number(seq >> 32n);

function unprotect(sa: Sa, packet: Buffer, seqHi = 0): number {
  ipsec.associate(0, sa);
  ipsec.place(packet);
  return ipsec.core.unprotect(0, seqHi, 40, 6);
}
function protect(sa: Sa, packet: Buffer, mode: Mode, home = 0): number {
  ipsec.associate(0, sa, 1n);
  ipsec.place(packet, home, home === 0 ? 0 : HOME_SOURCE);
  return ipsec.core.protect(0, mode);
}

for (const suite of plainSuites) {
  test(`${suite[0]}: garbage of any length is refused and left as it is`, () => {
    fc.assert(
      fc.property(associations(suite), bytes(0, 80), (sa, garbage) => {
        const block = sa.encryption === Encryption.AES_CBC ? 16 : 4;
        const icv = suite[0].includes("SHA-1") ? 12 : 16;
        const rest = garbage.length - 8 - ivSize(sa) - icv;
        const isWhole = rest > 0 && rest % block === 0;
        const packet = ip6(ESP, garbage);
        assert.equal(unprotect(sa, packet), isWhole ? Verdict.BAD_ICV : Verdict.BAD_ESP);
        assert.deepEqual(ipsec.packet(), packet);
      }),
      { numRuns: 300 },
    );
  });

  test(`${suite[0]}: behind a good ICV the trailer decides`, () => {
    const padded = fc
      .tuple(fc.nat({ max: 255 }), fc.constantFrom(17, 58, 59, 44, 60))
      .map(([pad, next]) => Buffer.from([...Array.from({ length: pad }, (_, i) => i + 1), pad, next]));
    const trailers = fc.oneof(padded, fc.tuple(padded, fc.nat()).map(damage), bytes(2, 40).map(Buffer.from));
    const inputs = associations(suite).chain((sa) =>
      fc.tuple(fc.constant(sa), numbers(sa), bytes(ivSize(sa)), bytes(0, 60), trailers),
    );
    fc.assert(
      fc.property(inputs, ([sa, seq, iv, payload, trailer]) => {
        const block = sa.encryption === Encryption.AES_CBC ? 16 : 4;
        const fill = (block - ((payload.length + trailer.length) % block)) % block;
        const text = Buffer.concat([payload, Buffer.alloc(fill), trailer]);
        const packet = ip6(ESP, sealEsp(sa, text, { seq, iv }));
        const [pad, next] = text.subarray(-2);
        const end = text.length - 2 - pad;
        const isPadded = end >= 0 && text.subarray(end, -2).every((byte, i) => byte === i + 1);
        const verdict = !isPadded
          ? Verdict.BAD_ESP
          : next === 59
            ? Verdict.DONE
            : next === 44
              ? Verdict.BAD_FRAGMENT
              : Verdict.GO;
        assert.equal(unprotect(sa, packet, high(seq)), verdict);
        if (verdict === Verdict.GO) assert.deepEqual(ipsec.packet().subarray(40), text.subarray(0, end));
      }),
      { numRuns: 300 },
    );
  });
}
function damage([trailer, where]: [Buffer, number]): Buffer {
  const damaged = Buffer.from(trailer);
  damaged[where % damaged.length] ^= 1;
  return damaged;
}

for (const suite of SUITES.filter(isAh)) {
  test(`${suite[0]}: garbage of any length is refused and left as it is`, () => {
    fc.assert(
      fc.property(associations(suite), bytes(0, 60), fc.constantFrom(4, 6, 8, 255, 0), (sa, garbage, words) => {
        if (garbage.length > 1) garbage[1] = words;
        const packet = ip6(AH, garbage);
        const size = { "AH, SHA-1": 24, "AH, SHA-256": 32, "AH, GMAC": 40 }[suite[0]] ?? 0;
        const isWhole = garbage.length >= size && 4 * words + 8 === size;
        assert.equal(unprotect(sa, packet), isWhole ? Verdict.BAD_ICV : Verdict.BAD_AH);
        assert.deepEqual(ipsec.packet(), packet);
      }),
      { numRuns: 300 },
    );
  });

  test(`${suite[0]}: class, flow label and hop limit may change on the way, addresses and payload may not`, () => {
    const inputs = associations(suite).chain((sa) =>
      fc.tuple(fc.constant(sa), numbers(sa), bytes(ivSize(sa)), bytes(0, 60)),
    );
    fc.assert(
      fc.property(inputs, fc.nat({ max: 40 * 8 - 1 }), ([sa, seq, iv, payload], bit) => {
        const sealed = seal(sa, ip6(17, payload), { seq, iv });
        sealed[bit >> 3] ^= 0x80 >> (bit & 7);
        // Bits of the version, class and flow label, and of the hop limit; the version is judged before.
        const isMutable = bit < 32 || (bit >= 56 && bit < 64);
        assert.equal(unprotect(sa, sealed, high(seq)), isMutable ? Verdict.GO : Verdict.BAD_ICV);
      }),
      { numRuns: 300 },
    );
  });
}

test("RFC 6040 §4.2: how congested the way was, by both headers", () => {
  const [NOT_ECT, ECT1, ECT0, CE] = [0, 1, 2, 3];
  // Columns: the outer header's mark in the order of the numbers; "-" = dropped.
  const rows: [number, (number | "-")[]][] = [
    [NOT_ECT, [NOT_ECT, NOT_ECT, NOT_ECT, "-"]],
    [ECT0, [ECT0, ECT1, ECT0, CE]],
    [ECT1, [ECT1, ECT1, ECT1, CE]],
    [CE, [CE, CE, CE, CE]],
  ];
  for (const suite of SUITES) {
    const sa = { ...sample(suite[0]), udp: false };
    for (const [inner, results] of rows) {
      for (const [outer, result] of results.entries()) {
        const plain = ip6(17, Buffer.alloc(9), 0xb8 | inner);
        const tunnel: [Uint8Array, Uint8Array, number] = [Buffer.alloc(16, 5), Buffer.alloc(16, 6), 64];
        const sealed = seal(sa, plain, { seq: 1n, iv: Buffer.alloc(ivSize(sa)), tunnel });
        sealed[1] = (sealed[1] & 0xcf) | (outer << 4);
        const verdict = unprotect(sa, sealed);
        assert.equal(
          verdict,
          result === "-" ? Verdict.TUNNEL_REFUSED : Verdict.GO,
          `${suite[0]}: ${inner} in ${outer}`,
        );
        if (result !== "-") assert.deepEqual(ipsec.packet().subarray(40), ip6(17, Buffer.alloc(9), 0xb8 | result));
      }
    }
  }
});

test("an inner packet shorter than a header is not read as one", () => {
  for (const length of [0, 1, 2, 39]) {
    const sa = { ...sample("NULL, SHA-256"), udp: false };
    const inner = Buffer.alloc(length, 0x60);
    const sealed = seal(sa, ip6(41, inner), { seq: 1n, iv: Buffer.alloc(0) });
    sealed[1] |= 0x30;
    assert.equal(unprotect(sa, sealed), Verdict.GO);
    assert.deepEqual(ipsec.packet().subarray(40), inner);
  }
});

test("transport mode is for whole packets whose headers end", () => {
  for (const name of ["AES-GCM", "AH, SHA-256"]) {
    const sa = sample(name);
    const fragment = Buffer.concat([Buffer.from([17, 0, 0, 1, 0, 0, 0, 7]), Buffer.alloc(16)]);
    assert.equal(protect(sa, ip6(44, fragment), Mode.TRANSPORT), Verdict.BAD_FRAGMENT);
    assert.equal(
      protect(sa, ip6(0, Buffer.from([44, 0, 1, 4, 0, 0, 0, 0, ...fragment])), Mode.TRANSPORT),
      Verdict.BAD_FRAGMENT,
    );
    assert.equal(protect(sa, ip6(44, fragment), Mode.TUNNEL), Verdict.GO);
    for (const next of [0, 43, 60]) {
      assert.equal(protect(sa, ip6(next, Buffer.from([17, 1, 1, 4, 0, 0, 0, 0])), Mode.TRANSPORT), Verdict.BAD_EXT);
      assert.equal(protect(sa, ip6(next, Buffer.alloc(4)), Mode.TRANSPORT), Verdict.BAD_EXT);
    }
  }
});

test("destination options are protected, but for those of a routing header's stations", () => {
  const options = (next: number) => [next, 0, 1, 4, 0, 0, 0, 0];
  const routing = (next: number) => [next, 0, 0, 0, 0, 0, 0, 0];
  for (const name of ["NULL, SHA-256", "AH, SHA-1"]) {
    const sa = { ...sample(name), udp: false };
    const next = sa.protocol;
    assert.equal(
      protect(sa, ip6(60, Buffer.from([...options(17), 1, 2, 3, 4, 5, 6, 7, 8])), Mode.TRANSPORT),
      Verdict.GO,
    );
    assert.equal(ipsec.packet()[6], next);
    const packet = ip6(0, Buffer.from([...options(60), ...options(43), ...routing(60), ...options(17), 1, 2, 3, 4]));
    assert.equal(protect(sa, packet, Mode.TRANSPORT), Verdict.GO);
    assert.deepEqual(
      [6, 40, 48, 56].map((at) => ipsec.packet()[at]),
      [0, 60, 43, next],
    );
    assert.deepEqual(open(sa, ipsec.packet()).packet, packet);
  }
});
