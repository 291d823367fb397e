import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { radvdConf } from "../../interop/lib/radvd.js";
import { missing } from "../../interop/lib/tools.js";

const interop = (...args: string[]) =>
  spawnSync(process.execPath, ["--import", "tsx", "test/interop/run.ts", ...args], { encoding: "utf8" });

test("the suites that the project promises are there, each with a line about it", () => {
  const { status, stdout } = interop("--list");
  assert.equal(status, 0);
  const names = stdout.split("\n").map((line) => line.split(/\s+/)[0]);
  for (const name of ["live-roam", "linux-tunnel", "linux-hosts", "scapy-mip6", "scapy-status", "dissect", "shells"]) {
    assert.ok(names.includes(name), `${name} is not in ${names}`);
  }
});

test("a suite that does not exist is wrong use: exit 2, and the names that do exist", () => {
  const { status, stderr } = interop("nonsense");
  assert.equal(status, 2);
  assert.match(stderr, /no suite nonsense; there are: .*linux-hosts/);
});

test("an option that does not exist is wrong use as well", () => {
  assert.equal(interop("--nonsense").status, 2);
});

test("a tool that is missing is told with its Debian package", () => {
  const path = process.env.PATH;
  process.env.PATH = "/nonexistent";
  try {
    const sentences = missing(["curl", "curl"]);
    assert.deepEqual(sentences, ["curl is missing: install the Debian package curl (scripts/setup-debian does)"]);
  } finally {
    process.env.PATH = path;
  }
});

test("radvd's intervals below 3 s come with the option that makes radvd accept them", () => {
  const text = radvdConf([
    {
      device: "eth0",
      prefixes: [{ prefix: "2001:db8:1::1/64", routerAddress: true }],
      maxInterval: 1.5,
      homeAgent: { preference: 7, lifetime: 300 },
    },
  ]);
  for (const line of [
    "interface eth0 {",
    "  MaxRtrAdvInterval 1.5;",
    "  AdvIntervalOpt on;",
    "  AdvHomeAgentFlag on;",
    "  HomeAgentPreference 7;",
    "  prefix 2001:db8:1::1/64 {",
    "    AdvRouterAddr on;",
  ]) {
    assert.ok(text.split("\n").includes(line), `${line} is not in\n${text}`);
  }
});
