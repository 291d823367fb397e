// Program 10000 on the terminal image: translation behind a registration, through the home agent's tunnel (seed embodiment 1).
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseIp6 } from "../../../../host-sim/core/address.js";
import { Messages } from "../../../../host-sim/core/messages.js";
import { get16, ICMP4, ICMP6, readIp4, readIp6, TCP, UDP, u32, writeIp4, writeIp6 } from "../../../reference/ip.js";
import { echo, faults, icmp, seal, tcp, udp } from "../../../reference/upper.js";
import { OWN4, OWN6, PEER4, PEER6, registeredTerminal, Terminal } from "../../lib/registered-terminal.js";
import { AGENT, B } from "../mobile-world.js";

const OUT = { src: OWN4, dst: PEER4 };
const IN = { src: PEER6, dst: OWN6 };
const data = (length: number) => Uint8Array.from({ length }, (_, i) => i * 13);
const segment4 = (length: number, options = {}) =>
  writeIp4({ ...OUT, df: true, protocol: TCP, payload: seal(OUT, TCP, tcp(4000, 80, data(length), options)) });
const segment6 = (length: number, options = {}) =>
  writeIp6({ ...IN, next: TCP, payload: seal(IN, TCP, tcp(80, 4000, data(length), options)) });

test("the acknowledgement gives the application its virtual address, and the MTU that translation and tunnel leave (507)", () => {
  const terminal = registeredTerminal();
  assert.deepEqual(terminal.told(), ["4 192.168.0.10/32 1440"]);
  terminal.roam(B);
  assert.deepEqual(terminal.told(), []);
});

test("TCP, UDP and echo pass the tunnel both ways with right checksums, of any length that fits", () => {
  const terminal = registeredTerminal();
  const make = {
    [TCP]: (payload: Uint8Array) => tcp(1, 2, payload),
    [UDP]: (payload: Uint8Array) => udp(1, 2, payload),
    [ICMP4]: (payload: Uint8Array) => echo(8, 1, 2, payload),
    [ICMP6]: (payload: Uint8Array) => echo(128, 1, 2, payload),
  };
  const length = fc.integer({ min: 0, max: 1380 });
  fc.assert(
    fc.property(fc.constantFrom(TCP, UDP, ICMP4), length, (protocol, length) => {
      const upper = seal(OUT, protocol, make[protocol as 6](data(length)));
      const out = terminal.fromApplication(writeIp4({ ...OUT, df: true, protocol, payload: upper }));
      assert.equal(out.tunnelled.length, 1);
      assert.deepEqual(faults(out.tunnelled[0]), []);
      assert.deepEqual([readIp6(out.tunnelled[0])!.src, readIp6(out.tunnelled[0])!.dst], [OWN6, PEER6]);
      const next = protocol === ICMP4 ? ICMP6 : protocol;
      const inner = writeIp6({ ...IN, next, payload: seal(IN, next, make[next as 6](data(length))) });
      const back = terminal.fromTunnel(inner);
      assert.equal(back.application.length, 1);
      assert.deepEqual(faults(back.application[0]), []);
      assert.deepEqual([readIp4(back.application[0])!.src, readIp4(back.application[0])!.dst], [PEER4, OWN4]);
    }),
    { numRuns: 60 },
  );
});

test("what an application may send by the MTU that it was told fills the link exactly", () => {
  const terminal = registeredTerminal();
  const out = terminal.fromApplication(segment4(1400));
  assert.equal(out.outer.length, 1);
  assert.equal(out.outer[0].length, 1500);
});

test("a segment with don't fragment that does not fit the tunnel is answered with what does", () => {
  const terminal = registeredTerminal();
  const out = terminal.fromApplication(segment4(1401));
  assert.deepEqual(out.outer, []);
  const [told] = out.application.map((p) => readIp4(p)!);
  assert.deepEqual([told.payload[0], told.payload[1], get16(told.payload, 6)], [3, 4, 1440]);
  assert.deepEqual(faults(out.application[0]), []);
});

test("Packet Too Big from the tunnel's path: the application hears its own MTU, and its TCP goes on", () => {
  const terminal = registeredTerminal();
  const [outer] = terminal.fromApplication(segment4(1400)).outer;
  const router = { src: parseIp6("2001:db8:cc::1"), dst: terminal.coa };
  const tooBig = seal(router, ICMP6, icmp(2, 0, u32(1400), outer.slice(0, 1232)));
  const heard = terminal.fromLink(writeIp6({ ...router, next: ICMP6, payload: tooBig }));
  // The tunnel's entry may tell at once or with the next packet (RFC 2473 §7.1); by then it must.
  const again = terminal.fromApplication(segment4(1400));
  assert.deepEqual(again.outer, []);
  const mtus = [...heard.application, ...again.application].map((p) => get16(readIp4(p)!.payload, 6));
  assert.ok(mtus.length > 0);
  for (const mtu of mtus) assert.equal(mtu, 1400 - 40 - 20);
  for (const packet of again.application) assert.deepEqual(faults(packet), []);
  const fitting = terminal.fromApplication(segment4(1340 - 40));
  assert.deepEqual([fitting.outer.length, fitting.outer[0].length], [1, 1400]);
});

test("Packet Too Big from beyond the home agent goes to the application through the tunnel", () => {
  const terminal = registeredTerminal();
  const [sent] = terminal.fromApplication(segment4(1400)).tunnelled;
  const router = { src: parseIp6("2001:db8:cc::1"), dst: OWN6 };
  const tooBig = seal(router, ICMP6, icmp(2, 0, u32(1300), sent.slice(0, 1232)));
  const heard = terminal.fromTunnel(writeIp6({ ...router, next: ICMP6, payload: tooBig }));
  assert.deepEqual(
    heard.application.map((p) => get16(readIp4(p)!.payload, 6)),
    [1280],
  );
  const quoted = readIp4(readIp4(heard.application[0])!.payload.slice(8), true)!;
  assert.deepEqual([quoted.src, quoted.dst, quoted.protocol], [OWN4, PEER4, TCP]);
});

test("without don't fragment everything goes, in IPv6 fragments that fit the least path", () => {
  const terminal = registeredTerminal();
  for (const length of [1200, 1240, 1300, 1412]) {
    const upper = seal(OUT, UDP, udp(1, 2, data(length)));
    const out = terminal.fromApplication(writeIp4({ ...OUT, id: 77, protocol: UDP, payload: upper }));
    assert.deepEqual(out.application, []);
    for (const inner of out.tunnelled) assert.ok(inner.length <= 1280);
    assert.equal(out.tunnelled.length, length > 1232 ? 2 : 1);
  }
});

test("fragments of the tunnel are not fragments of what it carries: that keeps don't fragment", () => {
  const terminal = registeredTerminal();
  const inner = segment6(1340);
  const fragments = [0, 704].map((offset) => {
    const fragment = { id: 5, offset, more: offset === 0 };
    const payload = offset === 0 ? inner.slice(0, 704) : inner.slice(704);
    return writeIp6({ src: parseIp6(AGENT), dst: terminal.coa, next: 41, fragment, payload });
  });
  assert.deepEqual(terminal.fromLink(fragments[0]).application, []);
  const [whole] = terminal.fromLink(fragments[1]).application;
  assert.deepEqual([readIp4(whole)!.df, faults(whole)], [true, []]);
});

test("the MSS of both SYNs is clamped to what translation and tunnel leave, and the checksum follows", () => {
  const terminal = registeredTerminal();
  const options = Uint8Array.of(2, 4, 0x05, 0xb4);
  const [out] = terminal.fromApplication(segment4(0, { flags: 2, options })).tunnelled;
  assert.equal(get16(readIp6(out)!.payload, 22), 1500 - 40 - 60);
  assert.deepEqual(faults(out), []);
  const [back] = terminal.fromTunnel(segment6(0, { flags: 0x12, options })).application;
  assert.equal(get16(readIp4(back)!.payload, 22), 1500 - 40 - 60);
  assert.deepEqual(faults(back), []);
});

test("what is for the care-of address or a group is not the application's", () => {
  const terminal = registeredTerminal();
  for (const to of [terminal.coa, parseIp6("ff02::1")]) {
    const ends = { src: parseIp6("2001:db8:cc::1"), dst: to };
    const out = terminal.fromLink(writeIp6({ ...ends, next: UDP, payload: seal(ends, UDP, udp(1, 2, data(4))) }));
    assert.deepEqual(out.application, []);
  }
});

test("the outer source must be the home agent (510), and what comes without a tunnel is not the application's", () => {
  const terminal = registeredTerminal();
  const stranger = { src: parseIp6("2001:db8:cc::1"), dst: terminal.coa };
  assert.deepEqual(terminal.fromLink(writeIp6({ ...stranger, next: 41, payload: segment6(4) })).application, []);
  assert.equal(terminal.fromTunnel(segment6(4)).application.length, 1);
});

test("after a move the same flow goes on from the new care-of address", () => {
  const terminal = registeredTerminal();
  const first = terminal.coa;
  assert.equal(terminal.fromApplication(segment4(10)).tunnelled.length, 1);
  terminal.roam(B);
  assert.notDeepEqual(terminal.coa, first);
  assert.equal(terminal.fromApplication(segment4(10)).tunnelled.length, 1);
  assert.equal(terminal.fromTunnel(segment6(10)).application.length, 1);
});

test("the pool runs dry before the own address is drawn: no program, counted", () => {
  const terminal = new Terminal({ settings: new Messages() });
  terminal.roam();
  assert.deepEqual(terminal.told(), []);
  assert.equal(terminal.world.node.drops().POOL_EXHAUSTED, 1);
  assert.deepEqual(terminal.fromApplication(segment4(4)).outer, []);
});

test("program 10000 off and 10001 on while running, and back: the application side changes family, and only it", () => {
  const terminal = registeredTerminal();
  const native = writeIp6({
    src: OWN6,
    dst: PEER6,
    next: UDP,
    payload: seal({ src: OWN6, dst: PEER6 }, UDP, udp(1, 2, data(5))),
  });
  assert.deepEqual(terminal.told(), ["4 192.168.0.10/32 1440"]);
  for (let round = 0; round < 3; round++) {
    terminal.world.configure(new Messages().program(10000, false).program(10001, true));
    assert.deepEqual(terminal.told().sort(), ["4 192.168.0.10/0", "6 2001:db8:7::1000/128 1460"]);
    assert.deepEqual(terminal.fromApplication(segment4(4)).outer, []);
    assert.deepEqual(terminal.fromApplication(native).tunnelled, [native]);
    assert.deepEqual(terminal.fromTunnel(segment6(4)).application, [segment6(4)]);
    terminal.world.configure(new Messages().program(10001, false).program(10000, true));
    assert.deepEqual(terminal.told().sort(), ["4 192.168.0.10/32 1440", "6 2001:db8:7::1000/0"]);
    assert.equal(terminal.fromApplication(segment4(4)).tunnelled.length, 1);
    const [back] = terminal.fromTunnel(segment6(4)).application;
    assert.deepEqual([back[0] >> 4, faults(back)], [4, []]);
  }
});

test("all programs off: the application loses its address, nothing passes; on again: the same address", () => {
  const terminal = registeredTerminal();
  terminal.told();
  terminal.world.configure(new Messages().program(10000, false));
  assert.deepEqual(terminal.told(), ["4 192.168.0.10/0"]);
  const out = terminal.fromApplication(segment4(4));
  assert.deepEqual(out.outer, []);
  assert.deepEqual(
    out.application.map((p) => readIp4(p)!.payload[0]),
    [3],
  );
  assert.deepEqual(terminal.fromTunnel(segment6(4)).application, []);
  terminal.world.configure(new Messages().program(10000, true));
  assert.deepEqual(terminal.told(), ["4 192.168.0.10/32 1440"]);
  assert.equal(terminal.fromApplication(segment4(4)).tunnelled.length, 1);
});

test("the home agent's own address is no way around the tunnel", () => {
  const terminal = registeredTerminal();
  const from = { src: parseIp6(AGENT), dst: OWN6 };
  const direct = writeIp6({ ...from, next: UDP, payload: seal(from, UDP, udp(1, 2, data(4))) });
  for (const packet of terminal.fromTunnel(direct).application) assert.deepEqual(faults(packet), []);
});
