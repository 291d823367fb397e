import assert from "node:assert/strict";
import { test } from "node:test";
import { Message, Refusal } from "../../../assembly/abi/message.js";
import { PortKind } from "../../../assembly/abi/port.js";
import { formatIp6, parseIp6, parseMac } from "../../../host-sim/core/address.js";
import { ConfigRefused, Core } from "../../../host-sim/core/core.js";
import { ImageError, loadImage } from "../../../host-sim/core/image.js";
import { Messages } from "../../../host-sim/core/messages.js";

const MAC = parseMac("02:00:00:00:00:01");

function started(name = "host"): Core {
  const core = new Core(loadImage(name).module);
  core.setClock(1000);
  core.configure(
    new Messages().entropy(new Uint8Array(32).fill(7)).trace(1).port(0, PortKind.ETHER, 1500, MAC).bytes(),
  );
  return core;
}

test("an image is compiled once and a missing one says how to build it", () => {
  assert.equal(loadImage("host"), loadImage("host"));
  assert.match(loadImage("host").hash, /^[0-9a-f]{64}$/);
  assert.throws(
    () => loadImage("toaster"),
    (e) => e instanceof ImageError && /toaster.*npm run images/.test(e.message),
  );
});

test("configure takes more messages than one buffer holds, and query follows MORE", () => {
  const core = new Core(loadImage("router", "pc").module);
  core.setClock(1);
  const messages = new Messages().entropy(new Uint8Array(32)).port(0, PortKind.ETHER, 1500, MAC);
  const count = 2000;
  for (let i = 0; i < count; i++) {
    const prefix = parseIp6("2001:db8::");
    prefix[6] = i >> 8;
    prefix[7] = i;
    messages.route(0, prefix, 64, parseIp6("fe80::1"));
  }
  core.configure(messages.bytes());
  const rows = core.query(Message.ROUTES).filter((row) => row[1] === 64);
  const prefixes = new Set(rows.map((row) => formatIp6(row, 4)).filter((text) => text.startsWith("2001:db8:")));
  assert.equal(prefixes.size, count);
});

test("a refusal names the message, counted over all calls", () => {
  const core = started();
  const messages = new Messages();
  for (let i = 0; i < 100; i++) messages.link(0, true);
  messages.address(3, parseIp6("2001:db8::1"), 64);
  assert.throws(
    () => core.configure(messages.bytes()),
    (e) =>
      e instanceof ConfigRefused &&
      e.refusal === Refusal.NO_SUCH_PORT &&
      e.type === Message.ADDRESS &&
      e.index === 100 &&
      e.message === "message 100 (ADDRESS) was refused: NO_SUCH_PORT",
  );
});

test("messages that are cut short do not reach the core", () => {
  const core = started();
  const bytes = new Messages().link(0, true).bytes();
  for (let length = 1; length < bytes.length; length++) {
    assert.throws(() => core.configure(bytes.subarray(0, length)), RangeError);
  }
});

test("an address by hand is probed once and becomes ours", () => {
  const core = started();
  const sent: Uint8Array[] = [];
  const take = () => core.drain((_port, frame) => sent.push(frame.slice()));
  core.configure(new Messages().address(0, parseIp6("2001:db8::1"), 64).bytes());
  take();
  let ms = 1000;
  for (let wait = core.tick(); ms < 3000 && wait < 5000; wait = core.tick()) {
    take();
    ms += wait;
    core.setClock(ms);
  }
  const isDad = (f: Uint8Array) => f[20] === 58 && f[54] === 135 && formatIp6(f, 22) === "::";
  assert.equal(sent.filter(isDad).length, 1);
  const states = core.query(Message.ADDRESSES).map((row) => [formatIp6(row, 4), row[2]]);
  assert.deepEqual(
    states.find(([address]) => address === "2001:db8::1"),
    ["2001:db8::1", 3],
  );
});

test("a frame that is too long is counted, not written behind the buffer", () => {
  const core = started();
  const before = core.query(Message.COUNTERS).length;
  assert.equal(core.rx(0, new Uint8Array(5000).fill(0xff)), true);
  const counters = core.query(Message.COUNTERS);
  assert.equal(before, 0);
  assert.equal(counters.length, 1);
});

test("rx answers false where there is no buffer: the port does not exist", () => {
  assert.equal(started().rx(2, new Uint8Array(60)), false);
});

test("a thousand cores are spoken to through one switchboard, each with its own state", () => {
  const image = loadImage("host").module;
  const cores = Array.from({ length: 1000 }, () => new Core(image));
  for (const [i, core] of cores.entries()) {
    core.setClock(1);
    const mac = Uint8Array.of(2, 0, 0, 0, i >> 8, i);
    core.configure(new Messages().entropy(new Uint8Array(32).fill(i)).port(0, PortKind.ETHER, 1500, mac).bytes());
    core.configure(new Messages().address(0, parseIp6(`2001:db8::${(i + 1).toString(16)}`), 64).bytes());
  }
  for (const [i, core] of cores.entries()) {
    const rows = core.query(Message.ADDRESSES).map((row) => formatIp6(row, 4));
    assert.ok(
      rows.some((text) => text === `2001:db8::${(i + 1).toString(16)}`),
      `core ${i} has ${rows}`,
    );
  }
});
