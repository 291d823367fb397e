/** The reference of the anycast identifier against the vectors of docs/anycast-identifier.md §2.3, and its parties among themselves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseIp6 } from "../../../host-sim/core/address.js";
import {
  AUTHENTICATED,
  authenticator,
  header,
  type Identifier,
  insert,
  PLAIN,
  REQUEST,
  remove,
  walk,
} from "../../reference/anycast.js";
import {
  type Client,
  clientReceives,
  clientSends,
  PASS,
  type Router,
  routerForwards,
  type Server,
  serverReceives,
  serverSends,
} from "../../reference/anycast-parties.js";
import {
  ACCEPTED,
  CLAIMED,
  FULL,
  isProven,
  OLD_SEQUENCE,
  OTHER_EPOCH,
  type Registrant,
  type Registrar,
  readMessage,
  registrantHears,
  registrantStarts,
  registrantStops,
  registrantWaits,
  registrarHears,
  registrarReboots,
  WRONG_KEY,
  writeMessage,
} from "../../reference/anycast-registration.js";
import { bytes, ICMP6, UDP, writeIp6 } from "../../reference/ip.js";
import { echo, faults, seal, udp } from "../../reference/upper.js";

const of = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));
const counting = (first: number, length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => first + i);
const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const hex = (address: Uint8Array): string => Buffer.from(address).toString("hex");

const KEY = { id: 7, secret: counting(0, 32) };
const C = parseIp6("2001:db8:c::1");
const S = parseIp6("2001:db8:53::53");
const U = parseIp6("2001:db8:a::2");
const NONCE = counting(0xa0, 8);

const packet = (src: Uint8Array, dst: Uint8Array, next: number, payload: Uint8Array): Uint8Array =>
  writeIp6({ src, dst, next, payload: seal({ src, dst }, next, payload) });
const question = packet(C, S, UDP, udp(40000, 53, text("where is the lamp?")));
const answer = (src = S): Uint8Array => packet(src, C, UDP, udp(53, 40000, text("in the hall")));
const upperOf = (from: Uint8Array): Uint8Array => from.subarray(walk(from).upperAt);

const VECTORS = {
  request: "11 03 1e 1c 13 00 00 07 a0 a1 a2 a3 a4 a5 a6 a7 96 4f 99 1b d1 2b 3b 78 ee 2d cf 75 d9 f1 20 83",
  answer: `11 05 1e 2c 12 00 00 07 20 01 0d b8 00 53 00 00 00 00 00 00 00 00 00 53 a0 a1 a2 a3 a4 a5 a6 a7
    d6 b2 88 0d b9 d8 73 67 95 b4 bb 9a bf ab d2 60`,
  plain: "11 02 1e 14 11 00 00 00 20 01 0d b8 00 53 00 00 00 00 00 00 00 00 00 53",
  echo: `3a 05 1e 2c 12 00 00 07 20 01 0d b8 00 53 00 00 00 00 00 00 00 00 00 53 a0 a1 a2 a3 a4 a5 a6 a7
    16 e5 8f b0 0d d9 27 24 f9 a8 4d e1 8b 28 9c 6e`,
  register: `01 01 00 09 00 1e 0a 00 00 00 00 00 00 00 00 05 11 22 33 44 55 66 77 88 20 01 0d b8 00 53 00 00
    00 00 00 00 00 00 00 53 00 00 00 00 00 00 00 00 92 57 51 b7 aa 8a e5 33 15 1c e5 f0 81 63 05 6d`,
  reply: `01 02 00 09 00 1e 00 00 00 00 00 00 00 00 00 05 11 22 33 44 55 66 77 88 20 01 0d b8 00 53 00 00
    00 00 00 00 00 00 00 53 00 00 00 00 00 00 00 05 be 74 b6 5e 40 ff f4 20 36 3a 0f 37 77 d9 02 75`,
};

test("the vectors of the upper layers", () => {
  const sent = of("9c400035001ae0be 77686572652069732074686520 6c616d703f");
  assert.deepEqual(upperOf(question), sent);
  assert.deepEqual(upperOf(answer(U)), of("00359c40001327ab696e207468652068616c6c"));
  assert.deepEqual(upperOf(packet(U, C, ICMP6, echo(129, 0x1234, 5, text("ping")))), of("810032241234000570696e67"));
});

const signed = (form: number, from: Uint8Array, protocol: number): Identifier => {
  const id = { form, keyId: KEY.id, nonce: NONCE, ...(form === AUTHENTICATED ? { anycast: S } : {}) };
  const server = form === REQUEST ? S : U;
  return { ...id, authenticator: authenticator(KEY.secret, id, C, server, protocol, upperOf(from)) };
};

test("the vectors of the three forms, built and read", () => {
  const reply = packet(U, C, ICMP6, echo(129, 0x1234, 5, text("ping")));
  const cases: [string, Uint8Array, number, Identifier][] = [
    [VECTORS.request, question, UDP, signed(REQUEST, question, UDP)],
    [VECTORS.answer, answer(U), UDP, signed(AUTHENTICATED, answer(U), UDP)],
    [VECTORS.plain, answer(U), UDP, { form: PLAIN, keyId: 0, anycast: S }],
    [VECTORS.echo, reply, ICMP6, signed(AUTHENTICATED, reply, ICMP6)],
  ];
  for (const [vector, bare, protocol, id] of cases) {
    assert.deepEqual(header(protocol, id), of(vector));
    const whole = insert(bare, id);
    assert.deepEqual(whole.subarray(40), bytes(of(vector), upperOf(bare)));
    const none = { anycast: undefined };
    assert.deepEqual({ ...none, ...walk(whole).identifier }, { ...none, ...id });
    assert.deepEqual(remove(whole), bare);
  }
});
/** A packet whose extension headers are these bytes; `first` names the first of them. */
function chain(first: number, headers: Uint8Array, upper = upperOf(answer(U))): Uint8Array {
  return writeIp6({ src: U, dst: C, next: first, payload: bytes(headers, upper) });
}
const withByte = (from: Uint8Array, at: number, value: number): Uint8Array => {
  const copy = from.slice();
  copy[at] = value;
  return copy;
};

test("what is malformed, and what is no business of ours", () => {
  const plain = of(VECTORS.plain);
  const full = of(VECTORS.answer);
  const malformed: Record<string, Uint8Array> = {
    "version 2": chain(60, withByte(plain, 4, 0x21)),
    "form 4": chain(60, withByte(plain, 4, 0x14)),
    "byte 5": chain(60, withByte(plain, 5, 1)),
    "a key id in form 1": chain(60, withByte(plain, 7, 1)),
    "no key id in form 2": chain(60, withByte(full, 7, 0)),
    "the length of another form": chain(60, withByte(full, 4, 0x11)),
    "data length too short": chain(60, withByte(plain, 3, 18)),
    "beyond the header": chain(60, withByte(plain, 3, 21)),
    "S multicast": chain(60, withByte(plain, 8, 0xff)),
    "S link-local": chain(60, bytes(plain.subarray(0, 8), parseIp6("fe80::1"))),
    "S unspecified": chain(60, bytes(plain.subarray(0, 8), new Uint8Array(16))),
    "S loopback": chain(60, bytes(plain.subarray(0, 8), parseIp6("::1"))),
    "hop by hop": chain(0, plain),
    "two headers": chain(60, bytes(withByte(plain, 0, 60), plain)),
    "not last": chain(60, bytes(withByte(plain, 0, 60), of("110001040000 0000".replace(" ", "")))),
    "padding behind": chain(60, bytes(withByte(plain, 1, 3), of("0106000000000000"))),
    "padding in front": chain(60, bytes(of("11030104000000 00".replace(" ", "")), plain.subarray(2), of("0100"))),
    "in front of a fragment header": chain(60, bytes(withByte(plain, 0, 44), of("1100000000000001"))),
    "in front of TCP": chain(60, withByte(plain, 0, 6), new Uint8Array(20)),
  };
  for (const [what, built] of Object.entries(malformed)) {
    const { malformed: is, identifier } = walk(built);
    assert.deepEqual([is, identifier], [true, undefined], what);
  }
  for (const what of ["version 2", "beyond the header"]) {
    const { verdict } = clientReceives(list(), malformed[what], 0);
    assert.equal(verdict, what === "beyond the header" ? "BAD_OPTION" : "ANYCAST_FORM", what);
  }
  const behind = walk(chain(44, bytes(of("3c00000000000001"), plain)));
  assert.deepEqual([behind.malformed, behind.identifier?.form], [false, PLAIN]);
  const other = walk(chain(60, of("1100010400000000")));
  assert.deepEqual([other.malformed, other.identifier], [false, undefined]);
});

const list = (key?: typeof KEY): Client => ({ list: new Map([[hex(S), key]]), timeout: 30_000, capacity: 4, rows: [] });
const pairs = (keys: (typeof KEY)[]): Server => ({
  pairs: new Map([[hex(S), { unicast: U, keys }]]),
  capacity: 4,
  memory: [],
});

test("request and answer, with a key and without: the application sees an answer from S", () => {
  for (const key of [KEY, undefined]) {
    const sent = clientSends(list(key), question, NONCE, 0);
    if (key) assert.deepEqual(sent.packet!.subarray(40, 72), of(VECTORS.request));
    const got = serverReceives(pairs(key ? [key] : []), sent.packet!, 1);
    assert.deepEqual([got.verdict, got.packet], [PASS, question]);
    const back = serverSends(got.state, answer(), 2);
    assert.deepEqual(back.packet!.subarray(40, key ? 88 : 64), of(key ? VECTORS.answer : VECTORS.plain));
    assert.deepEqual(faults(remove(back.packet!)), []);
    const first = clientReceives(sent.state, back.packet!, 3);
    assert.deepEqual([first.verdict, first.packet], [PASS, answer()]);
    assert.equal(clientReceives(first.state, back.packet!, 4).verdict, "ANYCAST_UNASKED");
    assert.equal(clientReceives(sent.state, back.packet!, 30_000).verdict, "ANYCAST_UNASKED");
    assert.equal(clientReceives(sent.state, answer(U), 3).verdict, "ANYCAST_MISSING");
    assert.equal(clientReceives(sent.state, answer(), 3).verdict, key ? "ANYCAST_MISSING" : PASS);
  }
});

test("two requests of one socket: both answers arrive, a plain one in between takes nothing away", () => {
  const one = clientSends(list(KEY), question, NONCE, 0);
  const two = clientSends(one.state, question, counting(0xb0, 8), 1);
  let server = pairs([KEY]);
  for (const sent of [one.packet!, question, two.packet!]) server = serverReceives(server, sent, 2).state;
  let client = two.state;
  for (let i = 0; i < 2; i++) {
    const said = serverSends(server, answer(), 3);
    server = said.state;
    const heard = clientReceives(client, said.packet!, 4);
    assert.equal(heard.verdict, PASS);
    client = heard.state;
  }
  const third = serverSends(server, answer(), 5);
  assert.equal(clientReceives(client, third.packet!, 6).verdict, "ANYCAST_UNASKED");
});

test("a damaged plain answer does not use up the request", () => {
  const sent = clientSends(list(), question, NONCE, 0);
  const back = serverSends(pairs([]), answer(), 0).packet!;
  const hurt = clientReceives(sent.state, withByte(back, back.length - 1, 0), 1);
  assert.deepEqual([hurt.verdict, hurt.state], ["BAD_CHECKSUM", sent.state]);
  assert.equal(clientReceives(hurt.state, back, 1).verdict, PASS);
});

test("every bit of an authenticated answer is proven", () => {
  const sent = clientSends(list(KEY), question, NONCE, 0);
  const back = serverSends(serverReceives(pairs([KEY]), sent.packet!, 0).state, answer(), 0).packet!;
  fc.assert(
    fc.property(fc.integer({ min: 8 * 8, max: back.length * 8 - 1 }), (bit) => {
      const flipped = withByte(back, bit >> 3, back[bit >> 3] ^ (1 << (bit & 7)));
      const { verdict, state } = clientReceives(sent.state, flipped, 1);
      assert.deepEqual(state, sent.state);
      // A flip of the destination, of a port or of the next header leaves a packet that is about nothing that was asked.
      if (verdict !== PASS) return assert.match(verdict, /^(ANYCAST|BAD)_/);
      const walked = walk(flipped);
      assert.ok(!walked.identifier, `bit ${bit} of the packet was flipped and nobody minded`);
    }),
    { numRuns: 800 },
  );
});

test("the boundary router", () => {
  const router: Router = {
    inside: new Set(["lan", "other"]),
    anycast: new Map([[hex(S), [KEY]]]),
    servers: [{ unicast: hex(U), anycast: hex(S), cost: 10, hops: 0 }],
    route: (address) => (address[5] === 0xa ? "lan" : address[5] === 0xb ? "other" : "wan"),
  };
  const plain = (src: Uint8Array) =>
    insert(packet(src, C, UDP, udp(53, 40000, text("x"))), { form: PLAIN, keyId: 0, anycast: S });
  const inside = parseIp6("2001:db8:a::bad");
  const genuine = insert(answer(U), signed(AUTHENTICATED, answer(U), UDP));
  const forged = withByte(genuine, genuine.length - 1, 0);
  const cases: [string, Uint8Array, string][] = [
    [PASS, plain(U), "lan"],
    ["ANYCAST_SOURCE", plain(U), "other"],
    ["ANYCAST_SOURCE", plain(U), "wan"],
    ["ANYCAST_SERVER", plain(inside), "lan"],
    ["ANYCAST_OUTSIDE", plain(C), "wan"],
    [PASS, genuine, "lan"],
    ["ANYCAST_FORGED", forged, "lan"],
    [PASS, answer(S), "lan"],
    ["ANYCAST_SOURCE", answer(S), "other"],
    [PASS, question, "wan"],
  ];
  for (const [verdict, sent, port] of cases) assert.equal(routerForwards(router, sent, port, 0).verdict, verdict);
  assert.equal(routerForwards(router, question, "wan", 0).to, hex(U));
  assert.equal(routerForwards({ ...router, servers: [] }, question, "wan", 0).verdict, "UNREACHABLE");
});

const REGISTRATION_KEY = { id: 9, secret: counting(0x20, 32) };
const ROUTER = parseIp6("2001:db8:a::1");
const EPOCH = 0x1122334455667788n;

test("the vectors of the registration", () => {
  const { id: keyId, secret } = REGISTRATION_KEY;
  const asked = { type: 1, keyId, lifetime: 30, costOrStatus: 10, sequence: 5n, epoch: EPOCH, anycast: S, last: 0n };
  assert.deepEqual(writeMessage(asked, secret, U, ROUTER), of(VECTORS.register));
  assert.deepEqual(readMessage(of(VECTORS.register)), asked);
  const heard = registrarHears(registrar(), arrived(of(VECTORS.register)), true, 0, 1n);
  assert.deepEqual(heard.out, of(VECTORS.reply));
  assert.ok(isProven(of(VECTORS.reply), secret, ROUTER, U));
});

function registrar(capacity = 4): Registrar {
  return { epoch: EPOCH, capacity, keys: [{ ...REGISTRATION_KEY, anycast: new Set([hex(S)]) }], places: [] };
}
const arrived = (payload: Uint8Array, source = U) => ({
  source,
  port: 1021,
  destination: ROUTER,
  hopLimit: 64,
  payload,
});

test("the router's answers, in their order", () => {
  const key = REGISTRATION_KEY;
  const other = { id: 10, secret: counting(0x40, 32), anycast: new Set([hex(S)]) };
  const base = { ...registrar(1), keys: [...registrar().keys, other] };
  const say = (state: Registrar, more: object = {}, now = 0, by = key, source = U) => {
    const asked = {
      type: 1,
      keyId: by.id,
      lifetime: 30,
      costOrStatus: 1,
      sequence: 5n,
      epoch: EPOCH,
      anycast: S,
      last: 0n,
    };
    const heard = registrarHears(
      state,
      arrived(writeMessage({ ...asked, ...more }, by.secret, source, ROUTER), source),
      true,
      now,
      99n,
    );
    return { ...heard, reply: readMessage(heard.out!)! };
  };
  const first = say(base);
  assert.deepEqual([first.reply.costOrStatus, first.reply.lifetime, first.reply.last], [ACCEPTED, 30, 5n]);
  assert.equal(say(base, { lifetime: 65535 }).reply.lifetime, 3600);
  assert.equal(say(base, { anycast: C, epoch: 0n }).reply.costOrStatus, WRONG_KEY);
  assert.equal(say(first.state, { epoch: 0n }).reply.costOrStatus, OTHER_EPOCH);
  assert.equal(say(first.state, {}, 0, other).reply.costOrStatus, CLAIMED);
  const late = say(first.state);
  assert.deepEqual([late.reply.costOrStatus, late.reply.last, late.state], [OLD_SEQUENCE, 5n, first.state]);
  assert.equal(say(first.state, {}, 0, key, C).reply.costOrStatus, FULL);
  const after = say(first.state, {}, 30_000, key, C);
  assert.deepEqual([after.reply.costOrStatus, after.state.epoch], [ACCEPTED, 99n]);
  const gone = say(first.state, { sequence: 6n, lifetime: 0 });
  assert.deepEqual(
    [gone.reply.costOrStatus, say(gone.state, { sequence: 6n }).reply.costOrStatus],
    [ACCEPTED, OLD_SEQUENCE],
  );
  assert.equal(registrarReboots(first.state, 1000, 3n).places[0].ends, 31_000);
});

test("the router discards what is not proven", () => {
  const right = of(VECTORS.register);
  const hear = (payload: Uint8Array, inside = true) =>
    registrarHears(registrar(), arrived(payload), inside, 0, 1n).verdict;
  assert.equal(hear(right, false), "ANYCAST_REGISTRATION");
  const from = (more: object, routed?: boolean) =>
    registrarHears(registrar(), { ...arrived(right), ...more }, true, 0, 1n, routed).verdict;
  assert.equal(from({}), PASS);
  assert.equal(from({ hopLimit: 65 }), "ANYCAST_REGISTRATION");
  assert.equal(from({ port: 1022 }), "ANYCAST_REGISTRATION");
  assert.equal(from({}, false), "ANYCAST_SOURCE");
  assert.equal(hear(right.subarray(1)), "ANYCAST_REGISTRATION");
  assert.equal(hear(withByte(right, 0, 2)), "ANYCAST_REGISTRATION");
  assert.equal(hear(withByte(right, 1, 2)), "ANYCAST_REGISTRATION");
  assert.equal(hear(withByte(right, 3, 8)), "ANYCAST_KEY");
  for (let at = 4; at < 64; at++) assert.equal(hear(withByte(right, at, right[at] ^ 1)), "ANYCAST_FORGED");
});

test("a server registers, renews, and survives a reboot of the router", () => {
  const start: Registrant = {
    unicast: U,
    router: ROUTER,
    anycast: S,
    key: REGISTRATION_KEY,
    lifetime: 30,
    cost: 10,
    phase: "SILENT",
    sequence: 0n,
    epoch: 0n,
    asked: false,
    unanswered: 0,
    atOnce: 0,
    due: 0,
  };
  let table = registrar();
  /** What the router answers, until the server has nothing more to say. */
  const converse = (said: { state: Registrant; out?: Uint8Array }, now: number): Registrant => {
    let { state, out } = said;
    while (out) {
      const heard = registrarHears(table, arrived(out), true, now, 1n);
      table = heard.state;
      const back = { source: ROUTER, port: 1021, destination: U, hopLimit: 64, payload: heard.out! };
      const wrong = withByte(heard.out!, 50, heard.out![50] ^ 1);
      assert.equal(registrantHears(state, { ...back, payload: wrong }, now).verdict, "ANYCAST_FORGED");
      const next = registrantHears(state, back, now);
      assert.equal(registrantHears({ ...next.state, asked: false }, back, now).verdict, "ANYCAST_REGISTRATION");
      ({ state, out } = next);
    }
    return state;
  };
  let server = converse(registrantStarts(start, 0), 0);
  assert.deepEqual([server.phase, server.epoch, server.due, table.places.length], ["REGISTERED", EPOCH, 15_000, 1]);
  table = registrarReboots(table, 10_000, 0x77n);
  server = converse(registrantWaits(server, 15_000), 15_000);
  assert.deepEqual([server.phase, server.epoch, table.places[0].ends], ["REGISTERED", 0x77n, 45_000]);
  const waits = [];
  for (let step = registrantWaits(server, 30_000), now = 30_000; waits.length < 6; ) {
    waits.push((step.state.due - now) / 1000);
    now = step.state.due;
    step = registrantWaits(step.state, now);
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 16]);
  const stop = registrantStops(server);
  table = registrarHears(table, arrived(stop.out!), true, 40_000, 1n).state;
  assert.equal(table.places[0].ends, 40_000);
});
