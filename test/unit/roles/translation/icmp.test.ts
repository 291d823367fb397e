// RFC 7915 §4.2, §5.2: every type, code and pointer, both ways; which errors the translator starts itself (§4.4, §5.4).
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIp4, parseIp6 } from "../../../../host-sim/core/address.js";
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
  u16,
  u32,
  writeIp4,
  writeIp6,
} from "../../../reference/ip.js";
import { echo, icmp, seal, tcp, udp } from "../../../reference/upper.js";
import { agreeInbound, agreeOutbound } from "../../lib/translation-agree.js";
import { GATEWAY4, HOME4, HOME6, PEER4, PEER6, Rig } from "../../lib/translation-rig.js";

const OUT = { src: HOME4, dst: PEER4 };
const IN = { src: PEER6, dst: HOME6 };
const BACK4 = { src: PEER4, dst: HOME4 };
const BACK6 = { src: HOME6, dst: PEER6 };
const NONE = new Uint8Array(4);

/** An error that the application sends about a packet it received. */
function error4(type: number, code: number, word: Uint8Array, length = 20, quotedMore = {}): Uint8Array {
  const quoted = writeIp4({
    ...BACK4,
    protocol: UDP,
    payload: seal(BACK4, UDP, udp(53, 99, new Uint8Array(length))),
    ...quotedMore,
  });
  return writeIp4({ ...OUT, protocol: ICMP4, payload: seal(OUT, ICMP4, icmp(type, code, word, quoted.slice(0, 548))) });
}
/** An error from the network about a packet that the application sent. */
function error6(type: number, code: number, word: Uint8Array, length = 20, from = PEER6): Uint8Array {
  const quoted = writeIp6({ ...BACK6, next: UDP, payload: seal(BACK6, UDP, udp(99, 53, new Uint8Array(length))) });
  const ends = { src: from, dst: HOME6 };
  return writeIp6({ ...ends, next: ICMP6, payload: seal(ends, ICMP6, icmp(type, code, word, quoted.slice(0, 1232))) });
}

test("every ICMPv4 type and code (§4.2)", () => {
  const rig = new Rig();
  let translated = 0;
  for (let type = 0; type < 256; type++) {
    for (let code = 0; code < 20; code++) {
      const expected = agreeOutbound(rig, error4(type, code, NONE));
      if ("packets" in expected) translated++;
    }
  }
  // Echo and its reply with any code; 15 codes of unreachable; time exceeded with any code; two parameter problems.
  assert.equal(translated, 2 * 20 + 15 + 20 + 2);
});

test("every pointer of an ICMPv4 parameter problem (§4.2, Figure 3)", () => {
  const rig = new Rig();
  const seen = new Map<number, number>();
  for (let pointer = 0; pointer < 256; pointer++) {
    const packet = error4(12, 0, Uint8Array.of(pointer, 0, 0, 0));
    agreeOutbound(rig, packet);
    const [sent] = rig.fromApplication(packet).network;
    if (sent) seen.set(pointer, get32(readIp6(sent)!.payload, 4));
  }
  assert.equal(seen.size, 2 + 2 + 2 + 4 + 4);
});

test("every MTU of fragmentation needed, zero with RFC 1191's plateaus (§4.2)", () => {
  for (const [mtu6, mtu4] of [
    [1500, 1500],
    [1400, 1500],
    [1500, 1280],
  ]) {
    const rig = new Rig({ mtu6, mtu4 });
    for (const mtu of [0, 1, 68, 576, 1259, 1260, 1261, 1280, 1400, 1479, 1480, 1481, 1500, 9000, 65535]) {
      for (const totalLength of [60, 1281, 1300, 1492, 1493, 1500, 2003, 4353, 65535]) {
        const told = agreeOutbound(rig, error4(3, 4, bytes(u16(0), u16(mtu)), 20, { totalLength }));
        assert.ok("packets" in told);
      }
    }
  }
});

test("every ICMPv6 type and code (§5.2)", () => {
  const rig = new Rig();
  let translated = 0;
  for (let type = 0; type < 256; type++) {
    if (type === 2 || (type >= 130 && type <= 137) || type === 143) continue; // Packet Too Big: below; ND and MLD: the node's own
    for (let code = 0; code < 20; code++) {
      const expected = agreeInbound(rig, error6(type, code, NONE));
      if ("packets" in expected) translated++;
    }
  }
  assert.equal(translated, 5 + 20 + 2 + 2 * 20);
});

test("neighbour discovery and group reports are not the application's", () => {
  const rig = new Rig();
  for (const type of [130, 131, 132, 133, 134, 135, 136, 137, 143]) {
    for (const hopLimit of [64, 255]) {
      const packet = error6(type, 0, NONE);
      packet[7] = hopLimit;
      assert.deepEqual(rig.fromNetwork(packet).application, [], `type ${type}`);
    }
  }
});

test("every pointer of an ICMPv6 parameter problem (§5.2, Figure 6)", () => {
  const rig = new Rig();
  let translated = 0;
  for (const pointer of [...Array(300).keys(), 0x10000, 0x1000000, 0xffffffff, 0x100, 0x106]) {
    const expected = agreeInbound(rig, error6(4, 0, u32(pointer)));
    if ("packets" in expected) translated++;
  }
  assert.equal(translated, 2 + 2 + 1 + 1 + 16 + 16);
});

test("packet too big becomes fragmentation needed with 20 bytes less, within the application's MTU (§5.2)", () => {
  for (const mtu4 of [1500, 1280]) {
    const rig = new Rig({ mtu4 });
    const large = writeIp4({
      ...OUT,
      df: true,
      protocol: TCP,
      payload: seal(OUT, TCP, tcp(99, 53, new Uint8Array(1420))),
    });
    const first = 1460;
    for (const mtu of [1499, first, 1400, 1300, 1281, 1280]) {
      const [sent] = rig.fromApplication(large).network;
      if (!sent) break; // the path's MTU is known to the core now: it answers itself, below
      const ends = { src: parseIp6("2001:db8::99"), dst: HOME6 };
      const about = seal(ends, ICMP6, icmp(2, 0, u32(mtu), sent.slice(0, 1232)));
      const packet = writeIp6({ ...ends, next: ICMP6, payload: about });
      const expected = agreeInbound(rig, packet);
      assert.ok("packets" in expected);
      assert.equal(get16(readIp4(expected.packets[0])!.payload, 6), Math.min(mtu - 20, mtu4));
    }
  }
});

test("after packet too big, TCP with don't fragment goes on: a segment that does not fit is answered at once", () => {
  const rig = new Rig();
  const segment = (length: number) =>
    writeIp4({ ...OUT, df: true, protocol: TCP, payload: seal(OUT, TCP, tcp(99, 53, new Uint8Array(length))) });
  const [sent] = rig.fromApplication(segment(1400)).network;
  assert.equal(sent.length, 1460);
  const ends = { src: parseIp6("2001:db8::99"), dst: HOME6 };
  const tooBig = seal(ends, ICMP6, icmp(2, 0, u32(1300), sent.slice(0, 1232)));
  const heard = rig.fromNetwork(writeIp6({ ...ends, next: ICMP6, payload: tooBig })).application;
  assert.equal(get16(readIp4(heard[0])!.payload, 6), 1280);
  const again = rig.fromApplication(segment(1400));
  assert.deepEqual(again.network, []);
  const [told] = again.application.map((p) => readIp4(p)!);
  assert.deepEqual([told.payload[0], told.payload[1], get16(told.payload, 6)], [3, 4, 1280]);
  assert.equal(rig.fromApplication(segment(1240)).network.length, 1);
});

test("packet too big that no packet of ours can have caused is ignored", () => {
  const rig = new Rig();
  for (const mtu of [0, 1, 1279, 1500, 65535, 0xffffffff]) {
    const out = rig.fromNetwork(error6(2, 0, u32(mtu)));
    for (const sent of out.application) {
      const told = get16(readIp4(sent)!.payload, 6);
      assert.ok(told >= 1260 && told <= 1480, `MTU ${mtu} became ${told}`);
    }
  }
  const ends = { src: PEER6, dst: HOME6 };
  const foreign = { src: parseIp6("2001:db8::1"), dst: PEER6 };
  const quoted = writeIp6({ ...foreign, next: UDP, payload: seal(foreign, UDP, udp(1, 2, new Uint8Array(1300))) });
  const packet = writeIp6({
    ...ends,
    next: ICMP6,
    payload: seal(ends, ICMP6, icmp(2, 0, u32(1300), quoted.slice(0, 1232))),
  });
  assert.deepEqual(rig.fromNetwork(packet).application, []);
});

test("an error from a router that the table does not know comes from the translator's own address (RFC 6791)", () => {
  const rig = new Rig();
  const router = parseIp6("2001:db8::fe");
  const [told] = rig.fromNetwork(error6(3, 0, NONE, 20, router)).application.map((p) => readIp4(p)!);
  assert.equal(told.payload[0], 11);
  assert.deepEqual(told.src, GATEWAY4);
  assert.equal(rig.virtual4(router), undefined);
});

test("an error about a packet that the application cannot have sent draws nothing", () => {
  const rig = new Rig();
  const rows = rig.rows();
  const router = parseIp6("2001:db8::fe");
  for (const [src, dst] of [
    [PEER6, HOME6],
    [HOME6, parseIp6("2001:db8::5")],
    [parseIp6("2001:db8::5"), PEER6],
  ]) {
    const ends = { src, dst };
    const quoted = writeIp6({ ...ends, next: UDP, payload: seal(ends, UDP, udp(1, 2, new Uint8Array(4))) });
    const from = { src: router, dst: HOME6 };
    const payload = seal(from, ICMP6, icmp(1, 0, NONE, quoted));
    assert.deepEqual(rig.fromNetwork(writeIp6({ ...from, next: ICMP6, payload })).application, []);
  }
  assert.deepEqual(rig.rows(), rows);
});

test("an unknown IPv4 destination is answered by unreachable, an error to one is not", () => {
  const rig = new Rig();
  const ends = { src: HOME4, dst: parseIp4("10.9.8.7") };
  const expected = agreeOutbound(
    rig,
    writeIp4({ ...ends, protocol: UDP, payload: seal(ends, UDP, udp(1, 2, new Uint8Array(3))) }),
  );
  assert.ok("problem" in expected);
  const quoted = writeIp4({ src: ends.dst, dst: HOME4, protocol: UDP, payload: udp(1, 2, new Uint8Array(3)) });
  const error = writeIp4({ ...ends, protocol: ICMP4, payload: seal(ends, ICMP4, icmp(3, 3, NONE, quoted)) });
  assert.ok("dropped" in agreeOutbound(rig, error));
});

test("echo of any length from 0 bytes, both ways", () => {
  const rig = new Rig();
  for (let length = 0; length < 40; length++) {
    agreeOutbound(
      rig,
      writeIp4({ ...OUT, protocol: ICMP4, payload: seal(OUT, ICMP4, echo(8, 1, 2, new Uint8Array(length))) }),
    );
    agreeInbound(
      rig,
      writeIp6({ ...IN, next: ICMP6, payload: seal(IN, ICMP6, echo(129, 1, 2, new Uint8Array(length))) }),
    );
  }
});
