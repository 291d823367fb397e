/** Both ends against the vectors of docs/anycast-identifier.md §2.3, and against the reference that was written from it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { AUTHENTICATED, authenticator, type Identifier, insert, PLAIN, walk } from "../../reference/anycast.js";
import { bytes, ICMP6, UDP, writeIp6 } from "../../reference/ip.js";
import { echo, seal, udp } from "../../reference/upper.js";
import { clientMessage, End, KEY, KEY_ID, keyMessage, serverMessage } from "../lib/anycast.js";

const of = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));
const text = (words: string): Uint8Array => new TextEncoder().encode(words);

const [c, s, u] = ["2001:db8:c::1", "2001:db8:53::53", "2001:db8:a::2"];
const [C, S, U] = [c, s, u].map(parseIp6);
const NONCE = of("a0a1a2a3a4a5a6a7");

const VECTORS = {
  question: "9c400035001ae0be 7768657265206973 20746865206c616d 703f",
  request: "11031e1c13000007 a0a1a2a3a4a5a6a7 964f991bd12b3b78 ee2dcf75d9f12083",
  said: "00359c40001327ab 696e207468652068 616c6c",
  answer: `11051e2c12000007 20010db800530000 0000000000000053 a0a1a2a3a4a5a6a7
    d6b2880db9d87367 95b4bb9abfabd260`,
  plain: "11021e1411000000 20010db800530000 0000000000000053",
  pong: "8100322412340005 70696e67",
  echo: `3a051e2c12000007 20010db800530000 0000000000000053 a0a1a2a3a4a5a6a7
    16e58fb00dd92724 f9a84de18b289c6e`,
};
const packet = (src: Uint8Array, dst: Uint8Array, next: number, ...parts: Uint8Array[]): Uint8Array =>
  writeIp6({ src, dst, next, payload: bytes(...parts) });
const sealed = (src: Uint8Array, dst: Uint8Array, next: number, upper: Uint8Array): Uint8Array =>
  packet(src, dst, next, seal({ src, dst }, next, upper));
const question = packet(C, S, UDP, of(VECTORS.question));
const said = sealed(S, C, UDP, udp(53, 40000, text("in the hall")));
const ping = sealed(C, S, ICMP6, echo(128, 0x1234, 5, text("ping")));

const server = () => new End("anycast-server", u, [keyMessage(KEY_ID, KEY, s), serverMessage(s, u)]);
const client = (keyed: boolean) =>
  new End("anycast-client", c, [keyMessage(KEY_ID, KEY, s), clientMessage(keyed ? KEY_ID : 0, 30, s)]);
/** An answer from U, made by the reference. */
function identified(from: Uint8Array, id: Identifier): Uint8Array {
  const { protocol, upperAt } = walk(from);
  const proof = id.nonce && authenticator(KEY, id, C, U, protocol!, from.subarray(upperAt));
  return insert(from, { ...id, authenticator: proof });
}
const withForm3 = (from: Uint8Array): Uint8Array => {
  const { protocol, upperAt } = walk(from);
  const id = { form: 3, keyId: KEY_ID, nonce: NONCE };
  return insert(from, { ...id, authenticator: authenticator(KEY, id, C, S, protocol!, from.subarray(upperAt)) });
};

test("the server takes the request of the document and sends its answer, to the byte", () => {
  const end = server();
  const { app } = end.receives(packet(C, S, 60, of(VECTORS.request), of(VECTORS.question)));
  assert.deepEqual(app, [question]);
  assert.deepEqual(end.sends(said), [packet(U, C, 60, of(VECTORS.answer), of(VECTORS.said))]);
});
test("a plain request gets the plain form of the document", () => {
  const end = server();
  assert.deepEqual(end.receives(question).app, [question]);
  assert.deepEqual(end.sends(said), [packet(U, C, 60, of(VECTORS.plain), of(VECTORS.said))]);
});
test("an Echo Request is answered by the node, with the identifier of the document", () => {
  const { app, out } = server().receives(withForm3(ping));
  assert.deepEqual([app, out], [[], [packet(U, C, 60, of(VECTORS.echo), of(VECTORS.pong))]]);
});
for (const [what, asked, reply] of [
  ["a datagram", question, sealed(U, C, UDP, udp(53, 40000, text("in the hall")))],
  ["an echo", ping, sealed(U, C, ICMP6, echo(129, 0x1234, 5, text("ping")))],
] as const) {
  test(`the client asks with an authenticator that the reference computes, and takes the reference's answer: ${what}`, () => {
    const end = client(true);
    const [sent] = end.sends(asked);
    const { identifier, protocol, upperAt } = walk(sent);
    assert.deepEqual([identifier?.form, identifier?.keyId], [3, KEY_ID]);
    assert.deepEqual(
      identifier?.authenticator,
      authenticator(KEY, identifier!, C, S, protocol!, sent.subarray(upperAt)),
    );
    const id = { form: AUTHENTICATED, keyId: KEY_ID, anycast: S, nonce: identifier!.nonce };
    const { app } = end.receives(identified(reply, id));
    assert.deepEqual(app, [sealed(S, C, protocol!, reply.slice(40))]);
    assert.deepEqual([end.requests(), end.node.drops()], [[], {}]);
  });
  test(`without a key it sends it as it is, and takes the plain form: ${what}`, () => {
    const end = client(false);
    assert.deepEqual(end.sends(asked), [asked]);
    const { app } = end.receives(identified(reply, { form: PLAIN, keyId: 0, anycast: S }));
    assert.deepEqual(app, [sealed(S, C, reply[6], reply.slice(40))]);
    assert.deepEqual([end.requests(), end.node.drops()], [[], {}]);
  });
}
test("each nonce is another one", () => {
  const end = client(true);
  const nonces = Array.from({ length: 40 }, () => Buffer.from(walk(end.sends(question)[0]).identifier!.nonce!));
  assert.equal(new Set(nonces.map((nonce) => nonce.toString("hex"))).size, 40);
});
test("the steps of the seed: S101 and S102 to S105 at the client, S301 to S303 at the server", () => {
  const steps = (end: End) =>
    end.node
      .takeEvents()
      .filter(({ kindName }) => kindName === "STEP")
      .map(({ code }) => code - 2000);
  const asking = client(true);
  const answering = server();
  for (const { node } of [asking, answering]) node.core.configure(Uint8Array.of(3, 0, 1, 0, 2, 0, 0, 0));
  const [request] = asking.sends(question);
  answering.receives(request);
  asking.receives(answering.sends(said)[0]);
  assert.deepEqual(
    [steps(asking), steps(answering)],
    [
      [101, 102, 103, 104, 105],
      [301, 302, 303],
    ],
  );
});
