/** Movement detection and the choice of the care-of address, RFC 6275 §11.5. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PortKind } from "../../../assembly/abi/port.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { Node } from "../lib/node.js";
import { addr, na, ra, tunnel, udp } from "./mobile-frames.js";
import { A, AGENT, B, HOME, type LinkOptions, PEER, World } from "./mobile-world.js";

const data = new Uint8Array(8);
const INTERVAL: LinkOptions = { ...A, intervalMs: 1000 };

function on(link: LinkOptions, options: ConstructorParameters<typeof World>[0] = {}): World {
  const w = new World(options);
  w.roam(link);
  w.pass(1500); // DAD is over
  w.forget();
  return w;
}
const moved = (w: World): string[] => w.node.events("MOVED");

test("with a link event the first advertisement decides: the Binding Update leaves in the same millisecond", () => {
  const w = on(A);
  w.carrier(false);
  w.link = B;
  w.pass(700);
  w.carrier(true);
  w.forget();
  w.advertise();
  const [s] = w.sent(/MH BU/);
  assert.equal(s.at, w.node.now);
  assert.match(s.text, /^IP6 2001:db8:b:/);
});
test("the routers are told of the care-of address before the Binding Update leaves, without override, and learn it", () => {
  const w = new World();
  w.link = A;
  w.advertise();
  const sent = w.sent(/NA|MH BU/);
  assert.match(sent[0].text, /^IP6 (\S+) > ff02::2 \| ICMP6 NA \1 is here 02:00:00:00:00:01$/);
  assert.match(sent[1].text, /MH BU/);
  const settings = new Messages().port(0, PortKind.ETHER, 1500, A.mac).address(0, addr("2001:db8:a::1"), 64, 1);
  const router = new Node("router", settings);
  const coa = /^IP6 (\S+)/.exec(sent[0].text)![1];
  assert.deepEqual(
    router.dropsOf(() => router.rx(0, sent[0].bytes)),
    { NOT_FOR_US: 1 },
    "a router that does not advertise is none",
  );
  const minute = 60000;
  router.configure(
    new Messages().advertise({
      port: 0,
      flags: 0,
      hopLimit: 64,
      options: 0,
      routerLifetimeS: 1800,
      preference: 0,
      homeAgentLifetimeS: 0,
      minIntervalMs: minute,
      maxIntervalMs: minute,
      reachableMs: 0,
      retransMs: 0,
      mtu: 0,
    }),
  );
  router.rx(0, sent[0].bytes);
  assert.deepEqual(router.neighbours(), [`${coa} STALE`]);
});
test("while no link is there nothing leaves from the home address, and nothing is answered for it", () => {
  const w = on(A);
  w.carrier(false);
  assert.deepEqual(w.tunnels(), []);
  assert.deepEqual(
    w.node.dropsOf(() => w.fromApp(udp(HOME, PEER, 1, 2, data))),
    { NO_BINDING: 1 },
  );
  assert.deepEqual(w.sent(), []);
});
test("a silent move: the new router's advertisement raises a doubt, three probes stay unanswered, within 250 ms the node has moved", () => {
  const w = on(A);
  w.link = B; // the old router no longer answers
  const start = w.node.now;
  w.advertise();
  w.pass(300);
  const sent = w.sent();
  const probes = sent.filter((s) => /NS who has fe80::a/.test(s.text));
  assert.deepEqual(
    probes.map((s) => s.at - start),
    [0, 80, 160],
  );
  const [u] = sent.filter((s) => /MH BU/.test(s.text));
  assert.equal(u.at - start, 240);
  assert.match(u.text, /^IP6 2001:db8:b:/);
  assert.deepEqual(
    w.node.addresses().filter((a) => a.startsWith("2001:db8:a")),
    [],
    "what was learnt on the old link is void",
  );
  assert.equal(
    w.node.routes().find((r) => r.startsWith("::/0")),
    "::/0 > fe80::b @0",
  );
});
test("a second router on the same link: the present one answers, and the node stays", () => {
  const w = on(A);
  for (let i = 0; i < 10; i++) {
    w.multicast(ra(B.router, B));
    w.pass(400);
    w.advertise(A);
    w.pass(600);
  }
  assert.deepEqual(moved(w), []);
  assert.deepEqual(w.sent(/MH BU/), []);
  assert.equal(w.tunnels().length, 1);
});
test("a router with the same prefix on the same link raises no doubt at all", () => {
  const w = on(A);
  w.multicast(ra("fe80::aa", { prefixes: A.prefixes }));
  w.pass(300);
  assert.deepEqual(
    w.sent(/NS who has fe80::a /).map((s) => s.text),
    [],
  );
  assert.deepEqual(moved(w), []);
});
test("one probe that is answered late enough still counts", () => {
  const w = on(A);
  w.link = null;
  w.multicast(ra(B.router, B));
  w.pass(200);
  w.link = A;
  w.give(na(A.router, own(w), A.router, 0xe0, A.mac));
  w.pass(500);
  assert.deepEqual(moved(w), []);
});
function own(w: World): string {
  return w.node
    .addresses()
    .find((a) => a.startsWith("fe80"))!
    .split("/")[0];
}
test("missed advertisements: with the interval option two of them raise the doubt, and silence means gone", () => {
  const w = on(INTERVAL);
  w.link = null;
  const start = w.node.now;
  w.pass(4000);
  const sent = w.sent();
  const probe = sent.find((s) => /NS who has fe80::a/.test(s.text));
  assert.ok(probe && probe.at - start < 2200, `${probe?.at}`);
  assert.ok(
    sent.some((s) => /ICMP6 RS/.test(s.text)),
    "the host solicits",
  );
  assert.deepEqual(w.tunnels(), []);
  assert.deepEqual(w.node.events("REGISTRATION"), [`REGISTRATION SEARCHING ${AGENT}`]);
  w.link = B;
  w.forget();
  w.advertise();
  assert.equal(w.updates().length, 1);
});
test("missed advertisements of a router that answers mean nothing", () => {
  const w = on(INTERVAL);
  w.pass(10000);
  assert.deepEqual(moved(w), []);
  assert.equal(w.tunnels().length, 1);
});
test("the same fe80::1 on every link: another link address and other prefixes are another link", () => {
  const first = { ...A, router: "fe80::1" };
  const second = { ...B, router: "fe80::1" };
  const w = on(first);
  w.link = second;
  const start = w.node.now;
  w.advertise();
  w.pass(500);
  w.advertise(); // what a solicitation would bring
  const [u] = w.sent(/MH BU/);
  assert.match(u.text, /^IP6 2001:db8:b:/);
  assert.ok(u.at - start <= 501);
});
test("prefixes spread over several advertisements of one router do not look like another link", () => {
  const w = on({ ...A, prefixes: ["2001:db8:a::/64 LA", "2001:db8:c::/64 LA"] });
  w.multicast(ra(A.router, { ...A, prefixes: ["2001:db8:c::/64 LA"] }));
  w.multicast(ra(A.router, { ...A, prefixes: [] }));
  w.pass(500);
  assert.deepEqual(moved(w), []);
});
test("an advertisement that names no default router decides nothing", () => {
  const w = new World();
  w.link = { ...A };
  w.multicast(ra(A.router, { ...A, lifetime: 0 }));
  w.pass(2000);
  assert.deepEqual(w.sent(/MH BU/), []);
});
test("a router that says it is none: the binding stays until another one is heard", () => {
  const w = on(A);
  w.multicast(ra(A.router, { ...A, lifetime: 0 }));
  w.pass(100);
  assert.equal(w.tunnels().length, 1);
  w.multicast(ra("fe80::aa", { ...A }));
  w.pass(500);
  assert.deepEqual(moved(w), []);
  w.link = B;
  w.multicast(ra("fe80::aa", { ...A, lifetime: 0 }));
  w.advertise();
  w.pass(500);
  assert.deepEqual(moved(w).length, 1);
});
test("the care-of address turns out to be a duplicate: another is made and registered", () => {
  const w = new World();
  w.carrier(false);
  w.link = A;
  w.carrier(true);
  w.forget();
  w.advertise();
  const [first] = w.updates();
  w.acknowledge(first);
  w.multicast(na(first.coa, "ff02::1", first.coa, 0x20, A.mac));
  w.pass(100);
  const [second] = w.updates();
  assert.notEqual(second.coa, first.coa);
  w.acknowledge(second);
  assert.deepEqual(w.tunnels(), [`${HOME}: ${second.coa} > ${AGENT}`]);
});
test("without optimistic DAD the Binding Update waits for the address", () => {
  const w = new World({ optimistic: false });
  w.link = A;
  w.advertise();
  assert.deepEqual(w.sent(/MH BU/), []);
  w.pass(2100);
  assert.equal(w.updates().length, 1);
});
test("back on the link of before: the same address is told anew, and old data still finds the application", () => {
  const w = on(A);
  const coa = w.bindingList()[0].coa;
  w.carrier(false);
  w.carrier(true);
  w.advertise();
  const [u] = w.updates();
  assert.equal(u.coa, coa);
  w.acknowledge(u);
  w.forget();
  w.give(tunnel(AGENT, coa, udp(PEER, HOME, 1, 2, data)));
  assert.equal(w.sent(/UDP/).length, 1);
});
test("ping-pong between two links ends registered where it ends, with one row and rising sequence numbers", () => {
  const w = new World();
  const seqs: number[] = [];
  for (let i = 0; i < 12; i++) {
    seqs.push(w.roam(i % 2 ? A : B).seq);
    w.pass(350);
  }
  for (let i = 1; i < seqs.length; i++) assert.ok(((seqs[i] - seqs[i - 1]) & 0xffff) < 100 && seqs[i] !== seqs[i - 1]);
  assert.equal(w.bindingList().length, 1);
  assert.equal(w.tunnels().length, 1);
  assert.match(w.tunnels()[0], /2001:db8:a:/);
});
