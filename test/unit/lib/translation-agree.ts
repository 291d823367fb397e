/** Holds the core to what the reference translator says, packet by packet. */
import assert from "node:assert/strict";
import { FRAGMENT, get16, get32, ICMP4, ICMP6, readIp4, readIp6, TCP, with16, writeIp4 } from "../../reference/ip.js";
import { translateTo4 } from "../../reference/to4.js";
import { translateTo6 } from "../../reference/to6.js";
import { checksumAt, faults } from "../../reference/upper.js";
import type { Outcome, Problem } from "../../reference/world.js";
import { HOME4, HOME6, type Out, type Rig } from "./translation-rig.js";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** The application sends `packet`; returns what the reference says after the core has done just that. */
export function agreeOutbound(rig: Rig, packet: Uint8Array): Outcome {
  const before = rig.rows();
  const out = rig.fromApplication(packet);
  const expected = translateTo6(packet, rig.world());
  if ("packets" in expected) {
    assert.deepEqual(out.application, [], context(out));
    assert.deepEqual(out.network.map(normal6), expected.packets.map(normal6), context(out));
    for (const sent of out.network) assert.deepEqual(faults(sent), []);
  } else if ("problem" in expected) {
    assert.deepEqual(out.network, [], context(out));
    told4(out, expected.problem, packet);
  } else dropped(out, expected.dropped);
  if (!("packets" in expected)) assert.deepEqual(shape(rig.rows()), shape(before));
  return expected;
}

/** `pieces` arrive from the network: one packet, or the fragments of `whole`. */
export function agreeInbound(rig: Rig, whole: Uint8Array, pieces: Uint8Array[] = [whole]): Outcome {
  const before = rig.rows();
  let out: Out = { network: [], application: [], drops: {} };
  for (const piece of pieces) out = rig.fromNetwork(piece);
  const expected = translateTo4(whole, rig.world(), pieces.length > 1);
  if ("packets" in expected) {
    assert.deepEqual(out.network, [], context(out));
    assert.deepEqual(out.application.map(normal4), expected.packets.map(normal4), context(out));
    for (const sent of out.application) assert.deepEqual(faults(sent), []);
    assert.ok(new Set(out.application.map((sent) => get16(sent, 4))).size <= 1, "fragments share an identification");
  } else if ("problem" in expected) {
    assert.deepEqual(out.application, [], context(out));
    told6(out, expected.problem, whole);
  } else dropped(out, expected.dropped);
  if (!("packets" in expected)) assert.deepEqual(shape(rig.rows()), shape(before));
  return expected;
}

/** Which addresses the table holds; the time left is not part of it. */
function shape(rows: { ip6: string; ip4: string }[]): string[] {
  return rows.map((row) => `${row.ip6} ${row.ip4}`).sort();
}

function context(out: Out): string {
  const show = (packets: Uint8Array[]) => packets.map(hex).join("\n  ");
  return `drops ${JSON.stringify(out.drops)}\n network ${show(out.network)}\n application ${show(out.application)}`;
}

function dropped(out: Out, why: string): void {
  const message = `${why}; ${context(out)}`;
  assert.deepEqual(out.network, [], message);
  assert.deepEqual(out.application, [], message);
  assert.ok(Object.keys(out.drops).length > 0, `not counted: ${message}`);
}

/** An ICMPv4 error for the application about `packet`. */
function told4(out: Out, problem: Problem, packet: Uint8Array): void {
  assert.equal(out.application.length, 1, `error ${problem.type}; ${context(out)}`);
  const [error] = out.application;
  assert.deepEqual(faults(error), []);
  const ip = readIp4(error)!;
  assert.equal(ip.protocol, ICMP4);
  assert.equal(hex(ip.dst), hex(HOME4));
  assert.notEqual(hex(ip.src), hex(HOME4));
  assert.equal(ip.payload[0], problem.type, context(out));
  if (problem.code !== undefined) assert.equal(ip.payload[1], problem.code, context(out));
  else assert.ok([0, 1, 13].includes(ip.payload[1]), context(out));
  assert.equal(get32(ip.payload, 4), problem.word, context(out));
  const quoted = ip.payload.subarray(8);
  const total = get16(packet, 2);
  assert.ok(quoted.length >= Math.min(total, (packet[0] & 15) * 4 + 8), "too little is quoted");
  sameQuote(quoted, packet);
}
/**
 * What the engine finds out behind the translation (a packet that does not fit) is quoted translated there and back: without its options
 * and identification, with a time to live that fell. The rest is what the application sent.
 */
function sameQuote(quoted: Uint8Array, packet: Uint8Array): void {
  const told = readIp4(quoted, true)!;
  const sent = readIp4(packet)!;
  for (const field of ["tos", "df", "mf", "offset", "protocol", "src", "dst"] as const) {
    assert.deepEqual(told[field], sent[field], `quoted ${field}`);
  }
  const at = checksumAt(sent.protocol);
  const prefix = sent.payload.subarray(0, told.payload.length);
  const equal = at !== undefined && sent.offset === 0 && prefix.length >= at + 2;
  const field = equal && get16(prefix, at) === 0 ? with16(told.payload, at, 0) : told.payload;
  assert.equal(hex(field), hex(prefix));
}

/** An ICMPv6 error for the node that sent `packet`. */
function told6(out: Out, problem: Problem, packet: Uint8Array): void {
  assert.equal(out.network.length, 1, `error ${problem.type}; ${context(out)}`);
  const [error] = out.network;
  assert.deepEqual(faults(error), []);
  const ip = readIp6(error)!;
  assert.equal(ip.next, ICMP6);
  assert.equal(hex(ip.dst), hex(packet.subarray(8, 24)));
  assert.equal(hex(ip.src), hex(HOME6));
  assert.deepEqual([...ip.payload.subarray(0, 2)], [problem.type, problem.code], context(out));
  assert.equal(get32(ip.payload, 4), problem.word, context(out));
  assert.ok(error.length <= 1280);
  assert.equal(hex(ip.payload.subarray(8)), hex(packet.subarray(0, 1280 - 48)));
}

/** TCP's and ICMP's checksums have two zeros; UDP's all ones is not the other one. */
function oneZero(packet: Uint8Array, protocol: number, at: number): Uint8Array {
  const field = protocol === TCP ? at + 16 : protocol === ICMP4 || protocol === ICMP6 ? at + 2 : 0;
  return field > 0 && field + 2 <= packet.length && get16(packet, field) === 0xffff ? with16(packet, field, 0) : packet;
}
function normal6(packet: Uint8Array): string {
  const next = packet[6] === FRAGMENT ? 0 : packet[6];
  return hex(oneZero(packet, next, 40));
}
/** The identification is the translator's choice; so is the quoted one. */
function normal4(packet: Uint8Array): string {
  const ip = readIp4(packet);
  if (!ip) return hex(packet);
  let payload: Uint8Array = oneZero(packet, ip.offset > 0 ? 0 : ip.protocol, 20).slice(20);
  if (ip.protocol === ICMP4 && payload[0] !== 0 && payload[0] !== 8) payload = quotedWithoutId(payload);
  return hex(writeIp4({ ...ip, id: 0, payload }));
}
/** Both checksums over the quoted identification are cleared with it: `faults` has judged the outer one. */
function quotedWithoutId(icmp: Uint8Array): Uint8Array {
  const quoted = readIp4(icmp.subarray(8), true);
  assert.ok(quoted, `an error quotes no IPv4 packet: ${hex(icmp)}`);
  const fragmented = quoted.mf || quoted.offset > 0;
  return with16(with16(with16(icmp, 2, 0), 12, fragmented ? quoted.id : 0), 18, 0);
}
