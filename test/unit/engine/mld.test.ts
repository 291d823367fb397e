// MLDv2 listener, RFC 3810: reports on change, repeated, and answers to queries.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { upperChecksum } from "../../bench/frames.js";
import * as lan from "../lib/lan.js";
import { be, concat, lanNode, ROUTER } from "../lib/lan.js";

const IS_EXCLUDE = 2;
const TO_EXCLUDE = 4;
const group = (ip: string) => parseIp6(lan.groupOf(ip).ip);
/** The groups of ME, by record type. */
const records = (type: number, ...groups: Uint8Array[]) =>
  concat(...groups.map((g) => concat(be(8, type, 0, 0, 0), g)));

function query(body: Uint8Array, o: { hopLimit?: number; from?: lan.Station } = {}): Uint8Array {
  const from = o.from ?? ROUTER;
  const message = lan.icmp(from, lan.ALL_NODES, 130, 0, body);
  return lan.frame(from, lan.ALL_NODES, 0, concat(Uint8Array.of(58, 0, 5, 2, 0, 0, 1, 0), message), {
    hopLimit: o.hopLimit ?? 1,
  });
}
const general = (ms: number) => concat(be(16, ms, 0), new Uint8Array(16), be(8, 2, 125, 0, 0));

test("a new group is reported twice: every byte", () => {
  const node = lanNode();
  node.configure(new Messages().address(0, parseIp6("2001:db8:1::1234"), 64, 1));
  const start = node.now;
  node.pass(1500);
  const [first, second, ...more] = node.sent(/MLDv2/);
  assert.deepEqual(more, []);
  assert.equal(first.at - start, 1);
  assert.ok(second.at - first.at <= 1000);
  const packet = first.bytes.subarray(14);
  assert.deepEqual(first.bytes.subarray(0, 14), Uint8Array.of(0x33, 0x33, 0, 0, 0, 0x16, 2, 0, 0, 0, 0, 2, 0x86, 0xdd));
  const body = concat(be(8, 143, 0), be(16, 0, 0, 1), records(TO_EXCLUDE, group("2001:db8:1::1234")));
  const head = concat(
    be(32, 0x60000000),
    be(16, 8 + body.length),
    be(8, 0, 1),
    parseIp6("fe80::2"),
    parseIp6("ff02::16"),
  );
  assert.deepEqual(packet.subarray(0, 48), concat(head, be(8, 58, 0, 5, 2, 0, 0, 1, 0)));
  const icmp = packet.slice(48);
  assert.equal(upperChecksum(parseIp6("fe80::2"), parseIp6("ff02::16"), 58, icmp), 0);
  icmp.set([0, 0], 2);
  assert.deepEqual(icmp, body);
});

test("two addresses in one group are one membership", () => {
  const node = lanNode();
  node.configure(new Messages().address(0, parseIp6("2001:db8:7::2"), 64, 1));
  node.pass(2000);
  assert.deepEqual(node.said(/MLD/), [], "fe80::2 is in ff02::1:ff00:2 already");
});

test("a general query is answered within its time with all groups, all-nodes left out", () => {
  const node = lanNode();
  const start = node.now;
  node.rx(0, query(general(1000)));
  assert.deepEqual(node.said(), []);
  node.pass(3000);
  const [report, ...more] = node.sent(/MLDv2/);
  assert.deepEqual(more, []);
  assert.ok(report.at - start <= 1001);
  assert.deepEqual(report.bytes.subarray(14 + 48 + 8), records(IS_EXCLUDE, group("fe80::2")));
});

test("a group query is answered only by listeners", () => {
  const ask = (g: Uint8Array) => {
    const node = lanNode();
    node.rx(0, query(concat(be(16, 100, 0), g, be(8, 2, 125, 0, 0))));
    return node.pass(1000).said(/MLDv2/).length;
  };
  assert.equal(ask(group("fe80::2")), 1);
  assert.equal(ask(group("fe80::77")), 0);
});

test("queries that break a rule (RFC 3810 §5.1.14, §6.2) are dropped without an answer", () => {
  const bad: [string, Uint8Array][] = [
    ["hop limit 2", query(general(100), { hopLimit: 2 })],
    ["a global source", query(general(100), { from: lan.PEER })],
    ["cut off", query(general(100).subarray(0, 19))],
    ["about no group", query(concat(be(16, 100, 0), parseIp6("2001:db8::1"), be(32, 0)))],
  ];
  for (const [name, bytes] of bad) {
    const node = lanNode();
    assert.deepEqual(
      node.dropsOf(() => node.rx(0, bytes)),
      { BAD_ICMP: 1 },
      name,
    );
    assert.deepEqual(node.pass(1000).said(/MLD/), [], name);
  }
});

test("a storm of queries is one answer", () => {
  const node = lanNode();
  for (let i = 0; i < 100; i++) node.rx(0, query(general(500)));
  assert.equal(node.pass(2000).said(/MLDv2/).length, 1);
});

test("a link that comes back hears of the groups again", () => {
  const node = lanNode();
  node.configure(new Messages().link(0, false));
  node.pass(2000);
  assert.deepEqual(node.said(), []);
  node.configure(new Messages().link(0, true));
  node.pass(2000);
  assert.equal(node.said(/MLDv2 report to-exclude/).length, 2);
  assert.deepEqual(node.drops(), {});
});
