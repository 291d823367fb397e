/** Returning home and being at home, RFC 6275 §11.5.5; finding home agents and prefixes, §11.4. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ba, dhaadReply, mac, mpa, na, ns, udp } from "./mobile-frames.js";
import { A, AGENT, AT_HOME, B, HOME, PEER, readUpdate, World } from "./mobile-world.js";

const data = new Uint8Array(8);

function away(options: ConstructorParameters<typeof World>[0] = {}): World {
  const w = new World(options);
  w.roam(A);
  w.pass(1500);
  w.forget();
  return w;
}
/** Carrier on the home link and one advertisement of the home agent. */
function comeHome(w: World, link = AT_HOME): void {
  w.carrier(false);
  w.link = link;
  w.carrier(true);
  w.forget();
  w.advertise();
}

test("first start at home: DAD for the home address, no Binding Update, the application gets its address, data goes natively", () => {
  const w = new World();
  w.link = AT_HOME;
  w.advertise();
  w.pass(1200);
  const sent = w.sent();
  assert.ok(sent.some((s) => s.text.includes(`NS who has ${HOME} (DAD)`)));
  assert.ok(!sent.some((s) => /MH BU/.test(s.text)));
  assert.deepEqual(w.node.events("REGISTRATION", "APPLICATION"), [`APPLICATION ${HOME}`, `REGISTRATION HOME ${AGENT}`]);
  w.fromApp(udp(HOME, PEER, 1, 2, data));
  assert.deepEqual(
    w.sent(/UDP/).map((s) => s.text),
    [`IP6 ${HOME} > ${PEER} | UDP 1 > 2 8 bytes`],
  );
  w.give(ns("fe80::7", HOME, HOME, mac(7)));
  assert.equal(w.sent(/NA 2001:db8:7::1000 is here/).length, 1, "at home it answers for its address");
});
test("away it does not answer for its home address, nor defend it", () => {
  const w = away();
  w.give(ns("fe80::a", HOME, HOME, mac(0xa)));
  w.multicast(na("fe80::a", "ff02::1", HOME, 0x20, mac(0xa)));
  w.pass(1000);
  assert.deepEqual(w.sent(/NA/), []);
  assert.equal(w.tunnels().length, 1);
});
test("returning home: lifetime 0 from the home address, no Home Address option, no DAD, no probe from it before", () => {
  const w = away();
  comeHome(w);
  const sent = w.sent();
  assert.ok(!sent.some((s) => s.text.includes(`who has ${HOME} (DAD)`)));
  const [bu] = sent.filter((s) => /MH BU/.test(s.text));
  assert.equal(bu.text.replace(/seq \d+/, "seq n"), `IP6 ${HOME} > ${AGENT} | MH BU seq n lifetime 0 s A H`);
  assert.deepEqual([...bu.bytes.slice(0, 6)], [...mac(7)], "straight to the agent's link address");
  assert.deepEqual(w.tunnels(), []);
  assert.deepEqual(w.node.events("MOVED", "REGISTRATION"), [`MOVED home ${HOME}`, `REGISTRATION RETURNING ${AGENT}`]);
  const u = readUpdate(bu.bytes);
  assert.equal(w.bindingList()[0].state, 3);
  w.acknowledge(u);
  assert.deepEqual(w.bindingList(), []);
  assert.deepEqual(w.node.events("REGISTRATION"), [`REGISTRATION HOME ${AGENT}`]);
  w.pass(4000);
  const told = w.sent(/NA 2001:db8:7::1000/);
  assert.equal(told.length, 3, "to all nodes, three times");
  for (const s of told) assert.match(s.text, /> ff02::1 .*is here O 02:00:00:00:00:01/);
});
test("returning home: the application speaks natively at once, before the home agent answers", () => {
  const w = away();
  comeHome(w);
  w.forget();
  w.fromApp(udp(HOME, PEER, 1, 2, data));
  assert.deepEqual(
    w.sent(/UDP/).map((s) => s.text),
    [`IP6 ${HOME} > ${PEER} | UDP 1 > 2 8 bytes`],
  );
});
test("returning home: after the Binding Update it answers for its home address, so that the acknowledgement can be sent", () => {
  const w = away();
  comeHome(w);
  w.forget();
  w.give(ns(AGENT, HOME, HOME, mac(7)));
  assert.match(w.sent(/NA/)[0].text, new RegExp(`^IP6 ${HOME} > ${AGENT} .* is here S O`));
});
test("returning home to an agent that is not the router: its link address is asked for from ::", () => {
  const w = away();
  comeHome(w, { ...AT_HOME, prefixes: ["2001:db8:7::/64 LA"] });
  const sent = w.sent();
  assert.ok(
    sent.some((s) => s.text.startsWith("IP6 :: > ") && s.text.includes(`who has ${AGENT}`)),
    sent.map((s) => s.text).join("\n"),
  );
  assert.ok(
    sent.some((s) => /MH BU seq \d+ lifetime 0/.test(s.text)),
    "it leaves once the agent answered",
  );
});
test("returning home without an answer: repeated until the binding must be over, then at home all the same", () => {
  const w = away();
  comeHome(w);
  w.pass(90000);
  const updates = w.updates();
  assert.ok(updates.length >= 5 && updates.every((u) => u.lifetime === 0));
  assert.deepEqual(w.node.events("REGISTRATION").at(-1), `REGISTRATION HOME ${AGENT}`);
  assert.deepEqual(w.bindingList(), []);
});
for (const status of [133, 132]) {
  test(`returning home to an agent that knows nothing (status ${status}): at home`, () => {
    const w = away();
    comeHome(w);
    const [u] = w.updates();
    w.acknowledge(u, { status });
    assert.deepEqual(w.node.events("REGISTRATION").at(-1), `REGISTRATION HOME ${AGENT}`);
  });
}
test("returning home refused for another reason: asked again until it is granted or the binding is over", () => {
  const w = away();
  comeHome(w);
  w.acknowledge(w.updates()[0], { status: 128 });
  w.forget();
  w.pass(2500);
  const [u] = w.updates();
  assert.equal(u.lifetime, 0);
  w.acknowledge(u);
  assert.deepEqual(w.node.events("REGISTRATION").at(-1), `REGISTRATION HOME ${AGENT}`);
});
test("leaving home again, in the middle of returning too: registered from the new link", () => {
  for (const answered of [true, false]) {
    const w = away();
    comeHome(w);
    const [u] = w.updates();
    if (answered) w.acknowledge(u);
    w.pass(100);
    const again = w.roam(B);
    assert.match(again.coa, /^2001:db8:b:/);
    assert.deepEqual(w.tunnels(), [`${HOME}: ${again.coa} > ${AGENT}`]);
    w.forget();
    w.give(ns("fe80::b", HOME, HOME, mac(0xb)));
    assert.deepEqual(w.sent(/NA/), [], "no longer answers for the home address");
  }
});
test("restarted at home while the home agent still stands in: the duplicate is taken away from the agent, then the address is ours", () => {
  const w = new World();
  w.link = AT_HOME;
  w.advertise();
  w.multicast(na(AGENT, "ff02::1", HOME, 0x20, mac(7)));
  w.pass(10);
  const [u] = w.updates();
  assert.equal(u?.lifetime, 0);
  w.acknowledge(u);
  w.forget();
  w.fromApp(udp(HOME, PEER, 1, 2, data));
  assert.equal(w.sent(/UDP/).length, 1);
});
test("a silent return: the advertisement with the home prefix raises the doubt like any other", () => {
  const w = away();
  w.link = AT_HOME;
  w.advertise();
  assert.deepEqual(w.updates(), []);
  w.pass(300);
  assert.deepEqual(
    w.updates().map((u) => u.lifetime),
    [0],
  );
});

test("no home agent configured: asked at the anycast address, the first of the reply is registered with", () => {
  const w = new World({ agent: "::" });
  w.link = A;
  w.advertise();
  const [ask] = w.sent(/DHAAD/);
  assert.match(ask.text, /^IP6 2001:db8:a:\S+ > 2001:db8:7:0:fdff:ffff:ffff:fffe \|/);
  const id = ask.bytes[58] * 256 + ask.bytes[59];
  const coa = /^IP6 (\S+)/.exec(ask.text)![1];
  const good = dhaadReply("2001:db8:7::2", coa, id, ["2001:db8:7::2", AGENT]);
  for (const wrong of [
    dhaadReply("2001:db8:7::2", coa, id ^ 1, [AGENT]),
    dhaadReply("2001:db8:7::2", coa, id, ["ff02::1", "fe80::1", "::", HOME]),
  ]) {
    assert.deepEqual(
      w.node.dropsOf(() => w.give(wrong)),
      { DHAAD_UNEXPECTED: 1 },
    );
  }
  w.give(good);
  const [u] = w.sent(/MH BU/);
  assert.match(u.text, /> 2001:db8:7::2 /);
  assert.deepEqual(w.node.events("DHAAD"), ["DHAAD 2001:db8:7::2"]);
  assert.deepEqual(
    w.node.dropsOf(() => w.give(good)),
    { DHAAD_UNEXPECTED: 1 },
  );
});
test("a silent or unwilling discovered agent gives way to the next, then to a new question", () => {
  const w = new World({ agent: "::" });
  w.link = A;
  w.advertise();
  const [ask] = w.sent(/DHAAD/);
  const coa = /^IP6 (\S+)/.exec(ask.text)![1];
  w.give(dhaadReply(AGENT, coa, ask.bytes[58] * 256 + ask.bytes[59], ["2001:db8:7::2", AGENT]));
  w.pass(25000);
  const to = w.sent(/MH BU/).map((s) => /> (\S+)/.exec(s.text)![1]);
  assert.deepEqual([...new Set(to)], ["2001:db8:7::2", AGENT]);
  const row = w.bindingList();
  assert.deepEqual(
    row.map((r) => r.agent),
    [AGENT],
  );
  w.give(ba({ agent: AGENT, home: HOME, coa, status: 130, seq: row[0].seq, lifetime: 0 }));
  w.pass(3000);
  assert.equal(w.sent(/DHAAD/).length, 1);
});
test("a question without a reply is repeated after 3, 6, 12 … s", () => {
  const w = new World({ agent: "::" });
  w.link = A;
  w.advertise();
  w.pass(60000);
  const times = w.sent(/DHAAD/).map((s) => s.at);
  assert.deepEqual(
    times.slice(1).map((t, i) => t - times[i]),
    [3000, 6000, 12000, 24000],
  );
});
test("status 1 asks for the home prefixes; the advertisement is believed from the agent, with the identifier, once", () => {
  const w = new World({ lifetime: 100 });
  w.link = A;
  w.advertise();
  const [u] = w.updates();
  w.acknowledge(u, { status: 1 });
  assert.equal(w.tunnels().length, 1, "1 is accepted");
  const [ask] = w.sent(/prefix sol/i);
  assert.ok(ask, "a Mobile Prefix Solicitation left");
  assert.match(ask.text, /home address 2001:db8:7::1000/);
  const id = ask.bytes[14 + 64 + 4] * 256 + ask.bytes[14 + 64 + 5];
  const give = (agent: string, n: number) => w.give(mpa(agent, u.coa, HOME, n, "2001:db8:7::", 100));
  assert.deepEqual(
    w.node.dropsOf(() => give("2001:db8:7::2", id)),
    { MPA_UNEXPECTED: 1 },
  );
  assert.deepEqual(
    w.node.dropsOf(() => give(AGENT, id ^ 1)),
    { MPA_UNEXPECTED: 1 },
  );
  w.node.events();
  give(AGENT, id);
  assert.deepEqual(w.node.events("HOME_PREFIX"), ["HOME_PREFIX 2001:db8:7::"]);
  assert.deepEqual(
    w.node.dropsOf(() => give(AGENT, id)),
    { MPA_UNEXPECTED: 1 },
  );
  w.forget();
  w.pass(80000);
  assert.equal(w.sent(/prefix sol/i).length, 1, "asked again before the prefix is deprecated");
});
