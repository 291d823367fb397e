import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parse, statusText } from "../../../host-sim/cli/ctl.js";
import { SetupError } from "../../../host-sim/live/libc.js";

test("words become requests", () => {
  assert.deepEqual(parse("status", [], {}), { verb: "status" });
  assert.deepEqual(parse("move", ["wlan1"], { port: "wan" }), { verb: "move", interface: "wlan1", port: "wan" });
  assert.deepEqual(parse("set", ["program", "10000", "off"], {}), { verb: "program", number: 10000, on: false });
  assert.deepEqual(parse("set", ["refresh", "2001:db8::1"], {}), { verb: "refresh", homeAddress: "2001:db8::1" });
  assert.deepEqual(parse("set", ["trace", "2"], {}), { verb: "trace", level: 2 });
  assert.deepEqual(parse("sa", ["list"], {}), { verb: "associations" });
  assert.deepEqual(parse("sa", ["delete", "0x1001", "in"], {}), {
    verb: "delete-association",
    spi: 4097,
    direction: "in",
  });
});

test("an association to add is read from its file; its keys stay where they are", () => {
  const folder = mkdtempSync(join(tmpdir(), "sixfold-ctl-"));
  try {
    writeFileSync(join(folder, "keys.yaml"), `gcm: ${"a1".repeat(20)}\nshort: ${"a1".repeat(19)}\n`);
    const file = join(folder, "sa.yaml");
    const text =
      "{ policy: data, direction: out, spi: 300, encryption: aes-gcm-16, key: { file: keys.yaml, name: gcm } }\n";
    writeFileSync(file, text);
    const request = parse("sa", ["add", file], {});
    assert.equal(request.verb, "add-association");
    assert.match(JSON.stringify(request), /"key":\{"file":"\/.*keys\.yaml","name":"gcm"\}/);
    assert.doesNotMatch(JSON.stringify(request), /a1a1/);
    const wrong = (from: string, to: string, expected: RegExp) => {
      writeFileSync(file, text.replace(from, to));
      assert.throws(() => parse("sa", ["add", file], {}), expected);
    };
    wrong("name: gcm", "name: short", /sa\.yaml:1:[0-9]+: key: expected 20 or 28 or 36 bytes/);
    wrong("spi: 300", "spi: 30", /sa\.yaml:1:[0-9]+: spi: expected an SPI from 256/);
    wrong("policy: data, ", "", /expected a key "policy"/);
  } finally {
    rmSync(folder, { recursive: true });
  }
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
    ["sa", [], /list, add and delete/],
    ["sa", ["list", "all"], /no further words/],
    ["sa", ["add"], /sa add FILE/],
    ["sa", ["delete", "0x1001"], /sa delete SPI in\|out/],
    ["sa", ["delete", "255", "in"], /sa delete SPI in\|out/],
    ["sa", ["delete", "4294967296", "in"], /sa delete SPI in\|out/],
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
