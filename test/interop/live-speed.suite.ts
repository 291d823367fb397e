/**
 * How much goes through the live nodes: iperf3 over IPv4 between an application of the terminal and a server with IPv6 only,
 * translated, tunnelled and forwarded by our terminal and our home agent (lib/roaming.ts). Each is one process of its own.
 */
import assert from "node:assert/strict";
import { NET } from "./lib/internet.js";
import { Live } from "./lib/live.js";
import { plug, roamingWorld } from "./lib/roaming.js";
import type { Bench, Suite } from "./lib/suite.js";

const SERVER4 = "192.168.0.100";
/** Below this something is broken, however slow the machine. */
const LEAST_MBIT = 20;

async function run(bench: Bench): Promise<void> {
  const { agent, server, links, terminal } = await roamingWorld(bench);
  await Live.start(bench, agent, "home-agent", "docs/examples/home-agent.yaml");
  const node = await Live.start(bench, terminal, "terminal", "docs/examples/terminal.yaml");
  await plug(links, "brA");
  await node.event("APPLICATION", "", 10_000);
  for (const [what, options] of [
    ["TCP to the server", []],
    ["TCP from the server", ["-R"]],
    ["UDP to the server, 1200 bytes", ["-u", "-b", "0", "-l", "1200"]],
    ["UDP to the server, 64 bytes", ["-u", "-b", "0", "-l", "64"]],
  ] as const) {
    await bench.check(what, async () => {
      const listener = server.start(["iperf3", "-s", "-1", "--forceflush", "-B", NET.correspondent]);
      await listener.line(/Server listening/, 5000);
      const report = JSON.parse(
        await terminal.must(["iperf3", "-4", "-c", SERVER4, "-J", "-t", "3", ...options], { timeoutMs: 20_000 }),
      );
      const { bits_per_second: bits, packets, lost_packets: lost } = report.end.sum_received ?? report.end.sum;
      const rate = bits / 1e6;
      assert.ok(rate >= LEAST_MBIT || packets - lost > 10_000, `${rate} Mbit/s`);
      return packets
        ? `${Math.round(rate)} Mbit/s, ${Math.round((packets - lost) / 3)} packets/s arrive`
        : `${Math.round(rate)} Mbit/s`;
    });
  }
  await bench.check("nothing was dropped for want of a buffer", async () => {
    const status = (await node.status()) as unknown as { loop: { noBuffer: number } };
    assert.equal(status.loop.noBuffer, 0);
  });
}

export const suite: Suite = {
  summary: "throughput of the live terminal and home agent: iperf3 through translation and tunnel",
  needs: ["ip", "iperf3", "radvd"],
  timeoutS: 90,
  run,
};
