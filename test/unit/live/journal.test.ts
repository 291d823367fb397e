import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Journal } from "../../../host-sim/live/journal.js";
import { SetupError } from "../../../host-sim/live/libc.js";
import { planResolvConf, resolvConfWith, restoreResolvConf } from "../../../host-sim/live/resolv-conf.js";

const folder = mkdtempSync(join(tmpdir(), "sixfold-journal-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const journal = join(folder, "t.journal");
const resolv = join(folder, "resolv.conf");
const BEFORE = "nameserver 192.0.2.1\nsearch example.org\n";
const module = (name: string): string =>
  JSON.stringify(fileURLToPath(new URL(`../../../host-sim/live/${name}.js`, import.meta.url)));
const never = (sentence: string): never => assert.fail(sentence);

beforeEach(() => {
  rmSync(journal, { force: true });
  writeFileSync(resolv, BEFORE);
});

/** A node that sets its name server, says so, and lives until it is killed. */
const NODE = `
  import { Journal } from ${module("journal")};
  import { planResolvConf, writeResolvConf } from ${module("resolv-conf")};
  const journal = Journal.open(${JSON.stringify(journal)}, (s) => console.error(s));
  const change = planResolvConf(["192.168.0.53"], ${JSON.stringify(resolv)});
  journal.note({ kind: "resolv", ...change });
  writeResolvConf(change);
  console.log("set");
  setInterval(() => {}, 1000);
`;

async function startNode(): Promise<ReturnType<typeof spawn>> {
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", NODE], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout!, "data");
  return child;
}

test("what a killed node left is taken back by the next start", async () => {
  const child = await startNode();
  assert.match(readFileSync(resolv, "utf8"), /nameserver 192\.168\.0\.53/);
  assert.throws(() => Journal.recover(journal, never), SetupError, "refused while the node lives");
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.match(readFileSync(resolv, "utf8"), /nameserver 192\.168\.0\.53/);
  assert.equal(Journal.recover(journal, never), 1);
  assert.equal(readFileSync(resolv, "utf8"), BEFORE);
  assert.equal(existsSync(journal), false);
  assert.equal(Journal.recover(journal, never), 0);
});

test("a journal line that a power cut left incomplete is passed over", async () => {
  const child = await startNode();
  child.kill("SIGKILL");
  await once(child, "exit");
  appendFileSync(journal, '{"kind":"run","command":"ip","ar');
  assert.equal(Journal.recover(journal, never), 1);
  assert.equal(readFileSync(resolv, "utf8"), BEFORE);
});

test("steps are taken back last first, and repeating one adds nothing", () => {
  const one = join(folder, "one");
  writeFileSync(one, "now");
  const mine = Journal.open(journal, never);
  mine.note({ kind: "sysctl", path: one, value: "first" });
  mine.note({ kind: "sysctl", path: one, value: "second" });
  mine.note({ kind: "sysctl", path: one, value: "first" });
  assert.equal(readFileSync(journal, "utf8").trim().split("\n").length, 3);
  mine.close(never);
  assert.equal(readFileSync(one, "utf8"), "first");
  assert.equal(existsSync(journal), false);
});

test("settings of an interface that is gone are no problem, other failures are told", () => {
  const said: string[] = [];
  const mine = Journal.open(journal, never);
  mine.note({ kind: "sysctl", path: join(folder, "no/such/file"), value: "1" });
  mine.note({ kind: "run", command: "ip", args: ["link", "set", "dev", "no-such-if0", "down"] });
  mine.note({ kind: "run", command: "ip", args: ["no-such-object"] });
  mine.close((sentence) => said.push(sentence));
  assert.equal(said.length, spawnSync("ip", ["-V"]).error ? 0 : 1);
});

test("name servers are replaced, options and search lists stay", () => {
  const text = resolvConfWith("# mine\nnameserver 192.0.2.1\noptions edns0\nsearch example.org\n", ["2001:db8::53"]);
  assert.deepEqual(text.split("\n").slice(1), ["nameserver 2001:db8::53", "options edns0", "search example.org", ""]);
});

test("a file that somebody else changed meanwhile is left as it is", () => {
  const change = planResolvConf(["192.168.0.53"], resolv);
  assert.ok(typeof change !== "string");
  writeFileSync(resolv, "nameserver 198.51.100.7\n");
  assert.match(restoreResolvConf(change) ?? "", /changed by someone else/);
  assert.equal(readFileSync(resolv, "utf8"), "nameserver 198.51.100.7\n");
});

test("a file whose writing was cut off is restored", () => {
  const change = planResolvConf(["192.168.0.53"], resolv);
  assert.ok(typeof change !== "string");
  writeFileSync(resolv, change.after.slice(0, 20));
  assert.equal(restoreResolvConf(change), undefined);
  assert.equal(readFileSync(resolv, "utf8"), BEFORE);
});
