/** The correspondent's side of route optimization, RFC 6275 §9: what binds, what is refused, what is not even answered. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Messages } from "../../../host-sim/core/messages.js";
import { acknowledgement, CN, COA, Correspondent, cookie, HOME, OTHER } from "./correspondent-world.js";
import { addr, cat, echo, ip6, udp } from "./mobile-frames.js";
import { authenticator, bindingUpdate, coti, hoti, withHomeAddress } from "./return-frames.js";

const data = new Uint8Array(8);
const at = (address: string, bytes: Uint8Array, offset: number): boolean =>
  Buffer.from(addr(address)).equals(Buffer.from(bytes.slice(offset, offset + 16)));
/** UDP from the mobile node away from home: the checksum is about the home address. */
const direct = (coa = COA, home = HOME): Uint8Array =>
  withHomeAddress(coa, CN, home, 17, udp(home, CN, 7000, 7001, data).slice(40));

test("a test is answered to its source, with its cookie, and nothing is remembered", () => {
  const c = new Correspondent();
  const [hot] = c.give(hoti(HOME, CN, cookie(7)));
  assert.match(hot.text, /^IP6 2001:db8:8::1001 > 2001:db8:7::1000 .*HoT/);
  assert.deepEqual([...hot.bytes.slice(48, 56)], [...cookie(7)]);
  const [cot] = c.give(coti(COA, CN, cookie(9)));
  assert.match(cot.text, /^IP6 2001:db8:8::1001 > 2001:db8:a::5 .*CoT/);
  assert.deepEqual([...cot.bytes.slice(48, 56)], [...cookie(9)]);
  // The same question has the same token; another address and the other kind have others.
  const token = (bytes: Uint8Array) => Buffer.from(bytes.slice(56, 64)).toString("hex");
  assert.equal(token(c.give(hoti(HOME, CN, cookie(1)))[0].bytes), token(hot.bytes));
  assert.notEqual(token(c.give(coti(HOME, CN, cookie(1)))[0].bytes), token(hot.bytes));
  assert.notEqual(token(c.give(hoti(COA, CN, cookie(1)))[0].bytes), token(hot.bytes));
  assert.deepEqual(c.bindings(), []);
});
test("switched off it knows none of these messages and says so", () => {
  const c = new Correspondent({ on: false });
  const [be] = c.give(hoti(HOME, CN, cookie(1)));
  assert.match(be.text, /BE status 2/);
  c.pass(1000);
  assert.deepEqual(
    c.node.dropsOf(() => c.give(coti(COA, CN, cookie(1)))),
    { MH_UNKNOWN: 1 },
  );
});
test("a proved Binding Update binds; the acknowledgement goes by a routing header and is proved too", () => {
  const c = new Correspondent();
  const tokens = c.tokens();
  const [ack, ...more] = c.update({ ...tokens, seq: 77 });
  assert.equal(more.length, 0);
  assert.ok(at(COA, ack.bytes, 24) && at(HOME, ack.bytes, 48));
  const { status, seq, lifetime, mh } = acknowledgement(ack.bytes);
  assert.deepEqual({ status, seq, lifetime }, { status: 0, seq: 77, lifetime: 100 });
  const expected = authenticator(tokens.homeToken.token, tokens.careOfToken.token, COA, CN, mh);
  assert.deepEqual([...mh.slice(-12)], [...expected]);
  assert.deepEqual(c.bindings(), [`${HOME} > ${COA} seq 77`]);
});
test("without the A bit it binds in silence", () => {
  const c = new Correspondent();
  assert.deepEqual(c.update({ flags: 0 }), []);
  assert.equal(c.bindings().length, 1);
});
test("lifetimes end at 420 s, or at what was configured", () => {
  assert.equal(acknowledgement(new Correspondent().update({ lifetime: 65535 })[0].bytes).lifetime, 105);
  assert.equal(acknowledgement(new Correspondent({ lifetime: 10 }).update({ lifetime: 100 })[0].bytes).lifetime, 10);
});
test("data goes both ways: a routing header out, a Home Address option in; the application sees home addresses alone", () => {
  const c = new Correspondent();
  c.update();
  const [app] = c.give(direct());
  assert.equal(Buffer.from(app.bytes).toString("hex"), Buffer.from(udp(HOME, CN, 7000, 7001, data)).toString("hex"));
  const [out] = c.fromApp(udp(CN, HOME, 7001, 7000, data));
  assert.ok(at(COA, out.bytes, 24) && at(HOME, out.bytes, 48) && out.bytes[6] === 43 && out.bytes[43] === 1);
  assert.doesNotMatch(out.text, /bad|wrong/i);
});
test("an echo request with a Home Address option is answered on the direct way", () => {
  const c = new Correspondent({ app: false });
  c.update();
  const [reply] = c.give(withHomeAddress(COA, CN, HOME, 58, echo(HOME, CN, 5, 6).slice(40)));
  assert.match(reply.text, /2001:db8:8::1001 > 2001:db8:a::5 .*2001:db8:7::1000.*echo reply id 5 seq 6/);
  assert.doesNotMatch(reply.text, /bad|wrong/i);
});
test("a Home Address option without a binding: Binding Error, and nothing reaches the application", () => {
  const c = new Correspondent();
  const [be, ...more] = c.give(direct());
  assert.match(be.text, /^IP6 2001:db8:8::1001 > 2001:db8:a::5 .*BE status 1/);
  assert.equal(more.length, 0);
  c.pass(1000);
  c.update();
  c.pass(1000);
  // From elsewhere than the care-of address that is bound.
  const [other] = c.give(direct(OTHER));
  assert.match(other.text, /^IP6 2001:db8:8::1001 > 2001:db8:b::5 .*BE status 1/);
  // Rate-limited.
  assert.equal(c.give(direct(OTHER)).length, 0);
});
test("what is not proved changes nothing and hears nothing", () => {
  const c = new Correspondent();
  const tokens = c.tokens();
  const flip = (n: number) => (mh: Uint8Array) => mh.map((b, i) => (i === n ? b ^ 1 : b));
  const wrong = { ...tokens.homeToken, token: cookie(1) };
  const cases: [string, Parameters<Correspondent["update"]>[0]][] = [
    ["another home token", { ...tokens, homeToken: wrong }],
    ["another care-of token", { ...tokens, careOfToken: wrong }],
    ["another care-of address signed", { ...tokens, signed: OTHER }],
    ["another home address", { ...tokens, home: "2001:db8:7::1001" }],
    ["another source", { ...tokens, coa: OTHER }],
    ["only the home token", { ...tokens, homeOnly: true }],
    ["no nonce indices", { ...tokens, options: [1, 4, 0, 0, 0, 0] }],
    ["nonce indices of another length", { ...tokens, options: [4, 3, 0, 0, 0, 0] }],
    ["a flipped sequence number", { ...tokens, spoil: flip(7) }],
    ["a flipped flag", { ...tokens, spoil: flip(8) }],
    ["a flipped lifetime", { ...tokens, spoil: flip(11) }],
    ["a flipped proof", { ...tokens, spoil: flip(31) }],
    ["an option behind the proof", { ...tokens, spoil: (mh) => cat([59, 4], mh.slice(2), [1, 6, 0, 0, 0, 0, 0, 0]) }],
  ];
  for (const [name, o] of cases) {
    const drops = c.node.dropsOf(() => assert.deepEqual(c.update(o), [], name));
    assert.deepEqual(drops, { RR_REFUSED: 1 }, name);
    assert.deepEqual(c.bindings(), [], name);
  }
  assert.equal(acknowledgement(c.update(tokens)[0].bytes).status, 0);
});
test("any flipped bit of a proved Binding Update is noticed", () => {
  const c = new Correspondent();
  const tokens = c.tokens();
  fc.assert(
    fc.property(fc.integer({ min: 6 * 8, max: 32 * 8 - 1 }), (bit) => {
      // Bits of the nonce indices may name nonces that are unknown: those are answered, and bind nothing either.
      c.update({ ...tokens, spoil: (mh) => mh.map((b, i) => (i === bit >> 3 ? b ^ (128 >> (bit & 7)) : b)) });
      c.pass(20);
      return c.bindings().length === 0;
    }),
    { numRuns: 300 },
  );
});
test("nonces that are unknown or too old: 136, 137, 138, unsigned", () => {
  const c = new Correspondent();
  const { homeToken, careOfToken } = c.tokens();
  const old = (t: typeof homeToken) => ({ ...t, index: (t.index + 0x8000) & 0xffff });
  const status = (o: Parameters<Correspondent["update"]>[0]) => acknowledgement(c.update(o)[0].bytes);
  assert.equal(status({ homeToken: old(homeToken), careOfToken }).status, 136);
  assert.equal(status({ homeToken, careOfToken: old(careOfToken) }).status, 137);
  const both = status({ homeToken: old(homeToken), careOfToken: old(careOfToken) });
  assert.equal(both.status, 138);
  assert.equal(both.mh.length, 16);
  assert.deepEqual(c.bindings(), []);
  // 240 s: MAX_NONCE_LIFETIME.
  c.pass(239_000);
  assert.equal(status({ homeToken, careOfToken }).status, 0);
  c.pass(1_001);
  assert.equal(status({ homeToken, careOfToken, seq: 2 }).status, 138);
});
test("nonces change every 30 s, and tokens of the last 210 s bind all the same", () => {
  const c = new Correspondent();
  const indices = new Set<number>();
  const first = c.tokens();
  for (let s = 0; s < 210; s += 10) {
    indices.add(c.token("home", HOME).index);
    c.pass(10_000);
  }
  assert.equal(indices.size, 7);
  assert.equal(acknowledgement(c.update(first)[0].bytes).status, 0);
});
test("sequence numbers rise, modulo 2^16; others are told the last one", () => {
  const c = new Correspondent();
  const tokens = c.tokens();
  const say = (seq: number) => {
    const { status, seq: told } = acknowledgement(c.update({ ...tokens, seq })[0].bytes);
    return [status, told];
  };
  assert.deepEqual(say(65535), [0, 65535]);
  assert.deepEqual(say(65535), [135, 65535]);
  assert.deepEqual(say(65534), [135, 65535]);
  assert.deepEqual(say(32767), [135, 65535]);
  assert.deepEqual(say(5), [0, 5]);
  assert.deepEqual(c.bindings(), [`${HOME} > ${COA} seq 5`]);
});
test("taken away by the home token alone, from home or by lifetime 0; the sequence number is remembered", () => {
  const c = new Correspondent();
  const tokens = c.tokens();
  c.update({ ...tokens, seq: 10 });
  const gone = { ...tokens, signed: HOME, homeOnly: true, lifetime: 0 };
  const [ack] = c.update({ ...gone, seq: 11, atHome: true });
  assert.ok(at(HOME, ack.bytes, 24) && ack.bytes[6] === 135);
  assert.equal(acknowledgement(ack.bytes).status, 0);
  assert.deepEqual(c.bindings(), []);
  // Not again with what was overheard.
  assert.equal(acknowledgement(c.update({ ...tokens, seq: 10 })[0].bytes).status, 135);
  c.update({ ...tokens, seq: 12 });
  c.update({ ...gone, seq: 13 });
  assert.deepEqual(c.bindings(), []);
  // By both tokens it is not proved.
  c.update({ ...tokens, seq: 14 });
  c.update({ ...gone, homeOnly: false, seq: 15 });
  assert.equal(c.bindings().length, 1);
});
test("a home registration is refused: 131, over a binding 139", () => {
  const c = new Correspondent();
  assert.equal(acknowledgement(c.update({ flags: 0xc0 })[0].bytes).status, 131);
  c.update();
  assert.equal(acknowledgement(c.update({ flags: 0xc0, seq: 2 })[0].bytes).status, 139);
  assert.deepEqual(c.bindings(), [`${HOME} > ${COA} seq 1`]);
});
test("a full cache answers 130, and who is in it stays", () => {
  const c = new Correspondent();
  c.update({ seq: 5 });
  let full = 0;
  for (let i = 0; i < 60; i++) {
    const home = `2001:db8:f::${(i + 1).toString(16)}`;
    if (acknowledgement(c.update({ home, coa: `2001:db8:e::${(i + 1).toString(16)}` })[0].bytes).status === 130) full++;
    c.pass(100);
  }
  assert.equal(full, 60 - 31);
  assert.ok(c.bindings().includes(`${HOME} > ${COA} seq 5`));
  assert.equal(acknowledgement(c.update({ seq: 6 })[0].bytes).status, 0);
});
test("bindings end: packets go home again, and whoever used it is asked to refresh before", () => {
  const c = new Correspondent();
  c.update({ lifetime: 20 });
  c.pass(61_000);
  c.fromApp(udp(CN, HOME, 7001, 7000, data));
  const asked = c.pass(18_000).filter((s) => /BRR/.test(s.text));
  assert.equal(asked.length, 2);
  assert.ok(at(COA, asked[0].bytes, 24));
  c.pass(1_100);
  assert.deepEqual(c.bindings(), []);
  const [out] = c.fromApp(udp(CN, HOME, 7001, 7000, data));
  assert.ok(at(HOME, out.bytes, 24) && out.bytes[6] === 17);
  assert.deepEqual(c.node.events("BINDING").length, 2);
});
test("questions with a Home Address option, from groups or in floods are not answered", () => {
  const c = new Correspondent();
  c.update();
  const inside = hoti(HOME, CN, cookie(1)).slice(40);
  assert.deepEqual(
    c.node.dropsOf(() => assert.equal(c.give(withHomeAddress(COA, CN, HOME, 135, inside)).length, 0)),
    { RR_REFUSED: 1 },
  );
  assert.equal(c.give(hoti("ff02::1", CN, cookie(1))).length, 0);
  assert.equal(c.give(hoti(CN, CN, cookie(1))).length, 0);
  let answers = 0;
  for (let i = 0; i < 200; i++) answers += c.give(coti(COA, CN, cookie(i))).length;
  assert.ok(answers <= 32, `${answers} answers at one moment`);
  c.pass(1000);
  assert.equal(c.give(coti(COA, CN, cookie(1))).length, 1);
});
test("a packet that no longer fits is told in time: 24 bytes less than the link carries", () => {
  const c = new Correspondent();
  c.update();
  const fits = c.fromApp(udp(CN, HOME, 7001, 7000, new Uint8Array(1476 - 48)));
  assert.equal(fits[0].bytes.length, 1500);
  const [told] = c.fromApp(udp(CN, HOME, 7001, 7000, new Uint8Array(1477 - 48)));
  assert.equal(told.port, 1);
  assert.deepEqual(
    [...told.bytes.slice(40, 48)].filter((_, i) => i !== 2 && i !== 3),
    [2, 0, 0, 0, 1476 >> 8, 1476 & 255],
  );
});
test("a packet of 1280 bytes travels in fragments where a link carries no more, each with its routing header", () => {
  const c = new Correspondent({ mtu: 1280 });
  c.update();
  const packet = udp(
    CN,
    HOME,
    7001,
    7000,
    Uint8Array.from({ length: 1280 - 48 }, (_, i) => i),
  );
  const fragments = c.fromApp(packet);
  assert.equal(fragments.length, 2);
  for (const { bytes } of fragments)
    assert.ok(at(COA, bytes, 24) && bytes[6] === 43 && bytes[40] === 44 && bytes.length <= 1280);
  const whole = fragments.map(({ bytes }) => bytes.slice(72)).sort((a, b) => b.length - a.length);
  assert.equal(Buffer.from(cat(...whole)).toString("hex"), Buffer.from(packet.slice(40)).toString("hex"));
});
test("data in fragments behind its Home Address option comes together; without a binding it is refused", () => {
  const c = new Correspondent();
  const payload = udp(
    HOME,
    CN,
    7000,
    7001,
    Uint8Array.from({ length: 56 }, (_, i) => i),
  ).slice(40);
  const half = (offset: number, more: number, part: Uint8Array) =>
    withHomeAddress(COA, CN, HOME, 44, cat([17, 0, 0, offset | more, 0, 0, 0, 9], part));
  const both = [half(0, 1, payload.slice(0, 32)), half(32, 0, payload.slice(32))];
  const refused = both.flatMap((f) => c.give(f));
  assert.equal(refused.filter((s) => s.port === 1).length, 0);
  c.update();
  const [app] = both.flatMap((f) => c.give(f));
  assert.equal(app.port, 1);
  assert.equal(Buffer.from(app.bytes).toString("hex"), Buffer.from(ip6(HOME, CN, 17, payload)).toString("hex"));
});
test("only the header with the care-of address is taken out: others stay, in their order", () => {
  const c = new Correspondent();
  c.update();
  const payload = udp(HOME, CN, 7000, 7001, data).slice(40);
  const hop = (next: number) => [next, 0, 1, 4, 0, 0, 0, 0];
  const options = cat([60, 3, 1, 2, 0, 0, 0xc9, 16], addr(HOME), [1, 6, 0, 0, 0, 0, 0, 0]);
  const [app] = c.give(ip6(COA, CN, 0, cat(hop(60), options, hop(17), payload)));
  assert.equal(app.port, 1);
  const left = ip6(HOME, CN, 0, cat(hop(60), hop(17), payload));
  assert.equal(Buffer.from(app.bytes).toString("hex"), Buffer.from(left).toString("hex"));
});
test("anything behind a correspondent's door leaves it whole", () => {
  const c = new Correspondent();
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.uint8Array({ minLength: 8, maxLength: 80 }),
      fc.boolean(),
      (type, rest, hao) => {
        const mh = rest.slice(0, rest.length & ~7);
        mh[0] = 59;
        mh[1] = mh.length / 8 - 1;
        mh[2] = type;
        const packet = hao ? withHomeAddress(COA, CN, HOME, 135, mh) : ip6(COA, CN, 135, mh);
        c.give(packet);
        c.pass(20);
        return c.bindings().length === 0;
      },
    ),
    { numRuns: 200 },
  );
  assert.equal(acknowledgement(c.update()[0].bytes).status, 0);
});
test("what switches it on: entropy first, a lifetime, nothing else", () => {
  const c = new Correspondent();
  assert.throws(() => c.node.configure(new Messages().correspondent(true, 0)), /BAD_VALUE/);
  c.update();
  c.node.configure(new Messages().correspondent(false, 105));
  assert.equal(c.bindings().length, 1);
  c.node.configure(new Messages().correspondent(true, 105));
  assert.equal(bindingUpdate({ home: HOME, coa: COA, cn: CN, seq: 1, lifetime: 1, ...c.tokens() }).length, 96);
});
