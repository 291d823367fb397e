/** The mobile node's side of route optimization, RFC 6275 §11.6-11.7: tests, Binding Updates, data, moves, and what is not believed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Messages } from "../../../host-sim/core/messages.js";
import { addr, type Bytes, be16, cat, icmpError, ip6, mobility, sealed, tunnel, udp } from "./mobile-frames.js";
import { A, AGENT, AT_HOME, B, PEER as CN, HOME, type Update, World } from "./mobile-world.js";
import { authenticator, type Token, testFrame } from "./return-frames.js";

const data = new Uint8Array(8);
const HOME_TOKEN: Token = { index: 11, token: Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1) };
const CARE_TOKEN: Token = { index: 12, token: Uint8Array.of(2, 2, 2, 2, 2, 2, 2, 2) };
const OTHER = "2001:db8:8::1002";

/** A correspondent that the test plays; `seq` of its last Binding Update. */
interface Asked {
  cookies: { home?: Bytes; careOf?: Bytes };
}
function world(program: number[] = [10001, 11001]): { w: World; u: Update } {
  const w = new World({ program: null });
  const settings = new Messages().optimize(addr("2001:db8:8::"), 64);
  for (const n of program) settings.program(n, true);
  w.configure(settings);
  w.link = A;
  w.advertise();
  const [u] = w.updates();
  w.acknowledge(u);
  w.forget();
  return { w, u };
}
/** Data to the correspondent: what leaves. */
function talk(w: World, to = CN): string[] {
  w.sent();
  w.fromApp(udp(HOME, to, 7000, 7001, data));
  return w.sent(/UDP|MH/).map((s) => s.text);
}
/** HoTI and CoTI that left since the last call. */
function asked(w: World, frames = w.sent(/HoTI|CoTI/)): Asked["cookies"] {
  const cookies: Asked["cookies"] = {};
  for (const { bytes, text } of frames) {
    if (/HoTI/.test(text)) cookies.home = bytes.slice(-8);
    else cookies.careOf = bytes.slice(-8);
  }
  return cookies;
}
const hot = (coa: string, cookie: Bytes, t = HOME_TOKEN, from = CN): Bytes =>
  tunnel(AGENT, coa, testFrame(3, from, HOME, cookie, t));
const cot = (coa: string, cookie: Bytes, t = CARE_TOKEN, from = CN): Bytes => testFrame(4, from, coa, cookie, t);

/** UDP in IPv4, its checksum left out. */
function udp4(src: string, dst: string, payload: Bytes): Bytes {
  const ip4 = (text: string): number[] => text.split(".").map(Number);
  const length = be16(28 + payload.length);
  const head = [0x45, 0, ...length, 0, 0, 0x40, 0, 64, 17, 0, 0, ...ip4(src), ...ip4(dst)];
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += head[i] * 256 + head[i + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  head.splice(10, 2, ...be16(~sum & 0xffff));
  return cat(head, be16(7000), be16(7001), be16(8 + payload.length), [0, 0], payload);
}
interface Bu {
  seq: number;
  lifetime: number;
  mh: Bytes;
  packet: Bytes;
}
function bu(frames: { bytes: Bytes }[]): Bu {
  assert.equal(frames.length, 1, "one Binding Update");
  const packet = frames[0].bytes.slice(14);
  const mh = packet.slice(packet[6] === 60 ? 64 : 40);
  return { seq: mh[6] * 256 + mh[7], lifetime: mh[10] * 256 + mh[11], mh, packet };
}
/** Answers both tests; the Binding Update that follows. */
function prove(w: World, coa: string, cookies: Asked["cookies"]): Bu {
  if (cookies.home) w.give(hot(coa, cookies.home));
  if (cookies.careOf) w.give(cot(coa, cookies.careOf));
  return bu(w.sent(/MH BU/));
}
/** A signed acknowledgement of the correspondent. */
function acknowledgement(
  coa: string,
  seq: number,
  o: { status?: number; lifetime?: number; signed?: string; home?: boolean; unsigned?: boolean; key?: Token } = {},
): Bytes {
  const head = [59, o.unsigned ? 1 : 3, 6, 0, 0, 0, o.status ?? 0, 0, ...be16(seq), ...be16(o.lifetime ?? 10)];
  let mh = cat(head, o.unsigned ? [1, 2, 0, 0] : [1, 4, 0, 0, 0, 0, 5, 12, ...new Uint8Array(12)]);
  if (!o.unsigned) {
    const second = o.home ? undefined : CARE_TOKEN.token;
    const proof = authenticator((o.key ?? HOME_TOKEN).token, second, o.signed ?? (o.home ? HOME : coa), CN, mh);
    mh = cat(mh.slice(0, -12), proof);
  }
  return mobility(CN, HOME, o.home ? undefined : coa, mh);
}
/** The same message to the home address itself. */
const direct = (packet: Bytes): Bytes => ip6(CN, HOME, 135, packet.slice(64));
function bound(program?: number[], lifetime = 10): { w: World; u: Update; first: Bu } {
  const { w, u } = world(program);
  w.fromApp(udp(HOME, CN, 7000, 7001, data));
  const first = prove(w, u.coa, asked(w));
  w.give(acknowledgement(u.coa, first.seq, { lifetime }));
  w.sent();
  return { w, u, first };
}
const DIRECT = /^IP6 2001:db8:a:\S+ > 2001:db8:8::1001 \| DO home address 2001:db8:7::1000/;
const TUNNELLED = /^IP6 2001:db8:a:\S+ > 2001:db8:7::1 \| IP6 2001:db8:7::1000 > 2001:db8:8::1001/;

test("the first packet goes through the tunnel, and asks: HoTI through it, CoTI directly", () => {
  const { w, u } = world();
  const [first, ...tests] = talk(w);
  assert.match(first, TUNNELLED);
  assert.match(first, /UDP/);
  assert.equal(tests.length, 2);
  assert.match(tests[0], TUNNELLED);
  assert.match(tests[0], /HoTI/);
  assert.match(tests[1], new RegExp(`^IP6 ${u.coa} > ${CN} .*CoTI`));
  // Not again for each packet.
  assert.equal(talk(w).length, 1);
});
test("correspondents outside the prefixes, and without Message.OPTIMIZE, are asked for nothing", () => {
  const { w } = world();
  assert.equal(talk(w, "2001:db8:9::1").length, 1);
});
test("both tokens: a Binding Update with the bytes of §6.1.7, §6.2.6, §6.2.7", () => {
  const { w, u } = world();
  talk(w);
  w.forget();
  const { w: again, u: v } = world();
  again.fromApp(udp(HOME, CN, 7000, 7001, data));
  const { mh, packet, seq, lifetime } = prove(again, v.coa, asked(again));
  assert.equal(u.coa, v.coa);
  assert.ok(lifetime <= 15 && lifetime >= 14, "not beyond the home registration");
  const expected = cat(
    [59, 3, 5, 0, mh[4], mh[5], ...be16(seq), 0x80, 0, ...be16(lifetime)],
    [4, 4, ...be16(11), ...be16(12), 5, 12],
    new Uint8Array(12),
  );
  expected.set(authenticator(HOME_TOKEN.token, CARE_TOKEN.token, v.coa, CN, expected), 20);
  assert.deepEqual(Buffer.from(mh).toString("hex"), Buffer.from(expected).toString("hex"));
  const whole = ip6(
    v.coa,
    CN,
    60,
    cat(
      [135, 2, 1, 2, 0, 0, 0xc9, 16],
      addr(HOME),
      sealed(
        mh.map((b, i) => (i === 4 || i === 5 ? 0 : b)),
        4,
        135,
        HOME,
        CN,
      ),
    ),
  );
  assert.deepEqual(Buffer.from(packet).toString("hex"), Buffer.from(whole).toString("hex"));
});
test("acknowledged: data goes directly, with the steps of Fig. 20; data by a routing header comes in", () => {
  const { w, u } = world();
  w.fromApp(udp(HOME, CN, 7000, 7001, data));
  const { seq } = prove(w, u.coa, asked(w));
  w.node.takeEvents();
  w.give(acknowledgement(u.coa, seq));
  const events = w.node.takeEvents();
  assert.deepEqual(
    events.filter((e) => e.kindName === "STEP").map((e) => e.code),
    [532, 71, 72, 74, 75, 533, 76, 534, 535, 61, 536, 92, 93],
  );
  assert.ok(events.some((e) => e.kindName === "OPTIMIZED" && e.code === 1 && e.a === CN && e.b === u.coa));
  assert.match(talk(w)[0], DIRECT);
  assert.deepEqual(
    w.node
      .takeEvents()
      .filter((e) => e.kindName === "STEP")
      .map((e) => e.code),
    [513, 101, 102, 103, 544],
  );
  const inside = udp(CN, HOME, 7001, 7000, data);
  w.give(ip6(CN, u.coa, 43, cat([17, 2, 2, 1, 0, 0, 0, 0], addr(HOME), inside.slice(40))));
  const [app] = w.sent(/UDP/);
  assert.equal(Buffer.from(app.bytes).toString("hex"), Buffer.from(inside).toString("hex"));
  const row = w.bindingList().find((r) => r.agent === CN);
  assert.deepEqual({ coa: row?.coa, state: row?.state }, { coa: u.coa, state: 2 });
});
test("fragments by a routing header reach the application as they come; protected ones and signalling are the core's", () => {
  const { w, u } = bound();
  const whole = udp(CN, HOME, 7001, 7000, new Uint8Array(3000).fill(9)).slice(40);
  const piece = (next: number, from: number, part: Bytes): Bytes =>
    cat([next, 0], be16(from | (from + part.length < whole.length ? 1 : 0)), [0, 0, 0, 77], part);
  for (let from = 0; from < whole.length; from += 1200) {
    const part = whole.slice(from, from + 1200);
    w.give(ip6(CN, u.coa, 43, cat([44, 2, 2, 1, 0, 0, 0, 0], addr(HOME), piece(17, from, part))));
    const [app] = w.sent().filter(({ port }) => port === 1);
    assert.deepEqual(app.bytes, ip6(CN, HOME, 44, piece(17, from, part)), `from byte ${from} on`);
  }
  for (const next of [50, 51, 135]) {
    w.give(ip6(CN, u.coa, 43, cat([44, 2, 2, 1, 0, 0, 0, 0], addr(HOME), piece(next, 0, whole.slice(0, 1200)))));
    assert.deepEqual(w.sent(), [], `next header ${next}`);
  }
});
test("program 10011: what was IPv4 goes directly too, with the steps of Fig. 20", () => {
  const w = new World({ program: null });
  const settings = new Messages().pool4(Uint8Array.of(10, 0, 0, 0), 24, 1).optimize(addr("2001:db8:8::"), 64);
  w.configure(
    settings
      .program(10000, true)
      .program(10011, true)
      .translation(addr(CN), Uint8Array.of(10, 9, 9, 9)),
  );
  const u = w.roam(A);
  const own = w.node.takeEvents().find((e) => e.kindName === "APPLICATION" && e.code === 4);
  assert.ok(own);
  const packet = udp4(own.a, "10.9.9.9", data);
  w.fromApp(packet);
  const { seq } = prove(w, u.coa, asked(w));
  w.node.takeEvents();
  w.give(acknowledgement(u.coa, seq));
  const steps = w.node.takeEvents().filter((e) => e.kindName === "STEP");
  assert.deepEqual(
    steps.map((e) => e.code),
    [532, 71, 72, 74, 75, 533, 76, 534, 535, 61, 536, 83, 84, 82, 537],
  );
  w.sent();
  w.fromApp(packet);
  assert.match(w.sent(/UDP/)[0].text, DIRECT);
  const inside = udp(CN, HOME, 7001, 7000, data);
  w.give(ip6(CN, u.coa, 43, cat([17, 2, 2, 1, 0, 0, 0, 0], addr(HOME), inside.slice(40))));
  const [app] = w.sent(/UDP/);
  assert.match(app.text, new RegExp(`10.9.9.9 > ${own.a} .*UDP 7001 > 7000`));
});
test("without a program for it the correspondent's acknowledgement starts nothing, and it is not asked again at once", () => {
  const { w, u } = world([10001]);
  w.fromApp(udp(HOME, CN, 7000, 7001, data));
  const { seq } = prove(w, u.coa, asked(w));
  assert.deepEqual(
    w.node.dropsOf(() => w.give(acknowledgement(u.coa, seq))),
    { NO_PROGRAM: 1 },
  );
  const said = talk(w);
  assert.equal(said.length, 1);
  assert.match(said[0], TUNNELLED);
});
test("answers that nobody asked for, or by another way, or with another cookie, change nothing", () => {
  const { w, u } = world();
  w.fromApp(udp(HOME, CN, 7000, 7001, data));
  const { home, careOf } = asked(w);
  assert.ok(home && careOf);
  const wrong = home.map((b) => b ^ 1);
  const cases: [string, Bytes][] = [
    ["home cookie", hot(u.coa, wrong)],
    ["care-of cookie", cot(u.coa, wrong)],
    ["cookies exchanged", cot(u.coa, home)],
    ["another correspondent", cot(u.coa, careOf, CARE_TOKEN, OTHER)],
    ["HoT directly to the care-of address", testFrame(3, CN, u.coa, home, HOME_TOKEN)],
    ["CoT through the tunnel", tunnel(AGENT, u.coa, testFrame(4, CN, u.coa, careOf, CARE_TOKEN))],
    ["CoT to the home address", tunnel(AGENT, u.coa, testFrame(4, CN, HOME, careOf, CARE_TOKEN))],
    ["HoT by a routing header", mobility(CN, HOME, u.coa, cat([59, 2, 3, 0, 0, 0, 0, 11], home, HOME_TOKEN.token))],
  ];
  for (const [name, packet] of cases) {
    const drops = w.node.dropsOf(() => w.give(packet));
    assert.equal(Object.keys(drops).length, 1, `${name}: ${JSON.stringify(drops)}`);
    assert.equal(w.sent(/MH BU/).length, 0, name);
  }
  prove(w, u.coa, { home, careOf });
});
test("an acknowledgement counts when it is proved, by the right way, for a Binding Update that is out", () => {
  const { w, u } = world();
  w.fromApp(udp(HOME, CN, 7000, 7001, data));
  const { seq } = prove(w, u.coa, asked(w));
  const cases: [string, Bytes, string][] = [
    ["unsigned", acknowledgement(u.coa, seq, { unsigned: true }), "BA_UNEXPECTED"],
    ["another key", acknowledgement(u.coa, seq, { key: CARE_TOKEN }), "BA_UNEXPECTED"],
    ["another care-of address", acknowledgement(u.coa, seq, { signed: HOME }), "BA_UNEXPECTED"],
    ["without routing header", direct(acknowledgement(u.coa, seq)), "BA_UNEXPECTED"],
    ["another sequence number", acknowledgement(u.coa, seq + 1), "BA_SEQUENCE"],
    ["unsigned refusal", acknowledgement(u.coa, seq, { unsigned: true, status: 130 }), "BA_UNEXPECTED"],
  ];
  for (const [name, packet, reason] of cases) {
    assert.deepEqual(
      w.node.dropsOf(() => w.give(packet)),
      { [reason]: 1 },
      name,
    );
    assert.match(talk(w)[0], TUNNELLED, name);
  }
  w.give(acknowledgement(u.coa, seq));
  assert.match(talk(w)[0], DIRECT);
});
test("statuses: 135 continues behind the correspondent's number, 136-138 ask for tokens anew, others wait", () => {
  const { w, u } = world();
  w.fromApp(udp(HOME, CN, 7000, 7001, data));
  const { seq } = prove(w, u.coa, asked(w));
  w.give(acknowledgement(u.coa, (seq + 500) & 0xffff, { status: 135 }));
  const next = bu(w.sent(/MH BU/));
  assert.equal(next.seq, (seq + 501) & 0xffff);
  w.give(acknowledgement(u.coa, next.seq, { status: 136, unsigned: true }));
  let cookies = asked(w);
  assert.ok(cookies.home && !cookies.careOf);
  let bu2 = prove(w, u.coa, cookies);
  w.give(acknowledgement(u.coa, bu2.seq, { status: 137, unsigned: true }));
  cookies = asked(w);
  assert.ok(!cookies.home && cookies.careOf);
  bu2 = prove(w, u.coa, cookies);
  w.give(acknowledgement(u.coa, bu2.seq, { status: 138, unsigned: true }));
  cookies = asked(w);
  assert.ok(cookies.home && cookies.careOf);
  bu2 = prove(w, u.coa, cookies);
  w.give(acknowledgement(u.coa, bu2.seq, { status: 130 }));
  w.pass(10_000);
  assert.equal(w.sent(/HoTI|CoTI|MH BU.* > 2001:db8:8/).length, 0);
  assert.match(talk(w)[0], TUNNELLED);
});
test("a correspondent that says 138 for ever is not asked for ever", () => {
  const { w, u } = world();
  w.fromApp(udp(HOME, CN, 7000, 7001, data));
  let rounds = 0;
  for (let cookies = asked(w); cookies.home && rounds < 20; rounds++) {
    const { seq } = prove(w, u.coa, cookies);
    w.give(acknowledgement(u.coa, seq, { status: 138, unsigned: true }));
    cookies = asked(w);
  }
  assert.equal(rounds, 5);
});
test("silence: four transmissions, doubled, then nothing for a while; a Binding Error or Parameter Problem says it at once", () => {
  const { w } = world();
  w.fromApp(udp(HOME, CN, 7000, 7001, data));
  w.pass(40_000);
  const times = w.sent(/CoTI/).map((s) => s.at);
  assert.deepEqual(
    times.slice(1).map((t, i) => t - times[i]),
    [1000, 2000, 4000],
  );
  assert.equal(talk(w).length, 1);
  for (const say of [
    (coa: string) => ip6(CN, coa, 135, sealed(cat([59, 2, 7, 0, 0, 0, 2, 0], new Uint8Array(16)), 4, 135, CN, coa)),
    (coa: string, coti: Bytes) => icmpError(CN, coa, 4, 1, 40, coti),
  ]) {
    const { w: other, u } = world();
    other.fromApp(udp(HOME, CN, 7000, 7001, data));
    const coti = other.sent(/CoTI/)[0].bytes.slice(14);
    other.give(say(u.coa, coti));
    other.pass(5000);
    assert.deepEqual(
      other.sent(/CoTI|HoTI/).filter((s) => s.port === 0),
      [],
    );
  }
});
test("Binding Error status 1: the row goes, data takes the tunnel, and a second later the correspondent is asked again", () => {
  const { w, u } = bound();
  const be = ip6(CN, u.coa, 135, sealed(cat([59, 2, 7, 0, 0, 0, 1, 0], addr(HOME)), 4, 135, CN, u.coa));
  // Nothing was sent that could have caused it.
  w.pass(5000);
  assert.deepEqual(
    w.node.dropsOf(() => w.give(be)),
    { BE_UNEXPECTED: 1 },
  );
  assert.match(talk(w)[0], DIRECT);
  w.node.takeEvents();
  w.give(be);
  assert.deepEqual(
    w.node
      .takeEvents()
      .filter((e) => e.kindName === "STEP")
      .map((e) => e.code),
    [76, 534, 535, 61, 536, 92, 94],
  );
  assert.equal(w.bindingList().length, 1);
  const said = talk(w);
  assert.equal(said.length, 1);
  assert.match(said[0], TUNNELLED);
  w.pass(1100);
  assert.equal(talk(w).length, 3);
});
test("a move: the old way is left at once; the home token is used again, only the care-of address is tested", () => {
  const { w } = bound();
  w.carrier(false);
  w.link = B;
  w.carrier(true);
  w.forget();
  w.advertise();
  const [u] = w.updates();
  const drops = w.node.dropsOf(() => w.fromApp(udp(HOME, CN, 7000, 7001, data)));
  assert.deepEqual(drops, { NO_BINDING: 1 });
  w.acknowledge(u);
  const cookies = asked(w);
  assert.ok(!cookies.home && cookies.careOf);
  assert.match(talk(w)[0], /^IP6 2001:db8:b:\S+ > 2001:db8:7::1 /);
  const { seq } = prove(w, u.coa, cookies);
  w.give(acknowledgement(u.coa, seq));
  assert.match(talk(w)[0], /^IP6 2001:db8:b:\S+ > 2001:db8:8::1001 /);
});
test("back at home the binding is taken away with the home token alone", () => {
  const { w } = bound();
  const home = w.roam(AT_HOME);
  assert.equal(home.lifetime, 0);
  const { mh, packet, lifetime, seq } = bu(w.sent(/MH BU/));
  assert.equal(packet[6], 135);
  assert.equal(lifetime, 0);
  assert.deepEqual([...mh.slice(-12)], [...authenticator(HOME_TOKEN.token, undefined, HOME, CN, mh)]);
  w.give(acknowledgement("", seq, { home: true, lifetime: 0 }));
  assert.deepEqual(w.bindingList(), []);
  w.pass(20_000);
  assert.equal(w.sent(/MH BU/).length, 0);
});
test("refreshed before its end while it is used, and left to end when it is not", () => {
  const used = bound().w;
  used.pass(25_000);
  used.fromApp(udp(HOME, CN, 7000, 7001, data));
  used.sent();
  used.pass(6_000);
  assert.ok(used.sent(/MH BU .*lifetime .* A$/).length >= 1);
  const unused = bound().w;
  unused.pass(41_000);
  assert.equal(unused.bindingList().filter((r) => r.agent === CN).length, 0);
});
test("more correspondents than rows: those who are bound stay", () => {
  const { w } = bound();
  for (let i = 0; i < 40; i++) w.fromApp(udp(HOME, `2001:db8:8::2:${i.toString(16)}`, 7000, 7001, data));
  w.sent();
  assert.match(talk(w)[0], DIRECT);
  w.pass(20_000);
  assert.match(talk(w)[0], DIRECT);
});
