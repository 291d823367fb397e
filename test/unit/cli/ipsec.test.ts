/** IPsec as the commands show it: keys stay where they are, captures open with them, applications hear what fits. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parse } from "yaml";
import { associationsOf } from "../../../host-sim/cli/keys.js";
import { scenarioFile } from "../../../host-sim/cli/scenarios.js";
import { simulate } from "../../../host-sim/cli/simulate.js";
import { ROOT } from "../../../host-sim/core/root.js";
import type { WatchedFrame, Watcher } from "../../../host-sim/sim/watch.js";
import { dissect } from "../../../host-sim/trace/dissect.js";
import { decodeEvent } from "../../../host-sim/trace/events.js";
import { Keyring } from "../../../host-sim/trace/ipsec/keyring.js";
import { readPcapngFile } from "../../../host-sim/trace/pcapng-file.js";
import { Recorder } from "../../../host-sim/trace/recorder.js";
import { goldenFile } from "../golden/captures.js";
import { tshark } from "../trace/tshark.js";
import { SIXFOLD, scenario } from "./capture.js";

const folder = mkdtempSync(join(tmpdir(), "sixfold-ipsec-"));
after(() => rmSync(folder, { recursive: true }));

function sixfold(...args: string[]) {
  return spawnSync("node", [SIXFOLD, ...args], { encoding: "utf8", cwd: folder, maxBuffer: 1 << 28 });
}

const KEYS = join(ROOT, "host-sim", "scenarios", "keys", "test.yaml");
const secrets = Object.values(parse(readFileSync(KEYS, "utf8")) as Record<string, string>);

/** Neither as digits nor as bytes. */
function holdsNoKey(what: string, bytes: Uint8Array): void {
  const text = Buffer.from(bytes);
  for (const secret of secrets) {
    assert.equal(text.indexOf(secret.slice(0, 16)), -1, what);
    assert.equal(text.indexOf(Buffer.from(secret, "hex").subarray(0, 8)), -1, what);
  }
}

test("a run shows no key but in the file that was asked for, which is its owner's alone", () => {
  const args = ["sim", "ipsec-twice", "--out", "out", "--esp-sa", "esp_sa", "--json"];
  const { status, stdout, stderr } = sixfold(...args);
  assert.equal(status, 0, stderr);
  holdsNoKey("report", Buffer.from(stdout));
  for (const ending of ["pcapng", "svg", "json"]) {
    holdsNoKey(ending, readFileSync(join(folder, "out", `ipsec-twice.${ending}`)));
  }
  const file = join(folder, "esp_sa");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(readFileSync(file, "utf8").trim().split("\n").length, 2);
  // Four AHs and four of ChaCha20-Poly1305: both ends have each.
  assert.match(stderr, /^8 associations have no line in esp_sa: Wireshark has none for ChaCha20-Poly1305 and AH\n$/);
  const { layers } = JSON.parse(stdout);
  const up = layers.find(({ node, ipsec }: { node: string; ipsec: number }) => node === "terminal" && ipsec === 2);
  assert.equal(up.headers, "IP6 ESP IP6 AH IP6");
  // Two IPv6 headers, AH of 24 bytes, ESP of 16, its trailer of 2 and 2 of padding, ICV of 16: 40 + 16 + 40 + 24 + 20.
  assert.deepEqual(up.added, { least: 140, mean: 140, most: 140 });
});

test("check, and errors of a run, show no key", () => {
  const text = readFileSync(scenarioFile("t3-signalling")!, "utf8").replaceAll("keys/test.yaml", KEYS);
  const file = join(folder, "wrong.yaml");
  for (const [from, to] of [
    ["name: bu-mac", "name: bu-cipher"],
    ["hmac-sha2-256-128", "hmac-sha1-96"],
  ]) {
    writeFileSync(file, text.replace(from, to));
    const { status, stdout, stderr } = sixfold("check", file);
    assert.equal(status, 2);
    assert.match(stderr, /integrity-key: expected (20|32) bytes/);
    holdsNoKey("check", Buffer.from(stdout + stderr));
  }
});

test("inspect opens a capture with the keys of its scenario, and says so of a file that has none", () => {
  const golden = goldenFile("t3-tunnel-two-headers");
  const { status, stdout } = sixfold("inspect", golden, "--summary", "--keys", scenarioFile("t3-tunnel-two-headers")!);
  assert.equal(status, 0);
  assert.match(stdout, /RH type 2 home address 2000:0:0:7::1000 \| ESP SPI 0x00001002 seq 1 \| MH BA status 0/);
  const home = "IP6 2000:0:0:7::1000 > 2000:0:0:8::1001";
  assert.match(stdout, new RegExp(`> 2000:0:0:7::1 \\| ESP SPI 0x00002001 seq 1 \\| IP6 .* \\| ${home} \\| UDP`));
  assert.doesNotMatch(stdout, /ICV BAD|MALFORMED|BAD CHECKSUM/);
  holdsNoKey("inspect", Buffer.from(stdout));
  const none = sixfold("inspect", golden, "--keys", "nowhere.yaml");
  assert.equal(none.status, 2);
  assert.match(none.stderr, /nowhere\.yaml:1:1: no such file/);
});

for (const name of ["t3-tunnel-two-headers", "t3-route-optimization", "ipsec-twice"]) {
  test(`every protected packet of the golden capture opens and its ICVs are right: ${name}`, () => {
    const keyring = new Keyring(associationsOf({ kind: "scenario", scenario: scenario(name) }));
    const { interfaces, packets } = readPcapngFile(goldenFile(name));
    let opened = 0;
    for (const { iface, data } of packets) {
      const { layers, summary } = dissect(data, interfaces[iface].linktype, keyring);
      if (!layers.some(({ name }) => name === "ESP" || name === "AH")) continue;
      assert.doesNotMatch(summary, /ICV BAD|MALFORMED|BAD CHECKSUM/);
      opened++;
    }
    assert.ok(opened >= 4, `${opened} packets`);
  });
}

/** Steps of the messages that a ladder of the scenario shows, seen with its keys. */
function ladderSteps(name: string): Set<number | undefined> {
  const config = scenario(name);
  for (const flow of config.traffic!) flow.every = "200ms";
  const keyring = new Keyring(associationsOf({ kind: "scenario", scenario: config }));
  const nodes = Object.keys(config.nodes).flatMap((node) => [node, `${node} app`]);
  const recorder = new Recorder(nodes, undefined, keyring);
  const watcher: Watcher = {
    frame: (frame) => recorder.frame(frame),
    event: (node, timeUs, record, offset) => recorder.event(node, timeUs, decodeEvent(record, offset)),
  };
  simulate(config, { name: "test", seed: 1, watchers: [watcher] });
  return new Set(recorder.ladder().messages.map(({ step }) => step));
}

const LADDERS: [string, number[], number[]][] = [
  ["t3-tunnel-two-headers", [501, 502, 508, 551, 556, 517], [509, 516, 557, 558]],
  ["t3-tunnel-merged", [501, 502, 508, 557, 558, 517], [509, 516, 551, 556]],
  ["t3-route-optimization", [501, 502, 509, 516, 531, 532, 538, 545], [551, 557]],
];
for (const [name, shown, others] of LADDERS) {
  test(`a ladder has the figure's steps, although they are under IPsec: ${name}`, () => {
    const steps = ladderSteps(name);
    for (const step of shown) assert.ok(steps.has(step), `${step} is not in ${[...steps].join(" ")}`);
    for (const step of others) assert.ok(!steps.has(step), `${step}`);
  });
}

test("tshark opens our capture with the table that the run wrote", { skip: tshark.missing }, () => {
  const capture = join(folder, "merged.pcapng");
  const table = join(folder, "merged.esp_sa");
  assert.equal(sixfold("sim", "t3-tunnel-merged", "--pcap", capture, "--esp-sa", table).status, 0);
  const rows = readFileSync(table, "utf8").trim().split("\n");
  const options = ["esp.enable_encryption_decode:TRUE", "esp.enable_authentication_check:TRUE"];
  const args = [...options, ...rows.map((row) => `uat:esp_sa:${row}`)].flatMap((option) => ["-o", option]);
  const fields = ["-T", "fields", "-e", "esp.icv_good", "-e", "udp.length", "-e", "mip6.mhtype", "-e", "icmpv6.type"];
  const lines = tshark
    .run(["-r", capture, ...args, "-Y", "esp", ...fields])
    .split("\n")
    .filter((line) => line !== "");
  assert.ok(lines.length > 1000, `${lines.length} packets under ESP`);
  // Each is checked, and shows what it carries.
  for (const line of lines) assert.match(line, /^1\t(\d+\t\t|\t[56]\t|\t\t\d+)$/);
});

test("an application whose packet is too long for its tunnel under IPsec hears how long it may be", () => {
  const config = scenario("t3-tunnel-merged");
  const flow = config.traffic!.find(({ name }) => name === "large")!;
  flow.size = 1400;
  const told: string[] = [];
  const frame = ({ link, from, bytes, linktype }: WatchedFrame) => {
    if (link !== "terminal app" || from !== "terminal") return;
    const { summary } = dissect(bytes, linktype);
    if (summary.includes("fragmentation needed")) told.push(summary);
  };
  simulate(config, { name: "test", seed: 1, watchers: [{ frame }] });
  // 1500 less the tunnel's header, ESP with its IV, 2 to 5 bytes of trailer and the ICV; the IPv4 header is 20 bytes shorter.
  assert.ok(told.length >= 10, `${told.length} errors`);
  for (const summary of told) assert.match(summary, /MTU 1406 /);
});

test("no file of a scenario but that of the test keys has a key in it", () => {
  for (const name of ["t3-signalling", "rekey-under-load", "ipsec-twice"]) {
    const file = scenarioFile(name)!;
    assert.ok(existsSync(file));
    holdsNoKey(name, readFileSync(file));
  }
});
