import { hostNode } from "./lib/nodes.js";
import { Scapy } from "./lib/scapy.js";
import { startNode } from "./lib/start-node.js";
import type { Bench, Suite } from "./lib/suite.js";

/**
 *     scapy [s0] ---- [eth0] our host
 */
export const suite: Suite = {
  summary: "packets that stacks of this kind were attacked with; the node answers by the RFCs and stays alive",
  needs: ["scapy"],
  timeoutS: 120,
  run,
};

async function run(bench: Bench): Promise<void> {
  const scapy = await bench.lab.namespace("scapy");
  const ours = await bench.lab.namespace("host");
  await bench.lab.wire(scapy, "s0", ours, "eth0");
  await scapy.sysctl({ "net.ipv6.conf.s0.disable_ipv6": 1 });
  const target = "2001:db8:1::1";
  await startNode(bench, ours, "host", hostNode("eth0", target));
  const script = Scapy.start(scapy, "threats.py", [
    "s0",
    JSON.stringify({ target, source: "2001:db8:1::2", autoconfigures: true }),
  ]);
  await script.relay(bench, "host", 60_000);
}
