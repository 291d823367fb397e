/** A home agent for PCs: 100,000 bindings in one image, found by hash, ended by a sweep in pieces. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatIp6 } from "../../../host-sim/core/address.js";
import type { Core } from "../../../host-sim/core/core.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { Agent, CN, COA } from "./home-agent-bench.js";
import { echo, ether, update } from "./home-agent-frames.js";

const BINDINGS = 100_000;
const LISTED = BINDINGS + 10;
/** The n-th home address: 2001:db8:1::2:N:1, without the text. */
const bytesOf = (n: number): Uint8Array =>
  Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 2, n >> 16, n >> 8, n, 1);

// Offsets into a frame: Ethernet 14, IPv6 40, then the Destination Options header or the routing header, 24 bytes.
const HOME = 14 + 40 + 8;
const MH = 14 + 40 + 24;

/** Changes the home address of a Binding Update, and its checksum by the difference (RFC 1624). */
function rewrite(frame: Uint8Array, home: Uint8Array): void {
  const view = new DataView(frame.buffer);
  let sum = ~view.getUint16(MH + 4) & 0xffff;
  for (let i = 0; i < 16; i += 2) sum += (~view.getUint16(HOME + i) & 0xffff) + ((home[i] << 8) | home[i + 1]);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  frame.set(home, HOME);
  view.setUint16(MH + 4, ~sum & 0xffff);
}
/** Keeps every record at once and gives the statuses of the acknowledgements that left. */
function settle(core: Core): number[] {
  let last = 0;
  core.stores((_id, _data, generation) => {
    last = generation;
  });
  if (last !== 0) core.stored(last);
  const statuses: number[] = [];
  core.drain((_port, frame) => {
    if (frame[14 + 6] === 43 && frame[MH + 2] === 6) statuses.push(frame[MH + 6]);
  });
  return statuses;
}

test("100,000 bindings fit 64 MiB; the next gets 130; all are found, and the end of all comes in pieces", () => {
  const agent = new Agent({ profile: "pc", homes: 0, trace: 0, lifetime4s: 250 });
  const { core } = agent;
  assert.ok(core.memorySize <= 64 * 1024 * 1024);
  const listed = new Messages();
  for (let n = 0; n < LISTED; n++) listed.homeAddress(bytesOf(n));
  agent.configure(listed);

  const frame = update({ home: formatIp6(bytesOf(0)), sequence: 1, lifetime: 250 });
  const statuses: number[] = [];
  for (let n = 0; n < LISTED; n++) {
    rewrite(frame, bytesOf(n));
    assert.ok(core.rx(0, frame));
    statuses.push(...settle(core));
  }
  assert.equal(statuses.length, LISTED);
  assert.ok(statuses.slice(0, BINDINGS).every((status) => status === 0));
  assert.deepEqual(statuses.slice(BINDINGS), new Array(10).fill(130));
  for (let n = 0; n < BINDINGS; n += 997) {
    agent.sent();
    agent.rx(ether(echo(CN, formatIp6(bytesOf(n)))));
    assert.deepEqual(
      agent.sent().map((p) => [p.dst, p.inner?.dst]),
      [[COA, formatIp6(bytesOf(n))]],
    );
  }

  // All lifetimes are over at once.
  agent.now += 2_000_000;
  core.setClock(agent.now);
  let pieces = 0;
  for (; core.tick() === 0; pieces++) settle(core);
  assert.ok(pieces >= 10, `${pieces} pieces`);
  assert.deepEqual(agent.bindings(), []);
  core.rx(0, update({ home: formatIp6(bytesOf(LISTED - 1)), sequence: 2 }));
  assert.deepEqual(settle(core), [0]);
});
