import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FileError, load, loadNode, loadScenario, loadText } from "../../../host-sim/core/load.js";

const GOOD = `title: two nodes
duration: 5s
links:
  wire: { prefix: "2001:db8:1::/64", delay: 1ms }
  home: { prefix: "2001:db8:7::/64" }
nodes:
  a:
    image: host
    ports: { eth: { link: wire, address: "2001:db8:1::a" } }
  agent:
    image: home-agent
    ports: { home: { link: home, address: "2001:db8:7::1", advertise: {} } }
    home-agent: { security: none, homes: ["2001:db8:7::10"] }
  mobile:
    image: terminal
    ports: { eth: { link: home } }
    mobile-node: { home-address: "2001:db8:7::10/64", home-agent: "2001:db8:7::1" }
    translation: { table: { "2001:db8:7::10": 192.168.0.10 } }
moves:
  - { at: 1s, node: mobile, to: wire }
traffic:
  - { name: talk, from: mobile, to: a }
expect:
  - { name: something, metric: traffic.talk.sent, op: ">=", limit: 1 }
`;

/** The message for GOOD with `from` replaced. */
function problem(from: string | RegExp, to: string): string {
  const text = GOOD.replace(from, to);
  assert.notEqual(text, GOOD, "the planted fault is there");
  try {
    loadText("f.yaml", text);
  } catch (error) {
    assert.ok(error instanceof FileError, String(error));
    return error.message;
  }
  return assert.fail(`no problem found in:\n${text}`);
}

test("a good scenario loads", () => {
  assert.equal(loadText("f.yaml", GOOD).kind, "scenario");
});

/** What is planted, and what the message must hold: line, path and expectation. */
const FAULTS: [string, string | RegExp, string, RegExp][] = [
  [
    "an unknown key",
    "delay: 1ms",
    "dealy: 1ms",
    /^f\.yaml:4:38: links\.wire\.dealy: unknown key; known here: prefix, delay, /,
  ],
  [
    "an unknown key of a node",
    "image: host",
    "image: host\n    colour: red",
    /^f\.yaml:9:5: nodes\.a\.colour: unknown key; known here: .*image/,
  ],
  [
    "a key that only live nodes have",
    "image: host",
    "name: x\n    image: host",
    /^f\.yaml:8:5: nodes\.a\.name: unknown key/,
  ],
  ["no unit", "duration: 5s", "duration: 5", /^f\.yaml:2:11: duration: expected a duration with its unit/],
  [
    "a wrong image",
    "image: host",
    "image: toaster",
    /^f\.yaml:8:12: nodes\.a\.image: expected terminal, home-agent, router, host, .* or boundary-router, not "toaster"/,
  ],
  [
    "a missing key",
    ', homes: ["2001:db8:7::10"]',
    "",
    /^f\.yaml:13:17: nodes\.agent\.home-agent: expected a key "homes"/,
  ],
  ["a wrong type", "link: wire, ", "link: 7, ", /nodes\.a\.ports\.eth\.link: expected a name of a link, or null/],
  [
    "a probability above one",
    "delay: 1ms",
    "loss: 1.5",
    /links\.wire\.loss: expected a probability between 0 and 1, not 1\.5/,
  ],
  [
    "an unknown link",
    "link: wire",
    "link: wrie",
    /^f\.yaml:9:27: nodes\.a\.ports\.eth\.link: unknown link "wrie"; known: wire, home/,
  ],
  [
    "an unknown node",
    "node: mobile",
    "node: mobil",
    /^f\.yaml:20:21: moves\[0\]\.node: unknown node "mobil"; known: a, agent, mobile/,
  ],
  ["a move to nowhere", "to: wire", "to: wier", /moves\[0\]\.to: unknown link "wier"/],
  ["a time after the end", "at: 1s", "at: 6s", /moves\[0\]\.at: 6s is after the end/],
  [
    "a flow from a node without applications",
    "from: mobile",
    "from: agent",
    /traffic\[0\]\.from: agent has no application port/,
  ],
  [
    "host bits behind a prefix",
    '"2001:db8:1::/64"',
    '"2001:db8:1::5/64"',
    /^f\.yaml:4:19: links\.wire\.prefix: .*bits behind \/64 are set/,
  ],
  ["an impossible prefix length", '"2001:db8:7::/64"', '"2001:db8:7::/129"', /links\.home\.prefix: .*0-128/],
  [
    "an address outside its link's prefix",
    "2001:db8:1::a",
    "2001:db8:2::a",
    /nodes\.a\.ports\.eth\.address: 2001:db8:2::a is not in the link's prefix/,
  ],
  ["a multicast address", "2001:db8:1::a", "ff02::1/64", /nodes\.a\.ports\.eth\.address: expected a unicast address/],
  [
    "text that is no address",
    "2001:db8:1::a",
    "2001:db8:1::g",
    /nodes\.a\.ports\.eth\.address: .*is not an IPv6 address/,
  ],
  [
    "a duplicate address",
    "2001:db8:1::a",
    "2001:db8:7::1/64",
    /nodes\.agent\.ports\.home\.address: duplicate address: nodes\.a\.ports\.eth\.address \(line 9\)/,
  ],
  [
    "a home address outside the home prefix",
    '["2001:db8:7::10"]',
    '["2001:db8:8::10"]',
    /nodes\.agent\.home-agent\.homes\[0\]: 2001:db8:8::10 is not in the home prefix/,
  ],
  [
    "a home agent outside the home prefix",
    'home-agent: "2001:db8:7::1" }',
    'home-agent: "2001:db8:8::1" }',
    /nodes\.mobile\.mobile-node\.home-agent: is not in the home prefix/,
  ],
  [
    "a role of another image",
    "image: host",
    "image: host\n    programs: [10000]",
    /nodes\.a\.programs: belongs to image terminal, this node is a host/,
  ],
  ["a duplicate key", "title: two nodes", "title: two nodes\ntitle: again", /^f\.yaml:2:1: Map keys must be unique/],
  ["broken YAML", "{ link: wire, ", "{ link: wire, [", /^f\.yaml:9:/],
  ["a count without {n}", "image: host", "image: host\n    count: 3", /nodes\.a: expected \{n\} in the name/],
  [
    "a live port in a scenario",
    "link: wire, ",
    "link: wire, tap: t0, ",
    /nodes\.a\.ports\.eth\.tap: belongs to a live configuration/,
  ],
  [
    "a group's MAC address",
    "link: wire, ",
    'link: wire, mac: "33:33:00:00:00:01", ',
    /mac: expected a MAC address of one station/,
  ],
];
for (const [name, from, to, expected] of FAULTS) {
  test(`refused with line and expectation: ${name}`, () => assert.match(problem(from, to), expected));
}

test("two of the same MAC address are refused", () => {
  const mac = 'mac: "02:00:00:00:00:01"';
  const text = GOOD.replace("{ link: wire, ", `{ ${mac}, link: wire, `).replace(
    "{ link: home }",
    `{ ${mac}, link: home }`,
  );
  assert.throws(() => loadText("f.yaml", text), /nodes\.mobile\.ports\.eth\.mac: duplicate MAC address/);
});

test("all problems are told, and a flood of them is cut", () => {
  const text = GOOD.replace("delay: 1ms", "delay: 1").replace("duration: 5s", "duration: x");
  assert.throws(
    () => loadText("f.yaml", text),
    (e) => e instanceof FileError && e.problems.length === 2 && e.message.split("\n").length === 2,
  );
  const many = `duration: 1s\nlinks: {}\nnodes: {}\n${Array.from({ length: 50 }, (_, i) => `k${i}: 1`).join("\n")}`;
  assert.throws(
    () => loadText("f.yaml", many),
    (e) => e instanceof FileError && e.message.split("\n").length === 21 && /32 more problems/.test(e.message),
  );
});

test("counted nodes: what is different for each is filled in, what is not is a duplicate", () => {
  const counted = (address: string) =>
    GOOD.replace("  a:\n", "  a{n}:\n    count: 20\n")
      .replace("2001:db8:1::a", address)
      .replace("to: a }", 'to: "a{n}" }');
  assert.equal(loadText("f.yaml", counted("2001:db8:1::{x}0")).kind, "scenario");
  assert.throws(() => loadText("f.yaml", counted("2001:db8:1::a")), /duplicate address/);
});

const LIVE = `image: router
ports:
  lan: { tap: lan0, address: "2001:db8:1::1/64", advertise: {} }
  wan: { interface: eth0, address: "2001:db8:2::1/64" }
routes: [{ to: "::/0", via: "fe80::1", port: wan }]
`;

test("a live configuration is one node of the same form, named after its file", () => {
  const folder = mkdtempSync(join(tmpdir(), "sixfold-load-"));
  try {
    const file = join(folder, "edge.yaml");
    writeFileSync(file, LIVE);
    assert.equal(loadNode(file).name, "edge");
    assert.equal(load(file).kind, "node");
    assert.throws(() => loadScenario(file), /expected a scenario/);
    writeFileSync(file, `name: other\n${LIVE}`);
    assert.equal(loadNode(file).name, "other");
    writeFileSync(file, GOOD);
    assert.throws(() => loadNode(file), /expected one live node; this is a scenario/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a live port has an interface, and addresses their length", () => {
  const bad = (from: string, to: string) => () => loadText("l.yaml", LIVE.replace(from, to));
  assert.throws(bad("tap: lan0, ", ""), /l\.yaml:3:8: ports\.lan: expected one of "interface" and "tap"/);
  assert.throws(bad("tap: lan0", "tap: lan0, interface: eth1"), /ports\.lan: expected one of/);
  assert.throws(bad("tap: lan0", "tap: lan0, link: x"), /ports\.lan\.link: links exist in scenarios only/);
  assert.throws(bad("2001:db8:1::1/64", "2001:db8:1::1"), /ports\.lan\.address: expected a prefix length/);
  assert.throws(bad("port: wan", "port: van"), /routes\[0\]\.port: unknown port "van"; known: lan, wan/);
});

test("a file that is not there is one sentence", () => {
  assert.throws(() => load("/nonexistent/x.yaml"), /^FileError: \/nonexistent\/x\.yaml:1:1: no such file$/);
  assert.throws(() => loadText("e.yaml", ""), /expected keys and values/);
});
