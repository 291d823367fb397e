/**
 * The same packets through our translation and through tayga, table 230's fixture on both sides: what comes out is compared byte for
 * byte, but for what RFC 7915 leaves to the translator and for what tayga 0.9.2, older than it, does otherwise: it sets DF up to 1260
 * bytes and clears it above (§5.1 the other way round), and drops UDP without a checksum (§4.5), Parameter Problems, code 3 of ICMPv6's
 * Destination Unreachable (§5.2), and errors that quote less than 8 bytes of the upper layer.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parseIp4, parseIp6 } from "../../host-sim/core/address.js";
import {
  bytes,
  get16,
  ICMP4,
  ICMP6,
  type Ip4,
  readIp4,
  TCP,
  UDP,
  u32,
  with16,
  writeIp4,
  writeIp6,
} from "../reference/ip.js";
import { echo, faults, icmp, seal, tcp, udp } from "../reference/upper.js";
import { Rig } from "../unit/lib/translation-rig.js";
import type { Bench, Suite } from "./lib/suite.js";
import { type Pair, Tayga } from "./tayga/tayga.js";

const pair = (ip4: string, ip6: string): Pair => ({ ip4, ip6, bytes4: parseIp4(ip4), bytes6: parseIp6(ip6) });
const HOST = pair("192.168.0.10", "2000:0:0:7::1000");
const PEER = pair("192.168.0.100", "2000:0:0:8::1001");
const OUT = { src: HOST.bytes4, dst: PEER.bytes4 };
const IN = { src: PEER.bytes6, dst: HOST.bytes6 };
const BACK4 = { src: PEER.bytes4, dst: HOST.bytes4 };
const BACK6 = { src: HOST.bytes6, dst: PEER.bytes6 };

export const suite: Suite = {
  summary: "our translation and tayga's, packet by packet",
  needs: ["tayga", "python", "ip"],
  timeoutS: 240,
  run,
};

const hex = (packet: Uint8Array): string => Buffer.from(packet).toString("hex");

/** Both zeros of TCP's and ICMP's checksum are one; DF and the identification of whole packets are not compared. */
function normal(packet: Uint8Array): string {
  assert.deepEqual(faults(packet), []);
  const four = packet[0] >> 4 === 4;
  const protocol = four ? packet[9] : packet[6];
  const at = (four ? 20 : 40) + (protocol === TCP ? 16 : 2);
  const twoZeros = [TCP, ICMP4, ICMP6].includes(protocol) && get16(packet, at) === 0xffff;
  const upper = twoZeros ? with16(packet, at, 0) : packet;
  if (!four) return hex(upper);
  const ip = readIp4(upper)!;
  const isError = protocol === ICMP4 && ip.payload[0] !== 0 && ip.payload[0] !== 8;
  return hex(unmarked(isError ? { ...ip, payload: withoutQuotedMarks(ip.payload) } : ip));
}
function unmarked(ip: Ip4): Uint8Array {
  const whole = !ip.mf && ip.offset === 0;
  return writeIp4({ ...ip, id: whole ? 0 : ip.id, df: false });
}
/** The error's checksum covers what is cleared; `faults` has judged it. */
function withoutQuotedMarks(error: Uint8Array): Uint8Array {
  const quoted = readIp4(error.slice(8), true)!;
  return with16(bytes(error.slice(0, 8), unmarked(quoted)), 2, 0);
}

interface Difference {
  packet: string;
  ours: string[];
  theirs: string[];
}

class Comparison {
  constructor(
    private readonly rig: Rig,
    private readonly tayga: Tayga,
  ) {}
  /** Sends all packets through both; how many came out, and where the two differ. */
  async compare(packets: Uint8Array[]): Promise<{ translated: number; differences: Difference[] }> {
    const theirs = await this.tayga.translate(packets);
    const differences: Difference[] = [];
    let translated = 0;
    for (const [i, packet] of packets.entries()) {
      this.rig.advance(20);
      const out = packet[0] >> 4 === 4 ? this.rig.fromApplication(packet) : this.rig.fromNetwork(packet);
      const mine = [...out.network, ...out.application].map(normal);
      const other = theirs[i].map(normal);
      if (mine.length > 0) translated++;
      if (String(mine) !== String(other)) differences.push({ packet: hex(packet), ours: mine, theirs: other });
    }
    return { translated, differences };
  }
}

const data = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i * 7 + 3);
const out4 = (protocol: number, upper: Uint8Array, more = {}): Uint8Array =>
  writeIp4({ ...OUT, df: true, protocol, payload: seal(OUT, protocol, upper), ...more });
const in6 = (next: number, upper: Uint8Array, more = {}): Uint8Array =>
  writeIp6({ ...IN, next, payload: seal(IN, next, upper), ...more });

function flows(): Uint8Array[] {
  const shape = fc.record({
    protocol: fc.constantFrom(TCP, UDP, ICMP4),
    payload: fc.uint8Array({ maxLength: 1200, size: "max" }),
    tos: fc.nat(255),
    ttl: fc.integer({ min: 2, max: 255 }),
    port: fc.nat(65535),
  });
  return fc.sample(shape, { numRuns: 300, seed: 1 }).flatMap(({ protocol, payload, tos, ttl, port }) => {
    const upper = (four: boolean) => {
      if (protocol === TCP) return tcp(port, 80, payload);
      return protocol === UDP ? udp(port, 53, payload) : echo(four ? 8 : 129, port, 1, payload);
    };
    const next = protocol === ICMP4 ? ICMP6 : protocol;
    return [out4(protocol, upper(true), { tos, ttl }), in6(next, upper(false), { trafficClass: tos, hopLimit: ttl })];
  });
}

const quoted4 = writeIp4({ ...BACK4, protocol: UDP, payload: seal(BACK4, UDP, udp(53, 99, data(20))) });
const quoted6 = writeIp6({ ...BACK6, next: UDP, payload: seal(BACK6, UDP, udp(99, 53, data(20))) });
const error4 = (type: number, code: number, word = 0, quoted = quoted4): Uint8Array =>
  out4(ICMP4, icmp(type, code, u32(word), quoted));
const error6 = (type: number, code: number, word = 0, quoted = quoted6): Uint8Array =>
  in6(ICMP6, icmp(type, code, u32(word), quoted));
const range = (n: number): number[] => [...Array(n).keys()];

async function run(bench: Bench): Promise<void> {
  const both = new Comparison(new Rig(), await Tayga.start(bench, HOST, PEER));
  const groups: [string, Uint8Array[]][] = [
    ["TCP, UDP and echo of random lengths, classes and hop limits, both ways", flows()],
    [
      "every ICMPv4 type and code but Parameter Problem",
      range(256).flatMap((type) => (type === 12 ? [] : range(17).map((code) => error4(type, code)))),
    ],
    ["MTUs of fragmentation needed", [1300, 1400, 1480].map((mtu) => error4(3, 4, mtu))],
    [
      "every code of ICMPv6 errors but Parameter Problem",
      [1, 3].flatMap((type) => range(9).map((code) => error6(type, type === 1 && code === 3 ? 0 : code))),
    ],
    ["MTUs of Packet Too Big", [1280, 1300, 1400, 1480].map((mtu) => error6(2, 0, mtu))],
    [
      "quoted packets of every length, outbound",
      range(21).map((length) => error4(3, 3, 0, quoted4.slice(0, 28 + length))),
    ],
    [
      "quoted packets of every length, inbound",
      range(21).map((length) => error6(1, 4, 0, quoted6.slice(0, 48 + length))),
    ],
    [
      "fragments of IPv4",
      range(8).flatMap((i) =>
        [true, false].map((mf) =>
          writeIp4({ ...OUT, id: 4711 + i, mf, offset: 800 * (i + 1), protocol: UDP, payload: data(800) }),
        ),
      ),
    ],
    ["large packets with don't fragment", [1232, 1233, 1400, 1452].map((length) => out4(UDP, udp(1, 2, data(length))))],
    [
      "large packets without",
      [1100, 1232, 1233, 1400].map((length) => out4(UDP, udp(1, 2, data(length)), { df: false, id: 99 })),
    ],
    ["inbound packets around 1260 bytes", range(6).map((i) => in6(UDP, udp(1, 2, data(1230 + i))))],
    ["other protocols", [47, 50, 132].flatMap((protocol) => [out4(protocol, data(40)), in6(protocol, data(40))])],
  ];
  for (const [name, packets] of groups) {
    await bench.check(name, async () => {
      const { translated, differences } = await both.compare(packets);
      assert.equal(
        differences.length,
        0,
        `${differences.length} of ${packets.length} differ; the first:\n${JSON.stringify(differences[0])}`,
      );
      return `${packets.length} packets, ${translated} translated`;
    });
  }
}
