// Forwarding: a router between two links (RFC 8200 §3, RFC 4443 §3, RFC 4007 §9).
import assert from "node:assert/strict";
import { test } from "node:test";
import { PortKind } from "../../../assembly/abi/port.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import * as lan from "../lib/lan.js";
import { echo, icmpOf, ME, PEER, solicitation, udpFrame } from "../lib/lan.js";
import { Node } from "../lib/node.js";

const OTHER: lan.Station = { ip: "2001:db8:2::9", mac: Uint8Array.of(2, 0, 0, 0, 1, 9) };
const RIGHT: lan.Station = { ip: "2001:db8:2::2", mac: Uint8Array.of(2, 0, 0, 0, 1, 2) };
/** PEER's packet for `ip`, handed to the router. */
const via = (ip: string) => ({ ip, mac: ME.mac });

/** Port 0 is PEER's link, port 1 with `mtu` is OTHER's; both are known. */
function router(mtu = 1500): Node {
  const node = new Node(
    "router",
    new Messages()
      .port(0, PortKind.ETHER, 1500, ME.mac)
      .port(1, PortKind.ETHER, mtu, RIGHT.mac)
      .address(0, parseIp6(ME.ip), 64, 1)
      .address(1, parseIp6(RIGHT.ip), 64, 1),
  );
  node.pass(2000);
  node.rx(0, solicitation(PEER, ME));
  node.rx(1, solicitation(OTHER, RIGHT));
  node.sent();
  return node;
}

test("a packet goes on: one hop less, link addresses of the next link, nothing else changed", () => {
  for (const size of [0, 1, 500, 1452]) {
    const node = router();
    const bytes = udpFrame(PEER, via(OTHER.ip), size);
    node.rx(0, bytes);
    const [out] = node.sent();
    const expected = bytes.slice();
    expected.set(OTHER.mac, 0);
    expected.set(RIGHT.mac, 6);
    expected[14 + 7]--;
    assert.equal(out.port, 1);
    assert.deepEqual(out.bytes, expected);
  }
});

test("hop limits: 2 passes, 1 and 0 are answered with Time Exceeded", () => {
  const node = router();
  node.rx(0, udpFrame(PEER, via(OTHER.ip), 10, { hopLimit: 2 }));
  assert.equal(node.sent()[0].bytes[14 + 7], 1);
  for (const hopLimit of [1, 0]) {
    assert.deepEqual(
      node.dropsOf(() => node.rx(0, udpFrame(PEER, via(OTHER.ip), 10, { hopLimit }))),
      { HOP_LIMIT: 1 },
    );
    assert.match(node.said()[0], /> 2001:db8:1::9 \| ICMP6 time exceeded: hop limit/);
  }
});

test("too big for the next link: Packet Too Big with its MTU, and never a fragment", () => {
  const node = router(1300);
  node.rx(0, udpFrame(PEER, via(OTHER.ip), 1300 - 48));
  assert.equal(node.sent().length, 1);
  assert.deepEqual(
    node.dropsOf(() => node.rx(0, udpFrame(PEER, via(OTHER.ip), 1301 - 48))),
    { TOO_BIG: 1 },
  );
  const [error] = node.sent();
  assert.equal(icmpOf(error.bytes).type, 2);
  assert.equal(icmpOf(error.bytes).word, 1300);
  // A Packet Too Big that a stranger sends to the router does not change what it forwards.
  assert.equal(node.sent().length, 0);
});

test("no route, nobody at the address: the sender is told", () => {
  const node = router();
  assert.deepEqual(
    node.dropsOf(() => node.rx(0, udpFrame(PEER, via("2001:db8:99::1"), 10))),
    { NO_ROUTE: 1 },
  );
  assert.match(node.said()[0], /> 2001:db8:1::9 \| ICMP6 unreachable: no route/);
  node.rx(0, udpFrame(PEER, via("2001:db8:2::77"), 10));
  node.rx(0, solicitation(PEER, ME));
  node.pass(3500);
  assert.match(node.said(/unreachable/)[0], /> 2001:db8:1::9 \| ICMP6 unreachable: address unreachable/);
});

test("scope: link-local packets stay on their link, link-local destinations on their port", () => {
  const node = router();
  const local = { ip: "fe80::9", mac: PEER.mac };
  node.rx(0, solicitation(local, ME));
  node.sent();
  assert.deepEqual(
    node.dropsOf(() => node.rx(0, udpFrame(local, via(OTHER.ip), 10))),
    { BEYOND_SCOPE: 1 },
  );
  assert.match(node.said()[0], /> fe80::9 \| ICMP6 unreachable: beyond scope of source/);
  assert.deepEqual(
    node.dropsOf(() => node.rx(0, udpFrame(PEER, via("fe80::77"), 10))),
    { BEYOND_SCOPE: 1 },
  );
  assert.deepEqual(node.said(), []);
  const ofPort1 = "fe80::ff:fe00:102";
  assert.ok(node.addresses().includes(`${ofPort1}/64 PREFERRED`));
  assert.deepEqual(
    node.dropsOf(() => node.rx(0, echo(local, via(ofPort1)))),
    { BEYOND_SCOPE: 1 },
  );
});

test("what is not forwarded: groups, broadcasts of the link, sources that no packet has", () => {
  const node = router();
  const cases: [Uint8Array, string][] = [
    [udpFrame(PEER, { ip: "ff05::1234", mac: Uint8Array.of(0x33, 0x33, 0, 0, 0x12, 0x34) }, 10), "NOT_FOR_US"],
    [udpFrame(PEER, { ip: OTHER.ip, mac: lan.ALL_NODES.mac }, 10), "NOT_FOR_US"],
    [udpFrame({ ip: "::", mac: PEER.mac }, via(OTHER.ip), 10), "BAD_SOURCE"],
    [udpFrame({ ip: "::1", mac: PEER.mac }, via(OTHER.ip), 10), "BAD_SOURCE"],
    [udpFrame({ ip: "ff02::1", mac: PEER.mac }, via(OTHER.ip), 10), "BAD_SOURCE"],
    [udpFrame(PEER, via("::1"), 10), "BAD_DESTINATION"],
  ];
  for (const [bytes, reason] of cases) {
    assert.deepEqual(
      node.dropsOf(() => node.rx(0, bytes)),
      { [reason]: 1 },
    );
    assert.deepEqual(node.said(), [], reason);
  }
});

test("a host forwards nothing", () => {
  const node = lan.lanNode("host");
  assert.deepEqual(
    node.dropsOf(() => node.rx(0, udpFrame(PEER, via(lan.FAR.ip), 10))),
    { NOT_FOR_US: 1 },
  );
  assert.deepEqual(node.said(), []);
});

test("a link that is down: what would leave by it is dropped and counted", () => {
  const node = router();
  node.configure(new Messages().link(1, false));
  assert.deepEqual(
    node.dropsOf(() => node.rx(0, udpFrame(PEER, via(OTHER.ip), 10))),
    { PORT_DOWN: 1 },
  );
});

test("the longest prefix decides, a route taken away counts no more", () => {
  const node = router();
  const toward = (ip: string) => {
    node.rx(0, solicitation(PEER, ME), udpFrame(PEER, via(ip), 10));
    return node.sent(/UDP/).map((f) => `${f.port} ${Buffer.from(f.bytes.subarray(0, 6)).toString("hex")}`)[0];
  };
  const far = parseIp6("2001:db8:8::");
  node.configure(
    new Messages().route(1, far, 48, parseIp6(OTHER.ip)).route(0, parseIp6("2001:db8:8:1::"), 64, parseIp6(PEER.ip)),
  );
  assert.equal(toward("2001:db8:8:2::1"), "1 020000000109");
  assert.equal(toward("2001:db8:8:1::1"), "0 020000000009");
  node.configure(new Messages().routeDelete(0, parseIp6("2001:db8:8:1::"), 64));
  assert.equal(toward("2001:db8:8:1::1"), "1 020000000109");
});
