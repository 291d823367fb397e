/** Scenario processing: policy table 220, format S3, BA routine 60, program 10001, and the tunnel's data path (seeds T1, T2). */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { Message } from "../../../assembly/abi/message.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { dissect } from "../../../host-sim/trace/dissect.js";
import { STEP_NUMBERS, stepTitle } from "../../../host-sim/trace/steps.js";
import { ba, icmpError, syn, tunnel, udp } from "./mobile-frames.js";
import { A, AGENT, B, HOME, PEER, type Update, World } from "./mobile-world.js";

const data = new Uint8Array(8);
type Options = ConstructorParameters<typeof World>[0];

function on(options: Options = {}): { w: World; u: Update } {
  const w = new World(options);
  const u = w.roam(A);
  w.pass(1500);
  w.forget();
  return { w, u };
}
/** `10001 on` of table 220. */
function rows(w: World): string[] {
  return w.node.core.query(Message.PROGRAMS).map((r) => `${r[0] + 256 * r[1]} ${r[2] ? "on" : "off"}`);
}
test("table 220 has the rows of Fig. 4, off until they are switched", () => {
  const w = new World({ program: null });
  const numbers = [10000, 10001, 10010, 10011, 11000, 11001, 10100, 10200, 10300];
  assert.deepEqual(
    rows(w),
    numbers.map((n) => `${n} off`),
  );
  w.configure(new Messages().program(10010, true).program(10001, true));
  assert.deepEqual(
    rows(w).filter((r) => r.endsWith("on")),
    ["10001 on", "10010 on"],
  );
  assert.throws(() => w.configure(new Messages().program(12345, true)), /refused/);
  assert.throws(() => w.configure(new Messages().program(0, true)), /refused/);
});
test("S3 on the mirror port: the acknowledgement as it came, with a UDP header whose destination port is the program number", () => {
  const w = new World();
  w.link = A;
  w.advertise();
  const [u] = w.updates();
  w.acknowledge(u);
  const [s3] = w.sent().filter((s) => s.port === 2);
  const came = ba({ agent: AGENT, home: HOME, coa: u.coa, seq: u.seq, lifetime: u.lifetime });
  const headers = came.slice(0, 64);
  headers[5] += 8;
  headers[40] = 17;
  assert.deepEqual([...s3.bytes.slice(0, 64)], [...headers]);
  assert.deepEqual([...s3.bytes.slice(64, 70)], [0, 0, 10001 >> 8, 10001 & 255, 0, 8 + 16]);
  assert.deepEqual([...s3.bytes.slice(72)], [...came.slice(64)]);
  const { summary } = dissect(s3.bytes, 101);
  assert.match(summary, /S3 program 10001/);
  assert.doesNotMatch(summary, /checksum/);
});
test("S3 never leaves on a link or on the application port", () => {
  const w = new World();
  w.roam(A);
  w.pass(100);
  assert.deepEqual(
    w.sent(/S3/).filter((s) => s.port !== 2),
    [],
  );
});
test("routine 60 walks its steps in order; a refused acknowledgement ends at 67", () => {
  const stepsFor = (status: number): number[] => {
    const w = new World();
    w.link = A;
    w.advertise();
    const [u] = w.updates();
    w.node.events();
    w.acknowledge(u, { status });
    return w.node.events("STEP").map((e) => STEP_NUMBERS.find((n) => e.startsWith(`STEP ${stepTitle(n)} `)) ?? 0);
  };
  assert.deepEqual(stepsFor(0), [502, 503, 504, 61, 505, 62, 63, 506, 66]);
  assert.deepEqual(stepsFor(129), [502, 504, 61, 505, 62, 67]);
});
test("no program is on: no tunnel, counted; switched on while running, the binding that is there gets its tunnel", () => {
  const w = new World({ program: null });
  w.link = A;
  w.advertise();
  const [u] = w.updates();
  assert.deepEqual(
    w.node.dropsOf(() => w.acknowledge(u)),
    { NO_PROGRAM: 1 },
  );
  assert.deepEqual(w.tunnels(), []);
  w.node.events();
  w.configure(new Messages().program(10001, true));
  assert.deepEqual(w.tunnels(), [`${HOME}: ${u.coa} > ${AGENT}`]);
  assert.deepEqual(w.node.events("APPLICATION"), [`APPLICATION ${HOME}`]);
});
test("switched off while running: tunnel and application address go; rows that this image does not serve never fit", () => {
  const { w } = on();
  w.configure(new Messages().program(10001, false).program(10010, true));
  assert.deepEqual(w.tunnels(), []);
  assert.deepEqual(w.node.events("TUNNEL", "APPLICATION").length, 2);
  assert.deepEqual(
    w.node.dropsOf(() => w.fromApp(udp(HOME, PEER, 1, 2, data))),
    { NO_BINDING: 1 },
  );
});
test("the first row that is on and fits runs: 10000 before 10001; changed while running, the other takes over", () => {
  const w = new World({ program: 10001 });
  w.configure(new Messages().pool4(Uint8Array.of(192, 168, 0, 0), 24, 1).program(10000, true));
  w.roam(A);
  assert.match(w.node.events("APPLICATION").join(), /192\.168\.0\./);
  w.configure(new Messages().program(10000, false));
  assert.match(w.node.events("APPLICATION").join(), new RegExp(HOME));
  assert.equal(w.tunnels().length, 1);
});
test("10000 without a pool: discarded as POOL_EXHAUSTED, and the tunnel of this acknowledgement is taken back", () => {
  const w = new World({ program: 10000 });
  w.link = A;
  w.advertise();
  const [u] = w.updates();
  assert.deepEqual(
    w.node.dropsOf(() => w.acknowledge(u)),
    { POOL_EXHAUSTED: 1 },
  );
  assert.deepEqual(w.tunnels(), []);
  assert.deepEqual(w.node.events("TUNNEL"), [`TUNNEL set ${u.coa}`, `TUNNEL taken away ${u.coa}`]);
});

test("data: out through the tunnel to the home agent, in from it; the application sees neither", () => {
  const { w, u } = on();
  w.fromApp(udp(HOME, PEER, 1, 2, data));
  w.give(tunnel(AGENT, u.coa, udp(PEER, HOME, 2, 1, data)));
  assert.deepEqual(
    w.sent(/UDP/).map((s) => `${s.port} ${s.text}`),
    [
      `0 IP6 ${u.coa} > ${AGENT} | IP6 ${HOME} > ${PEER} | UDP 1 > 2 8 bytes`,
      `1 IP6 ${PEER} > ${HOME} | UDP 2 > 1 8 bytes`,
    ],
  );
});
test("outer source, outer destination and inner destination must agree with the binding", () => {
  const { w, u } = on();
  const inner = udp(PEER, HOME, 2, 1, data);
  const wrong: [string, Uint8Array][] = [
    ["TUNNEL_SOURCE", tunnel(PEER, u.coa, inner)],
    ["TUNNEL_SOURCE", tunnel("2001:db8:7::2", u.coa, inner)],
    ["TUNNEL_SOURCE", tunnel(AGENT, linkLocal(w), inner)],
    ["TUNNEL_REFUSED", tunnel(AGENT, u.coa, udp(PEER, u.coa, 2, 1, data))],
    ["TUNNEL_REFUSED", tunnel(AGENT, u.coa, udp(PEER, "ff02::1", 2, 1, data))],
    ["BAD_SOURCE", tunnel(AGENT, u.coa, udp(HOME, HOME, 2, 1, data))],
  ];
  for (const [reason, packet] of wrong) {
    assert.deepEqual(
      w.node.dropsOf(() => w.give(packet)),
      { [reason]: 1 },
    );
  }
  assert.deepEqual(w.sent(), []);
});
function linkLocal(w: World): string {
  return w.node
    .addresses()
    .find((a) => a.startsWith("fe80"))!
    .split("/")[0];
}
test("data that comes through the tunnel of the link before is refused", () => {
  const { w, u } = on();
  const second = w.roam(B);
  assert.deepEqual(
    w.node.dropsOf(() => w.give(tunnel(AGENT, u.coa, udp(PEER, HOME, 2, 1, data)))),
    { NOT_FOR_US: 1 },
  );
  w.forget();
  w.give(tunnel(AGENT, second.coa, udp(PEER, HOME, 2, 1, data)));
  assert.equal(w.sent(/UDP/).length, 1);
});
test("data that overtakes the acknowledgement of a renewed binding is taken, from the home agent to the new address only", () => {
  const { w, u } = on();
  w.carrier(false);
  w.link = B;
  w.carrier(true);
  w.forget();
  w.advertise();
  const [second] = w.updates();
  assert.deepEqual(
    w.node.dropsOf(() => w.fromApp(udp(HOME, PEER, 1, 2, data))),
    { NO_BINDING: 1 },
  );
  assert.deepEqual(
    w.node.dropsOf(() => w.give(tunnel("2001:db8:7::2", second.coa, udp(PEER, HOME, 2, 1, data)))),
    { TUNNEL_REFUSED: 1 },
  );
  assert.deepEqual(
    w.node.dropsOf(() => w.give(tunnel(AGENT, u.coa, udp(PEER, HOME, 2, 1, data)))),
    { NOT_FOR_US: 1 },
  );
  w.give(tunnel(AGENT, second.coa, udp(PEER, HOME, 2, 1, data)));
  w.fromApp(udp(HOME, PEER, 1, 2, data));
  assert.equal(w.sent(/UDP/).length, 2, "what came proves the way out too");
  w.acknowledge(second);
  assert.deepEqual(w.tunnels(), [`${HOME}: ${second.coa} > ${AGENT}`]);
});
test("the MSS of a SYN is clamped to what fits the tunnel, both ways, with a sound checksum; smaller ones are left", () => {
  const { w, u } = on();
  const mss = (f: Uint8Array) => f[f.length - 2] * 256 + f[f.length - 1];
  for (const [asked, expected] of [
    [1440, 1400],
    [1000, 1000],
  ]) {
    w.fromApp(syn(HOME, PEER, asked));
    w.give(tunnel(AGENT, u.coa, syn(PEER, HOME, asked)));
    const sent = w.sent(/TCP/);
    assert.deepEqual(
      sent.map((s) => mss(s.bytes)),
      [expected, expected],
    );
    for (const s of sent) assert.doesNotMatch(s.text, /bad|wrong/);
  }
});
test("a packet that does not fit: the application is told; the tunnel's path MTU is learnt from the outside", () => {
  const { w, u } = on();
  const large = udp(HOME, PEER, 1, 2, new Uint8Array(1400));
  w.fromApp(large);
  const [out] = w.sent(/UDP/);
  assert.equal(out.bytes.length, 14 + 40 + 1448);
  w.forget();
  w.give(icmpError(PEER, u.coa, 2, 0, 1400, out.bytes.slice(14, 14 + 100)));
  assert.deepEqual(w.sent(), [], "what is outside the tunnel is not the application's");
  w.fromApp(large);
  const [told] = w.sent().filter((s) => s.port === 1);
  assert.match(told.text, /^IP6 2001:db8:8::1001 > 2001:db8:7::1000 .*too big: MTU 1360/);
});
test("a Packet Too Big from behind the home agent reaches the application", () => {
  const { w, u } = on();
  const error = icmpError(PEER, HOME, 2, 0, 1300, udp(HOME, PEER, 1, 2, new Uint8Array(1400)).slice(0, 100));
  w.give(tunnel(AGENT, u.coa, error));
  assert.match(w.sent().find((s) => s.port === 1)?.text ?? "", /too big: MTU 1300/);
});
test("what the application sends to its own address does not travel", () => {
  const { w } = on();
  w.fromApp(udp(HOME, HOME, 1, 2, data));
  assert.deepEqual(
    w.sent(/UDP/).map((s) => s.port),
    [1],
  );
});
test("data steps are told at trace level 2 only", () => {
  const { w, u } = on();
  const both = () => {
    w.fromApp(udp(HOME, PEER, 1, 2, data));
    w.give(tunnel(AGENT, u.coa, udp(PEER, HOME, 2, 1, data)));
  };
  both();
  assert.equal(w.node.events("STEP").length, 5); // 513 515 516 510 512
  w.configure(new Messages().trace(1));
  both();
  assert.deepEqual(w.node.events("STEP"), []);
});
test("a further program is one registration: it has a row, is switched, runs, and may fail", () => {
  execFileSync("node", [
    "node_modules/assemblyscript/bin/asc.js",
    "test/unit/assembly/programs-extra.ts",
    ..."--runtime stub --noAssert --use abort= -O1 --initialMemory 1 --maximumMemory 1 --lowMemoryLimit 65535".split(
      " ",
    ),
    "-o",
    "build/images/test-programs-extra.wasm",
  ]);
  const w = new World({ image: "test-programs-extra", program: null });
  assert.equal(rows(w).at(-1), "20000 off");
  w.configure(new Messages().program(20000, true));
  assert.equal(rows(w).at(-1), "20000 on");
  w.link = A;
  w.advertise();
  const [u] = w.updates();
  w.acknowledge(u);
  assert.match(w.sent().find((s) => s.port === 2)?.text ?? "", /UDP 0 > 20000/);
  assert.equal(w.tunnels().length, 1);
  assert.deepEqual(w.node.events("APPLICATION"), [], "the address on the application port is 10001's business");
  w.pass(45001);
  w.updates();
  assert.deepEqual(
    w.node.dropsOf(() => w.acknowledge({ ...u, seq: w.bindingList()[0].seq }, { lifetime: 7 })),
    { POOL_EXHAUSTED: 1 },
  );
  assert.equal(w.tunnels().length, 1, "a renewal that fails does not tear down what ran");
});
