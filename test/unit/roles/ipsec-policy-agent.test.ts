/** A home agent with `security: ipsec`: who may register, whose tunnel is believed, where packets go, RFC 6275 §5, RFC 4877. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Direction, Encryption, Integrity, Mode, PolicyAction } from "../../../assembly/abi/ipsec.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { ESP, open, type Sa, seal } from "../../reference/ipsec.js";
import { association, key, policy } from "../lib/ipsec-pair.js";
import { Agent, CN, COA, COA2, HA, home } from "./home-agent-bench.js";
import { echo, ether, type Update, updatePacket } from "./home-agent-frames.js";

const MH = 135;
const { PROTECT } = PolicyAction;
const [SIGNALLING, DATA] = [10, 20];
/** SPI of what mobile node `n` sends and receives under a policy. */
const spi = (n: number, policyId: number, d: "up" | "down") => 0x1000 * n + policyId * 2 + (d === "up" ? 0 : 1);

function settings(nodes: number, data: "merged" | "two" | "none" = "none"): Messages {
  const m = new Messages().ipsec(true);
  for (let n = 1; n <= nodes; n++) {
    const ids = data === "none" ? [SIGNALLING] : [SIGNALLING, DATA];
    m.policy(policy(SIGNALLING + n, PROTECT, { protocol: MH, local: HA, remote: home(n) }));
    const tunnel = { mode: Mode.TUNNEL, remote: home(n), tunnelLocal: parseIp6(HA) };
    if (data === "merged") m.policy(policy(DATA + n, PROTECT, { ...tunnel, flags: 1 | 4 }));
    if (data === "two") m.policy(policy(DATA + n, PROTECT, { ...tunnel, local: HA, protocol: 41, flags: 4 }));
    for (const id of ids) {
      m.association(association(Direction.IN, spi(n, id, "up"), id + n));
      m.association(association(Direction.OUT, spi(n, id, "down"), id + n));
    }
  }
  return m;
}
const sa = (spiOf: number): Sa => ({
  protocol: ESP,
  encryption: Encryption.CHACHA20_POLY1305,
  integrity: Integrity.NONE,
  key: key(spiOf, 36),
  auth: new Uint8Array(0),
  spi: spiOf,
  esn: false,
  udp: false,
});
let count = 0n;
/** Under the association of mobile node `n`; every call has a number of its own. */
function sealed(n: number, policyId: number, packet: Uint8Array, tunnel?: [string, string]): Uint8Array {
  const seq = ++count;
  const iv = new Uint8Array(8);
  new DataView(iv.buffer).setBigUint64(0, seq);
  const ends = tunnel && ([parseIp6(tunnel[0]), parseIp6(tunnel[1]), 64] as [Uint8Array, Uint8Array, number]);
  return ether(seal(sa(spi(n, policyId, "up")), Buffer.from(packet), { seq, iv, ...(ends && { tunnel: ends }) }));
}
const update = (n: number, u: Update) => sealed(n, SIGNALLING, updatePacket(u));
const guarded = (data?: "merged" | "two") => new Agent({ securityNone: false, homes: 3 }).configure(settings(3, data));

test("a Binding Update in the clear is not even looked at; under its association it registers and is acknowledged under the other", () => {
  const agent = guarded();
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(ether(updatePacket({ home: home(1), sequence: 1 })))),
    { POLICY_MISMATCH: 1 },
  );
  assert.deepEqual(agent.bound(), {});
  agent.rx(update(1, { home: home(1), sequence: 2, lifetime: 10 }));
  assert.deepEqual(agent.bound(), { [home(1)]: COA });
  const [answer] = agent.sent((p) => p.dst === COA);
  const plain = open(sa(spi(1, SIGNALLING, "down")), answer.raw).packet;
  assert.deepEqual(
    [plain[6], plain[40], plain[64 + 2], plain[64 + 6]],
    [43, MH, 6, 0],
    "a Binding Acknowledgement, accepted",
  );
  assert.equal(plain[64 + 7] & 0x80, 0, "K is clear: the keys are by hand");
});

test("without policies nothing registers at an agent that wants IPsec", () => {
  const agent = new Agent({ securityNone: false });
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(ether(updatePacket({ home: home(1), sequence: 1 })))),
    { BU_NOT_ALLOWED: 1 },
  );
  agent.configure(new Messages().ipsec(true));
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(ether(updatePacket({ home: home(1), sequence: 1 })))),
    { BU_NOT_ALLOWED: 1 },
  );
});

test("a mobile node registers nobody but itself", () => {
  const agent = guarded();
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(update(2, { home: home(1), sequence: 1 }))),
    { POLICY_MISMATCH: 1 },
  );
  assert.deepEqual(agent.bound(), {});
});

test("a Binding Update that was recorded does not work again", () => {
  const agent = guarded();
  const frame = update(1, { home: home(1), sequence: 5 });
  agent.rx(frame.slice());
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(frame.slice())),
    { REPLAYED: 1 },
  );
});

test("one header: packets for the home address leave in the tunnel's, which follows the binding; its end alone is believed", () => {
  const agent = guarded("merged");
  agent.rx(update(1, { home: home(1), sequence: 1 }));
  agent.sent();
  const down = () => {
    agent.rx(ether(echo(CN, home(1), 100)));
    return agent.sent((p) => p.next === ESP);
  };
  const [packet] = down();
  assert.deepEqual([packet.src, packet.dst], [HA, COA]);
  const inner = open(sa(spi(1, DATA, "down")), packet.raw);
  assert.equal(inner.tunnelled, true);
  assert.deepEqual(inner.packet.subarray(8, 40), Buffer.from([...parseIp6(CN), ...parseIp6(home(1))]));

  const up = (from: string, src = home(1)) => sealed(1, DATA, echo(src, CN, 50), [from, HA]);
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(up(COA))),
    {},
  );
  assert.deepEqual(
    agent.sent((p) => p.dst === CN).map((p) => [p.src, p.next]),
    [[home(1), 58]],
  );
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(up(COA2))),
    { TUNNEL_SOURCE: 1 },
  );
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(up(COA, home(2)))),
    { POLICY_MISMATCH: 1 },
  );

  agent.rx(update(1, { home: home(1), sequence: 2, source: COA2 }));
  agent.sent();
  assert.deepEqual(
    down().map((p) => p.dst),
    [COA2],
  );
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(up(COA))),
    { TUNNEL_SOURCE: 1 },
  );
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(up(COA2))),
    {},
  );

  agent.rx(update(1, { home: home(1), sequence: 3, source: COA2, lifetime: 0 }));
  agent.sent();
  assert.deepEqual(down(), [], "not bound: to the home link, not into a tunnel");
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(up(COA2))),
    { TUNNEL_SOURCE: 1 },
  );
});

test("one header: what comes and goes in the tunnel keeps the binding in use, so that it is asked for before it ends", () => {
  const asked = (talk: (agent: Agent) => void): number => {
    const agent = guarded("merged");
    agent.rx(update(1, { home: home(1), sequence: 1, lifetime: 40 }));
    let requests = 0;
    for (let s = 0; s < 150; s++) {
      agent.sent();
      talk(agent);
      agent.pass(1000);
      for (const { raw, payload, routing } of agent.sent((p) => p.next === ESP && p.dst === COA)) {
        const { packet } = open(sa(Buffer.from(payload).readUInt32BE()), raw);
        if (routing === home(1) && packet[40] === MH && packet[64 + 2] === 0) requests++;
      }
    }
    return requests;
  };
  assert.equal(
    asked(() => {}),
    0,
  );
  assert.ok(asked((agent) => agent.rx(ether(echo(CN, home(1), 100)))) > 0, "to the home address");
  assert.ok(asked((agent) => agent.rx(sealed(1, DATA, echo(home(1), CN, 50), [COA, HA]))) > 0, "from it");
});

test("cleartext in a mobile tunnel is refused where a policy wants it protected", () => {
  const agent = guarded("merged");
  agent.rx(update(1, { home: home(1), sequence: 1 }));
  agent.sent();
  const plain = () => agent.rx(ether(Buffer.concat([ipInIp(COA, HA, echo(home(1), CN, 50))])));
  assert.deepEqual(agent.dropsOf(plain), { POLICY_MISMATCH: 1 });
  const two = guarded("two");
  two.rx(update(1, { home: home(1), sequence: 1 }));
  two.sent();
  assert.deepEqual(
    two.dropsOf(() => two.rx(ether(ipInIp(COA, HA, echo(home(1), CN, 50))))),
    { POLICY_MISMATCH: 1 },
  );
});
function ipInIp(source: string, destination: string, inner: Uint8Array): Uint8Array {
  const head = new Uint8Array(40);
  head.set([0x60, 0, 0, 0, inner.length >> 8, inner.length & 255, 41, 64]);
  head.set(parseIp6(source), 8);
  head.set(parseIp6(destination), 24);
  return Buffer.concat([head, inner]);
}

test("two headers: the mobile tunnel's own header is what is protected", () => {
  const agent = guarded("two");
  agent.rx(update(1, { home: home(1), sequence: 1 }));
  agent.sent();
  agent.rx(ether(echo(CN, home(1), 100)));
  const [packet] = agent.sent((p) => p.next === ESP);
  const inner = open(sa(spi(1, DATA, "down")), packet.raw).packet;
  assert.deepEqual([inner[6], inner.subarray(8, 40)], [41, Buffer.from([...parseIp6(HA), ...parseIp6(COA)])]);
  const up = (from: string) => sealed(1, DATA, ipInIp(from, HA, echo(home(1), CN, 50)), [from, HA]);
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(up(COA))),
    {},
  );
  assert.equal(agent.sent((p) => p.dst === CN).length, 1);
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(up(COA2))),
    { TUNNEL_SOURCE: 1 },
  );
  // Authentic as it is: the mobile tunnel inside has rules of its own.
  const stranger = sealed(1, DATA, ipInIp(COA, HA, echo(home(2), CN, 50)), [COA, HA]);
  assert.deepEqual(
    agent.dropsOf(() => agent.rx(stranger)),
    { TUNNEL_SOURCE: 1 },
  );
});

test("after a restart the tunnel goes where the binding is that came back, whatever is configured first", () => {
  const agent = guarded("merged");
  agent.rx(update(1, { home: home(1), sequence: 1 }));
  agent.reboot().configure(settings(3, "merged"));
  agent.sent();
  agent.rx(ether(echo(CN, home(1), 100)));
  assert.deepEqual(
    agent.sent((p) => p.next === ESP).map((p) => p.dst),
    [COA],
  );
});
