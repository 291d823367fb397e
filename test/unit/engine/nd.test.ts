// Neighbour discovery: address resolution, unreachability detection, what a message must be like (RFC 4861 §7), DAD (RFC 4862 §5.4).
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import * as frames from "../../bench/frames.js";
import * as lan from "../lib/lan.js";
import {
  ALL_NODES,
  advertisement,
  be,
  buffersOf,
  concat,
  echo,
  groupOf,
  lanNode,
  lla,
  ME,
  ME_LOCAL,
  nd,
  OVERRIDE,
  PEER,
  SOLICITED,
  solicitation,
} from "../lib/lan.js";
import type { Node } from "../lib/node.js";

const NEW: lan.Station = { ip: "2001:db8:1::55", mac: Uint8Array.of(2, 0, 0, 0, 0, 0x55) };
const neighbour = (node: Node, ip: string) =>
  node
    .neighbours()
    .find((n) => n.startsWith(`${ip} `))
    ?.slice(ip.length + 1);
/** An echo request whose answer needs the sender's link address, which the node does not know. */
const knock = (node: Node, who = NEW) => node.rx(0, echo(who, ME));

test("resolution: a multicast solicitation, packets wait, the answer releases them in order", () => {
  const node = lanNode();
  for (const size of [1, 2, 3]) node.rx(0, echo(NEW, ME, size));
  const [ns, ...others] = node.sent();
  assert.deepEqual(others, []);
  assert.equal(ns.text, `IP6 fe80::2 > ff02::1:ff00:55 | ICMP6 NS who has ${NEW.ip}`);
  assert.deepEqual(ns.bytes.subarray(0, 6), groupOf(NEW.ip).mac);
  assert.deepEqual(ns.bytes.subarray(-8), concat(be(8, 1, 1), ME.mac));
  assert.equal(neighbour(node, NEW.ip), "INCOMPLETE");
  node.rx(0, advertisement(NEW, ME_LOCAL, SOLICITED | OVERRIDE, NEW.mac));
  assert.equal(neighbour(node, NEW.ip), "REACHABLE");
  const sizes = node.sent(/echo reply/).map((f) => f.bytes.length - 62);
  assert.deepEqual(sizes, [1, 2, 3]);
});

test("resolution fails after three solicitations, a second apart: those who wait are told", () => {
  const node = lanNode();
  knock(node);
  node.sent();
  const start = node.now;
  node.pass(10000);
  const said = node.sent(/NS who has 2001:db8:1::55/);
  assert.deepEqual(
    said.map((f) => f.at - start),
    [1000, 2000],
  );
  assert.ok(node.events("UNREACHABLE").includes(`UNREACHABLE ${NEW.ip}`));
  assert.equal(neighbour(node, NEW.ip), undefined);
  assert.equal(node.drops().NEIGHBOUR_UNREACHABLE, 1);
  assert.equal(buffersOf(node), 12);
});

test("no more than three packets wait for a neighbour; the oldest goes", () => {
  const node = lanNode();
  for (const size of [1, 2, 3, 4, 5]) node.rx(0, echo(NEW, ME, size));
  assert.equal(node.drops().QUEUE_FULL, 2);
  node.rx(0, advertisement(NEW, ME_LOCAL, SOLICITED, NEW.mac));
  assert.deepEqual(
    node.sent(/echo reply/).map((f) => f.bytes.length - 62),
    [3, 4, 5],
  );
});

test("unreachability: REACHABLE, STALE, DELAY, PROBE, gone; each step when its time is over", () => {
  const node = lanNode();
  knock(node);
  node.rx(0, advertisement(NEW, ME_LOCAL, SOLICITED, NEW.mac));
  node.sent();
  node.pass(29000);
  knock(node);
  assert.equal(neighbour(node, NEW.ip), "REACHABLE");
  node.pass(2000);
  knock(node);
  assert.equal(neighbour(node, NEW.ip), "DELAY");
  assert.match(node.said().join(), /echo reply/, "packets go on meanwhile");
  const start = node.now;
  node.pass(4999).sent();
  assert.equal(neighbour(node, NEW.ip), "DELAY");
  node.pass(1);
  assert.equal(neighbour(node, NEW.ip), "PROBE");
  node.pass(2500);
  const probes = node.sent(/NS who has 2001:db8:1::55/);
  assert.deepEqual(
    probes.map((f) => f.at - start),
    [5000, 6000, 7000],
  );
  assert.ok(
    probes.every((f) => f.text.startsWith(`IP6 fe80::2 > ${NEW.ip} `)),
    "unicast",
  );
  node.pass(1000);
  assert.equal(neighbour(node, NEW.ip), undefined);
  assert.ok(node.events("UNREACHABLE").includes(`UNREACHABLE ${NEW.ip}`));
});

test("unreachability: an answer to the last probe saves the neighbour", () => {
  const node = lanNode();
  knock(node);
  node.rx(0, advertisement(NEW, ME_LOCAL, SOLICITED, NEW.mac));
  node.pass(40000);
  knock(node);
  node.pass(7500).sent();
  assert.equal(neighbour(node, NEW.ip), "PROBE");
  node.rx(0, advertisement(NEW, ME_LOCAL, SOLICITED, NEW.mac));
  assert.equal(neighbour(node, NEW.ip), "REACHABLE");
  node.pass(20000);
  assert.deepEqual(node.said(/2001:db8:1::55/), []);
});

test("advertisements: S, O and another link address by the table of RFC 4861 appendix C", () => {
  const other = Uint8Array.of(2, 0, 0, 0, 0, 0x66);
  // flags, link address, then state and the link address in use
  const table: [number, Uint8Array | undefined, string, Uint8Array][] = [
    [0, NEW.mac, "REACHABLE", NEW.mac],
    [SOLICITED, undefined, "REACHABLE", NEW.mac],
    [0, other, "STALE", NEW.mac],
    [SOLICITED, other, "STALE", NEW.mac],
    [OVERRIDE, other, "STALE", other],
    [OVERRIDE, NEW.mac, "REACHABLE", NEW.mac],
    [SOLICITED | OVERRIDE, other, "REACHABLE", other],
  ];
  for (const [flags, link, state, mac] of table) {
    const node = lanNode();
    knock(node);
    node.rx(0, advertisement(NEW, ME_LOCAL, SOLICITED, NEW.mac));
    const to = flags & SOLICITED ? ME_LOCAL : ALL_NODES;
    node.rx(0, advertisement({ ...NEW, mac: other }, to, flags, link));
    const name = `flags ${flags}, ${link === other ? "another" : link ? "the same" : "no"} address`;
    assert.equal(neighbour(node, NEW.ip), state, name);
    node.sent();
    knock(node);
    assert.deepEqual(node.sent(/echo reply/)[0].bytes.subarray(0, 6), mac, name);
  }
});

test("solicitations teach: a new link address is STALE, a changed one replaces, an answer goes there", () => {
  const node = lanNode();
  node.rx(0, solicitation(NEW, ME));
  assert.equal(neighbour(node, NEW.ip), "DELAY", "the answer was sent to a STALE neighbour");
  const [answer] = node.sent();
  assert.equal(answer.text, `IP6 ${ME.ip} > ${NEW.ip} | ICMP6 NA ${ME.ip} is here S O 02:00:00:00:00:02`);
  const moved = { ...NEW, mac: Uint8Array.of(2, 0, 0, 0, 0, 0x66) };
  node.rx(0, solicitation(moved, ME));
  assert.deepEqual(node.sent()[0].bytes.subarray(0, 6), moved.mac);
});

test("what every ND message must be like; the rest is dropped and teaches nothing", () => {
  const good = concat(be(32, 0), parseIp6(ME.ip), lla(1, NEW.mac));
  const target = (ip: string) => concat(be(32, 0), parseIp6(ip));
  const anonymous = { ip: "::", mac: NEW.mac };
  const group = groupOf(ME.ip);
  const cases: [string, Uint8Array, string][] = [
    ["hop limit 254", nd(NEW, ME, 135, good, { hopLimit: 254 }), "ND_HOP_LIMIT"],
    ["hop limit 0", nd(NEW, ME, 136, good, { hopLimit: 0 }), "ND_HOP_LIMIT"],
    ["code 1", nd(NEW, ME, 135, good, { code: 1 }), "BAD_ND"],
    ["cut off", nd(NEW, ME, 135, good.subarray(0, 19)), "BAD_ND"],
    ["target a group", nd(NEW, ME, 135, target("ff02::1")), "BAD_ND"],
    ["option of length 0", nd(NEW, ME, 135, concat(target(ME.ip), be(8, 1, 0, 0, 0, 0, 0, 0, 0))), "BAD_ND"],
    ["option beyond the end", nd(NEW, ME, 135, concat(target(ME.ip), be(8, 1, 2, 0, 0, 0, 0, 0, 0))), "BAD_ND"],
    ["option of length 255", nd(NEW, ME, 135, concat(target(ME.ip), be(8, 1, 255, 0, 0, 0, 0, 0, 0))), "BAD_ND"],
    ["half an option", nd(NEW, ME, 135, concat(target(ME.ip), be(8, 1, 1, 2, 0))), "BAD_ND"],
    ["from :: with a link address", nd(anonymous, group, 135, good), "BAD_ND"],
    ["from :: to no solicited-node group", nd(anonymous, ALL_NODES, 135, target(ME.ip)), "BAD_ND"],
    ["for somebody else", nd(NEW, groupOf("2001:db8:1::77"), 135, target("2001:db8:1::77")), "ND_UNSOLICITED"],
    ["NA about a group", nd(NEW, ME, 136, target("ff02::1")), "BAD_ND"],
    ["NA solicited to all", advertisement(NEW, ALL_NODES, SOLICITED, NEW.mac), "BAD_ND"],
    ["NA that nobody asked for", advertisement(NEW, ME, SOLICITED | OVERRIDE, NEW.mac), "ND_UNSOLICITED"],
  ];
  for (const [name, bytes, reason] of cases) {
    const node = lanNode();
    const before = node.state();
    assert.deepEqual(
      node.dropsOf(() => node.rx(0, bytes)),
      { [reason]: 1 },
      name,
    );
    assert.deepEqual(node.said(), [], name);
    assert.deepEqual(node.state(), before, name);
  }
});

test("an advertisement without a link address does not end a resolution", () => {
  const node = lanNode();
  knock(node);
  assert.deepEqual(
    node.dropsOf(() => node.rx(0, advertisement(NEW, ME_LOCAL, SOLICITED))),
    { BAD_ND: 1 },
  );
  assert.equal(neighbour(node, NEW.ip), "INCOMPLETE");
});

test("exhaustion (RFC 6583): a scan of the link leaves live neighbours, their traffic, and buffers alone", () => {
  const node = lanNode("router", (m) => m.address(0, parseIp6("2001:db8:1::3"), 64, 1));
  node.rx(0, echo(PEER, ME), advertisement(PEER, ME_LOCAL, SOLICITED, PEER.mac));
  node.sent();
  for (let round = 0; round < 20; round++) {
    for (let k = 0; k < 40; k++) {
      const nobody = `2001:db8:1::${(0x1000 + round * 40 + k).toString(16)}`;
      node.rx(0, lan.udpFrame(lan.FAR, { ip: nobody, mac: ME.mac }, 20));
    }
    node.pass(100);
    node.sent();
    node.rx(0, echo(PEER, ME));
    assert.equal(node.said(/echo reply/).length, 1, `round ${round}`);
  }
  assert.ok(node.neighbours().length <= 16);
  node.rx(0, advertisement(PEER, ME_LOCAL, SOLICITED, PEER.mac));
  node.pass(20000).sent();
  assert.equal(buffersOf(node), 12);
});

const TENTATIVE = "2001:db8:1::7";
/** Configures one address under DAD. */
function dadNode(): Node {
  const node = lanNode();
  node.configure(new Messages().address(0, parseIp6(TENTATIVE), 64));
  return node;
}
const state = (node: Node) =>
  node
    .addresses()
    .find((a) => a.startsWith(TENTATIVE))
    ?.split(" ")[1];

test("DAD: one probe from :: to the solicited-node group, then a second's silence", () => {
  const node = dadNode();
  const [probe] = node.sent(/NS/);
  assert.equal(probe.text, `IP6 :: > ff02::1:ff00:7 | ICMP6 NS who has ${TENTATIVE} (DAD)`);
  assert.equal(probe.bytes.length, 14 + 40 + 24);
  assert.equal(state(node), "TENTATIVE");
  node.rx(0, echo(PEER, { ip: TENTATIVE, mac: ME.mac }));
  assert.equal(node.drops().NOT_FOR_US, 1, "nothing is received on a tentative address");
  node.rx(0, solicitation(PEER, { ip: TENTATIVE, mac: ME.mac }));
  assert.deepEqual(node.said(/NA/), [], "nor answered for");
  node.pass(999);
  assert.equal(state(node), "TENTATIVE");
  node.pass(1);
  assert.equal(state(node), "PREFERRED");
});

test("DAD: another's probe or advertisement makes a duplicate, which is neither used nor defended", () => {
  const rival = { ip: TENTATIVE, mac: NEW.mac };
  const probe = nd({ ip: "::", mac: NEW.mac }, groupOf(TENTATIVE), 135, concat(be(32, 0), parseIp6(TENTATIVE)));
  for (const bytes of [probe, advertisement(rival, ALL_NODES, OVERRIDE, NEW.mac)]) {
    const node = dadNode();
    node.rx(0, bytes);
    assert.equal(state(node), "DUPLICATE");
    assert.deepEqual(node.events("DUPLICATE"), [`DUPLICATE ${TENTATIVE}`]);
    node.pass(5000).sent();
    assert.equal(state(node), "DUPLICATE");
    node.rx(0, echo(PEER, { ip: TENTATIVE, mac: ME.mac }), probe);
    assert.deepEqual(node.said(/NA|echo/), []);
  }
});

test("DAD: a settled address is defended, to all nodes when the prober has no address", () => {
  const node = lanNode();
  node.rx(0, nd({ ip: "::", mac: NEW.mac }, groupOf(ME.ip), 135, concat(be(32, 0), parseIp6(ME.ip))));
  assert.deepEqual(node.said(), [`IP6 ${ME.ip} > ff02::1 | ICMP6 NA ${ME.ip} is here O 02:00:00:00:00:02`]);
  // An advertisement of it by another does not take it away (DAD denial after the fact).
  node.rx(0, advertisement({ ip: ME.ip, mac: NEW.mac }, ALL_NODES, OVERRIDE, NEW.mac));
  assert.deepEqual(node.addresses()[0], `${ME.ip}/64 PREFERRED`);
});

test("a link that comes back: addresses set by hand are probed again, neighbours are forgotten", () => {
  const node = dadNode();
  node.pass(2000).sent();
  node.configure(new Messages().link(0, false));
  assert.deepEqual(node.neighbours(), []);
  assert.equal(node.rx(0, echo(PEER, ME)), true);
  assert.equal(node.drops().PORT_DOWN, 1);
  node.configure(new Messages().link(0, true));
  assert.equal(node.said(/DAD/).length, 1);
  assert.equal(state(node), "TENTATIVE");
  node.pass(1000);
  assert.equal(state(node), "PREFERRED");
});

test("without an Ethernet address of ours as destination, proxies and groups aside, ND is not answered", () => {
  const node = lanNode();
  const bytes = frames.ether(Uint8Array.of(2, 9, 9, 9, 9, 9), PEER.mac, solicitation(PEER, ME).subarray(14));
  assert.deepEqual(
    node.dropsOf(() => node.rx(0, bytes)),
    { NOT_OUR_MAC: 1 },
  );
});
