import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, statusText } from "../../../host-sim/cli/ctl.js";
import { SetupError } from "../../../host-sim/live/libc.js";

test("words become requests", () => {
  assert.deepEqual(parse("status", [], {}), { verb: "status" });
  assert.deepEqual(parse("move", ["wlan1"], { port: "wan" }), { verb: "move", interface: "wlan1", port: "wan" });
  assert.deepEqual(parse("set", ["program", "10000", "off"], {}), { verb: "program", number: 10000, on: false });
  assert.deepEqual(parse("set", ["refresh", "2001:db8::1"], {}), { verb: "refresh", homeAddress: "2001:db8::1" });
  assert.deepEqual(parse("set", ["trace", "2"], {}), { verb: "trace", level: 2 });
});

test("wrong words are a sentence that says what was expected", () => {
  const wrong: [string, string[], RegExp][] = [
    ["move", [], /one interface/],
    ["move", ["a", "b"], /one interface/],
    ["status", ["now"], /no further words/],
    ["set", [], /program, refresh and trace/],
    ["set", ["program", "10000"], /NUMBER on\|off/],
    ["set", ["program", "x", "on"], /NUMBER on\|off/],
    ["set", ["trace", "3"], /0\|1\|2/],
    ["stop", [], /not "stop"/],
  ];
  for (const [verb, words, message] of wrong) {
    assert.throws(
      () => parse(verb, words, {}),
      (error) => error instanceof SetupError && message.test(error.message),
    );
  }
});

test("a status is tables for lists and a line for the rest; empty lists are left away", () => {
  const text = statusText({
    ok: true,
    node: "t",
    neighbours: [],
    ports: [{ port: 0, up: true }],
    drops: { BAD_IP6: 3 },
  });
  assert.equal(text, "node: t\n\nports\nport  up\n──────────\n0     true\ndrops: BAD_IP6 3\n");
});
