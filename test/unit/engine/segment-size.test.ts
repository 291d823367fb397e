/**
 * The maximum segment size of a SYN that goes into a tunnel (RFC 9293 §3.7.1, RFC 2473 §7): found among options of any kind, also such
 * as lie, and cut to what fits. A home agent with a bound mobile node is asked; what it must answer is worked out here.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { seal } from "../../reference/upper.js";
import { Agent, CN, home } from "../roles/home-agent-bench.js";
import { bytes, ether, ip6, u16, update } from "../roles/home-agent-frames.js";

const A = home(1);
const TCP = 6;
const SYN = 2;
const ACK = 16;
/** 1500 less the tunnel's header, less an IPv6 and a TCP header. */
const LIMIT = 1400;
const addresses = { src: parseIp6(CN), dst: parseIp6(A) };

const agent = new Agent();
agent.rx(update({ home: A, sequence: 1 }));
agent.sent();

/** @param words of the header, when it is to lie about its length */
function segment(options: number[], flags = SYN, words = 5 + options.length / 4): Uint8Array {
  const header = bytes(u16(5000), u16(80), [0, 0, 0, 1, 0, 0, 0, 0, words << 4, flags, 255, 255, 0, 0, 0, 0], options);
  return seal(addresses, TCP, header);
}
/** The segment as it leaves through the tunnel. */
function through(tcp: Uint8Array): Uint8Array {
  agent.rx(ether(ip6(CN, A, TCP, tcp)));
  const [out, ...more] = agent.sent();
  assert.equal(more.length, 0);
  return out.payload.subarray(40);
}
/** What must leave. */
function expected(tcp: Uint8Array): Uint8Array {
  const end = (tcp[12] >> 4) * 4;
  if (end < 20 || end > tcp.length || (tcp[13] & SYN) === 0) return tcp;
  for (let at = 20; at < end && tcp[at] !== 0; ) {
    if (tcp[at] === 1) {
      at++;
      continue;
    }
    const length = at + 1 < end ? tcp[at + 1] : 0;
    if (length < 2 || at + length > end) return tcp;
    if (tcp[at] === 2) {
      if (length !== 4 || tcp[at + 2] * 256 + tcp[at + 3] <= LIMIT) return tcp;
      const cut = Uint8Array.from(tcp);
      cut.set(u16(LIMIT), at + 2);
      return seal(addresses, TCP, cut);
    }
    at += length;
  }
  return tcp;
}
function agrees(tcp: Uint8Array, what: string): void {
  assert.deepEqual(Buffer.from(through(tcp)).toString("hex"), Buffer.from(expected(tcp)).toString("hex"), what);
}

const LARGE = u16(1460);
const MSS = [2, 4, ...LARGE];
const NOP = 1;

test("the limit itself is left, one more is cut, with a right checksum", () => {
  for (const asked of [0, 535, LIMIT - 1, LIMIT, LIMIT + 1, 1440, 65535])
    agrees(segment([2, 4, ...u16(asked)]), `${asked}`);
  const cut = through(segment(MSS));
  assert.deepEqual([...cut.subarray(22, 24)], u16(LIMIT), "the reference agrees with plain arithmetic");
});

test("the option is found behind others, at an even and an odd place, and up to the last byte of the header", () => {
  const before: [string, number[]][] = [
    ["one NOP", [NOP, ...MSS, 0, 0, 0]],
    ["two NOPs", [NOP, NOP, ...MSS, NOP, NOP]],
    ["an option of two bytes, so that it ends the header", [4, 2, NOP, NOP, ...MSS]],
    ["an option of three bytes", [3, 3, 7, ...MSS, 0]],
    ["timestamps", [8, 10, 1, 2, 3, 4, 5, 6, 7, 8, NOP, NOP, ...MSS]],
    ["forty bytes of options", [...new Array<number>(36).fill(NOP), ...MSS]],
  ];
  for (const [what, options] of before) {
    const tcp = segment(options);
    assert.notDeepEqual(expected(tcp), tcp, `${what}: the reference cuts it`);
    agrees(tcp, what);
  }
});

test("options that lie are left as they came, and nothing behind the header is read for one", () => {
  const lies: [string, number[]][] = [
    ["the list ends before it", [0, NOP, NOP, NOP, ...MSS]],
    ["a length of 0", [5, 0, NOP, NOP, ...MSS]],
    ["a length of 1", [5, 1, NOP, NOP, ...MSS]],
    ["a length beyond the header", [5, 9, NOP, NOP, ...MSS]],
    ["a kind without a length at the very end", [NOP, NOP, NOP, 2]],
    ["an MSS of three bytes", [2, 3, ...LARGE]],
    ["an MSS of five bytes", [2, 5, ...LARGE, 0, 0, 0, 0]],
    ["an MSS of six bytes", [2, 6, ...LARGE, 0, 0, NOP, NOP]],
    ["an MSS whose value lies outside", [NOP, NOP, 2, 4]],
    ["an MSS of which half lies outside", [NOP, 2, 4, 5]],
  ];
  for (const [what, options] of lies) {
    const tcp = segment(options);
    assert.deepEqual(expected(tcp), tcp, `${what}: the reference leaves it`);
    agrees(tcp, what);
    // The same with data behind the header that would complete it.
    agrees(seal(addresses, TCP, bytes(tcp, LARGE, MSS)), `${what}, with data`);
  }
});

test("a header that is too short or longer than the segment, and a segment that is no SYN, are left", () => {
  for (const words of [0, 4, 7, 15]) agrees(segment(MSS, SYN, words), `${words} words`);
  agrees(segment(MSS, ACK), "an ACK");
  agrees(segment(MSS, ACK | SYN), "a SYN with ACK");
  agrees(segment(MSS).subarray(0, 19), "19 bytes");
});

test("any options at all", () => {
  const option = fc.oneof(
    fc.constant([NOP]),
    fc.constant([0]),
    fc.nat(65535).map((size) => [2, 4, ...u16(size)]),
    fc.tuple(fc.nat(255), fc.nat(12), fc.array(fc.nat(255), { maxLength: 8 })).map(([k, n, data]) => [k, n, ...data]),
  );
  fc.assert(
    fc.property(
      fc.array(option, { maxLength: 8 }),
      fc.integer({ min: 4, max: 15 }),
      fc.nat(63),
      (list, words, flags) => {
        const options = list.flat().slice(0, 40);
        while (options.length % 4 !== 0) options.push(NOP);
        agrees(segment(options, flags, words), "random");
      },
    ),
    { numRuns: 500 },
  );
});
