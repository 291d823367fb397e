// What a host must not believe: advertisements and redirects that break a rule (RFC 4861 §6.1.2, §8.1; threats of ICMPv6 and ND).
import assert from "node:assert/strict";
import { test } from "node:test";
import { PortKind } from "../../../assembly/abi/port.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import * as lan from "../lib/lan.js";
import { ALL_NODES, be, concat, FAR, lla, ME, nd, PEER, prefix, ROUTER, ra } from "../lib/lan.js";
import { Node } from "../lib/node.js";

const P1 = "2001:db8:1::";
/** A host on the link 2001:db8:1::/64 behind ROUTER with the extra address ME; everything has settled. */
function member(): Node {
  const settings = new Messages()
    .port(0, PortKind.ETHER, 1500, ME.mac)
    .host(0, { autoconfigure: true, optimistic: true, secret: new Uint8Array(32).fill(5) })
    .address(0, parseIp6(ME.ip), 64, 1);
  const node = new Node("host", settings);
  node.rx(0, ra(ROUTER, { options: [prefix(P1)] }), lan.solicitation(PEER, ME));
  node.pass(8000).sent();
  node.rx(0, ra(ROUTER, { options: [prefix(P1)] }), lan.solicitation(PEER, ME));
  node.sent();
  node.events();
  return node;
}
/** A frame that must be dropped for `reason` and change nothing. */
function refused(name: string, bytes: Uint8Array, reason: string, node = member()): void {
  const before = node.state();
  assert.deepEqual(
    node.dropsOf(() => node.rx(0, bytes)),
    { [reason]: 1 },
    name,
  );
  assert.deepEqual(node.state(), before, name);
  assert.deepEqual(node.said(), [], name);
  assert.deepEqual(node.events(), [], name);
}

const fixed = concat(be(8, 64, 0), be(16, 1800), be(32, 0, 0));
const evil = prefix("2001:db8:bad::");

test("advertisements that break a rule are dropped whole", () => {
  const adv = (body: Uint8Array, o: object = {}, from: lan.Station = ROUTER) => nd(from, ALL_NODES, 134, body, o);
  const whole = concat(fixed, evil);
  refused("hop limit 254", adv(whole, { hopLimit: 254 }), "ND_HOP_LIMIT");
  refused("hop limit 1", adv(whole, { hopLimit: 1 }), "ND_HOP_LIMIT");
  refused("code 1", adv(whole, { code: 1 }), "BAD_ND");
  refused("a global source", adv(whole, {}, PEER), "BAD_ND");
  for (const n of [4, 11]) refused(`${n} bytes`, adv(fixed.subarray(0, n)), "BAD_ND");
  refused("option of length 0", adv(concat(whole, be(8, 1, 0, 0, 0, 0, 0, 0, 0))), "BAD_ND");
  refused("option beyond the end", adv(concat(whole, be(8, 1, 9, 0, 0, 0, 0, 0, 0))), "BAD_ND");
  refused("half an option", adv(concat(whole, be(8, 1, 1, 0))), "BAD_ND");
  const broken = ra(ROUTER, { options: [evil] });
  broken[60] ^= 1;
  refused("checksum", broken, "BAD_CHECKSUM");
});

test("prefix lengths over 128, prefix options of another size, RDNSS of even length (CVE-2020-16898): the whole advertisement goes", () => {
  for (const length of [129, 200, 255]) {
    refused(`/${length}`, ra(ROUTER, { options: [prefix("2001:db8:bad::", { length })] }), "BAD_ND");
  }
  for (const units of [1, 3, 5]) {
    const option = concat(be(8, 3, units, 64, 0xc0), new Uint8Array(units * 8 - 4));
    refused(`prefix option of ${units} units`, ra(ROUTER, { options: [evil, option] }), "BAD_ND");
  }
  for (const units of [1, 2, 4, 6]) {
    const option = concat(be(8, 25, units, 0, 0), be(32, 60), new Uint8Array(units * 8 - 8).fill(0x20));
    refused(`RDNSS of ${units} units`, ra(ROUTER, { options: [evil, option] }), "BAD_ND");
  }
  refused("MTU option of 2 units", ra(ROUTER, { options: [evil, concat(be(8, 5, 2), new Uint8Array(14))] }), "BAD_ND");
  refused(
    "link address of 2 units",
    ra(ROUTER, { options: [evil, concat(be(8, 1, 2), new Uint8Array(14))] }),
    "BAD_ND",
  );
});

test("the hop limit has a floor; 0 means not said", () => {
  const hops = (advertised: number) => {
    const node = member();
    node.rx(0, ra(ROUTER, { hopLimit: advertised }));
    node.rx(0, lan.echo(PEER, ME));
    return node.sent(/echo reply/)[0].bytes[14 + 7];
  };
  assert.deepEqual([1, 8, 31, 32, 100, 255, 0].map(hops), [32, 32, 32, 32, 100, 255, 64]);
});

test("the MTU option: from 1280 to the link's, nothing else; a link that comes back has its own MTU", () => {
  const largest = (mtu: number) => {
    const node = member();
    node.rx(0, ra(ROUTER, { options: [concat(be(8, 5, 1), be(16, 0), be(32, mtu))] }));
    node.rx(0, lan.echo(PEER, ME, 1452));
    return Math.max(...node.sent(/> 2001:db8:1::9 /).map((f) => f.bytes.length - 14));
  };
  for (const ignored of [0, 68, 1279, 1501, 9000, 2 ** 31, 2 ** 32 - 1])
    assert.equal(largest(ignored), 1500, `${ignored}`);
  assert.ok(largest(1280) <= 1280 && largest(1280) > 1272);
  assert.ok(largest(1400) <= 1400 && largest(1400) > 1392);
});

test("timers: a retransmission timer of 1 ms makes no storm, one of weeks no silence", () => {
  for (const [retrans, least, most] of [
    [1, 2, 4],
    [0xffffffff, 1, 4],
  ]) {
    const node = member();
    node.rx(0, ra(ROUTER, { retrans, reachable: 0xffffffff }));
    node.rx(0, lan.echo({ ip: "2001:db8:1::55", mac: PEER.mac }, ME));
    node.pass(40000);
    const asked = node.said(/NS who has 2001:db8:1::55/).length;
    assert.ok(asked >= least && asked <= most, `${asked} solicitations`);
  }
});

const NEAR: lan.Station = { ip: "fe80::44", mac: Uint8Array.of(2, 0, 0, 0, 0, 0x44) };
/** A redirect for packets to `dst`: better by `target`. */
function redirect(
  from: lan.Station,
  target: string,
  dst: string,
  o: { to?: lan.Station; hopLimit?: number; code?: number; extra?: Uint8Array } = {},
) {
  const body = concat(be(32, 0), parseIp6(target), parseIp6(dst), o.extra ?? lla(2, NEAR.mac));
  return nd(from, o.to ?? ME, 137, body, { hopLimit: o.hopLimit ?? 255, code: o.code });
}

test("a redirect by the first hop: to another router, or the destination itself is on the link", () => {
  const node = member();
  node.rx(0, redirect(ROUTER, NEAR.ip, FAR.ip));
  assert.ok(node.routes().includes(`${FAR.ip}/128 > ${NEAR.ip} @0`));
  node.rx(0, lan.echo(FAR, ME));
  assert.deepEqual(node.sent(/echo reply/)[0].bytes.subarray(0, 6), NEAR.mac);
  const direct = member();
  direct.rx(0, redirect(ROUTER, FAR.ip, FAR.ip));
  assert.ok(direct.routes().includes(`${FAR.ip}/128 > :: @0`));
  assert.deepEqual(direct.drops(), {});
});

test("forged redirects: only the router that is the first hop now may send them, only towards the link", () => {
  const other = { ip: "fe80::66", mac: ROUTER.mac };
  refused("another station", redirect(other, NEAR.ip, FAR.ip), "BAD_REDIRECT");
  refused("a global source", redirect(PEER, NEAR.ip, FAR.ip), "BAD_REDIRECT");
  refused("a global target that is not the destination", redirect(ROUTER, PEER.ip, FAR.ip), "BAD_REDIRECT");
  refused("a group as destination", redirect(ROUTER, NEAR.ip, "ff02::1"), "BAD_REDIRECT");
  refused("a link-local destination", redirect(ROUTER, NEAR.ip, "fe80::9"), "BAD_REDIRECT");
  refused("what is on the link already", redirect(ROUTER, NEAR.ip, PEER.ip), "BAD_REDIRECT");
  refused("hop limit 254", redirect(ROUTER, NEAR.ip, FAR.ip, { hopLimit: 254 }), "ND_HOP_LIMIT");
  refused("code 1", redirect(ROUTER, NEAR.ip, FAR.ip, { code: 1 }), "BAD_ND");
  refused(
    "an option of length 0",
    redirect(ROUTER, NEAR.ip, FAR.ip, { extra: be(8, 2, 0, 0, 0, 0, 0, 0, 0) }),
    "BAD_ND",
  );
  const short = nd(ROUTER, ME, 137, concat(be(32, 0), parseIp6(NEAR.ip), parseIp6(FAR.ip).subarray(0, 15)));
  refused("cut off", short, "BAD_ND");
});

test("redirects are few, and end with their router, their target, or the link", () => {
  const flood = member();
  for (let i = 0; i < 50; i++) flood.rx(0, redirect(ROUTER, NEAR.ip, `2001:db8:8::${i + 1}`));
  const redirected = (node: Node) => node.routes().filter((r) => r.includes("/128 ")).length;
  assert.equal(redirected(flood), 4);
  for (const end of [
    (n: Node) => n.rx(0, ra(ROUTER, { lifetime: 0 })),
    (n: Node) => n.configure(new Messages().link(0, false)),
    (n: Node) => {
      n.rx(0, lan.echo({ ip: "2001:db8:8::9", mac: ROUTER.mac }, ME));
      n.pass(20000); // nobody answers for NEAR
    },
  ]) {
    const node = member();
    node.rx(0, redirect(ROUTER, NEAR.ip, "2001:db8:8::9"));
    assert.equal(redirected(node), 1);
    end(node);
    assert.equal(redirected(node), 0);
  }
});

test("router solicitations are for routers: a host drops them", () => {
  refused("RS", nd(PEER, ME, 133, be(32, 0)), "ICMP_UNKNOWN");
});
