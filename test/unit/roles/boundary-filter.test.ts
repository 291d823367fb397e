// What a boundary router forwards, docs/anycast-identifier.md §5: sources, identifiers, the way to the nearest server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AnycastKeyUse } from "../../../assembly/abi/anycast.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import * as b from "../lib/boundary.js";
import { answer, Boundary, byHand, CLIENT, INSIDE, listing, OUTSIDE, S, S2, STRANGER, U, U2 } from "../lib/boundary.js";
import { AH } from "../lib/ipsec-pair.js";
import { be, concat, fragmentHeader, frame, options, Protocol, udp, udpFrame } from "../lib/lan.js";

const IN = 0;
const OUT = 1;
const served = (...more: Uint8Array[]) =>
  new Boundary([listing(S), byHand(U.ip, S, 10), byHand(U2.ip, S, 20), ...more]);
const SERVICE = { ip: S, mac: OUTSIDE.mac };
/** A packet from inside with headers of its own. */
const out = (next: number, payload: Uint8Array) => frame(U, b.via(CLIENT, INSIDE), next, payload);

test("requests go to the nearest server, and to the next one when it is taken away", () => {
  const node = served();
  node.takeEvents();
  const request = udpFrame(CLIENT, SERVICE, 20);
  assert.equal(node.fate(OUT, request), "0>3");
  node.say(b.notByHand(U.ip, S));
  assert.equal(node.fate(OUT, request), "0>4");
  node.say(byHand(U.ip, S, 20));
  assert.equal(node.fate(OUT, request), "0>3", "of two equal ones that with the lower address");
  node.say(b.notByHand(U.ip, S), b.notByHand(U2.ip, S));
  assert.equal(node.fate(OUT, request), "1>6! NO_ROUTE", "answered, and not sent back by the default route");
  assert.deepEqual(node.events("ANYCAST_NEAREST"), [
    "ANYCAST_NEAREST 2001:db8:a::3",
    "ANYCAST_NEAREST 2001:db8:a::2",
    "ANYCAST_NEAREST 2001:db8:a::3",
    "ANYCAST_NEAREST",
  ]);
});

test("an answer of a server passes in either form, anybody else's identifier does not", () => {
  const node = served();
  for (const form of [1, 2]) {
    assert.equal(node.fate(IN, answer(U, CLIENT, INSIDE, { form })), "1>6");
    assert.equal(node.fate(IN, answer(STRANGER, CLIENT, INSIDE, { form })), "ANYCAST_SERVER");
    assert.equal(node.fate(IN, answer(U, CLIENT, INSIDE, { form, s: S2 })), "ANYCAST_SERVER");
    node.say(b.notByHand(U.ip, S));
    assert.equal(node.fate(IN, answer(U, CLIENT, INSIDE, { form })), "ANYCAST_SERVER");
    node.say(byHand(U.ip, S));
  }
});

test("from outside no identifier for an address of ours comes in; others are for others to judge", () => {
  const node = served();
  for (const form of [1, 2]) {
    assert.equal(node.fate(OUT, answer(CLIENT, STRANGER, OUTSIDE, { form })), "ANYCAST_OUTSIDE");
    assert.equal(node.fate(OUT, answer(CLIENT, STRANGER, OUTSIDE, { form, s: S2 })), "0>5");
  }
});

test("sources: nobody outside is inside, nobody inside is outside, and the anycast address is where its nearest server is", () => {
  const node = served();
  const to = b.via(CLIENT, INSIDE);
  assert.equal(node.fate(IN, udpFrame(U, to, 20)), "1>6");
  assert.equal(node.fate(IN, udpFrame({ ...CLIENT, mac: U.mac }, b.via(U2, INSIDE), 20)), "ANYCAST_SOURCE");
  assert.equal(node.fate(OUT, udpFrame({ ...U, mac: CLIENT.mac }, b.via(U2, OUTSIDE), 20)), "ANYCAST_SOURCE");
  assert.equal(node.fate(OUT, udpFrame({ ip: S, mac: CLIENT.mac }, b.via(U2, OUTSIDE), 20)), "ANYCAST_SOURCE");
  assert.equal(node.fate(IN, udpFrame({ ip: S, mac: U.mac }, to, 20)), "1>6");
  node.say(b.notByHand(U.ip, S), b.notByHand(U2.ip, S));
  for (const port of [IN, OUT]) {
    const spoofed = udpFrame({ ip: S, mac: U.mac }, b.via(CLIENT, port === IN ? INSIDE : OUTSIDE), 20);
    assert.equal(node.fate(port, spoofed), "ANYCAST_SOURCE", "without a server it is nowhere");
  }
  assert.equal(node.fate(OUT, udpFrame(CLIENT, b.via(U, OUTSIDE), 20)), "0>3");
  node.configure(new Messages().route(0, parseIp6("2001:db8:c::"), 64, parseIp6(U2.ip)));
  assert.equal(
    node.fate(OUT, udpFrame(CLIENT, b.via(U, OUTSIDE), 20)),
    "ANYCAST_SOURCE",
    "a new route is seen at once",
  );
});

test("a router without a boundary is a router", () => {
  const spoofed = udpFrame({ ...CLIENT, mac: U.mac }, b.via(U2, INSIDE), 20);
  assert.equal(new Boundary().fate(IN, spoofed), "ANYCAST_SOURCE");
  const router = new Boundary([], false).meet();
  router.rx(IN, spoofed);
  assert.match(router.said()[0], /IP6 2001:db8:c::1 > 2001:db8:a::3 \| UDP/);
});

test("an identifier behind an Authentication Header is seen", () => {
  const node = served();
  const ah = (length: number) => concat(Uint8Array.of(60, length, 0, 0, 0, 0, 16, 1, 0, 0, 0, 1), new Uint8Array(12));
  const behind = (from: typeof U, length = 4) =>
    frame(from, b.via(CLIENT, INSIDE), AH, concat(ah(length), b.identified(from, CLIENT, { form: 1 })));
  assert.equal(node.fate(IN, behind(U)), "1>6");
  assert.equal(node.fate(IN, behind(STRANGER)), "ANYCAST_SERVER");
  assert.equal(node.fate(IN, behind(STRANGER, 5)), "ANYCAST_FORM", "no such header");
});

test("with a key of the address the authenticator is checked, except in fragments", () => {
  const node = served(b.keyFor(S, b.KEY_ID, AnycastKeyUse.IDENTIFIER, b.KEY));
  assert.equal(node.fate(IN, answer(U, CLIENT, INSIDE, { form: 2 })), "1>6");
  assert.equal(node.fate(IN, answer(U, CLIENT, INSIDE, { form: 1 })), "1>6");
  assert.equal(node.fate(IN, answer(U, CLIENT, INSIDE, { form: 2, keyId: 8 })), "1>6", "a key of others");
  assert.equal(node.fate(IN, answer(U, CLIENT, INSIDE, { form: 2, key: new Uint8Array(32) })), "ANYCAST_FORGED");
  const good = answer(U, CLIENT, INSIDE, { form: 2 });
  for (let at = 54 + 8; at < good.length; at++) {
    const bad = good.slice();
    bad[at] ^= 1;
    const why = at < 54 + 24 ? "ANYCAST_SERVER" : "ANYCAST_FORGED"; // S first, then nonce, authenticator, datagram
    assert.equal(node.fate(IN, bad), why, `byte ${at}`);
  }
  const whole = b.identified(U, CLIENT, { form: 2, key: new Uint8Array(32) });
  assert.equal(
    node.fate(IN, out(Protocol.FRAGMENT, concat(fragmentHeader(60, 0, true, 9), whole.subarray(0, 72)))),
    "1>6",
  );
  assert.equal(
    node.fate(IN, out(Protocol.FRAGMENT, concat(fragmentHeader(60, 72, false, 9), whole.subarray(72)))),
    "1>6",
  );
});

test("the client of an answer by a type 2 routing header is the home address", () => {
  const home = { ip: "2001:db8:c::77", mac: CLIENT.mac };
  const node = served(b.keyFor(S, b.KEY_ID, AnycastKeyUse.IDENTIFIER, b.KEY));
  const routing = concat(be(8, Protocol.OPTIONS, 2, 2, 1, 0, 0, 0, 0), parseIp6(home.ip));
  const upper = udp(U, home, 20, [53, 40000]);
  const right = concat(routing, b.identified(U, home, { form: 2, upper }));
  const wrong = concat(routing, b.identified(U, CLIENT, { form: 2, upper }));
  assert.equal(node.fate(IN, out(Protocol.ROUTING, right)), "1>6");
  assert.equal(node.fate(IN, out(Protocol.ROUTING, wrong)), "ANYCAST_FORGED");
});

test("malformed identifiers are discarded on both sides, wherever they are", () => {
  const node = served();
  const good = b.identified(U, CLIENT);
  const changed = (at: number, value: number) => Uint8Array.from(good, (byte, i) => (i === at ? value : byte));
  const cases: Record<string, [number, Uint8Array]> = {
    "another version": [60, changed(4, 0x21)],
    "another form": [60, changed(4, 0x14)],
    "byte 5": [60, changed(5, 1)],
    "a key id in the plain form": [60, changed(7, 1)],
    "a length that is not the form's": [60, changed(4, 0x12)],
    "multicast S": [60, changed(8, 0xff)],
    doubled: [60, concat(changed(0, 60).subarray(0, 24), good)],
    "behind another option": [60, options(17, 1, 0, ...good.subarray(2, 24), 1, 4, 0, 0, 0, 0)],
    "hop by hop": [0, good],
    "not the last": [60, concat(changed(0, 60).subarray(0, 24), options(17, 1, 4, 0, 0, 0, 0), good.subarray(24))],
    "in front of a fragment header": [
      60,
      concat(changed(0, 44).subarray(0, 24), fragmentHeader(17, 0, true, 1), good.subarray(24)),
    ],
    "in front of TCP": [60, changed(0, 6)],
    "without an upper layer": [60, good.subarray(0, 24)],
  };
  for (const [what, [next, payload]] of Object.entries(cases)) {
    assert.equal(node.fate(IN, out(next, payload)), "ANYCAST_FORM", what);
    const outside = frame(CLIENT, b.via(STRANGER, OUTSIDE), next, payload);
    assert.equal(node.fate(OUT, outside), "ANYCAST_FORM", `${what}, from outside`);
  }
  const short = concat(fragmentHeader(60, 0, true, 9), good.subarray(0, 16));
  assert.equal(node.fate(IN, out(Protocol.FRAGMENT, short)), "FIRST_FRAGMENT_SHORT");
  const headers = concat(...Array.from({ length: 16 }, () => options(60, 1, 4, 0, 0, 0, 0)));
  assert.equal(
    node.fate(IN, out(60, concat(headers, b.identified(STRANGER, CLIENT)))),
    "ANYCAST_FORM",
    "too many headers",
  );
});

test("a request with a nonce passes in both directions", () => {
  const node = served();
  const option = concat(be(8, 17, 3, 0x1e, 28, 0x13, 0, 0, 7), b.NONCE, new Uint8Array(16));
  assert.equal(node.fate(OUT, frame(CLIENT, SERVICE, 60, concat(option, udp(CLIENT, SERVICE, 9)))), "0>3");
  assert.equal(node.fate(IN, out(60, concat(option, udp(U, CLIENT, 9)))), "1>6");
});

test("steps of requests and answers are told at the level of data", () => {
  const node = served();
  const steps = (port: number, bytes: Uint8Array) => {
    node.meet().takeEvents();
    node.rx(port, bytes);
    return node
      .takeEvents()
      .filter((e) => e.kindName === "STEP")
      .map((e) => `${e.code} ${e.a} ${e.b}`);
  };
  assert.deepEqual(steps(OUT, udpFrame(CLIENT, SERVICE, 20)), []);
  node.configure(new Messages().trace(2));
  assert.deepEqual(steps(OUT, udpFrame(CLIENT, SERVICE, 20)), [`2201 ${CLIENT.ip} ${S}`, `2202 ${U.ip} ${S}`]);
  const [from, own] = [`${U.ip} ${CLIENT.ip}`, `${U.ip} ${S}`];
  const passed = [`2203 ${from}`, `2204 ${own}`, `2205 ${own}`, `2207 ${from}`, `2208 ${from}`];
  assert.deepEqual(steps(IN, answer(U, CLIENT, INSIDE)), passed);
  const refused = [`2203 ${STRANGER.ip} ${CLIENT.ip}`, `2204 ${STRANGER.ip} ${S}`];
  assert.deepEqual(steps(IN, answer(STRANGER, CLIENT, INSIDE)), refused);
});
