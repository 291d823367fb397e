import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mock, test } from "node:test";
import { Command } from "commander";
import { type InspectOptions, inspect, register } from "../../../host-sim/cli/inspect.js";
import { LinkType } from "../../../host-sim/trace/pcapng.js";
import { PcapngFile } from "../../../host-sim/trace/pcapng-file.js";
import { fixtures } from "./fixtures.js";

/** Runs `body` and gives what it wrote; nothing else can write in between, for it is synchronous. */
function listen(body: () => void): { out: string; err: string } {
  let out = "";
  let err = "";
  const mocks = [
    mock.method(process.stdout, "write", (text: string) => {
      out += text;
      return true;
    }),
    mock.method(process.stderr, "write", (text: string) => {
      err += text;
      return true;
    }),
  ];
  try {
    body();
  } finally {
    for (const { mock } of mocks) mock.restore();
  }
  return { out, err };
}

function withCapture(body: (path: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "sixfold-inspect-"));
  try {
    const path = join(folder, "a.pcapng");
    const file = new PcapngFile(path);
    file.writer.interface("net-a", LinkType.ETHERNET, 1500);
    file.writer.interface("mn:mirror", LinkType.RAW);
    for (const [i, { linktype, hex, name }] of fixtures.entries()) {
      file.writer.packet(linktype === LinkType.ETHERNET ? 0 : 1, 1000 * i, Buffer.from(hex, "hex"), name);
    }
    file.close();
    body(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(path: string, options: InspectOptions): { code: number; out: string; err: string } {
  let code = -1;
  const written = listen(() => {
    code = inspect(path, options);
  });
  return { code, ...written };
}

test("one line a packet, with its comment", () => {
  withCapture((path) => {
    const { code, out } = run(path, { summary: true });
    assert.equal(code, 0);
    const lines = out.trimEnd().split("\n");
    assert.equal(lines.length, fixtures.length);
    const at = fixtures.findIndex(({ name }) => name === "BRR");
    const number = String(at + 1).padStart(5);
    const time = (at / 1000).toFixed(6).padStart(12);
    assert.equal(lines[at], `${number} ${time}  net-a  ${fixtures[at].summary}  # BRR`);
  });
});

test("layers and fields below each line", () => {
  withCapture((path) => {
    const { out } = run(path, {});
    assert.match(out, /\n {6}14-54 {5}IP6 fe80::1 > ff02::1\n {18}traffic class {11}0\n/);
    assert.match(out, /\n {18}status {18}135 \(sequence number out of window\)\n/);
    assert.match(out, /\n {6}\d+-\d+ +S3 program 10000\n/);
  });
});

test("JSON is one clean document that holds every packet", () => {
  withCapture((path) => {
    const { code, out, err } = run(path, { json: true });
    assert.deepEqual([code, err], [0, ""]);
    const document = JSON.parse(out);
    assert.deepEqual(
      document.packets.map((packet: { summary: string }) => packet.summary),
      fixtures.map(({ summary }) => summary),
    );
    assert.equal(document.interfaces[1].name, "mn:mirror");
    assert.equal(document.packets[0].comment, fixtures[0].name);
    assert.equal(document.packets[0].layers[1].name, "IP6");
  });
});

test("a missing file and a file of another kind give a sentence and 2", () => {
  withCapture((path) => {
    assert.deepEqual(run(`${path}.not`, {}), { code: 2, out: "", err: `${path}.not: no such file\n` });
    writeFileSync(path, "not a capture at all");
    const { code, out, err } = run(path, { json: true });
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, /a\.pcapng: offset 0: not a pcapng file/);
  });
});

test("the verb is on the command line", () => {
  withCapture((path) => {
    const program = new Command();
    register(program);
    const { out } = listen(() => {
      program.parse(["inspect", "--summary", path], { from: "user" });
    });
    assert.equal(process.exitCode, 0);
    assert.match(out, /MH BU seq 7 lifetime 60 s A H/);
  });
});
