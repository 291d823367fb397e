/** What a client and a server of an anycast address refuse, by what name, and that it changes nothing: docs/anycast-identifier.md §3, §4. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIp6 } from "../../../host-sim/core/address.js";
import {
  AUTHENTICATED,
  authenticator,
  header,
  type Identifier,
  insert,
  PLAIN,
  REQUEST,
  walk,
} from "../../reference/anycast.js";
import { bytes, FRAGMENT, ICMP6, TCP, UDP, u16, u32, writeIp6 } from "../../reference/ip.js";
import { echo, icmp, seal, tcp, udp } from "../../reference/upper.js";
import { clientMessage, End, KEY, KEY_ID, keyMessage, serverMessage } from "../lib/anycast.js";

const [c, s, u, t] = ["2001:db8:c::1", "2001:db8:53::53", "2001:db8:a::2", "2001:db8:53::54"];
const [C, S, U, T] = [c, s, u, t].map(parseIp6);
const OTHER = parseIp6("2001:db8:bad::1");
const LOCAL = parseIp6("fe80::66");
const PORTS = [40000, 53] as const;
const data = new Uint8Array(40).fill(7);

const sealed = (src: Uint8Array, dst: Uint8Array, next: number, upper: Uint8Array): Uint8Array =>
  writeIp6({ src, dst, next, payload: seal({ src, dst }, next, upper) });
const question = sealed(C, S, UDP, udp(...PORTS, data));
/** An answer without an identifier. */
const bare = (src: Uint8Array, ports: readonly [number, number] = PORTS): Uint8Array =>
  sealed(src, C, UDP, udp(ports[1], ports[0], data));
/** With the header in front of the upper layer, whatever is in it. */
function with60(packet: Uint8Array, ...headers: Uint8Array[]): Uint8Array {
  const out = bytes(packet.subarray(0, 40), ...headers, packet.subarray(40));
  out[6] = 60;
  return bytes(out.subarray(0, 4), u16(out.length - 40), out.subarray(6));
}
function signed(packet: Uint8Array, id: Identifier, secret = KEY, client = C, server = U): Uint8Array {
  const { protocol, upperAt } = walk(packet);
  return insert(packet, {
    ...id,
    authenticator: authenticator(secret, id, client, server, protocol!, packet.subarray(upperAt)),
  });
}
const plain = (anycast = S): Identifier => ({ form: PLAIN, keyId: 0, anycast });
const form1 = header(UDP, plain());
const edited = (from: Uint8Array, at: number, value: number): Uint8Array => {
  const copy = from.slice();
  copy[at] = value;
  return copy;
};
const fragmentHeader = (next: number, offset: number, more: boolean) =>
  bytes(Uint8Array.of(next, 0), u16(offset | Number(more)), u32(77));
/** The identifier is in front of the Fragment header, in both fragments. */
function fragmentsBehind(packet: Uint8Array): Uint8Array[] {
  const upper = packet.subarray(40);
  const head = header(FRAGMENT, plain());
  const one = with60(packet.subarray(0, 40), head, fragmentHeader(UDP, 0, true), upper.subarray(0, 16));
  const two = with60(packet.subarray(0, 40), head, fragmentHeader(UDP, 16, false), upper.subarray(16));
  return [one, two];
}

const MALFORMED: [string, Uint8Array[]][] = [
  ["another version", [with60(bare(U), edited(form1, 4, 0x21))]],
  ["an unknown form", [with60(bare(U), edited(form1, 4, 0x14))]],
  ["form 0", [with60(bare(U), edited(form1, 4, 0x10))]],
  ["the reserved byte set", [with60(bare(U), edited(form1, 5, 1))]],
  ["a key id in the plain form", [with60(bare(U), edited(form1, 7, 7))]],
  [
    "a longer header than the form's",
    [with60(bare(U), edited(bytes(form1, Uint8Array.of(1, 6, 0, 0, 0, 0, 0, 0)), 1, 3))],
  ],
  ["S is a group", [with60(bare(U), edited(form1, 8, 0xff))]],
  ["S is link-local", [with60(bare(U), header(UDP, plain(LOCAL)))]],
  ["S is ::", [with60(bare(U), header(UDP, plain(new Uint8Array(16))))]],
  ["S is ::1", [with60(bare(U), header(UDP, plain(edited(new Uint8Array(16), 15, 1))))]],
  ["it is there twice, in two headers", [with60(bare(U), header(60, plain()), form1)]],
  [
    "it is there twice, in one header",
    [with60(bare(U), edited(bytes(form1, form1.subarray(2), Uint8Array.of(1, 0)), 1, 5))],
  ],
  [
    "padding in front of it",
    [
      with60(
        bare(U),
        edited(bytes(form1.subarray(0, 2), Uint8Array.of(1, 6, 0, 0, 0, 0, 0, 0), form1.subarray(2)), 1, 3),
      ),
    ],
  ],
  ["another header behind it", [with60(bare(U), header(60, plain()), Uint8Array.of(UDP, 0, 1, 4, 0, 0, 0, 0))]],
  ["in front of a Fragment header", fragmentsBehind(bare(U))],
  [
    "form 3",
    [
      with60(
        bare(U),
        header(UDP, { form: REQUEST, keyId: KEY_ID, nonce: data.slice(0, 8), authenticator: data.slice(0, 16) }),
      ),
    ],
  ],
];
/** Not options at all by RFC 8200. */
const UNREADABLE: typeof MALFORMED = [
  ["another length than the form's", [with60(bare(U), edited(form1, 3, 12))]],
  ["an option longer than its header", [with60(bare(U), edited(form1, 3, 200))]],
];
const hopByHop = edited(with60(bare(U), form1), 6, 0);

function asked(keyed: boolean): { end: End; nonce: Uint8Array } {
  const end = new End("anycast-client", c, [keyMessage(KEY_ID, KEY, s), clientMessage(keyed ? KEY_ID : 0, 30, s)]);
  const [sent] = end.sends(question);
  return { end, nonce: walk(sent).identifier?.nonce ?? new Uint8Array(8) };
}
/** The client discards them under this name and still waits for the genuine answer, which it then takes. */
function refuses(keyed: boolean, packets: (nonce: Uint8Array) => Uint8Array[], name: string): void {
  const { end, nonce } = asked(keyed);
  const before = end.requests();
  assert.equal(before.length, 1);
  let got: Uint8Array[] = [];
  const drops = end.node.dropsOf(() => {
    const { app, out } = end.receives(...packets(nonce));
    got = [...app, ...out];
  });
  assert.deepEqual([got, Object.keys(drops), end.requests()], [[], [name], before]);
  const id = { form: AUTHENTICATED, keyId: KEY_ID, anycast: S, nonce };
  const genuine = keyed ? signed(bare(U), id) : insert(bare(U), plain());
  assert.deepEqual(end.receives(genuine).app, [bare(S)]);
  assert.deepEqual(end.requests(), []);
}
for (const [what, packets] of MALFORMED)
  for (const keyed of [false, true])
    test(`the client discards a malformed option, ${keyed ? "with" : "without"} a key: ${what}`, () =>
      refuses(keyed, () => packets, "ANYCAST_FORM"));
for (const [what, packets] of UNREADABLE)
  test(`the client discards what RFC 8200 cannot read: ${what}`, () => refuses(false, () => packets, "BAD_OPTION"));
test("the client discards an identifier in a hop-by-hop header", () =>
  refuses(false, () => [hopByHop], "ANYCAST_FORM"));

const full = (nonce: Uint8Array, keyId = KEY_ID, anycast = S): Identifier => ({
  form: AUTHENTICATED,
  keyId,
  anycast,
  nonce,
});
const other = data.slice(0, 8);
const CLIENT: [string, boolean, (nonce: Uint8Array) => Uint8Array[], string][] = [
  ["an identifier of another S", false, () => [insert(bare(U), plain(T))], "ANYCAST_UNASKED"],
  ["an identifier of another S", true, (n) => [signed(bare(U), full(n, KEY_ID, T))], "ANYCAST_UNASKED"],
  ["from another port", false, () => [insert(bare(U, [40000, 54]), plain())], "ANYCAST_UNASKED"],
  ["to another port", true, (n) => [signed(bare(U, [40001, 53]), full(n))], "ANYCAST_UNASKED"],
  [
    "of another protocol",
    false,
    () => [insert(sealed(U, C, ICMP6, echo(129, 40000, 53, data)), plain())],
    "ANYCAST_UNASKED",
  ],
  ["a plain identifier where a key is", true, () => [insert(bare(U), plain())], "ANYCAST_MISSING"],
  ["an unknown key", true, (n) => [signed(bare(U), full(n, 8))], "ANYCAST_KEY"],
  ["an authenticated form where no key is", false, (n) => [signed(bare(U), full(n))], "ANYCAST_KEY"],
  ["the nonce of no request", true, () => [signed(bare(U), full(other))], "ANYCAST_UNASKED"],
  ["the wrong key", true, (n) => [signed(bare(U), full(n), data)], "ANYCAST_FORGED"],
  ["the authenticator of another client", true, (n) => [signed(bare(U), full(n), KEY, OTHER)], "ANYCAST_FORGED"],
  ["the authenticator of another server", true, (n) => [signed(bare(OTHER), full(n), KEY, C, U)], "ANYCAST_FORGED"],
  ["a flipped bit of the payload", true, (n) => [flipped(signed(bare(U), full(n)))], "ANYCAST_FORGED"],
  ["a flipped bit of the payload", false, () => [flipped(insert(bare(U), plain()))], "BAD_CHECKSUM"],
  ["no identifier", false, () => [bare(U)], "ANYCAST_MISSING"],
  ["no identifier", true, () => [bare(U)], "ANYCAST_MISSING"],
  ["no identifier, from S, where a key is", true, () => [bare(S)], "ANYCAST_MISSING"],
  ["TCP from S where a key is", true, () => [sealed(S, C, TCP, tcp(53, 40000, data))], "ANYCAST_MISSING"],
];
function flipped(packet: Uint8Array): Uint8Array {
  return edited(packet, packet.length - 1, packet[packet.length - 1] ^ 1);
}
for (const [what, keyed, packets, name] of CLIENT)
  test(`the client discards, ${keyed ? "with" : "without"} a key: ${what}`, () => refuses(keyed, packets, name));

test("an answer is accepted once, and not after its request's time", () => {
  for (const keyed of [false, true]) {
    const { end, nonce } = asked(keyed);
    const genuine = keyed ? signed(bare(U), full(nonce)) : insert(bare(U), plain());
    assert.equal(end.receives(genuine).app.length, 1);
    assert.deepEqual(
      end.node.dropsOf(() => end.receives(genuine)),
      { ANYCAST_UNASKED: 1 },
    );
    const late = asked(keyed);
    const answer = keyed ? signed(bare(U), full(late.nonce)) : insert(bare(U), plain());
    late.end.pass(29990);
    assert.equal(late.end.requests().length, 1);
    late.end.pass(20);
    assert.deepEqual(late.end.requests(), []);
    assert.deepEqual(
      late.end.node.dropsOf(() => late.end.receives(answer)),
      { ANYCAST_UNASKED: 1 },
    );
  }
});
test("a genuine answer to one request of a socket does not pass for the answer to another", () => {
  const { end, nonce } = asked(true);
  const second = walk(end.sends(question)[0]).identifier!.nonce!;
  assert.equal(end.receives(signed(bare(U), full(second))).app.length, 1);
  assert.deepEqual(
    end.node.dropsOf(() => end.receives(signed(bare(U), full(second)))),
    { ANYCAST_UNASKED: 1 },
  );
  assert.equal(end.receives(signed(bare(U), full(nonce))).app.length, 1);
  assert.deepEqual(end.requests(), []);
});
test("what is not about anycast, and ICMPv6 errors about a request, are left alone", () => {
  const { end } = asked(true);
  const before = end.requests();
  const unreachable = sealed(parseIp6("2001:db8:1::9"), C, ICMP6, icmp(1, 4, new Uint8Array(4), question));
  const fine = [bare(OTHER, [40000, 54]), sealed(OTHER, C, TCP, tcp(53, 40000, data)), unreachable];
  assert.deepEqual(end.receives(...fine).app, fine);
  assert.deepEqual([end.requests(), end.node.drops()], [before, {}]);
});
test("without a key an answer from S itself is accepted, and answers the request", () => {
  const { end } = asked(false);
  assert.deepEqual(end.receives(bare(S)).app, [bare(S)]);
  assert.deepEqual(end.requests(), []);
});
test("an authenticated answer in fragments is put together and accepted; a plain one as well", () => {
  for (const keyed of [false, true]) {
    const { end, nonce } = asked(keyed);
    const whole = keyed ? signed(bare(U), full(nonce)) : insert(bare(U), plain());
    const behind = whole.subarray(40);
    const cut = keyed ? 56 : 32;
    const part = (from: number, to: number, more: boolean) =>
      edited(with60(whole.subarray(0, 40), fragmentHeader(60, from, more), behind.subarray(from, to)), 6, FRAGMENT);
    assert.deepEqual(end.receives(part(0, cut, true), part(cut, behind.length, false)).app, [bare(S)]);
    assert.deepEqual([end.requests(), end.node.drops()], [[], {}]);
  }
});
test("what the application fragmented itself is refused with a key, and passes without", () => {
  const upper = question.subarray(40);
  const first = edited(
    with60(question.subarray(0, 40), fragmentHeader(UDP, 0, true), upper.subarray(0, 16)),
    6,
    FRAGMENT,
  );
  for (const keyed of [false, true]) {
    const end = new End("anycast-client", c, [keyMessage(KEY_ID, KEY, s), clientMessage(keyed ? KEY_ID : 0, 30, s)]);
    assert.deepEqual(end.sends(first), keyed ? [] : [first]);
    assert.deepEqual([end.requests(), end.node.drops()], [[], keyed ? { ANYCAST_FORM: 1 } : {}]);
  }
});
test("other protocols to S pass as they are", () => {
  const { end } = asked(true);
  const syn = sealed(C, S, TCP, tcp(40000, 53, data));
  assert.deepEqual(end.sends(syn), [syn]);
});
test("10,000 forged answers leave the table as it is, and the genuine one is taken after them", () => {
  const { end, nonce } = asked(true);
  const before = end.requests();
  for (let i = 0; i < 10_000; i++) {
    const guess = bytes(nonce.slice(0, 4), u32(i * 7919));
    end.receives(
      i % 2
        ? signed(bare(U), full(guess))
        : insert(bare(U), { ...full(nonce), authenticator: bytes(u32(i), data.slice(0, 12)) }),
    );
  }
  const { ANYCAST_UNASKED, ANYCAST_FORGED } = end.node.drops();
  assert.deepEqual([end.requests(), ANYCAST_UNASKED, ANYCAST_FORGED], [before, 5000, 5000]);
  assert.equal(end.receives(signed(bare(U), full(nonce))).app.length, 1);
});

// ---------------------------------------------------------------- the server

const answering = () => new End("anycast-server", u, [keyMessage(KEY_ID, KEY, s), serverMessage(s, u)]);
const wish = (nonce = other, keyId = KEY_ID, secret = KEY, client = C, server = S) =>
  signed(question, { form: REQUEST, keyId, nonce }, secret, client, server);
const SERVER: [string, Uint8Array, string][] = [
  ["form 1", insert(question, plain()), "ANYCAST_FORM"],
  ["form 2", insert(question, { ...full(other), authenticator: data.slice(0, 16) }), "ANYCAST_FORM"],
  ["a malformed option", with60(question, edited(form1, 5, 1)), "ANYCAST_FORM"],
  ["an unknown key", wish(other, 9), "ANYCAST_KEY"],
  ["the wrong key", wish(other, KEY_ID, data), "ANYCAST_FORGED"],
  ["the authenticator of another client", wish(other, KEY_ID, KEY, OTHER), "ANYCAST_FORGED"],
  ["a flipped bit", flipped(wish()), "ANYCAST_FORGED"],
];
for (const [what, packet, name] of SERVER)
  test(`the server discards ${what}, and answers the request before it as it asked`, () => {
    const end = answering();
    end.receives(wish());
    assert.deepEqual(
      end.node.dropsOf(() => assert.deepEqual(end.receives(packet), { app: [], out: [] })),
      { [name]: 1 },
    );
    const { identifier } = walk(end.sends(bare(S))[0]);
    assert.deepEqual([identifier?.form, identifier?.nonce], [AUTHENTICATED, other]);
  });
test("what the server's application sends in fragments is put together and gets an identifier", () => {
  const end = answering();
  end.receives(wish());
  const upper = bare(S).subarray(40);
  const part = (from: number, to: number, more: boolean) =>
    edited(with60(bare(S).subarray(0, 40), fragmentHeader(UDP, from, more), upper.subarray(from, to)), 6, FRAGMENT);
  assert.deepEqual(end.sends(part(0, 24, true)), []);
  const [sent] = end.sends(part(24, upper.length, false));
  assert.deepEqual(sent, signed(bare(U), full(other)));
});
test("an answer with an identifier of the application's own does not leave", () => {
  const end = answering();
  assert.deepEqual(
    end.node.dropsOf(() => assert.deepEqual(end.sends(insert(bare(S), plain())), [])),
    { ANYCAST_FORM: 1 },
  );
});
