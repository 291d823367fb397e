import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { Message } from "../../../assembly/abi/message.js";
import { formatIp6, parseIp6 } from "../../../host-sim/core/address.js";
import { compileNode } from "../../../host-sim/core/config.js";
import { FileError, loadNode, loadText } from "../../../host-sim/core/load.js";

const folder = mkdtempSync(join(tmpdir(), "sixfold-ipsec-"));
after(() => rmSync(folder, { recursive: true }));

/** What no message may hold. */
const SECRETS = {
  gcm: "a1".repeat(20),
  cbc: "b2".repeat(16),
  mac: "c3".repeat(32),
  sha1: "d4".repeat(20),
  chacha: "e5".repeat(36),
  short: "f6".repeat(5),
  digits: "12".repeat(20),
};
const KEYS = Object.entries({ ...SECRETS, odd: "abc", words: "not hexadecimal", inherited: "" })
  .map(([name, value]) => `${name}: ${value}\n`)
  .join("");
writeFileSync(join(folder, "keys.yaml"), KEYS);
writeFileSync(join(folder, "list.yaml"), `- ${SECRETS.gcm}\n`);
writeFileSync(join(folder, "broken.yaml"), `a: [${SECRETS.gcm}\n`);

const FILE = join(folder, "mobile.yaml");
const GOOD = `image: terminal
ports: { eth: { interface: eth0 } }
mobile-node: { home-address: "2001:db8:7::10/64", home-agent: "2001:db8:7::1", optimize: ["2001:db8:8::/64"] }
ipsec:
  default: bypass
  policies:
    - { name: bu, direction: out, local: home, remote: home-agent, protocol: mh, type: bu, action: protect }
    - { name: ba, direction: in, local: home, remote: home-agent, protocol: mh, type: ba, action: protect }
    - { direction: both, protocol: udp, local-port: 5060-5070, remote-port: 53, action: bypass }
    - { name: data, process: 1, local: home, action: protect, mode: tunnel, tunnel: { local: care-of, remote: home-agent } }
  associations:
    - { policy: bu, direction: out, spi: 0x1001, encryption: aes-cbc, key: { file: keys.yaml, name: cbc }, integrity: hmac-sha2-256-128, integrity-key: { file: keys.yaml, name: mac } }
    - { policy: ba, direction: in, spi: 0x1002, protocol: ah, integrity: hmac-sha1-96, integrity-key: { file: keys.yaml, name: sha1 } }
    - { policy: data, direction: out, spi: 257, encryption: aes-gcm-16, key: { file: keys.yaml, name: gcm }, esn: true, window: 1024, udp: true, lifetime: { bytes: 5000000000, packets: 7, time: 90s, soft: 50 } }
    - { policy: data, direction: in, spi: 258, encryption: chacha20-poly1305, key: { environment: SIXFOLD_TEST_KEY } }
`;
process.env.SIXFOLD_TEST_KEY = SECRETS.chacha;

test("a good configuration loads", () => assert.equal(loadText(FILE, GOOD).kind, "node"));

/** The message for GOOD with `from` replaced. */
function problem(from: string | RegExp, to: string): string {
  const text = GOOD.replace(from, to);
  assert.notEqual(text, GOOD, "the planted fault is there");
  try {
    loadText(FILE, text);
  } catch (error) {
    assert.ok(error instanceof FileError, String(error));
    return error.message.replaceAll(`${folder}/`, "");
  }
  return assert.fail("no problem found");
}

const CBC = /encryption: aes-cbc, key: \{ file: keys.yaml, name: cbc \}, /;
const GCM_KEY = "key: { file: keys.yaml, name: gcm }";
const UNKNOWN = "unknown algorithm";

/** What is planted, and what the message must hold: line, path and expectation. */
const FAULTS: [string, string | RegExp, string, RegExp][] = [
  [
    "a key too short",
    "name: gcm",
    "name: short",
    /^mobile\.yaml:14:78: ipsec\.associations\[2\]\.key: expected 20 or 28 or 36 bytes for aes-gcm-16, a salt of 4 behind the key included; this key has 5$/,
  ],
  [
    "a key of another algorithm",
    "name: mac",
    "name: sha1",
    /associations\[0\]\.integrity-key: expected 32 bytes for hmac-sha2-256-128; this key has 20/,
  ],
  [
    "an unknown algorithm",
    "aes-cbc",
    "rot13",
    new RegExp(
      `^mobile\\.yaml:12:[0-9]+: ipsec\\.associations\\[0\\]\\.encryption: ${UNKNOWN} "rot13"; known: aes-gcm-16`,
    ),
  ],
  [
    "an unknown integrity algorithm",
    "hmac-sha1-96",
    "md5",
    new RegExp(`associations\\[1\\]\\.integrity: ${UNKNOWN} "md5"`),
  ],
  [
    "encryption without integrity",
    /, integrity: hmac-sha2-256-128, integrity-key: .*name: mac \}/,
    "",
    /associations\[0\]\.encryption: aes-cbc without integrity protects nothing/,
  ],
  [
    "no protection at all",
    /, encryption: aes-gcm-16, key: \{ file: keys.yaml, name: gcm \}/,
    "",
    /associations\[2\]: ESP needs an encryption algorithm/,
  ],
  [
    "null without integrity",
    "encryption: aes-gcm-16, key: { file: keys.yaml, name: gcm }",
    "encryption: null",
    /associations\[2\]\.encryption: null without integrity protects nothing/,
  ],
  [
    "AH with encryption",
    "protocol: ah, ",
    "protocol: ah, encryption: aes-cbc, ",
    /associations\[1\]\.encryption: AH does not encrypt/,
  ],
  [
    "AH without integrity",
    /protocol: ah, integrity: .*name: sha1 \}/,
    "protocol: ah",
    /associations\[1\]\.protocol: AH needs an integrity algorithm/,
  ],
  ["AH in UDP", "protocol: ah, ", "protocol: ah, udp: true, ", /associations\[1\]\.udp: AH cannot be carried in UDP/],
  [
    "an AEAD with another integrity",
    GCM_KEY,
    `${GCM_KEY}, integrity: hmac-sha1-96`,
    /associations\[2\]\.integrity: aes-gcm-16 has its own integrity/,
  ],
  ["GMAC under ESP", "hmac-sha2-256-128", "aes-gmac", /associations\[0\]\.integrity: aes-gmac belongs to protocol: ah/],
  [
    "a key for nothing",
    CBC,
    "encryption: null, key: { file: keys.yaml, name: cbc }, ",
    /associations\[0\]\.key: encryption: null takes no key/,
  ],
  ["no key", `, ${GCM_KEY}`, "", /associations\[2\]: expected a key "key" for aes-gcm-16/],
  ["a reserved SPI", "spi: 257", "spi: 255", /associations\[2\]\.spi: expected an SPI from 256 .*, not 255/],
  [
    "one SPI twice",
    "spi: 257",
    "spi: 0x1001",
    /associations\[2\]\.spi: duplicate SPI with direction out .*: ipsec\.associations\[0\]\.spi \(line 12\) has it already/,
  ],
  [
    "a policy that is never reached",
    "direction: both, protocol: udp",
    "direction: out, protocol: mh, remote: home-agent, local: home, type: bu, action: discard} # ",
    /policies\[2\]: is never reached: policies\[0\] \("bu"\) comes first/,
  ],
  [
    "an unknown policy",
    "policy: bu",
    "policy: ub",
    /associations\[0\]\.policy: unknown policy "ub"; known: bu, ba, data/,
  ],
  [
    "a policy that protects nothing",
    "type: bu, action: protect",
    "type: bu, action: bypass",
    /associations\[0\]\.policy: policy "bu" has action: bypass; only protect has associations/,
  ],
  [
    "no association in a direction",
    "policy: data, direction: in, spi: 258",
    "policy: data, direction: out, spi: 258",
    /policies\[3\]: expected an association for policy "data" with direction: in: it has none/,
  ],
  [
    "a direction that the policy has not",
    "policy: bu, direction: out",
    "policy: bu, direction: in",
    /associations\[0\]\.direction: policy "bu" has direction: out/,
  ],
  ["a policy without a name", "name: bu, ", "", /policies\[0\]: expected a key "name"/],
  ["a tunnel without ends", /, tunnel: \{.*\} \}/, " }", /policies\[3\]: expected a key "tunnel"/],
  [
    "one end of a tunnel",
    "local: care-of, remote: home-agent } }",
    "local: care-of } }",
    /policies\[3\]\.tunnel: expected a key "remote"/,
  ],
  [
    "a tunnel that is no address",
    "remote: home-agent } }",
    "remote: any } }",
    /policies\[3\]\.tunnel\.remote: "any" is not an IPv6 address/,
  ],
  [
    "care-of for a prefix",
    "process: 1, local: home",
    'process: 1, local: "2001:db8:7::/64"',
    /policies\[3\]\.tunnel\.local: care-of follows one home address/,
  ],
  ["ends in transport mode", "mode: tunnel, ", "", /policies\[3\]\.tunnel: belongs to mode: tunnel/],
  [
    "a window too small",
    "window: 1024",
    "window: 16",
    /associations\[2\]\.window: expected a multiple of 32 from 32 to 1024, not 16/,
  ],
  ["a window between", "window: 1024", "window: 100", /associations\[2\]\.window: expected a multiple of 32/],
  ["a window too large", "window: 1024", "window: 2048", /associations\[2\]\.window: expected a multiple of 32/],
  ["a fifth process", "process: 1", "process: 4", /policies\[3\]\.process: expected a process from 0 to 3, not 4/],
  [
    "an unknown protocol",
    "protocol: udp, local-port: 5060-5070, remote-port: 53",
    "protocol: upd",
    /policies\[2\]\.protocol: unknown protocol "upd"; known: any, tcp/,
  ],
  ["an unknown type", "type: bu", "type: ub", /policies\[0\]\.type: unknown type "ub"; known: brr, hoti/],
  [
    "a type without types",
    "protocol: udp",
    "protocol: udp, type: 1",
    /policies\[2\]\.type: belongs to protocol mh or icmp6/,
  ],
  ["ports without ports", "protocol: udp", "protocol: mh", /policies\[2\]\.local-port: belongs to protocol tcp or udp/],
  [
    "ports the wrong way round",
    "5060-5070",
    "5070-5060",
    /policies\[2\]\.local-port: expected a port 0-65535, or FIRST-LAST/,
  ],
  ["a port too large", "5060-5070", "5060-65536", /policies\[2\]\.local-port: expected a port 0-65535/],
  [
    "an unknown selector",
    "remote: home-agent, protocol: mh, type: bu",
    "remote: agent, protocol: mh, type: bu",
    /policies\[0\]\.remote: "agent" is not an IPv6 address/,
  ],
  [
    "an IPv4 selector",
    "remote: home-agent, protocol: mh, type: bu",
    "remote: 192.0.2.0/24, protocol: mh, type: bu",
    /policies\[0\]\.remote: expected any, an IPv6 address or prefix/,
  ],
  ["a soft limit of everything", "soft: 50", "soft: 100", /lifetime\.soft: expected percent, from 1 to 99, not 100/],
  ["an unknown key in a key file", "name: gcm", "name: mcg", /associations\[2\]\.key: keys\.yaml has no key "mcg"/],
  [
    "a name that every object has",
    "name: gcm",
    "name: toString",
    /associations\[2\]\.key: keys\.yaml has no key "toString"/,
  ],
  [
    "no key file",
    "file: keys.yaml, name: gcm",
    "file: yeks.yaml, name: gcm",
    /associations\[2\]\.key: there is no key file yeks\.yaml/,
  ],
  [
    "a key file of another form",
    "file: keys.yaml, name: gcm",
    "file: list.yaml, name: gcm",
    /associations\[2\]\.key: list\.yaml is no key file/,
  ],
  [
    "a key file that is no YAML",
    "file: keys.yaml, name: gcm",
    "file: broken.yaml, name: gcm",
    /associations\[2\]\.key: broken\.yaml is no key file/,
  ],
  [
    "half a byte",
    "name: gcm",
    "name: odd",
    /associations\[2\]\.key: key "odd" of keys\.yaml is not an even number of hexadecimal digits/,
  ],
  ["words", "name: gcm", "name: words", /is not an even number of hexadecimal digits/],
  [
    "a variable that is not set",
    "SIXFOLD_TEST_KEY",
    "SIXFOLD_NO_SUCH_KEY",
    /associations\[3\]\.key: the environment variable SIXFOLD_NO_SUCH_KEY is not set/,
  ],
  [
    "a key in two associations",
    "chacha20-poly1305, key: { environment: SIXFOLD_TEST_KEY }",
    "aes-gcm-16, key: { file: keys.yaml, name: gcm }",
    /associations\[3\]\.key: ipsec\.associations\[2\]\.key \(line 14\) has the same key/,
  ],
  [
    "half a reference",
    GCM_KEY,
    "key: { file: keys.yaml }",
    /associations\[2\]\.key: expected either \{file: FILE, name: NAME\}/,
  ],
  [
    "two references",
    GCM_KEY,
    "key: { file: keys.yaml, name: gcm, environment: A }",
    /associations\[2\]\.key: expected either \{file: FILE, name: NAME\} or \{environment: VARIABLE\}$/,
  ],
];
for (const [what, from, to, expected] of FAULTS) {
  test(`a fault is told with its place: ${what}`, () => {
    const message = problem(from, to);
    assert.match(message, expected);
    for (const secret of Object.values(SECRETS)) assert.ok(!message.includes(secret.slice(0, 8)), message);
  });
}

/** Each way of writing a key into the configuration itself. */
const WRITTEN = [
  `key: "${SECRETS.gcm}"`,
  `key: 0x${SECRETS.gcm}`,
  `key: ${SECRETS.digits}`,
  `key: [${SECRETS.gcm}]`,
  `key: { file: keys.yaml, name: ${SECRETS.digits} }`,
  `key: { file: ${SECRETS.digits}, name: gcm }`,
  `key: { environment: "${SECRETS.digits}" }`,
];
for (const written of WRITTEN) {
  test(`a key that is written inline is refused and not repeated: ${written.replace(/[0-9a-f]{20,}/, "…")}`, () => {
    const message = problem(GCM_KEY, written);
    assert.match(message, /^mobile\.yaml:14:[0-9]+: ipsec\.associations\[2\]\.key.*expected/);
    for (const secret of Object.values(SECRETS)) assert.ok(!message.includes(secret.slice(0, 8)), message);
  });
}

test("a key in the place of something larger is not repeated", () => {
  const message = problem(/associations:\n[\s\S]*/, `associations: { a: { key: "${SECRETS.gcm}" } }\n`);
  assert.match(message, /ipsec\.associations: expected a list, not keys and values/);
});

test("the example of docs/ipsec.md is in order, and all that it says becomes messages", () => {
  const [, example] = /```yaml\n([\s\S]*?)```/.exec(readFileSync("docs/ipsec.md", "utf8"))!;
  const keys = ["bu", "ba", "up"].map((name, i) => `${name}: ${"0123"[i].repeat(name === "up" ? 72 : 40)}\n`);
  writeFileSync(join(folder, "doc-keys.yaml"), keys.join(""));
  process.env.KEY_DOWN = SECRETS.chacha;
  const messages = compiled(example.replaceAll("keys.yaml", "doc-keys.yaml"));
  assert.equal(messages.get(Message.POLICY)?.length, 4);
  assert.equal(messages.get(Message.ASSOCIATION)?.length, 4);
});

/** Selectors of one policy, as a user may write them, with what a policy is for that takes all of them. */
const prefix = fc.tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(128)).map(([bytes, length]) => {
  const kept = bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, length - 8 * i))) & 0xff);
  return `${formatIp6(kept)}/${length}`;
});
const selectors = fc.record({
  direction: fc.constantFrom("in", "out", "both"),
  process: fc.nat(3),
  local: prefix,
  remote: prefix,
  ports: fc.option(fc.tuple(fc.nat(0xffff), fc.nat(0xffff)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)])),
});

test("whatever policies select, the messages say the same, and a second one that is equal is never reached", () => {
  fc.assert(
    fc.property(selectors, ({ direction, process, local, remote, ports }) => {
      const range = ports ? `, protocol: udp, local-port: ${ports[0]}-${ports[1]}` : "";
      const rest = `direction: ${direction}, process: ${process}, local: "${local}", remote: "${remote}"${range}`;
      const file = (...policies: string[]) =>
        `image: host\nports: { eth: { interface: eth0 } }\nipsec: { policies: [${policies.join(", ")}] }\n`;
      const one = `{ ${rest}, action: bypass }`;
      const [view] = compiled(file(one)).get(Message.POLICY)!;
      const expected = [process, 1, { in: 1, out: 2, both: 3 }[direction]!, 0, ports ? 17 : 0, ports ? 0 : 1];
      assert.deepEqual(
        [2, 3, 4, 5, 6, 7].map((at) => view.getUint8(at)),
        expected,
      );
      const shown = (at: number, length: number) => `${formatIp6(bytesOf(view), at)}/${view.getUint8(length)}`;
      assert.deepEqual([shown(20, 8), shown(36, 9)], [local, remote]);
      const [first, last] = ports ?? [0, 0xffff];
      assert.deepEqual([view.getUint16(12, true), view.getUint16(14, true)], [first, last]);
      assert.throws(() => loadText(FILE, file(one, one)), /policies\[1\]: is never reached: policies\[0\]/);
    }),
    { numRuns: 60 },
  );
});

test("no text in the place of a policy's values ends in anything but a sentence with its place", () => {
  const keys = ["local", "remote", "protocol", "type", "local-port", "mode", "direction", "tunnel", "process"];
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.string({ maxLength: 12 }), (key, text) => {
      const policy = `{ ${key}: ${JSON.stringify(text)}, action: bypass }`;
      try {
        loadText(FILE, `image: host\nports: { eth: { interface: eth0 } }\nipsec: { policies: [${policy}] }\n`);
      } catch (error) {
        assert.ok(error instanceof FileError, String(error));
        assert.match(error.message, /:3:[0-9]+: ipsec\.policies\[0\]/);
      }
    }),
    { numRuns: 300 },
  );
});

test("a home agent without IPsec must say so", () => {
  const text = `image: home-agent
ports: { eth: { interface: eth0, address: "2001:db8:7::1/64" } }
home-agent: { homes: ["2001:db8:7::10"] }
`;
  assert.throws(() => loadText(FILE, text), /home-agent: expected "ipsec" with policies .* or "security: none" here/);
  assert.equal(loadText(FILE, text.replace("homes", "security: none, homes")).kind, "node");
});

/** The messages of GOOD by type. */
function compiled(text: string): Map<number, DataView[]> {
  writeFileSync(FILE, text);
  const zeros = new Uint8Array(32);
  const context = { entropy: zeros, secret: zeros, mac: () => zeros.slice(6, 12), mtu: () => 1500, mirror: false };
  const { messages } = compileNode(loadNode(FILE), { ...context, duplicateDetection: true });
  const view = new DataView(messages.buffer, messages.byteOffset, messages.length);
  const found = new Map<number, DataView[]>();
  for (let at = 0; at < messages.length; ) {
    const type = view.getUint16(at, true);
    const length = view.getUint16(at + 2, true);
    found.set(type, [...(found.get(type) ?? []), new DataView(messages.buffer, messages.byteOffset + at + 4, length)]);
    at += 4 + ((length + 3) & ~3);
  }
  return found;
}

const bytesOf = (view: DataView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
const hex = (view: DataView, from = 0, to = view.byteLength) =>
  Buffer.from(view.buffer, view.byteOffset + from, to - from).toString("hex");
const address = (text: string) => Buffer.from(parseIp6(text)).toString("hex");

test("policies become messages as assembly/abi/message.ts draws them", () => {
  const messages = compiled(GOOD);
  assert.deepEqual(
    messages.get(Message.IPSEC)!.map((view) => hex(view)),
    ["01000000"],
  );
  const [bu, ba, bypass, data] = messages.get(Message.POLICY)!;
  const [home, agent, none] = ["2001:db8:7::10", "2001:db8:7::1", "::"].map(address);
  assert.equal(
    hex(bu),
    `0100${"00"}02${"02"}00${"87"}00${"80"}80${"0000"}0005ff050005ff05${home}${agent}${none}${none}`,
  );
  assert.equal(hex(ba, 0, 20), "02000002010087008080000000" + "06ff060006ff06");
  assert.equal(hex(bypass, 0, 20), "0300000103001100" + "00000000" + "c413ce1335003500");
  assert.equal(hex(data, 0, 20), "0400010203010003" + "80000000" + "0000ffff0000ffff");
  assert.equal(hex(data, 52), none + agent);
});

test("associations become messages, their keys from where the reference leads", () => {
  const [bu, ba, out, inbound] = compiled(GOOD).get(Message.ASSOCIATION)!;
  assert.equal(hex(bu, 0, 16), "01100000" + "0100" + "02" + "32" + "0c0c" + "00" + "10" + "20" + "50" + "4000");
  assert.equal(hex(bu, 40), SECRETS.cbc + SECRETS.mac);
  assert.equal(hex(ba, 4, 16), "0200" + "01" + "33" + "0002" + "00" + "00" + "14" + "50" + "4000");
  assert.equal(hex(out, 6, 16), "02" + "32" + "1400" + "03" + "14" + "00" + "32" + "0004");
  assert.equal(out.getBigUint64(16, true), 5_000_000_000n);
  assert.equal(out.getBigUint64(24, true), 7n);
  assert.equal(out.getUint32(32, true), 90);
  assert.equal(hex(inbound, 40), SECRETS.chacha);
});

test("a correspondent and the prefixes of its mobile nodes become messages", () => {
  const messages = compiled(GOOD);
  assert.equal(hex(messages.get(Message.OPTIMIZE)![0]), `40000000${address("2001:db8:8::")}`);
  const host = "image: host\nports: { eth: { interface: eth0 } }\ncorrespondent: ";
  assert.equal(hex(compiled(`${host}on\n`).get(Message.CORRESPONDENT)![0]), "01006900");
  assert.equal(hex(compiled(`${host}{ lifetime: 60s }\n`).get(Message.CORRESPONDENT)![0]), "01000f00");
});

test("policies of IPsec switch the programs with IPsec on", () => {
  const numbers = (text: string) =>
    compiled(text)
      .get(Message.PROGRAM)!
      .map((view) => view.getUint16(0, true));
  assert.deepEqual(numbers(GOOD), [11000, 11001]);
  assert.deepEqual(numbers(`${GOOD}translation: {}\n`), [10010, 10011]);
  const direct = GOOD.replace(/^ipsec:\n( .*\n)+/m, "");
  assert.deepEqual(numbers(direct.replace(/, optimize: [^}]*/, " ")), [10001]);
  assert.deepEqual(numbers(direct), [10001, 11001]);
  assert.deepEqual(numbers(`${direct}translation: {}\n`), [10000, 10011]);
});
