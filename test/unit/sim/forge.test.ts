import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { loadText } from "../../../host-sim/core/load.js";
import type { Scenario } from "../../../host-sim/core/scenario.js";
import { forgedFrame } from "../../../host-sim/sim/forge.js";
import type { WatchedFrame } from "../../../host-sim/sim/watch.js";
import { World } from "../../../host-sim/sim/world.js";
import { dissect } from "../../../host-sim/trace/dissect.js";

const MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
const [source, destination, home] = ["2001:db8:1::66", "2001:db8:2::1", "2001:db8:7::10"].map(parseIp6);
/** HoTI with an init cookie. */
const HOTI = Buffer.from("3b010100000000000102030405060708", "hex");

test("what is forged has the checksum that its addresses want", () => {
  const frame = (protocol: number, payload: Uint8Array, as?: Uint8Array) =>
    dissect(forgedFrame(MAC, MAC, { source, destination, home: as, protocol, payload }), 1).summary;
  assert.equal(frame(135, HOTI), "IP6 2001:db8:1::66 > 2001:db8:2::1 | MH HoTI cookie 0102030405060708");
  assert.equal(
    frame(135, HOTI, home),
    "IP6 2001:db8:1::66 > 2001:db8:2::1 | DO home address 2001:db8:7::10 | MH HoTI cookie 0102030405060708",
  );
  assert.match(frame(17, Buffer.from("1388177000090000aa", "hex")), /UDP 5000 > 6000 1 bytes$/);
  assert.match(frame(58, Buffer.from("8000000000010001", "hex")), /echo request/);
  assert.match(frame(50, Buffer.from("0000100100000001", "hex")), /ESP SPI 0x00001001 seq 1$/);
});

const SCENARIO = `duration: 4s
links:
  wire: { prefix: "2001:db8:1::/64", delay: 1ms }
nodes:
  a: { image: host, ports: { eth: { link: wire, address: "2001:db8:1::a" } } }
  b: { image: host, ports: { eth: { link: wire, address: "2001:db8:1::b" } } }
traffic:
  - { name: ping, kind: ping, from: a, to: b, every: 100ms, start: 1s, stop: 1500ms }
actions:
  - { at: 2s, do: replay, link: wire, of: any, nth: 3, count: 4 }
  - { at: 3s, do: forge, link: wire, to: b, source: "2001:db8:1::66", destination: "2001:db8:1::b", protocol: icmp6, payload: "8000 0000 00010001" }
`;

test("frames are sent again as they were, and forged ones reach the node that they are for", () => {
  const loaded = loadText("f.yaml", SCENARIO);
  assert.equal(loaded.kind, "scenario");
  const sent: string[] = [];
  const again: { at: number; hex: string; to: string[] }[] = [];
  const frame = ({ from, bytes, timeUs, receivers }: WatchedFrame) => {
    const hex = Buffer.from(bytes).toString("hex");
    if (from === "replay" || from === "impostor") again.push({ at: timeUs, hex, to: receivers });
    else if (timeUs < 2_000_000 && bytes.length > 0) sent.push(hex);
  };
  const world = new World((loaded as { scenario: Scenario }).scenario, 1, [{ frame }]);
  world.runUntil(world.endUs);
  const onWire = sent.filter((hex) => !hex.startsWith("6") && !hex.startsWith("4"));
  assert.deepEqual(
    again.slice(0, 4).map(({ hex }) => hex),
    onWire.slice(2, 6),
  );
  assert.deepEqual(
    again.map(({ at }) => at),
    [2e6, 2e6, 2e6, 2e6, 3e6],
  );
  assert.deepEqual(again[4].to, ["b"]);
});

const WRONG: [string, string, string, RegExp][] = [
  ["no such node", "to: b, source", "to: c, source", /actions\[1\]\.to: unknown node "c"/],
  [
    "no address",
    'source: "2001:db8:1::66"',
    "source: nowhere",
    /actions\[1\]\.source: "nowhere" is not an IPv6 address/,
  ],
  ["no protocol", "protocol: icmp6", "protocol: icmp", /actions\[1\]\.protocol: unknown protocol "icmp"/],
  ["half a byte", "00010001", "0001000", /actions\[1\]\.payload: expected an even number of hexadecimal digits/],
  [
    "no such kind",
    "of: any",
    "of: frames",
    /actions\[0\]\.of: expected bu, mh, esp, ah, request, answer, registration or any/,
  ],
  [
    "no IPsec to add to",
    "do: replay, link: wire, of: any, nth: 3, count: 4",
    "do: delete-association, node: a, spi: 300, direction: in",
    /actions\[0\]\.node: a has no ipsec/,
  ],
];
for (const [what, from, to, expected] of WRONG) {
  test(`an attack that cannot be is refused: ${what}`, () => {
    assert.throws(() => loadText("f.yaml", SCENARIO.replace(from, to)), expected);
  });
}
