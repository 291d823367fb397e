// RFC 6535 §2.3.3 and the seeds' table 230: rows that are drawn, kept, recycled and refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Event } from "../../../../assembly/abi/event.js";
import { formatIp4, formatIp6, parseIp4, parseIp6 } from "../../../../host-sim/core/address.js";
import { Messages } from "../../../../host-sim/core/messages.js";
import { A, AAAA, message, name, question, readMessage, record } from "../../../reference/dns.js";
import { ICMP4, ICMP6, readIp4, readIp6, UDP, writeIp4, writeIp6 } from "../../../reference/ip.js";
import { echo, icmp, seal, udp } from "../../../reference/upper.js";
import { HOME4, HOME6, NAMES4, NAMES6, PEER4, PEER6, Rig } from "../../lib/translation-rig.js";

const HOUR = 3_600_000;

function stranger(n: number): Uint8Array {
  const address = parseIp6("2001:db8:5::");
  address[14] = n >> 8;
  address[15] = n;
  return address;
}
function from6(src: Uint8Array): Uint8Array {
  const ends = { src, dst: HOME6 };
  return writeIp6({ ...ends, next: UDP, payload: seal(ends, UDP, udp(1, 2, new Uint8Array(4))) });
}
function to4(dst: Uint8Array): Uint8Array {
  const ends = { src: HOME4, dst };
  return writeIp4({ ...ends, protocol: UDP, payload: seal(ends, UDP, udp(1, 2, new Uint8Array(4))) });
}

/** The application asks for a name whose AAAA is `address`; the A that it gets, if any. */
function resolve(rig: Rig, address: Uint8Array, id: number): Uint8Array | undefined {
  const owner = name("host.example");
  const ask = { src: HOME4, dst: NAMES4 };
  const query = message(id, 0x0100, { questions: [question(owner, A)] });
  rig.fromApplication(writeIp4({ ...ask, protocol: UDP, payload: seal(ask, UDP, udp(4000, 53, query)) }));
  const tell = { src: NAMES6, dst: HOME6 };
  const reply = message(id, 0x8180, { questions: [question(owner, AAAA)], answers: [record(owner, AAAA, address)] });
  const out = rig.fromNetwork(writeIp6({ ...tell, next: UDP, payload: seal(tell, UDP, udp(53, 4000, reply)) }));
  return readMessage(readIp4(out.application[0])!.payload.slice(8)).answers[0]?.data;
}

test("an unknown IPv6 source draws one address of the pool and keeps it (511); answers find the way back", () => {
  const rig = new Rig();
  const first = readIp4(rig.fromNetwork(from6(stranger(1))).application[0])!.src;
  const second = readIp4(rig.fromNetwork(from6(stranger(2))).application[0])!.src;
  assert.notDeepEqual(first, second);
  assert.deepEqual(readIp4(rig.fromNetwork(from6(stranger(1))).application[0])!.src, first);
  assert.deepEqual(readIp6(rig.fromApplication(to4(first)).network[0])!.dst, stranger(1));
  assert.deepEqual(readIp6(rig.fromApplication(to4(second)).network[0])!.dst, stranger(2));
});

test("drawn addresses lie in the pool and are neither its network nor its broadcast address, nor taken", () => {
  const rig = new Rig({ pool4: ["192.168.0.96", 28, 1] });
  const drawn = new Set<string>();
  for (let n = 0; n < 40; n++) {
    for (const packet of rig.fromNetwork(from6(stranger(n))).application) drawn.add(formatIp4(readIp4(packet)!.src));
  }
  assert.ok(drawn.size >= 11 && drawn.size <= 14, [...drawn].join(" "));
  for (const text of drawn) {
    const last = parseIp4(text)[3];
    assert.match(text, /^192\.168\.0\./);
    assert.ok(last > 96 && last < 111, text);
    assert.notEqual(last, PEER4[3]);
  }
});

test("the pool runs dry: counted, nothing comes out, live rows stay", () => {
  const rig = new Rig({ pool4: ["192.168.0.0", 28, 1] });
  const free = rig.buffersFree();
  let n = 0;
  while (rig.fromNetwork(from6(stranger(n))).application.length > 0) n++;
  assert.ok(n >= 11 && n <= 13, `${n} addresses of a /28 with the own one in it`);
  const rows = rig.rows();
  for (let k = n; k < n + 50; k++) {
    const out = rig.fromNetwork(from6(stranger(k)));
    assert.deepEqual(out.application, []);
    assert.deepEqual(out.drops, { POOL_EXHAUSTED: 1 });
  }
  assert.deepEqual(rig.rows(), rows);
  for (let k = 0; k < n; k++) assert.equal(rig.fromNetwork(from6(stranger(k))).application.length, 1);
  assert.equal(rig.buffersFree(), free);
});

test("the table runs full: the same, with the fixture in place", () => {
  const rig = new Rig();
  for (let n = 0; n < 100; n++) rig.fromNetwork(from6(stranger(n)));
  assert.equal(rig.rows().length, 32);
  assert.ok(rig.counters().POOL_EXHAUSTED >= 60);
  assert.equal(rig.virtual4(HOME6), formatIp4(HOME4));
  assert.equal(rig.virtual4(PEER6), formatIp4(PEER4));
});

test("rows in use stay while strangers flood; rows long idle are given up", () => {
  const rig = new Rig();
  const friend = stranger(9999);
  const address = readIp4(rig.fromNetwork(from6(friend)).application[0])!.src;
  for (let n = 0; n < 40; n++) rig.fromNetwork(from6(stranger(n)));
  // The friend's flow goes on, once a minute in one direction only, for a day; the strangers fell silent.
  for (let minute = 0; minute < 24 * 60; minute++) {
    rig.advance(60_000);
    assert.equal(rig.fromApplication(to4(address)).network.length, 1);
  }
  for (let n = 100; n < 120; n++)
    assert.equal(rig.fromNetwork(from6(stranger(n))).application.length, 1, `stranger ${n}`);
  assert.equal(rig.virtual4(friend), formatIp4(address));
});

test("recycled rows: an address that another host had leads to the new one only", () => {
  const rig = new Rig({ pool4: ["192.168.0.0", 29, 1], fixture: false });
  const drawn = new Map<string, number>();
  for (let n = 0; n < 20; n++) {
    const { application } = rig.fromNetwork(from6(stranger(n)));
    for (const packet of application) drawn.set(formatIp4(readIp4(packet)!.src), n);
    rig.advance(24 * HOUR);
  }
  for (const [ip4, n] of drawn) {
    const ends = { src: parseIp4(rig.virtual4(HOME6)!), dst: parseIp4(ip4) };
    const packet = writeIp4({ ...ends, protocol: UDP, payload: seal(ends, UDP, udp(1, 2, new Uint8Array(4))) });
    for (const sent of rig.fromApplication(packet).network) assert.deepEqual(readIp6(sent)!.dst, stranger(n));
  }
  const both = rig.rows();
  assert.equal(new Set(both.map((row) => row.ip4)).size, both.length);
  assert.equal(new Set(both.map((row) => row.ip6)).size, both.length);
});

test("without a pool an unknown source has no address, the fixture works", () => {
  const rig = new Rig({ pool4: ["10.0.0.0", 30, 1], fixture: true });
  assert.equal(rig.fromNetwork(from6(PEER6)).application.length, 1);
});

test("without a fixed row the home address draws on the pool, and the application is told", () => {
  const rig = new Rig({ fixture: false });
  const own = rig.virtual4(HOME6)!;
  assert.match(own, /^192\.168\.0\.\d+$/);
  const told = rig.events.filter((e) => e.kind === Event.APPLICATION);
  assert.deepEqual(
    told.map((e) => [e.a, e.code, e.x]),
    [[own, 4, 32]],
  );
  assert.ok(told[0].y >= 1280 - 20 && told[0].y <= 1440);
});

test("a renewal keeps the row and tells the application nothing new (507)", () => {
  const rig = new Rig();
  const rows = rig.rows();
  const told = () => rig.events.filter((e) => e.kind === Event.APPLICATION).length;
  const before = told();
  rig.configure(rig.registration());
  assert.deepEqual(rig.rows(), rows);
  assert.equal(told(), before);
});

test("another home address takes the place of the first: one own row, and the application is told", () => {
  const rig = new Rig();
  const other = parseIp6("2000:0:0:7::2000");
  rig.configure(rig.registration(other));
  const told = rig.events.filter((e) => e.kind === Event.APPLICATION);
  assert.deepEqual(
    told.map((e) => e.a),
    [formatIp4(HOME4), rig.virtual4(other)],
  );
  assert.deepEqual(
    rig
      .rows()
      .filter((row) => (row.flags & 1) !== 0)
      .map((row) => row.ip6),
    [formatIp6(other)],
  );
  assert.deepEqual(rig.fromApplication(to4(PEER4)).network, []);
});

test("an unknown IPv4 destination is unreachable unless the IPv6 pool is configured for literals", () => {
  const literal = parseIp4("198.51.100.7");
  for (const rig of [
    new Rig(),
    new Rig({ pool6: ["2001:db8:64::", 96] }),
    new Rig({ pool4: ["192.168.0.0", 24, 3] }),
  ]) {
    const out = rig.fromApplication(to4(literal));
    assert.deepEqual(out.network, []);
    const [told] = out.application.map((p) => readIp4(p)!);
    assert.deepEqual([told.protocol, told.payload[0]], [ICMP4, 3]);
    assert.equal(rig.rows().length, 2);
  }
  const rig = new Rig({ pool4: ["192.168.0.0", 24, 3], pool6: ["2001:db8:64::", 96] });
  assert.equal(formatIp6(readIp6(rig.fromApplication(to4(literal)).network[0])!.dst), "2001:db8:64::c633:6407");
  // The answer comes back from the literal itself.
  const answer = from6(parseIp6("2001:db8:64::c633:6407"));
  assert.deepEqual(readIp4(rig.fromNetwork(answer).application[0])!.src, literal);
});

test("a pool of IPv6 addresses drawn in order gives each literal its own", () => {
  const rig = new Rig({ pool4: ["192.168.0.0", 24, 3], pool6: ["2001:db8:77::", 64] });
  const drawn = new Map<string, Uint8Array>();
  for (let n = 1; n <= 10; n++) {
    const literal = parseIp4(`203.0.113.${n}`);
    const [sent] = rig.fromApplication(to4(literal)).network;
    const dst = readIp6(sent)!.dst;
    assert.match(formatIp6(dst), /^2001:db8:77:/);
    drawn.set(formatIp6(dst), literal);
    assert.deepEqual(readIp4(rig.fromNetwork(from6(dst)).application[0])!.src, literal);
  }
  assert.equal(drawn.size, 10);
});

test("addresses of the IPv4 pool that nobody drew are unreachable, also with literals configured", () => {
  const rig = new Rig({ pool4: ["192.168.0.0", 24, 3], pool6: ["2001:db8:64::", 96] });
  const out = rig.fromApplication(to4(parseIp4("192.168.0.200")));
  assert.deepEqual(out.network, []);
  assert.equal(out.application.length, 1);
});

test("a source with a literal's embedded address of a martian is not translated to it", () => {
  const rig = new Rig({ pool4: ["192.168.0.0", 24, 3], pool6: ["2001:db8:64::", 96] });
  for (const bad of ["127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.168.0.10", "192.168.0.100"]) {
    const src = parseIp6("2001:db8:64::");
    src.set(parseIp4(bad), 12);
    for (const packet of rig.fromNetwork(from6(src)).application) {
      assert.notEqual(formatIp4(readIp4(packet)!.src), bad);
    }
  }
});

test("fixed rows are set, kept, and refused when they contradict", () => {
  const rig = new Rig();
  const again = new Messages().translation(PEER6, PEER4);
  rig.configure(again);
  assert.equal(rig.rows().length, 2);
  for (const wrong of [
    new Messages().translation(PEER6, parseIp4("192.168.0.101")),
    new Messages().translation(stranger(1), PEER4),
  ]) {
    const before = rig.rows();
    try {
      rig.configure(wrong);
    } catch {
      // refused is one way, moved the other: never two rows with one address
    }
    const rows = rig.rows();
    assert.equal(new Set(rows.map((row) => row.ip4)).size, rows.length);
    assert.equal(new Set(rows.map((row) => row.ip6)).size, rows.length);
    assert.ok(rows.length <= before.length + 1);
  }
});

test("malformed messages are refused", () => {
  const rig = new Rig();
  for (const m of [
    new Messages().pool4(parseIp4("192.168.0.0"), 33, 1),
    new Messages().pool4(parseIp4("192.168.0.0"), 31, 1),
    new Messages().pool4(parseIp4("192.168.0.0"), 0, 1),
    new Messages().pool4(parseIp4("224.0.0.0"), 24, 1),
    new Messages().pool4(parseIp4("127.0.0.0"), 24, 1),
    new Messages().pool6(parseIp6("2001:db8::"), 97),
    new Messages().pool6(parseIp6("2001:db8::"), 129),
    new Messages().pool6(parseIp6("ff0e::"), 96),
    new Messages().translation(parseIp6("ff02::1"), parseIp4("192.168.0.7")),
    new Messages().translation(parseIp6("::"), parseIp4("192.168.0.7")),
    new Messages().translation(stranger(1), parseIp4("224.0.0.1")),
    new Messages().translation(stranger(1), parseIp4("127.0.0.1")),
    new Messages().translation(stranger(1), parseIp4("0.0.0.0")),
    new Messages().translation(stranger(1), parseIp4("255.255.255.255")),
  ]) {
    assert.throws(() => rig.configure(m), /refused/);
  }
});

test("strangers who fill the pool, and keep it full, do not keep the application from a new host", () => {
  const rig = new Rig({ dns: true });
  const flood = () => {
    for (let n = 0; n < 40; n++) rig.fromNetwork(from6(stranger(n)));
  };
  const friend = readIp4(rig.fromNetwork(from6(stranger(7000))).application[0])!.src;
  assert.equal(rig.fromApplication(to4(friend)).network.length, 1);
  for (let round = 0; round < 20; round++) {
    flood();
    const found = resolve(rig, stranger(500 + round), round);
    assert.ok(found);
    assert.deepEqual(readIp6(rig.fromApplication(to4(found)).network[0])!.dst, stranger(500 + round));
    rig.advance(1000);
  }
  assert.deepEqual(readIp6(rig.fromApplication(to4(friend)).network[0])!.dst, stranger(7000));
});

test("an address that was answered stays its host's for as long as the answer is remembered", () => {
  const rig = new Rig({ dns: true });
  const found = resolve(rig, stranger(500), 1);
  assert.ok(found);
  for (let second = 0; second < 60; second += 5) {
    for (let n = 0; n < 40; n++) rig.fromNetwork(from6(stranger(n + 40 * second)));
    for (let n = 0; n < 4; n++) resolve(rig, stranger(2000 + second * 4 + n), n);
    rig.advance(5000);
  }
  for (const sent of rig.fromApplication(to4(found)).network) assert.deepEqual(readIp6(sent)!.dst, stranger(500));
});

test("rows of literals that lie idle do not keep the pool from being recycled", () => {
  const rig = new Rig({ pool4: ["192.168.0.0", 29, 3], pool6: ["2001:db8:64::", 96], fixture: false });
  rig.fromNetwork(from6(stranger(1)));
  const own = parseIp4(rig.virtual4(HOME6)!);
  const ends = { src: own, dst: parseIp4("198.51.100.7") };
  rig.fromApplication(writeIp4({ ...ends, protocol: UDP, payload: seal(ends, UDP, udp(1, 2, new Uint8Array(4))) }));
  rig.advance(1000);
  for (let n = 2; n < 8; n++) rig.fromNetwork(from6(stranger(n)));
  rig.advance(24 * HOUR);
  assert.equal(rig.fromNetwork(from6(stranger(50))).application.length, 1);
});

test("floods of pings and errors from strangers leave the fixture's flow alone", () => {
  const rig = new Rig();
  for (let n = 0; n < 300; n++) {
    const ends = { src: stranger(n), dst: HOME6 };
    const ping = seal(ends, ICMP6, echo(128, 1, 1, new Uint8Array(8)));
    rig.fromNetwork(writeIp6({ ...ends, next: ICMP6, payload: ping }));
    const about = writeIp6({ src: HOME6, dst: stranger(n + 1000), next: UDP, payload: udp(1, 2, new Uint8Array(4)) });
    rig.fromNetwork(
      writeIp6({ ...ends, next: ICMP6, payload: seal(ends, ICMP6, icmp(1, 0, new Uint8Array(4), about)) }),
    );
    rig.advance(50);
  }
  assert.equal(rig.fromNetwork(from6(PEER6)).application.length, 1);
  assert.equal(rig.fromApplication(to4(PEER4)).network.length, 1);
});
