// RFC 7915 §4.1, §5.1: the IP headers, both ways, on table 230's fixture.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseIp4, parseIp6 } from "../../../../host-sim/core/address.js";
import { bytes, ICMP6, readIp4, readIp6, UDP, writeIp4, writeIp6 } from "../../../reference/ip.js";
import { echo, seal, udp } from "../../../reference/upper.js";
import { agreeInbound, agreeOutbound } from "../../lib/translation-agree.js";
import { HOME4, HOME6, PEER4, PEER6, Rig, type RigOptions } from "../../lib/translation-rig.js";

const OUT = { src: HOME4, dst: PEER4 };
const IN = { src: PEER6, dst: HOME6 };
const data = (length: number) => Uint8Array.from({ length }, (_, i) => i * 7);
const outbound = (length = 20, more = {}) =>
  writeIp4({ ...OUT, protocol: UDP, payload: seal(OUT, UDP, udp(1000, 2000, data(length))), ...more });
const inbound = (length = 20, more = {}) =>
  writeIp6({ ...IN, next: UDP, payload: seal(IN, UDP, udp(2000, 1000, data(length))), ...more });

test("the fixture: 2000:0:0:7::1000 = 192.168.0.10, 2000:0:0:8::1001 = 192.168.0.100", () => {
  const rig = new Rig();
  const [sent] = rig.fromApplication(outbound()).network.map((p) => readIp6(p)!);
  assert.deepEqual([sent.src, sent.dst], [HOME6, PEER6]);
  const [received] = rig.fromNetwork(inbound()).application.map((p) => readIp4(p)!);
  assert.deepEqual([received.src, received.dst], [PEER4, HOME4]);
});

test("type of service and traffic class are each other, all eight bits", () => {
  const rig = new Rig();
  for (let tos = 0; tos < 256; tos++) {
    agreeOutbound(rig, outbound(20, { tos }));
    agreeInbound(rig, inbound(20, { trafficClass: tos }));
  }
});

test("the flow label is zero on the way out and forgotten on the way in", () => {
  const rig = new Rig();
  assert.equal(readIp6(rig.fromApplication(outbound()).network[0])?.flow, 0);
  agreeInbound(rig, inbound(20, { flow: 0xfedcb }));
});

test("time to live and hop limit fall by one; what would reach zero is answered by time exceeded", () => {
  const rig = new Rig();
  for (const hops of [255, 128, 64, 2]) {
    assert.equal(readIp6(rig.fromApplication(outbound(20, { ttl: hops })).network[0])?.hopLimit, hops - 1);
    assert.equal(readIp4(rig.fromNetwork(inbound(20, { hopLimit: hops })).application[0])?.ttl, hops - 1);
  }
  for (const hops of [1, 0]) {
    rig.advance(1000);
    assert.deepEqual(agreeOutbound(rig, outbound(20, { ttl: hops })), { problem: { type: 11, code: 0, word: 0 } });
    assert.deepEqual(agreeInbound(rig, inbound(20, { hopLimit: hops })), { problem: { type: 3, code: 0, word: 0 } });
  }
});

test("don't fragment is set on what is larger than 1260 bytes as IPv4 (§5.1)", () => {
  const rig = new Rig();
  for (const [length, df] of [
    [0, false],
    [1260 - 28, false],
    [1260 - 27, true],
    [1400, true],
  ] as const) {
    const [ip] = rig.fromNetwork(inbound(length)).application.map((p) => readIp4(p)!);
    assert.equal(ip.df, df, `${length} bytes of data`);
    assert.equal(ip.mf, false);
    assert.equal(ip.offset, 0);
  }
});

test("packets that may be fragmented further on do not share an identification", () => {
  const rig = new Rig();
  const ids = Array.from({ length: 50 }, () => readIp4(rig.fromNetwork(inbound(100)).application[0])!.id);
  assert.equal(new Set(ids).size, ids.length);
});

test("options are ignored; an unexpired source route is answered by source route failed (§4.1)", () => {
  const rig = new Rig();
  const plain = [
    [1, 1, 1, 0], // no operation, end
    [0x94, 4, 0, 0], // router alert
    [7, 7, 4, 0, 0, 0, 0, 0], // record route
    [0x44, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0], // timestamp
    [131, 7, 8, 10, 0, 0, 1, 0], // loose source route at its end
    [137, 3, 4, 1], // strict, empty and at its end
    Array.from({ length: 40 }, () => 1),
  ];
  for (const options of plain) {
    const out = rig.fromApplication(outbound(20, { options: Uint8Array.from(options) }));
    assert.deepEqual(out.network, rig.fromApplication(outbound()).network, `options ${options}`);
  }
  for (const options of [
    [131, 7, 4, 10, 0, 0, 1, 0],
    [137, 7, 4, 10, 0, 0, 1, 0],
    [1, 131, 7, 4, 10, 0, 0, 1],
    [0x94, 4, 0, 0, 137, 11, 8, 1, 1, 1, 1, 2, 2, 2, 2, 0],
  ]) {
    rig.advance(1000);
    const expected = agreeOutbound(rig, outbound(20, { options: Uint8Array.from(options) }));
    assert.deepEqual(expected, { problem: { type: 3, code: 5, word: 0 } });
  }
});

test("options with impossible lengths pass or fall, but do not trap", () => {
  const rig = new Rig();
  for (const options of [
    [131, 0, 4, 0],
    [131, 1, 4, 0],
    [131, 2, 4, 0],
    [131, 255, 4, 0],
    [7, 0, 0, 0],
    [1, 1, 1, 131],
    [1, 1, 131, 3],
  ]) {
    rig.fromApplication(outbound(20, { options: Uint8Array.from(options) }));
  }
  assert.equal(rig.buffersFree(), new Rig().buffersFree());
});

test("extension headers of the IPv6 packet are skipped (§5.1)", () => {
  const rig = new Rig();
  const upper = seal(IN, UDP, udp(2000, 1000, data(9)));
  const padding = (next: number) => Uint8Array.of(next, 0, 1, 4, 0, 0, 0, 0);
  const hopByHopAndOptions = bytes(padding(60), padding(UDP), upper);
  const [ip] = rig
    .fromNetwork(writeIp6({ ...IN, next: 0, payload: hopByHopAndOptions }))
    .application.map((p) => readIp4(p)!);
  assert.equal(ip.protocol, UDP);
  assert.equal(ip.totalLength, 20 + upper.length);
  assert.deepEqual(
    rig.fromNetwork(writeIp6({ ...IN, next: 60, payload: bytes(padding(UDP), upper) })).application.length,
    1,
  );
  const spent = Uint8Array.of(UDP, 2, 0, 0, ...new Uint8Array(20));
  assert.equal(rig.fromNetwork(writeIp6({ ...IN, next: 43, payload: bytes(spent, upper) })).application.length, 1);
});

test("a routing header with segments left is answered by a parameter problem, by the node itself: RFC 8200 §4.4", () => {
  const rig = new Rig();
  const routing = Uint8Array.of(UDP, 2, 0, 1, ...new Uint8Array(20));
  const packet = writeIp6({ ...IN, next: 43, payload: bytes(routing, seal(IN, UDP, udp(1, 2, data(4)))) });
  const out = rig.fromNetwork(packet);
  assert.deepEqual(out.application, []);
  const icmp = readIp6(out.network[0])!.payload;
  assert.deepEqual([...icmp.subarray(0, 2), ...icmp.subarray(4, 8)], [4, 0, 0, 0, 0, 42]);
});

test("IPv4 that is cut short, too long, mis-summed or of another version falls", () => {
  const rig = new Rig();
  const sound = outbound(20);
  for (let length = 0; length < sound.length; length++) {
    const out = rig.fromApplication(sound.subarray(0, length));
    assert.deepEqual([out.network.length, out.application.length], [0, 0], `${length} bytes`);
  }
  for (let version = 0; version < 16; version++) {
    if (version === 4) continue;
    const packet = sound.slice();
    packet[0] = (version << 4) | 5;
    assert.deepEqual(rig.fromApplication(packet).network, []);
  }
  for (let words = 0; words < 16; words++) {
    const packet = sound.slice();
    packet[0] = 0x40 | words;
    if (words !== 5) agreeOutbound(rig, packet);
  }
  const summed = sound.slice();
  summed[10] ^= 1;
  agreeOutbound(rig, summed);
});

test("link padding behind the IPv4 packet is not translated", () => {
  const rig = new Rig();
  const padded = bytes(outbound(3), data(11));
  assert.deepEqual(rig.fromApplication(padded).network, rig.fromApplication(outbound(3)).network);
});

test("sources that are not the application's own fall", () => {
  const rig = new Rig();
  for (const src of ["192.168.0.11", "192.168.0.100", "127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1"]) {
    const ends = { src: parseIp4(src), dst: PEER4 };
    const out = rig.fromApplication(writeIp4({ ...ends, protocol: UDP, payload: seal(ends, UDP, udp(1, 2, data(3))) }));
    assert.deepEqual([out.network, out.application], [[], []], src);
    assert.equal(Object.keys(out.drops).length, 1, src);
  }
});

test("martian, multicast and broadcast destinations draw nothing and go nowhere", () => {
  const withLiterals: RigOptions = { pool4: ["192.168.0.0", 24, 3], pool6: ["2001:db8:64::", 96] };
  for (const options of [{}, withLiterals]) {
    const rig = new Rig(options);
    const rows = rig.rows();
    for (const dst of [
      "0.0.0.0",
      "0.1.2.3",
      "127.0.0.1",
      "127.255.0.1",
      "169.254.1.1",
      "224.0.0.1",
      "224.0.0.251",
      "239.255.255.250",
      "240.0.0.1",
      "255.255.255.255",
      "192.168.0.255",
      "192.168.0.0",
    ]) {
      rig.advance(1000);
      const ends = { src: HOME4, dst: parseIp4(dst) };
      const out = rig.fromApplication(
        writeIp4({ ...ends, protocol: UDP, payload: seal(ends, UDP, udp(1, 2, data(3))) }),
      );
      assert.deepEqual(out.network, [], dst);
      assert.ok(out.application.length <= 1, dst);
      assert.ok(Object.keys(out.drops).length > 0, dst);
    }
    // RFC 1122 §3.2.2: no error answers a packet to a multicast or broadcast address.
    for (const dst of ["224.0.0.251", "255.255.255.255"]) {
      const ends = { src: HOME4, dst: parseIp4(dst) };
      const out = rig.fromApplication(
        writeIp4({ ...ends, protocol: UDP, payload: seal(ends, UDP, udp(1, 2, data(3))) }),
      );
      assert.deepEqual(out.application, [], dst);
    }
    assert.deepEqual(rig.rows(), rows);
  }
});

test("IPv6 for others is not translated, and sources no node may have draw nothing", () => {
  const rig = new Rig();
  const rows = rig.rows();
  for (const [src, dst] of [
    ["2000:0:0:8::1001", "2000:0:0:7::1001"],
    ["2000:0:0:8::1001", "ff02::1"],
    ["2000:0:0:8::1001", "ff0e::1"],
    ["2000:0:0:8::1001", "fe80::1"],
    ["ff02::1", "2000:0:0:7::1000"],
    ["::", "2000:0:0:7::1000"],
    ["::1", "2000:0:0:7::1000"],
    ["::ffff:10.0.0.1", "2000:0:0:7::1000"],
    ["fe80::77", "2000:0:0:7::1000"],
    ["2000:0:0:7::1000", "2000:0:0:7::1000"],
  ]) {
    const ends = { src: parseIp6(src), dst: parseIp6(dst) };
    for (const [next, upper] of [
      [UDP, udp(1, 2, data(3))],
      [ICMP6, echo(128, 1, 1, data(4))],
    ] as const) {
      const { application } = rig.fromNetwork(writeIp6({ ...ends, next, payload: seal(ends, next, upper) }));
      assert.deepEqual(application, [], `${src} → ${dst}`);
    }
  }
  assert.deepEqual(rig.rows(), rows);
});

test("numbers that mean something else in the other family do not pass: no raw ICMP from strangers, no raw neighbour discovery", () => {
  const rig = new Rig();
  for (const protocol of [0, 43, 44, 58, 60, 135]) {
    assert.ok(
      "dropped" in agreeOutbound(rig, writeIp4({ ...OUT, protocol, payload: data(64) })),
      `protocol ${protocol}`,
    );
  }
  for (const next of [1, 2]) {
    const redirect = Uint8Array.of(5, 1, 0, 0, 192, 168, 0, 66, ...new Uint8Array(28));
    assert.ok("dropped" in agreeInbound(rig, writeIp6({ ...IN, next, payload: redirect })), `next header ${next}`);
  }
});

test("other upper layers pass as they are, both ways", () => {
  const rig = new Rig();
  fc.assert(
    fc.property(fc.constantFrom(33, 47, 99, 132, 136, 253), fc.uint8Array({ maxLength: 300 }), (protocol, payload) => {
      agreeOutbound(rig, writeIp4({ ...OUT, protocol, payload }));
      agreeInbound(rig, writeIp6({ ...IN, next: protocol, payload }));
    }),
  );
});
