/** The tunnel: RFC 6275 §10.4.2, §10.4.5, RFC 2473. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Agent, CN, COA, COA2, HA, home } from "./home-agent-bench.js";
import { echo, ether, ip6, tunnelled, u16, update } from "./home-agent-frames.js";

const A = home(1);
const B = home(2);

function bound(): Agent {
  const agent = new Agent();
  agent.rx(update({ home: A, sequence: 1 }));
  agent.sent();
  return agent;
}
/** A TCP SYN with an MSS option; the checksum is left to the receiver. */
function syn(source: string, destination: string, mss: number): Uint8Array {
  const tcp = [...u16(5000), ...u16(80), 0, 0, 0, 1, 0, 0, 0, 0, 0x60, 2, 255, 255, 0, 0, 0, 0, 2, 4, ...u16(mss)];
  return ip6(source, destination, 6, Uint8Array.from(tcp));
}

test("open decapsulation (CVE-2020-10136): outer source, inner source and binding agree, or the packet is dropped", () => {
  const agent = bound();
  const wrong: [string, string][] = [
    [COA2, A],
    [COA, CN],
    [CN, A],
    [COA, HA],
    [COA, "fe80::9"],
    [COA, "2001:db8:1::9"],
  ];
  for (const [outer, inner] of wrong) {
    assert.deepEqual(
      agent.dropsOf(() => agent.rx(tunnelled(outer, HA, echo(inner, CN)))),
      { TUNNEL_SOURCE: 1 },
      `${inner} in ${outer}`,
    );
  }
  assert.deepEqual(agent.sent(), []);
  assert.deepEqual(agent.bound(), { [A]: COA });
});

test("a listed home address that is bound to nowhere: its tunnel's entry hears of it, nobody else does, not too often", () => {
  const agent = bound();
  const lost = tunnelled(COA, HA, echo(B, CN));
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(lost)),
    { TUNNEL_SOURCE: 1 },
  );
  const [error, ...more] = agent.sent();
  assert.deepEqual(more, []);
  assert.deepEqual([error.src, error.dst, error.sound], [HA, COA, true]);
  assert.deepEqual([...error.payload.subarray(0, 2)], [1, 5]);
  assert.deepEqual(error.payload.subarray(8), lost.subarray(14), "quotes the tunnel's packet");
  for (let i = 0; i < 100; i++) agent.rx(lost);
  assert.equal(agent.sent().length, 19);
  assert.deepEqual(agent.bound(), { [A]: COA });

  // As soon as it is bound again, and while that is being tested, nothing more is said.
  const cautious = new Agent({ dad: true });
  cautious.rx(lost);
  assert.equal(cautious.sent((p) => p.icmpType === 1).length, 1);
  cautious.rx(update({ home: B, sequence: 1 }), lost);
  cautious.pass(2000).rx(lost);
  assert.deepEqual(
    cautious.sent((p) => p.icmpType === 1),
    [],
  );
});

test("a tunnel to another address of ours, or one with nothing sound inside, is refused", () => {
  const agent = bound();
  const anycast = "2001:db8:1:0:fdff:ffff:ffff:fffe";
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(tunnelled(COA, anycast, echo(A, CN)))),
    { TUNNEL_REFUSED: 1 },
  );
  const cut = echo(A, CN).subarray(0, 45);
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(tunnelled(COA, HA, cut))),
    { BAD_IP6: 1 },
  );
});

test("between two mobile nodes: out of one tunnel, into the other", () => {
  const agent = bound();
  agent.rx(update({ home: B, sequence: 1, source: COA2 }));
  agent.sent();
  agent.rx(tunnelled(COA, HA, echo(A, B)));
  const [out] = agent.sent();
  assert.deepEqual([out.src, out.dst, out.inner?.src, out.inner?.dst], [HA, COA2, A, B]);
});

test("the agent itself answers through the tunnel", () => {
  const agent = bound();
  agent.rx(tunnelled(COA, HA, echo(A, HA)));
  const [out] = agent.sent();
  assert.deepEqual([out.dst, out.inner?.src, out.inner?.dst, out.inner?.icmpType], [COA, HA, A, 129]);
});

test("link-local packets are not tunnelled, neither are those to groups", () => {
  const agent = bound();
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(ether(echo("fe80::fe", A)))),
    { BEYOND_SCOPE: 1 },
  );
  // RFC 4443 §3.1, code 2; nothing else.
  assert.deepEqual(
    agent.sent().map((f) => [f.icmpType, f.dst]),
    [[1, "fe80::fe"]],
  );
  agent.rx(ether(echo(CN, "ff02::1"), "33:33:00:00:00:01"));
  assert.deepEqual(agent.sent(), []);
});

test("a circle of care-of addresses ends at the depth limit, counted, with nothing sent", () => {
  const agent = new Agent();
  agent.rx(update({ home: A, sequence: 1, alternate: B }), update({ home: B, sequence: 1, alternate: A }));
  assert.deepEqual(agent.bound(), { [A]: B, [B]: A });
  agent.sent();
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(ether(echo(CN, A)))),
    { TOO_DEEP: 1 },
  );
  assert.deepEqual(agent.sent(), []);
});

test("tunnels in tunnels come apart to the depth limit", () => {
  const agent = bound();
  const nest = (depth: number) => {
    let packet = echo(A, HA);
    for (let i = 0; i < depth; i++) packet = ip6(i === depth - 1 ? COA : A, HA, 41, packet);
    return ether(packet);
  };
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(nest(2))),
    { TUNNEL_SOURCE: 1 },
    "the inner tunnel comes from the home address, not from the care-of address",
  );
  assert.deepEqual(agent.sent(), []);
});

test("a packet that does not fit the tunnel: Packet Too Big with what does, to the correspondent", () => {
  const agent = bound();
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(ether(echo(CN, A, 1500 - 48)))),
    { TOO_BIG: 1 },
  );
  const [error] = agent.sent();
  assert.deepEqual([error.dst, error.icmpType, error.sound], [CN, 2, true]);
  assert.deepEqual([...error.payload.subarray(4, 8)], [0, 0, ...u16(1460)]);
  agent.rx(ether(echo(CN, A, 1460 - 48)));
  assert.deepEqual(
    agent.sent().map((p) => [p.dst, p.raw.length]),
    [[COA, 1500]],
  );
});

test("on a link of 1280 bytes packets up to 1280 travel in fragments of the outer packet", () => {
  const agent = new Agent({ mtu: 1280 });
  agent.rx(update({ home: A, sequence: 1 }));
  agent.sent();
  agent.rx(ether(echo(CN, A, 1280 - 48)));
  const pieces = agent.sent();
  assert.deepEqual(
    pieces.map((p) => [p.dst, p.raw[6], p.raw.length <= 1280]),
    [
      [COA, 44, true],
      [COA, 44, true],
    ],
  );
});

test("the MSS of a SYN into the tunnel is cut to what fits, a smaller one stays", () => {
  const agent = bound();
  const mss = (asked: number): number => {
    agent.rx(ether(syn(CN, A, asked)));
    const [out] = agent.sent();
    return (out.payload[40 + 22] << 8) | out.payload[40 + 23];
  };
  assert.equal(mss(1440), 1400);
  assert.equal(mss(1000), 1000);
});

test("a hop limit that ends here ends before the tunnel", () => {
  const agent = bound();
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(ether(echo(CN, A, 8, 1)))),
    { HOP_LIMIT: 1 },
  );
  assert.deepEqual(
    agent.sent().map((p) => [p.dst, p.icmpType]),
    [[CN, 3]],
  );
});
