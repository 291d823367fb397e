import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ask, ControlServer, controlPath, converse } from "../../../host-sim/live/control-socket.js";
import { SetupError } from "../../../host-sim/live/libc.js";

const folder = mkdtempSync(join(tmpdir(), "sixfold-control-"));
const path = join(folder, "node.sock");
let server: ControlServer;

before(async () => {
  process.env.RUNTIME_DIRECTORY = folder;
  server = await ControlServer.open(path, (request) =>
    request.verb === "status" || request.verb === "watch" ? { ok: true, node: "t" } : { ok: false, error: "no" },
  );
});
after(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Sends raw text; every line that comes back until the server ends the connection or `lines` have come. */
async function raw(text: string, lines: number): Promise<string[]> {
  const socket = createConnection(path);
  socket.setEncoding("utf8");
  socket.write(text);
  let got = "";
  try {
    for await (const chunk of socket) {
      got += chunk;
      if (got.split("\n").length > lines) break;
    }
  } catch {
    // Cut off.
  }
  return got.split("\n").slice(0, -1);
}

test("only the owner may ask", () => {
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test("requests of one connection are answered in order, whatever the packets' borders", async () => {
  const replies = await raw('{"verb":"status"}\n{"verb":"move","interface":"x"}\nnonsense\n{"no":1}\n', 4);
  assert.deepEqual(
    replies.map((line) => JSON.parse(line)),
    [
      { ok: true, node: "t" },
      { ok: false, error: "no" },
      { ok: false, error: "a request is a JSON object with a verb" },
      { ok: false, error: "a request is a JSON object with a verb" },
    ],
  );
});

test("a request without an end is cut off", async () => {
  assert.deepEqual(await raw("x".repeat(10_000), 1), []);
});

test("a watcher hears events until the node ends", async () => {
  const name = "watched";
  const own = await ControlServer.open(controlPath(name), () => ({ ok: true }));
  const heard: object[] = [];
  for await (const line of converse(name, { verb: "watch" })) {
    heard.push(line);
    if (heard.length === 1) own.publish({ kind: "MOVED" });
    if (heard.length === 2) own.close();
  }
  assert.deepEqual(heard, [{ ok: true }, { kind: "MOVED" }]);
});

test("nobody there is a sentence with exit code 2", async () => {
  await assert.rejects(ask("no-such-node", { verb: "status" }), (error: unknown) => {
    return error instanceof SetupError && /no node "no-such-node" is running/.test(error.message);
  });
});
