/** Verified anycast on other ways than one plain link: sizes, ESP, mobility, an IPv4 application. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Mode, PolicyAction } from "../../../assembly/abi/ipsec.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { AUTHENTICATED, authenticator, header, insert, REQUEST, walk } from "../../reference/anycast.js";
import { bytes, FRAGMENT, ICMP4, ICMP6, readIp4, readIp6, UDP, u16, writeIp4, writeIp6 } from "../../reference/ip.js";
import { echo, faults, seal, udp } from "../../reference/upper.js";
import {
  anycastPair,
  C,
  clientMessage,
  datagram,
  End,
  KEY,
  KEY_ID,
  keyMessage,
  S,
  serverMessage,
} from "../lib/anycast.js";
import { ends, Pair, policy, switchOn, tunnelEnds } from "../lib/ipsec-pair.js";
import { OWN4, PEER4, registeredTerminal } from "../lib/registered-terminal.js";
import { CN, COA, Correspondent, HOME as MOBILE } from "./correspondent-world.js";
import { HOME, PEER } from "./mobile-world.js";

const ask = (size: number): Uint8Array => datagram(C, S, [40000, 53], new Uint8Array(size - 48).fill(size));
const say = (size: number): Uint8Array => datagram(S, C, [53, 40000], new Uint8Array(size - 48).fill(size));
/** MTU of the Packet Too Big that the application got. */
const told = (packets: Uint8Array[]): number[] =>
  packets.map((p) => (p[6] === ICMP6 && p[40] === 2 ? (p[46] << 8) | p[47] : 0));

test("the application is told what a request may have so that the option fits", () => {
  const pair = anycastPair(true);
  pair.left.rx(1, ask(1500));
  pair.settle();
  assert.deepEqual([pair.wires(), told(pair.left.received())], [[], [1468]]);
  pair.left.rx(1, ask(1468));
  pair.settle();
  assert.deepEqual([pair.wires().map(({ packet }) => packet.length), pair.right.received()], [[1500], [ask(1468)]]);
});
test("a request of 1280 bytes that may not be told anything travels in fragments", () => {
  const [c, s, u] = ["2001:db8:c::1", "2001:db8:53::53", "2001:db8:a::2"];
  const request = datagram(c, s, [40000, 53], new Uint8Array(1280 - 48).fill(3));
  const end = new End("anycast-client", c, [keyMessage(KEY_ID, KEY, s), clientMessage(KEY_ID, 30, s)], { mtu: 1280 });
  const fragments = end.sends(request);
  assert.deepEqual(
    fragments.map((p) => p[6]),
    [FRAGMENT, FRAGMENT],
  );
  assert.ok(fragments.every((p) => p.length <= 1280));
  const server = new End("anycast-server", u, [keyMessage(KEY_ID, KEY, s), serverMessage(s, u)], { mtu: 1280 });
  assert.deepEqual(server.receives(...fragments).app, [request]);
});
test("an answer that does not fit with its identifier is fragmented by the server and put together by the client", () => {
  const pair = anycastPair(true);
  pair.left.rx(1, ask(100));
  pair.settle();
  pair.right.rx(1, say(1500));
  pair.settle();
  assert.deepEqual(
    pair.wires().map(({ packet }) => packet[6]),
    [60, FRAGMENT, FRAGMENT],
  );
  assert.deepEqual([pair.right.received(), pair.left.received()], [[ask(100)], [say(1500)]]);
});

for (const mode of [Mode.TRANSPORT, Mode.TUNNEL])
  test(`inside ESP in ${mode === Mode.TUNNEL ? "tunnel" : "transport"} mode nobody on the way sees it, and it is verified all the same`, () => {
    const both = ends((side) =>
      policy(1, PolicyAction.PROTECT, { mode, ...(mode === Mode.TUNNEL ? tunnelEnds(side) : {}) }),
    );
    const pair = new Pair(
      [switchOn(), both.left, keyMessage(), clientMessage(KEY_ID)],
      [switchOn(), both.right, keyMessage(), serverMessage()],
    );
    const exchange = (size: number): boolean => {
      pair.left.rx(1, ask(size));
      pair.settle();
      const arrived = pair.right.received();
      if (arrived.length === 0) return false;
      assert.deepEqual(arrived, [ask(size)]);
      pair.right.rx(1, say(size));
      pair.settle();
      assert.deepEqual(pair.left.received(), [say(size)]);
      return true;
    };
    assert.ok(exchange(100));
    assert.deepEqual(
      pair.wires().map(({ packet }) => packet[6]),
      [50, 50],
    );
    assert.ok(!exchange(1468));
    const [room] = told(pair.left.received());
    assert.ok(room >= 1280 && room < 1468, `${room}`);
    assert.ok(exchange(room));
    assert.ok(exchange(1280));
    assert.equal(pair.left.drops().ANYCAST_MISSING, undefined);
  });
test("an answer in the clear is refused where ESP is wanted, whatever its identifier", () => {
  const both = ends(() => policy(1, PolicyAction.PROTECT, {}));
  const pair = new Pair([switchOn(), both.left, clientMessage(0)], [serverMessage()]);
  pair.left.rx(1, ask(100));
  pair.settle();
  pair.right.rx(1, say(100));
  pair.settle();
  assert.deepEqual(pair.left.received(), []);
  assert.equal(pair.left.drops().POLICY_MISMATCH, 1);
});

// ---------------------------------------------------------------- mobility

const [HOME6, PEER6, SERVER6] = [HOME, PEER, "2001:db8:a5::2"].map(parseIp6);
const peerMessages = [keyMessage(KEY_ID, KEY, PEER), clientMessage(KEY_ID, 30, PEER)];
const reply = (src: Uint8Array): Uint8Array => {
  const upper = udp(7001, 7000, Uint8Array.of(1, 2, 3));
  return writeIp6({ src, dst: HOME6, next: UDP, payload: seal({ src, dst: HOME6 }, UDP, upper) });
};
/** A genuine answer of a server of PEER to a request of the home address. */
function genuine(request: Uint8Array): Uint8Array {
  const id = { form: AUTHENTICATED, keyId: KEY_ID, anycast: PEER6, nonce: walk(request).identifier!.nonce };
  const plain = reply(SERVER6);
  return insert(plain, { ...id, authenticator: authenticator(KEY, id, HOME6, SERVER6, UDP, plain.subarray(40)) });
}

test("a terminal asks from its home address, through its tunnel and by the direct way", () => {
  for (const direct of [false, true]) {
    const terminal = registeredTerminal({ program: 10001 });
    for (const m of peerMessages) terminal.world.configure(m);
    const { tunnelled } = terminal.fromApplication(datagram(HOME, PEER, [7000, 7001], Uint8Array.of(9)));
    const { identifier, upperAt } = walk(tunnelled[0]);
    const right = authenticator(KEY, identifier!, HOME6, PEER6, UDP, tunnelled[0].subarray(upperAt));
    assert.deepEqual([identifier?.form, identifier?.authenticator], [REQUEST, right]);
    const answer = genuine(tunnelled[0]);
    const routing = bytes(Uint8Array.of(60, 2, 2, 1, 0, 0, 0, 0), HOME6);
    const onWire = bytes(
      answer.subarray(0, 4),
      u16(answer.length - 16),
      Uint8Array.of(43, 64),
      SERVER6,
      terminal.coa,
      routing,
      answer.subarray(40),
    );
    const { application } = direct ? terminal.fromLink(onWire) : terminal.fromTunnel(answer);
    assert.deepEqual(application, [reply(PEER6)]);
  }
});
test("fragments of an answer to the home address are put together before they are judged", () => {
  const terminal = registeredTerminal({ program: 10001 });
  for (const m of peerMessages) terminal.world.configure(m);
  const { tunnelled } = terminal.fromApplication(datagram(HOME, PEER, [7000, 7001], Uint8Array.of(9)));
  const bare = reply(PEER6);
  const part = (from: number, to: number) =>
    writeIp6({
      src: PEER6,
      dst: HOME6,
      next: UDP,
      fragment: { id: 5, offset: from, more: to < 11 },
      payload: bare.slice(40 + from, 40 + to),
    });
  const refused = terminal.world.node.dropsOf(() => {
    assert.deepEqual(
      [part(0, 8), part(8, 11)].flatMap((p) => terminal.fromTunnel(p).application),
      [],
    );
  });
  assert.deepEqual(refused, { ANYCAST_MISSING: 1 });
  assert.deepEqual(terminal.fromTunnel(genuine(tunnelled[0])).application, [reply(PEER6)]);
});
test("an IPv4 application asks through the translator and gets its answer from where it asked", () => {
  const terminal = registeredTerminal();
  for (const m of peerMessages) terminal.world.configure(m);
  const ip4 = (src: Uint8Array, dst: Uint8Array, upper: Uint8Array, protocol = UDP) =>
    writeIp4({ src, dst, protocol, df: true, payload: seal({ src, dst }, protocol, upper) });
  const { tunnelled } = terminal.fromApplication(ip4(OWN4, PEER4, udp(7000, 7001, Uint8Array.of(9))));
  assert.equal(walk(tunnelled[0]).identifier?.form, REQUEST);
  const refused = terminal.world.node.dropsOf(() =>
    assert.deepEqual(terminal.fromTunnel(reply(SERVER6)).application, []),
  );
  assert.deepEqual(refused, { ANYCAST_MISSING: 1 });
  const [answer] = terminal.fromTunnel(genuine(tunnelled[0])).application;
  const got = readIp4(answer)!;
  assert.deepEqual(
    [got.src, got.dst, got.payload.subarray(8), faults(answer)],
    [PEER4, OWN4, Uint8Array.of(1, 2, 3), []],
  );
  // What an option leaves room for is said in terms of IPv4, about the packet as it was: 1500 less tunnel, option, and 20 of IPv4's 40.
  const large = ip4(OWN4, PEER4, udp(7000, 7001, new Uint8Array(1412)));
  const [error] = terminal.fromApplication(large).application;
  assert.deepEqual([error[20], error[21], (error[26] << 8) | error[27]], [3, 4, 1500 - 40 - 32 - 20]);
  assert.deepEqual(error.subarray(28 + 12, 28 + 28), large.subarray(12, 28));
  const ping = terminal.fromApplication(ip4(OWN4, PEER4, echo(8, 5, 1, Uint8Array.of(4)), ICMP4)).tunnelled[0];
  assert.deepEqual([walk(ping).identifier?.form, walk(ping).protocol], [REQUEST, ICMP6]);
});
test("a server answers a mobile node by the way that its binding says, proven for the home address", () => {
  const s = "2001:db8:8::53";
  const correspondent = new Correspondent();
  for (const m of [keyMessage(KEY_ID, KEY, s), serverMessage(s, CN)]) correspondent.node.configure(m);
  correspondent.update();
  const [mobile, careOf, anycast, own] = [MOBILE, COA, s, CN].map(parseIp6);
  const upper = seal({ src: mobile, dst: anycast }, UDP, udp(7000, 53, Uint8Array.of(9)));
  const id = { form: REQUEST, keyId: KEY_ID, nonce: new Uint8Array(8).fill(6) };
  const option = header(UDP, { ...id, authenticator: authenticator(KEY, id, mobile, anycast, UDP, upper) });
  const home = bytes(Uint8Array.of(60, 2, 1, 2, 0, 0, 0xc9, 16), mobile);
  const request = writeIp6({ src: careOf, dst: anycast, next: 60, payload: bytes(home, option, upper) });
  const asked = correspondent.give(request).filter(({ port }) => port === 1);
  assert.deepEqual(
    asked.map(({ bytes: b }) => new Uint8Array(b)),
    [writeIp6({ src: mobile, dst: anycast, next: UDP, payload: upper })],
  );
  const said = datagram(s, MOBILE, [53, 7000], Uint8Array.of(8));
  const [sent] = correspondent.fromApp(said).map(({ bytes: b }) => new Uint8Array(b));
  const walked = walk(sent);
  assert.deepEqual([readIp6(sent)!.src, readIp6(sent)!.dst, walked.destination], [own, careOf, mobile]);
  const right = authenticator(KEY, walked.identifier!, mobile, own, UDP, sent.subarray(walked.upperAt));
  assert.deepEqual([walked.identifier?.form, walked.identifier?.authenticator], [AUTHENTICATED, right]);
});
