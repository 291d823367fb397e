/** The ABI at its edges (engine/abi.ts): buffers given back in any order, events nobody took, frames too short and too long, calls in a wrong order. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PortKind } from "../../../assembly/abi/port.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { loadImage } from "../../../host-sim/core/image.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { type DecodedEvent, decodeEvent } from "../../../host-sim/trace/events.js";
import type { Abi } from "../../proof/abi.js";
import * as lan from "../lib/lan.js";
import { Node } from "../lib/node.js";

const { be, concat, ME, ME_LOCAL, PEER } = lan;
const LINK = 0;
const APP = 1;
const EVENTS = 40;

const settings = () =>
  new Messages()
    .trace(1)
    .port(LINK, PortKind.ETHER, 1500, ME.mac)
    .port(APP, PortKind.IP, 1500)
    .address(LINK, parseIp6(ME.ip), 64, 1)
    .address(LINK, parseIp6(ME_LOCAL.ip), 64, 1);

/** A host behind the bare ABI, and what it takes to talk to it. */
function bare() {
  const core = new WebAssembly.Instance(loadImage("host").module).exports as unknown as Abi;
  const bytes = new Uint8Array(core.memory.buffer);
  const view = new DataView(core.memory.buffer);
  view.setUint32(core.clock(), 1000, true);
  const messages = settings().bytes();
  bytes.set(messages, core.ctlBuffer());
  assert.ok(core.configure(messages.length) >= 0);
  core.tick();
  const takeTx = () => {
    const record = core.takeTx();
    return record === 0 ? 0 : view.getUint32(record + 4, true);
  };
  const rx = (port: number, frame: Uint8Array): boolean => {
    const at = core.rxBuffer(port);
    if (at === 0) return false;
    bytes.set(frame, at);
    core.rx(port, frame.length);
    return true;
  };
  for (let at = takeTx(); at !== 0; at = takeTx()) core.txDone(at);
  return { core, rx, takeTx };
}
/** How many answers find a buffer while nobody takes any. */
function room({ core, rx, takeTx }: ReturnType<typeof bare>): number {
  let n = 0;
  while (n < 1000 && rx(LINK, lan.solicitation(PEER, ME))) n++;
  for (let at = takeTx(); at !== 0; at = takeTx()) core.txDone(at);
  return n;
}

test("frames that were lent come back in any order; what was not lent is ignored", () => {
  const whole = room(bare());
  assert.ok(whole >= 10, `${whole} buffers`);
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
    [1, 2, 0],
  ]) {
    const host = bare();
    for (let i = 0; i < 3; i++) host.rx(LINK, lan.solicitation(PEER, ME));
    const lent = [host.takeTx(), host.takeTx(), host.takeTx()];
    assert.equal(new Set(lent).size, 3);
    assert.equal(host.takeTx(), 0);
    for (const which of order) {
      for (const wrong of [0, 1, lent[which] + 1, 0xffffffff]) host.core.txDone(wrong);
      host.core.txDone(lent[which]);
      host.core.txDone(lent[which]);
    }
    assert.equal(room(host), whole, `given back in the order ${order}`);
  }
});

test("a buffer that is asked for again is the same one, for whatever port", () => {
  const { core } = bare();
  const link = core.rxBuffer(LINK);
  assert.equal(core.rxBuffer(LINK), link);
  assert.equal(core.rxBuffer(APP), link + 14, "no Ethernet header");
  assert.equal(core.rxBuffer(LINK), link);
});

test("rx without a buffer, or on a port that is not there, does nothing", () => {
  const host = bare();
  const whole = room(host);
  host.core.rx(LINK, 100);
  assert.equal(host.core.rxBuffer(2), 0);
  assert.equal(host.core.rxBuffer(255), 0);
  host.core.rxBuffer(LINK);
  host.core.rx(2, 100);
  host.core.rx(255, 100);
  assert.equal(host.takeTx(), 0);
  assert.ok(host.rx(LINK, lan.solicitation(PEER, ME)), "the buffer is still there");
  assert.notEqual(host.takeTx(), 0);
  host.core.rx(LINK, 100);
  assert.equal(host.takeTx(), 0, "it is given away by rx");
  assert.ok(room(host) >= whole - 1);
});

test("frames without a whole Ethernet header, and frames that are too long, are counted", () => {
  const node = new Node("host", settings());
  const drop = (length: number, port = LINK) =>
    node.dropsOf(() => {
      const frame = new Uint8Array(length);
      frame.set(lan.solicitation(PEER, ME).subarray(0, length));
      node.rx(port, frame);
    });
  for (const length of [0, 1, 13]) assert.deepEqual(drop(length), { SHORT_FRAME: 1 }, `${length}`);
  for (const length of [14, 15, 53, 54]) assert.deepEqual(drop(length), { BAD_IP6: 1 }, `${length}`);
  for (const length of [2048, 9000, 65535]) assert.deepEqual(drop(length), { TOO_BIG: 1 }, `${length}`);
  assert.deepEqual(drop(0, APP), { SHORT_FRAME: 1 });
  assert.deepEqual(node.sent(), []);
});

test("events that nobody takes: the oldest stay, the rest is counted and told in one", () => {
  const node = new Node("host", settings());
  const events = (): DecodedEvent[] => {
    const told: DecodedEvent[] = [];
    node.core.events((view, offset) => told.push(decodeEvent(view, offset)));
    return told;
  };
  events();
  const drops = (n: number) => {
    for (let i = 0; i < n; i++) node.core.rx(LINK, new Uint8Array(13));
  };
  drops(EVENTS);
  assert.deepEqual(
    events().map((e) => e.kindName),
    new Array<string>(EVENTS).fill("DROP"),
  );
  drops(EVENTS + 5);
  const told = events();
  assert.equal(told.length, EVENTS + 1);
  const last = told[EVENTS];
  assert.deepEqual([last.kindName, last.x], ["LOST", 5]);
  assert.deepEqual(events(), []);
  drops(2);
  assert.equal(events().length, 2, "and then everything is told again");
});

test("the application speaks with our addresses to what can be reached through the core", () => {
  const node = new Node("host", settings().route(LINK, new Uint8Array(16), 0, parseIp6("fe80::1")));
  node.pass(2000);
  node.sent();
  const packet = (from: string, to: string) =>
    lan.udpFrame({ ip: from, mac: ME.mac }, { ip: to, mac: PEER.mac }, 8).subarray(14);
  const drop = (frame: Uint8Array) => node.dropsOf(() => node.rx(APP, frame));
  for (const to of ["fe80::9", "ff01::1", "ff02::1", "ff02::1:ff00:9"]) {
    assert.deepEqual(drop(packet(ME.ip, to)), { BEYOND_SCOPE: 1 }, to);
  }
  for (const to of ["ff03::1", "ff05::2", "ff0e::1"]) assert.deepEqual(drop(packet(ME.ip, to)), { NO_ROUTE: 1 }, to);
  for (const to of ["::", "::1"]) assert.deepEqual(drop(packet(ME.ip, to)), { BAD_DESTINATION: 1 }, to);
  for (const from of [PEER.ip, ME_LOCAL.ip, "::", "::1"]) {
    assert.deepEqual(drop(packet(from, lan.FAR.ip)), { BAD_SOURCE: 1 }, from);
  }
  const good = packet(ME.ip, lan.FAR.ip);
  for (const length of [1, 39, good.length - 1]) {
    assert.deepEqual(drop(good.subarray(0, length)), { BAD_IP6: 1 }, `${length} bytes`);
  }
  const ip4 = concat(be(8, 0x45, 0), be(16, 20, 0, 0), be(8, 64, 17), be(16, 0x66d7), be(8, 10, 0, 0, 1, 10, 0, 0, 2));
  assert.deepEqual(drop(ip4), { NO_TRANSLATION: 1 }, "no program translates");
  const damaged = Uint8Array.from(ip4);
  damaged[8]--;
  assert.deepEqual(drop(damaged), { BAD_IP4: 1 });
  assert.deepEqual(drop(ip4.subarray(0, 19)), { BAD_IP4: 1 });
  assert.deepEqual(drop(good), {}, "waits for the router's address");
  assert.deepEqual(node.said(), ["IP6 fe80::2 > ff02::1:ff00:1 | ICMP6 NS who has fe80::1"]);
});
