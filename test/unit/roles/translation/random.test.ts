// Random packets through the core and through the reference translator: the same comes out, or nothing of both; and whatever came in,
// no buffer is lost, nothing is drawn for what is dropped, and the fixture still works.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseIp4, parseIp6 } from "../../../../host-sim/core/address.js";
import { bytes, ICMP4, ICMP6, type Ip4, type Ip6, TCP, UDP, writeIp4, writeIp6 } from "../../../reference/ip.js";
import { icmp, seal, tcp, udp } from "../../../reference/upper.js";
import { agreeInbound, agreeOutbound } from "../../lib/translation-agree.js";
import { HOME4, HOME6, NAMES4, NAMES6, PEER4, PEER6, Rig } from "../../lib/translation-rig.js";

const STRANGER6 = parseIp6("2001:db8:5::99");
const destinations4 = [PEER4, PEER4, PEER4, parseIp4("10.1.2.3"), parseIp4("192.168.0.77")];
const sources6 = [PEER6, PEER6, PEER6, STRANGER6];

const byte = fc.nat(255);
const word = fc.nat(65535);
const data = (maxLength: number) => fc.uint8Array({ maxLength, size: "max" });
const ttl = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 2, max: 255 }) }, fc.constantFrom(0, 1));
const protocols = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(TCP, UDP, ICMP4) }, byte);
const options = fc.constantFrom<number[]>(
  [],
  [],
  [],
  [1, 1, 1, 1],
  [131, 7, 8, 0, 0, 0, 0, 0],
  [137, 7, 4, 0, 0, 0, 0, 0],
);
const offset = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  fc.nat(8191).map((units) => units * 8),
);

/** A whole upper layer, sealed between `ends` unless spoilt. */
function upper(
  protocol: number,
  ends: { src: Uint8Array; dst: Uint8Array },
  payload: Uint8Array,
  types: [number, number],
) {
  const [type, code] = types;
  if (protocol === TCP) return seal(ends, protocol, tcp(80, 4000, payload));
  if (protocol === UDP) return seal(ends, protocol, udp(53, 4000, payload));
  if (protocol === ICMP4 || protocol === ICMP6)
    return seal(ends, protocol, icmp(type, code, payload.slice(0, 4), payload.slice(4)));
  return payload;
}
const ready = (payload: Uint8Array) =>
  payload.length < 4 ? bytes(payload, new Uint8Array(4 - payload.length)) : payload;

const quoted4: fc.Arbitrary<Uint8Array> = fc
  .record({
    protocol: protocols,
    payload: data(60),
    id: word,
    mf: fc.boolean(),
    offset,
    ttl: byte,
    cut: fc.nat(90),
    back: fc.boolean(),
  })
  .map(({ cut, back, ...ip }) => {
    const ends = back ? { src: PEER4, dst: HOME4 } : { src: HOME4, dst: PEER4 };
    return writeIp4({ ...ip, ...ends, payload: upper(ip.protocol, ends, ready(ip.payload), [8, 0]) }).slice(0, cut);
  });
const quoted6: fc.Arbitrary<Uint8Array> = fc
  .record({
    next: protocols,
    payload: data(60),
    id: word,
    more: fc.boolean(),
    offset,
    cut: fc.nat(110),
    back: fc.boolean(),
    fragmented: fc.boolean(),
  })
  .filter(({ next }) => ![0, 43, 44, 50, 51, 60, 135].includes(next))
  .map(({ cut, back, fragmented, id, more, offset, next, payload }) => {
    const ends = back ? { src: HOME6, dst: PEER6 } : { src: PEER6, dst: HOME6 };
    const number = next === ICMP4 ? ICMP6 : next;
    const fragment = fragmented ? { id, more, offset } : undefined;
    return writeIp6({ ...ends, next: number, fragment, payload: upper(number, ends, ready(payload), [128, 0]) }).slice(
      0,
      cut,
    );
  });

const packet4: fc.Arbitrary<Uint8Array> = fc
  .record({
    tos: byte,
    id: word,
    df: fc.boolean(),
    mf: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.boolean()),
    offset,
    ttl,
    protocol: protocols,
    options,
    dst: fc.constantFrom(...destinations4),
    payload: fc.oneof(data(64), data(1600)),
    types: fc.tuple(fc.oneof(fc.constantFrom(0, 8, 3, 11, 12), byte), fc.nat(16)) as fc.Arbitrary<[number, number]>,
    quote: fc.option(quoted4, { nil: undefined }),
  })
  .map(({ options, payload, types, quote, ...ip }) => {
    const ends = { src: HOME4, dst: ip.dst };
    const body = quote && ip.protocol === ICMP4 ? bytes(ready(payload).slice(0, 4), quote) : ready(payload);
    return writeIp4({
      ...ip,
      ...ends,
      options: Uint8Array.from(options),
      payload: upper(ip.protocol, ends, body, types),
    });
  })
  .filter((packet) => packet.length <= 1500);

const packet6: fc.Arbitrary<Uint8Array> = fc
  .record({
    trafficClass: byte,
    flow: fc.nat(0xfffff),
    hopLimit: ttl,
    next: protocols.filter((next) => ![0, 41, 43, 44, 50, 51, 59, 60, 135].includes(next)),
    src: fc.constantFrom(...sources6),
    payload: fc.oneof(data(64), data(1500)),
    types: fc.tuple(fc.oneof(fc.constantFrom(128, 129, 1, 3, 4), byte), fc.nat(8)) as fc.Arbitrary<[number, number]>,
    quote: fc.option(quoted6, { nil: undefined }),
  })
  .filter(({ next, types: [type] }) => next !== ICMP4 || (type !== 2 && (type < 130 || type > 154)))
  .map(({ payload, types, quote, next, ...ip }) => {
    const number = next === ICMP4 ? ICMP6 : next;
    const ends = { src: ip.src, dst: HOME6 };
    const body = quote && number === ICMP6 ? bytes(ready(payload).slice(0, 4), quote) : ready(payload);
    return writeIp6({ ...ip, ...ends, next: number, payload: upper(number, ends, body, types) });
  })
  .filter((packet) => packet.length <= 1500);

test("what the application sends comes out as the reference has it", () => {
  const rig = new Rig();
  const free = rig.buffersFree();
  const seen = { packets: 0, problem: 0, dropped: 0 };
  fc.assert(
    fc.property(packet4, (packet) => {
      rig.advance(20);
      seen[Object.keys(agreeOutbound(rig, packet))[0] as "packets"]++;
    }),
    { numRuns: 1500, endOnFailure: true },
  );
  assert.equal(rig.buffersFree(), free);
  assert.ok(
    Object.values(seen).every((count) => count > 50),
    JSON.stringify(seen),
  );
});

test("what the network sends comes out as the reference has it", () => {
  const rig = new Rig();
  const free = rig.buffersFree();
  const seen = { packets: 0, problem: 0, dropped: 0 };
  fc.assert(
    fc.property(packet6, (packet) => {
      rig.advance(20);
      seen[Object.keys(agreeInbound(rig, packet))[0] as "packets"]++;
    }),
    { numRuns: 1500, endOnFailure: true },
  );
  assert.equal(rig.buffersFree(), free);
  assert.ok(
    Object.values(seen).every((count) => count > 50),
    JSON.stringify(seen),
  );
});

/** Bytes changed at random places, and cut. */
const mutated = (packet: fc.Arbitrary<Uint8Array>) =>
  fc
    .tuple(packet, fc.array(fc.tuple(fc.nat(200), byte), { maxLength: 6 }), fc.option(fc.nat(200), { nil: undefined }))
    .map(([bytes, changes, cut]) => {
      const copy = bytes.slice(0, cut);
      for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
      return copy;
    });

test("packets with broken bytes do not trap, leak or come out larger than they may, and the fixture works on", () => {
  const rig = new Rig({ dns: true, pool4: ["192.168.0.0", 24, 3], pool6: ["2001:db8:64::", 96] });
  const free = rig.buffersFree();
  fc.assert(
    fc.property(mutated(packet4), mutated(packet6), (four, six) => {
      rig.advance(20);
      for (const sent of rig.fromApplication(four).network) assert.ok(sent.length <= 1500);
      for (const sent of rig.fromNetwork(six).application) assert.ok(sent.length <= 1500);
    }),
    { numRuns: 3000 },
  );
  rig.advance(120_000);
  rig.advance(120_000);
  assert.equal(rig.buffersFree(), free);
  works(rig);
});

test("random bytes as questions and answers of the name server do not trap, leak or lose the fixture", () => {
  const rig = new Rig({ dns: true });
  const free = rig.buffersFree();
  const head = fc.constantFrom([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0], [0, 7, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 1]);
  const name = fc.constantFrom([3, 119, 119, 119, 0], [0xc0, 12], [0xc0, 0xff], [0], [63], [3, 97, 98]);
  const tail = fc.array(
    fc.oneof(name, fc.constantFrom([0, 1, 0, 1], [0, 28, 0, 1, 0, 0, 1, 0, 0, 16]), fc.array(byte, { maxLength: 20 })),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(head, tail, fc.boolean(), (head, parts, question) => {
      const body = Uint8Array.from([...head, ...parts.flat()]);
      const ask = { src: HOME4, dst: NAMES4 };
      rig.fromApplication(
        writeIp4({ ...ask, protocol: UDP, payload: seal(ask, UDP, udp(4000, 53, question ? body : known)) }),
      );
      const tell = { src: NAMES6, dst: HOME6 };
      rig.fromNetwork(writeIp6({ ...tell, next: UDP, payload: seal(tell, UDP, udp(53, 4000, body)) }));
    }),
    { numRuns: 2000 },
  );
  assert.equal(rig.buffersFree(), free);
  works(rig);
});
const known = Uint8Array.from([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 119, 119, 119, 0, 0, 1, 0, 1]);

function works(rig: Rig): void {
  const out: Pick<Ip4, "src" | "dst"> = { src: HOME4, dst: PEER4 };
  const back: Pick<Ip6, "src" | "dst"> = { src: PEER6, dst: HOME6 };
  const four = writeIp4({ ...out, protocol: UDP, payload: seal(out, UDP, udp(1, 2, new Uint8Array(3))) });
  const six = writeIp6({ ...back, next: UDP, payload: seal(back, UDP, udp(1, 2, new Uint8Array(3))) });
  assert.ok("packets" in agreeOutbound(rig, four));
  assert.ok("packets" in agreeInbound(rig, six));
}
