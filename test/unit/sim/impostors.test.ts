/** Requests and answers of applications, and those who answer in the place of a server: no role is in play, so everybody is believed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate } from "../../../host-sim/cli/simulate.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { loadText } from "../../../host-sim/core/load.js";
import type { Scenario } from "../../../host-sim/core/scenario.js";
import { forgedFrame } from "../../../host-sim/sim/forge.js";
import { authenticatedIdentifier, nonceOf, plainIdentifier } from "../../../host-sim/sim/identifier.js";

const MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);

/** Two flows of requests to an address that the server has by hand: `own` is answered from another one. */
const SCENARIO = `duration: 5s
links:
  near: { prefix: "2001:db8:1::/64", delay: 1ms }
  far: { prefix: "2001:db8:2::/64", delay: 20ms }
nodes:
  client: { image: host, ports: { eth: { link: near, address: "2001:db8:1::c" } } }
  router: { image: router, ports: { a: { link: near, address: "2001:db8:1::1" }, b: { link: far, address: "2001:db8:2::1" } } }
  server: { image: host, ports: { eth: { link: far, address: ["2001:db8:2::5", "2001:db8:53::53/128"] } } }
traffic:
  - { name: strict, from: client, to: "2001:db8:53::53", answers: asked, answer-size: 300, start: 1s, stop: 4500ms }
  - { name: loose, from: client, to: "2001:db8:53::53", answers: own, start: 1s, stop: 4500ms }
actions:
  - { at: 2010ms, do: answer, name: stranger, flows: [strict, loose], link: near, via: client, source: "2001:db8:1::66" }
  - { at: 3010ms, do: answer, name: spoofer, flows: [strict], link: far, via: router, source: asked }
  - { at: 3500ms, do: answer, name: late, flows: [strict, loose], link: near, via: client, source: asked }
  - { at: 4010ms, do: answer, name: guesser, flows: [strict, loose], link: near, via: client, source: asked, wrong-port: true }
  - { at: 4200ms, do: replay, link: near, of: answer, flow: strict, nth: 1 }
`;
const METRICS: [string, number][] = [
  ["impostors.stranger.sent", 2],
  ["impostors.stranger.sent.loose", 1],
  ["impostors.stranger.believed.strict", 0],
  ["impostors.stranger.believed.loose", 1],
  ["impostors.spoofer.believed", 1],
  ["impostors.late.believed", 0],
  ["impostors.guesser.sent", 2],
  ["impostors.guesser.believed", 0],
  ["traffic.strict.sent", 4],
  ["traffic.strict.received", 3],
  ["traffic.strict.forged", 1],
  ["traffic.strict.duplicates", 1],
  // The stranger's, the late one, the wrong port, and the genuine answer to the request that the spoofer had answered.
  ["traffic.strict.refused", 4],
  ["traffic.loose.received", 3],
  ["traffic.loose.refused", 3],
];

function load(text: string): Scenario {
  const loaded = loadText("i.yaml", text);
  assert.ok(loaded.kind === "scenario");
  return loaded.scenario;
}

test("an application believes who answers in time from where it asked, with its ports", () => {
  const expect = METRICS.map(([metric, limit]) => ({ name: metric, metric, op: "==" as const, limit }));
  const report = simulate({ ...load(SCENARIO), expect }, { name: "impostors", seed: 1, watchers: [] });
  assert.deepEqual(
    report.expectations.map(({ name, value }) => [name, value]),
    METRICS,
  );
});

test("a copied identifier has the bytes of docs/anycast-identifier.md §2.3", () => {
  const anycast = parseIp6("2001:db8:53::53");
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  assert.equal(hex(plainIdentifier(anycast)), "00021e141100000020010db8005300000000000000000053");
  const nonce = Buffer.from("a0a1a2a3a4a5a6a7", "hex");
  const begin = "00051e2c1200000720010db8005300000000000000000053a0a1a2a3a4a5a6a7";
  assert.equal(hex(authenticatedIdentifier(anycast, 7, nonce)), begin + "66".repeat(16));
});

test("the nonce is read from a request, and from nothing else", () => {
  const request = Buffer.from("11031e1c13000007a0a1a2a3a4a5a6a7964f991bd12b3b78ee2dcf75d9f12083", "hex");
  const payload = Buffer.from("9c400035001ae0be776865726520697320746865206c616d703f", "hex");
  const packet = (options?: Uint8Array) => {
    const [source, destination] = ["2001:db8:c::1", "2001:db8:53::53"].map(parseIp6);
    return forgedFrame(MAC, MAC, { source, destination, options, protocol: 17, payload }).subarray(14);
  };
  const nonce = nonceOf(packet(request));
  assert.deepEqual(nonce && Buffer.from(nonce).toString("hex"), "a0a1a2a3a4a5a6a7");
  assert.equal(nonceOf(packet()), undefined);
  assert.equal(nonceOf(packet(plainIdentifier(parseIp6("2001:db8:53::53")))), undefined);
});

const ACTION = "do: replay, link: near, of: answer, flow: strict, nth: 1";
const FORGE = (options: string) =>
  `do: forge, link: near, to: client, source: "2001:db8:1::66", destination: "2001:db8:1::c", protocol: udp, payload: "", options: "${options}"`;
const WRONG: [string, string, string, RegExp][] = [
  ["no such flow", "flows: [strict]", "flows: [tight]", /flows\[0\]: unknown flow of UDP with "answers" "tight"/],
  ["not on the link", "link: far, via: router", "link: far, via: client", /via: client has no port on link far/],
  ["no address", 'source: "2001:db8:1::66"', "source: nobody", /source: "nobody" is not an IPv6 address/],
  ["whose answers", "of: answer, flow: strict", "of: answer", /actions\[4\]: expected a key "flow"/],
  ["whose else", "of: answer, flow: strict", "of: any, flow: strict", /flow: belongs to "of: request"/],
  [
    "options of twelve bytes",
    ACTION,
    FORGE("1102 1e14 1100 0000 0000 0000"),
    /options: expected a multiple of 8 bytes/,
  ],
  ["options twice", ACTION, `${FORGE("1102 1e14 1100 0000")}, home-address: "2001:db8:1::7"`, /options: expected no/],
  ["both ways twice", "answers: own", "answers: own, both: true", /both: /],
  ["pings from elsewhere", "answers: own", "answers: own, kind: ping", /answers: expected asked/],
];
for (const [what, from, to, expected] of WRONG) {
  test(`an impostor that cannot be is refused: ${what}`, () => {
    assert.throws(() => loadText("i.yaml", SCENARIO.replace(from, to)), expected);
  });
}
