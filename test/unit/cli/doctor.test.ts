import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { boardNames, loadBoard } from "../../../host-sim/boards/board.js";
import { SIXFOLD } from "./capture.js";

const folder = mkdtempSync(join(tmpdir(), "sixfold-doctor-test-"));
after(() => rmSync(folder, { recursive: true }));

/** A folder for PATH with Node and these shell scripts: a machine that has nothing else. */
function machine(name: string, scripts: Record<string, string> = {}): string {
  const path = mkdtempSync(join(folder, `${name}-`));
  for (const [program, text] of Object.entries(scripts)) {
    writeFileSync(join(path, program), `#!/bin/sh\n${text}\n`);
    chmodSync(join(path, program), 0o755);
  }
  symlinkSync(spawnSync("/bin/sh", ["-c", "command -v tr"], { encoding: "utf8" }).stdout.trim(), join(path, "tr"));
  return path;
}

function doctor(path: string | undefined, ...args: string[]) {
  const env = { ...process.env, ...(path === undefined ? {} : { PATH: path }) };
  const run = spawnSync(process.execPath, [SIXFOLD, "doctor", ...args], { encoding: "utf8", env });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

function fixes(stdout: string): string[] {
  return JSON.parse(stdout).findings.flatMap(({ missing }: { missing: { fix: string }[] }) =>
    missing.map(({ fix }) => fix),
  );
}

test("what is there is told as JSON and exit code 0", () => {
  const { status, stdout, stderr } = doctor(undefined, "simulate", "--json");
  assert.deepEqual([status, stderr], [0, ""]);
  const findings = [{ purpose: "simulate", title: "sixfold sim, inspect, check", ok: true, missing: [] }];
  assert.deepEqual(JSON.parse(stdout), { ok: true, findings });
});

test("a board's compiler and the translator that are not there are named, with the packages of its board.json", () => {
  const path = machine("bare");
  for (const board of boardNames().map(loadBoard)) {
    const { status, stdout } = doctor(path, `build-${board.name}`, "--json");
    assert.equal(status, 1);
    const [translator, compiler, ...rest] = fixes(stdout);
    assert.match(translator, /apt-get install .*\bwabt$/);
    assert.ok(compiler.endsWith(`apt-get install --no-install-recommends ${board.packages.join(" ")}`), compiler);
    assert.deepEqual(rest, []);
  }
});

test("a compiler without its C library is not taken for one that works", () => {
  const path = machine("hollow", { gcc: 'case "$*" in *--version*) exit 0 ;; esac; exit 1', wasm2c: "exit 0" });
  const { status, stdout } = doctor(path, "build-native");
  assert.equal(status, 1);
  assert.match(
    stdout,
    /✗ build-native .*\n {4}missing: gcc with its C library\n {6}.*apt-get install .*gcc libc6-dev\n$/,
  );
});

test("an emulator's program and the tests' packages are looked for", () => {
  const states = 'case "$*" in *tayga*) exit 1 ;; esac; printf installed';
  const path = machine("almost", { "dpkg-query": states });
  const emulate = doctor(path, "emulate-qemu-riscv", "--json");
  assert.deepEqual([emulate.status, fixes(emulate.stdout).length], [1, 1]);
  assert.match(fixes(emulate.stdout)[0], /qemu-system-misc$/);
  const interop = doctor(path, "interop", "--json");
  assert.match(fixes(interop.stdout)[0], /apt-get install --no-install-recommends tayga$/);
  assert.equal(doctor(path, "fuzz", "--json").status, 0);
});

test("a word that is none is exit code 2 and what there is", () => {
  const { status, stdout, stderr } = doctor(undefined, "simulate", "toaster");
  assert.deepEqual([status, stdout], [2, ""]);
  assert.match(
    stderr,
    /nothing is called "toaster"; there are: simulate, live, build, .*build-native, native, .*interop/,
  );
});

test("scripts/setup-debian installs every package that a board names", () => {
  const text = readFileSync("scripts/setup-debian", "utf8");
  const boards = /^BOARDS="([^"]*)"$/m.exec(text)![1].split(" ");
  const named = boardNames().flatMap((name) => loadBoard(name).packages);
  assert.deepEqual(
    named.filter((name) => !boards.includes(name)),
    [],
  );
});
