import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../host-sim/core/root.js";
import { run as execute, must } from "./lib/process.js";
import type { Bench, Suite } from "./lib/suite.js";
import { assertClean, count } from "./lib/tshark.js";

/** Captures of the simulator's scenarios, in which every message type occurs, read by a dissector that we did not write. */
export const suite: Suite = {
  summary: "tshark finds no malformed packet, no bad checksum and no protocol warning in the scenarios' captures",
  needs: ["tshark", "scapy"],
  timeoutS: 240,
  run,
};

/** `thousand` has nothing that the others lack and hundreds of megabytes of it; corrupted frames are wrong on purpose. */
const LEFT_OUT = new Set(["thousand"]);

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

async function run(bench: Bench): Promise<void> {
  const sixfold = [process.execPath, join(ROOT, "scripts/sixfold.mjs")];
  const list = (await must([...sixfold, "sim", "--list"])).split("\n").map((line) => line.split(/\s/)[0]);
  const scenarios = list.filter((name) => name && !LEFT_OUT.has(name));
  const captures: string[] = [];
  for (const name of scenarios) {
    await bench.check(`${name}: no flaw`, async () => {
      const file = bench.file(`${name}.pcapng`);
      const { status, stderr } = await execute([...sixfold, "sim", name, "--json", "--pcap", file], {
        timeoutMs: 60_000,
      });
      assert.ok(status === 0 || status === 1, `exit ${status}: ${stderr.slice(-300)}`);
      assert.ok(existsSync(file), "no capture was written");
      captures.push(file);
      return `${await assertClean(file)} frames`;
    });
  }
  await bench.check("every message type occurs", async () => {
    const absent: string[] = [];
    for (const [name, filter] of Object.entries(MESSAGES)) {
      let found = false;
      for (const file of captures) {
        found = (await count(file, filter)) > 0;
        if (found) break;
      }
      if (!found) absent.push(name);
    }
    assert.deepEqual(absent, []);
    return `${Object.keys(MESSAGES).length} types in ${captures.length} captures`;
  });
}
