// Random registrations, replays, waits, changes by hand and reboots: the boundary router against the reference of the document.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import * as r from "../../reference/anycast-registration.js";
import { Boundary, INSIDE, listing, S, S2, U } from "../lib/boundary.js";
import type { Station } from "../lib/lan.js";
import {
  asks,
  carrying,
  epochOf,
  MAY_NAME,
  messagesOf,
  PORT,
  payloadOf,
  REGISTRATION_KEYS,
  SECRETS,
} from "../lib/registration.js";

const CAPACITY = 32;
const hex = (address: string) => Buffer.from(parseIp6(address)).toString("hex");
/** More servers than there are places, behind another router inside. */
const far = (n: number): Station => ({ ip: `2001:db8:f::${n.toString(16)}`, mac: U.mac });
const SETUP = [
  listing(S),
  listing(S2),
  ...REGISTRATION_KEYS,
  new Messages().route(0, parseIp6("2001:db8:f::"), 48, parseIp6(U.ip)).bytes(),
];

const registering = fc.record({
  kind: fc.constant("register" as const),
  /** Few servers meet each other often, many fill the table. */
  server: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 40 })),
  s: fc.constantFrom(S, S, S2),
  keyId: fc.constantFrom(9, 10, 10, 10, 11),
  ahead: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 1, max: 3 }) }, fc.integer({ min: -3, max: 0 })),
  lifetime: fc.oneof({ weight: 4, arbitrary: fc.constantFrom<number[]>(1, 5, 30, 65535) }, fc.constant(0)),
  cost: fc.nat(3),
  hopLimit: fc.integer({ min: 60, max: 64 }),
  epoch: fc.oneof(
    { weight: 8, arbitrary: fc.constant("now" as const) },
    fc.constantFrom("before" as const, "none" as const),
  ),
});
const operation = fc.oneof(
  { weight: 12, arbitrary: registering },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("fill" as const), from: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("again" as const), which: fc.nat(1000) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 300, max: 9000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reboot" as const) }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Router and reference side by side. */
class Pair {
  node = new Boundary(SETUP);
  model: r.Registrar;
  epochs: bigint[];
  readonly past: { payload: Uint8Array; from: Station; hopLimit: number }[] = [];
  /** Those of `past` that were accepted. */
  readonly accepted: Pair["past"] = [];
  private readonly numbers = new Map<string, bigint>();

  constructor() {
    const epoch = epochOf(this.node);
    this.epochs = [epoch];
    const keys = Object.entries(MAY_NAME).map(([id, names]) => ({
      id: Number(id),
      secret: SECRETS[Number(id)],
      anycast: new Set(names.map(hex)),
    }));
    this.model = { epoch, capacity: CAPACITY, keys, places: [] };
  }
  register(o: Extract<Operation, { kind: "register" }>): void {
    const from = far(o.server);
    const name = `${o.server} ${o.s}`;
    const sequence = (this.numbers.get(name) ?? 10n) + BigInt(o.ahead);
    this.numbers.set(name, sequence);
    const epoch =
      o.epoch === "none" ? 0n : o.epoch === "now" ? this.model.epoch : (this.epochs[this.epochs.length - 2] ?? 1n);
    const m = asks({
      keyId: o.keyId,
      lifetime: o.lifetime,
      costOrStatus: o.cost,
      sequence,
      epoch,
      anycast: parseIp6(o.s),
    });
    this.hear({ payload: payloadOf(m, from, INSIDE), from, hopLimit: o.hopLimit });
  }
  hear(heard: { payload: Uint8Array; from: Station; hopLimit: number }): void {
    const { payload, from, hopLimit } = heard;
    this.past.push(heard);
    this.node.meet().rx(0, carrying(payload, from, INSIDE, hopLimit));
    const [reply] = messagesOf(this.node);
    const arrived = { source: parseIp6(from.ip), destination: parseIp6(INSIDE.ip), port: PORT, hopLimit, payload };
    const fresh = reply?.epoch ?? 0n;
    const { state, out } = r.registrarHears(this.model, arrived, true, this.node.now, fresh);
    assert.deepEqual(reply?.payload, out);
    if (reply?.costOrStatus === r.ACCEPTED) this.accepted.push(heard);
    this.model = state;
    if (!this.epochs.includes(fresh)) this.epochs.push(fresh);
  }
  reboot(): void {
    const { now } = this.node;
    this.node = this.node.reboot();
    const epoch = epochOf(this.node);
    assert.ok(!this.epochs.includes(epoch));
    this.epochs.push(epoch);
    const after = r.registrarReboots(this.model, now, epoch);
    this.model = { ...after, places: after.places.map((p) => ({ ...p, ends: p.ends - now + this.node.now })) };
  }
  /** The rows that are live, and which is nearest. */
  compare(): void {
    const { now } = this.node;
    const live = this.model.places.filter(({ ends }) => now < ends);
    const nearest = new Set(
      [S, S2].map((s) => {
        const rank = (p: r.Place) => `${String(p.cost).padStart(3)} ${String(p.hops).padStart(3)} ${p.unicast}`;
        const of = live.filter((p) => p.anycast === hex(s)).sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
        return of[0];
      }),
    );
    const expected = live.map((p) => [p.unicast, p.anycast, p.ends - now, p.cost, p.hops, nearest.has(p)]);
    const rows = this.node.servers().map((p) => [hex(p.u), hex(p.s), p.left, p.cost, p.hops, p.nearest]);
    const order = (list: unknown[]) => list.map(String).sort();
    assert.deepEqual(order(rows), order(expected));
  }
}
function run(steps: Operation[]): void {
  const pair = new Pair();
  for (const step of steps) {
    if (step.kind === "register") pair.register(step);
    else if (step.kind === "again") {
      if (pair.past.length > 0) pair.hear(pair.past[step.which % pair.past.length]);
    } else if (step.kind === "wait") pair.node.pass(step.ms);
    else if (step.kind === "reboot") {
      pair.node.pass(300); // an end is noticed up to 250 ms late; a power cut within that time is not what is compared
      pair.reboot();
    } else {
      for (let n = 0; n < 20; n++) {
        const fixed = { ahead: 1, lifetime: n % 7 === 0 ? 0 : 30, cost: n & 3, hopLimit: 64, epoch: "now" as const };
        pair.register({ kind: "register", server: step.from + n, s: S, keyId: 10, ...fixed });
      }
    }
    pair.compare();
  }
}

test("replies, rows and the nearest agree with the reference, whatever comes in whatever order", () => {
  fc.assert(fc.property(fc.array(operation, { minLength: 1, maxLength: 30 }), run), { numRuns: 100, seed: 1021 });
});

test("no message that was accepted brings a row back or changes one", () => {
  const between = fc.oneof(
    { weight: 4, arbitrary: registering.map((o) => ({ ...o, ahead: Math.abs(o.ahead) + 1, epoch: "now" as const })) },
    fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 300, max: 40000 }) }),
    fc.record({ kind: fc.constant("reboot" as const) }),
  );
  fc.assert(
    fc.property(fc.array(between, { maxLength: 20 }), (steps) => {
      const pair = new Pair();
      for (const step of steps) {
        if (step.kind === "wait") pair.node.pass(step.ms);
        else if (step.kind === "reboot") pair.reboot();
        else pair.register(step);
        const rows = pair.node.servers();
        pair.node.keep().takeEvents();
        for (const { payload, from, hopLimit } of pair.accepted) {
          pair.node.meet().rx(0, carrying(payload, from, INSIDE, hopLimit));
          assert.ok(messagesOf(pair.node).every((m) => m.costOrStatus !== r.ACCEPTED));
        }
        assert.deepEqual(pair.node.servers(), rows);
        pair.node.core.stores(() => assert.fail("a record was written"));
      }
    }),
    { numRuns: 40, seed: 3704 },
  );
});

test("any bytes on the port are discarded, and leave the table as it was", () => {
  const pair = new Pair();
  pair.register({
    kind: "register",
    server: 1,
    s: S,
    keyId: 9,
    ahead: 1,
    lifetime: 3600,
    cost: 1,
    hopLimit: 64,
    epoch: "now",
  });
  const rows = pair.node.servers();
  const near = fc
    .record({ at: fc.nat(63), bit: fc.nat(7), cut: fc.integer({ min: 0, max: 70 }), keep: fc.boolean() })
    .map(({ at, bit, cut, keep }) => {
      const bytes = Uint8Array.from({ length: keep ? 64 : cut }, (_, i) => pair.past[0].payload[i] ?? 0);
      if (at < bytes.length) bytes[at] ^= 1 << bit;
      return bytes;
    });
  fc.assert(
    fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 200 })), (payload) => {
      const drops = pair.node.meet().dropsOf(() => pair.node.rx(0, carrying(payload, far(1), INSIDE)));
      assert.match(Object.keys(drops).join(), /^ANYCAST_(REGISTRATION|KEY|FORGED)$/);
      assert.deepEqual(pair.node.servers(), rows);
    }),
    { numRuns: 400, seed: 2104 },
  );
});
