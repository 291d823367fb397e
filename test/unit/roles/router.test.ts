// The router role: advertisements (RFC 4861 §6.2, RFC 6275 §7, RFC 8106), answers to solicitations, redirects (§8.2).
import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusal } from "../../../assembly/abi/message.js";
import { PortKind } from "../../../assembly/abi/port.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { ConfigRefused } from "../../../host-sim/core/core.js";
import { Messages } from "../../../host-sim/core/messages.js";
import type { AdvertiseSettings } from "../../../host-sim/core/settings.js";
import * as lan from "../lib/lan.js";
import { be, concat, FAR, lla, ME, ME_LOCAL, nd, PEER } from "../lib/lan.js";
import { Node } from "../lib/node.js";

const ALL_ROUTERS: lan.Station = { ip: "ff02::2", mac: Uint8Array.of(0x33, 0x33, 0, 0, 0, 2) };
const HOST: lan.Station = { ip: "fe80::99", mac: Uint8Array.of(2, 0, 0, 0, 0, 0x99) };
/** Made from ME's MAC address 02:00:00:00:00:02, RFC 4291 appendix A. */
const LOCAL = "fe80::ff:fe00:2";

function advertise(o: Partial<AdvertiseSettings> = {}): Messages {
  return new Messages().advertise({
    port: 0,
    flags: 0,
    hopLimit: 64,
    options: 0,
    routerLifetimeS: 1800,
    preference: 0,
    homeAgentLifetimeS: 0,
    minIntervalMs: 200000,
    maxIntervalMs: 600000,
    reachableMs: 0,
    retransMs: 0,
    mtu: 0,
    ...o,
  });
}
const port = (m = new Messages()) => m.port(0, PortKind.ETHER, 1500, ME.mac);
function router(o?: Partial<AdvertiseSettings>, ...more: Messages[]): Node {
  const node = new Node("router", port());
  node.configure(advertise(o));
  for (const m of more) node.configure(m);
  return node;
}
const solicitation = (from: lan.Station, named = true) =>
  nd(from, ALL_ROUTERS, 133, concat(be(32, 0), named ? lla(1, from.mac) : new Uint8Array(0)));
const anonymous = { ip: "::", mac: HOST.mac };

test("a link-local address from the MAC, after DAD; advertisements wait for it and start then", () => {
  const node = router();
  const start = node.now;
  node.pass(100000);
  const sent = node.sent(/DAD| RA /);
  assert.equal(sent[0].text, `IP6 :: > ff02::1:ff00:2 | ICMP6 NS who has ${LOCAL} (DAD)`);
  assert.equal(sent[1].at - start, 1000);
  assert.match(sent[1].text, new RegExp(`^IP6 ${LOCAL} > ff02::1 \\| ICMP6 RA router lifetime 1800 s`));
});

test("rhythm: three initial ones at sixteen seconds at most, then between the shortest and the longest interval", () => {
  const node = router({ minIntervalMs: 200000, maxIntervalMs: 600000 });
  node.pass(20 * 600000);
  const at = node.sent(/ RA /).map((f) => f.at);
  const gaps = at.slice(1).map((t, i) => t - at[i]);
  for (const gap of gaps.slice(0, 3)) assert.ok(gap <= 16000, `${gap}`);
  for (const gap of gaps.slice(3)) assert.ok(gap >= 200000 && gap <= 600000, `${gap}`);
  assert.ok(new Set(gaps.slice(3)).size > 5, "they vary");
});

test("rhythm for mobile nodes (RFC 6275 §7.5): every 30 to 70 ms", () => {
  const node = router({ minIntervalMs: 30, maxIntervalMs: 70 });
  node.pass(11000);
  const at = node.sent(/ RA /).map((f) => f.at);
  assert.ok(at.length > 10000 / 70 && at.length < 10000 / 30);
});

test("every option, with the values that were set", () => {
  const settings = { flags: 0xe0, options: 3, preference: 9, homeAgentLifetimeS: 600, mtu: 1400, minIntervalMs: 1000 };
  const node = router(
    { ...settings, maxIntervalMs: 3000, reachableMs: 30000, retransMs: 500 },
    new Messages()
      .prefix(0, parseIp6("2001:db8:1::1"), 64, 0xe0, 7200, 3600)
      .prefix(0, parseIp6("2001:db8:2::77"), 64, 0xc0, 60, 30)
      .rdnss(0, 90, [parseIp6("2001:db8::53"), parseIp6("2001:db8::54")]),
  );
  node.pass(1000);
  const [ra] = node.sent(/ RA /);
  assert.ok(lan.sound(ra.bytes));
  const body = ra.bytes.subarray(14 + 40 + 4);
  const expected = concat(
    be(8, 64, 0xe0),
    be(16, 1800),
    be(32, 30000, 500),
    lla(1, ME.mac),
    be(8, 5, 1, 0, 0),
    be(32, 1400),
    concat(be(8, 3, 4, 64, 0xe0), be(32, 7200, 3600, 0), parseIp6("2001:db8:1::1")),
    concat(be(8, 3, 4, 64, 0xc0), be(32, 60, 30, 0), parseIp6("2001:db8:2::")),
    be(8, 7, 1, 0, 0),
    be(32, 3000),
    be(8, 8, 1, 0, 0),
    be(16, 9, 600),
    be(8, 25, 5, 0, 0),
    be(32, 90),
    parseIp6("2001:db8::53"),
    parseIp6("2001:db8::54"),
  );
  assert.deepEqual(body, expected);
});

test("a solicitation with an address is answered to it at once", () => {
  const node = router();
  node.pass(60000).sent();
  node.rx(0, solicitation(HOST));
  const [ra] = node.sent();
  assert.match(ra.text, new RegExp(`^IP6 ${LOCAL} > ${HOST.ip} \\| ICMP6 RA`));
  assert.deepEqual(ra.bytes.subarray(0, 6), HOST.mac);
});

test("a solicitation without a link address: the answer waits for the address to be resolved, no longer", () => {
  const node = router();
  node.pass(60000).sent();
  node.rx(0, solicitation(HOST, false));
  assert.match(node.said()[0], /NS who has fe80::99/);
  node.rx(0, lan.advertisement(HOST, { ip: LOCAL, mac: ME.mac }, lan.SOLICITED, HOST.mac));
  assert.match(node.said()[0], /> fe80::99 \| ICMP6 RA/);
});

test("solicitations from ::: one advertisement to all within half a second, not closer than the shortest gap", () => {
  const node = router();
  node.pass(100000).sent();
  const start = node.now;
  for (let i = 0; i < 20; i++) node.rx(0, solicitation(anonymous, false));
  node.pass(500);
  assert.equal(node.sent(/> ff02::1 .* RA /).length, 1);
  for (let i = 0; i < 20; i++) {
    node.rx(0, solicitation(anonymous, false));
    node.pass(1000);
  }
  const at = node.sent(/ RA /).map((f) => f.at);
  for (const gap of at.slice(1).map((t, i) => t - at[i])) assert.ok(gap >= 3000, `${gap}`);
  assert.ok(at.length >= 5 && node.now - start > 20000);
});

test("solicitations that break a rule (RFC 4861 §6.1.1) are dropped without an answer", () => {
  const cases: [string, Uint8Array, string][] = [
    ["hop limit 254", nd(HOST, ALL_ROUTERS, 133, be(32, 0), { hopLimit: 254 }), "ND_HOP_LIMIT"],
    ["code 1", nd(HOST, ALL_ROUTERS, 133, be(32, 0), { code: 1 }), "BAD_ND"],
    ["option of length 0", nd(HOST, ALL_ROUTERS, 133, be(8, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)), "BAD_ND"],
    ["from :: with a link address", solicitation(anonymous), "BAD_ND"],
  ];
  for (const [name, bytes, reason] of cases) {
    const node = router();
    node.pass(60000).sent();
    assert.deepEqual(
      node.dropsOf(() => node.rx(0, bytes)),
      { [reason]: 1 },
      name,
    );
    assert.deepEqual(node.pass(3000).said(/ RA /), [], name);
  }
});

test("a last advertisement says that this is a router no longer; then there is silence", () => {
  const node = router();
  node.pass(60000).sent();
  node.configure(advertise({ maxIntervalMs: 0 }));
  assert.match(node.said()[0], /RA router lifetime 0 s/);
  node.rx(0, solicitation(HOST));
  node.pass(1000000);
  assert.deepEqual(node.said(/ RA /), []);
});

test("a link that comes back: the address is probed again, then advertisements begin anew", () => {
  const node = router();
  node.pass(100000).sent();
  node.configure(new Messages().link(0, false));
  node.pass(100000);
  assert.deepEqual(node.said(), []);
  node.configure(new Messages().link(0, true));
  const start = node.now;
  node.pass(20000);
  const [first] = node.sent(/ RA /);
  assert.ok(first.at - start <= 1000);
});

test("settings out of range are refused", () => {
  const refused = (m: Messages, refusal: Refusal) => {
    const node = new Node("router", port());
    assert.throws(
      () => node.configure(m),
      (e) => e instanceof ConfigRefused && e.refusal === refusal,
    );
  };
  const bad: Partial<AdvertiseSettings>[] = [
    { minIntervalMs: 29 },
    { minIntervalMs: 30, maxIntervalMs: 69 },
    { minIntervalMs: 2000, maxIntervalMs: 1999 },
    { maxIntervalMs: 1800001 },
    { routerLifetimeS: 9001 },
    { options: 4 },
    { options: 2, homeAgentLifetimeS: 0 },
    { mtu: 1279 },
    { mtu: 1501 },
  ];
  for (const o of bad) refused(advertise(o), Refusal.BAD_VALUE);
  refused(advertise({ port: 3 }), Refusal.NO_SUCH_PORT);
  const p = parseIp6("2001:db8::");
  refused(new Messages().prefix(0, p, 129, 0xc0, 60, 30), Refusal.BAD_VALUE);
  refused(new Messages().prefix(0, p, 64, 0xc0, 30, 60), Refusal.BAD_VALUE);
  refused(new Messages().prefix(0, parseIp6("fe80::"), 64, 0xc0, 60, 30), Refusal.BAD_VALUE);
  refused(new Messages().prefix(1, p, 64, 0xc0, 60, 30), Refusal.NO_SUCH_PORT);
  refused(new Messages().rdnss(0, 60, []), Refusal.BAD_VALUE);
  refused(new Messages().rdnss(0, 60, [p, p, p, p]), Refusal.BAD_VALUE);
});

/** A router with one link, its members PEER and NEAR, and a second router there for what is far. */
function oneArmed(): Node {
  const node = lan.lanNode("router");
  node.rx(0, lan.advertisement(lan.ROUTER, ME_LOCAL, lan.SOLICITED | lan.IS_ROUTER, lan.ROUTER.mac));
  node.sent();
  return node;
}

test("redirects: a neighbour that could send to the next hop itself is told so, and its packet goes on", () => {
  const node = oneArmed();
  const bytes = lan.udpFrame(PEER, { ip: FAR.ip, mac: ME.mac }, 40);
  node.rx(0, bytes);
  const [redirect, forwarded] = node.sent();
  assert.match(redirect.text, new RegExp(`^IP6 fe80::2 > ${PEER.ip} \\| ICMP6 redirect ${FAR.ip} to ${lan.ROUTER.ip}`));
  assert.ok(lan.sound(redirect.bytes));
  assert.deepEqual(redirect.bytes.subarray(14 + 40 + 40, 14 + 40 + 48), lla(2, lan.ROUTER.mac));
  assert.match(forwarded.text, new RegExp(`^IP6 ${PEER.ip} > ${FAR.ip} \\| UDP`));
  const near = "2001:db8:1::44";
  node.rx(0, lan.udpFrame(PEER, { ip: near, mac: ME.mac }, 40));
  assert.match(node.said(/redirect/)[0], new RegExp(`redirect ${near} to ${near}`));
});

test("redirects: none for who is no neighbour, none over 1280 bytes, ten a second at most", () => {
  const node = oneArmed();
  node.rx(0, lan.udpFrame({ ip: "2001:db8:9::1", mac: PEER.mac }, { ip: FAR.ip, mac: ME.mac }, 40));
  assert.deepEqual(node.said(/redirect/), []);
  node.rx(0, lan.udpFrame(PEER, { ip: FAR.ip, mac: ME.mac }, 1452));
  const [long] = node.sent(/redirect/);
  assert.ok(long.bytes.length - 14 <= 1280 && long.bytes.length - 14 > 1272);
  node.pass(2000).sent();
  let told = 0;
  for (let ms = 0; ms < 3000; ms += 10) {
    node.rx(0, lan.udpFrame(PEER, { ip: FAR.ip, mac: ME.mac }, 40));
    told += node.said(/redirect/).length;
    node.pass(10);
  }
  assert.ok(told >= 30 && told <= 40, `${told}`);
});
