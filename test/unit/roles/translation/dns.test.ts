// RFC 6535 §2.3.1: an IPv4 application asks for A; the network is asked for AAAA, and A is made of the answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatIp4, parseIp4, parseIp6 } from "../../../../host-sim/core/address.js";
import { A, AAAA, CNAME, message, name, OPT, question, readMessage, record, SOA, TXT } from "../../../reference/dns.js";
import { bytes, get16, readIp4, readIp6, UDP, u16, writeIp4, writeIp6 } from "../../../reference/ip.js";
import { faults, seal, udp } from "../../../reference/upper.js";
import {
  HOME4,
  HOME6,
  NAMES4,
  NAMES6,
  type Out,
  PEER4,
  PEER6,
  Rig,
  type RigOptions,
} from "../../lib/translation-rig.js";

const QUERY = 0x0100; // recursion desired
const ANSWER = 0x8180;
const WWW = name("www.example.org");
const PORT = 40000;

const rigWithDns = (options: RigOptions = {}) => new Rig({ dns: true, ...options });

function ask(rig: Rig, body: Uint8Array, port = PORT): Out {
  const ends = { src: HOME4, dst: NAMES4 };
  const out = rig.fromApplication(writeIp4({ ...ends, protocol: UDP, payload: seal(ends, UDP, udp(port, 53, body)) }));
  for (const sent of out.network) assert.deepEqual(faults(sent), []);
  return out;
}
function answer(rig: Rig, body: Uint8Array, port = PORT, from = NAMES6, source = 53): Out {
  const ends = { src: from, dst: HOME6 };
  const out = rig.fromNetwork(writeIp6({ ...ends, next: UDP, payload: seal(ends, UDP, udp(source, port, body)) }));
  for (const sent of out.application) assert.deepEqual(faults(sent), []);
  return out;
}
/** The DNS message of the one packet that came out. */
function asked(out: Out) {
  assert.equal(out.network.length, 1, JSON.stringify(out.drops));
  const ip = readIp6(out.network[0])!;
  assert.deepEqual([ip.src, ip.dst], [HOME6, NAMES6]);
  return readMessage(ip.payload.slice(8));
}
function answered(out: Out) {
  assert.equal(out.application.length, 1, JSON.stringify(out.drops));
  const ip = readIp4(out.application[0])!;
  assert.deepEqual([ip.src, ip.dst, get16(ip.payload, 0)], [NAMES4, HOME4, 53]);
  return readMessage(ip.payload.slice(8));
}
const askFor = (rig: Rig, owner = WWW, id = 77, port = PORT) =>
  ask(rig, message(id, QUERY, { questions: [question(owner, A)] }), port);
const v6 = (n: number) => parseIp6(`2001:db8:9::${n.toString(16)}`);

test("a question for A leaves as one for AAAA; the answer's AAAA arrive as A", () => {
  const rig = rigWithDns();
  const sent = asked(askFor(rig));
  assert.deepEqual([sent.id, sent.flags], [77, QUERY]);
  assert.deepEqual(sent.questions, [{ name: "www.example.org", type: AAAA, class: 1 }]);
  const back = answered(
    answer(
      rig,
      message(77, ANSWER, { questions: [question(WWW, AAAA)], answers: [record(name("", 12), AAAA, v6(1))] }),
    ),
  );
  assert.deepEqual([back.id, back.flags], [77, ANSWER]);
  assert.deepEqual(back.questions, [{ name: "www.example.org", type: A, class: 1 }]);
  assert.equal(back.answers.length, 1);
  const [rr] = back.answers;
  assert.deepEqual([rr.name, rr.type, rr.class], ["www.example.org", A, 1]);
  assert.equal(formatIp4(rr.data), rig.virtual4(v6(1)));
});

test("the address that was answered leads to the host", () => {
  const rig = rigWithDns();
  askFor(rig);
  const back = answered(
    answer(rig, message(77, ANSWER, { questions: [question(WWW, AAAA)], answers: [record(WWW, AAAA, v6(1))] })),
  );
  const ends = { src: HOME4, dst: back.answers[0].data };
  const packet = writeIp4({ ...ends, protocol: UDP, payload: seal(ends, UDP, udp(1, 2, new Uint8Array(4))) });
  assert.deepEqual(readIp6(rig.fromApplication(packet).network[0])!.dst, v6(1));
});

test("a host with a fixed row is answered with its fixed address", () => {
  const rig = rigWithDns();
  askFor(rig);
  const back = answered(
    answer(rig, message(77, ANSWER, { questions: [question(WWW, AAAA)], answers: [record(WWW, AAAA, PEER6)] })),
  );
  assert.deepEqual(back.answers[0].data, PEER4);
});

test("several answers: each gets its own address, the names behind them stay right", () => {
  const rig = rigWithDns();
  for (let count = 0; count <= 8; count++) {
    askFor(rig);
    const answers = Array.from({ length: count }, (_, i) => record(name("", 12), AAAA, v6(i + 1)));
    const authority = [record(name("example.org"), SOA, new Uint8Array(22), 60)];
    const back = answered(answer(rig, message(77, ANSWER, { questions: [question(WWW, AAAA)], answers, authority })));
    assert.deepEqual(
      back.answers.map((rr) => formatIp4(rr.data)),
      Array.from({ length: count }, (_, i) => rig.virtual4(v6(i + 1))),
    );
    for (const rr of back.answers) assert.equal(rr.name, "www.example.org");
    assert.deepEqual(
      back.authority.filter((rr) => rr.name !== "example.org"),
      [],
    );
  }
});

test("CNAME chains, compressed as servers do it: the addresses at their end are the name's", () => {
  const rig = rigWithDns();
  askFor(rig);
  // 12: www.example.org   33: CNAME www → a.cdn.example.org, its data at 45: "a.cdn" + pointer to example.org at 16
  const first = record(name("", 12), CNAME, name("a.cdn", 16));
  const at = 12 + question(WWW, AAAA).length;
  const target = at + 12;
  const second = record(name("", target), CNAME, name("b", target + 2));
  const last = name("", at + first.length + 12);
  const answers = [first, second, record(last, AAAA, v6(1)), record(last, AAAA, v6(2))];
  const back = answered(answer(rig, message(77, ANSWER, { questions: [question(WWW, AAAA)], answers })));
  const addresses = back.answers.filter((rr) => rr.type === A);
  assert.deepEqual(
    addresses.map((rr) => formatIp4(rr.data)),
    [rig.virtual4(v6(1)), rig.virtual4(v6(2))],
  );
  for (const rr of addresses) assert.equal(rr.name, "www.example.org");
});

test("names that point to what lies behind an answer's address stay right, or go", () => {
  const rig = rigWithDns();
  askFor(rig);
  const q = question(WWW, AAAA);
  const first = record(name("", 12), AAAA, v6(1));
  const spelt = 12 + q.length + first.length;
  const authority = [record(name("ns.example.net"), TXT, Uint8Array.of(1, 65))];
  const additional = [record(name("", spelt), AAAA, v6(4)), record(name("a", spelt + 3), TXT, Uint8Array.of(1, 66))];
  const back = answered(answer(rig, message(77, ANSWER, { questions: [q], answers: [first], authority, additional })));
  assert.deepEqual(
    back.answers.map((rr) => [rr.name, rr.type]),
    [["www.example.org", A]],
  );
  for (const rr of back.authority) assert.equal(rr.name, "ns.example.net");
  for (const rr of back.additional) assert.ok(["ns.example.net", "a.example.net"].includes(rr.name));
  assert.equal(rig.virtual4(v6(4)), undefined);
});

test("EDNS goes out and comes back", () => {
  const rig = rigWithDns();
  const opt = bytes(Uint8Array.of(0), u16(OPT), u16(1232), u16(0), u16(0), u16(0));
  const sent = asked(ask(rig, message(5, QUERY, { questions: [question(WWW, A)], additional: [opt] })));
  assert.deepEqual([sent.questions[0].type, sent.additional[0].type, sent.additional[0].class], [AAAA, OPT, 1232]);
  const body = message(5, ANSWER, {
    questions: [question(WWW, AAAA)],
    answers: [record(WWW, AAAA, v6(1))],
    additional: [opt],
  });
  const back = answered(answer(rig, body));
  assert.equal(back.answers[0].type, A);
  for (const rr of back.additional) assert.deepEqual([rr.type, rr.class, rr.ttl], [OPT, 1232, 0]);
});

test("names that do not exist, and names without AAAA, say so for A", () => {
  const rig = rigWithDns();
  for (const flags of [ANSWER | 3, ANSWER | 2, ANSWER]) {
    askFor(rig);
    const authority = [record(name("", 16), SOA, new Uint8Array(22), 60)];
    const back = answered(answer(rig, message(77, flags, { questions: [question(WWW, AAAA)], authority })));
    assert.deepEqual([back.flags, back.questions[0].type, back.answers], [flags, A, []]);
  }
});

test("questions of other types and classes pass untouched, and so do their answers", () => {
  const rig = rigWithDns();
  for (const [type, klass] of [
    [AAAA, 1],
    [12, 1],
    [TXT, 1],
    [255, 1],
    [65, 1],
    [A, 3],
  ]) {
    const body = message(9, QUERY, { questions: [question(WWW, type, klass)] });
    const out = ask(rig, body);
    assert.deepEqual(readIp6(out.network[0])!.payload.slice(8), body, `type ${type} class ${klass}`);
    const data = type === AAAA ? v6(7) : Uint8Array.of(1, 65);
    const reply = message(9, ANSWER, {
      questions: [question(WWW, type, klass)],
      answers: [record(WWW, type, data, 300, klass)],
    });
    const back = answer(rig, reply);
    assert.deepEqual(readIp4(back.application[0])!.payload.slice(8), reply, `type ${type} class ${klass}`);
  }
  assert.equal(rig.virtual4(v6(7)), undefined);
});

test("A and AAAA of one name asked at once from one port, as resolvers do, get their own answers", () => {
  const rig = rigWithDns();
  ask(rig, message(100, QUERY, { questions: [question(WWW, A)] }));
  ask(rig, message(101, QUERY, { questions: [question(WWW, AAAA)] }));
  const reply = (id: number) =>
    message(id, ANSWER, { questions: [question(WWW, AAAA)], answers: [record(WWW, AAAA, v6(1))] });
  const six = answered(answer(rig, reply(101)));
  assert.deepEqual([six.questions[0].type, six.answers[0].type], [AAAA, AAAA]);
  const four = answered(answer(rig, reply(100)));
  assert.deepEqual([four.questions[0].type, four.answers[0].type], [A, A]);
});

test("unsolicited answers draw nothing: wrong identifier, port, name, source, or asked long ago, or twice", () => {
  const rig = rigWithDns();
  const reply = (id: number, owner = WWW) =>
    message(id, ANSWER, { questions: [question(owner, AAAA)], answers: [record(owner, AAAA, v6(66))] });
  const nothing = (out: Out, what: string) => {
    for (const packet of out.application) {
      const body = readMessage(readIp4(packet)!.payload.slice(8));
      assert.deepEqual(
        body.answers.filter((rr) => rr.type === A),
        [],
        what,
      );
    }
    assert.equal(rig.virtual4(v6(66)), undefined, what);
  };
  nothing(answer(rig, reply(77)), "never asked");
  askFor(rig);
  nothing(answer(rig, reply(78)), "identifier");
  nothing(answer(rig, reply(77), PORT + 1), "port");
  nothing(answer(rig, reply(77, name("www.example.com"))), "name");
  nothing(answer(rig, reply(77), PORT, PEER6), "source");
  nothing(answer(rig, reply(77), PORT, NAMES6, 54), "source port");
  rig.advance(3_600_000);
  nothing(answer(rig, reply(77)), "an hour ago");
  askFor(rig);
  assert.equal(answered(answer(rig, message(77, ANSWER, { questions: [question(WWW, AAAA)] }))).answers.length, 0);
  nothing(answer(rig, reply(77)), "twice");
});

test("thirty questions of one page at once each get their answer", () => {
  const rig = rigWithDns();
  for (let id = 0; id < 30; id++) askFor(rig, WWW, id, 1024 + id);
  for (let id = 0; id < 30; id++) {
    const reply = message(id, ANSWER, { questions: [question(WWW, AAAA)], answers: [record(WWW, AAAA, v6(1))] });
    assert.equal(answered(answer(rig, reply, 1024 + id)).answers[0].type, A);
  }
});

test("many questions at once do not make the core forget itself", () => {
  const rig = rigWithDns();
  const free = rig.buffersFree();
  for (let id = 0; id < 500; id++) askFor(rig, WWW, id, 1024 + id);
  const last = answer(
    rig,
    message(499, ANSWER, { questions: [question(WWW, AAAA)], answers: [record(WWW, AAAA, v6(1))] }),
    1523,
  );
  assert.equal(answered(last).answers[0].type, A);
  assert.equal(rig.buffersFree(), free);
});

test("the time to live is not longer than the row may live", () => {
  const rig = rigWithDns();
  for (const ttl of [0, 1, 60, 86400, 0x7fffffff, 0xffffffff]) {
    askFor(rig);
    const answers = [record(WWW, AAAA, v6(1), ttl)];
    const [rr] = answered(answer(rig, message(77, ANSWER, { questions: [question(WWW, AAAA)], answers }))).answers;
    assert.ok(rr.ttl <= ttl, `${rr.ttl} of ${ttl}`);
    const row = rig.rows().find((r) => r.ip4 === formatIp4(rr.data))!;
    assert.ok(rr.ttl <= row.seconds, `${rr.ttl} s in the answer, ${row.seconds} s in the table`);
  }
});

test("the pool runs dry while an answer is made: counted, answered with what there is, nothing leaks", () => {
  const rig = rigWithDns({ pool4: ["192.168.0.0", 28, 1] });
  const free = rig.buffersFree();
  let id = 0;
  let exhausted = 0;
  for (let round = 0; round < 6; round++) {
    askFor(rig, WWW, ++id);
    const answers = Array.from({ length: 6 }, (_, i) => record(name("", 12), AAAA, v6(100 + round * 6 + i)));
    const out = answer(rig, message(id, ANSWER, { questions: [question(WWW, AAAA)], answers }));
    exhausted += out.drops.POOL_EXHAUSTED ?? 0;
    const back = answered(out);
    assert.equal(
      back.flags & 15,
      back.answers.length > 0 ? 0 : 2,
      "nothing to give is a failure, not a name without addresses",
    );
    for (const rr of back.answers) {
      assert.equal(rr.type, A);
      assert.ok(rig.rows().some((row) => row.ip4 === formatIp4(rr.data)));
    }
  }
  assert.ok(exhausted > 0);
  assert.equal(rig.virtual4(HOME6), formatIp4(HOME4));
  assert.equal(rig.buffersFree(), free);
});

test("addresses in an answer that no host may have draw nothing", () => {
  const rig = rigWithDns();
  const rows = rig.rows();
  for (const text of ["::", "::1", "ff02::1", "fe80::1", "::ffff:10.0.0.1", "2000:0:0:7::1000"]) {
    askFor(rig);
    const answers = [record(WWW, AAAA, parseIp6(text))];
    const out = answer(rig, message(77, ANSWER, { questions: [question(WWW, AAAA)], answers }));
    for (const packet of out.application) {
      for (const rr of readMessage(readIp4(packet)!.payload.slice(8)).answers) {
        assert.ok(text === "2000:0:0:7::1000" && formatIp4(rr.data) === formatIp4(HOME4), text);
      }
    }
  }
  assert.deepEqual(rig.rows(), rows);
});

test("compression pointers to themselves, forward, in circles and 64 deep neither hang nor trap", () => {
  const rig = rigWithDns();
  const free = rig.buffersFree();
  const q = question(WWW, AAAA);
  const after = 12 + q.length;
  const pointer = (to: number) => name("", to);
  const deep = Array.from({ length: 64 }, (_, i) => pointer(i === 0 ? 12 : after + 10 + (i - 1) * 2));
  for (const answers of [
    [record(pointer(after), AAAA, v6(1))],
    [record(pointer(after + 2), AAAA, v6(1))],
    [record(pointer(0x3fff), AAAA, v6(1))],
    [record(pointer(0), AAAA, v6(1))],
    [record(name("a", after), AAAA, v6(1))],
    [record(pointer(after + 26), AAAA, v6(1)), record(pointer(after), AAAA, v6(2))],
    [record(Uint8Array.of(0x80, 1), AAAA, v6(1))],
    [record(Uint8Array.of(0x40, 1), AAAA, v6(1))],
    [record(name(""), TXT, bytes(...deep)), record(pointer(after + 11 + 126), AAAA, v6(1))],
    [record(pointer(12), CNAME, pointer(after)), record(pointer(after), AAAA, v6(2))],
  ]) {
    askFor(rig);
    for (const packet of answer(rig, message(77, ANSWER, { questions: [q], answers })).application) {
      assert.equal(readIp4(packet)!.payload.length, get16(readIp4(packet)!.payload, 4));
    }
  }
  // The question's own name.
  for (const owner of [pointer(12), pointer(14), pointer(11), name("www", 12)]) {
    ask(rig, message(3, QUERY, { questions: [question(owner, A)] }));
  }
  assert.equal(rig.buffersFree(), free);
});

test("messages cut at any byte, with counts that lie, neither trap nor draw more than they show", () => {
  const rig = rigWithDns();
  const free = rig.buffersFree();
  const answers = [record(name("", 12), CNAME, name("a", 16)), record(name("", 12), AAAA, v6(1))];
  const reply = message(77, ANSWER, { questions: [question(WWW, AAAA)], answers });
  const query = message(77, QUERY, { questions: [question(WWW, A)] });
  for (let length = 0; length < reply.length; length++) {
    askFor(rig);
    for (const packet of answer(rig, reply.slice(0, length)).application) {
      const body = readIp4(packet)!.payload.slice(8);
      assert.ok(body.length <= length, `${length} bytes became ${body.length}`);
    }
  }
  for (let length = 0; length < query.length; length++) ask(rig, query.slice(0, length));
  for (let field = 4; field < 12; field += 2) {
    for (const count of [0, 1, 2, 3, 255, 65535]) {
      askFor(rig);
      const lying = reply.slice();
      lying.set(u16(count), field);
      answer(rig, lying);
      const asking = query.slice();
      asking.set(u16(count), field);
      ask(rig, asking);
    }
  }
  for (const length of [0, 1, 15, 17, 255, 65535]) {
    askFor(rig);
    const lying = reply.slice();
    lying.set(u16(length), reply.length - 18);
    answer(rig, lying);
  }
  assert.equal(rig.buffersFree(), free);
});

test("a message that says it was truncated still does, so that the resolver asks by TCP", () => {
  const rig = rigWithDns();
  askFor(rig);
  const back = answered(answer(rig, message(77, ANSWER | 0x0200, { questions: [question(WWW, AAAA)] })));
  assert.equal(back.flags & 0x0200, 0x0200);
});

test("a datagram without a checksum is a question like any other", () => {
  const rig = rigWithDns();
  const body = message(8, QUERY, { questions: [question(WWW, A)] });
  const packet = writeIp4({ src: HOME4, dst: NAMES4, protocol: UDP, payload: udp(PORT, 53, body) });
  const out = rig.fromApplication(packet);
  assert.deepEqual(faults(out.network[0]), []);
  assert.equal(asked(out).questions[0].type, AAAA);
});

test("port 53 of another host is no name server", () => {
  const rig = rigWithDns();
  const ends = { src: HOME4, dst: PEER4 };
  const body = message(8, QUERY, { questions: [question(WWW, A)] });
  const out = rig.fromApplication(writeIp4({ ...ends, protocol: UDP, payload: seal(ends, UDP, udp(PORT, 53, body)) }));
  assert.deepEqual(readIp6(out.network[0])!.payload.slice(8), body);
});

test("the case of the name's letters comes back as it went (0x20)", () => {
  const rig = rigWithDns();
  const mixed = name("wWw.eXaMpLe.OrG");
  assert.equal(asked(askFor(rig, mixed)).questions[0].name, "wWw.eXaMpLe.OrG");
  const back = answered(
    answer(
      rig,
      message(77, ANSWER, { questions: [question(mixed, AAAA)], answers: [record(name("", 12), AAAA, v6(1))] }),
    ),
  );
  assert.equal(back.questions[0].name, "wWw.eXaMpLe.OrG");
  assert.equal(back.answers[0].type, A);
});

test("the virtual name server's address answers to nothing else than its own row", () => {
  const rig = rigWithDns();
  assert.equal(rig.virtual4(NAMES6), formatIp4(NAMES4));
  assert.notEqual(formatIp4(parseIp4("192.168.0.53")), formatIp4(HOME4));
});

/** The type of the question that leaves, or what the network gets is what the application said: null. */
function leaves(rig: Rig, body: Uint8Array): number | null {
  const out = ask(rig, body);
  assert.equal(out.network.length, 1, JSON.stringify(out.drops));
  const sent = readIp6(out.network[0])!.payload.slice(8);
  assert.equal(sent.length, body.length);
  const changed = [...body.keys()].filter((i) => body[i] !== sent[i]);
  assert.ok(changed.length <= 1, "nothing but the low byte of the type");
  return changed.length === 0 ? null : get16(sent, changed[0] - 1);
}

test("what is not one whole question of class IN is nobody's to change (RFC 1035 §4.1)", () => {
  const rig = rigWithDns();
  const header = (questions: number) => bytes(u16(77), u16(QUERY), u16(questions), u16(0), u16(0), u16(0));
  const rest = bytes(Uint8Array.of(0), u16(A), u16(1));
  const label = (length: number) => bytes(Uint8Array.of(length), new Uint8Array(length).fill(97));
  assert.equal(leaves(rig, bytes(header(1), label(63), rest)), AAAA, "the longest label");
  assert.equal(leaves(rig, bytes(header(1), rest)), AAAA, "the root");
  for (const length of [64, 65, 127, 128, 190, 191]) {
    assert.equal(leaves(rig, bytes(header(1), label(length), rest)), null, `a label of ${length}`);
    // As if the first byte were half of a compression pointer.
    assert.equal(leaves(rig, bytes(header(1), Uint8Array.of(length, 12), u16(A), u16(1))), null, `a pointer ${length}`);
  }
  assert.equal(leaves(rig, bytes(header(1), Uint8Array.of(0xc0, 12), u16(A), u16(1))), AAAA, "a pointer ends a name");
  for (const count of [0, 2, 256]) assert.equal(leaves(rig, bytes(header(count), label(3), rest)), null, `${count}`);
  const whole = bytes(header(1), label(3), rest);
  for (let length = 0; length < whole.length; length++) {
    assert.equal(leaves(rig, whole.subarray(0, length)), null, `${length} bytes`);
  }
  for (const kind of [0, 2, 3, 4, 255, 256]) {
    assert.equal(leaves(rig, bytes(header(1), label(3), Uint8Array.of(0), u16(A), u16(kind))), null, `class ${kind}`);
  }
});
