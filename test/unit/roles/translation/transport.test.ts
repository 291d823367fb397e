// RFC 7915 §4.5, §5.5: TCP, UDP and ICMP checksums, held to a full computation over what came out.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { onesSum } from "../../../reference/checksum.js";
import { get16, ICMP4, ICMP6, TCP, UDP, with16, writeIp4, writeIp6 } from "../../../reference/ip.js";
import { echo, faults, pseudo, seal, tcp, udp } from "../../../reference/upper.js";
import { agreeInbound, agreeOutbound } from "../../lib/translation-agree.js";
import { HOME4, HOME6, PEER4, PEER6, Rig } from "../../lib/translation-rig.js";

const OUT = { src: HOME4, dst: PEER4 };
const IN = { src: PEER6, dst: HOME6 };
const port = fc.integer({ min: 1, max: 65535 });
const data = fc.uint8Array({ maxLength: 1400, size: "max" });

test("any UDP datagram, any length, both ways", () => {
  const rig = new Rig();
  fc.assert(
    fc.property(port, port, data, (source, destination, payload) => {
      const upper = udp(source, destination, payload);
      agreeOutbound(rig, writeIp4({ ...OUT, df: true, protocol: UDP, payload: seal(OUT, UDP, upper) }));
      agreeInbound(rig, writeIp6({ ...IN, next: UDP, payload: seal(IN, UDP, upper) }));
    }),
  );
});

test("any TCP segment, any options, both ways", () => {
  const rig = new Rig();
  const options = fc.integer({ min: 0, max: 10 }).chain((n) => fc.uint8Array({ minLength: n * 4, maxLength: n * 4 }));
  const flags = fc.constantFrom(0x10, 0x18, 0x04, 0x11, 0x30, 0xd0); // no SYN: its MSS may be clamped
  fc.assert(
    fc.property(port, port, data, options, flags, (source, destination, payload, options, flags) => {
      const upper = tcp(source, destination, payload, { options, flags });
      agreeOutbound(rig, writeIp4({ ...OUT, df: true, protocol: TCP, payload: seal(OUT, TCP, upper) }));
      agreeInbound(rig, writeIp6({ ...IN, next: TCP, payload: seal(IN, TCP, upper) }));
    }),
  );
});

test("any echo request and reply, both ways (§4.2, §5.2)", () => {
  const rig = new Rig();
  const word = fc.integer({ min: 0, max: 65535 });
  fc.assert(
    fc.property(word, word, data, fc.boolean(), (id, sequence, payload, request) => {
      const four = echo(request ? 8 : 0, id, sequence, payload);
      const six = echo(request ? 128 : 129, id, sequence, payload);
      agreeOutbound(rig, writeIp4({ ...OUT, df: true, protocol: ICMP4, payload: seal(OUT, ICMP4, four) }));
      agreeInbound(rig, writeIp6({ ...IN, next: ICMP6, payload: seal(IN, ICMP6, six) }));
    }),
  );
});

/** The datagram with two bytes of its data chosen so that its checksum comes out as `wanted` between `ends`. */
function tuned(ends: typeof IN, protocol: number, upper: Uint8Array, at: number, field: number, wanted: number) {
  const blank = with16(with16(upper, at, 0), field, 0);
  const sum = onesSum(pseudo(ends, protocol, blank.length), blank);
  const word = (0xffff - sum + 0x1fffe - wanted) % 0xffff;
  return with16(blank, at, word);
}

test("checksums at the edge: a sum of zero is sent as all ones by UDP, in both families", () => {
  const rig = new Rig();
  for (const ends of [OUT, IN]) {
    const into = ends === OUT ? IN : OUT;
    // Outbound packets have a zero sum under the IPv6 pseudo-header they get, inbound ones under the IPv4 one.
    const target = ends === OUT ? { src: HOME6, dst: PEER6 } : { src: PEER4, dst: HOME4 };
    const upper = tuned(target, UDP, udp(7, 9, new Uint8Array(6)), 10, 6, 0);
    assert.equal(get16(seal(target, UDP, upper), 6), 0xffff);
    const sealed = seal(ends, UDP, upper);
    const out =
      ends === OUT
        ? rig.fromApplication(writeIp4({ ...ends, protocol: UDP, payload: sealed })).network
        : rig.fromNetwork(writeIp6({ ...ends, next: UDP, payload: sealed })).application;
    assert.equal(out.length, 1, `${into.src.length}`);
    assert.equal(get16(out[0], out[0].length - upper.length + 6), 0xffff);
    assert.deepEqual(faults(out[0]), []);
  }
});

test("every 16-bit sum, both ways", () => {
  const rig = new Rig();
  const counted = Array.from({ length: 0x10000 }, (_, i) => i).filter((i) => i < 64 || i > 0xffc0 || i % 251 === 0);
  for (const word of counted) {
    const upper = udp(7, 9, Uint8Array.of(word >> 8, word));
    agreeOutbound(rig, writeIp4({ ...OUT, protocol: UDP, payload: seal(OUT, UDP, upper) }));
    agreeInbound(rig, writeIp6({ ...IN, next: UDP, payload: seal(IN, UDP, upper) }));
    const ping = echo(8, word, 0, new Uint8Array(0));
    agreeOutbound(rig, writeIp4({ ...OUT, protocol: ICMP4, payload: seal(OUT, ICMP4, ping) }));
    const pong = echo(129, word, 0, new Uint8Array(0));
    agreeInbound(rig, writeIp6({ ...IN, next: ICMP6, payload: seal(IN, ICMP6, pong) }));
    const segment = tcp(7, 9, Uint8Array.of(word >> 8, word));
    agreeOutbound(rig, writeIp4({ ...OUT, protocol: TCP, payload: seal(OUT, TCP, segment) }));
    agreeInbound(rig, writeIp6({ ...IN, next: TCP, payload: seal(IN, TCP, segment) }));
  }
});

test("a UDP datagram without a checksum is given one on the way out (§4.5), and refused on the way in (RFC 8200 §8.1)", () => {
  const rig = new Rig();
  fc.assert(
    fc.property(port, port, data, (source, destination, payload) => {
      const upper = udp(source, destination, payload);
      const expected = agreeOutbound(rig, writeIp4({ ...OUT, df: true, protocol: UDP, payload: upper }));
      assert.ok("packets" in expected);
      assert.ok("dropped" in agreeInbound(rig, writeIp6({ ...IN, next: UDP, payload: upper })));
    }),
  );
  // The computed checksum may be zero, too.
  const zero = tuned({ src: HOME6, dst: PEER6 }, UDP, udp(7, 9, new Uint8Array(6)), 10, 6, 0);
  const [sent] = rig.fromApplication(writeIp4({ ...OUT, protocol: UDP, payload: zero })).network;
  assert.equal(get16(sent, 46), 0xffff);
});

test("a wrong checksum never becomes a right one", () => {
  const rig = new Rig();
  const flip = fc.integer({ min: 1, max: 0xfffe });
  fc.assert(
    fc.property(fc.constantFrom(UDP, TCP, ICMP4), data, flip, (protocol, payload, bits) => {
      const at = protocol === TCP ? 16 : protocol === UDP ? 6 : 2;
      const upper = (four: boolean) =>
        protocol === TCP
          ? tcp(1, 2, payload)
          : protocol === UDP
            ? udp(1, 2, payload)
            : echo(four ? 8 : 128, 1, 2, payload);
      const spoil = (sealed: Uint8Array) => with16(sealed, at, get16(sealed, at) ^ bits);
      const six = protocol === ICMP4 ? ICMP6 : protocol;
      const four = spoil(seal(OUT, protocol, upper(true)));
      if (protocol !== UDP || get16(four, 6) !== 0) {
        const { network } = rig.fromApplication(writeIp4({ ...OUT, df: true, protocol, payload: four }));
        for (const sent of network) assert.notDeepEqual(faults(sent), []);
      }
      const { application } = rig.fromNetwork(
        writeIp6({ ...IN, next: six, payload: spoil(seal(IN, six, upper(false))) }),
      );
      for (const sent of application) assert.notDeepEqual(faults(sent), []);
    }),
  );
});

test("upper layers shorter than their headers fall or pass, but do not trap", () => {
  const rig = new Rig();
  const free = rig.buffersFree();
  for (const protocol of [TCP, UDP, ICMP4]) {
    for (let length = 0; length < 24; length++) {
      rig.advance(1000);
      const out = rig.fromApplication(writeIp4({ ...OUT, protocol, payload: new Uint8Array(length).fill(0x45) }));
      for (const sent of out.network) assert.equal(sent.length, 40 + length);
      const next = protocol === ICMP4 ? ICMP6 : protocol;
      const back = rig.fromNetwork(writeIp6({ ...IN, next, payload: new Uint8Array(length).fill(0x80) }));
      for (const sent of back.application) assert.equal(sent.length, 20 + length);
    }
  }
  assert.equal(rig.buffersFree(), free);
});

test("UDP lengths that disagree with the packet fall", () => {
  const rig = new Rig();
  const sealed = seal(OUT, UDP, udp(1, 2, new Uint8Array(8)));
  for (const length of [0, 1, 7, 17, 0xffff]) {
    const out = rig.fromApplication(writeIp4({ ...OUT, protocol: UDP, payload: with16(sealed, 4, length) }));
    assert.deepEqual(out.network, [], `length ${length}`);
    const unsummed = with16(with16(sealed, 4, length), 6, 0);
    assert.deepEqual(rig.fromApplication(writeIp4({ ...OUT, protocol: UDP, payload: unsummed })).network, []);
  }
});
