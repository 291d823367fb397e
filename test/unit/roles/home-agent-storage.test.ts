/** What is kept before it is said, duplicate address detection, and restarts: RFC 6275 §10.3.1. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Message } from "../../../assembly/abi/message.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { Agent, CN, COA, COA2, HA, home } from "./home-agent-bench.js";
import { echo, ether, neighbourAdvertisement, solicitation, tunnelled, update } from "./home-agent-frames.js";

const A = home(1);
const B = home(2);
const statuses = (agent: Agent): (number | undefined)[][] =>
  agent.acks().map((p) => [p.mh?.status, p.mh?.sequence, p.mh?.lifetime]);
const probes = (agent: Agent): (string | undefined)[] =>
  agent.sent((p) => p.icmpType === 135 && p.src === "::").map((p) => p.nd?.target);

test("an acknowledgement waits for its record", () => {
  const agent = new Agent();
  agent.keeping = false;
  agent.rx(update({ home: A, sequence: 1 }));
  assert.equal(agent.unkept, 1);
  agent.pass(3000);
  assert.deepEqual(statuses(agent), []);
  agent.keep();
  assert.deepEqual(statuses(agent), [[0, 1, 10]]);
});

test("of two Binding Updates that wait for their records only the newer is acknowledged", () => {
  const agent = new Agent();
  agent.keeping = false;
  agent.rx(update({ home: A, sequence: 1 }));
  agent.rx(update({ home: A, sequence: 2, source: COA2 }));
  agent.keep();
  assert.deepEqual(
    agent.acks().map((p) => [p.dst, p.mh?.sequence]),
    [[COA2, 2]],
  );
});

test("a record that is safe does not speak for a newer Binding Update whose record was not even taken", () => {
  const agent = new Agent();
  agent.keeping = false;
  agent.rx(update({ home: A, sequence: 1 }));
  agent.core.rx(0, update({ home: A, sequence: 2, lifetime: 0 }));
  agent.core.stored(1);
  agent.pass(0);
  assert.deepEqual(statuses(agent), []);
  agent.keep();
  assert.deepEqual(statuses(agent), [[0, 2, 0]]);
});

test("records may become safe one by one: each lets its own acknowledgement go", () => {
  const agent = new Agent({ homes: 4 });
  const taken: number[] = [];
  agent.keeping = false;
  for (let n = 1; n <= 4; n++) agent.rx(update({ home: home(n), sequence: n }));
  for (let generation = 1; generation <= 4; generation++) {
    agent.core.stored(generation);
    agent.pass(0);
    taken.push(...agent.acks().map((p) => p.mh?.sequence ?? -1));
    assert.equal(taken.length, generation);
  }
  assert.deepEqual(taken, [1, 2, 3, 4]);
});

test("the same Binding Update again while its record is on the way is absorbed", () => {
  const agent = new Agent();
  agent.keeping = false;
  const u = update({ home: A, sequence: 1 });
  agent.rx(u);
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(u)),
    {},
  );
  agent.keep();
  assert.deepEqual(statuses(agent), [[0, 1, 10]]);
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(u)),
    { BU_SEQUENCE: 1 },
    "after that it is a replay",
  );
});

test("a first registration waits for duplicate address detection, a renewal does not", () => {
  const agent = new Agent({ dad: true });
  agent.sent();
  agent.rx(update({ home: A, sequence: 1 }));
  assert.deepEqual(probes(agent), [A]);
  agent.pass(999);
  assert.deepEqual(statuses(agent), []);
  assert.deepEqual(agent.bound(), {});
  agent.pass(1);
  assert.deepEqual(statuses(agent), [[0, 1, 10]]);
  assert.deepEqual(agent.bound(), { [A]: COA });
  agent.rx(update({ home: A, sequence: 2, source: COA2 }));
  assert.deepEqual(statuses(agent), [[0, 2, 10]]);
  assert.deepEqual(probes(agent), []);
});

test("retransmissions during the detection are absorbed, newer ones take over without starting it again", () => {
  const agent = new Agent({ dad: true });
  agent.sent();
  agent.rx(update({ home: A, sequence: 1 }));
  agent.pass(400);
  const risen = agent.dropsOf(() => {
    agent.rx(update({ home: A, sequence: 1 }));
    agent.rx(update({ home: A, sequence: 2, source: COA2, lifetime: 5 }));
  });
  assert.deepEqual(risen, {});
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(update({ home: A, sequence: 0 }))),
    { BU_SEQUENCE: 1 },
  );
  assert.deepEqual(statuses(agent), [[135, 2, 0]]);
  agent.pass(600);
  assert.deepEqual(statuses(agent), [[0, 2, 5]]);
  assert.deepEqual(agent.bound(), { [A]: COA2 });
});

for (const [name, frame] of [
  ["advertises", neighbourAdvertisement(A, "ff02::1", 0x20)],
  ["probes for", solicitation(A, "::")],
] as const) {
  test(`134 when somebody on the home link ${name} the home address; it may be tried again`, () => {
    const agent = new Agent({ dad: true });
    agent.rx(update({ home: A, sequence: 1 }));
    agent.pass(500);
    agent.rx(frame);
    assert.deepEqual(statuses(agent), [[134, 1, 0]]);
    agent.pass(3000);
    assert.deepEqual(agent.bound(), {});
    assert.deepEqual(agent.events("BU_REFUSED").length, 1);
    assert.deepEqual(
      agent.sent((p) => p.nd?.target === A && p.icmpType === 136),
      [],
      "not a word in its name",
    );
    agent.rx(update({ home: A, sequence: 1 }));
    assert.deepEqual(statuses(agent), [[135, 1, 0]]);
    agent.rx(update({ home: A, sequence: 2 }));
    agent.pass(1500);
    assert.deepEqual(statuses(agent), [[0, 2, 10]]);
  });
}

test("an ordinary solicitation does not disturb the detection, and is not answered", () => {
  const agent = new Agent({ dad: true });
  agent.rx(update({ home: A, sequence: 1 }));
  agent.sent();
  agent.rx(solicitation(A, "2001:db8:1::c"));
  assert.deepEqual(
    agent.sent((p) => p.icmpType === 136),
    [],
  );
  agent.pass(1000);
  assert.deepEqual(statuses(agent), [[0, 1, 10]]);
});

test("packets are not tunnelled before the detection has ended, and a deregistration ends it", () => {
  const agent = new Agent({ dad: true });
  agent.rx(update({ home: A, sequence: 1 }));
  agent.sent();
  agent.rx(ether(echo(CN, A)));
  assert.deepEqual(
    agent.sent((p) => p.next === 41),
    [],
  );
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(tunnelled(COA, HA, echo(A, CN)))),
    { TUNNEL_SOURCE: 1 },
  );
  agent.rx(update({ home: A, sequence: 2, lifetime: 0 }));
  assert.deepEqual(statuses(agent), [[0, 2, 0]]);
  agent.pass(3000);
  assert.deepEqual(agent.bound(), {});
  agent.rx(update({ home: A, sequence: 3 }));
  agent.pass(999);
  assert.deepEqual(statuses(agent), [], "the next one starts a detection of its own");
  agent.pass(1);
  assert.deepEqual(statuses(agent), [[0, 3, 10]]);
});

test("many detections run side by side, each for its own second", () => {
  const agent = new Agent({ dad: true, homes: 30, trace: 0 });
  for (let n = 1; n <= 30; n++) {
    agent.rx(update({ home: home(n), sequence: 1 }));
    agent.pass(10);
  }
  agent.pass(700);
  assert.equal(agent.acks().length, 1);
  agent.pass(100);
  assert.equal(agent.acks().length, 10);
  agent.pass(200);
  assert.equal(agent.acks().length, 19);
});

test("after a restart data flows again for the whole lifetime, without the mobile node's doing", () => {
  const agent = new Agent({ dad: true, homes: 4 });
  agent.rx(update({ home: A, sequence: 7, lifetime: 10, flags: 0xe0 }), update({ home: B, sequence: 9, lifetime: 20 }));
  agent.pass(30000);
  agent.reboot();
  assert.deepEqual(agent.events("BINDING"), [`BINDING restored ${A}`, `BINDING restored ${B}`]);
  assert.deepEqual(
    agent.bindings().map((row) => [row.home, row.careOf, row.left, row.sequence, row.flags]),
    [
      [A, COA, 40000, 7, 0xe0],
      [B, COA, 80000, 9, 0xc0],
    ],
  );
  const told = agent.sent((p) => p.icmpType === 136 && p.dst === "ff02::1").map((p) => p.nd?.target);
  assert.deepEqual(told, [A, "fe80::1:1", B], "neighbours are told anew");
  agent.rx(ether(echo(CN, A)));
  assert.deepEqual(
    agent.sent().map((p) => [p.dst, p.next]),
    [[COA, 41]],
  );
});

test("a Binding Update from before the restart is refused with 135 and the last accepted sequence number", () => {
  const agent = new Agent();
  agent.rx(update({ home: A, sequence: 7 }), update({ home: A, sequence: 8, source: COA2 }));
  agent.rx(update({ home: B, sequence: 3 }), update({ home: B, sequence: 4, lifetime: 0 }));
  agent.acks();
  agent.reboot();
  for (const sequence of [7, 8]) {
    agent.rx(update({ home: A, sequence }));
    assert.deepEqual(statuses(agent), [[135, 8, 0]]);
  }
  agent.rx(update({ home: B, sequence: 3 }));
  assert.deepEqual(statuses(agent), [[135, 4, 0]], "of one that had left as well");
  assert.deepEqual(agent.bound(), { [A]: COA2 });
  agent.rx(update({ home: A, sequence: 9 }));
  assert.deepEqual(statuses(agent), [[0, 9, 10]]);
});

test("a Binding Update whose record was lost was never acknowledged", () => {
  const agent = new Agent();
  agent.keeping = false;
  agent.rx(update({ home: A, sequence: 7 }));
  assert.deepEqual(statuses(agent), []);
  agent.keeping = true;
  agent.reboot();
  assert.deepEqual(agent.bound(), {});
  agent.rx(update({ home: A, sequence: 7 }));
  assert.deepEqual(statuses(agent), [[0, 7, 10]]);
});

test("what had expired stays expired after a restart", () => {
  const agent = new Agent();
  agent.rx(update({ home: A, sequence: 1, lifetime: 1 }));
  agent.pass(5000);
  assert.deepEqual(agent.events("BINDING"), [`BINDING made ${A}`, `BINDING expired ${A}`]);
  agent.reboot();
  assert.deepEqual(agent.bound(), {});
  agent.rx(update({ home: A, sequence: 1 }));
  assert.deepEqual(statuses(agent), [[135, 1, 0]]);
});

test("a binding ends with its last millisecond, whenever the sweep comes by", () => {
  const agent = new Agent();
  agent.rx(update({ home: A, sequence: 1, lifetime: 1 }));
  agent.pass(3999);
  agent.sent();
  agent.rx(ether(echo(CN, A)));
  assert.equal(agent.sent((p) => p.next === 41).length, 1);
  agent.now += 1;
  agent.core.setClock(agent.now);
  agent.rx(ether(echo(CN, A)));
  assert.equal(agent.sent((p) => p.next === 41).length, 0);
  agent.rx(solicitation(A, "2001:db8:1::c"));
  assert.deepEqual(
    agent.sent((p) => p.icmpType === 136),
    [],
  );
});

test("a home address that is listed no longer keeps its record and gets nothing", () => {
  const agent = new Agent({ homes: 2 });
  agent.rx(update({ home: B, sequence: 5 }));
  const [record] = [...agent.disk.values()];
  const other = new Agent({ homes: 1 });
  other.disk.set([...agent.disk.keys()][0], record);
  other.reboot();
  assert.deepEqual(other.bound(), {});
  other.acks();
  other.rx(update({ home: B, sequence: 6 }));
  assert.deepEqual(statuses(other), [[129, 6, 0]]);
  other.configure(new Messages().homeAddress(Uint8Array.from([32, 1, 13, 184, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2])));
  assert.deepEqual(other.bound(), { [B]: COA });
});

test("rows of records keep their numbers when the list of home addresses changes its order", () => {
  const agent = new Agent({ homes: 3 });
  agent.rx(update({ home: home(3), sequence: 5 }));
  const disk = [...agent.disk];
  const other = new Agent({ homes: 0 });
  for (const [id, data] of disk) other.disk.set(id, data);
  other.reboot();
  const m = new Messages();
  for (const n of [3, 1, 2]) m.homeAddress(Uint8Array.from([32, 1, 13, 184, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, n]));
  other.configure(m);
  for (let n = 1; n <= 3; n++) other.rx(update({ home: home(n), sequence: 6 }));
  assert.deepEqual(
    statuses(other),
    [1, 2, 3].map(() => [0, 6, 10]),
  );
  assert.equal(other.disk.size, 3);
  assert.equal(other.core.query(Message.BINDINGS).length, 3);
});

test("damaged records are refused", () => {
  const agent = new Agent();
  agent.rx(update({ home: A, sequence: 5 }));
  const [[id, good]] = [...agent.disk];
  const changed = (at: number, value: number): Uint8Array => {
    const copy = good.slice();
    copy[at] = value;
    return copy;
  };
  const records = [good.subarray(1), changed(0, 255), changed(37, 2), changed(16, 255), good.subarray(0, 0)];
  for (const record of records) {
    const other = new Agent();
    other.disk.set(id, record);
    assert.throws(() => other.reboot(), /STORED.*was refused/);
  }
  const far = new Agent();
  far.disk.set(id | 0xffffff, good);
  assert.throws(() => far.reboot(), /STORED.*TABLE_FULL/);
});
