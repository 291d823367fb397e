// A server makes itself known to a router, docs/anycast-identifier.md §6: against the reference, and against the boundary router's image.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AnycastKeyUse } from "../../../assembly/abi/anycast.js";
import { Message } from "../../../assembly/abi/message.js";
import { PortKind } from "../../../assembly/abi/port.js";
import { formatIp6, parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import * as r from "../../reference/anycast-registration.js";
import { Boundary, INSIDE, keyFor, listing, S, S2, STRANGER, U } from "../lib/boundary.js";
import { type Station, solicitation } from "../lib/lan.js";
import { Node } from "../lib/node.js";
import { carrying, type Heard, messagesOf, payloadOf, REGISTRATION_KEYS, SECRETS } from "../lib/registration.js";

const asking = (more: { lifetimeS?: number; cost?: number; keyId?: number; anycast?: string } = {}) =>
  new Messages().anycastRegister({
    keyId: more.keyId ?? 9,
    lifetimeS: more.lifetimeS ?? 30,
    cost: more.cost ?? 10,
    anycast: parseIp6(more.anycast ?? S),
    router: parseIp6(INSIDE.ip),
  });

class Server extends Node {
  constructor(...more: Messages[]) {
    super(
      "anycast-server",
      new Messages().trace(1).port(0, PortKind.ETHER, 1500, U.mac).address(0, parseIp6(U.ip), 64, 1),
    );
    this.core.configure(keyFor(S, 9, AnycastKeyUse.REGISTRATION, SECRETS[9]));
    this.configure(new Messages().anycastServer(parseIp6(S), parseIp6(U.ip)));
    for (const m of more) this.configure(m);
    this.heard();
  }
  /** Registration messages since the last look; the router is known. */
  heard(): Heard[] {
    this.rx(0, solicitation(INSIDE, U));
    this.pass(0);
    return messagesOf(this);
  }
  /** The reply to a message. */
  answer(to: r.Message, more: Partial<r.Message> = {}, from: Station = INSIDE): string {
    const m = { ...to, type: r.REPLY, costOrStatus: 0, epoch: 7n, last: to.sequence, ...more };
    const drops = this.dropsOf(() => this.rx(0, carrying(payloadOf(m, from, U, SECRETS[to.keyId]), from, U)));
    return Object.keys(drops).join();
  }
  /** router, state, last status, granted seconds, ms to the next message */
  rows(): [string, string, number, number, number, number][] {
    return this.core.query(Message.ANYCAST_REGISTRATIONS).map((row) => {
      const view = new DataView(row.buffer, row.byteOffset);
      return [
        formatIp6(row, 0),
        formatIp6(row, 16),
        row[38],
        row[39],
        view.getUint16(36, true),
        view.getUint32(32, true),
      ];
    });
  }
}
/** A registered server and its last message. */
function registered(): [Server, Heard] {
  const server = new Server();
  server.configure(asking());
  const [m] = server.heard();
  assert.equal(server.answer(m), "");
  return [server, m];
}
const [REGISTERING, REGISTERED, REFUSED] = [1, 2, 3];

test("a REGISTER says what was configured, and its proof is the reference's", () => {
  const server = new Server();
  server.configure(asking({ cost: 200 }));
  const [m] = server.heard();
  const { payload, from, to, hopLimit, ...said } = m;
  assert.deepEqual([from, to, hopLimit], [U.ip, INSIDE.ip, 64]);
  const anycast = parseIp6(S);
  const { sequence } = said;
  assert.deepEqual(said, {
    type: 1,
    keyId: 9,
    lifetime: 30,
    costOrStatus: 200,
    sequence,
    epoch: 0n,
    anycast,
    last: 0n,
  });
  assert.ok(r.isProven(payload, SECRETS[9], parseIp6(U.ip), parseIp6(INSIDE.ip)));
  assert.deepEqual(server.rows(), [[INSIDE.ip, S, REGISTERING, 0, 0, 1000]]);
});

test("accepted: again when half of what was granted is over, with the next number and the epoch of the reply", () => {
  const server = new Server();
  server.configure(asking());
  const [m] = server.heard();
  server.takeEvents();
  assert.equal(server.answer(m, { lifetime: 20 }), "");
  const [event] = server.takeEvents();
  assert.deepEqual(
    [event.kindName, event.code, event.a, event.b, event.y],
    ["ANYCAST_REGISTRATION", 0, INSIDE.ip, S, 20],
  );
  assert.deepEqual(server.rows(), [[INSIDE.ip, S, REGISTERED, 0, 20, 10000]]);
  assert.equal(server.pass(9999).heard().length, 0);
  const [next] = server.pass(1).heard();
  assert.deepEqual([next.sequence, next.epoch], [m.sequence + 1n, 7n]);
});

test("without a reply: after 1, 2, 4, 8, 16, 16 s, each with a new number", () => {
  const server = new Server();
  server.configure(asking());
  let last = server.heard()[0].sequence;
  for (const seconds of [1, 2, 4, 8, 16, 16, 16]) {
    assert.equal(server.pass(seconds * 1000 - 1).heard().length, 0, `before ${seconds} s`);
    const [m] = server.pass(1).heard();
    assert.equal(m.sequence, ++last);
  }
  assert.equal(server.answer(asMessage(last)), "", "the last one is still answered");
  assert.equal(server.rows()[0][2], REGISTERED);
  server.pass(15000);
  server.heard();
  assert.equal(server.pass(999).heard().length, 0);
  assert.equal(server.pass(1).heard().length, 1, "the wait begins at one second again");
});
const asMessage = (sequence: bigint): r.Message => ({
  type: 1,
  keyId: 9,
  lifetime: 30,
  costOrStatus: 0,
  sequence,
  epoch: 0n,
  anycast: parseIp6(S),
  last: 0n,
});

test("another epoch and a used number: at once with the epoch and a number above, at most four times in a row", () => {
  for (const costOrStatus of [r.OTHER_EPOCH, r.OLD_SEQUENCE]) {
    const server = new Server();
    server.configure(asking());
    let [m] = server.heard();
    for (let n = 1; n <= 4; n++) {
      server.answer(m, { costOrStatus, lifetime: 0, epoch: BigInt(100 + n), last: BigInt(1000 * n) });
      const said = server.heard();
      assert.equal(said.length, 1);
      [m] = said;
      assert.deepEqual([m.epoch, m.sequence], [BigInt(100 + n), BigInt(1000 * n + 1)]);
    }
    server.answer(m, { costOrStatus, lifetime: 0, epoch: 9n, last: 50n });
    assert.equal(server.heard().length, 0);
    assert.equal(server.pass(999).heard().length, 0);
    [m] = server.pass(1).heard();
    assert.deepEqual([m.epoch, m.sequence], [9n, 51n]);
  }
});

test("refused: again after a minute", () => {
  for (const costOrStatus of [r.WRONG_KEY, r.CLAIMED, r.FULL, 77]) {
    const server = new Server();
    server.configure(asking());
    const [m] = server.heard();
    server.answer(m, { costOrStatus, lifetime: 0 });
    assert.deepEqual(server.rows(), [[INSIDE.ip, S, REFUSED, costOrStatus, 0, 60000]]);
    assert.equal(server.pass(59999).heard().length, 0);
    assert.equal(server.pass(1).heard().length, 1);
  }
});

test("replies that are forged, late, of others or not asked for change nothing", () => {
  const [server, m] = registered();
  assert.equal(server.answer(m), "ANYCAST_REGISTRATION", "answered already");
  const [next] = server.pass(15000).heard();
  const rows = server.rows();
  const reply = { ...next, type: r.REPLY, costOrStatus: r.FULL, last: 0n };
  const good = payloadOf(reply, INSIDE, U);
  for (let at = 0; at < 64; at++) {
    const bad = good.slice();
    bad[at] ^= 0x10;
    const drops = server.dropsOf(() => server.rx(0, carrying(bad, INSIDE, U)));
    const why = at < 2 || (at >= 24 && at < 40) ? "REGISTRATION" : at < 4 ? "KEY" : "FORGED";
    assert.deepEqual(drops, { [`ANYCAST_${why}`]: 1 }, `byte ${at}`);
  }
  assert.equal(server.answer(next, { sequence: next.sequence - 1n }), "ANYCAST_REGISTRATION");
  assert.equal(server.answer(next, {}, STRANGER), "ANYCAST_REGISTRATION", "of another router");
  assert.equal(server.answer(next, { type: 1 }), "ANYCAST_REGISTRATION");
  assert.deepEqual(server.rows(), rows);
  assert.equal(server.answer(next), "");
});

test("switched off: lifetime 0, and nothing more", () => {
  const [server, m] = registered();
  server.configure(asking({ lifetimeS: 0 }));
  const [bye] = server.heard();
  assert.deepEqual([bye.lifetime, bye.sequence, bye.epoch], [0, m.sequence + 1n, 7n]);
  assert.deepEqual(server.rows(), []);
  assert.equal(server.pass(120_000).heard().length, 0);
});

test("what cannot be registered is refused", () => {
  const server = new Server();
  const refused = (m: Messages) => assert.throws(() => server.configure(m), /BAD_VALUE/);
  refused(asking({ keyId: 8 }));
  refused(asking({ anycast: S2 }));
  for (const n of [1, 2, 3, 4]) {
    const router = parseIp6(`2001:db8:a::${n}00`);
    server.configure(new Messages().anycastRegister({ keyId: 9, lifetimeS: 9, cost: 0, anycast: parseIp6(S), router }));
  }
  assert.throws(() => server.configure(asking()), /TABLE_FULL/);
});

test("server and router: registration, a reboot of either, and the end", () => {
  let router = new Boundary([listing(S), ...REGISTRATION_KEYS]).meet();
  let server = new Server();
  /** Both live for a while, and hear each other. */
  const live = (ms: number) => {
    for (let t = 0; t <= ms; t += 250) {
      for (let talk = true; talk; ) {
        const up = server.heard();
        for (const m of up) router.meet().rx(0, carrying(m.payload, U, INSIDE));
        const down = messagesOf(router);
        for (const m of down) server.rx(0, carrying(m.payload, INSIDE, U));
        talk = up.length + down.length > 0;
      }
      if (t === ms) break;
      server.pass(250);
      router.pass(250);
    }
  };
  const known = () => router.servers().map(({ u, left }) => [u, Math.ceil(left / 15000)]);
  server.configure(asking());
  live(0);
  assert.deepEqual(known(), [[U.ip, 2]]);
  assert.deepEqual(server.rows()[0].slice(2, 5), [REGISTERED, 0, 30]);
  live(100_000);
  assert.deepEqual(known(), [[U.ip, 2]]);
  router = router.reboot();
  assert.deepEqual(known(), [[U.ip, 2]], "from its disk");
  live(15_000);
  assert.equal(server.rows()[0][2], REGISTERED, "in the new epoch");
  server = new Server(asking());
  live(2000);
  assert.equal(server.rows()[0][2], REGISTERED, "with a number above those of its earlier life");
  server.configure(asking({ lifetimeS: 0 }));
  live(0);
  assert.deepEqual(known(), []);
});
