import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { completion } from "../../../host-sim/cli/completion.js";
import { buildProgram } from "../../../host-sim/cli/main.js";
import { scenarioFile, scenarioNames } from "../../../host-sim/cli/scenarios.js";
import { FileError, loadText } from "../../../host-sim/core/load.js";
import { readPcapngFile } from "../../../host-sim/trace/pcapng-file.js";
import { SIXFOLD } from "./capture.js";

const folder = mkdtempSync(join(tmpdir(), "sixfold-cli-"));
after(() => rmSync(folder, { recursive: true }));

function sixfold(...args: string[]) {
  const { status, stdout, stderr } = spawnSync("node", [SIXFOLD, ...args], { encoding: "utf8", cwd: folder });
  return { status, stdout, stderr };
}

test("sim --json writes the report and nothing else", () => {
  const { status, stdout, stderr } = sixfold("sim", "ba-refused", "--json", "--seed", "7");
  assert.equal(status, 0, stderr);
  assert.equal(stderr, "");
  const report = JSON.parse(stdout);
  const keys = ["ok", "scenario", "seed", "virtualMs", "wallMs", "events", "expectations", "handovers", "drops"];
  assert.deepEqual(Object.keys(report), keys);
  assert.deepEqual([report.ok, report.scenario, report.seed, report.virtualMs], [true, "ba-refused", 7, 12000]);
  assert.deepEqual(Object.keys(report.expectations[0]), ["name", "ok", "value", "limit"]);
  assert.deepEqual(Object.keys(report.handovers[0]), ["node", "from", "to", "gapMs", "lost", "phases"]);
  assert.deepEqual(Object.keys(report.handovers[0].phases), ["detect", "dad", "register"]);
  assert.ok(report.drops.BA_REFUSED >= 1);
});

test("an expectation that does not hold makes exit code 1", () => {
  const text = readFileSync(scenarioFile("ba-refused")!, "utf8");
  const file = join(folder, "broken.yaml");
  writeFileSync(
    file,
    text.replace(
      'metric: traffic.talk.received, op: "==", limit: 0',
      'metric: traffic.talk.received, op: ">", limit: 0',
    ),
  );
  const { status, stdout } = sixfold("sim", file);
  assert.equal(status, 1);
  assert.match(stdout, /✗ nothing passes: traffic\.talk\.received 0 \(> 0\)/);
  assert.match(stdout, /broken: failed/);
});

test("wrong use is exit code 2 and a sentence", () => {
  const cases: [string[], RegExp][] = [
    [["sim"], /name a scenario or a file/],
    [["sim", "nonsense"], /no file and no scenario "nonsense"; known: .*demo/],
    [["sim", "demo", "--seed", "x"], /expected a whole number/],
    [["sim", "demo", "--frobnicate"], /unknown option '--frobnicate'/],
    [["sim", "demo", "--ladder", "html"], /text, svg/],
    [["frobnicate"], /unknown command 'frobnicate'/],
    [["check", "missing.yaml"], /^missing\.yaml:1:1: no such file/],
    [["completion", "tcsh"], /bash, zsh, fish/],
  ];
  for (const [args, expected] of cases) {
    const { status, stdout, stderr } = sixfold(...args);
    assert.equal(status, 2, args.join(" "));
    assert.match(stderr, expected);
    assert.equal(stdout, "");
  }
});

test("a metric that there is not is found before anything runs", () => {
  const text = readFileSync(scenarioFile("ba-refused")!, "utf8");
  const file = join(folder, "metric.yaml");
  writeFileSync(file, text.replace("traffic.talk.received", "traffic.talc.received"));
  for (const verb of ["check", "sim"]) {
    const { status, stderr } = sixfold(verb, file);
    assert.equal(status, 2);
    assert.match(stderr, /metric\.yaml:\d+:\d+: expect\[6\]\.metric: unknown flow "talc"; known: talk/);
  }
});

test("--out writes capture, ladder and report; --ladder prints", () => {
  const { status, stdout, stderr } = sixfold("sim", "ba-refused", "--ladder", "text", "--out", "out/deep");
  assert.equal(status, 0, stderr);
  assert.match(stdout, /ba-refused: ok/);
  assert.match(stdout, /│/);
  const file = (ending: string) => join(folder, "out", "deep", `ba-refused.${ending}`);
  assert.equal(JSON.parse(readFileSync(file("json"), "utf8")).ok, true);
  assert.match(readFileSync(file("svg"), "utf8"), /^<svg .*<\/svg>\s*$/s);
  const { interfaces, packets } = readPcapngFile(file("pcapng"));
  const names = interfaces.map(({ name }) => name);
  assert.deepEqual(names.slice(0, 4), ["home", "visited-1", "backbone", "far"]);
  assert.ok(names.includes("terminal mirror"));
  assert.ok(packets.length > 50);
});

test("time that runs out is exit code 42", () => {
  const { status, stderr } = sixfold("sim", "thousand", "--timeout", "0");
  assert.equal(status, 42);
  assert.match(stderr, /no more time is given/);
});

test("help, version and the list", () => {
  assert.match(sixfold("--version").stdout, /^\d+\.\d+\.\d+\n$/);
  const help = sixfold("help");
  assert.equal(help.status, 0);
  for (const verb of ["sim", "up", "ctl", "check", "inspect", "completion"])
    assert.match(help.stdout, new RegExp(`\\b${verb}\\b`));
  const list = sixfold("sim", "--list");
  assert.equal(list.status, 0);
  for (const name of scenarioNames()) assert.match(list.stdout, new RegExp(`^${name} +\\S`, "m"));
});

test("check knows a scenario from a live configuration", () => {
  writeFileSync(join(folder, "edge.yaml"), 'image: router\nports: { lan: { tap: t0, address: "2001:db8::1/64" } }\n');
  assert.match(sixfold("check", "edge.yaml").stdout, /edge\.yaml: a live configuration, in order/);
  assert.match(sixfold("check", scenarioFile("demo")!).stdout, /a scenario, in order/);
});

test("completion scripts know verbs, options and scenarios, and shells read them", () => {
  for (const shell of ["bash", "zsh", "fish"] as const) {
    const script = completion(shell, buildProgram());
    for (const word of ["roam-lossy", "seed", "inspect"]) assert.ok(script.includes(word), `${shell}: ${word}`);
    const path = ["/bin", "/usr/bin"].map((bin) => join(bin, shell)).find(existsSync);
    if (!path) continue;
    const { status, stderr } = spawnSync(path, ["-n", "-c", script], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  }
  const script = `${completion("bash", buildProgram())}\nCOMP_WORDS=(sixfold sim roa) COMP_CWORD=2; _sixfold; echo "\${COMPREPLY[@]}"`;
  assert.equal(spawnSync("bash", ["-c", script], { encoding: "utf8" }).stdout, "roam-lossy\n");
});

test("a scenario that was mutated loads or is refused with a line; nothing else happens", () => {
  const texts = scenarioNames().map((name) =>
    readFileSync(scenarioFile(name)!, "utf8").replace(/count: 1000\b/, "count: 3"),
  );
  const junk = fc.constantFrom(
    "",
    " ",
    "\n",
    "x",
    "-1",
    "{",
    "}",
    ":",
    "null",
    "9999999999",
    "ff02::1",
    "::/0",
    "[]",
    "'",
    "\t",
    "1ms",
    "true",
  );
  const edit = fc.record({ at: fc.nat(), length: fc.nat(12), put: junk });
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 3 }), (text, edits) => {
      let mutated = text;
      for (const { at, length, put } of edits) {
        const from = at % mutated.length;
        mutated = mutated.slice(0, from) + put + mutated.slice(from + length);
      }
      try {
        loadText("m.yaml", mutated);
      } catch (error) {
        assert.ok(error instanceof FileError, String((error as Error).stack));
        const lines = mutated.split("\n").length;
        for (const { line, column, message } of error.problems) {
          assert.ok(line >= 1 && line <= lines && column >= 1 && message.length > 0, JSON.stringify(error.problems));
        }
      }
    }),
    { numRuns: 600 },
  );
});
