import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Verdict } from "../../../assembly/abi/verdict.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { brief, kindOf } from "../../../host-sim/trace/classify.js";
import { dissect } from "../../../host-sim/trace/dissect.js";
import { decodeEvent, Event } from "../../../host-sim/trace/events.js";
import { ladderText } from "../../../host-sim/trace/ladder-text.js";
import { LinkType } from "../../../host-sim/trace/pcapng.js";
import { Recorder } from "../../../host-sim/trace/recorder.js";
import { describe } from "../../../host-sim/trace/report.js";

/** The vectors of docs/anycast-identifier.md §2.3, in their order there. */
const [request, form3, answer, form2, form1, echo, echoForm2, register, reply] = [
  ...readFileSync("docs/anycast-identifier.md", "utf8")
    .split("### 2.3 Vectors")[1]
    .split("## 3.")[0]
    .matchAll(/(?:^ {4}[0-9a-f ]+\n)+/gm),
].map(([block]) => Buffer.from(block.replace(/\s/g, ""), "hex"));

const C = "2001:db8:c::1";
const S = "2001:db8:53::53";
const U = "2001:db8:a::2";

function packet(source: string, destination: string, next: number, ...parts: Uint8Array[]): Uint8Array {
  const payload = Buffer.concat(parts);
  const header = Buffer.from(`60000000${payload.length.toString(16).padStart(4, "0")}`, "hex");
  return Buffer.concat([header, Buffer.of(next, 64), parseIp6(source), parseIp6(destination), payload]);
}
const shown = (bytes: Uint8Array) => dissect(bytes, LinkType.RAW);

test("each form of the identifier is one line with the checksum behind it right", () => {
  assert.deepEqual(
    [
      packet(C, S, 60, form3, request),
      packet(U, C, 60, form2, answer),
      packet(U, C, 60, form1, answer),
      packet(U, C, 60, echoForm2, echo),
    ].map((bytes) => shown(bytes).summary),
    [
      `IP6 ${C} > ${S} | DO anycast request key 7 nonce a0a1a2a3a4a5a6a7 | UDP 40000 > 53 18 bytes`,
      `IP6 ${U} > ${C} | DO authenticated anycast identifier of ${S} key 7 nonce a0a1a2a3a4a5a6a7 | UDP 53 > 40000 11 bytes`,
      `IP6 ${U} > ${C} | DO anycast identifier of ${S} | UDP 53 > 40000 11 bytes`,
      `IP6 ${U} > ${C} | DO authenticated anycast identifier of ${S} key 7 nonce a0a1a2a3a4a5a6a7 | ICMP6 echo reply id 4660 seq 5`,
    ],
  );
});

test("fields say what the option holds", () => {
  const { layers } = shown(packet(U, C, 60, form2, answer));
  assert.deepEqual(Object.fromEntries(layers[1].fields), {
    "next header": "17 (UDP)",
    option: `authenticated anycast identifier of ${S}`,
    version: "1",
    form: "2 (identifier, authenticated)",
    reserved: "0",
    "key id": "7",
    "anycast address": S,
    nonce: "a0a1a2a3a4a5a6a7",
    authenticator: "d6b2880db9d8736795b4bb9abfabd260",
  });
});

/** Byte of the header, its value, and what is said of it. */
const MALFORMED: [number, number, RegExp][] = [
  [0, 6, /in front of 6/],
  [3, 43, /43 bytes of data, expected 44.*not alone in its header|not alone in its header.*43 bytes/],
  [4, 0x22, /version 2, expected 1/],
  [4, 0x14, /form 4, expected 1, 2 or 3/],
  [4, 0x11, /key id 7 in form 1/],
  [5, 1, /reserved byte is not 0/],
  [7, 0, /key id 0 in form 2/],
  [8, 0xff, /ff01:.* is no anycast address/],
];
for (const [at, value, expected] of MALFORMED) {
  test(`a malformed identifier is told and read on: byte ${at} is ${value}`, () => {
    const header = Buffer.from(form2);
    header[at] = value;
    const { summary } = shown(packet(U, C, 60, header, answer));
    assert.match(summary, /MALFORMED: anycast identifier: /);
    assert.match(summary, expected);
  });
}

test("an identifier in a hop-by-hop header, or cut to nothing, is malformed", () => {
  assert.match(
    shown(packet(U, C, 0, form1, answer)).summary,
    /MALFORMED: anycast identifier: in a hop-by-hop options header/,
  );
  const cut = Buffer.from("11001e0210000100", "hex");
  assert.match(shown(packet(U, C, 60, cut, answer)).summary, /2 bytes of data, expected at least 4/);
});

/** In a UDP datagram between ports 1021; its checksum is not what this is about. */
const datagram = (message: Uint8Array) => Buffer.concat([Buffer.from("03fd03fd00480000", "hex"), message]);

test("registrations are control messages with their fields", () => {
  const there = shown(packet(U, "2001:db8:a::1", 17, datagram(register)));
  const back = shown(packet("2001:db8:a::1", U, 17, datagram(reply)));
  assert.deepEqual([kindOf(there.layers), brief(there.layers)], ["control", `REGISTER ${S} 30 s cost 10 seq 5 key 9`]);
  assert.equal(brief(back.layers), `REPLY ${S} accepted, 30 s seq 5 key 9`);
  const fields = Object.fromEntries(back.layers.at(-1)!.fields);
  assert.deepEqual([fields.epoch, fields["last accepted"], fields.status], ["1122334455667788", "5", "0 (accepted)"]);
  const broken = Buffer.from(register);
  broken[1] = 7;
  assert.match(shown(packet(U, C, 17, datagram(broken))).summary, /anycast registration: type 7, expected 1 or 2/);
});

function event(kind: Event, code: number, a: string, b: string, x = 0, y = 0) {
  const bytes = new Uint8Array(48);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, kind, true);
  view.setUint16(2, code, true);
  bytes.set(parseIp6(a), 8);
  bytes.set(parseIp6(b), 24);
  view.setUint32(40, x, true);
  view.setUint32(44, y, true);
  return decodeEvent(view, 0);
}

test("events of verified anycast are sentences", () => {
  assert.deepEqual(
    [
      event(Event.ANYCAST_SERVER, 1, U, S, 10, 30),
      event(Event.ANYCAST_SERVER, 20, U, S),
      event(Event.ANYCAST_NEAREST, 0, U, S),
      event(Event.ANYCAST_NEAREST, 0, "::", S),
      event(Event.ANYCAST_REGISTRATION, 0, "2001:db8:a::1", S, 0, 30),
      event(Event.ANYCAST_REGISTRATION, 3, "2001:db8:a::1", S),
      event(Event.STEP, 2105, U, S),
    ].map(describe),
    [
      `server ${U} of ${S} registered: cost 10, lifetime 30 s`,
      `registration of ${U} for ${S} refused: status 4 (server claimed)`,
      `nearest server of ${S} is ${U}`,
      `no server of ${S} is left`,
      `registration for ${S} at 2001:db8:a::1: status 0 (accepted), lifetime 30 s`,
      `registration for ${S} at 2001:db8:a::1: status 3 (key not for this address)`,
      `step S105: correspondent verified by the identifier (${U} > ${S})`,
    ],
  );
});

test("the ladder has the steps by their names, the identifier, and what was stopped", () => {
  const recorder = new Recorder(["client", "router", "server"]);
  recorder.event("client", 0, event(Event.ADDRESS, 3, C, "::", 0, 64));
  recorder.event("server", 0, event(Event.ADDRESS, 3, U, "::", 0, 64));
  recorder.event("server", 0, event(Event.ADDRESS, 3, S, "::", 0, 128));
  const frame = (timeUs: number, from: string, receiver: string, bytes: Uint8Array) =>
    recorder.frame({ timeUs, link: "wire", from, receivers: [receiver], bytes, linktype: LinkType.RAW });
  frame(1000, "client", "server", packet(C, S, 60, form3, request));
  frame(2000, "server", "client", packet(U, C, 60, form2, answer));
  recorder.event("router", 3000, event(Event.DROP, Verdict.ANYCAST_SERVER, U, C));
  recorder.event("router", 3000, event(Event.DROP, Verdict.SHORT_FRAME, U, C));
  const text = ladderText(recorder.ladder());
  assert.match(text, /\[S101\] UDP 40000 > 53 18 bytes \(anycast request\)/);
  assert.match(text, new RegExp(`\\[S303\\] UDP 53 > 40000 11 bytes \\(authenticated anycast identifier of ${S}\\)`));
  assert.equal(text.match(/dropped at port/g)?.length, 1);
});
