// Servers that make themselves known to a boundary router, docs/anycast-identifier.md §6.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import * as r from "../../reference/anycast-registration.js";
import * as b from "../lib/boundary.js";
import { Boundary, byHand, CLIENT, INSIDE, listing, OUTSIDE, S, S2, STRANGER, U, U2 } from "../lib/boundary.js";
import { type Station, udpFrame } from "../lib/lan.js";
import { asks, carrying, epochOf, payloadOf, REGISTRATION_KEYS, register, SECRETS } from "../lib/registration.js";

const NAMES = [listing(S), listing(S2), ...REGISTRATION_KEYS];
function router(...more: Uint8Array[]): Boundary {
  const node = new Boundary([...NAMES, ...more]);
  node.takeEvents();
  return node;
}
const REQUEST = udpFrame(CLIENT, { ip: S, mac: OUTSIDE.mac }, 20);
/** Where a request goes: the port and the last byte of the link address, or the drop reason. */
const reached = (node: Boundary) => node.fate(1, REQUEST);
const NOBODY = "1>6! NO_ROUTE";
const AT_U = "0>3";
const AT_U2 = "0>4";
function status(node: Boundary, more: Partial<r.Message>, from?: Station): [number, number, bigint] {
  const reply = register(node, more, from)!;
  return [reply.costOrStatus, reply.lifetime, reply.last];
}

test("a server registers, is routed to, renews, and ends with its lifetime", () => {
  const node = router();
  const epoch = epochOf(node);
  assert.notEqual(epoch, 0n);
  assert.equal(reached(node), NOBODY);
  const reply = register(node, { epoch }, U, 61)!;
  assert.deepEqual([reply.from, reply.to, reply.hopLimit], [INSIDE.ip, U.ip, 64]);
  const right = asks({ epoch, type: r.REPLY, costOrStatus: 0, last: 5n });
  assert.deepEqual(reply.payload, payloadOf(right, INSIDE, U));
  assert.deepEqual(node.servers(), [{ u: U.ip, s: S, left: 30000, cost: 10, hops: 3, nearest: true }]);
  assert.equal(reached(node), AT_U);
  node.pass(15000);
  assert.deepEqual(status(node, { epoch, sequence: 6n }), [0, 30, 6n]);
  node.pass(29999);
  assert.equal(reached(node), AT_U);
  node.pass(251);
  assert.equal(reached(node), NOBODY);
  assert.deepEqual(node.servers(), []);
  const said = node.takeEvents().filter((e) => e.kindName.startsWith("ANYCAST"));
  assert.deepEqual(
    said.map((e) => [e.kindName, e.code, e.a, e.b, e.x, e.y]),
    [
      ["ANYCAST_SERVER", 17, U.ip, S, 10, 30],
      ["ANYCAST_SERVER", 1, U.ip, S, 10, 30],
      ["ANYCAST_NEAREST", 0, U.ip, S, 0, 0],
      ["ANYCAST_SERVER", 2, U.ip, S, 10, 30], // fewer hops
      ["ANYCAST_SERVER", 3, U.ip, S, 10, 30],
      ["ANYCAST_NEAREST", 0, "::", S, 0, 0],
    ],
  );
});

test("fail-over: the next best takes over when a server leaves or is heard no more, and the better one comes back", () => {
  const node = router();
  const epoch = epochOf(node);
  status(node, { epoch, costOrStatus: 10, lifetime: 10 });
  status(node, { epoch, costOrStatus: 20, lifetime: 60 }, U2);
  assert.equal(reached(node), AT_U);
  node.pass(10251);
  assert.equal(reached(node), AT_U2, "the first has died");
  status(node, { epoch, sequence: 6n, lifetime: 60 });
  assert.equal(reached(node), AT_U);
  assert.deepEqual(status(node, { epoch, sequence: 7n, lifetime: 0 }), [0, 0, 7n]);
  assert.equal(reached(node), AT_U2, "the first has left");
  status(node, { epoch, sequence: 8n, costOrStatus: 20, lifetime: 60 });
  assert.equal(reached(node), AT_U, "equal: the lower address");
  register(node, asks({ epoch, sequence: 9n, costOrStatus: 20 }), U, 63);
  assert.equal(reached(node), AT_U2, "farther by a hop");
});

test("a lifetime is cut to an hour", () => {
  const node = router();
  assert.deepEqual(status(node, { epoch: epochOf(node), lifetime: 65535 }), [0, 3600, 5n]);
});

test("refusals in their order", () => {
  const node = router(byHand(U2.ip, S));
  const epoch = epochOf(node);
  assert.deepEqual(status(node, { anycast: parseIp6(S2), epoch: 1n }), [r.WRONG_KEY, 0, 0n]);
  assert.deepEqual(status(node, { anycast: parseIp6("2001:db8:55::1"), keyId: 10, epoch }), [r.WRONG_KEY, 0, 0n]);
  assert.deepEqual(status(node, { epoch: epoch + 1n }), [r.OTHER_EPOCH, 0, 0n]);
  assert.deepEqual(status(node, { epoch }), [0, 30, 5n]);
  assert.deepEqual(status(node, { epoch: 0n }), [r.OTHER_EPOCH, 0, 5n]);
  assert.deepEqual(status(node, { epoch, keyId: 10, sequence: 9n }), [r.CLAIMED, 0, 5n], "another key, the same S");
  const elsewhere = { epoch, keyId: 11, anycast: parseIp6(S2) };
  assert.deepEqual(status(node, elsewhere), [r.CLAIMED, 0, 0n], "another key, another S");
  assert.deepEqual(status(node, { epoch }, U2), [r.CLAIMED, 0, 0n], "by hand");
  assert.deepEqual(status(node, { ...elsewhere, sequence: 1n }, U2), [0, 30, 1n], "by hand is only that pair");
  assert.deepEqual(status(node, { epoch, sequence: 5n }), [r.OLD_SEQUENCE, 0, 5n]);
  assert.deepEqual(status(node, { epoch, sequence: 4n, lifetime: 0 }), [r.OLD_SEQUENCE, 0, 5n]);
  node.pass(30251);
  assert.deepEqual(status(node, { epoch, sequence: 5n }), [r.OLD_SEQUENCE, 0, 5n], "its end forgets no number");
  assert.deepEqual(status(node, elsewhere), [0, 30, 5n], "what has ended claims nothing");
});

test("what is not proven is discarded and changes nothing", () => {
  const node = router();
  const epoch = epochOf(node);
  status(node, { epoch });
  const payload = payloadOf(asks({ epoch, sequence: 6n, lifetime: 0 }), U, INSIDE);
  const fate = (bytes: Uint8Array, from: Station = U, hopLimit = 64) =>
    node.fate(0, carrying(bytes, from, INSIDE, hopLimit));
  const rows = node.servers();
  for (let at = 0; at < 64; at++) {
    const bad = payload.slice();
    bad[at] ^= 1;
    const why =
      at < 2 ? "ANYCAST_REGISTRATION" : at === 2 ? "ANYCAST_KEY" : at === 3 ? "ANYCAST_KEY" : "ANYCAST_FORGED";
    assert.equal(fate(bad), why, `byte ${at}`);
  }
  for (const length of [0, 1, 63, 65, 200])
    assert.equal(fate(Uint8Array.from({ length }, (_, i) => payload[i] ?? 0)), "ANYCAST_REGISTRATION");
  assert.equal(fate(payload, STRANGER), "ANYCAST_FORGED", "it is bound to the source");
  assert.equal(fate(payload, U, 65), "ANYCAST_REGISTRATION");
  const reply = payloadOf(asks({ epoch, type: r.REPLY }), U, INSIDE);
  assert.equal(fate(reply), "ANYCAST_REGISTRATION");
  const outside = { ip: CLIENT.ip, mac: CLIENT.mac };
  const from = payloadOf(asks({ epoch }), outside, OUTSIDE);
  assert.equal(node.fate(1, carrying(from, outside, OUTSIDE)), "ANYCAST_REGISTRATION");
  const spoofed = { ip: CLIENT.ip, mac: U.mac };
  assert.equal(fate(payloadOf(asks({ epoch }), spoofed, INSIDE), spoofed), "ANYCAST_SOURCE");
  assert.deepEqual(node.servers(), rows);
  assert.equal(fate(payload), "0>3", "the right one is answered");
  assert.deepEqual(node.servers(), []);
});

test("a key that was taken away proves nothing any more", () => {
  const node = router();
  const epoch = epochOf(node);
  const gone = Uint8Array.of(97, 0, 20, 0, 9, 0, 2, 0, ...parseIp6(S));
  node.say(gone);
  assert.equal(register(node, { epoch }), undefined);
  assert.equal(register(node, { epoch, keyId: 10 })?.costOrStatus, 0);
});

const far = (n: number): Station => ({ ip: `2001:db8:f::${n.toString(16)}`, mac: U.mac });
/** Servers behind another router inside. */
const FAR_ROUTE = new Messages().route(0, parseIp6("2001:db8:f::"), 48, parseIp6(U.ip)).bytes();

test("a full table: the 33rd is refused; a place that is needed costs the numbers, and a new epoch says so", () => {
  const node = router(FAR_ROUTE);
  const epoch = epochOf(node);
  for (let n = 1; n <= 31; n++) assert.equal(status(node, { epoch, lifetime: 60 }, far(n))[0], 0);
  assert.deepEqual(status(node, { epoch, lifetime: 0 }, far(32)), [0, 0, 5n], "the number of what never lived");
  assert.deepEqual(status(node, { epoch, sequence: 4n }, far(32)), [r.OLD_SEQUENCE, 0, 5n]);
  const made = register(node, { epoch, lifetime: 60, sequence: 7n }, far(33))!;
  assert.equal(made.costOrStatus, 0);
  assert.notEqual(made.epoch, epoch);
  assert.equal(made.last, 0n);
  assert.deepEqual(status(node, { epoch, sequence: 4n }, far(32)), [r.OTHER_EPOCH, 0, 0n], "of before");
  assert.deepEqual(status(node, { epoch: made.epoch }, far(34)), [r.FULL, 0, 0n]);
  assert.deepEqual(status(node, { epoch: made.epoch, lifetime: 0 }, far(34)), [0, 0, 0n]);
  assert.deepEqual(status(node, { epoch, sequence: 6n }, far(1)), [r.OTHER_EPOCH, 0, 0n]);
  assert.deepEqual(status(node, { epoch: made.epoch, sequence: 1n, lifetime: 1 }, far(1)), [0, 1, 1n]);
  assert.equal(node.servers().length, 32);
  node.pass(1300);
  assert.equal(status(node, { epoch: made.epoch }, far(34))[0], 0);
});

test("after a reboot servers are routed to for their lifetime, and nothing of before is accepted", () => {
  const node = router(byHand(STRANGER.ip, S, 200));
  const epoch = epochOf(node);
  status(node, { epoch, lifetime: 20 });
  status(node, { epoch, lifetime: 40, costOrStatus: 20, keyId: 10 }, U2);
  status(node, { epoch, lifetime: 40, costOrStatus: 20, keyId: 10, anycast: parseIp6(S2) }, U2);
  status(node, { epoch, sequence: 6n, lifetime: 0, keyId: 10, anycast: parseIp6(S2) }, U2);
  node.pass(15000);
  const next = node.reboot();
  assert.equal(next.disk.size, 2, "what ended and what is by hand has no record");
  assert.deepEqual(next.events("ANYCAST_SERVER").sort(), [
    `ANYCAST_SERVER registered ${STRANGER.ip}`,
    `ANYCAST_SERVER restored ${U.ip}`,
    `ANYCAST_SERVER restored ${U2.ip}`,
  ]);
  const rows = next.servers().map(({ u, left, cost, nearest }) => [u, left, cost, nearest]);
  rows.sort(([a], [b]) => String(a).localeCompare(String(b)));
  assert.deepEqual(rows, [
    [U.ip, 20000, 10, true],
    [U2.ip, 40000, 20, false],
    [STRANGER.ip, 0xffffffff, 200, false],
  ]);
  assert.equal(reached(next), AT_U);
  assert.deepEqual(status(next, { epoch, sequence: 9n }), [r.OTHER_EPOCH, 0, 0n]);
  const now = epochOf(next);
  assert.notEqual(now, epoch);
  assert.deepEqual(status(next, { epoch: now, sequence: 1n, lifetime: 20 }), [0, 20, 1n], "numbers begin afresh");
  next.pass(20251);
  assert.equal(reached(next), AT_U2);
  next.pass(20000);
  assert.equal(reached(next), "0>5", "the one by hand is left");
  assert.equal(next.keep().disk.size, 0);
});

test("renewing writes no record; another cost, lifetime or key does", () => {
  const node = router();
  const epoch = epochOf(node);
  let written = 0;
  const writes = (more: Partial<r.Message>) => {
    written = 0;
    status(node, { epoch, ...more });
    node.core.stores((_id, _data, generation) => {
      written++;
      node.core.stored(generation);
    });
    return written;
  };
  assert.equal(writes({ sequence: 1n }), 1);
  assert.equal(writes({ sequence: 2n }), 0);
  assert.equal(writes({ sequence: 3n, costOrStatus: 11 }), 1);
  assert.equal(writes({ sequence: 4n, costOrStatus: 11, lifetime: 31 }), 1);
  assert.equal(writes({ sequence: 4n }), 0, "refused");
  assert.equal(writes({ sequence: 5n, lifetime: 0 }), 1);
});

test("damaged records are refused", () => {
  const node = router();
  status(node, { epoch: epochOf(node) });
  const [[id, good]] = node.keep().disk;
  const changed = (at: number, value: number) => Uint8Array.from(good, (byte, i) => (i === at ? value : byte));
  const bad = [good.subarray(1), changed(0, 255), changed(16, 255), changed(32, 0), changed(34, 0), changed(39, 1)];
  for (const record of bad) {
    const disk = new Map([[id, record]]);
    assert.throws(() => new Boundary(NAMES, true, disk), /STORED/);
  }
  assert.throws(() => new Boundary(NAMES, true, new Map([[id | 0xffff, good]])), /STORED.*TABLE_FULL/);
  const twice = new Map([[id, good], [id + 1, good]]); // biome-ignore format: two records
  assert.throws(() => new Boundary(NAMES, true, twice), /STORED.*BAD_VALUE/);
});

test("an anycast address that is configured no longer makes room for one that is", () => {
  const node = router();
  status(node, { epoch: epochOf(node) });
  const fresh = ["1", "2", "3", "4"].map((n) => listing(`2001:db8:55::${n}`));
  const next = new Boundary(fresh, true, node.keep().disk, 1);
  assert.deepEqual(next.servers(), []);
  assert.equal(next.keep().disk.size, 0);
});

test("by hand: takes the place of a registered server, has no end, and is taken away by hand", () => {
  const node = router();
  const epoch = epochOf(node);
  status(node, { epoch });
  node.keep().say(byHand(U.ip, S, 30));
  assert.equal(node.keep().disk.size, 0);
  node.pass(3_600_000);
  assert.deepEqual(node.servers(), [{ u: U.ip, s: S, left: 0xffffffff, cost: 30, hops: 0, nearest: true }]);
  assert.deepEqual(status(node, { epoch, sequence: 6n }), [r.CLAIMED, 0, 5n]);
  node.say(b.notByHand(U.ip, S));
  assert.deepEqual(status(node, { epoch, sequence: 5n }), [r.OLD_SEQUENCE, 0, 5n]);
  assert.deepEqual(status(node, { epoch, sequence: 6n }), [0, 30, 6n]);
  node.say(b.notByHand(U.ip, S));
  assert.deepEqual(node.servers(), []);
  assert.throws(() => node.say(b.notByHand(U.ip, S)), /BAD_VALUE/);
  for (const [u, s] of [[U.ip, "2001:db8:55::1"], [S, S], ["ff02::1", S]]) // biome-ignore format: pairs
    assert.throws(() => node.say(byHand(u, s)), /BAD_VALUE/);
});

test("keys differ: the secret of one proves nothing under the id of another", () => {
  const node = router();
  const payload = payloadOf(asks({ keyId: 9 }), U, INSIDE, SECRETS[10]);
  assert.equal(node.fate(0, carrying(payload, U, INSIDE)), "ANYCAST_FORGED");
});
