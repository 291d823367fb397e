import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Application, Outgoing } from "../../../host-sim/sim/application.js";
import { Direction, Flow } from "../../../host-sim/sim/flow.js";
import { echoReply, readProbe, sourceOf, Template } from "../../../host-sim/sim/packets.js";

/** A direction that sent everything, one packet a millisecond, of which those that `arrive` says arrived after 100 µs. */
function ran(planned: number, arrive: (n: number) => boolean): Direction {
  const direction = new Direction(0, 1000, planned);
  for (let n = 0; n < planned; n++) {
    direction.sent++;
    if (arrive(n)) direction.deliver(n, direction.sentAtUs(n) + 100);
  }
  return direction;
}

test("an outage is what lies between the last packet before a move and the first after it", () => {
  const direction = ran(100, (n) => n < 40 || n >= 55);
  assert.equal(direction.lost, 15);
  for (const uplink of [true, false]) {
    assert.deepEqual(direction.outage(42_000, 55_000, 100_000, uplink), { from: 40, to: 55 });
  }
});

test("what is lost elsewhere is not the outage's", () => {
  const direction = ran(100, (n) => n !== 10 && n !== 90 && (n < 40 || n >= 55));
  assert.deepEqual(direction.outage(40_000, 55_000, 100_000, true), { from: 40, to: 55 });
});

test("an outage lasts until the application hears again, and does not reach into the next one", () => {
  const direction = ran(100, (n) => n < 40 || n === 45 || n >= 60);
  assert.deepEqual(direction.outage(40_000, 60_000, 100_000, true), { from: 40, to: 60 });
  const never = ran(100, (n) => n < 40);
  assert.deepEqual(never.outage(40_000, -1, 70_000, true), { from: 40, to: 70 });
});

test("a move without consequences has no outage", () => {
  const direction = ran(100, () => true);
  const { from, to } = direction.outage(50_000, 50_000, 100_000, false);
  assert.equal(from, to);
});

test("each packet counts once, later copies are duplicates, overtaken ones reordered", () => {
  const numbers = fc.uniqueArray(fc.nat(49), { minLength: 1 });
  fc.assert(
    fc.property(numbers, fc.array(fc.nat(49)), (arrivals, copies) => {
      const direction = new Direction(0, 10, 50);
      direction.sent = 50;
      const again = copies.filter((n) => arrivals.includes(n));
      for (const n of [...arrivals, ...again]) direction.deliver(n, 1000);
      assert.equal(direction.received, arrivals.length);
      assert.equal(direction.duplicates, again.length);
      const late = arrivals.filter((n, i) => arrivals.slice(0, i).some((before) => before > n));
      assert.equal(direction.reordered, late.length);
    }),
  );
});

test("a packet that was never sent does not count", () => {
  const direction = new Direction(0, 10, 50);
  direction.sent = 3;
  direction.deliver(3, 1000);
  assert.equal(direction.received, 0);
});

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const pair = fc.oneof(fc.tuple(bytes(4), bytes(4)), fc.tuple(bytes(16), bytes(16)));
const kind = fc.constantFrom("udp" as const, "ping" as const);

test("a packet that an application makes is one that it can read, for any sequence number", () => {
  const size = fc.integer({ min: 16, max: 1400 });
  const u32 = fc.nat(0xffffffff);
  fc.assert(
    fc.property(
      kind,
      pair,
      fc.nat(100000),
      size,
      fc.array(u32, { minLength: 1, maxLength: 5 }),
      (k, [a, b], flow, n, seqs) => {
        const template = new Template(k, a, b, flow, 1, n);
        for (const sequence of seqs) {
          const packet = template.at(sequence);
          const expected = { kind: k === "udp" ? "udp" : "request", flow, direction: 1, sequence };
          assert.deepEqual(readProbe(packet), expected);
          assert.deepEqual(sourceOf(packet), a);
          if (k === "ping") {
            const reply = echoReply(packet);
            assert.deepEqual(readProbe(reply), { ...expected, kind: "reply" });
            assert.deepEqual(sourceOf(reply), b);
          }
        }
      },
    ),
  );
});

test("one flipped bit behind the addresses is noticed", () => {
  fc.assert(
    fc.property(kind, pair, fc.nat(0xffff), fc.nat(), (k, [a, b], sequence, position) => {
      const packet = new Template(k, a, b, 3, 0, 64).at(sequence).slice();
      const header = a.length === 4 ? 20 : 40;
      const bit = header * 8 + (position % ((packet.length - header) * 8));
      packet[bit >> 3] ^= 1 << (bit & 7);
      assert.equal(readProbe(packet), undefined);
    }),
  );
});

test("garbage is no probe", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (packet) => {
      assert.equal(readProbe(packet), undefined);
    }),
  );
});

test("an application sends from the address that it has, answers pings, and learns where to answer", () => {
  const sent: Uint8Array[] = [];
  const flow = new Flow(0, "talk", [0, 1], [new Direction(0, 10, 10), new Direction(0, 10, 10)]);
  const application = new Application(
    [flow],
    (packet) => sent.push(packet.slice()),
    (action) => action(),
  );
  const back = new Outgoing("udp", flow, 1, 32, () => undefined);
  application.send(back);
  assert.equal(sent.length, 0, "no address yet");
  application.ip4 = Uint8Array.of(192, 168, 0, 10);
  application.send(back);
  assert.equal(sent.length, 0, "nobody has called yet");
  flow.directions[0].sent = 1;
  const caller = Uint8Array.of(192, 168, 0, 100);
  application.receive(new Template("udp", caller, application.ip4, 0, 0, 32).at(0), 500);
  application.send(back);
  assert.deepEqual(sent[0].subarray(16, 20), caller);
  assert.equal(flow.directions[0].received, 1);
  assert.equal(application.lastDeliveryUs, 500);
  application.receive(new Template("ping", caller, application.ip4, 0, 0, 32).at(0), 600);
  assert.equal(readProbe(sent[1])?.kind, "reply");
  application.receive(new Uint8Array(60), 700);
  assert.equal(application.strange, 1);
  assert.equal(application.lastDeliveryUs, 600);
});
