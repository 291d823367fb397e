import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { Event } from "../../../assembly/abi/event.js";
import { Message } from "../../../assembly/abi/message.js";
import { PortKind } from "../../../assembly/abi/port.js";
import { Verdict } from "../../../assembly/abi/verdict.js";
import { loadBoard } from "../../../host-sim/boards/board.js";
import { boardConfiguration } from "../../../host-sim/boards/configuration.js";
import { parseDropLine, parseEventLine, parseHashLine, parseRefusedLine } from "../../../host-sim/boards/console.js";
import { SAVED_MAX } from "../../../host-sim/boards/console-lines.js";
import { crc32 } from "../../../host-sim/boards/crc32.js";
import { FirmwareError, parseFirmware } from "../../../host-sim/boards/firmware.js";
import { carrierFrame, readIdle, timeFrame } from "../../../host-sim/boards/lockstep.js";
import { tooLarge } from "../../../host-sim/boards/sizes.js";
import { uf2 } from "../../../host-sim/boards/uf2.js";
import { decodeEvent } from "../../../host-sim/trace/events.js";
import { SAMPLE_HASH, SAMPLE_MAC, sampleFirmware } from "./sample.js";

const MAC = SAMPLE_MAC;
const HASH = SAMPLE_HASH;

function firmware(board = "qemu-riscv"): Buffer {
  return sampleFirmware(board);
}

test("CRC-32 is the one of the world (check value of ISO 3309)", () => {
  assert.equal(crc32(Buffer.from("123456789")), 0xcbf43926);
});

test("a firmware says what it is, and which ports it has with whose address", () => {
  const { board, image, hash, ports } = parseFirmware("f", firmware());
  assert.deepEqual([board, image, hash], ["qemu-riscv", "terminal", HASH]);
  assert.deepEqual(
    ports.map(({ number, kind, mac }) => [number, kind, mac && [...mac]]),
    [
      [0, PortKind.ETHER, [...MAC]],
      [1, PortKind.ETHER, undefined],
      [2, PortKind.IP, undefined],
    ],
  );
});

test("a firmware that is cut short, longer, or has one byte changed is refused", () => {
  const whole = firmware();
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      assert.throws(() => parseFirmware("f", whole.subarray(0, at)), FirmwareError);
      const changed = Buffer.from(whole);
      changed[at] ^= change;
      assert.throws(() => parseFirmware("f", changed), FirmwareError);
    }),
  );
  assert.throws(() => parseFirmware("f", Buffer.concat([whole, Buffer.alloc(1)])), /something is added/);
});

test("an event line is the record that the core gave", () => {
  const line = "* BU_SENT 0 5884 2000:0:0:7:0:0:0:1000 2000:0:0:21:d55d:1b1f:6b0d:2b60 52607 105\r";
  const record = parseEventLine(line)!;
  const event = decodeEvent(record, 0);
  assert.deepEqual([record.getUint16(0, true), event.timeMs], [Event.BU_SENT, 5884]);
  assert.deepEqual([record.getUint32(40, true), record.getUint32(44, true)], [52607, 105]);
  const drop = parseEventLine("* DROP BAD_IP4 7008 0:0:0:0:0:0:0:0 0:0:0:0:0:0:0:0 1 0")!;
  assert.equal(drop.getUint16(2, true), Verdict.BAD_IP4);
  const link = parseEventLine("* LINK 2 94 0:0:0:0:0:0:0:0 0:0:0:0:0:0:0:0 0 0")!;
  assert.equal(link.getUint16(2, true), 2, "a code is a number even where a verdict has it");
  for (const other of ["* NONSENSE 1 2 :: :: 0 0", "start 1, traps 0", "* LINK 0 94", ""]) {
    assert.equal(parseEventLine(other), undefined, other);
  }
});

test("status lines", () => {
  assert.deepEqual(parseDropLine("dropped BAD_IP4 21\r"), { verdict: Verdict.BAD_IP4, count: 21 });
  assert.equal(parseDropLine("dropped NOTHING 21"), undefined);
  assert.equal(parseRefusedLine("port 0: up, received 5, sent 4, no buffer 3, unsent 0"), 3);
  assert.equal(parseRefusedLine("port 0: not there"), undefined);
  assert.equal(parseHashLine(`sha256 ${HASH}\r`), HASH);
});

test("what a board waits for is told from what it sends", () => {
  const idle = timeFrame(7, new Uint8Array(32));
  idle[14] = 3;
  idle.writeUInt32LE(99, 24);
  idle.writeUInt32LE(4, 28);
  assert.deepEqual(readIdle(idle), { untilMs: 7, consoleBytes: 99, times: 4 });
  idle.fill(0xff, 16, 24);
  assert.equal(readIdle(idle)?.untilMs, Number.POSITIVE_INFINITY);
  assert.equal(readIdle(carrierFrame(true)), undefined);
  assert.equal(readIdle(Buffer.alloc(60, 0x60)), undefined);
});

test("what does not fit says by how much, and what to leave out", () => {
  const board = { ...loadBoard("qemu-riscv"), ram: 100_000 };
  const sizes = { flash: 90_000, ram: 100_000, memory: 65_536, stack: 8192 };
  assert.equal(tooLarge(board, sizes, "terminal"), undefined);
  assert.match(tooLarge(board, { ...sizes, ram: 100_001 }, "terminal")!, /RAM.*: 1 too many; leave out mobility/);
});

test("a configuration of another image, or of several nodes, is refused in a sentence", () => {
  const folder = mkdtempSync(join(tmpdir(), "sixfold-board-"));
  const file = join(folder, "host.yaml");
  writeFileSync(file, "image: host\nports:\n  eth: {}\n");
  assert.ok(boardConfiguration(file, "host").length > 0);
  assert.throws(() => boardConfiguration(file, "router"), /configures image host, not router/);
  writeFileSync(file, "image: host\nports:\n  eth: { interface: eth0 }\n");
  assert.throws(() => boardConfiguration(file, "host"), /live configuration/);
  const scenario = "host-sim/scenarios/t1-translation.yaml";
  assert.throws(() => boardConfiguration(scenario, "router"), /r1, r3/);
  assert.ok(boardConfiguration(scenario, "router", "r3").length > 0);
});

test("keys are in a board's configuration only where they are wanted", () => {
  const scenario = "host-sim/scenarios/t3-signalling.yaml";
  const text = readFileSync("host-sim/scenarios/keys/test.yaml", "utf8");
  const key = Buffer.from(/bu-cipher: "([0-9a-f]+)"/.exec(text)![1], "hex");
  const left: object[] = [];
  const without = boardConfiguration(scenario, "terminal", undefined, (count) => left.push(count));
  assert.deepEqual(left, [{ associations: 4, anycast: 0 }]);
  assert.equal(Buffer.from(without).indexOf(key), -1);
  const whole = boardConfiguration(scenario, "terminal");
  assert.ok(Buffer.from(whole).indexOf(key) > 0);
  // What a board can keep, RFC 3776's policies and associations included.
  assert.ok(whole.length <= SAVED_MAX, `${whole.length} bytes`);
  // No policy is left out: without its associations what it protects is discarded.
  const policies = (messages: Uint8Array) => messagesOf(messages).filter((type) => type === Message.POLICY).length;
  assert.deepEqual([policies(whole), policies(without)], [6, 6]);
  const plain = boardConfiguration("host-sim/scenarios/t1-translation.yaml", "terminal", undefined, () =>
    assert.fail(),
  );
  assert.ok(plain.length > 0);
});

/** Types in their order. */
function messagesOf(messages: Uint8Array): number[] {
  const view = new DataView(messages.buffer, messages.byteOffset, messages.length);
  const types: number[] = [];
  for (let at = 0; at < messages.length; at += 4 + ((view.getUint16(at + 2, true) + 3) & ~3)) {
    types.push(view.getUint16(at, true));
  }
  return types;
}

test("wrong use ends with exit code 2 and a sentence", () => {
  const folder = mkdtempSync(join(tmpdir(), "sixfold-board-"));
  const file = join(folder, "f.elf");
  const sixfold = (...args: string[]) =>
    spawnSync(process.execPath, ["scripts/sixfold.mjs", ...args], { encoding: "utf8" });
  const config = ["--config", "docs/examples/board-terminal.yaml"];
  const cases: [string[], RegExp][] = [
    [["build", "--board", "toaster", "--image", "terminal", ...config], /there is no board "toaster"; there are: /],
    [["build", "--board", "native", "--image", "host", ...config], /configures image terminal, not host/],
    [["emulate", join(folder, "nothing")], /ENOENT/],
  ];
  for (const [args, sentence] of cases) {
    const { status, stderr } = sixfold(...args);
    assert.equal(status, 2, stderr);
    assert.match(stderr, sentence);
  }
  writeFileSync(file, firmware());
  assert.match(sixfold("emulate", file, "--board", "native").stderr, /is for board qemu-riscv, not native/);
  writeFileSync(file, firmware().subarray(0, 500));
  assert.match(sixfold("emulate", file).stderr, /cut short/);
  writeFileSync(file, firmware("native"));
  const { status, stderr } = sixfold("emulate", file);
  assert.match(stderr, /board native has no emulator/);
  assert.equal(status, 2);
});

test("a firmware in a UF2 file is found; cut short it is refused with the reason", () => {
  const file = uf2(firmware(), 0x10000000, 0xe48bff56);
  assert.equal(parseFirmware("f.uf2", file).image, "terminal");
  assert.throws(
    () => parseFirmware("f.uf2", file.subarray(0, 512)),
    /^FirmwareError: f\.uf2: 1 UF2 blocks, expected 3: it is cut/,
  );
});
