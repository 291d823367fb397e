// ICMPv6: echo, errors and when none is sent (RFC 4443 §2.4), path MTU (RFC 8201).
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseIp6 } from "../../../host-sim/core/address.js";
import * as frames from "../../bench/frames.js";
import * as lan from "../lib/lan.js";
import {
  ALL_NODES,
  be,
  concat,
  echo,
  FAR,
  icmpFrame,
  icmpOf,
  lanNode,
  ME,
  ME_LOCAL,
  PEER,
  Protocol,
  ROUTER,
} from "../lib/lan.js";

test("echo: any length, the same data back, a right checksum, to and from any of our addresses", () => {
  const node = lanNode();
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1452 }), fc.constantFrom(ME, ME_LOCAL), (size, to) => {
      const from = to === ME ? PEER : { ...PEER, ip: "fe80::9" };
      node.rx(0, lan.solicitation(from, to), echo(from, to, size));
      const [reply, ...more] = node.sent(/echo reply/);
      assert.deepEqual(more, []);
      assert.ok(lan.sound(reply.bytes));
      assert.deepEqual(icmpOf(reply.bytes).body, lan.pattern(size));
      assert.deepEqual(reply.bytes.subarray(0, 6), PEER.mac);
    }),
    { numRuns: 60 },
  );
});

test("echo with less than an ICMPv6 header, or a wrong checksum", () => {
  const good = echo(PEER, ME);
  for (let n = 0; n < 8; n++) {
    const node = lanNode();
    const short = lan.frame(PEER, ME, Protocol.ICMP6, good.subarray(54, 54 + n));
    assert.deepEqual(
      node.dropsOf(() => node.rx(0, short)),
      { BAD_ICMP: 1 },
    );
    assert.deepEqual(node.said(), []);
  }
  const wrong = good.slice();
  wrong[60] ^= 1;
  const node = lanNode();
  assert.deepEqual(
    node.dropsOf(() => node.rx(0, wrong)),
    { BAD_CHECKSUM: 1 },
  );
});

test("unknown ICMPv6 types are dropped, errors among them", () => {
  for (const type of [0, 5, 100, 127, 129, 141, 150, 200, 255]) {
    const node = lanNode();
    const before = node.state();
    assert.deepEqual(
      node.dropsOf(() => node.rx(0, icmpFrame(PEER, ME, type, new Uint8Array(20)))),
      { ICMP_UNKNOWN: 1 },
    );
    assert.deepEqual(node.said(), []);
    assert.deepEqual(node.state(), before);
  }
});

/** An ICMPv6 error about a packet that we are said to have sent. */
function error(type: number, word: number, quoted: Uint8Array, from = ROUTER): Uint8Array {
  const source = { ip: "2001:db8:8::fe", mac: from.mac };
  return icmpFrame(source, ME, type, concat(be(32, word), quoted));
}
const quote = (source: string, destination: string, size = 48) =>
  frames.ip6(parseIp6(source), parseIp6(destination), 17, lan.pattern(size - 40)).subarray(0, size);

test("an error is never answered by an error, also behind extension headers and in a first fragment", () => {
  const inner = concat(be(8, 1, 4, 0, 0), be(32, 0), quote(ME.ip, FAR.ip));
  const message = lan.icmp(PEER, ME, 1, 4, inner.subarray(4));
  for (const bytes of [
    lan.frame(PEER, ME, 60, concat(lan.options(58, 0x9e, 0), message)),
    lan.frame(PEER, ME, 0, concat(lan.options(60), lan.options(58, 0x9e, 0), message)),
    lan.frame(PEER, ME, 44, concat(lan.fragmentHeader(60, 0, false, 1), lan.options(58, 0x9e, 0), message)),
  ]) {
    const node = lanNode();
    assert.deepEqual(
      node.dropsOf(() => node.rx(0, bytes)),
      { BAD_OPTION: 1 },
    );
    assert.deepEqual(node.said(), []);
  }
});

test("no error for a link-layer broadcast, a group, or from :: (RFC 4443 §2.4 (e))", () => {
  const port = (to: lan.Station, mac = to.mac) => lan.udpFrame(PEER, { ip: to.ip, mac }, 10);
  for (const bytes of [port(ME, ALL_NODES.mac), port(ALL_NODES)]) {
    const node = lanNode();
    assert.deepEqual(
      node.dropsOf(() => node.rx(0, bytes)),
      { NO_LISTENER: 1 },
    );
    assert.deepEqual(node.said(), []);
  }
});

test("errors quote the packet as it came and stay within 1280 bytes", () => {
  for (const size of [1, 100, 1183, 1184, 1185, 1452]) {
    const node = lanNode();
    const bytes = lan.udpFrame(PEER, ME, size);
    node.rx(0, bytes);
    const [said] = node.sent(/port unreachable/);
    assert.ok(said.bytes.length <= 14 + 1280);
    assert.ok(lan.sound(said.bytes));
    const { body } = icmpOf(said.bytes);
    assert.deepEqual(body, bytes.subarray(14, 14 + Math.min(bytes.length - 14, 1280 - 48)));
  }
});

test("errors are rate-limited: a burst, then a hundred a second", () => {
  const node = lanNode();
  const storm = (n: number) => {
    for (let i = 0; i < n; i++) node.rx(0, lan.udpFrame(PEER, ME, 10));
    return node.said(/port unreachable/).length;
  };
  const burst = storm(100);
  assert.ok(burst >= 1 && burst < 50, `${burst}`);
  assert.equal(node.drops().ICMP_RATE, 100 - burst);
  node.rx(0, lan.solicitation(PEER, ME));
  node.pass(100);
  assert.equal(storm(100), 10);
});

test("errors about packets that we did not send, or with less than an IPv6 header inside, are dropped", () => {
  for (const type of [1, 2, 3, 4]) {
    for (const quoted of [0, 1, 39].map((n) => quote(ME.ip, FAR.ip).subarray(0, n))) {
      const node = lanNode();
      assert.deepEqual(
        node.dropsOf(() => node.rx(0, error(type, 1300, quoted))),
        { BAD_ICMP: 1 },
      );
    }
    const node = lanNode();
    const reason = type === 2 ? "PMTU_IGNORED" : "BAD_ICMP";
    assert.deepEqual(
      node.dropsOf(() => node.rx(0, error(type, 1300, quote(PEER.ip, FAR.ip)))),
      { [reason]: 1 },
    );
    const four = quote(ME.ip, FAR.ip);
    four[0] = 0x45;
    assert.deepEqual(
      node.dropsOf(() => node.rx(0, error(type, 1300, four))),
      { BAD_ICMP: 1 },
    );
    assert.deepEqual(node.said(), []);
  }
});

/** Echo of `size` bytes of data with somebody behind the router; the lengths of the packets that answer. */
function replies(node: ReturnType<typeof lanNode>, size: number, from = FAR): number[] {
  node.rx(0, lan.solicitation(ROUTER, ME), echo(from, ME, size));
  return node.sent(/> 2001:db8:8::/).map((f) => f.bytes.length - 14);
}

test("Packet Too Big lowers the path MTU of a destination that large packets were sent to, for ten minutes", () => {
  const node = lanNode();
  assert.deepEqual(replies(node, 1400), [1448]);
  node.rx(0, error(2, 1400, quote(ME.ip, FAR.ip)));
  const cut = replies(node, 1400);
  assert.equal(cut.length, 2);
  assert.ok(Math.max(...cut) <= 1400);
  // Another destination keeps the link's MTU.
  assert.deepEqual(replies(node, 1400, { ip: "2001:db8:8::2", mac: ROUTER.mac }), [1448]);
  node.pass(9 * 60000);
  assert.equal(replies(node, 1400).length, 2);
  node.pass(61000);
  assert.deepEqual(replies(node, 1400), [1448]);
});

test("Packet Too Big with an MTU that cannot be, that is not lower, or for a flow never sent is ignored", () => {
  for (const mtu of [0, 1, 68, 1279, 1500, 1501, 65535, 2 ** 31, 2 ** 32 - 1]) {
    const node = lanNode();
    replies(node, 1400);
    assert.deepEqual(
      node.dropsOf(() => node.rx(0, error(2, mtu, quote(ME.ip, FAR.ip)))),
      { PMTU_IGNORED: 1 },
      `${mtu}`,
    );
    assert.deepEqual(replies(node, 1400), [1448]);
  }
  const node = lanNode();
  assert.deepEqual(
    node.dropsOf(() => node.rx(0, error(2, 1300, quote(ME.ip, FAR.ip)))),
    { PMTU_IGNORED: 1 },
    "never sent",
  );
  replies(node, 1400);
  node.rx(0, error(2, 1300, quote(ME.ip, FAR.ip)));
  assert.deepEqual(
    node.dropsOf(() => node.rx(0, error(2, 1400, quote(ME.ip, FAR.ip)))),
    { PMTU_IGNORED: 1 },
    "higher than known",
  );
});

test("Packet Too Big with the least and the largest MTU that can be is believed", () => {
  for (const mtu of [1280, 1281, 1499]) {
    const node = lanNode();
    replies(node, 1460 - 8);
    assert.deepEqual(
      node.dropsOf(() => node.rx(0, error(2, mtu, quote(ME.ip, FAR.ip)))),
      {},
      `${mtu}`,
    );
    const cut = replies(node, 1460 - 8);
    assert.equal(cut.length, 2, `${mtu}`);
    assert.ok(Math.max(...cut) <= mtu && Math.max(...cut) > mtu - 8, `${mtu}: ${cut}`);
  }
});
