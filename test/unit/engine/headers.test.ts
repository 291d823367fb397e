// Extension headers: RFC 8200 §4, RFC 5095, RFC 6275 §6.4; link and IPv6 header. Every drop has its counter and changes nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIp6 } from "../../../host-sim/core/address.js";
import * as frames from "../../bench/frames.js";
import * as lan from "../lib/lan.js";
import { ALL_NODES, be, concat, FAR, frame, icmp, ME, options, PEER, Protocol } from "../lib/lan.js";

const ECHO = icmp(PEER, ME, 128, 0, be(16, 1, 1));
const UDP = 17;

/** Sends a frame that must be dropped for `reason`, with nothing else changed; returns what was answered. */
function dropped(bytes: Uint8Array, reason: string, node = lan.lanNode()): string[] {
  const before = node.state();
  assert.deepEqual(
    node.dropsOf(() => node.rx(0, bytes)),
    { [reason]: 1 },
  );
  assert.deepEqual(node.state(), before);
  return node.said();
}
/** The same, and no answer. */
function silent(bytes: Uint8Array, reason: string): void {
  assert.deepEqual(dropped(bytes, reason), []);
}

test("link header: other stations, other types, frames too short or too long", () => {
  silent(lan.echo(PEER, { ip: ME.ip, mac: Uint8Array.of(2, 0, 0, 0, 0, 99) }), "NOT_OUR_MAC");
  silent(
    frames.ether(
      ME.mac,
      PEER.mac,
      Uint8Array.from({ length: 60 }, () => 0x45),
    ),
    "ETHERTYPE",
  );
  for (const n of [0, 1, 13]) silent(new Uint8Array(n), "SHORT_FRAME");
  silent(concat(lan.echo(PEER, ME), new Uint8Array(2000)), "TOO_BIG");
});

test("IPv6 header: lengths against the frame, ±1", () => {
  const good = lan.echo(PEER, ME, 20);
  for (const n of [14, 15, 53, good.length - 1]) silent(good.subarray(0, n), "BAD_IP6");
  for (const lie of [29, 0xffff]) {
    const bad = good.slice();
    bad.set(be(16, lie), 18);
    silent(bad, "BAD_IP6");
  }
  const version = good.slice();
  version[14] = 0x50;
  silent(version, "BAD_IP6");
});

test("IPv6 header: padding of the link behind the packet is cut off", () => {
  const node = lan.lanNode();
  node.rx(0, concat(lan.echo(PEER, ME, 2), new Uint8Array(30)));
  const [reply] = node.sent(/echo reply/);
  assert.equal(reply.bytes.length, 14 + 40 + 8 + 2);
});

test("sources and destinations that no packet has", () => {
  for (const ip of ["ff02::9", "::1", "::ffff:192.0.2.1", "::"]) {
    silent(lan.echo({ ip, mac: PEER.mac }, ME), "BAD_SOURCE");
  }
  for (const ip of ["::", "::1", "ff00::1"]) silent(lan.echo(PEER, { ip, mac: ME.mac }), "BAD_DESTINATION");
  silent(lan.echo(PEER, { ip: "2001:db8:1::77", mac: ME.mac }), "NOT_FOR_US");
  silent(lan.echo(PEER, { ip: "ff02::77", mac: Uint8Array.of(0x33, 0x33, 0, 0, 0, 0x77) }), "NOT_FOR_US");
});

test("echo to a group or to everybody's link address is not amplified", () => {
  silent(lan.echo(PEER, ALL_NODES), "BAD_DESTINATION");
  const node = lan.lanNode();
  node.rx(0, lan.echo(PEER, { ip: ME.ip, mac: ALL_NODES.mac }));
  assert.deepEqual(node.said(/./).length, 1, "one answer to one request that somebody put into a broadcast");
});

test("options: actions of unknown types, RFC 8200 §4.2", () => {
  const at = 42; // of the option in the packet
  const withOption = (type: number, to = ME) =>
    frame(PEER, to, Protocol.OPTIONS, concat(options(Protocol.ICMP6, type, 0), icmp(PEER, to, 128, 0, be(16, 1, 1))));
  const node = lan.lanNode();
  node.rx(0, withOption(0x1e));
  assert.match(node.said().join(), /echo reply/, "00: skip");
  silent(withOption(0x5e), "BAD_OPTION");
  for (const type of [0x9e, 0xde]) {
    const [said] = dropped(withOption(type), "BAD_OPTION");
    assert.match(said, new RegExp(`parameter problem: unrecognized option at ${at}`));
  }
  const [toMany] = dropped(withOption(0x9e, ALL_NODES), "BAD_OPTION");
  assert.match(toMany, /^IP6 2001:db8:1::2 > 2001:db8:1::9 \| ICMP6 parameter problem/, "10: also for a group");
  silent(withOption(0xde, ALL_NODES), "BAD_OPTION");
});

test("options: lengths past the end", () => {
  const header = (bytes: number[]) => frame(PEER, ME, Protocol.OPTIONS, concat(Uint8Array.from(bytes), ECHO));
  // PadN whose length passes the header by one, by far; an option cut off behind its type.
  silent(header([58, 0, 1, 5, 0, 0, 0, 0]), "BAD_OPTION");
  silent(header([58, 0, 1, 255, 0, 0, 0, 0]), "BAD_OPTION");
  silent(header([58, 0, 0, 0, 0, 0, 0, 1]), "BAD_OPTION");
  silent(frame(PEER, ME, Protocol.OPTIONS, Uint8Array.of(58, 1, 1, 4, 0, 0, 0, 0)), "BAD_EXT");
  silent(frame(PEER, ME, Protocol.OPTIONS, Uint8Array.of(58, 255, 1, 4, 0, 0, 0, 0)), "BAD_EXT");
  for (const n of [0, 1, 7]) silent(frame(PEER, ME, Protocol.HOP_BY_HOP, new Uint8Array(n)), "BAD_EXT");
});

test("hop-by-hop options anywhere but first are an unknown next header, RFC 8200 §4.3", () => {
  const chain = concat(options(Protocol.HOP_BY_HOP), options(Protocol.ICMP6), ECHO);
  const [said] = dropped(frame(PEER, ME, Protocol.OPTIONS, chain), "BAD_EXT");
  assert.match(said, /parameter problem: unrecognized next header at 40/);
});

test("unknown next header: the pointer names the byte that said it", () => {
  const [plain] = dropped(frame(PEER, ME, 253, new Uint8Array(8)), "UNKNOWN_PROTOCOL");
  assert.match(plain, /unrecognized next header at 6 /);
  const chained = frame(PEER, ME, Protocol.OPTIONS, concat(options(Protocol.OPTIONS), options(254), new Uint8Array(8)));
  assert.match(dropped(chained, "UNKNOWN_PROTOCOL")[0], /unrecognized next header at 48 /);
  silent(frame(PEER, ALL_NODES, 253, new Uint8Array(8)), "UNKNOWN_PROTOCOL");
  silent(frame(PEER, ME, 59, new Uint8Array(8)), "NO_NEXT_HEADER");
});

test("a chain of many headers ends at the limit", () => {
  const chain = (n: number) => {
    const headers = Array.from({ length: n }, (_, i) => options(i === n - 1 ? Protocol.ICMP6 : Protocol.OPTIONS));
    return frame(PEER, ME, Protocol.OPTIONS, concat(...headers, ECHO));
  };
  const node = lan.lanNode();
  node.rx(0, chain(15));
  assert.match(node.said().join(), /echo reply/);
  silent(chain(16), "TOO_MANY_HEADERS");
  silent(chain(150), "TOO_MANY_HEADERS");
});

const routing = (next: number, type: number, left: number, address: string, units = 2) =>
  concat(be(8, next, units, type, left), be(32, 0), parseIp6(address), new Uint8Array(units * 8 - 16));

test("routing header type 0 is an unknown one: Parameter Problem while segments are left, skipped without", () => {
  const [said] = dropped(
    frame(PEER, ME, Protocol.ROUTING, concat(routing(58, 0, 1, FAR.ip), ECHO)),
    "BAD_ROUTING_HEADER",
  );
  assert.match(said, /parameter problem: erroneous header field at 42 /);
  const node = lan.lanNode();
  node.rx(0, frame(PEER, ME, Protocol.ROUTING, concat(routing(58, 0, 0, FAR.ip), ECHO)));
  assert.match(node.said().join(), /echo reply/);
});

test("routing header type 2: segments left other than 1, a wrong length, an address that is no home address", () => {
  for (const left of [2, 255]) {
    const bad = frame(PEER, ME, Protocol.ROUTING, concat(routing(58, 2, left, ME.ip), ECHO));
    assert.match(dropped(bad, "BAD_ROUTING_HEADER")[0], /parameter problem: erroneous header field at 43 /);
  }
  const long = frame(PEER, ME, Protocol.ROUTING, concat(routing(58, 2, 1, ME.ip, 4), ECHO));
  assert.match(dropped(long, "BAD_ROUTING_HEADER")[0], /parameter problem/);
  for (const ip of [ME.ip, FAR.ip, "ff02::1", "fe80::2"]) {
    silent(frame(PEER, ME, Protocol.ROUTING, concat(routing(58, 2, 1, ip), ECHO)), "BAD_ROUTING_HEADER");
  }
});

test("UDP: length against the packet, zero and wrong checksums, no listener", () => {
  const good = lan.udp(PEER, ME, 12);
  const patched = (at: number, ...bytes: number[]) => {
    const u = good.slice();
    u.set(bytes, at);
    return frame(PEER, ME, UDP, u);
  };
  assert.match(dropped(frame(PEER, ME, UDP, good), "NO_LISTENER")[0], /port unreachable/);
  for (const n of [0, 1, 7]) silent(frame(PEER, ME, UDP, good.subarray(0, n)), "BAD_UDP");
  for (const length of [0, 7, 21, 0xffff]) silent(patched(4, length >> 8, length & 255), "BAD_UDP");
  silent(patched(6, 0, 0), "BAD_CHECKSUM");
  silent(patched(19, 1), "BAD_CHECKSUM");
});

test("a tunnel that nobody set up is not opened (CVE-2020-10136)", () => {
  const inner = frames.ip6(parseIp6(FAR.ip), parseIp6(ME.ip), Protocol.ICMP6, ECHO);
  silent(frame(PEER, ME, Protocol.IP6, inner), "TUNNEL_REFUSED");
  silent(frame(PEER, ME, Protocol.IP6, inner.subarray(0, 39)), "BAD_IP6");
});
