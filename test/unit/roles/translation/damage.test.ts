// Packets that were damaged or cut on their way: a translator that adjusts checksums must not heal what was wrong (RFC 7915 §4.5), and
// one that reads lengths must not believe them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checksum } from "../../../reference/checksum.js";
import { bytes, ICMP4, ICMP6, TCP, UDP, u16, with16, writeIp4, writeIp6 } from "../../../reference/ip.js";
import { echo, faults, seal, tcp, udp } from "../../../reference/upper.js";
import { HOME4, HOME6, PEER4, PEER6, Rig } from "../../lib/translation-rig.js";

const OUT = { src: HOME4, dst: PEER4 };
const IN = { src: PEER6, dst: HOME6 };
const DATA = Uint8Array.of(1, 2, 3, 4, 5, 6, 7);
const IP4 = 20;
const IP6 = 40;

const uppers: [name: string, protocol4: number, protocol6: number, out: Uint8Array, into: Uint8Array][] = [
  ["UDP", UDP, UDP, udp(1000, 2000, DATA), udp(2000, 1000, DATA)],
  ["TCP", TCP, TCP, tcp(1000, 80, DATA), tcp(80, 1000, DATA)],
  ["echo", ICMP4, ICMP6, echo(8, 1, 2, DATA), echo(128, 1, 2, DATA)],
];
const outbound = (protocol: number, upper: Uint8Array) =>
  writeIp4({ ...OUT, protocol, payload: seal(OUT, protocol, upper) });
const inbound = (next: number, upper: Uint8Array) => writeIp6({ ...IN, next, payload: seal(IN, next, upper) });

function* flips(packet: Uint8Array, from: number): Generator<[what: string, damaged: Uint8Array]> {
  for (let bit = from * 8; bit < packet.length * 8; bit++) {
    const damaged = packet.slice();
    damaged[bit >> 3] ^= 128 >> (bit & 7);
    yield [`bit ${bit & 7} of byte ${bit >> 3}`, damaged];
  }
}
/** Nothing leaves, and one reason is counted. */
function dropped(rig: Rig, packet: Uint8Array, what: string): void {
  const { network, application, drops } = rig.fromApplication(packet);
  assert.deepEqual([network, application], [[], []], what);
  assert.equal(
    Object.values(drops).reduce((sum, n) => sum + n, 0),
    1,
    what,
  );
}

test("an IPv4 header with any bit turned is dropped", () => {
  const rig = new Rig();
  const whole = outbound(UDP, udp(1000, 2000, DATA));
  for (const [what, damaged] of flips(whole.subarray(0, IP4), 0)) {
    dropped(rig, bytes(damaged, whole.subarray(IP4)), what);
  }
  assert.equal(rig.fromApplication(whole).network.length, 1, "undamaged it passes");
});

test("a packet that is shorter than its header says is dropped; what lies behind it is not the packet's", () => {
  const rig = new Rig();
  const whole = outbound(UDP, udp(1000, 2000, DATA));
  for (let length = 0; length < whole.length; length++) dropped(rig, whole.subarray(0, length), `${length} bytes`);
  const [expected] = rig.fromApplication(whole).network;
  for (const more of [1, 2, 30]) {
    const [sent] = rig.fromApplication(bytes(whole, new Uint8Array(more).fill(0xee))).network;
    assert.equal(sent.length, expected.length, `${more} bytes more`);
    assert.deepEqual(faults(sent), []);
  }
});

test("header lengths and total lengths that lie are dropped though the checksum is right", () => {
  const rig = new Rig();
  const whole = outbound(UDP, udp(1000, 2000, DATA));
  const resealed = (packet: Uint8Array) => {
    const length = Math.max((packet[0] & 15) * 4, 12);
    const bare = with16(packet, 10, 0);
    return with16(bare, 10, checksum(bare.subarray(0, Math.min(length, bare.length))));
  };
  for (let words = 0; words <= 15; words++) {
    const packet = whole.slice();
    packet[0] = 0x40 | words;
    if (words === 5) assert.equal(rig.fromApplication(resealed(packet)).network.length, 1);
    else if (words < 5 || words * 4 > whole.length) dropped(rig, resealed(packet), `${words} words`);
  }
  for (const total of [0, 1, 19, whole.length + 1, 1500, 65535]) {
    dropped(rig, resealed(with16(whole, 2, total)), `a total length of ${total}`);
  }
});

test("damage of an upper layer is never healed: what leaves is as wrong as what came", () => {
  for (const [name, protocol, next, out, into] of uppers) {
    const rig = new Rig();
    const packet4 = outbound(protocol, out);
    const packet6 = inbound(next, into);
    assert.deepEqual(rig.fromApplication(packet4).network.map(faults), [[]], name);
    assert.deepEqual(rig.fromNetwork(packet6).application.map(faults), [[]], name);
    for (const [what, damaged] of flips(packet4, IP4)) {
      for (const sent of rig.fromApplication(damaged).network)
        assert.notDeepEqual(faults(sent), [], `${name}, ${what}`);
    }
    for (const [what, damaged] of flips(packet6, IP6)) {
      for (const sent of rig.fromNetwork(damaged).application)
        assert.notDeepEqual(faults(sent), [], `${name} in, ${what}`);
    }
  }
});

test("a datagram without data is one, a UDP length of less than its header is not", () => {
  const rig = new Rig();
  const none = new Uint8Array(0);
  assert.deepEqual(rig.fromApplication(outbound(UDP, udp(1000, 2000, none))).network.map(faults), [[]]);
  assert.deepEqual(rig.fromNetwork(inbound(UDP, udp(2000, 1000, none))).application.map(faults), [[]]);
  for (const length of [0, 1, 7, 16]) {
    const lying = bytes(u16(1000), u16(2000), u16(length), u16(0), DATA);
    dropped(rig, writeIp4({ ...OUT, protocol: UDP, payload: lying }), `a UDP length of ${length}`);
  }
});
