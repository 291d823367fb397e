/** How a Binding Update is judged: RFC 6275 §9.5.1, §10.3, and what strangers may not do (§15). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Messages } from "../../../host-sim/core/messages.js";
import { Agent, CN, COA, COA2, HA, home } from "./home-agent-bench.js";
import { echo, ether, homeOption, ip6, type Update, update, updatePacket } from "./home-agent-frames.js";

const A = home(1);
const B = home(2);
const UNLISTED = "2001:db8:1::2:1";

/** Status, sequence and lifetime of the only acknowledgement. */
function answer(agent: Agent, u: Update): [number, number, number] {
  agent.sent();
  agent.rx(update(u));
  const [ack, ...more] = agent.acks();
  assert.ok(ack?.mh, "an acknowledgement");
  assert.deepEqual(more, []);
  assert.equal(ack.sound, true);
  assert.equal(ack.routing, u.option === false ? undefined : u.home);
  assert.equal(ack.dst, u.source ?? COA);
  return [ack.mh.status, ack.mh.sequence, ack.mh.lifetime];
}
/** No answer, no binding, one drop of that name. */
function silence(agent: Agent, frame: Uint8Array, reason: string): void {
  const before = agent.bindings();
  agent.sent();
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(frame)),
    { [reason]: 1 },
  );
  assert.deepEqual(agent.sent(), []);
  assert.deepEqual(agent.bindings(), before);
  assert.equal(agent.unkept, 0);
}

test("sequence numbers: equal, -1, +32768 and far back are refused with 135 and the last accepted one, across the wrap accepted", () => {
  const agent = new Agent();
  assert.deepEqual(answer(agent, { home: A, sequence: 1000 }), [0, 1000, 10]);
  for (const sequence of [1000, 999, 1000 + 32768, 1]) {
    const risen = agent.dropsOf(() =>
      assert.deepEqual(answer(agent, { home: A, sequence, source: COA2 }), [135, 1000, 0]),
    );
    assert.deepEqual(risen, { BU_SEQUENCE: 1 });
  }
  assert.deepEqual(agent.bound(), { [A]: COA });
  assert.deepEqual(answer(agent, { home: A, sequence: 1000 + 32767 }), [0, 33767, 10]);
  assert.deepEqual(answer(agent, { home: A, sequence: 65535 }), [0, 65535, 10]);
  assert.deepEqual(answer(agent, { home: A, sequence: 0 }), [0, 0, 10]);
});

test("135 is sent without the A flag too; an accepted Binding Update without it gets no answer", () => {
  const agent = new Agent();
  agent.sent();
  agent.rx(update({ home: A, sequence: 5, flags: 0x40 }));
  assert.deepEqual(agent.acks(), []);
  assert.deepEqual(agent.bound(), { [A]: COA });
  assert.deepEqual(answer(agent, { home: A, sequence: 5, flags: 0x40 }), [135, 5, 0]);
});

test("the sequence number outlives deregistration and expiry", () => {
  const agent = new Agent();
  answer(agent, { home: A, sequence: 20, lifetime: 1 });
  assert.deepEqual(answer(agent, { home: A, sequence: 21, lifetime: 0 }), [0, 21, 0]);
  assert.deepEqual(answer(agent, { home: A, sequence: 20 }), [135, 21, 0]);
  answer(agent, { home: A, sequence: 22, lifetime: 1 });
  agent.pass(10000);
  assert.deepEqual(agent.bound(), {});
  assert.deepEqual(answer(agent, { home: A, sequence: 22 }), [135, 22, 0]);
});

test("132 off the home subnet, 129 for a home address that is not listed; nothing is remembered of either", () => {
  const agent = new Agent();
  assert.deepEqual(answer(agent, { home: "2001:db8:77::1", sequence: 3 }), [132, 3, 0]);
  assert.deepEqual(answer(agent, { home: UNLISTED, sequence: 9 }), [129, 9, 0]);
  assert.deepEqual(answer(agent, { home: UNLISTED, sequence: 9 }), [129, 9, 0]);
  assert.deepEqual(agent.bound(), {});
  assert.equal(agent.disk.size, 0);
  assert.deepEqual(agent.events("BU_REFUSED").length, 3);
});

test("133 for a deregistration of what is not bound, whose sequence number is used up all the same", () => {
  const agent = new Agent();
  assert.deepEqual(answer(agent, { home: A, sequence: 4, lifetime: 0 }), [133, 4, 0]);
  assert.deepEqual(answer(agent, { home: A, sequence: 4 }), [135, 4, 0]);
  assert.deepEqual(answer(agent, { home: A, sequence: 5 }), [0, 5, 10]);
});

test("130 when the cache is full; who is bound stays bound and may renew", () => {
  const agent = new Agent({ homes: 36, trace: 0 });
  for (let n = 1; n <= 32; n++) assert.deepEqual(answer(agent, { home: home(n), sequence: 1 })[0], 0);
  for (let n = 33; n <= 36; n++) assert.deepEqual(answer(agent, { home: home(n), sequence: 1 }), [130, 1, 0]);
  assert.equal(agent.bindings().length, 32);
  assert.deepEqual(answer(agent, { home: home(7), sequence: 2, source: COA2 })[0], 0);
  assert.deepEqual(answer(agent, { home: home(8), sequence: 2, lifetime: 0 })[0], 0);
  assert.deepEqual(answer(agent, { home: home(33), sequence: 2 })[0], 0);
});

test("130 is for listed home addresses: a table full of them cannot be filled by strangers", () => {
  const agent = new Agent({ homes: 4, trace: 0 });
  for (let i = 0; i < 500; i++) agent.rx(update({ home: `2001:db8:1::5:${i.toString(16)}`, sequence: i }));
  assert.deepEqual(agent.bound(), {});
  assert.equal(agent.disk.size, 0);
  for (let n = 1; n <= 4; n++) assert.equal(answer(agent, { home: home(n), sequence: 1 })[0], 0);
  assert.throws(() => {
    const m = new Messages();
    for (let n = 0; n < 100; n++) m.homeAddress(Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, n));
    agent.configure(m);
  }, /TABLE_FULL/);
});

test("139 when a home registration is to become another kind, and the binding stays", () => {
  const agent = new Agent();
  answer(agent, { home: A, sequence: 1 });
  assert.deepEqual(answer(agent, { home: A, sequence: 2, flags: 0x80, source: COA2 }), [139, 2, 0]);
  assert.deepEqual(agent.bound(), { [A]: COA });
});

test("a registration for a correspondent is not for a home agent", () => {
  silence(new Agent(), update({ home: A, sequence: 1, flags: 0x80 }), "BU_NOT_ALLOWED");
});

test("granted is what was asked for, but not more than the longest lifetime; then the refresh advice says when", () => {
  const agent = new Agent({ lifetime4s: 60 });
  assert.deepEqual(answer(agent, { home: A, sequence: 1, lifetime: 60 })[2], 60);
  assert.deepEqual(answer(agent, { home: A, sequence: 2, lifetime: 1 })[2], 1);
  agent.sent();
  agent.rx(update({ home: A, sequence: 3, lifetime: 65535 }));
  const [ack] = agent.acks();
  assert.equal(ack.mh?.lifetime, 60);
  assert.deepEqual([...(ack.mh?.body.subarray(12) ?? [])], [2, 2, 0, 45]);
  assert.deepEqual(
    agent.bindings().map((row) => row.left),
    [240000],
  );
});

test("a lifetime is not longer than the home subnet prefix is said to live, and status 1 says so", () => {
  const agent = new Agent({ lifetime4s: 1000 });
  const flags = 0xe0;
  agent.configure(
    new Messages().prefix(
      0,
      Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
      64,
      flags,
      400,
      200,
    ),
  );
  assert.deepEqual(answer(agent, { home: A, sequence: 1, lifetime: 500 }), [1, 1, 100]);
  assert.deepEqual(answer(agent, { home: A, sequence: 2, lifetime: 100 }), [0, 2, 100]);
});

test("the alternate care-of address is the one that counts; the answer goes to where the Binding Update came from", () => {
  const agent = new Agent();
  assert.deepEqual(answer(agent, { home: A, sequence: 1, alternate: COA2 }), [0, 1, 10]);
  assert.deepEqual(agent.bound(), { [A]: COA2 });
  assert.deepEqual(answer(agent, { home: A, sequence: 2, alternate: A, lifetime: 10 }), [0, 2, 0]);
  assert.deepEqual(agent.bound(), {}, "the home address as care-of address is a deregistration");
});

test("care-of addresses that nobody can have are dropped in silence (§6.1.7), ours too", () => {
  const agent = new Agent();
  for (const alternate of [
    "ff02::1",
    "::",
    "::1",
    "fe80::9",
    "::ffff:1.2.3.4",
    HA,
    "2001:db8:1:0:fdff:ffff:ffff:fffe",
  ]) {
    silence(agent, update({ home: A, sequence: 1, alternate }), "BU_NOT_ALLOWED");
  }
  silence(agent, update({ home: A, sequence: 1, source: "fe80::9" }), "BU_NOT_ALLOWED");
  silence(agent, update({ home: A, sequence: 1, source: "::" }), "BAD_SOURCE");
  silence(agent, update({ home: A, sequence: 1, source: "ff02::9" }), "BAD_SOURCE");
});

test("home addresses that nobody can have are dropped in silence", () => {
  const agent = new Agent();
  for (const no of ["ff02::1", "::", "::1", "fe80::9", "::ffff:1.2.3.4"]) {
    silence(agent, update({ home: no, sequence: 1 }), "BAD_OPTION");
  }
  silence(agent, update({ home: HA, sequence: 1 }), "BU_NOT_ALLOWED");
});

test("malformed options: silence; unknown ones are skipped", () => {
  const agent = new Agent();
  for (const options of [
    [1, 200, 0, 0],
    [3, 16, 0, 0],
    [0, 0, 0, 3],
    [3, 2, 0, 0],
  ]) {
    silence(agent, update({ home: A, sequence: 1, options }), "BAD_MH");
  }
  assert.deepEqual(
    answer(agent, { home: A, sequence: 1, options: [222, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0] }),
    [0, 1, 10],
  );
});

test("a wrong checksum or length: silence", () => {
  const agent = new Agent();
  const flip = (at: number, by: number) => (header: Uint8Array) => {
    header[at] ^= by;
  };
  silence(agent, update({ home: A, sequence: 1, spoil: flip(7, 1) }), "BAD_CHECKSUM");
  silence(agent, update({ home: A, sequence: 1, spoil: flip(1, 8) }), "BAD_MH");
});

test("a payload proto that is not 59 gets a Parameter Problem to the care-of address, with the packet as it came", () => {
  const agent = new Agent();
  agent.sent();
  // 17 in place of 59: the checksum makes up for it.
  const packet = updatePacket({
    home: A,
    sequence: 1,
    spoil: (header) => {
      header[0] = 17;
      const sum = ((header[4] << 8) | header[5]) + ((59 - 17) << 8);
      const folded = (sum & 0xffff) + (sum >> 16);
      header[4] = folded >> 8;
      header[5] = folded & 255;
    },
  });
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(ether(packet))),
    { BAD_MH: 1 },
  );
  const [error] = agent.sent((p) => p.icmpType === 4);
  assert.deepEqual([error.dst, error.payload[1], error.payload.subarray(4, 8)[3]], [COA, 0, 40 + 24]);
  assert.deepEqual(error.payload.subarray(8), packet);
  assert.equal(error.sound, true);
});

test("an unknown mobility header type gets a Binding Error 2", () => {
  const agent = new Agent();
  agent.rx(update({ home: A, sequence: 1 }));
  agent.sent();
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(update({ home: A, sequence: 2, type: 250 }))),
    { MH_UNKNOWN: 1 },
  );
  const [error] = agent.sent((p) => p.mh?.type === 7);
  assert.deepEqual([error.dst, error.mh?.status, error.sound], [COA, 2, true]);
});

test("without IPsec and without `security: none` every Binding Update is dropped in silence", () => {
  const agent = new Agent({ securityNone: false });
  assert.deepEqual(agent.events("SECURITY_NONE"), []);
  silence(agent, update({ home: A, sequence: 1 }), "BU_NOT_ALLOWED");
  silence(agent, update({ home: A, source: A, option: false, sequence: 1, lifetime: 0 }), "BU_NOT_ALLOWED");
  assert.deepEqual(new Agent().events("SECURITY_NONE"), [`SECURITY_NONE ${HA}`]);
});

test("a Home Address option without a binding is not believed: Binding Error 1, rate-limited, and nothing else", () => {
  const agent = new Agent();
  const claimed = (source: string) => {
    const inside = echo(A, HA);
    return ether(ip6(source, HA, 60, Uint8Array.from([...homeOption(58, A), ...inside.subarray(40)])));
  };
  agent.sent();
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(claimed(COA))),
    { NO_BINDING: 1 },
  );
  const [error, ...more] = agent.sent();
  assert.deepEqual(more, []);
  assert.deepEqual([error.dst, error.mh?.type, error.mh?.status, error.sound], [COA, 7, 1, true]);
  const flood = agent.dropsOf(() => {
    for (let i = 0; i < 50; i++) agent.rx(claimed(COA));
  });
  assert.deepEqual(flood, { NO_BINDING: 50, ICMP_RATE: 50 });
  assert.deepEqual(agent.sent(), []);

  agent.rx(update({ home: A, sequence: 1 }));
  agent.sent();
  agent.rx(claimed(COA));
  const [reply] = agent.sent();
  assert.deepEqual([reply.dst, reply.inner?.dst, reply.inner?.icmpType], [COA, A, 129], "with one it is");
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(claimed(COA2))),
    { NO_BINDING: 1, ICMP_RATE: 1 },
  );
});

test("an error about an unproven Home Address option goes to the source, never to the home address", () => {
  const agent = new Agent();
  agent.sent();
  // Behind the option a routing header of type 0 with segments left.
  const routing = [58, 2, 0, 1, 0, 0, 0, 0, ...new Array(16).fill(1)];
  const packet = ip6(COA, HA, 60, Uint8Array.from([...homeOption(43, A), ...routing, ...echo(A, HA).subarray(40)]));
  agent.rx(ether(packet));
  const [error] = agent.sent();
  assert.deepEqual([error.dst, error.icmpType], [COA, 4]);
  assert.deepEqual(error.payload.subarray(8), packet);
});

test("two Home Address options, or one in a hop-by-hop header, are malformed", () => {
  const agent = new Agent();
  const u = updatePacket({ home: A, sequence: 1 });
  const twice = ip6(COA, HA, 60, Uint8Array.from([...homeOption(60, A), ...u.subarray(40)]));
  silence(agent, ether(twice), "BAD_OPTION");
  const hop = u.slice();
  hop[6] = 0;
  silence(agent, ether(hop), "BAD_OPTION");
});

test("a Binding Update in a tunnel, or to another address of ours, is not allowed", () => {
  const agent = new Agent();
  answer(agent, { home: A, sequence: 1 });
  const inner = updatePacket({ home: A, source: A, option: false, sequence: 2, lifetime: 0 });
  silence(agent, ether(ip6(COA, HA, 41, inner)), "BU_NOT_ALLOWED");
  silence(agent, update({ home: B, sequence: 1, to: "2001:db8:1:0:fdff:ffff:ffff:fffe" }), "BU_NOT_ALLOWED");
});

test("returning home: deregistration from the home address, answered on the link, no more tunnel and no more proxy", () => {
  const agent = new Agent();
  answer(agent, { home: A, sequence: 1 });
  agent.owned.add(A);
  const risen = agent.dropsOf(() => {
    assert.deepEqual(answer(agent, { home: A, source: A, option: false, sequence: 2, lifetime: 0 }), [0, 2, 0]);
  });
  assert.deepEqual(risen, {});
  agent.rx(ether(echo(CN, A)));
  const [direct] = agent.sent();
  assert.deepEqual([direct.src, direct.dst, direct.macTo], [CN, A, "02:00:00:00:00:fe"]);
  agent.pass(5000);
  assert.deepEqual(
    agent.sent((p) => p.icmpType === 136 && p.nd?.target === A),
    [],
  );
  assert.deepEqual(agent.events("BINDING").slice(-1), [`BINDING removed ${A}`]);
});

test("a refused deregistration at home is answered on the link too, though the binding still stands", () => {
  const agent = new Agent();
  answer(agent, { home: A, sequence: 100 });
  agent.owned.add(A);
  assert.deepEqual(answer(agent, { home: A, source: A, option: false, sequence: 7, lifetime: 0 }), [135, 100, 0]);
  assert.deepEqual(agent.bound(), { [A]: COA });
});

test("without a Home Address option only a deregistration from the home link counts", () => {
  const agent = new Agent();
  answer(agent, { home: A, sequence: 1 });
  silence(agent, update({ home: A, source: A, option: false, sequence: 2, alternate: COA2 }), "BU_NOT_ALLOWED");
  const away = new Agent();
  answer(away, { home: A, sequence: 1 });
  assert.deepEqual(answer(away, { home: A, sequence: 2, lifetime: 0 }), [0, 2, 0], "from away with the option it does");
});

test("configuration that cannot be is refused", () => {
  const agent = new Agent();
  const at = (text: number[]) => new Messages().homeAddress(Uint8Array.from(text));
  const away = [0x20, 1, 0xd, 0xb8, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  assert.throws(() => agent.configure(at(away)), /HOME_ADDRESS.*BAD_VALUE/);
  const own = [0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  assert.throws(() => agent.configure(at(own)), /HOME_ADDRESS.*BAD_VALUE/);
  assert.throws(() => new Agent({ port: 1 }), /NO_SUCH_PORT/);
  assert.throws(() => new Agent({ prefixLength: 0 }), /BAD_VALUE/);
  assert.throws(() => new Agent({ lifetime4s: 0 }), /BAD_VALUE/);
});

test("flag L: the link-local address with the same interface identifier is defended as well", () => {
  const agent = new Agent({ dad: true });
  agent.sent();
  agent.rx(update({ home: A, sequence: 1, flags: 0xe0 }));
  const local = "fe80::1:1";
  assert.deepEqual(
    agent.sent((p) => p.icmpType === 135 && p.src === "::").map((p) => p.nd?.target),
    [A, local],
  );
  agent.pass(1500);
  const told = agent.sent((p) => p.icmpType === 136).map((p) => p.nd?.target);
  assert.deepEqual(told, [A, local]);
});

test("131 from a node that nobody told to be a home agent, from the address that was asked; silence where H is clear", () => {
  const agent = new Agent({ unconfigured: true });
  assert.deepEqual(answer(agent, { home: A, sequence: 9 }), [131, 9, 0]);
  assert.deepEqual(answer(agent, { home: A, sequence: 9, flags: 0x40, lifetime: 0 }), [131, 9, 0]);
  silence(agent, update({ home: A, sequence: 10, flags: 0x80 }), "BU_NOT_ALLOWED");
  silence(agent, update({ home: A, sequence: 10, lifetime: 0, option: false }), "BU_NOT_ALLOWED");
  silence(agent, update({ home: A, sequence: 10, source: "ff02::1" }), "BAD_SOURCE");
});
