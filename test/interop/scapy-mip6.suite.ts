import { Capture } from "./lib/capture.js";
import { NET } from "./lib/internet.js";
import type { Live } from "./lib/live.js";
import type { Namespace } from "./lib/netns.js";
import { homeAgentNode, terminalNode } from "./lib/nodes.js";
import { Scapy } from "./lib/scapy.js";
import { startNode } from "./lib/start-node.js";
import type { Bench, Suite } from "./lib/suite.js";
import { assertClean, QUOTED } from "./lib/tshark.js";

/**
 *     scapy [s0] ---- [eth0] our node        scapy plays everybody else on the link and behind it
 *
 * The scripts follow RFC 6275 and were written without a look at the roles that they test.
 */
export const suite: Suite = {
  summary: "scapy as mobile node against our home agent, and as home agent against our mobile node",
  needs: ["scapy", "tshark", "tcpdump", "ping"],
  timeoutS: 600,
  run,
};

/** Home addresses that the home agent serves: one a check, so that checks do not lean on each other. */
const LISTED = Array.from({ length: 48 }, (_, i) => `2001:db8:1::1:${(i + 1).toString(16)}`);

async function run(bench: Bench): Promise<void> {
  await againstOurHomeAgent(bench);
  await againstOurMobileNode(bench, false);
  await againstOurMobileNode(bench, true);
}

async function link(bench: Bench, label: string): Promise<{ scapy: Namespace; ours: Namespace }> {
  const scapy = await bench.lab.namespace(`scapy-${label}`);
  const ours = await bench.lab.namespace(label);
  await bench.lab.wire(scapy, "s0", ours, "eth0");
  // scapy alone speaks here.
  await scapy.sysctl({ "net.ipv6.conf.s0.disable_ipv6": 1 });
  return { scapy, ours };
}

async function againstOurHomeAgent(bench: Bench): Promise<void> {
  const { scapy, ours } = await link(bench, "agent");
  const capture = await Capture.start(scapy, "s0", bench.file("agent.pcap"), "not ether src 02:00:00:00:05:01");
  const nodeConfig = homeAgentNode("eth0", { homes: LISTED, lifetime: "240s" });
  let node = await startNode(bench, ours, "agent", nodeConfig);
  const config = {
    ha: NET.agent,
    router: NET.home.router,
    correspondent: `${NET.home.prefix}c`,
    prefix: NET.home.prefix,
    listed: LISTED,
    unlisted: "2001:db8:1::2:1",
    foreign: "2001:db8:77::1",
    dad: true,
    maxLifetime: 60,
  };
  const script = Scapy.start(scapy, "mip6_mobile_node.py", ["s0", JSON.stringify(config)]);
  script.on("refresh", (home) => node.ctl(["set", "refresh", home]));
  script.on("restart", async () => {
    await node.stop();
    node = await startNode(bench, ours, "agent", nodeConfig, node);
  });
  await script.relay(bench, "home agent", 60_000);
  await script.stop();
  await capture.stop();
  await bench.check("home agent: tshark finds no flaw in what it sent", async () => {
    return `${await assertClean(capture.file, [QUOTED])} frames`;
  });
  await node.stop();
}

async function againstOurMobileNode(bench: Bench, discover: boolean): Promise<void> {
  const label = discover ? "dhaad" : "mobile";
  const { scapy, ours } = await link(bench, label);
  const capture = await Capture.start(scapy, "s0", bench.file(`${label}.pcap`), "not ether src 02:00:00:00:05:01");
  const nodeConfig = terminalNode("eth0", { discover });
  const config = {
    home: NET.mobile,
    ha: NET.agent,
    homePrefix: NET.home.prefix,
    application: ours.argv([]),
    discover,
  };
  let node: Live | null = null;
  const script = Scapy.start(scapy, "mip6_home_agent.py", ["s0", JSON.stringify(config)]);
  script.on("restart", async () => {
    await node?.stop();
    node = await startNode(bench, ours, label, nodeConfig);
  });
  await script.relay(bench, "mobile node", 60_000);
  await script.stop();
  await capture.stop();
  await bench.check(`mobile node${discover ? ", discovery" : ""}: tshark finds no flaw in what it sent`, async () => {
    return `${await assertClean(capture.file, [QUOTED])} frames`;
  });
  await (node as Live | null)?.stop();
}
