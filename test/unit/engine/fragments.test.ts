// Reassembly and fragmentation, RFC 8200 §4.5, RFC 5722, RFC 6946, RFC 7112.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as lan from "../lib/lan.js";
import { buffersOf, concat, fragmentHeader, frame, icmp, lanNode, ME, options, PEER, Protocol } from "../lib/lan.js";
import type { Node } from "../lib/node.js";

const FRAGMENT = Protocol.FRAGMENT;

/** An echo request of `size` data bytes as an ICMPv6 message. */
const message = (size: number) => icmp(PEER, ME, 128, 0, concat(lan.be(16, 7, 7), lan.pattern(size)));
/** Bytes `from` to `to` of a message as a fragment. */
function piece(whole: Uint8Array, from: number, to: number, id = 1, peer = PEER): Uint8Array {
  const header = fragmentHeader(Protocol.ICMP6, from, to < whole.length, id);
  return frame(peer, ME, FRAGMENT, concat(header, whole.subarray(from, to)));
}
/** Cuts at multiples of 8, ascending, 0 and the end included. */
function cut(whole: Uint8Array, at: number[], id = 1): Uint8Array[] {
  const points = [...new Set([0, ...at.map((n) => (n % (whole.length >> 3)) * 8), whole.length])].sort((a, b) => a - b);
  return points.slice(1).map((to, i) => piece(whole, points[i], to, id));
}
function reply(node: Node): Uint8Array | undefined {
  const found = node.sent(/echo reply/);
  assert.ok(found.length <= 1);
  return found[0]?.bytes.subarray(14 + 40 + 8);
}

test("any split in any order with any repetition comes together once", () => {
  const split = fc.record({
    size: fc.integer({ min: 100, max: 1300 }),
    at: fc.array(fc.nat(200), { minLength: 1, maxLength: 8 }),
    order: fc.infiniteStream(fc.nat(1000)),
    again: fc.array(fc.nat(7), { maxLength: 4 }),
  });
  const node = lanNode();
  let id = 0;
  fc.assert(
    fc.property(split, ({ size, at, order, again }) => {
      const whole = message(size);
      const pieces = cut(whole, at, ++id);
      fc.pre(pieces.length > 1 && pieces[0].length >= 14 + 40 + 8 + 8);
      const [last, ...rest] = [...pieces].sort(() => (order.next().value & 1) - 0.5);
      // Repeated before the whole is complete: an exact copy does no harm.
      for (const one of [...rest, ...again.map((n) => rest[n % rest.length])]) node.rx(0, one);
      assert.equal(node.sent().length, 0);
      node.rx(0, last);
      assert.deepEqual(reply(node), lan.pattern(size));
    }),
    { numRuns: 150 },
  );
  assert.deepEqual(node.drops(), {});
  assert.equal(buffersOf(node), 12);
});

test("headers in front of the fragment header are those of the first fragment; the chain goes on behind it", () => {
  const whole = concat(options(Protocol.ICMP6), message(100));
  const outer = (from: number, to: number) =>
    frame(PEER, ME, 60, concat(options(44), fragmentHeader(60, from, to < whole.length, 5), whole.subarray(from, to)));
  const node = lanNode();
  node.rx(0, outer(64, whole.length), outer(0, 64));
  assert.deepEqual(reply(node), lan.pattern(100));
});

test("overlap discards the whole set (RFC 5722): inside, across, and beyond the end", () => {
  const whole = message(192); // 200 bytes
  const sets: [string, Uint8Array[]][] = [
    ["inside", [piece(whole, 0, 64), piece(message(191), 32, 48)]],
    ["across", [piece(whole, 0, 64), piece(whole, 56, 128)]],
    ["two ends", [piece(whole.subarray(0, 160), 96, 160), piece(whole, 160, 200)]],
    ["an end before what is here", [piece(whole, 96, 160), piece(whole.subarray(0, 80), 0x48, 80)]],
    ["behind the end", [piece(whole.subarray(0, 100), 64, 100), piece(whole, 104, 160)]],
    ["the same place, other bytes", [piece(whole, 0, 64), piece(message(191), 0, 64)]],
  ];
  for (const [name, frames] of sets) {
    const node = lanNode();
    const risen = node.dropsOf(() => node.rx(0, ...frames));
    assert.deepEqual(risen, { FRAGMENT_OVERLAP: 1 }, name);
    assert.deepEqual(node.sent(), [], name);
    assert.equal(buffersOf(node), 12, name);
  }
});

test("after an overlap the rest of the set does not come together", () => {
  const whole = message(192);
  const node = lanNode();
  node.rx(0, piece(whole, 0, 64), piece(whole, 56, 128), piece(whole, 64, 200));
  assert.deepEqual(node.sent(), []);
});

test("atomic fragments stand alone, also while a set of the same id is open (RFC 6946)", () => {
  const whole = message(100);
  const node = lanNode();
  node.rx(0, piece(whole, 0, 64, 3));
  node.rx(0, frame(PEER, ME, FRAGMENT, concat(fragmentHeader(Protocol.ICMP6, 0, false, 3), message(10))));
  assert.deepEqual(reply(node), lan.pattern(10));
  node.rx(0, piece(whole, 64, whole.length, 3));
  assert.deepEqual(reply(node), lan.pattern(100));
});

test("a first fragment without its upper-layer header is refused (RFC 7112)", () => {
  const whole = concat(options(Protocol.ICMP6), options(Protocol.ICMP6), message(100));
  whole[0] = Protocol.OPTIONS; // the first options header leads to the second
  const short = (to: number) =>
    frame(PEER, ME, FRAGMENT, concat(fragmentHeader(60, 0, true, 1), whole.subarray(0, to)));
  for (const to of [8, 16]) {
    const node = lanNode();
    assert.deepEqual(
      node.dropsOf(() => node.rx(0, short(to))),
      { FIRST_FRAGMENT_SHORT: 1 },
    );
    // Cut behind the last options header nobody knows what kind of ICMPv6 message it is: no answer (RFC 4443 §2.4 (e)).
    if (to === 8) assert.match(node.said()[0], /parameter problem: incomplete header chain/);
    else assert.deepEqual(node.said(), []);
    assert.equal(buffersOf(node), 12);
  }
});

test("lengths: empty, not a multiple of 8, over 65535, over what fits", () => {
  const bad = (offset: number, more: boolean, size: number) =>
    frame(PEER, ME, FRAGMENT, concat(fragmentHeader(58, offset, more, 1), lan.pattern(size)));
  const cases: [Uint8Array, string, RegExp | null][] = [
    [bad(0, true, 0), "BAD_FRAGMENT", null],
    [bad(64, false, 0), "BAD_FRAGMENT", null],
    [bad(64, true, 9), "BAD_FRAGMENT", /erroneous header field at 4 /],
    [bad(65528, false, 8), "BAD_FRAGMENT", /erroneous header field at 42 /],
    [bad(65520, true, 16), "BAD_FRAGMENT", /erroneous header field at 42 /],
    [bad(65520, true, 8), "FRAGMENT_TOO_LONG", null],
    [bad(1656, false, 1), "FRAGMENT_TOO_LONG", null],
    [frame(PEER, ME, FRAGMENT, fragmentHeader(58, 0, false, 1).subarray(0, 7)), "BAD_FRAGMENT", null],
  ];
  for (const [bytes, reason, answer] of cases) {
    const node = lanNode();
    assert.deepEqual(
      node.dropsOf(() => node.rx(0, bytes)),
      { [reason]: 1 },
    );
    const said = node.said();
    if (answer) assert.match(said[0], answer);
    else assert.deepEqual(said, []);
    assert.equal(buffersOf(node), 12);
  }
});

test("long headers in front of a fragment do not fit the place for them, and spoil nothing", () => {
  const chain = Array.from({ length: 8 }, (_, i) => {
    const header = new Uint8Array(160);
    header.set([i === 7 ? 44 : 60, 19, 1, 156]);
    return header;
  });
  const fragment = concat(fragmentHeader(Protocol.ICMP6, 0, true, 1), message(64).subarray(0, 64));
  const node = lanNode();
  const before = node.state();
  assert.deepEqual(
    node.dropsOf(() => node.rx(0, frame(PEER, ME, 60, concat(...chain, fragment)))),
    { FRAGMENT_TOO_LONG: 1 },
  );
  assert.deepEqual(node.state(), before);
  assert.equal(buffersOf(node), 12);
});

test("a fragment in a fragment is dropped: two nodes could see two packets in it", () => {
  const whole = message(60);
  const inner = concat(fragmentHeader(Protocol.ICMP6, 0, false, 9), whole);
  const node = lanNode();
  const outer = [
    concat(fragmentHeader(44, 0, true, 1), inner.subarray(0, 40)),
    concat(fragmentHeader(44, 40, false, 1), inner.subarray(40)),
  ];
  const nested = () => node.rx(0, ...outer.map((one) => frame(PEER, ME, 44, one)));
  assert.deepEqual(node.dropsOf(nested), { BAD_FRAGMENT: 1 });
  const deep = Array.from({ length: 40 }, () => fragmentHeader(44, 0, false, 1));
  assert.deepEqual(
    node.dropsOf(() => node.rx(0, frame(PEER, ME, 44, concat(...deep, whole)))),
    { BAD_FRAGMENT: 1 },
  );
  assert.equal(node.said(/echo reply/).length, 0);
});

test("sixty seconds: Time Exceeded only if the first fragment came", () => {
  const whole = message(300);
  for (const [pieces, answers] of [
    [[piece(whole, 0, 128)], 1],
    [[piece(whole, 128, 308)], 0],
  ] as const) {
    const node = lanNode();
    node.rx(0, ...pieces);
    node.pass(59000);
    assert.equal(node.said(/time exceeded/).length, 0);
    node.rx(0, lan.solicitation(PEER, ME)); // still there
    const risen = node.dropsOf(() => {
      node.pass(1500);
    });
    assert.equal(risen.FRAGMENT_TIMEOUT, 1);
    const [error] = node.sent(/time exceeded/);
    assert.equal(error ? 1 : 0, answers);
    if (error) assert.ok(lan.sound(error.bytes));
    assert.equal(buffersOf(node), 12);
  }
});

test("a flood of first pieces holds its fixed places and nothing more; they free after two seconds", () => {
  const whole = message(300);
  const node = lanNode();
  for (let id = 0; id < 200; id++) node.rx(0, piece(whole, 0, 64, id));
  assert.deepEqual(node.drops(), { FRAGMENT_FULL: 197 });
  assert.equal(buffersOf(node), 12 - 3);
  node.pass(3000);
  node.rx(0, ...cut(whole, [8], 1000));
  assert.deepEqual(reply(node), lan.pattern(300));
  node.pass(70000);
  assert.equal(buffersOf(node), 12);
});

test("what this node sends too long for the link leaves in fragments that fit and come together", () => {
  // An echo request of 1600 bytes arrives in fragments; the reply has to be cut by us.
  for (const size of [1453, 1500, 1600]) {
    const node = lanNode();
    node.rx(0, ...cut(message(size), [100]));
    const sent = node.sent();
    assert.equal(sent.length, 2);
    const parts = sent.map(({ bytes }) => {
      assert.ok(bytes.length <= 14 + 1500);
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      return { offset: view.getUint16(56) & 0xfff8, more: view.getUint16(56) & 1, data: bytes.subarray(62) };
    });
    parts.sort((a, b) => a.offset - b.offset);
    assert.deepEqual([parts[0].more, parts[1].more], [1, 0]);
    const whole = concat(parts[0].data, parts[1].data);
    assert.equal(parts[1].offset, parts[0].data.length);
    assert.deepEqual(whole.subarray(8), lan.pattern(size));
    assert.equal(buffersOf(node), 12);
  }
});
