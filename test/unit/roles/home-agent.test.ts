/** A home registration and what it brings, RFC 6275 §10.3, §10.4. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AGENT_MAC, Agent, CN, COA, COA2, HA, home } from "./home-agent-bench.js";
import { echo, ether, solicitation, tunnelled, update } from "./home-agent-frames.js";

const A = home(1);

test("a Binding Update makes a binding; its acknowledgement goes to the care-of address by a type 2 routing header", () => {
  const agent = new Agent();
  agent.sent();
  agent.rx(update({ home: A, sequence: 7, lifetime: 10 }));
  const frames = agent.sent();
  const ack = frames.find((p) => p.mh?.type === 6);
  assert.ok(ack?.mh);
  assert.deepEqual(
    [ack.src, ack.dst, ack.routing, ack.mh.status, ack.mh.flags, ack.mh.sequence, ack.mh.lifetime, ack.sound, ack.step],
    [HA, COA, A, 0, 0, 7, 10, true, 502],
  );
  assert.deepEqual(agent.bound(), { [A]: COA });
  assert.deepEqual(agent.events("BINDING"), [`BINDING made ${A}`]);
  const told = frames.find((p) => p.icmpType === 136 && p.dst === "ff02::1");
  assert.deepEqual([told?.nd?.target, told?.nd?.flags, told?.nd?.mac, told?.hopLimit], [A, 0x20, AGENT_MAC, 255]);
});

test("packets to the home address are tunnelled, packets out of the tunnel are forwarded", () => {
  const agent = new Agent();
  agent.rx(update({ home: A, sequence: 1 }));
  agent.sent();
  const ping = echo(CN, A, 64);
  agent.rx(ether(ping));
  const [out] = agent.sent();
  assert.deepEqual([out.src, out.dst, out.next, out.step], [HA, COA, 41, 509]);
  ping[7] -= 1;
  assert.deepEqual(out.payload, ping, "unchanged but for the hop limit");

  const back = echo(A, CN, 64);
  agent.rx(tunnelled(COA, HA, back));
  const [let_out] = agent.sent();
  back[7] -= 1;
  assert.deepEqual(let_out.raw, back);
  assert.equal(let_out.step, 517);
});

test("a renewal from elsewhere moves the tunnel at once, and only the new care-of address may use it", () => {
  const agent = new Agent();
  agent.rx(update({ home: A, sequence: 1 }), update({ home: A, sequence: 2, source: COA2 }));
  assert.deepEqual(agent.events("BINDING"), [`BINDING made ${A}`, `BINDING renewed ${A}`]);
  assert.deepEqual(
    agent.acks().map((p) => [p.dst, p.mh?.status, p.mh?.sequence]),
    [
      [COA, 0, 1],
      [COA2, 0, 2],
    ],
  );
  agent.rx(ether(echo(CN, A)));
  assert.deepEqual(
    agent.sent().map((p) => p.dst),
    [COA2],
  );
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(tunnelled(COA, HA, echo(A, CN)))),
    { TUNNEL_SOURCE: 1 },
  );
  assert.deepEqual(agent.sent(), []);
});

test("the agent answers solicitations for the home address, defends it, and advertises it three times", () => {
  const agent = new Agent();
  agent.rx(update({ home: A, sequence: 1 }));
  agent.pass(5000);
  const spoken = agent.sent((p) => p.icmpType === 136 && p.dst === "ff02::1" && p.nd?.target === A);
  assert.equal(spoken.length, 3);

  agent.rx(solicitation(A, "2001:db8:1::c"));
  const answer = agent.sent((p) => p.icmpType === 136)[0];
  assert.deepEqual(
    [answer.dst, answer.nd?.target, answer.nd?.flags, answer.nd?.mac],
    ["2001:db8:1::c", A, 0x60, AGENT_MAC],
  );

  agent.rx(solicitation(A, "::"));
  const defence = agent.sent((p) => p.icmpType === 136)[0];
  assert.deepEqual([defence.dst, defence.nd?.target, defence.nd?.flags], ["ff02::1", A, 0x20]);

  agent.rx(solicitation(home(2), "2001:db8:1::c"));
  assert.deepEqual(
    agent.sent((p) => p.icmpType === 136),
    [],
    "nobody stands in for who is not bound",
  );
});
