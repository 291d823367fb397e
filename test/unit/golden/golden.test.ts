/** What the scenarios put on their links stays what it was, byte for byte. */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { readPcapng } from "../../../host-sim/trace/pcapng.js";
import { GOLDEN, goldenFile, goldenFiles } from "./captures.js";
import { difference } from "./difference.js";

const LARGEST_TOTAL = 1536 * 1024;

for (const [name, make] of GOLDEN) {
  test(`${name}: the same bytes as in test/golden`, () => {
    const told = difference(name, readFileSync(goldenFile(name)), make());
    assert.ok(told === "", told);
  });
}

test("every file is made by something, and all of them are small", () => {
  assert.deepEqual(goldenFiles(), [...GOLDEN.keys()].sort());
  const total = goldenFiles().reduce((sum, name) => sum + statSync(goldenFile(name)).size, 0);
  assert.ok(total <= LARGEST_TOTAL, `${total} bytes, ${LARGEST_TOTAL} are the most`);
});

test("a difference names the first packet that changed, as it was and as it is, and what to do", () => {
  const name = "ba-refused";
  const was = readFileSync(goldenFile(name));
  const { packets } = readPcapng(was, name);
  const spoilt = Buffer.from(was);
  const third = packets[2].data;
  spoilt[third.byteOffset - was.byteOffset + 21] ^= 1; // hop limit
  const told = difference(name, was, spoilt);
  assert.match(
    told,
    new RegExp(`^ba-refused: packet 3 differs \\(from byte 21 on\\); ${packets.length} packets before`),
  );
  assert.match(told, /\n {2}was .*\n {2}is {2}.*\n.*npm run golden/);
  assert.equal(difference(name, was, Buffer.from(was)), "");
});
