// RFC 7915 §4.3, §5.3: the packet that an ICMP error quotes.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytes, ICMP4, ICMP6, readIp4, readIp6, TCP, UDP, writeIp4, writeIp6 } from "../../../reference/ip.js";
import { echo, icmp, seal, tcp, udp, upperFaults } from "../../../reference/upper.js";
import { agreeInbound, agreeOutbound } from "../../lib/translation-agree.js";
import { HOME4, HOME6, PEER4, PEER6, Rig } from "../../lib/translation-rig.js";

const OUT = { src: HOME4, dst: PEER4 };
const IN = { src: PEER6, dst: HOME6 };
const BACK4 = { src: PEER4, dst: HOME4 };
const BACK6 = { src: HOME6, dst: PEER6 };
const NONE = new Uint8Array(4);

/** The application's error that quotes `quoted`. */
const about4 = (quoted: Uint8Array, type = 3, code = 3) =>
  writeIp4({ ...OUT, df: true, protocol: ICMP4, payload: seal(OUT, ICMP4, icmp(type, code, NONE, quoted)) });
const about6 = (quoted: Uint8Array, type = 1, code = 4) =>
  writeIp6({ ...IN, next: ICMP6, payload: seal(IN, ICMP6, icmp(type, code, NONE, quoted)) });

const uppers4 = (length: number): [number, Uint8Array][] => [
  [UDP, seal(BACK4, UDP, udp(53, 99, new Uint8Array(length).fill(0x5a)))],
  [TCP, seal(BACK4, TCP, tcp(80, 99, new Uint8Array(length).fill(0x5a)))],
  [ICMP4, seal(BACK4, ICMP4, echo(0, 7, 8, new Uint8Array(length).fill(0x5a)))],
  [47, new Uint8Array(length).fill(0x5a)],
];
const uppers6 = (length: number): [number, Uint8Array][] => [
  [UDP, seal(BACK6, UDP, udp(99, 53, new Uint8Array(length).fill(0x5a)))],
  [TCP, seal(BACK6, TCP, tcp(99, 80, new Uint8Array(length).fill(0x5a)))],
  [ICMP6, seal(BACK6, ICMP6, echo(128, 7, 8, new Uint8Array(length).fill(0x5a)))],
  [47, new Uint8Array(length).fill(0x5a)],
];

test("quoted packets of every length from 0 bytes up, outbound", () => {
  const rig = new Rig();
  for (const [protocol, upper] of uppers4(40)) {
    const quoted = writeIp4({ ...BACK4, protocol, payload: upper });
    for (let length = 0; length <= quoted.length; length++) {
      const expected = agreeOutbound(rig, about4(quoted.slice(0, length)));
      assert.equal("packets" in expected, length >= (protocol === ICMP4 ? 21 : 20), `${length} bytes of ${protocol}`);
    }
  }
});

test("quoted packets of every length from 0 bytes up, inbound", () => {
  const rig = new Rig();
  for (const [next, upper] of uppers6(40)) {
    const quoted = writeIp6({ ...BACK6, next, payload: upper });
    for (let length = 0; length <= quoted.length; length++) {
      const expected = agreeInbound(rig, about6(quoted.slice(0, length)));
      assert.equal("packets" in expected, length >= (next === ICMP6 ? 41 : 40), `${length} bytes of ${next}`);
    }
  }
});

test("a wholly quoted packet has a right checksum afterwards", () => {
  const rig = new Rig();
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400 }), fc.nat(3), (length, which) => {
      const [protocol, upper] = uppers4(length)[which];
      const [sent] = rig.fromApplication(about4(writeIp4({ ...BACK4, protocol, payload: upper }))).network;
      const inner6 = readIp6(readIp6(sent)!.payload.slice(8))!;
      assert.deepEqual(upperFaults(inner6, inner6.next, inner6.payload), []);
      const [next, upper6] = uppers6(length)[which];
      const [back] = rig.fromNetwork(about6(writeIp6({ ...BACK6, next, payload: upper6 }))).application;
      const inner4 = readIp4(readIp4(back)!.payload.slice(8))!;
      assert.deepEqual(upperFaults(inner4, inner4.protocol, inner4.payload), []);
    }),
  );
});

test("a quoted UDP checksum of zero stays zero", () => {
  const rig = new Rig();
  const four = writeIp4({ ...BACK4, protocol: UDP, payload: udp(53, 99, new Uint8Array(12)) });
  const six = writeIp6({ ...BACK6, next: UDP, payload: udp(99, 53, new Uint8Array(12)) });
  for (let cut = 0; cut < 13; cut++) {
    assert.ok("packets" in agreeOutbound(rig, about4(four.slice(0, four.length - cut))));
    assert.ok("packets" in agreeInbound(rig, about6(six.slice(0, six.length - cut))));
  }
});

test("quoted fragments get or lose their fragment header", () => {
  const rig = new Rig();
  for (const offset of [0, 8, 1480, 65528]) {
    for (const more of [true, false]) {
      if (offset === 0 && !more) continue;
      for (let length = 0; length <= 40; length++) {
        const [, upper] = uppers4(40)[0];
        const fragment = { id: 0xdead4321, offset, more };
        const four = writeIp4({ ...BACK4, protocol: UDP, id: 0x4321, mf: more, offset, payload: upper });
        agreeOutbound(rig, about4(four.slice(0, 20 + length)));
        const [, upper6] = uppers6(40)[0];
        const six = writeIp6({ ...BACK6, next: UDP, fragment, payload: upper6 });
        agreeInbound(rig, about6(six.slice(0, 40 + length)));
      }
    }
  }
});

test("a quoted fragment of ICMP falls", () => {
  const rig = new Rig();
  const four = writeIp4({ ...BACK4, protocol: ICMP4, mf: true, payload: echo(8, 1, 2, new Uint8Array(16)) });
  assert.ok("dropped" in agreeOutbound(rig, about4(four)));
  const fragment = { id: 1, offset: 0, more: true };
  const six = writeIp6({ ...BACK6, next: ICMP6, fragment, payload: echo(128, 1, 2, new Uint8Array(16)) });
  assert.ok("dropped" in agreeInbound(rig, about6(six)));
});

test("an error inside an error falls: only the first embedded header is translated", () => {
  const rig = new Rig();
  const inner4 = writeIp4({ ...OUT, protocol: UDP, payload: udp(1, 2, NONE) });
  const error4 = writeIp4({ ...BACK4, protocol: ICMP4, payload: seal(BACK4, ICMP4, icmp(3, 1, NONE, inner4)) });
  assert.ok("dropped" in agreeOutbound(rig, about4(error4)));
  const inner6 = writeIp6({ ...IN, next: UDP, payload: udp(1, 2, NONE) });
  const error6 = writeIp6({ ...BACK6, next: ICMP6, payload: seal(BACK6, ICMP6, icmp(1, 1, NONE, inner6)) });
  assert.ok("dropped" in agreeInbound(rig, about6(error6)));
});

test("quoted options are left out, and the lengths follow", () => {
  const rig = new Rig();
  const [protocol, payload] = uppers4(12)[0];
  for (const words of [1, 3, 10]) {
    const options = new Uint8Array(words * 4).fill(1);
    const quoted = writeIp4({ ...BACK4, protocol, options, payload });
    for (let length = 20; length <= quoted.length; length++) agreeOutbound(rig, about4(quoted.slice(0, length)));
  }
});

test("quoted extension headers are skipped or the error falls, and nothing traps", () => {
  const rig = new Rig();
  const free = rig.buffersFree();
  const padding = (next: number, units = 0) =>
    bytes(Uint8Array.of(next, units, 1, 4 + units * 8), new Uint8Array(4 + units * 8));
  const upper = seal(BACK6, UDP, udp(99, 53, new Uint8Array(16)));
  for (const chain of [
    [0, padding(UDP)],
    [60, padding(UDP, 2)],
    [0, bytes(padding(60), padding(UDP))],
    [60, padding(60)],
    [60, Uint8Array.of(60, 255, 0, 0, 0, 0, 0, 0)],
    [43, Uint8Array.of(UDP, 0, 0, 0, 0, 0, 0, 0)],
  ] as const) {
    const quoted = writeIp6({ ...BACK6, next: chain[0], payload: bytes(chain[1], upper) });
    for (let length = 40; length <= quoted.length; length++) {
      for (const sent of rig.fromNetwork(about6(quoted.slice(0, length))).application) {
        const inner = readIp4(readIp4(sent)!.payload.slice(8), true)!;
        assert.ok([UDP].includes(inner.protocol), `an IPv4 packet with next header ${inner.protocol}`);
      }
    }
  }
  assert.equal(rig.buffersFree(), free);
});

test("long quotes: what is sent stays within 1280 bytes as IPv6, and within the application's MTU as IPv4", () => {
  const rig = new Rig();
  for (const length of [500, 1100, 1160, 1200, 1240, 1300, 1400]) {
    const [protocol, upper] = uppers4(length)[0];
    const out = rig.fromApplication(about4(writeIp4({ ...BACK4, protocol, payload: upper })));
    for (const sent of out.network) assert.ok(sent.length <= 1280, `${sent.length} bytes`);
    assert.equal(out.network.length, 1, `a quote of ${length} bytes`);
    const [next, upper6] = uppers6(length)[0];
    agreeInbound(rig, about6(writeIp6({ ...BACK6, next, payload: upper6 }).slice(0, 1232)));
  }
});

test("the quoted lengths are those of the packet, not of the quote", () => {
  const rig = new Rig();
  for (const length of [0, 1, 20, 1000, 1260, 1261, 1400, 40000, 65515]) {
    const six = writeIp6({ ...BACK6, next: UDP, payloadLength: length, payload: uppers6(8)[0][1] });
    agreeInbound(rig, about6(six));
    const four = writeIp4({ ...BACK4, protocol: UDP, totalLength: 20 + length, payload: uppers4(8)[0][1] });
    agreeOutbound(rig, about4(four));
  }
});
