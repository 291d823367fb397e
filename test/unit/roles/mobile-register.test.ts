/** Home registration of the mobile node, RFC 6275 §11.7-11.8: updates, acknowledgements, retransmission, refresh. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Messages } from "../../../host-sim/core/messages.js";
import { addr, ba, bindingError, brr, cat, icmpError, ip6, tunnel, udp } from "./mobile-frames.js";
import { A, AGENT, B, HOME, PEER, readUpdate, type Update, World } from "./mobile-world.js";

/** On link A with one Binding Update out. */
function asking(options: ConstructorParameters<typeof World>[0] = {}): { w: World; u: Update } {
  const w = new World(options);
  w.link = A;
  w.advertise();
  const [u, ...more] = w.updates();
  assert.ok(u, "no Binding Update left");
  assert.equal(more.length, 0);
  w.node.events();
  return { w, u };
}
/** On link A and registered. */
function registered(options: ConstructorParameters<typeof World>[0] = {}): { w: World; u: Update } {
  const r = asking(options);
  r.w.acknowledge(r.u);
  assert.deepEqual(r.w.node.events("REGISTRATION"), [`REGISTRATION REGISTERED ${AGENT}`]);
  r.w.forget();
  return r;
}
const data = new Uint8Array(8);

test("a Binding Update has the bytes of RFC 6275 §6.1.7 and §6.3", () => {
  const { u } = asking();
  const coa = addr(u.coa);
  const expected = ip6(
    u.coa,
    AGENT,
    60,
    cat(
      [135, 2, 1, 2, 0, 0, 0xc9, 16],
      addr(HOME),
      [59, 3, 5, 0, 0, 0, u.seq >> 8, u.seq & 255, 0xc0, 0, 0, 15, 1, 0, 3, 16],
      coa,
    ),
  );
  const got = u.frame.slice(14);
  expected.set(got.slice(40 + 24 + 4, 40 + 24 + 6), 40 + 24 + 4); // the checksum is judged by the dissector below
  assert.deepEqual(Buffer.from(got).toString("hex"), Buffer.from(expected).toString("hex"));
});
test("the dissector finds the Binding Update sound, with its steps", () => {
  const w = new World();
  w.link = A;
  w.advertise();
  const [bu] = w.sent(/MH BU/);
  assert.match(bu.text, /home address 2001:db8:7::1000 \| MH BU seq \d+ lifetime 60 s A H alt-CoA 2001:db8:a:/);
  assert.doesNotMatch(bu.text, /bad|wrong|malformed/i);
  assert.deepEqual(w.node.events("STEP", "BU_SENT").length, 2);
});
test("K is never asked for, L only where the interface identifiers match", () => {
  assert.equal(asking({ flags: 0xf0 }).u.flags, 0xc0);
});
test("an acknowledgement makes table 210's row, the tunnel and the application's address", () => {
  const { w, u } = asking();
  assert.deepEqual(
    w.bindingList().map((r) => ({ ...r, ms: 0 })),
    [{ agent: AGENT, home: HOME, coa: u.coa, ms: 0, seq: u.seq, state: 1 }],
  );
  assert.deepEqual(w.tunnels(), []);
  w.acknowledge(u);
  assert.deepEqual(w.bindingList(), [{ agent: AGENT, home: HOME, coa: u.coa, ms: 60000, seq: u.seq, state: 2 }]);
  assert.deepEqual(w.tunnels(), [`${HOME}: ${u.coa} > ${AGENT}`]);
  assert.deepEqual(w.node.events("BA_RECEIVED", "TUNNEL", "APPLICATION"), [
    `BA_RECEIVED accepted ${AGENT}`,
    `TUNNEL set ${u.coa}`,
    `APPLICATION ${HOME}`,
  ]);
});
test("without an answer a first registration is repeated after 1.5, 3, 6 … at most 32 s, each with the next sequence number", () => {
  const { w, u } = asking();
  const gaps: number[] = [];
  let at = w.node.now;
  let seq = u.seq;
  for (let i = 0; i < 7; i++) {
    w.pass(33000);
    for (const s of w.sent(/MH BU/)) {
      gaps.push(s.at - at);
      at = s.at;
      const next = readUpdate(s.bytes).seq;
      assert.equal(next, (seq + 1) & 0xffff);
      seq = next;
    }
  }
  assert.deepEqual(gaps.slice(0, 7), [1500, 3000, 6000, 12000, 24000, 32000, 32000]);
});
test("a renewal is repeated sooner: after 400 ms, then by the round trip that an earlier one had, doubling up to 32 s", () => {
  const { w } = registered();
  const gaps = (): number[] => {
    w.pass(20000);
    const times = w.sent(/MH BU/).map((s) => s.at);
    return times.slice(1).map((t, i) => t - times[i]);
  };
  const to = (link: typeof A): void => {
    w.carrier(false);
    w.link = link;
    w.carrier(true);
    w.forget();
    w.advertise();
  };
  to(B);
  assert.deepEqual(gaps(), [400, 800, 1600, 3200, 6400]);
  w.acknowledge({ ...registeredBy(w), lifetime: 15 });
  w.roam(A); // answered within a millisecond
  w.pass(1000);
  to(B);
  assert.deepEqual(gaps(), [200, 400, 800, 1600, 3200, 6400]);
});
/** The last Binding Update, as table 210 has it. */
function registeredBy(w: World): Update {
  const [{ seq, coa }] = w.bindingList();
  return { seq, coa, lifetime: 15, flags: 0xc0, frame: new Uint8Array(0) };
}
test("any Binding Update without an answer may be the one that is acknowledged", () => {
  const { w, u } = asking();
  w.pass(1600);
  const [again] = w.updates();
  assert.equal(again.seq, (u.seq + 1) & 0xffff);
  w.acknowledge(u);
  assert.equal(w.bindingList()[0].state, 2);
  assert.equal(w.bindingList()[0].ms, 60000 - 1600, "the lifetime counts from the first of them");
});

test("acknowledgements that are not the home agent's answer change nothing and are counted", () => {
  const { w, u } = asking();
  const ok = { agent: AGENT, home: HOME, coa: u.coa, seq: u.seq, lifetime: 15 };
  const before = w.bindingList();
  const wrong: [string, Uint8Array][] = [
    ["BA_UNEXPECTED", ba({ ...ok, agent: "2001:db8:7::2" })],
    ["BA_SEQUENCE", ba({ ...ok, seq: (u.seq + 1) & 0xffff })],
    ["BA_SEQUENCE", ba({ ...ok, seq: (u.seq - 1) & 0xffff })],
    ["BA_SEQUENCE", ba({ ...ok, seq: (u.seq + 32768) & 0xffff })],
    ["BAD_ROUTING_HEADER", ba({ ...ok, home: "2001:db8:7::1001" })],
    ["BA_UNEXPECTED", tunnel(AGENT, u.coa, ba({ ...ok, coa: undefined }))],
    ["BAD_MH", ba({ ...ok, options: [2, 4, 0, 1, 0, 0, 1, 2, 0, 0, 0, 0] })],
    ["BAD_MH", ba({ ...ok, options: [2, 200, 0, 1] })],
  ];
  for (const [reason, packet] of wrong) {
    const risen = w.node.dropsOf(() => w.give(packet));
    const tunnelled = packet[6] === 41 ? { TUNNEL_REFUSED: 1 } : { [reason]: 1 };
    assert.deepEqual(risen, tunnelled, reason);
  }
  assert.deepEqual(w.bindingList(), before);
  assert.deepEqual(w.tunnels(), []);
});
test("an acknowledgement with a wrong checksum is not read", () => {
  const { w, u } = asking();
  const packet = ba({ agent: AGENT, home: HOME, coa: u.coa, seq: u.seq, lifetime: 15 });
  packet[packet.length - 5] ^= 1;
  assert.deepEqual(
    w.node.dropsOf(() => w.give(packet)),
    { BAD_CHECKSUM: 1 },
  );
});
test("the same acknowledgement twice: the second is not expected", () => {
  const { w, u } = registered();
  assert.deepEqual(
    w.node.dropsOf(() => w.acknowledge(u)),
    { BA_UNEXPECTED: 1 },
  );
  assert.equal(w.tunnels().length, 1);
});
test("an acknowledgement for the care-of address before the last one is not expected", () => {
  const { w, u } = asking();
  w.carrier(false);
  w.link = B;
  w.carrier(true);
  w.forget();
  w.advertise();
  const [second] = w.updates();
  const old = ba({ agent: AGENT, home: HOME, coa: second.coa, seq: u.seq, lifetime: 15 });
  assert.deepEqual(
    w.node.dropsOf(() => w.give(old)),
    { BA_SEQUENCE: 1 },
  );
  assert.deepEqual(w.tunnels(), []);
  w.acknowledge(second);
  assert.deepEqual(w.tunnels(), [`${HOME}: ${second.coa} > ${AGENT}`]);
});

test("the binding is refreshed at three quarters of its lifetime, and the data path lives on", () => {
  const { w } = registered();
  const start = w.node.now;
  w.pass(46000);
  const [s, ...more] = w.sent(/MH BU/);
  assert.equal(s.at - start, 45000);
  assert.equal(more.length, 1, "repeated, nobody answered");
  const refresh = readUpdate(more[0].bytes);
  w.acknowledge(refresh);
  assert.equal(w.bindingList()[0].state, 2);
  w.pass(30000);
  assert.equal(w.tunnels().length, 1);
});
test("a shorter lifetime than asked for and the agent's advice bring the refresh forward; a longer one is not believed", () => {
  const short = asking();
  short.w.acknowledge(short.u, { lifetime: 2 });
  let start = short.w.node.now;
  assert.equal(short.w.bindingList()[0].ms, 8000);
  short.w.pass(6100);
  assert.equal(short.w.sent(/MH BU/)[0].at - start, 6000);

  const advised = asking();
  advised.w.acknowledge(advised.u, { advice: 1 });
  start = advised.w.node.now;
  advised.w.pass(4100);
  assert.equal(advised.w.sent(/MH BU/)[0].at - start, 4000);

  const long = asking();
  long.w.acknowledge(long.u, { lifetime: 4000 });
  assert.equal(long.w.bindingList()[0].ms, 60000);
});
test("a binding that nobody refreshes ends: the tunnel goes, the application keeps its address, asking goes on", () => {
  const { w } = registered();
  w.pass(60001);
  assert.deepEqual(w.tunnels(), []);
  assert.deepEqual(
    w.node.dropsOf(() => w.fromApp(udp(HOME, PEER, 1, 2, data))),
    { NO_BINDING: 1 },
  );
  w.forget();
  w.pass(40000);
  const [u] = w.updates();
  w.acknowledge(u);
  assert.equal(w.tunnels().length, 1);
  assert.deepEqual(w.node.events("APPLICATION"), [], "nothing to tell: the address never went");
});

test("status 135 moves the sequence behind the agent's and asks again at once, but not in a circle", () => {
  const { w, u } = asking();
  assert.deepEqual(
    w.node.dropsOf(() => w.acknowledge(u, { status: 135, seq: 4711, lifetime: 0 })),
    { BA_SEQUENCE: 1 },
  );
  const [again] = w.updates();
  assert.equal(again.seq, 4712);
  let sent = 0;
  for (let i = 0; i < 20; i++) {
    w.acknowledge(again, { status: 135, seq: 5000 + i, lifetime: 0 });
    w.pass(100);
    sent += w.updates().length;
  }
  assert.ok(sent <= 3, `${sent} Binding Updates in two seconds`);
});
test("an answer to where the node has left from comes too late: nothing leaves from an address that it no longer uses", () => {
  const w = new World();
  const byHand = "2001:db8:a::77"; // outlives the link's carrier
  w.configure(new Messages().address(0, addr(byHand), 64));
  w.link = { ...A, prefixes: ["2001:db8:a::/64 L"] };
  w.advertise();
  const [u] = w.updates();
  assert.equal(u.coa, byHand);
  w.carrier(false);
  w.carrier(true);
  w.pass(2000);
  w.forget();
  for (const status of [135, 0]) {
    assert.deepEqual(
      w.node.dropsOf(() => w.acknowledge(u, { status })),
      { BA_UNEXPECTED: 1 },
    );
  }
  assert.deepEqual(w.updates(), []);
  w.advertise();
  assert.equal(w.updates()[0].coa, byHand);
});
for (const status of [128, 129, 130, 131, 132, 133, 134, 139, 143, 255]) {
  test(`status ${status} is reported and counted, no tunnel comes, and later attempts get through`, () => {
    const { w, u } = asking();
    assert.deepEqual(
      w.node.dropsOf(() => w.acknowledge(u, { status, lifetime: 0 })),
      { BA_REFUSED: 1 },
    );
    assert.deepEqual(w.node.events("REGISTRATION"), [`REGISTRATION REFUSED ${AGENT}`]);
    assert.deepEqual(w.tunnels(), []);
    assert.deepEqual(w.bindingList(), []);
    w.forget();
    w.pass(2100);
    const [again] = w.updates();
    assert.equal(again.seq, (u.seq + 1) & 0xffff);
    w.acknowledge(again);
    assert.equal(w.tunnels().length, 1);
  });
}
test("a refusal while registered takes the tunnel away", () => {
  const { w } = registered();
  w.pass(45001);
  const [u] = w.updates();
  w.acknowledge(u, { status: 129 });
  assert.deepEqual(w.tunnels(), []);
});
test("refusals in a row wait longer each time", () => {
  const { w, u } = asking();
  w.acknowledge(u, { status: 130, lifetime: 0 });
  const gaps: number[] = [];
  let at = w.node.now;
  for (let i = 0; i < 5; i++) {
    w.pass(33000);
    const [s] = w.sent(/MH BU/);
    gaps.push(s.at - at);
    w.acknowledge(readUpdate(s.bytes), { status: 130, lifetime: 0, seq: w.bindingList()[0].seq });
    at = w.node.now;
  }
  assert.deepEqual(gaps, [2000, 4000, 8000, 16000, 32000]);
});
test("accepted with lifetime 0 is no binding", () => {
  const { w, u } = asking();
  w.acknowledge(u, { lifetime: 0 });
  assert.deepEqual(w.tunnels(), []);
  assert.deepEqual(w.node.events("REGISTRATION"), [`REGISTRATION REFUSED ${AGENT}`]);
});

test("a Binding Refresh Request is answered by one Binding Update; from others it is not expected", () => {
  const { w, u } = registered();
  w.give(brr(AGENT, HOME, u.coa), brr(AGENT, HOME, u.coa));
  const [again, ...more] = w.updates();
  assert.equal(again.seq, (u.seq + 1) & 0xffff);
  assert.equal(more.length, 0);
  assert.deepEqual(
    w.node.dropsOf(() => w.give(brr(PEER, HOME, u.coa))),
    { BRR_UNEXPECTED: 1 },
  );
});
test("a Binding Error or an ICMPv6 error from the tunnel's far end leads to a new registration, a stranger's does not", () => {
  for (const [what, packet, updates] of [
    ["Binding Error 1", (coa: string) => bindingError(AGENT, coa, HOME, 1), 1],
    ["Binding Error 2", (coa: string) => bindingError(AGENT, coa, HOME, 2), 0],
    ["Binding Error of a stranger", (coa: string) => bindingError(PEER, coa, HOME, 1), 0],
    [
      "unreachable",
      (coa: string) => icmpError(AGENT, coa, 1, 3, 0, tunnel(coa, AGENT, udp(HOME, PEER, 1, 2, data))),
      1,
    ],
    [
      "unreachable, about something else",
      (coa: string) => icmpError(PEER, coa, 1, 3, 0, tunnel(coa, PEER, udp(HOME, PEER, 1, 2, data))),
      0,
    ],
  ] as const) {
    const { w, u } = registered();
    w.give(packet(u.coa));
    assert.equal(w.updates().length, updates, what);
  }
});
test("not more than three Binding Updates leave within a second, whatever happens", () => {
  const { w, u } = registered();
  let seq = u.seq;
  const times: number[] = [];
  for (let i = 0; i < 60; i++) {
    w.give(brr(AGENT, HOME, u.coa));
    for (const s of w.sent(/MH BU/)) {
      times.push(s.at);
      seq = readUpdate(s.bytes).seq;
      w.acknowledge({ ...u, seq });
    }
    w.pass(50);
  }
  for (let i = 3; i < times.length; i++) assert.ok(times[i] - times[i - 3] >= 1000, `${times}`);
  assert.ok(times.length >= 6);
});
test("another home agent is registered with at once", () => {
  const { w, u } = registered();
  const other = "2001:db8:7::2";
  const settings = { port: 0, prefixLength: 64, flags: 0xc0, lifetime4s: 15, homeAddress: addr(HOME) };
  w.configure(new Messages().mobileNode({ ...settings, homeAgent: addr(other) }));
  const [again] = w.updates();
  assert.equal(again.coa, u.coa);
  assert.deepEqual(
    w.bindingList().map((r) => r.agent),
    [other],
  );
  w.give(ba({ agent: other, home: HOME, coa: u.coa, seq: again.seq, lifetime: 15 }));
  assert.deepEqual(w.tunnels(), [`${HOME}: ${u.coa} > ${other}`]);
});
test("Message.MOBILE_NODE: other values for the same home address are taken over, impossible ones refused", () => {
  const { w } = registered();
  const base = {
    port: 0,
    prefixLength: 64,
    flags: 0xc0,
    lifetime4s: 3,
    homeAddress: addr(HOME),
    homeAgent: addr(AGENT),
  };
  w.configure(new Messages().mobileNode(base));
  w.pass(45001);
  assert.equal(w.updates()[0].lifetime, 3);
  for (const wrong of [
    { port: 1 },
    { prefixLength: 0 },
    { prefixLength: 128 },
    { lifetime4s: 0 },
    { homeAddress: addr("ff02::1") },
    { homeAddress: addr("::") },
    { homeAddress: addr("2001:db8:7::1001") },
    { homeAgent: addr("fe80::1") },
    { homeAgent: addr(HOME) },
  ]) {
    assert.throws(
      () => w.configure(new Messages().mobileNode({ ...base, ...wrong })),
      /refused/,
      JSON.stringify(wrong),
    );
  }
});
