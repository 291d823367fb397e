import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../host-sim/core/root.js";
import { ipsecOf, type Peer, peer } from "./lib/peers.js";
import { run as execute } from "./lib/process.js";
import type { Bench, Suite } from "./lib/suite.js";
import { assertClean, fields } from "./lib/tshark.js";
import type { Algorithms } from "./lib/xfrm.js";

/** What the simulator sends under IPsec, opened by a dissector that we did not write, with the keys that `--esp-sa` writes for it. */
export const suite: Suite = {
  summary: "tshark opens the simulator's ESP with the file of --esp-sa, and finds every ICV good",
  needs: ["tshark", "scapy"],
  timeoutS: 240,
  run,
};

const DECRYPT = ["-o", "esp.enable_encryption_decode:TRUE", "-o", "esp.enable_authentication_check:TRUE"];

/** Everything of ESP that tshark 4.0 and the core both know. */
const KNOWN: Algorithms[] = [
  ...[20, 28, 36].map((keyLength) => ({ encryption: "aes-gcm-16" as const, keyLength })),
  ...[16, 24, 32].flatMap((keyLength) =>
    (["hmac-sha1-96", "hmac-sha2-256-128"] as const).map((integrity) => ({
      encryption: "aes-cbc" as const,
      keyLength,
      integrity,
    })),
  ),
  ...(["hmac-sha1-96", "hmac-sha2-256-128"] as const).map((integrity) => ({
    encryption: "null" as const,
    keyLength: 0,
    integrity,
  })),
].map((one) => ({ name: nameOf(one), protocol: "esp", ...one }));

const CHACHA: Algorithms = {
  name: "chacha20-poly1305",
  protocol: "esp",
  encryption: "chacha20-poly1305",
  keyLength: 36,
};

function nameOf({
  encryption,
  keyLength,
  integrity,
}: {
  encryption: string;
  keyLength: number;
  integrity?: string;
}): string {
  return [encryption, ...(keyLength > 0 ? [`${keyLength} bytes of key`] : []), ...(integrity ? [integrity] : [])].join(
    ", ",
  );
}

async function run(bench: Bench): Promise<void> {
  // Where tshark looks for the file esp_sa.
  process.env.WIRESHARK_CONFIG_DIR = bench.file("wireshark");
  mkdirSync(process.env.WIRESHARK_CONFIG_DIR);
  await everyAlgorithm(bench);
  await bench.check("AES-CBC inside of AES-GCM: both layers opened, every ICV good", () => twice(bench));
  for (const name of protectedScenarios()) {
    await bench.check(`${name}: opened, every ICV good, no flaw`, async () => {
      const { capture, keys } = await simulate(bench, name, name);
      return opened(capture, await layers(capture), readFileSync(keys, "utf8"));
    });
  }
}

/** Has nothing that the others lack, but very many frames of it. */
const LEFT_OUT = "rekey-under-load";

/** Scenarios of the program that have IPsec. */
function protectedScenarios(): string[] {
  const folder = join(ROOT, "host-sim/scenarios");
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .filter((file) => /^ {4}ipsec:/m.test(readFileSync(join(folder, file), "utf8")))
    .map((file) => file.slice(0, -".yaml".length))
    .filter((name) => name !== LEFT_OUT);
}

/** Runs the simulator; tshark finds the keys from now on. */
async function simulate(
  bench: Bench,
  label: string,
  scenario: string,
): Promise<{ capture: string; said: string; keys: string }> {
  const capture = bench.file(`${label}.pcapng`);
  const keys = bench.file(`${label}.esp_sa`);
  const argv = [
    process.execPath,
    join(ROOT, "scripts/sixfold.mjs"),
    "sim",
    scenario,
    "--json",
    "--pcap",
    capture,
    "--esp-sa",
    keys,
  ];
  const { status, stderr } = await execute(argv, { timeoutMs: 90_000 });
  assert.ok(status === 0, `exit ${status}: ${stderr.slice(-300)}`);
  assert.equal(statSync(keys).mode & 0o077, 0, "others may read the keys");
  copyFileSync(keys, join(process.env.WIRESHARK_CONFIG_DIR!, "esp_sa"));
  return { capture, said: stderr, keys };
}

/** A layer of ESP in a frame. */
interface Layer {
  frame: number;
  spi: string;
  good: boolean;
  bad: boolean;
  inside: string;
  padding: string;
  protocols: string;
}

async function layers(capture: string): Promise<Layer[]> {
  const names = [
    "frame.number",
    "esp.spi",
    "esp.icv_good",
    "esp.icv_bad",
    "esp.protocol",
    "esp.pad",
    "esp.pad_len",
    "frame.protocols",
  ];
  const rows = await fields(capture, names, "esp && !(icmpv6.type < 128)", DECRYPT);
  return rows.flatMap(([[frame], spis, good, bad, inside, pads, lengths, [protocols]]) => {
    let pad = 0;
    return spis.map((spi, i) => ({
      frame: Number(frame),
      spi,
      good: good[i] === "1",
      bad: bad[i] === "1",
      inside: inside[i] ?? "",
      padding: lengths[i] === undefined || lengths[i] === "0" ? "" : (pads[pad++] ?? ""),
      protocols,
    }));
  });
}

const PADDING = Buffer.from(Array.from({ length: 255 }, (_, i) => i + 1)).toString("hex");

/** Every layer that the file has a key for was opened with a good ICV, its padding is 1, 2, 3, ..., and what was inside is flawless. */
async function opened(capture: string, found: readonly Layer[], keys: string): Promise<string> {
  const known = found.filter(({ spi }) => keys.includes(`"${spi}"`));
  assert.ok(known.length > 0, "no ESP that tshark knows");
  const wrong = known.filter((one) => !isOpened(one));
  assert.deepEqual(wrong.slice(0, 4), [], `${wrong.length} of ${known.length} layers`);
  await assertClean(capture, [], DECRYPT);
  const inner = new Set(known.map(({ protocols }) => protocols.slice(protocols.lastIndexOf("esp:") + 4)));
  const closed = known.length < found.length ? `; ${found.length - known.length} of ChaCha20-Poly1305 closed` : "";
  return `${known.length} layers, inside: ${[...inner].sort().join(", ")}${closed}`;
}

function isOpened({ good, bad, inside, padding }: Layer): boolean {
  return good && !bad && inside !== "" && PADDING.startsWith(padding.replaceAll(":", ""));
}

/** What ESP holds: ICMPv6, a packet. */
const NEXT = { transport: 58, tunnel: 41 };

/** Pairs of hosts on one link, a pair for each algorithm and mode. */
async function everyAlgorithm(bench: Bench): Promise<void> {
  const pairs = [...KNOWN, CHACHA].flatMap((algorithms) =>
    (["transport", "tunnel"] as const).map((mode) => ({ algorithms, mode })),
  );
  const peers = pairs.map(({ algorithms, mode }, i) =>
    peer(
      `pair ${i}`,
      `2001:db8:1::a:${(i + 1).toString(16)}`,
      `2001:db8:1::b:${(i + 1).toString(16)}`,
      0x1000 + 2 * i,
      { algorithms, mode },
    ),
  );
  const file = bench.file("pairs.yaml");
  writeFileSync(
    file,
    JSON.stringify(
      scenarioOf(
        bench,
        peers.map((one) => [one]),
      ),
      null,
      2,
    ),
  );
  let found: Layer[] = [];
  const ran = await bench.check(
    "a scenario of every algorithm runs; ChaCha20-Poly1305 is not in the file, tshark 4.0 does not know it",
    async () => {
      const { capture, said, keys } = await simulate(bench, "pairs", file);
      found = await layers(capture);
      assert.equal(readFileSync(keys, "utf8").trim().split("\n").length, 2 * 2 * KNOWN.length);
      // Two modes, two directions, known to both ends.
      assert.match(said, /^8 associations have no line/m);
      await assertClean(capture, [], DECRYPT);
    },
  );
  if (!ran) return;
  for (const [i, { algorithms, mode }] of pairs.entries()) {
    const spis = [peers[i].in.spi, peers[i].out.spi].map((spi) => `0x${spi.toString(16).padStart(8, "0")}`);
    const its = found.filter(({ spi }) => spis.includes(spi));
    if (algorithms === CHACHA) {
      await bench.check(`${algorithms.name}, ${mode}: tshark leaves it closed`, async () => {
        assert.ok(its.length >= 20 && its.every(({ good, bad, inside }) => !good && !bad && inside === ""));
      });
      continue;
    }
    await bench.check(`${algorithms.name}, ${mode}: opened, every ICV good`, async () => {
      assert.ok(its.length >= 20, `${its.length} packets`);
      const wrong = its.filter((one) => !isOpened(one) || Number(one.inside) !== NEXT[mode]);
      assert.deepEqual(wrong.slice(0, 3), []);
      assert.ok(its.every(({ protocols }) => protocols.includes("icmpv6")));
      return `${its.length} packets`;
    });
  }
}

/** A first process in transport mode, a second one that puts what came out of it into a tunnel. */
async function twice(bench: Bench): Promise<string> {
  const ends = ["2001:db8:1::a", "2001:db8:1::b"] as const;
  const [gcm, , , cbc] = KNOWN;
  const first = peer("first", ...ends, 0x2000, { algorithms: cbc });
  const second = peer("second", ...ends, 0x2002, { algorithms: gcm, mode: "tunnel", select: { process: 1 } });
  const file = bench.file("twice.yaml");
  writeFileSync(file, JSON.stringify(scenarioOf(bench, [[first, second]]), null, 2));
  const { capture, keys } = await simulate(bench, "twice", file);
  const found = await layers(capture);
  assert.ok(found.every(({ protocols }) => protocols.endsWith("ipv6:esp:ipv6:esp:icmpv6:data")));
  assert.equal(new Set(found.map(({ spi }) => spi)).size, 4);
  return opened(capture, found, readFileSync(keys, "utf8"));
}

/** `pairs`: what stands between two hosts of its own, at one address each. */
function scenarioOf(bench: Bench, pairs: readonly Peer[][]): object {
  const nodes = pairs.flatMap((pair, i) =>
    [pair, pair.map(mirrored)].map((sides, k) => [
      `${"ab"[k]}${i}`,
      {
        image: "host",
        ports: { eth: { link: "lan", address: `${sides[0].local}/64`, "duplicate-detection": false } },
        ipsec: ipsecOf(sides, bench.file(`keys-${i}-${k}.yaml`), { fallback: "discard" }),
      },
    ]),
  );
  return {
    duration: "3s",
    links: { lan: { delay: "1ms" } },
    nodes: Object.fromEntries(nodes),
    traffic: pairs.map((_, i) => ({
      name: `ping-${i}`,
      kind: "ping",
      from: `a${i}`,
      to: `b${i}`,
      every: "100ms",
      size: 40 + 7 * i,
      start: "1200ms",
      stop: "2500ms",
    })),
    expect: pairs.map((_, i) => ({
      name: `pair ${i} loses nothing`,
      metric: `traffic.ping-${i}.lost`,
      op: "==",
      limit: 0,
    })),
  };
}

/** The other end of the same associations. */
function mirrored(one: Peer): Peer {
  return { ...one, local: one.remote, remote: one.local, in: one.out, out: one.in };
}
