import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { compileHarness } from "./compile.js";

const program = compileHarness("slip-script.c", ["drivers/slip.c"], {});
const [END, ESC, ESC_END, ESC_ESC] = [0xc0, 0xdb, 0xdc, 0xdd];
const QUEUE = 4096;

function run(script: string[]): string[] {
  const { status, stdout, stderr } = spawnSync(program, { input: script.join("\n"), encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split("\n");
}
const hex = (bytes: Iterable<number>) => Buffer.from([...bytes]).toString("hex") || "-";

/** RFC 1055, as it reads. */
function encode(packet: Uint8Array): number[] {
  const body = [...packet].flatMap((byte) => (byte === END ? [ESC, ESC_END] : byte === ESC ? [ESC, ESC_ESC] : [byte]));
  return [END, ...body, END];
}
/** The packets of a line, undefined for one with an ESC that nothing belongs to. What follows the last END is none yet. */
function decode(line: Uint8Array): (number[] | undefined)[] {
  const parts = Buffer.from(line).toString("latin1").split("\xc0").slice(0, -1);
  return parts
    .filter((part) => part !== "")
    .map((part) => {
      if (/\xdb(?![\xdc\xdd])/.test(part)) return undefined;
      const plain = part.replace(/\xdb([\xdc\xdd])/g, (_, code) => (code === "\xdc" ? "\xc0" : "\xdb"));
      return [...Buffer.from(plain, "latin1")];
    });
}

/** Bytes, many of them special ones. */
const byte = fc.oneof(fc.constantFrom(END, ESC, ESC_END, ESC_ESC), fc.integer({ min: 0, max: 255 }));
const packet = fc.uint8Array({ minLength: 1, maxLength: 600 });
const special = fc.array(byte, { minLength: 1, maxLength: 600 }).map((bytes) => Uint8Array.from(bytes));

test("what is sent is what RFC 1055 says, and comes back as it was", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(packet, special), { minLength: 1, maxLength: 12 }), (packets) => {
      const line = packets.map((one) => hex(encode(one)));
      assert.deepEqual(
        run(packets.flatMap((one) => [`send ${hex(one)}`, "drain"])),
        line.flatMap((one) => ["sent", `line ${one}`]),
      );
      assert.deepEqual(
        run(line.flatMap((one) => [`line ${one}`, "take 1710"])),
        packets.map((one) => `took ${one.length} ${hex(one)}`),
      );
    }),
    { numRuns: 40 },
  );
});

test("any bytes from a line give the packets that are whole, and count the others", () => {
  fc.assert(
    fc.property(fc.array(byte, { maxLength: QUEUE }), fc.nat(300), (line, room) => {
      const want = decode(Uint8Array.from(line));
      const sound = want.filter((one) => one !== undefined);
      const lines = run([`line ${hex(line)}`, ...Array(want.length + 1).fill(`take ${room}`), "counts"]);
      assert.deepEqual(
        lines.slice(0, sound.length),
        sound.map((one) => `took ${one.length} ${hex(one.slice(0, room)).replace("-", "")}`),
      );
      assert.equal(lines[sound.length], "none");
      assert.equal(lines.at(-1), `lost 0 broken ${want.length - sound.length}`);
    }),
    { numRuns: 150 },
  );
});

test("packets that come while there is no room are lost whole and counted; those before and after are right", () => {
  const length = fc.integer({ min: 1, max: 2500 });
  fc.assert(
    fc.property(fc.array(length, { minLength: 1, maxLength: 12 }), (lengths) => {
      const packets = lengths.map((length, i) => Uint8Array.from({ length }, () => i + 1));
      const line = packets.flatMap(encode);
      let used = 0;
      const kept = packets.filter(({ length }) => {
        const fits = used + length + 1 <= QUEUE;
        if (fits) used += length + 1;
        return fits;
      });
      const lines = run([
        `line ${hex(line)}`,
        ...Array(packets.length).fill("take 4096"),
        "line c00102c0",
        "take 9",
        "counts",
      ]);
      assert.deepEqual(
        lines.slice(0, kept.length),
        kept.map((one) => `took ${one.length} ${hex(one)}`),
      );
      assert.deepEqual(lines.slice(-2), ["took 2 0102", `lost ${packets.length - kept.length} broken 0`]);
    }),
    { numRuns: 60 },
  );
});

test("a packet without an end takes nothing away from the one after it", () => {
  const [first, ...rest] = run([
    `line ${"41".repeat(6000)}`,
    "take 9",
    "line c0",
    "take 9",
    "line 4243c0",
    "take 9",
    "counts",
  ]);
  assert.equal(first, "none");
  assert.deepEqual(rest, ["none", "took 2 4243", "lost 1 broken 0"]);
});

test("a packet is sent whole or not at all", () => {
  const whole = `send ${hex(Uint8Array.from({ length: 2046 }, () => END))}`;
  assert.deepEqual(
    run([whole, "send 41", "drain", "send 41", "drain"]).map((line) => line.slice(0, 12)),
    ["sent", "no room", "line c0dbdcd", "sent", "line c041c0"],
  );
});
