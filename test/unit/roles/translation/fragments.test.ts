// RFC 7915 §4.1, §5.1.1: fragments both ways; IPv6 fragments are put together before translation.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  bytes,
  get16,
  get32,
  ICMP4,
  ICMP6,
  readIp4,
  readIp6,
  TCP,
  UDP,
  with16,
  writeIp4,
  writeIp6,
} from "../../../reference/ip.js";
import { echo, seal, tcp, udp, upperFaults } from "../../../reference/upper.js";
import { agreeInbound, agreeOutbound } from "../../lib/translation-agree.js";
import { HOME4, HOME6, PEER4, PEER6, Rig } from "../../lib/translation-rig.js";

const OUT = { src: HOME4, dst: PEER4 };
const OUT6 = { src: HOME6, dst: PEER6 };
const IN = { src: PEER6, dst: HOME6 };
const data = (length: number) => Uint8Array.from({ length }, (_, i) => i * 31 + (i >> 8));

/** The fragments of an IPv4 packet with that upper layer, `size` bytes of it each. */
function pieces4(protocol: number, upper: Uint8Array, size: number, id: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let offset = 0; offset < upper.length; offset += size) {
    const mf = offset + size < upper.length;
    pieces.push(writeIp4({ ...OUT, protocol, id, mf, offset, payload: upper.slice(offset, offset + size) }));
  }
  return pieces;
}
function pieces6(next: number, upper: Uint8Array, size: number, id: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let offset = 0; offset < upper.length; offset += size) {
    const fragment = { id, offset, more: offset + size < upper.length };
    pieces.push(writeIp6({ ...IN, next, fragment, payload: upper.slice(offset, offset + size) }));
  }
  return pieces;
}
/** The upper layer that IPv6 fragments carry together. */
function together(packets: Uint8Array[]): Uint8Array {
  const read = packets.map((p) => readIp6(p)!).sort((a, b) => a.fragment!.offset - b.fragment!.offset);
  let expected = 0;
  for (const ip of read) {
    assert.equal(ip.fragment!.offset, expected);
    expected += ip.payload.length;
    assert.equal(ip.fragment!.more, ip !== read.at(-1));
  }
  return bytes(...read.map((ip) => ip.payload));
}

test("IPv4 fragments get a fragment header with offset, flag and the identification in its low half", () => {
  const rig = new Rig();
  for (const protocol of [UDP, TCP]) {
    const upper = seal(OUT, protocol, protocol === UDP ? udp(1, 2, data(1999)) : tcp(1, 2, data(1999)));
    const sent = pieces4(protocol, upper, 800, 0xabcd).flatMap((piece) => {
      agreeOutbound(rig, piece);
      return rig.fromApplication(piece).network;
    });
    assert.deepEqual(new Set(sent.map((p) => readIp6(p)!.fragment!.id)), new Set([0xabcd]));
    assert.deepEqual(upperFaults(OUT6, protocol, together(sent)), []);
  }
});

test("fragments in any order, repeated, alone: each is translated for itself", () => {
  const rig = new Rig();
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 0, max: 65535 }), fc.nat(8000), (units, id, at) => {
      const offset = (at >> 3) << 3;
      agreeOutbound(
        rig,
        writeIp4({ ...OUT, protocol: UDP, id, mf: true, offset: offset + 8, payload: data(units * 8) }),
      );
      agreeOutbound(
        rig,
        writeIp4({ ...OUT, protocol: UDP, id, mf: false, offset: offset + 8, payload: data(units * 8 - 3) }),
      );
    }),
  );
});

test("the largest packet without don't fragment that stays whole has 1280 bytes as IPv6; above it is cut (§4.1)", () => {
  const rig = new Rig();
  for (const length of [1231, 1232, 1233, 1240, 1400, 1452, 1472]) {
    const packet = writeIp4({ ...OUT, id: 0x1234, protocol: UDP, payload: seal(OUT, UDP, udp(1, 2, data(length))) });
    agreeOutbound(rig, packet);
    const { network } = rig.fromApplication(packet);
    assert.equal(network.length, length <= 1232 ? 1 : 2, `${length} bytes`);
    for (const sent of network) assert.ok(sent.length <= 1280);
    if (network.length > 1) assert.deepEqual(upperFaults(OUT6, UDP, together(network)), []);
  }
});

test("large fragments are cut again", () => {
  const rig = new Rig();
  const upper = seal(OUT, UDP, udp(1, 2, data(4000)));
  const sent = pieces4(UDP, upper, 1480, 77).flatMap((piece) => {
    agreeOutbound(rig, piece);
    return rig.fromApplication(piece).network;
  });
  for (const packet of sent) assert.ok(packet.length <= 1280);
  assert.deepEqual(together(sent), together(sent.slice()));
  assert.deepEqual(upperFaults(OUT6, UDP, together(sent)), []);
});

test("with don't fragment a packet is never cut: it goes, or the application hears the MTU", () => {
  const rig = new Rig();
  for (const length of [1200, 1300, 1452]) {
    const payload = seal(OUT, UDP, udp(1, 2, data(length)));
    const expected = agreeOutbound(rig, writeIp4({ ...OUT, df: true, protocol: UDP, payload }));
    assert.ok("packets" in expected && expected.packets.length === 1);
  }
  const large = writeIp4({ ...OUT, df: true, protocol: UDP, payload: seal(OUT, UDP, udp(1, 2, data(1453))) });
  assert.deepEqual(agreeOutbound(rig, large), { problem: { type: 3, code: 4, word: 1480 } });
});

test("a first fragment of a datagram without a checksum falls, later ones do not know (§4.5)", () => {
  const rig = new Rig();
  const [first, second] = pieces4(UDP, udp(1, 2, data(1000)), 800, 5);
  assert.ok("dropped" in agreeOutbound(rig, first));
  agreeOutbound(rig, second);
});

test("fragments of ICMP fall in both directions unless they were put together (§4.2, §5.2)", () => {
  const rig = new Rig();
  for (const piece of pieces4(ICMP4, seal(OUT, ICMP4, echo(8, 1, 2, data(1000))), 800, 5)) {
    assert.ok("dropped" in agreeOutbound(rig, piece));
  }
  const upper = seal(IN, ICMP6, echo(128, 1, 2, data(1400)));
  const whole = writeIp6({ ...IN, next: ICMP6, payload: upper });
  agreeInbound(rig, whole, pieces6(ICMP6, upper, 800, 5));
});

test("IPv6 fragments are put together and leave as one IPv4 packet that may be fragmented", () => {
  const rig = new Rig();
  for (const length of [1000, 1300, 1400]) {
    for (const protocol of [UDP, TCP]) {
      const upper = seal(IN, protocol, protocol === UDP ? udp(1, 2, data(length)) : tcp(1, 2, data(length)));
      const whole = writeIp6({ ...IN, next: protocol, payload: upper });
      const expected = agreeInbound(rig, whole, pieces6(protocol, upper, 512, length));
      assert.ok("packets" in expected && expected.packets.length === 1);
      assert.equal(readIp4(expected.packets[0])?.df, false);
    }
  }
});

test("what was put together and is larger than the application's MTU leaves as IPv4 fragments", () => {
  const rig = new Rig({ mtu4: 1280 });
  for (const length of [1260, 1300, 1500, 1560]) {
    const upper = seal(IN, UDP, udp(1, 2, data(length)));
    const whole = writeIp6({ ...IN, next: UDP, payload: upper });
    const expected = agreeInbound(rig, whole, pieces6(UDP, upper, 1024, length));
    assert.ok("packets" in expected && expected.packets.length === 2, `${length}`);
  }
});

test("a whole packet larger than the application's MTU is answered by packet too big", () => {
  const rig = new Rig({ mtu4: 1280 });
  const packet = writeIp6({ ...IN, next: UDP, payload: seal(IN, UDP, udp(1, 2, data(1300))) });
  assert.deepEqual(agreeInbound(rig, packet), { problem: { type: 2, code: 0, word: 1300 } });
  assert.ok(
    "packets" in agreeInbound(rig, writeIp6({ ...IN, next: UDP, payload: seal(IN, UDP, udp(1, 2, data(1252))) })),
  );
});

test("atomic fragments (RFC 6946) stand alone and may be fragmented further on (§5.1.1)", () => {
  const rig = new Rig();
  for (const length of [20, 1300]) {
    const fragment = { id: 0x12345678, offset: 0, more: false };
    const packet = writeIp6({ ...IN, next: UDP, fragment, payload: seal(IN, UDP, udp(1, 2, data(length))) });
    const [ip] = rig.fromNetwork(packet).application.map((p) => readIp4(p)!);
    assert.deepEqual([ip.df, ip.mf, ip.offset], [false, false, 0]);
  }
});

test("fragments of a reassembly that never completes do not come out, and their buffers come back", () => {
  const rig = new Rig();
  const free = rig.buffersFree();
  const upper = seal(IN, UDP, udp(1, 2, data(1000)));
  for (let id = 0; id < 20; id++) assert.deepEqual(rig.fromNetwork(pieces6(UDP, upper, 512, id)[0]).application, []);
  rig.advance(61_000);
  rig.advance(61_000);
  assert.equal(rig.buffersFree(), free);
});

test("offset and length beyond 65535, empty fragments and odd lengths in the middle fall", () => {
  const rig = new Rig();
  for (const [offset, length, mf] of [
    [65528, 600, false],
    [65520, 17, false],
    [65000, 1400, false],
    [64000, 1536, true],
    [800, 0, false],
    [0, 0, true],
    [0, 801, true],
    [1600, 7, true],
  ] as const) {
    const piece = writeIp4({ ...OUT, protocol: UDP, id: 9, offset, mf, payload: data(length) });
    assert.ok("dropped" in agreeOutbound(rig, piece), `${length} bytes at ${offset}`);
  }
  for (const length of [1, 7, 15]) {
    agreeOutbound(rig, writeIp4({ ...OUT, protocol: UDP, id: 9, offset: 65520, payload: data(length) }));
  }
});

test("a later fragment's first bytes are data, whatever they look like", () => {
  const rig = new Rig();
  for (const protocol of [UDP, TCP, 89]) {
    for (const length of [8, 1, 16, 24]) {
      const piece = writeIp4({ ...OUT, protocol, id: 3, offset: 1600, payload: new Uint8Array(length) });
      const [sent] = rig.fromApplication(piece).network;
      assert.deepEqual(readIp6(sent)!.payload, new Uint8Array(length));
    }
  }
});

test("the checksum of a first fragment becomes right for the whole", () => {
  const rig = new Rig();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 900, maxLength: 1900 }), (payload) => {
      const upper = seal(OUT, UDP, udp(7, 9, payload));
      if (get16(upper, 6) === 0) return;
      const sent = pieces4(UDP, upper, 880, 1).flatMap((piece) => rig.fromApplication(piece).network);
      assert.deepEqual(upperFaults(OUT6, UDP, together(sent)), []);
    }),
  );
});

test("the reserved flag does not change what is translated", () => {
  const rig = new Rig();
  const packet = writeIp4({ ...OUT, protocol: UDP, payload: seal(OUT, UDP, udp(1, 2, data(5))) });
  const evil = with16(with16(packet, 6, 0x8000), 10, (get16(packet, 10) - 0x8000) & 0xffff);
  if (get32(evil, 8) !== get32(packet, 8)) {
    const { network } = rig.fromApplication(evil);
    assert.deepEqual(network, rig.fromApplication(packet).network);
  }
});
