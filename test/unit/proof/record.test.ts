import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { imageFile } from "../../../host-sim/core/image.js";
import { ROOT } from "../../../host-sim/core/root.js";
import { Call, eachCall } from "../../proof/calls.js";
import { replay } from "../../proof/replay.js";

const folder = mkdtempSync(join(tmpdir(), "proof-"));
after(() => rmSync(folder, { recursive: true }));

/** A host is started by the core that everybody uses, configured, and asked for an echo. */
const PROGRAM = `
import { lanNode, echo, PEER, ME } from "./test/unit/lib/lan.ts";
const node = lanNode();
node.rx(0, echo(PEER, ME));
console.log(node.said(/echo reply/i).length);
`;

test("what a program does with an image is written down, and replayed it is the same", () => {
  const listen = ["--import", "tsx", "--import", "./test/proof/record.ts", "--input-type=module", "-e", PROGRAM];
  const env = { ...process.env, PROOF_TAPES: folder };
  const said = execFileSync(process.execPath, listen, { cwd: ROOT, env, encoding: "utf8" });
  assert.equal(said.trim(), "1", "the program works as it does without a recorder");
  const [tape, ...more] = readdirSync(folder);
  assert.equal(more.length, 0);
  const calls = readFileSync(join(folder, tape));
  const made: string[] = [];
  let frames = 0;
  eachCall(calls, (call, _a, _b, bytes) => {
    made.push(Call[call]);
    if (call === Call.RX) frames += Number(bytes.length > 60);
    return true;
  });
  for (const call of ["CLOCK", "CONFIGURE", "RX", "TICK", "TAKE_TX", "TX_DONE", "TAKE_EVENT"]) {
    assert.ok(made.includes(call), `${call} is among the calls`);
  }
  assert.ok(frames >= 3, "two solicitations and the echo");
  const module = new WebAssembly.Module(readFileSync(imageFile("host")));
  assert.equal(replay(module, calls), replay(module, calls));
  const cut = Buffer.concat([calls.subarray(0, -1), Uint8Array.of(Call.TICK, Call.END)]);
  assert.notEqual(replay(module, cut), replay(module, calls), "the digest covers the answers");
});
