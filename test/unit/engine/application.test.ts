// The application port: what goes in and out, and how the application hears of failures.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PortKind } from "../../../assembly/abi/port.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import * as frames from "../../bench/frames.js";
import * as lan from "../lib/lan.js";
import { ALL_NODES, echo, FAR, ME, PEER, ROUTER } from "../lib/lan.js";
import { Node } from "../lib/node.js";

const APP = 1;
function host(mtu = 1500): Node {
  const node = new Node(
    "host",
    new Messages()
      .port(0, PortKind.ETHER, mtu, ME.mac)
      .port(APP, PortKind.IP, 1500)
      .address(0, parseIp6(ME.ip), 64, 1)
      .address(0, parseIp6("fe80::2"), 64, 1)
      .route(0, new Uint8Array(16), 0, parseIp6(ROUTER.ip)),
    { ipPorts: [APP] },
  );
  for (const who of [ROUTER, PEER]) node.rx(0, lan.solicitation(who, ME));
  node.pass(2500).sent();
  return node;
}
const packet = (from: string, to: string, size = 20, hopLimit = 64) =>
  frames.ip6(
    parseIp6(from),
    parseIp6(to),
    17,
    lan.udp({ ip: from, mac: ME.mac }, { ip: to, mac: ME.mac }, size),
    hopLimit,
  );

test("out and in: the application's packets as they are", () => {
  const node = host();
  node.rx(APP, packet(ME.ip, FAR.ip));
  const [out] = node.sent();
  assert.deepEqual(out.bytes, frames.ether(ROUTER.mac, ME.mac, packet(ME.ip, FAR.ip)));
  const back = lan.udpFrame(FAR, ME, 33);
  node.rx(0, back);
  const [inside] = node.sent();
  assert.equal(inside.port, APP);
  assert.deepEqual(inside.bytes, back.subarray(14));
});

test("the application speaks with this node's addresses, and not on the link", () => {
  const cases: [Uint8Array, string][] = [
    [packet("2001:db8:1::77", FAR.ip), "BAD_SOURCE"],
    [packet("fe80::2", FAR.ip), "BAD_SOURCE"],
    [packet("::", FAR.ip), "BAD_SOURCE"],
    [packet(ME.ip, "fe80::9"), "BEYOND_SCOPE"],
    [packet(ME.ip, "ff02::1"), "BEYOND_SCOPE"],
    [packet(ME.ip, "ff0e::1"), "NO_ROUTE"],
    [packet(ME.ip, FAR.ip).subarray(0, 67), "BAD_IP6"],
    [packet(ME.ip, FAR.ip).subarray(0, 1), "BAD_IP6"],
    [new Uint8Array(0), "SHORT_FRAME"],
    [Uint8Array.of(0x45, 0, 0, 20), "BAD_IP4"],
  ];
  for (const [bytes, reason] of cases) {
    const node = host();
    assert.deepEqual(
      node.dropsOf(() => node.rx(APP, bytes)),
      { [reason]: 1 },
      reason,
    );
    assert.deepEqual(node.said(), [], reason);
  }
});

test("what is spoken on the link does not reach the application", () => {
  const node = host();
  for (const bytes of [
    lan.udpFrame(PEER, ALL_NODES, 10),
    lan.udpFrame(PEER, { ip: "fe80::2", mac: ME.mac }, 10),
    lan.udpFrame({ ip: "fe80::9", mac: PEER.mac }, ME, 10),
  ]) {
    node.rx(0, bytes);
    assert.equal(node.sent().filter((f) => f.port === APP).length, 0);
  }
});

test("a packet too long for the link: the application is told its MTU, every time", () => {
  const node = host(1400);
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(
      node.dropsOf(() => node.rx(APP, packet(ME.ip, FAR.ip, 1401 - 48))),
      { TOO_BIG: 1 },
    );
    const [told] = node.sent();
    assert.equal(told.port, APP);
    assert.match(told.text, /ICMP6 packet too big: MTU 1400/);
  }
  node.rx(APP, packet(ME.ip, FAR.ip, 1400 - 48));
  assert.equal(node.sent()[0].port, 0);
});

test("a Packet Too Big from the path reaches the application and lowers what may leave", () => {
  const node = host();
  const long = packet(ME.ip, FAR.ip, 1400);
  node.rx(APP, long);
  node.sent();
  const error = lan.icmpFrame(
    { ip: "2001:db8:8::fe", mac: ROUTER.mac },
    ME,
    2,
    lan.concat(lan.be(32, 1300), long.subarray(0, 200)),
  );
  node.rx(0, error);
  assert.match(node.said()[0], /packet too big: MTU 1300/);
  assert.deepEqual(
    node.dropsOf(() => node.rx(APP, long)),
    { TOO_BIG: 1 },
  );
  assert.match(node.said()[0], /packet too big: MTU 1300/);
});

test("no route, nobody there: the application is told", () => {
  const node = host();
  node.rx(APP, packet(ME.ip, "2001:db8:1::77"));
  node.pass(4000);
  assert.match(node.sent().filter((f) => f.port === APP)[0].text, /unreachable: address unreachable/);
  node.configure(new Messages().routeDelete(0, new Uint8Array(16), 0));
  node.rx(APP, packet(ME.ip, FAR.ip));
  assert.match(node.sent().filter((f) => f.port === APP)[0].text, /unreachable: no route/);
});

test("echo to the node is answered by the node; its replies to the application's requests are the application's", () => {
  const node = host();
  node.rx(0, echo(PEER, ME));
  assert.match(node.said()[0], /echo reply/);
  node.rx(0, lan.icmpFrame(PEER, ME, 129, lan.concat(lan.be(16, 5, 1), lan.pattern(8))));
  const [reply] = node.sent();
  assert.equal(reply.port, APP);
});
