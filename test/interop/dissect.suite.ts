import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../host-sim/core/root.js";
import { run as execute, must } from "./lib/process.js";
import { captureProvoked } from "./lib/provoked.js";
import type { Bench, Suite } from "./lib/suite.js";
import { assertClean } from "./lib/tshark.js";

/** Captures of the simulator's scenarios, in which every message type occurs, read by a dissector that we did not write. */
export const suite: Suite = {
  summary: "tshark finds no malformed packet, no bad checksum and no protocol warning in the scenarios' captures",
  needs: ["tshark", "scapy"],
  timeoutS: 240,
  run,
};

/** What has nothing that the others lack, but very many frames of it. */
const LEFT_OUT = new Set(["thousand", "handover"]);

/** What has to occur in some capture, as tshark's display filters. */
const MESSAGES: Record<string, string> = {
  "Destination Unreachable": "icmpv6.type == 1",
  "Packet Too Big": "icmpv6.type == 2",
  "Time Exceeded": "icmpv6.type == 3",
  "Parameter Problem": "icmpv6.type == 4",
  "Echo Request": "icmpv6.type == 128",
  "Echo Reply": "icmpv6.type == 129",
  "Router Solicitation": "icmpv6.type == 133",
  "Router Advertisement": "icmpv6.type == 134",
  "Neighbor Solicitation": "icmpv6.type == 135",
  "Neighbor Advertisement": "icmpv6.type == 136",
  "MLDv2 report": "icmpv6.type == 143",
  "home agent address discovery request": "icmpv6.type == 144",
  "home agent address discovery reply": "icmpv6.type == 145",
  "Mobile Prefix Solicitation": "icmpv6.type == 146",
  "Mobile Prefix Advertisement": "icmpv6.type == 147",
  "prefix option": "icmpv6.opt.type == 3",
  "MTU option": "icmpv6.opt.type == 5",
  "advertisement interval option": "icmpv6.opt.type == 7",
  "home agent information option": "icmpv6.opt.type == 8",
  "RDNSS option": "icmpv6.opt.type == 25",
  "Binding Refresh Request": "mip6.mhtype == 0",
  "Binding Update": "mip6.mhtype == 5",
  "Binding Acknowledgement": "mip6.mhtype == 6",
  "Binding Error": "mip6.mhtype == 7",
  "Home Address option": "ipv6.opt.type == 0xc9",
  "type 2 routing header": "ipv6.routing.type == 2",
  "IPv6 in IPv6": "ipv6.nxt == 41",
  fragment: "ipv6.fraghdr",
  "UDP over IPv6": "ipv6 && udp",
  "IPv4 of the application": "ip",
};

const MESSAGES_FILE = join(ROOT, "test/interop/messages.yaml");

/** The scenario's file, or a copy whose links do not corrupt: frames that are wrong on purpose are no flaw of ours. */
function withoutCorruption(bench: Bench, name: string): string {
  const text = readFileSync(join(ROOT, `host-sim/scenarios/${name}.yaml`), "utf8");
  if (!text.includes("corrupt:")) return name;
  const file = bench.file(`${name}.yaml`);
  writeFileSync(file, text.replaceAll(/,\s*corrupt: *[\d.]+/g, ""));
  return file;
}

async function run(bench: Bench): Promise<void> {
  const sixfold = [process.execPath, join(ROOT, "scripts/sixfold.mjs")];
  const list = (await must([...sixfold, "sim", "--list"])).split("\n").map((line) => line.split(/\s/)[0]);
  const captures: string[] = [];
  const clean = async (file: string): Promise<string> => {
    captures.push(file);
    return `${await assertClean(file)} frames`;
  };
  for (const name of [...list.filter((name) => name && !LEFT_OUT.has(name)), "messages"]) {
    await bench.check(`${name}: no flaw`, async () => {
      const file = bench.file(`${name}.pcapng`);
      const scenario = name === "messages" ? MESSAGES_FILE : withoutCorruption(bench, name);
      const argv = [...sixfold, "sim", scenario, "--json", "--pcap", file];
      const { status, stderr } = await execute(argv, { timeoutMs: 60_000 });
      assert.ok(status === 0 || status === 1, `exit ${status}: ${stderr.slice(-300)}`);
      return clean(file);
    });
  }
  await bench.check("provoked errors: no flaw", async () => {
    const file = bench.file("provoked.pcapng");
    captureProvoked(file);
    return clean(file);
  });
  await bench.check("every message type occurs", async () => {
    let absent = Object.entries(MESSAGES);
    for (const file of captures) absent = await lacking(file, absent);
    assert.deepEqual(
      absent.map(([name]) => name),
      [],
    );
    return `${Object.keys(MESSAGES).length} types in ${captures.length} captures`;
  });
}

/** Those of the filters that select nothing in a capture; one pass of tshark for all of them. */
async function lacking(file: string, filters: [string, string][]): Promise<[string, string][]> {
  if (filters.length === 0) return [];
  const statistic = `io,stat,0,${filters.map(([, filter]) => filter).join(",")}`;
  const text = await must(["tshark", "-n", "-q", "-r", file, "-z", statistic], { timeoutMs: 60_000 });
  // One row, two columns a filter: | 0.0 <> 1.2 |  frames | bytes |  frames | bytes |
  const numbers = (/<>[^|]*\|(.*)/.exec(text)?.[1] ?? "")
    .split("|")
    .map((cell) => cell.trim())
    .filter((cell) => cell !== "");
  const rows = numbers.filter((_, i) => i % 2 === 0).map(Number);
  if (rows.length !== filters.length) throw new Error(`tshark counted ${rows.length} of ${filters.length} filters`);
  return filters.filter((_, i) => rows[i] === 0);
}
