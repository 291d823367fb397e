/** Which policy a packet is for, against a naive reading of RFC 4301 §4.4.1; and what messages are refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Direction, Encryption, Integrity, Mode, PolicyAction } from "../../../assembly/abi/ipsec.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import type { AssociationSettings, PolicySettings } from "../../../host-sim/core/settings.js";
import * as frames from "../../bench/frames.js";
import { AH, association, Host, key, LEFT, policy, RIGHT, switchOn } from "../lib/ipsec-pair.js";

const { PROTECT, BYPASS, DISCARD } = PolicyAction;
const [TCP, UDP, ICMP6, OTHER] = [6, 17, 58, 200];
const REMOTES = [RIGHT, "2001:db8:1::3", "2001:db8:1:0:8000::1"];

interface Asked {
  remote: string;
  protocol: number;
  /** Ports, or type and code. */
  local: number;
  remotePort: number;
  /** In front of the upper layer. */
  options: number;
}
const range = fc
  .tuple(fc.nat(3), fc.nat(3))
  .map(([a, b]): [number, number] => [Math.min(a, b) + 5000, Math.max(a, b) + 5000]);
const ports = fc.oneof({ weight: 3, arbitrary: fc.constant<[number, number]>([0, 0xffff]) }, range);
const types = fc.oneof(
  fc.constant<[number, number]>([0, 0xffff]),
  fc.constant<[number, number]>([128 << 8, (128 << 8) | 0xff]),
);
const rule = fc
  .record({
    id: fc.integer({ min: 1, max: 65535 }),
    process: fc.nat(3),
    action: fc.constantFrom(BYPASS, DISCARD),
    directions: fc.constantFrom(1, 2, 3),
    protocol: fc.constantFrom(undefined, TCP, UDP, ICMP6, OTHER),
    remote: fc.record({ text: fc.constantFrom(...REMOTES), length: fc.constantFrom(0, 64, 65, 126, 128) }),
    localLength: fc.constantFrom(0, 128),
    here: fc.constantFrom(LEFT, "2001:db8:1::9"),
    localPorts: ports,
    remotePorts: ports,
    icmp: types,
  })
  .map(
    (r): PolicySettings => ({
      ...policy(r.id, r.action, { protocol: r.protocol }),
      process: r.process,
      directions: r.directions,
      local: { version: 6, address: parseIp6(r.here), length: r.localLength },
      remote: { version: 6, address: parseIp6(r.remote.text), length: r.remote.length },
      ...(r.protocol === ICMP6
        ? { localPorts: r.icmp }
        : r.protocol === OTHER
          ? {}
          : { localPorts: r.localPorts, remotePorts: r.remotePorts }),
    }),
  );
const asked = fc.record<Asked>({
  remote: fc.constantFrom(...REMOTES),
  protocol: fc.constantFrom(TCP, UDP, ICMP6, OTHER),
  local: fc.integer({ min: 4999, max: 5004 }),
  remotePort: fc.integer({ min: 4999, max: 5004 }),
  options: fc.nat(2),
});

const within = ([first, last]: [number, number], n: number) => n >= first && n <= last;
const prefix = (p: { address: Uint8Array; length: number }, a: Uint8Array) => {
  const bits = (x: Uint8Array) =>
    [...x]
      .map((b) => b.toString(2).padStart(8, "0"))
      .join("")
      .slice(0, p.length);
  return bits(p.address) === bits(a);
};
function names(q: PolicySettings, a: Asked): boolean {
  if ((q.directions & Direction.OUT) === 0) return false;
  if (!prefix(q.local, parseIp6(LEFT)) || !prefix(q.remote, parseIp6(a.remote))) return false;
  if ((q.flags & 1) === 0 && q.protocol !== a.protocol) return false;
  const every = [q.localPorts, q.remotePorts].every(([first, last]) => first === 0 && last === 0xffff);
  if (every) return true;
  if (a.protocol === OTHER) return false;
  if (a.protocol === ICMP6) return within(q.localPorts, 128 << 8);
  return within(q.localPorts, a.local) && within(q.remotePorts, a.remotePort);
}
/** Of the first process that has a policy for it the first, in the order of ids. */
function passes(all: PolicySettings[], a: Asked, byDefault: boolean): boolean {
  const last = new Map(all.map((q) => [q.id, q]));
  const found = [...last.values()].filter((q) => names(q, a)).sort((x, y) => x.process - y.process || x.id - y.id)[0];
  return found ? found.action === BYPASS : byDefault;
}
function packet(a: Asked): Uint8Array {
  const [from, to] = [parseIp6(LEFT), parseIp6(a.remote)];
  const upper = {
    [TCP]: frames.concat(frames.be(16, a.local, a.remotePort), frames.be(32, 1, 2), frames.be(16, 0x5010, 1, 0, 0)),
    [UDP]: frames.udp(from, to, [a.local, a.remotePort], new Uint8Array(3)),
    [ICMP6]: frames.icmp6(from, to, 128, 0, frames.be(16, 1, 1)),
    [OTHER]: new Uint8Array(5),
  }[a.protocol]!;
  let [next, payload] = [a.protocol, upper];
  for (let i = 0; i < a.options; i++) {
    payload = frames.concat(frames.be(8, next, 0, 1, 4, 0, 0, 0, 0), payload);
    next = 60;
  }
  return frames.ip6(from, to, next, payload);
}

test("the first policy of the first process that has one decides", () => {
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 12 }),
      fc.array(asked, { minLength: 5, maxLength: 20 }),
      fc.boolean(),
      (rules, packets, byDefault) => {
        const settings = new Messages();
        for (const q of rules) settings.policy(q);
        const node = new Host(LEFT, 1, [switchOn(byDefault), settings]);
        for (const a of packets) {
          const before = node.drops().POLICY_DISCARD ?? 0;
          node.rx(1, packet(a));
          const passed = (node.drops().POLICY_DISCARD ?? 0) === before;
          assert.equal(passed, passes(rules, a, byDefault), JSON.stringify(a));
        }
      },
    ),
    { numRuns: 150 },
  );
});

test("a policy of 24 more than a board holds is refused; one again takes its own place", () => {
  const node = new Host(LEFT, 1, []);
  for (let id = 24; id > 0; id--) node.configure(new Messages().policy(policy(id * 3, BYPASS)));
  assert.throws(() => node.configure(new Messages().policy(policy(1, BYPASS))), /TABLE_FULL/);
  node.configure(new Messages().policy(policy(9, DISCARD)).policyDelete(12).policy(policy(1, BYPASS)));
});

const refused = (settings: Messages, why = /BAD_VALUE/) => {
  const node = new Host(LEFT, 1, [switchOn(), new Messages().policy(policy(7, PROTECT)).policy(policy(8, BYPASS))]);
  assert.throws(() => node.configure(settings), why);
  assert.equal(node.associations().size, 0);
};

test("policies that mean nothing are refused", () => {
  const one = (more: Partial<PolicySettings>) => refused(new Messages().policy({ ...policy(3, PROTECT), ...more }));
  const any = { version: 6 as const, address: parseIp6(LEFT), length: 127 };
  one({ id: 0 });
  one({ process: 4 });
  one({ action: 3 as PolicyAction });
  one({ directions: 0 });
  one({ directions: 4 });
  one({ mode: 2 as Mode });
  one({ flags: 8 });
  one({ local: { ...any, length: 129 } });
  one({ remote: { ...any, length: 129 } });
  one({ localPorts: [2, 1] });
  one({ remotePorts: [65535, 0] });
  one({ mode: Mode.TUNNEL });
  one({ mode: Mode.TUNNEL, tunnelLocal: parseIp6(LEFT) });
  one({ mode: Mode.TUNNEL, tunnelLocal: parseIp6("ff02::1"), tunnelRemote: parseIp6(RIGHT) });
  one({ flags: 3, local: any });
  one({ flags: 5, remote: { ...any, address: parseIp6("fe80::1"), length: 128 } });
  refused(new Messages().policyDelete(3));
});

test("associations that could not protect are refused: keys of every other length, algorithms that do not belong together, SPIs below 256", () => {
  const none = new Uint8Array(0);
  const one = (more: Partial<AssociationSettings>) =>
    refused(new Messages().association(association(Direction.OUT, 0x4444, 7, more)));
  const suites: [Partial<AssociationSettings>, number[], number[]][] = [
    [{ encryption: Encryption.AES_GCM_16 }, [20, 28, 36], [0]],
    [{ encryption: Encryption.CHACHA20_POLY1305 }, [36], [0]],
    [{ encryption: Encryption.AES_CBC, integrity: Integrity.HMAC_SHA1_96 }, [16, 24, 32], [20]],
    [{ encryption: Encryption.AES_CBC, integrity: Integrity.HMAC_SHA2_256_128 }, [16, 24, 32], [32]],
    [{ encryption: Encryption.NULL, integrity: Integrity.HMAC_SHA1_96 }, [0], [20]],
    [{ encryption: Encryption.NULL, integrity: Integrity.HMAC_SHA2_256_128 }, [0], [32]],
    [{ protocol: AH, encryption: Encryption.NONE, integrity: Integrity.HMAC_SHA1_96 }, [0], [20]],
    [{ protocol: AH, encryption: Encryption.NONE, integrity: Integrity.HMAC_SHA2_256_128 }, [0], [32]],
    [{ protocol: AH, encryption: Encryption.NONE, integrity: Integrity.AES_128_GMAC }, [0], [20]],
  ];
  for (const [algorithms, keys, integrityKeys] of suites) {
    for (const k of [0, 1, 15, 16, 19, 20, 24, 25, 28, 31, 32, 35, 36, 37, 64, 255]) {
      for (const a of [0, 1, 16, 19, 20, 21, 31, 32, 33, 36, 255]) {
        const settings = { ...algorithms, key: key(1, Math.min(k, 64)), integrityKey: key(2, Math.min(a, 64)) };
        if (k > 64 || a > 64) Object.assign(settings, { key: new Uint8Array(k), integrityKey: new Uint8Array(a) });
        if (!keys.includes(k) || !integrityKeys.includes(a)) one(settings);
        else
          new Host(LEFT, 1, [
            new Messages().policy(policy(7, PROTECT)).association(association(Direction.IN, 256, 7, settings)),
          ]);
      }
    }
  }
  const hmac = { integrity: Integrity.HMAC_SHA1_96, integrityKey: key(1, 20) };
  one({ encryption: Encryption.AES_CBC, key: key(1, 16) });
  one({ encryption: Encryption.NULL, key: none });
  one({ encryption: Encryption.NONE, key: none, ...hmac });
  one({ encryption: Encryption.AES_GCM_16, key: key(1, 20), ...hmac });
  one({ encryption: 13 as Encryption, key: key(1, 20) });
  one({ encryption: Encryption.AES_CBC, key: key(1, 16), integrity: 5 as Integrity, integrityKey: key(1, 20) });
  one({ encryption: Encryption.NULL, key: none, integrity: Integrity.AES_128_GMAC, integrityKey: key(1, 20) });
  one({ protocol: AH, encryption: Encryption.NONE, key: none, ...hmac, flags: 2 });
  one({ protocol: AH });
  one({ protocol: 52 });
  for (const spi of [0, 1, 255]) one({ spi });
  for (const policy of [0, 6, 8]) one({ policy });
  for (const direction of [0, 3]) one({ direction: direction as Direction });
  one({ flags: 4 });
  one({ flags: 8 });
  one({ softPercent: 101 });
  for (const window of [0, 16, 31, 33, 1025, 1056, 65535]) one({ direction: Direction.IN, window });
  refused(new Messages().associationDelete(0x1234, Direction.IN));
  refused(new Messages().associationDelete(0x1234, 3 as Direction));
});

test("a key whose nonces count is for one association, whichever way it goes", () => {
  const node = new Host(LEFT, 1, [new Messages().policy(policy(7, PROTECT))]);
  node.configure(new Messages().association(association(Direction.OUT, 0x1000, 7)));
  for (const [direction, spi] of [
    [Direction.IN, 0x1000],
    [Direction.OUT, 0x1001],
  ] as const) {
    const again = new Messages().association(association(direction, spi, 7, { key: key(0x1000, 36) }));
    assert.throws(() => node.configure(again), /BAD_VALUE/);
  }
});

test("the databases are shown without keys", () => {
  const secret = key(0x1000, 36);
  const node = new Host(LEFT, 1, [
    new Messages().policy(policy(7, PROTECT)).association(association(Direction.OUT, 0x1000, 7)),
  ]);
  const rows = [138, 139].flatMap((type) => node.core.query(type));
  assert.equal(rows.length, 2);
  assert.equal(rows[0].length, 84);
  for (const row of rows)
    for (let at = 0; at + 8 <= secret.length; at += 4) {
      assert.equal(Buffer.from(row).includes(Buffer.from(secret.subarray(at, at + 8))), false);
    }
  for (const [, data] of node.records)
    assert.equal(Buffer.from(data).includes(Buffer.from(secret.subarray(0, 4))), false);
  const asked = Buffer.from(secret.subarray(0, 16));
  const { bytes } = node.core as unknown as { bytes: Uint8Array };
  const memory = Buffer.from(bytes);
  assert.ok(memory.includes(asked), "the association has it");
  assert.equal(memory.indexOf(asked, memory.indexOf(asked) + 1), -1, "and nobody else");
  node.configure(new Messages().associationDelete(0x1000, Direction.OUT));
  assert.equal(Buffer.from(bytes).includes(asked), false, "nobody has it once it is removed");
});
