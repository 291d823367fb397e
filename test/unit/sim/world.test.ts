import assert from "node:assert/strict";
import { test } from "node:test";
import { Event } from "../../../assembly/abi/event.js";
import { loadText } from "../../../host-sim/core/load.js";
import { gapMs, Measurement } from "../../../host-sim/sim/measure.js";
import type { Watcher } from "../../../host-sim/sim/watch.js";
import { World } from "../../../host-sim/sim/world.js";

/** Two hosts, three routers between them: a – r1 – r2 – r3 – b. */
const CHAIN = `
links:
  l0: { prefix: "2001:db8:0::/64", delay: 1ms }
  l1: { prefix: "2001:db8:1::/64", delay: 2ms }
  l2: { prefix: "2001:db8:2::/64", delay: 3ms }
  l3: { prefix: "2001:db8:3::/64", delay: 4ms }
nodes:
  a: { image: host, ports: { eth: { link: l0, address: "2001:db8:0::a" } } }
  r1: { image: router, ports: { w: { link: l0, address: "2001:db8:0::1" }, e: { link: l1, address: "2001:db8:1::1" } } }
  r2: { image: router, ports: { w: { link: l1, address: "2001:db8:1::2" }, e: { link: l2, address: "2001:db8:2::2" } } }
  r3: { image: router, ports: { w: { link: l2, address: "2001:db8:2::3" }, e: { link: l3, address: "2001:db8:3::3" } } }
  b: { image: host, ports: { eth: { link: l3, address: "2001:db8:3::b" } } }
`;

function world(text: string, watchers: Watcher[] = [], seed = 1): World {
  const loaded = loadText("test.yaml", text);
  assert.ok(loaded.kind === "scenario");
  return new World(loaded.scenario, seed, watchers);
}

function run(text: string, watchers: Watcher[] = []): { world: World; measured: Measurement } {
  const one = world(text, watchers);
  one.runUntil(one.endUs);
  return { world: one, measured: new Measurement(one) };
}

test("routes are found over four links, both ways, and packets take the links' time", () => {
  const text = `duration: 6s${CHAIN}
traffic:
  - { name: ping, kind: ping, from: a, to: b, every: 50ms, start: 2s, stop: 5s }
  - { name: talk, from: a, to: b, both: true, every: 50ms, start: 2500ms, stop: 5s }
`;
  const { world: w, measured } = run(text);
  assert.equal(measured.flows.get("ping")!.lost, 0);
  assert.equal(measured.flows.get("talk")!.sent, 100);
  assert.equal(measured.flows.get("talk")!.received, 100);
  const [there, back] = w.flows[1].directions;
  for (const direction of [there, back]) assert.equal(direction.maxDelayUs, 10_000);
  assert.equal(w.flows[0].directions[0].deliveredUs[40] - w.flows[0].directions[0].sentAtUs(40), 20_000);
});

test("a cut link loses what is sent meanwhile, and only that", () => {
  const text = `duration: 8s${CHAIN}
traffic: [{ name: talk, from: a, to: b, every: 10ms, start: 2s, stop: 7s }]
actions: [{ at: 4s, do: cut, link: l2, for: 500ms }]
`;
  const { world: w, measured } = run(text);
  const { lost } = measured.flows.get("talk")!;
  assert.ok(lost >= 50 && lost <= 53, `${lost} lost`);
  assert.ok(w.link("l2").counters.lost >= 50);
  assert.equal(measured.drops().LINK_LOSS, w.link("l2").counters.lost);
});

test("a move with a gap: off one link, onto the other later, with events unless it is silent", () => {
  for (const silent of [false, true]) {
    const links: [number, number][] = [];
    const watcher: Watcher = {
      event(node, timeUs, record, offset) {
        if (node !== "a" || record.getUint16(offset, true) !== Event.LINK) return;
        links.push([timeUs, record.getUint32(offset + 40, true)]);
      },
    };
    const text = `duration: 4s${CHAIN}
moves: [{ at: 2s, node: a, to: l3, gap: 300ms, silent: ${silent} }]
`;
    const w = world(text, [watcher]);
    const port = w.node("a").linkPort();
    w.runUntil(1_999_999);
    assert.equal(port.link, w.link("l0"));
    w.runUntil(2_200_000);
    assert.equal(port.link, undefined);
    w.runUntil(2_300_000);
    assert.equal(port.link, w.link("l3"));
    w.runUntil(w.endUs);
    assert.deepEqual(
      links,
      silent
        ? []
        : [
            [2_000_000, 0],
            [2_300_000, 1],
          ],
    );
    assert.deepEqual(
      w.handovers.map(({ from, to, atUs }) => [from, to, atUs]),
      [["l0", "l3", 2_000_000]],
    );
  }
});

test("a gap is measured at the application port, whatever was lost elsewhere", () => {
  const text = `duration: 9s${CHAIN}
traffic:
  - { name: greeting, from: b, to: a, start: 1s, stop: 2s }
  - { name: talk, from: b, to: a, every: 2ms, start: 2s, stop: 8s }
moves:
  - { at: 4s, node: a, to: l1, silent: true }
  - { at: 5s, node: a, to: l0, silent: true }
`;
  const { world: w, measured } = run(text);
  const [away, back] = w.handovers;
  assert.equal(away.untilUs, 5_000_000);
  assert.equal(gapMs(away), null, "on a strange link it hears nothing");
  assert.ok(back.firstAfterUs > 5_000_000);
  const { lost, lostInGaps } = measured.flows.get("talk")!;
  assert.ok(lost >= 500);
  assert.equal(lostInGaps, lost);
  assert.equal(measured.lostInGap[0] + measured.lostInGap[1], lost);
});

const AGENT = `duration: 12s
links:
  home: { prefix: "2001:db8:7::/64", delay: 1ms }
  visited: { prefix: "2001:db8:21::/64", delay: 1ms }
nodes:
  terminal:
    image: terminal
    ports: { eth: { link: visited } }
    mobile-node: { home-address: "2001:db8:7::10/64", home-agent: "2001:db8:7::1" }
  agent:
    image: home-agent
    storage-delay: STORAGE
    ports:
      home: { link: home, address: "2001:db8:7::1", advertise: {} }
      visited: { link: visited, address: "2001:db8:21::1", advertise: {} }
    home-agent: { security: none, homes: ["2001:db8:7::10"] }
`;

test("the acknowledgement waits for the storage", () => {
  const acknowledged = (storage: string) => {
    let at = -1;
    const watcher: Watcher = {
      event(node, timeUs, record, offset) {
        if (node === "terminal" && record.getUint16(offset, true) === Event.BA_RECEIVED && at < 0) at = timeUs;
      },
    };
    const { world: w } = run(AGENT.replace("STORAGE", storage), [watcher]);
    assert.ok(w.node("agent").records.size >= 1);
    return at;
  };
  const [fast, slow] = [acknowledged("1ms"), acknowledged("301ms")];
  assert.ok(fast > 0);
  assert.equal(slow - fast, 300_000);
});

test("a restart keeps what was stored and nothing else", () => {
  const reboot = "actions: [{ at: 8s, do: reboot, node: agent, down: 100ms }]\n";
  const restored = (text: string) => run(text).measured.events(Event.BINDING, 4, "agent");
  assert.equal(restored(AGENT.replace("STORAGE", "5ms") + reboot), 1);
  assert.equal(restored(AGENT.replace("STORAGE", "1min") + reboot), 0, "the record was still being written");
});

test("drops are those of all starts, and asking twice does not count them twice", () => {
  const reboot = "actions: [{ at: 8s, do: reboot, node: agent }]\n";
  const { world: w, measured } = run(AGENT.replace("STORAGE", "5ms") + reboot);
  assert.equal(w.node("agent").boots, 2);
  assert.deepEqual(measured.drops(), measured.drops());
});

test("a core that refuses its configuration is named", () => {
  const addresses = Array.from({ length: 40 }, (_, i) => `"2001:db8:0::${i + 100}"`).join(", ");
  const w = world(`duration: 1s${CHAIN.replace('"2001:db8:0::a"', `[${addresses}]`)}`);
  assert.throws(() => w.runUntil(0), /^ConfigRefused: node a: message \d+ \(ADDRESS\) was refused: TABLE_FULL$/);
});
