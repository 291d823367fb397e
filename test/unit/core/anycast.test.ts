import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { AnycastKeyUse } from "../../../assembly/abi/anycast.js";
import { Message } from "../../../assembly/abi/message.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { compileNode } from "../../../host-sim/core/config.js";
import { FileError, loadNode, loadText } from "../../../host-sim/core/load.js";

const folder = mkdtempSync(join(tmpdir(), "sixfold-anycast-"));
after(() => rmSync(folder, { recursive: true }));

/** What no message may hold. */
const SECRETS = {
  dns: "a1".repeat(32),
  other: "b2".repeat(16),
  long: "c3".repeat(65),
  short: "d4".repeat(15),
  a: "e5".repeat(64),
};
const KEYS = Object.entries(SECRETS).map(([name, value]) => `${name}: ${value}\n`);
writeFileSync(join(folder, "keys.yaml"), KEYS.join(""));
process.env.SIXFOLD_ANYCAST_KEY = SECRETS.other;

const FILE = join(folder, "node.yaml");
const HOST = `image: host
ports: { eth: { interface: eth0, address: "2001:db8:a::2/64" } }
anycast:
  client:
    - { address: "2001:db8:53::53", key: { id: 1, file: keys.yaml, name: dns }, timeout: 20s }
    - { address: "2001:db8:53::7b" }
  server:
    - address: "2001:db8:54::1"
      from: "2001:db8:a:0::2"
      keys: [ { id: 7, file: keys.yaml, name: dns }, { id: 8, environment: SIXFOLD_ANYCAST_KEY } ]
      register:
        - { router: "2001:db8:a::1", key: { id: 9, file: keys.yaml, name: a }, lifetime: 30s, cost: 10 }
        - { router: "2001:db8:a::3", key: { id: 9, file: keys.yaml, name: a } }
`;
const ROUTER = `image: boundary-router
ports:
  lan: { interface: eth0, address: "2001:db8:a::1/64" }
  wan: { interface: eth1, address: "2001:db8:e::1/64" }
anycast:
  boundary:
    inside: [ lan ]
    anycast:
      - { address: "2001:db8:53::53", keys: [ { id: 1, file: keys.yaml, name: dns } ], registration-keys: [ { id: 9, file: keys.yaml, name: a } ] }
      - { address: "2001:db8:53::7b", registration-keys: [ { id: 9, file: keys.yaml, name: a } ] }
    servers:
      - { address: "2001:db8:a::2", anycast: "2001:db8:53:0::53", cost: 10 }
`;

test("good configurations load", () => {
  for (const text of [HOST, ROUTER]) assert.equal(loadText(FILE, text).kind, "node");
});

/** The message for `good` with `from` replaced. */
function problem(good: string, from: string | RegExp, to: string): string {
  const text = good.replace(from, to);
  assert.notEqual(text, good, "the planted fault is there");
  try {
    loadText(FILE, text);
  } catch (error) {
    assert.ok(error instanceof FileError, String(error));
    return error.message.replaceAll(`${folder}/`, "");
  }
  return assert.fail("no problem found");
}

/** What is planted, where, and what the message must hold: line, path and expectation. */
const FAULTS: [string, string, string | RegExp, string, RegExp][] = [
  [
    "a role of another image",
    HOST,
    "image: host",
    "image: anycast-client",
    /^node\.yaml:7:3: anycast\.server: belongs to image anycast-server or host or terminal, this node is a anycast-client$/,
  ],
  [
    "a boundary elsewhere",
    ROUTER,
    "image: boundary-router",
    "image: router",
    /anycast\.boundary: belongs to image boundary-router, this node is a router/,
  ],
  [
    "an image without what it is for",
    HOST,
    /image: host([\s\S]*)anycast:[\s\S]*/,
    "image: anycast-server$1",
    /^node\.yaml:1:1: expected "anycast" with a key "server"/,
  ],
  [
    "an image with another part only",
    ROUTER,
    /boundary:[\s\S]*/,
    'client: [ { address: "2001:db8:53::53" } ]\n',
    /anycast: expected a key "boundary"/,
  ],
  [
    "a short key",
    HOST,
    "name: dns }, timeout",
    "name: short }, timeout",
    /client\[0\]\.key: expected 16 to 64 bytes; this key has 15/,
  ],
  [
    "a long key",
    HOST,
    "name: a }, lifetime",
    "name: long }, lifetime",
    /register\[0\]\.key: expected 16 to 64 bytes; this key has 65/,
  ],
  [
    "no such key",
    HOST,
    "name: dns }, timeout",
    "name: snd }, timeout",
    /client\[0\]\.key: keys\.yaml has no key "snd"/,
  ],
  [
    "half a reference",
    HOST,
    "file: keys.yaml, name: dns }, timeout",
    "file: keys.yaml }, timeout",
    /client\[0\]\.key: expected either \{file/,
  ],
  ["a key without an id", HOST, "id: 1, ", "", /client\[0\]\.key: expected a key "id"/],
  ["key id 0", HOST, "id: 1,", "id: 0,", /client\[0\]\.key\.id: expected a key id from 1 to 65535/],
  ["a key id too large", HOST, "id: 1,", "id: 65536,", /client\[0\]\.key\.id: expected a key id from 1 to 65535/],
  ["one id twice", HOST, "id: 8,", "id: 7,", /server\[0\]\.keys\[1\]\.id: key id 7 is in this list already/],
  [
    "one id for two keys",
    HOST,
    /"2001:db8:54::1"([\s\S]*)id: 8,/,
    '"2001:db8:53:0::53"$1id: 1,',
    /server\[0\]\.keys\[1\]\.id: identifier key 1 is another key elsewhere in this node/,
  ],
  [
    "one registration id for two keys",
    ROUTER,
    /name: a \} \] \}\n {4}servers/,
    "name: other } ] }\n    servers",
    /anycast\[1\]\.registration-keys\[0\]\.id: registration key 9 is another key elsewhere/,
  ],
  [
    "a group",
    HOST,
    "2001:db8:53::7b",
    "ff0e::7b",
    /client\[1\]\.address: expected a unicast address, not the multicast ff0e::7b/,
  ],
  [
    "one link's address",
    HOST,
    "2001:db8:53::7b",
    "fe80::7b",
    /client\[1\]\.address: expected an address beyond one link, not the link-local/,
  ],
  ["no address", HOST, "2001:db8:53::7b", "::", /client\[1\]\.address: expected an address of a node/],
  ["text", HOST, "2001:db8:53::7b", "dns", /client\[1\]\.address: "dns" is not an IPv6 address/],
  [
    "an address asked twice",
    HOST,
    "2001:db8:53::7b",
    "2001:db8:53:0::53",
    /client\[1\]\.address: .* is in this list already/,
  ],
  [
    "its own address as anycast",
    HOST,
    "2001:db8:54::1",
    "2001:db8:a::2",
    /server\[0\]\.address: .* is an address of a port of this node/,
  ],
  [
    "answers from elsewhere",
    HOST,
    "2001:db8:a:0::2",
    "2001:db8:a::9",
    /server\[0\]\.from: 2001:db8:a::9 is not an address of this node: it has 2001:db8:a::2/,
  ],
  [
    "no such lifetime",
    HOST,
    "lifetime: 30s",
    "lifetime: 2h",
    /register\[0\]\.lifetime: expected whole seconds from 1s to 3600s, not 2h/,
  ],
  [
    "half a second",
    HOST,
    "timeout: 20s",
    "timeout: 500ms",
    /client\[0\]\.timeout: expected whole seconds from 1s to 3600s/,
  ],
  ["a cost too high", HOST, "cost: 10", "cost: 256", /register\[0\]\.cost: expected a cost from 0 to 255, not 256/],
  ["one router twice", HOST, "2001:db8:a::3", "2001:db8:a:0::1", /register\[1\]\.router: .* is in this list already/],
  [
    "no registration key",
    HOST,
    ", key: { id: 9, file: keys.yaml, name: a }, lifetime",
    ", lifetime",
    /register\[0\]: expected a key "key"/,
  ],
  [
    "a side that is no port",
    ROUTER,
    "[ lan ]",
    "[ lna ]",
    /boundary\.inside\[0\]: unknown port "lna"; known: lan, wan/,
  ],
  ["no side", ROUTER, "inside: [ lan ]", "inside: []", /boundary\.inside: expected at least 1/],
  [
    "a server of somebody else's address",
    ROUTER,
    "2001:db8:53:0::53",
    "2001:db8:53::54",
    /servers\[0\]\.anycast: 2001:db8:53::54 is not an anycast address of this boundary; those are: 2001:db8:53::53, 2001:db8:53::7b/,
  ],
  ["an unknown key", ROUTER, "inside:", "insides:", /anycast\.boundary/],
];
for (const [what, good, from, to, expected] of FAULTS) {
  test(`a fault is told with its place: ${what}`, () => {
    const message = problem(good, from, to);
    assert.match(message, expected);
    for (const secret of Object.values(SECRETS)) assert.ok(!message.includes(secret.slice(0, 8)), message);
  });
}

const WRITTEN = [
  `key: "${SECRETS.dns}"`,
  `key: { id: 1, key: ${SECRETS.dns} }`,
  `key: { id: ${"12".repeat(20)}, environment: A }`,
];
for (const written of WRITTEN) {
  test(`a key that is written inline is refused and not repeated: ${written.replace(/[0-9a-f]{20,}/, "…")}`, () => {
    const message = problem(HOST, "key: { id: 1, file: keys.yaml, name: dns }", written);
    assert.match(message, /^node\.yaml:5:[0-9]+: anycast\.client\[0\]\.key/);
    for (const secret of [...Object.values(SECRETS), "12121212"])
      assert.ok(!message.includes(secret.slice(0, 8)), message);
  });
}

/** Types of the anycast messages in their order, each with its value in hexadecimal. */
function compiled(text: string, withoutKeys = false): [number, string][] {
  writeFileSync(FILE, text);
  const zeros = new Uint8Array(32);
  const context = { entropy: zeros, secret: zeros, mac: () => zeros.slice(6, 12), mtu: () => 1500, mirror: false };
  const { messages } = compileNode(loadNode(FILE), { ...context, duplicateDetection: true, withoutKeys });
  const bytes = Buffer.from(messages);
  const found: [number, string][] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt16LE(at + 2);
    found.push([bytes.readUInt16LE(at), bytes.toString("hex", at + 4, at + 4 + length)]);
    at += 4 + ((length + 3) & ~3);
  }
  const first = found.findIndex(([type]) => type >= Message.ANYCAST_KEY);
  const rest = found.slice(first);
  assert.ok(
    rest.every(([type]) => type >= Message.ANYCAST_KEY),
    "they come last, when ports and addresses are there",
  );
  return rest;
}
const hex = (text: string) => Buffer.from(parseIp6(text)).toString("hex");
const S = hex("2001:db8:53::53");
const NTP = hex("2001:db8:53::7b");
const SERVED = hex("2001:db8:54::1");

test("what a client and server says becomes messages as assembly/abi/message.ts draws them", () => {
  assert.deepEqual(compiled(HOST), [
    [Message.ANYCAST_KEY, `0100${"01"}20${S}${SECRETS.dns}`],
    [Message.ANYCAST_KEY, `0700${"01"}20${SERVED}${SECRETS.dns}`],
    [Message.ANYCAST_KEY, `0800${"01"}10${SERVED}${SECRETS.other}`],
    [Message.ANYCAST_KEY, `0900${"02"}40${SERVED}${SECRETS.a}`],
    [Message.ANYCAST_KEY, `0900${"02"}40${SERVED}${SECRETS.a}`],
    [Message.ANYCAST_CLIENT, `01001400${S}`],
    [Message.ANYCAST_CLIENT, `00001e00${NTP}`],
    [Message.ANYCAST_SERVER, `${SERVED}${hex("2001:db8:a::2")}`],
    [Message.ANYCAST_REGISTER, `09001e000a000000${SERVED}${hex("2001:db8:a::1")}`],
    [Message.ANYCAST_REGISTER, `09003c0000000000${SERVED}${hex("2001:db8:a::3")}`],
  ]);
  assert.deepEqual([AnycastKeyUse.IDENTIFIER, AnycastKeyUse.REGISTRATION], [1, 2]);
});

test("what a boundary router says becomes messages, a side for every port", () => {
  assert.deepEqual(compiled(ROUTER), [
    [Message.ANYCAST_KEY, `01000120${S}${SECRETS.dns}`],
    [Message.ANYCAST_KEY, `09000240${S}${SECRETS.a}`],
    [Message.ANYCAST_KEY, `09000240${NTP}${SECRETS.a}`],
    [Message.BOUNDARY, "00010000"],
    [Message.BOUNDARY, "01000000"],
    [Message.BOUNDARY_ANYCAST, S],
    [Message.BOUNDARY_ANYCAST, NTP],
    [Message.BOUNDARY_SERVER, `0a000000${hex("2001:db8:a::2")}${S}`],
  ]);
});

test("the examples of docs/anycast.md are in order, and each becomes messages of its part", () => {
  const text = readFileSync("docs/anycast.md", "utf8");
  const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, example]) => example);
  const last = examples.map((example) => compiled(example).at(-1)![0]);
  assert.deepEqual(last, [Message.ANYCAST_CLIENT, Message.ANYCAST_REGISTER, Message.BOUNDARY_SERVER]);
});

test("without keys the rest is the same but for registrations, which cannot be without", () => {
  const keyed: number[] = [Message.ANYCAST_KEY, Message.ANYCAST_REGISTER];
  const rest = compiled(HOST).filter(([type]) => !keyed.includes(type));
  assert.deepEqual(compiled(HOST, true), rest);
});

test("no text in the place of a value ends in anything but a sentence with its place", () => {
  const keys = ["address", "from", "keys", "register"];
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.string({ maxLength: 12 }), (key, text) => {
      const server: Record<string, unknown> = { address: "2001:db8:53::53", from: "2001:db8:a::2", [key]: text };
      const ports = 'ports: { eth: { interface: eth0, address: "2001:db8:a::2/64" } }';
      assert.throws(
        () => loadText(FILE, `image: anycast-server\n${ports}\nanycast: { server: [ ${JSON.stringify(server)} ] }\n`),
        (error) => error instanceof FileError && /:3:[0-9]+: anycast\.server\[0\]/.test(error.message),
      );
    }),
    { numRuns: 200 },
  );
});
