/** The client's and the server's cores beside the reference of the document, step by step: the same verdicts, packets and rows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatIp6, parseIp6 } from "../../../host-sim/core/address.js";
import { authenticator, type Identifier, insert, type Key, walk } from "../../reference/anycast.js";
import {
  type Client,
  clientReceives,
  clientSends,
  PASS,
  type Server,
  type Step,
  serverReceives,
  serverSends,
} from "../../reference/anycast-parties.js";
import { ICMP6, UDP, writeIp6 } from "../../reference/ip.js";
import { echo, seal, udp } from "../../reference/upper.js";
import { clientMessage, End, keyMessage, serverMessage } from "../lib/anycast.js";

const hex = (b: Uint8Array): string => Buffer.from(b).toString("hex");
const C = "2001:db8:c::1";
const U = "2001:db8:a::2";
/** The first is asked in the plain form, the second with a key, the third by nobody. */
const ANYCASTS = ["2001:db8:53::1", "2001:db8:53::2", "2001:db8:53::3"];
const KEY: Key = { id: 7, secret: Uint8Array.from({ length: 20 }, (_, i) => i * 3) };
const CAPACITY = 12;
const RUNS = 60;

const upper = (protocol: number, from: string, to: string, ports: [number, number], request: boolean): Uint8Array => {
  const [src, dst] = [from, to].map(parseIp6);
  const body = Uint8Array.of(1, 2, 3);
  const made = protocol === UDP ? udp(...ports, body) : echo(request ? 128 : 129, ports[0], ports[1], body);
  return writeIp6({ src, dst, next: protocol, payload: seal({ src, dst }, protocol, made) });
};
const flow = fc.record({
  anycast: fc.nat({ max: 2 }),
  protocol: fc.constantFrom(UDP, ICMP6),
  port: fc.constantFrom(40000, 40001),
});
/** A change of a packet: a byte of what lies behind the base header, or a header that is not read as it was. */
const change = fc.option(fc.record({ at: fc.nat({ max: 80 }), bit: fc.nat({ max: 7 }) }), { freq: 2 });
type Change = { at: number; bit: number } | null;
function changed(packet: Uint8Array, c: Change): Uint8Array {
  if (!c || 40 + c.at >= packet.length) return packet;
  const copy = packet.slice();
  copy[40 + c.at] ^= 1 << c.bit;
  return copy;
}
/** What RFC 8200 or the upper layer drop before or behind the identifier: the reference does not judge it. */
const NOT_ABOUT = [
  "BAD_OPTION",
  "BAD_EXT",
  "BAD_UDP",
  "BAD_ICMP",
  "BAD_CHECKSUM",
  "UNKNOWN_PROTOCOL",
  "NO_NEXT_HEADER",
  "TOO_MANY_HEADERS",
  "BAD_FRAGMENT",
  "BAD_ROUTING_HEADER",
  "BAD_MH",
  "MH_UNKNOWN",
  "TUNNEL_REFUSED",
  "BAD_IP6",
  "FIRST_FRAGMENT_SHORT",
  "BAD_TCP",
  "BAD_ND",
  "ICMP_UNKNOWN",
  "ND_HOP_LIMIT",
  "PMTU_IGNORED",
];

/** Plays one packet at the core: the verdict, what the application got, what went out. */
function verdictOf(end: End, act: () => void): string {
  const [name = PASS] = Object.keys(end.node.dropsOf(act)).filter((n) => n !== "NO_BUFFER");
  return name;
}
const rowsOf = (state: Client): string[] =>
  state.rows.map(
    ({ anycast, client, flow, nonce }) =>
      `${formatIp6(Uint8Array.from(Buffer.from(anycast, "hex")))} ${formatIp6(Uint8Array.from(Buffer.from(client, "hex")))} ${flow}${nonce ? "+" : ""}`,
  );

const clientStep = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("ask" as const), flow }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("answer" as const),
      /** Which of the requests so far, from the last one on, and where the answer says it comes from. */
      back: fc.nat({ max: 14 }),
      says: fc.nat({ max: 2 }),
      form: fc.constantFrom(0, 1, 2, 2),
      source: fc.constantFrom(U, U, ANYCASTS[0], ANYCASTS[1]),
      change,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.constantFrom(1, 900, 15_000) }) },
);

test("the client does what the reference does, whatever it asks and whoever answers", () => {
  fc.assert(
    fc.property(fc.array(clientStep, { minLength: 1, maxLength: 60, size: "max" }), (steps) => {
      const list = new Map([
        [hex(parseIp6(ANYCASTS[0])), undefined],
        [hex(parseIp6(ANYCASTS[1])), KEY],
      ]);
      let model: Client = { list, timeout: 20_000, capacity: CAPACITY, rows: [] };
      const end = new End("anycast-client", C, [
        keyMessage(KEY.id, KEY.secret, ANYCASTS[1]),
        clientMessage(0, 20, ANYCASTS[0]),
        clientMessage(KEY.id, 20, ANYCASTS[1]),
      ]);
      const requests: { anycast: string; protocol: number; port: number; nonce: Uint8Array }[] = [];
      for (const step of steps) {
        if (step.kind === "wait") end.pass(step.ms);
        else if (step.kind === "ask") {
          const { protocol, port } = step.flow;
          const anycast = ANYCASTS[step.flow.anycast];
          const packet = upper(protocol, C, anycast, [port, 53], true);
          const [sent] = end.sends(packet);
          const nonce = walk(sent).identifier?.nonce ?? new Uint8Array(8);
          const should = clientSends(model, packet, nonce, end.node.now);
          assert.deepEqual(sent, should.packet);
          model = should.state;
          requests.push({ anycast, protocol, port, nonce });
        } else {
          const request = requests[requests.length - 1 - step.back];
          if (!request) continue;
          const packet = changed(answerTo(request, ANYCASTS[step.says], step.form, step.source), step.change);
          model = judge(
            end,
            packet,
            clientReceives(model, packet, end.node.now),
            () => end.receives(packet).app,
            model,
          );
        }
        model = { ...model, rows: model.rows.filter(({ sent }) => end.node.now - sent < model.timeout) };
        assert.deepEqual(end.requests().sort(), rowsOf(model).sort());
      }
    }),
    { numRuns: RUNS },
  );
});
/** The core and the reference agree about a packet; what only the core looks at (checksums, other headers) stays without effect. */
function judge<S>(end: End, packet: Uint8Array, should: Step<S>, act: () => Uint8Array[], before: S): S {
  let got: Uint8Array[] = [];
  const verdict = verdictOf(end, () => {
    got = act();
  });
  if (NOT_ABOUT.includes(verdict)) return before;
  assert.equal(verdict, should.verdict, hex(packet));
  assert.deepEqual(got, should.packet && verdict === PASS ? [should.packet] : []);
  return should.state;
}
function answerTo(
  request: { protocol: number; port: number; nonce: Uint8Array },
  anycast: string,
  form: number,
  source: string,
): Uint8Array {
  const { protocol, port, nonce } = request;
  const plain = upper(protocol, source, C, protocol === UDP ? [53, port] : [port, 53], false);
  if (form === 0) return plain;
  const id: Identifier = { form, keyId: form === 1 ? 0 : KEY.id, anycast: parseIp6(anycast), nonce };
  return identified(plain, id, C, source);
}
/** With the identifier, and the authenticator that belongs into it. */
function identified(plain: Uint8Array, id: Identifier, client: string, server: string): Uint8Array {
  if (id.form === 1) return insert(plain, id);
  const { protocol, upperAt } = walk(plain);
  const [c, s] = [client, server].map(parseIp6);
  return insert(plain, {
    ...id,
    authenticator: authenticator(KEY.secret, id, c, s, protocol!, plain.subarray(upperAt)),
  });
}

const serverStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("request" as const),
      flow,
      form: fc.constantFrom(0, 3, 3, 3, 1, 2),
      nonce: fc.nat({ max: 5 }),
      change,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("answer" as const), flow }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.constantFrom(1, 900, 20_000) }) },
);

test("the server does what the reference does, whoever asks and whatever its application says", () => {
  fc.assert(
    fc.property(fc.array(serverStep, { minLength: 1, maxLength: 40, size: "max" }), (steps) => {
      const pairs = new Map(
        ANYCASTS.slice(0, 2).map((s, i) => [hex(parseIp6(s)), { unicast: parseIp6(U), keys: i ? [KEY] : [] }]),
      );
      let model: Server = { pairs, capacity: 1000, memory: [] };
      const end = new End(
        "anycast-server",
        U,
        [keyMessage(KEY.id, KEY.secret, ANYCASTS[1]), ...ANYCASTS.slice(0, 2).map((s) => serverMessage(s, U))],
        { profile: "pc" },
      );
      for (const step of steps) {
        if (step.kind === "wait") {
          end.pass(step.ms);
          continue;
        }
        const s = ANYCASTS[Math.min(1, step.flow.anycast)];
        const { protocol, port } = step.flow;
        if (step.kind === "answer") {
          // Replies to echoes are the node's own.
          const packet = upper(UDP, s, C, [53, port], false);
          const should = serverSends(model, packet, end.node.now);
          assert.deepEqual(end.sends(packet), [should.packet]);
          model = should.state;
          continue;
        }
        const plain = upper(protocol, C, s, [port, 53], true);
        const nonce = new Uint8Array(8).fill(step.nonce);
        const id: Identifier = { form: step.form, keyId: step.form === 1 ? 0 : KEY.id, anycast: parseIp6(s), nonce };
        const packet = changed(step.form === 0 ? plain : identified(plain, id, C, s), step.change);
        const should = serverReceives(model, packet, end.node.now);
        let got: ReturnType<End["receives"]> = { app: [], out: [] };
        const verdict = verdictOf(end, () => {
          got = end.receives(packet);
        });
        if (NOT_ABOUT.includes(verdict)) continue;
        assert.equal(verdict, should.verdict, hex(packet));
        if (verdict !== PASS) assert.deepEqual(got, { app: [], out: [] });
        model = should.state;
        if (verdict !== PASS) continue;
        const inside = should.packet!;
        const { protocol: number, upperAt } = walk(inside);
        if (number === ICMP6 && inside[upperAt] === 128) {
          const reply = serverSends(model, pong(inside), end.node.now);
          assert.deepEqual(got, { app: [], out: [reply.packet] });
          model = reply.state;
        } else assert.deepEqual(got.app, [inside]);
      }
    }),
    { numRuns: RUNS },
  );
});
/** What the node makes of an Echo Request. */
function pong(ping: Uint8Array): Uint8Array {
  const [src, dst] = [ping.slice(24, 40), ping.slice(8, 24)];
  const message = ping.slice(walk(ping).upperAt);
  message[0] = 129;
  return writeIp6({ src, dst, next: ICMP6, payload: seal({ src, dst }, ICMP6, message) });
}
