/** The boundary router beside the reference of the document: chains of extension headers of every kind, from every side, bits turned over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AnycastKeyUse } from "../../../assembly/abi/anycast.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { authenticator, header, type Identifier } from "../../reference/anycast.js";
import { PASS, type Router, routerForwards } from "../../reference/anycast-parties.js";
import { bytes, UDP, writeIp6 } from "../../reference/ip.js";
import { seal, udp } from "../../reference/upper.js";
import {
  Boundary,
  byHand,
  CLIENT,
  INSIDE,
  KEY,
  KEY_ID,
  keyFor,
  listing,
  OUTSIDE,
  S,
  S2,
  STRANGER,
  U,
  U2,
} from "../lib/boundary.js";

const hex = (address: string): string => Buffer.from(parseIp6(address)).toString("hex");
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const OPTIONS = 60;
const AH = 51;
const NOTHING = 59;
const RUNS = 6000;

/** What the reference is told: the way of every address that packets here have. */
const MODEL: Router = {
  inside: new Set(["0"]),
  anycast: new Map([[hex(S), [{ id: KEY_ID, secret: KEY }]]]),
  servers: [
    { unicast: hex(U.ip), anycast: hex(S), cost: 10, hops: 0 },
    { unicast: hex(U2.ip), anycast: hex(S), cost: 20, hops: 0 },
  ],
  route: (address) => (Buffer.from(address).toString("hex").startsWith("20010db8000a") ? "0" : "1"),
};
/** Port and station, as `fate` names the way a frame took. */
const WAYS: Record<string, string> = { [hex(CLIENT.ip)]: "1>6", [hex(STRANGER.ip)]: "0>5", [hex(U.ip)]: "0>3" };

const identifier = fc.record({
  kind: fc.constant("identifier" as const),
  form: fc.constantFrom(1, 1, 2, 2, 3),
  s: fc.constantFrom(S, S, S, S2, "ff0e::1"),
  keyId: fc.constantFrom(KEY_ID, KEY_ID, KEY_ID, 8),
  proven: fc.boolean(),
});
const piece = fc.oneof(
  { weight: 4, arbitrary: identifier },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("options" as const), unknown: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("routing" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("ah" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("fragment" as const),
      offset: fc.constantFrom(0, 0, 0, 8, 1024),
      more: fc.boolean(),
      reserved: fc.constantFrom(0, 0, 1, 0x80, 0xff),
    }),
  },
);
const pieces = fc.array(piece, { maxLength: 4 });
type Piece = typeof piece extends fc.Arbitrary<infer T> ? T : never;

const packets = fc.record({
  port: fc.constantFrom(0, 0, 1),
  source: fc.constantFrom(U.ip, U.ip, U.ip, U2.ip, STRANGER.ip, CLIENT.ip, S, S2),
  destination: fc.constantFrom(CLIENT.ip, CLIENT.ip, CLIENT.ip, STRANGER.ip, S),
  hopByHop: fc.boolean(),
  pieces,
  upper: fc.constantFrom(UDP, UDP, UDP, 6, NOTHING),
  cut: fc.option(fc.nat({ max: 12 }), { freq: 6 }),
  flip: fc.option(fc.nat({ max: 8 * 60 }), { freq: 3 }),
});

/** The header in front of `next`, and the number that names it. */
function built(p: Piece, next: number, upper: Uint8Array, source: string, destination: string): [number, Uint8Array] {
  if (p.kind === "routing") return [ROUTING, Uint8Array.of(next, 0, 253, 0, 0, 0, 0, 0)];
  if (p.kind === "ah") return [AH, bytes(Uint8Array.of(next, 4), new Uint8Array(22))];
  if (p.kind === "options") return [OPTIONS, Uint8Array.of(next, 0, p.unknown ? 0x1d : 1, 4, 0, 0, 0, 0)];
  if (p.kind === "fragment") {
    const word = p.offset | Number(p.more);
    return [FRAGMENT, Uint8Array.of(next, p.reserved, word >> 8, word & 255, 0, 0, 1, 2)];
  }
  const id: Identifier = {
    form: p.form,
    keyId: p.form === 1 ? 0 : p.keyId,
    ...(p.form === 3 ? {} : { anycast: parseIp6(p.s) }),
    ...(p.form === 1 ? {} : { nonce: new Uint8Array(8).fill(9) }),
  };
  if (p.form !== 1) {
    id.authenticator = authenticator(KEY, id, parseIp6(destination), parseIp6(source), next, upper);
    if (!p.proven) id.authenticator[15] ^= 1;
  }
  return [OPTIONS, header(next, id)];
}

function packetOf(p: typeof packets extends fc.Arbitrary<infer T> ? T : never): Uint8Array {
  const [src, dst] = [p.source, p.destination].map(parseIp6);
  const body = p.upper === UDP ? udp(53, 40000, new Uint8Array(12)) : new Uint8Array(20);
  const whole = p.upper === UDP ? seal({ src, dst }, UDP, body) : body;
  const upper = p.cut !== null ? whole.subarray(0, p.cut) : whole;
  let next: number = p.upper;
  let payload: Uint8Array = upper;
  for (const one of [...p.pieces].reverse()) {
    const [number, bytesOf] = built(one, next, upper, p.source, p.destination);
    payload = bytes(bytesOf, payload);
    next = number;
  }
  if (p.hopByHop) {
    payload = bytes(Uint8Array.of(next, 0, 1, 4, 0, 0, 0, 0), payload);
    next = HOP_BY_HOP;
  }
  const packet = writeIp6({ src, dst, next, payload });
  const at = 40 + ((p.flip ?? 0) >> 3);
  if (p.flip !== null && at < packet.length) packet[at] ^= 0x80 >> (p.flip & 7);
  return packet;
}

/** Verdicts that the document names; for anything else the RFCs name others (a header that is cut, an option that wants an error). */
const NAMED = /^(ANYCAST_\w+|FIRST_FRAGMENT_SHORT)$/;

/** Both can hold, and which one is named is not said. */
const STOPPED = new Set(["ANYCAST_FORM", "FIRST_FRAGMENT_SHORT"]);

test("the router forwards and discards what the reference does", () => {
  const node = new Boundary([
    listing(S),
    byHand(U.ip, S, 10),
    byHand(U2.ip, S, 20),
    keyFor(S, KEY_ID, AnycastKeyUse.IDENTIFIER, KEY),
  ]);
  const seen: Record<string, number> = {};
  fc.assert(
    fc.property(packets, (p) => {
      const packet = packetOf(p);
      const { verdict, to } = routerForwards(MODEL, packet, `${p.port}`, 0);
      const should = verdict === PASS ? WAYS[to!] : verdict === "RFC7112" ? "FIRST_FRAGMENT_SHORT" : verdict;
      const link = p.port === 0 ? INSIDE : OUTSIDE;
      const fate = node.fate(
        p.port,
        bytes(link.mac, Uint8Array.of(2, 0, 0, 0, 5, 6), Uint8Array.of(0x86, 0xdd), packet),
      );
      if (fate !== should && !NAMED.test(fate) && !/^\d>\d$/.test(fate)) return;
      if (!(STOPPED.has(fate) && STOPPED.has(should))) {
        assert.equal(fate, should, Buffer.from(packet).toString("hex"));
      }
      seen[should] = (seen[should] ?? 0) + 1;
    }),
    { numRuns: RUNS },
  );
  const all = [
    "1>6",
    "0>3",
    "0>5",
    "FIRST_FRAGMENT_SHORT",
    ...["FORM", "SERVER", "OUTSIDE", "SOURCE", "FORGED"].map((n) => `ANYCAST_${n}`),
  ];
  assert.deepEqual(
    all.filter((name) => !seen[name]),
    [],
  );
});
