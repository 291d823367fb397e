/** Home agent discovery, prefix discovery, refresh requests: RFC 6275 §9.5.5, §10.5, §10.6. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatIp6, parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { Agent, ANYCAST, CN, COA, COA2, HA, home } from "./home-agent-bench.js";
import { bytes, echo, ether, homeOption, icmp6, ip6, u16, update } from "./home-agent-frames.js";

const A = home(1);
const B = home(2);

function request(source = COA, to = ANYCAST, message = [144, 0, 0, 0, 0xbe, 0xef, 0, 0]): Uint8Array {
  return ether(ip6(source, to, 58, icmp6(source, to, message)));
}
/** Addresses in the only answer. */
function list(agent: Agent): string[] {
  agent.sent();
  agent.rx(request());
  const [reply, ...more] = agent.sent();
  assert.deepEqual(more, []);
  assert.deepEqual([reply.src, reply.dst, reply.icmpType, reply.sound], [HA, COA, 145, true]);
  assert.deepEqual([...reply.payload.subarray(1, 2), ...reply.payload.subarray(4, 8)], [0, 0xbe, 0xef, 0, 0]);
  assert.equal((reply.payload.length - 8) % 16, 0);
  return Array.from({ length: (reply.payload.length - 8) / 16 }, (_, i) => formatIp6(reply.payload, 8 + 16 * i));
}
interface Advertisement {
  from?: string;
  global?: string;
  preference?: number;
  /** Seconds; undefined: without a Home Agent Information option. */
  lifetime?: number;
  routerLifetime?: number;
  homeAgent?: boolean;
  routerAddress?: boolean;
  hopLimit?: number;
}
function advertisement(a: Advertisement): Uint8Array {
  const from = a.from ?? "fe80::ee";
  const info = a.lifetime === undefined ? [] : [8, 1, 0, 0, ...u16(a.preference ?? 0), ...u16(a.lifetime)];
  const flags = 0xc0 | ((a.routerAddress ?? true) ? 0x20 : 0);
  const prefix = [3, 4, 64, flags, 0, 0, 2, 88, 0, 0, 2, 88, 0, 0, 0, 0, ...parseIp6(a.global ?? "2001:db8:1::ee")];
  const head = [
    134,
    0,
    0,
    0,
    64,
    (a.homeAgent ?? true) ? 0x20 : 0,
    ...u16(a.routerLifetime ?? 0),
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
  ];
  const message = icmp6(from, "ff02::1", [...head, ...info, ...prefix]);
  return ether(ip6(from, "ff02::1", 58, message, a.hopLimit ?? 255), "33:33:00:00:00:01");
}

test("the home agents' anycast address answers with this agent", () => {
  assert.deepEqual(list(new Agent()), [HA]);
});

test("other agents of the home link are in the list, the most preferred first, until their lifetime ends", () => {
  const agent = new Agent();
  const low = "2001:db8:1::ee";
  const high = "2001:db8:1::ef";
  agent.rx(advertisement({ global: low, preference: 9, lifetime: 100 }));
  agent.rx(advertisement({ from: "fe80::ef", global: high, preference: 500, lifetime: 50 }));
  assert.deepEqual(list(agent), [high, HA, low]);
  agent.pass(51_000);
  assert.deepEqual(list(agent), [HA, low]);
  agent.rx(advertisement({ global: low, lifetime: 0 }));
  assert.deepEqual(list(agent), [HA]);
});

test("an agent without the information option has preference 0 and its router lifetime", () => {
  const agent = new Agent();
  agent.rx(advertisement({ routerLifetime: 30 }));
  assert.deepEqual(list(agent), [HA, "2001:db8:1::ee"]);
  agent.pass(31_000);
  assert.deepEqual(list(agent), [HA]);
});

test("advertisements that make no home agent: no H, no R, another subnet, our own address, from afar", () => {
  const agent = new Agent();
  const ra = { lifetime: 100, preference: 1 };
  agent.rx(advertisement({ ...ra, homeAgent: false }));
  agent.rx(advertisement({ ...ra, routerAddress: false }));
  agent.rx(advertisement({ ...ra, global: "2001:db8:5::ee" }));
  agent.rx(advertisement({ ...ra, global: HA }));
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(advertisement({ ...ra, hopLimit: 254 }))),
    { ND_HOP_LIMIT: 1 },
  );
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(advertisement({ ...ra, from: "2001:db8:1::ee" }))),
    { BAD_ND: 1 },
  );
  assert.deepEqual(list(agent), [HA]);
});

test("a flood of advertisements does not push out who is known", () => {
  const agent = new Agent();
  agent.rx(advertisement({ preference: 500, lifetime: 100 }));
  for (let i = 0; i < 100; i++) {
    const n = (0x1000 + i).toString(16);
    agent.rx(advertisement({ from: `fe80::${n}`, global: `2001:db8:1::${n}`, preference: 1, lifetime: 100 }));
  }
  const found = list(agent);
  assert.deepEqual(found.slice(0, 2), ["2001:db8:1::ee", HA]);
  assert.equal(found.length, 5);
});

test("requests that are none: to the unicast address, from nowhere, cut short", () => {
  const agent = new Agent();
  const refused = (frame: Uint8Array, reason: string) =>
    assert.deepEqual(
      agent.dropsOf(() => agent.rx(frame)),
      { [reason]: 1 },
    );
  agent.sent();
  refused(request(COA, HA), "DHAAD_UNEXPECTED");
  refused(request("fe80::9"), "DHAAD_UNEXPECTED");
  refused(request(COA, ANYCAST, [144, 0, 0, 0, 1, 2]), "BAD_ICMP");
  refused(request(COA, ANYCAST, [144, 1, 0, 0, 1, 2, 0, 0]), "BAD_ICMP");
  assert.deepEqual(agent.sent(), []);
});

function solicitation(hoa: string, source: string, option = true): Uint8Array {
  const message = icmp6(hoa, HA, [146, 0, 0, 0, 0x51, 0x50, 0, 0]);
  return ether(option ? ip6(source, HA, 60, bytes(homeOption(58, hoa), message)) : ip6(hoa, HA, 58, message));
}

test("a bound mobile node gets the prefixes of its home link, by a type 2 routing header", () => {
  const agent = new Agent();
  agent.rx(update({ home: A, sequence: 1 }));
  agent.sent();
  agent.rx(solicitation(A, COA));
  const [alone] = agent.sent();
  assert.deepEqual([alone.src, alone.dst, alone.routing, alone.icmpType, alone.sound], [HA, COA, A, 147, true]);
  assert.deepEqual([...alone.payload.subarray(4, 6)], [0x51, 0x50]);
  assert.deepEqual([...alone.payload.subarray(8, 12)], [3, 4, 64, 0xe0]);
  assert.equal(formatIp6(alone.payload, 24), HA);

  agent.configure(
    new Messages()
      .prefix(0, parseIp6(HA), 64, 0xe0, 7200, 3600)
      .prefix(0, parseIp6("2001:db8:aa::"), 64, 0xc0, 600, 300),
  );
  agent.rx(solicitation(A, COA));
  const [all] = agent.sent((p) => p.icmpType === 147);
  assert.equal(all.sound, true);
  const told = [0, 1].map((i) => formatIp6(all.payload, 24 + 32 * i));
  assert.deepEqual(told.sort(), [HA, "2001:db8:aa::"].sort());
  assert.equal(all.payload.length, 8 + 64);
});

test("no prefixes without a binding, without the option, or from elsewhere", () => {
  const agent = new Agent();
  agent.rx(update({ home: A, sequence: 1 }));
  agent.sent();
  const risen = agent.dropsOf(() => {
    agent.rx(solicitation(B, COA), solicitation(A, COA2), solicitation(A, A, false));
  });
  assert.deepEqual(risen, { NO_BINDING: 2, ICMP_RATE: 1, MPS_REFUSED: 1 });
  assert.deepEqual(
    agent.sent().map((p) => p.mh?.type),
    [7],
  );
});

test("Message.REFRESH asks a bound mobile node, and only one that is bound", () => {
  const agent = new Agent();
  agent.rx(update({ home: A, sequence: 1 }));
  agent.sent();
  agent.configure(new Messages().refresh(parseIp6(A)));
  const [asked] = agent.sent();
  assert.deepEqual([asked.src, asked.dst, asked.routing, asked.mh?.type, asked.sound], [HA, COA, A, 0, true]);
  assert.throws(() => agent.configure(new Messages().refresh(parseIp6(B))), /REFRESH.*BAD_VALUE/);
});

/** Refresh requests sent during a lifetime of 160 s with a packet every second from `from` to `to`. */
function asked(from: number, to: number): number[] {
  const agent = new Agent();
  agent.rx(update({ home: A, sequence: 1, lifetime: 40 }));
  const start = agent.now;
  const at: number[] = [];
  for (let s = 0; s < 160; s++) {
    agent.sent();
    if (s >= from && s < to) agent.rx(ether(echo(CN, A)));
    agent.pass(1000);
    if (agent.sent((p) => p.mh?.type === 0).length > 0) at.push((agent.now - start) / 1000);
  }
  return at;
}
test("a binding in use is asked for at 7/8 and 15/16 of its lifetime, one that is idle is not", () => {
  assert.deepEqual(asked(0, 160), [140, 150]);
  assert.deepEqual(asked(0, 100), []);
  assert.deepEqual(asked(145, 160), [150]);
});

test("a renewal makes the requests end", () => {
  const agent = new Agent();
  agent.rx(update({ home: A, sequence: 1, lifetime: 40 }));
  for (let s = 0; s < 145; s++) agent.rx(ether(echo(CN, A))).pass(1000);
  assert.equal(agent.sent((p) => p.mh?.type === 0).length, 1);
  agent.rx(update({ home: A, sequence: 2, lifetime: 40 }));
  for (let s = 0; s < 100; s++) agent.rx(ether(echo(CN, A))).pass(1000);
  assert.equal(agent.sent((p) => p.mh?.type === 0).length, 0);
});
