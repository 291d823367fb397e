// The host role: addresses from advertisements, routers, prefixes, what ends them (RFC 4861 §6.3, RFC 4862, RFC 4429, RFC 7217).
import assert from "node:assert/strict";
import { test } from "node:test";
import { PortKind } from "../../../assembly/abi/port.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import * as lan from "../lib/lan.js";
import { be, concat, ME, prefix, ROUTER, ra } from "../lib/lan.js";
import { Node } from "../lib/node.js";

const SECOND: lan.Station = { ip: "fe80::11", mac: Uint8Array.of(2, 0, 0, 0, 0, 0x11) };
const P1 = "2001:db8:1::";
const P2 = "2001:db8:2::";

interface Options {
  optimistic?: boolean;
  autoconfigure?: boolean;
  secret?: number;
  mac?: Uint8Array;
}
function settings({ optimistic = true, autoconfigure = true, secret = 5, mac = ME.mac }: Options = {}): Messages {
  return new Messages()
    .port(0, PortKind.ETHER, 1500, mac)
    .host(0, { autoconfigure, optimistic, secret: new Uint8Array(32).fill(secret) });
}
const host = (options?: Options) => new Node("host", settings(options));
/** A host that has its link-local address and has said all it says at start. */
function settled(options?: Options): Node {
  const node = host(options);
  node.pass(3000).sent();
  node.events();
  return node;
}
const global = (node: Node) => node.addresses().filter((a) => a.startsWith("2001:"));
const state = (node: Node) => global(node).map((a) => a.split(" ")[1]);
const down = new Messages().link(0, false);
const up = new Messages().link(0, true);

test("boot: a link-local address and a router solicitation in the same call", () => {
  const node = host();
  const said = node.said();
  assert.match(said[0], /^IP6 :: > ff02::1:ff\S+ \| ICMP6 NS who has fe80::\S+ \(DAD\)$/);
  assert.match(said[1], /^IP6 fe80::\S+ > ff02::2 \| ICMP6 RS$/);
  assert.equal(said.length, 2);
});

test("boot without optimistic DAD: the solicitation comes from ::", () => {
  const node = host({ optimistic: false });
  assert.equal(node.said(/RS/)[0], "IP6 :: > ff02::2 | ICMP6 RS");
  node.pass(1000);
  assert.match(node.addresses()[0], /^fe80::\S+\/64 PREFERRED$/);
});

test("solicitations: three at four seconds, then slower, an hour at most; none after a router answered", () => {
  const node = host();
  const start = node.now;
  node.pass(24 * 3600000);
  const at = node.sent(/RS/).map((f) => f.at - start);
  assert.deepEqual(at.slice(0, 3), [0, 4000, 8000]);
  const gaps = at.slice(1).map((t, i) => t - at[i]);
  for (const [i, gap] of gaps.slice(2).entries()) {
    const middle = Math.min(4000 * 2 ** (i + 1), 3600000);
    assert.ok(gap >= 0.9 * Math.min(4000 * 2 ** i, middle) && gap <= 1.1 * 3600000, `${gap}`);
  }
  assert.ok(gaps.at(-1)! > 3000000);
  node.rx(0, ra(ROUTER));
  node.sent();
  node.pass(1700000);
  assert.deepEqual(node.said(/RS/), []);
});

test("an optimistic host's solicitation names its link address only when the address is settled (RFC 4429 §3.2)", () => {
  const node = host();
  assert.equal(node.sent(/RS/)[0].bytes.length, 14 + 40 + 8);
  node.pass(4000);
  const [later] = node.sent(/RS/);
  assert.deepEqual(later.bytes.subarray(-8), concat(be(8, 1, 1), ME.mac));
});

test("an advertisement makes an address that is usable in the same call, a router, a route", () => {
  const node = settled();
  node.rx(0, ra(ROUTER, { options: [prefix(P1)] }));
  assert.deepEqual(state(node), ["OPTIMISTIC"]);
  assert.deepEqual(node.routes(), [`${P1}/64 > :: @0`, `::/0 > ${ROUTER.ip} @0`]);
  assert.deepEqual(node.neighbours(), [`${ROUTER.ip} STALE`]);
  const [router, address] = node.events();
  assert.equal(router, `ROUTER came ${ROUTER.ip}`);
  assert.match(address, /^ADDRESS OPTIMISTIC 2001:db8:1:0:/);
  const mine = global(node)[0].split("/")[0];
  node.sent();
  node.rx(0, lan.echo(lan.FAR, { ip: mine, mac: ME.mac }));
  assert.equal(node.said(/echo reply/).length, 1);
  node.pass(1000);
  assert.deepEqual(state(node), ["PREFERRED"]);
});

test("without optimistic DAD the address waits a second; probes after a multicast advertisement are spread", () => {
  const node = settled({ optimistic: false });
  node.rx(0, ra(ROUTER, { options: [prefix(P1)] }));
  assert.deepEqual(state(node), ["TENTATIVE"]);
  node.pass(2000);
  assert.deepEqual(state(node), ["PREFERRED"]);
  const other = settled({ optimistic: false });
  other.rx(0, ra(ROUTER, { options: [prefix(P1)], to: { ip: other.addresses()[0].split("/")[0], mac: ME.mac } }));
  assert.equal(other.said(/DAD/).length, 1, "an answer to this host alone: at once");
});

test("identifiers: stable on a link, different by prefix, secret and interface (RFC 7217)", () => {
  const made = (p: string, options?: Options) => {
    const node = settled(options);
    node.rx(0, ra(ROUTER, { options: [prefix(p)] }));
    return global(node)[0].split("/")[0].split(":").slice(-4).join(":");
  };
  assert.equal(made(P1), made(P1));
  const all = [made(P1), made(P2), made(P1, { secret: 6 }), made(P1, { mac: Uint8Array.of(2, 0, 0, 0, 0, 3) })];
  assert.equal(new Set(all).size, all.length);
});

test("a duplicate: another identifier, three times; then the address stays a duplicate", () => {
  const node = settled();
  node.rx(0, ra(ROUTER, { options: [prefix(P1, { valid: 0xffffffff })] }));
  const tried: string[] = [];
  for (let i = 0; i < 4; i++) {
    const [address, how] = global(node)[0].split(" ");
    const ip = address.split("/")[0];
    assert.equal(how, "OPTIMISTIC", `try ${i}`);
    assert.ok(!tried.includes(ip));
    tried.push(ip);
    node.rx(0, lan.advertisement({ ip, mac: SECOND.mac }, lan.ALL_NODES, lan.OVERRIDE, SECOND.mac));
    assert.ok(node.events("DUPLICATE").includes(`DUPLICATE ${ip}`));
    node.pass(10);
  }
  assert.deepEqual(state(node), ["DUPLICATE"]);
  node.pass(60000);
  assert.deepEqual(state(node), ["DUPLICATE"]);
});

test("the two-hour rule (RFC 4862 §5.5.3 (e)): nobody ends an address at once", () => {
  const hours = 3600;
  // remaining seconds, advertised, what is left (seconds)
  for (const [first, then, left] of [
    [5 * hours, 3 * hours, 3 * hours],
    [5 * hours, 1 * hours, 2 * hours],
    [5 * hours, 0, 2 * hours],
    [1 * hours, 1800, 1 * hours],
    [1 * hours, 0, 1 * hours],
    [1 * hours, 90 * 60, 90 * 60],
    [0xffffffff, 10, 2 * hours],
  ]) {
    const node = settled();
    node.rx(0, ra(ROUTER, { options: [prefix(P1, { valid: first })] }));
    node.rx(0, ra(ROUTER, { options: [prefix(P1, { valid: then })] }));
    node.pass((left - 1) * 1000);
    assert.equal(global(node).length, 1, `${first} s, then ${then} s: still there at ${left - 1} s`);
    node.pass(2000);
    assert.equal(global(node).length, 0, `${first} s, then ${then} s: gone after ${left} s`);
  }
});

test("lifetimes: deprecated, renewed, ended; a router's end", () => {
  const node = settled();
  const advert = (o: object, lifetime = 9000) => node.rx(0, ra(ROUTER, { lifetime, options: [prefix(P1, o)] }));
  advert({ valid: 200, preferred: 100 });
  node.pass(99000);
  assert.deepEqual(state(node), ["PREFERRED"]);
  node.pass(1500);
  assert.deepEqual(state(node), ["DEPRECATED"]);
  advert({ valid: 8000, preferred: 7500 });
  assert.deepEqual(state(node), ["PREFERRED"]);
  node.pass(7501000);
  assert.deepEqual(state(node), ["DEPRECATED"]);
  node.pass(500000);
  assert.deepEqual(state(node), []);
  assert.deepEqual(node.routes(), [`::/0 > ${ROUTER.ip} @0`]);
  node.events();
  node.pass(1000000);
  assert.deepEqual(node.routes(), []);
  assert.deepEqual(node.events("ROUTER"), [`ROUTER went ${ROUTER.ip}`]);
  assert.ok(node.said(/RS/).length > 0, "it looks for another");
});

test("prefix options that make no address: lengths, link-local, groups, preferred beyond valid, no A; no route without L", () => {
  const cases: [string, Uint8Array, string[]][] = [
    ["/63", prefix("2001:db8:4::", { length: 63 }), ["2001:db8:4::/63 > :: @0"]],
    ["/65", prefix(P1, { length: 65 }), [`${P1}/65 > :: @0`]],
    ["/128", prefix(P1, { length: 128 }), [`${P1}/128 > :: @0`]],
    ["link-local", prefix("fe80::"), []],
    ["group", prefix("ff02::"), []],
    ["preferred beyond valid", prefix(P1, { flags: 0x40, valid: 10, preferred: 11 }), []],
    ["valid 0", prefix(P1, { valid: 0 }), []],
    ["only L", prefix(P1, { flags: 0x80 }), [`${P1}/64 > :: @0`]],
    ["neither", prefix(P1, { flags: 0 }), []],
  ];
  for (const [name, option, routes] of cases) {
    const node = settled();
    node.rx(0, ra(ROUTER, { options: [option] }));
    assert.deepEqual(global(node), [], name);
    assert.deepEqual(node.routes(), [...routes, `::/0 > ${ROUTER.ip} @0`].sort(), name);
  }
  const only = settled();
  only.rx(0, ra(ROUTER, { options: [prefix(P1, { flags: 0x40 })] }));
  assert.deepEqual(only.routes(), [`::/0 > ${ROUTER.ip} @0`]);
  assert.equal(global(only).length, 1, "an address without its prefix on the link");
});

test("two routers: preference decides, an unreachable one gives way, one that answers again is taken back", () => {
  const node = settled();
  const route = () =>
    node
      .routes()
      .find((r) => r.startsWith("::/0"))
      ?.split(" ")[2];
  node.rx(0, ra(ROUTER));
  node.rx(0, ra(SECOND, { flags: 0x08 }));
  assert.equal(route(), SECOND.ip, "high before medium (RFC 4191)");
  node.rx(0, ra(SECOND, { flags: 0x18 }));
  assert.equal(route(), ROUTER.ip, "medium before low");
  // Traffic to the router starts unreachability detection; nobody answers.
  node.rx(0, ra(ROUTER, { options: [prefix(P1)] }));
  const mine = global(node)[0].split("/")[0];
  node.rx(0, lan.echo(lan.FAR, { ip: mine, mac: ME.mac }));
  node.pass(9000);
  assert.equal(route(), SECOND.ip);
  assert.ok(node.events("UNREACHABLE").includes(`UNREACHABLE ${ROUTER.ip}`));
  node.rx(0, ra(ROUTER));
  assert.equal(route(), ROUTER.ip);
  node.rx(0, ra(ROUTER, { lifetime: 0 }));
  assert.equal(route(), SECOND.ip, "a lifetime of 0 is the end of a router");
});

test("a router that says it is none any more (R cleared, RFC 4861 §7.2.5) is no default router", () => {
  const node = settled();
  node.rx(0, ra(ROUTER, { options: [prefix(P1)] }));
  node.events();
  node.rx(0, lan.advertisement(ROUTER, lan.ALL_NODES, lan.OVERRIDE, ROUTER.mac));
  assert.deepEqual(node.routes(), [`${P1}/64 > :: @0`]);
  assert.deepEqual(node.events("ROUTER"), [`ROUTER went ${ROUTER.ip}`]);
});

test("link down: everything learnt is forgotten; link up: it starts again at once", () => {
  const node = settled();
  node.rx(0, ra(ROUTER, { options: [prefix(P1), rdnss(60, "2001:db8::53")] }));
  node.configure(down);
  assert.deepEqual(node.state(), { addresses: [], routes: [], neighbours: [] });
  assert.deepEqual(node.events("DNS"), ["DNS 2001:db8::53", "DNS 2001:db8::53"]);
  node.pass(5000);
  assert.deepEqual(node.said(/RS/), []);
  node.configure(up);
  assert.equal(node.said(/RS/).length, 1);
  node.rx(0, ra(SECOND, { options: [prefix(P2)] }));
  assert.deepEqual(node.routes(), [`${P2}/64 > :: @0`, `::/0 > ${SECOND.ip} @0`]);
  assert.equal(global(node).length, 1);
});

test("the same router address with another link address and other prefixes is another link", () => {
  const node = settled();
  node.rx(0, ra(ROUTER, { options: [prefix(P1)] }));
  node.pass(2000).events();
  node.rx(0, ra({ ip: ROUTER.ip, mac: SECOND.mac }, { options: [prefix(P2)] }));
  assert.deepEqual(node.routes(), [`${P2}/64 > :: @0`, `::/0 > ${ROUTER.ip} @0`]);
  assert.match(global(node).join(), /^2001:db8:2:0:\S+ OPTIMISTIC$/);
  assert.deepEqual(
    node.events("ROUTER").map((e) => e.split(" ")[1]),
    ["went", "came"],
  );
});

test("addresses and prefixes by the hundred leave room: fixed tables, the first stay", () => {
  const node = settled();
  node.rx(0, ra(ROUTER, { options: [prefix(P1)] }));
  const first = global(node)[0];
  for (let i = 0; i < 200; i++) {
    const forged = { ip: `fe80::${(0x100 + i).toString(16)}`, mac: SECOND.mac };
    node.rx(0, ra(forged, { options: [prefix(`2001:db8:${(0x100 + i).toString(16)}::`)] }));
  }
  assert.ok(global(node).includes(first));
  assert.equal(global(node).length, 4);
  assert.ok(node.routes().includes(`::/0 > ${ROUTER.ip} @0`), "the first router stays the router");
});

test("a host that does not autoconfigure has a link-local address, asks nobody and believes nobody", () => {
  const node = host({ autoconfigure: false });
  node.pass(20000);
  assert.deepEqual(node.said(/RS/), []);
  node.rx(0, ra(ROUTER, { options: [prefix(P1)] }));
  assert.deepEqual(node.routes(), []);
  assert.equal(node.addresses().length, 1);
});

function rdnss(lifetime: number, ...servers: string[]): Uint8Array {
  return concat(be(8, 25, 1 + 2 * servers.length, 0, 0), be(32, lifetime), ...servers.map(parseIp6));
}

test("name servers are told when they come and when they end, not with every advertisement", () => {
  const node = settled();
  const dns = () => node.events("DNS");
  node.rx(0, ra(ROUTER, { options: [rdnss(60, "2001:db8::53", "2001:db8::54")] }));
  assert.deepEqual(dns(), ["DNS 2001:db8::53", "DNS 2001:db8::54"]);
  node.rx(0, ra(ROUTER, { options: [rdnss(60, "2001:db8::53")] }));
  assert.deepEqual(dns(), []);
  node.pass(50000);
  node.rx(0, ra(ROUTER, { options: [rdnss(60, "2001:db8::53")] }));
  node.pass(20000);
  assert.deepEqual(dns(), ["DNS 2001:db8::54"]);
  node.rx(0, ra(ROUTER, { options: [rdnss(0, "2001:db8::53")] }));
  assert.deepEqual(dns(), ["DNS 2001:db8::53"]);
});

test("two links: each has its addresses; when one goes, the other's router takes over", () => {
  const other = Uint8Array.of(2, 0, 0, 0, 1, 2);
  const secret = new Uint8Array(32).fill(5);
  const node = new Node(
    "host",
    settings().port(1, PortKind.ETHER, 1500, other).host(1, { autoconfigure: true, optimistic: true, secret }),
  );
  node.pass(3000).sent();
  node.rx(0, ra(ROUTER, { options: [prefix(P1)] }));
  node.rx(1, ra({ ip: ROUTER.ip, mac: SECOND.mac }, { options: [prefix(P2)] }));
  assert.deepEqual(node.routes(), [`${P1}/64 > :: @0`, `${P2}/64 > :: @1`, `::/0 > ${ROUTER.ip} @0`]);
  const second = global(node).find((a) => a.startsWith("2001:db8:2:"))!;
  node.pass(2000).sent();
  node.configure(down);
  assert.deepEqual(node.routes(), [`${P2}/64 > :: @1`, `::/0 > ${ROUTER.ip} @1`]);
  assert.deepEqual(global(node), [second.replace("OPTIMISTIC", "PREFERRED")]);
  node.rx(1, lan.echo(lan.FAR, { ip: second.split("/")[0], mac: other }));
  assert.deepEqual(
    node.sent(/echo reply/).map((f) => f.port),
    [1],
  );
  node.configure(up);
  assert.deepEqual(
    node.sent(/ RS/).map((f) => f.port),
    [0],
    "the other link has its router and is not asked again",
  );
});
test("an address by hand stays while advertised ones come and go beside it", () => {
  const n = new Node(
    "host",
    new Messages()
      .port(0, PortKind.ETHER, 1500, lan.ME.mac)
      .host(0, { autoconfigure: true, optimistic: false, secret: new Uint8Array(32).fill(3) })
      .address(0, parseIp6("2001:db8:77::1"), 64, 1),
  );
  n.pass(3000);
  n.rx(0, lan.ra(lan.ROUTER, { options: [lan.prefix("2001:db8:1::", { valid: 20, preferred: 10 })] }));
  n.pass(3000);
  assert.equal(n.addresses().length, 3, "link-local, advertised, by hand");
  n.pass(30_000);
  const left = n.addresses();
  assert.equal(left.length, 2, "the advertised one has ended");
  assert.ok(left.includes("2001:db8:77::1/64 PREFERRED"), left.join(", "));
});
