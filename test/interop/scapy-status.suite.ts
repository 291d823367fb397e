import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LiveNode } from "../../host-sim/core/scenario.js";
import { Capture } from "./lib/capture.js";
import { NET } from "./lib/internet.js";
import type { Live } from "./lib/live.js";
import type { Namespace } from "./lib/netns.js";
import { terminalNode } from "./lib/nodes.js";
import { type Background, until } from "./lib/process.js";
import { Scapy } from "./lib/scapy.js";
import { startNode } from "./lib/start-node.js";
import type { Bench, Suite } from "./lib/suite.js";
import { assertClean } from "./lib/tshark.js";

/**
 *     scapy [s1] ---- [eth1] home agent [eth0] ---- [s0] scapy     mobile nodes and correspondent far away; the home link
 *     scapy [s0] ---- [eth0] mobile node                          a home agent and a correspondent far away
 *
 * The scripts follow RFC 6275 §6.1.8, §10.3, §11.7.3.
 */
export const suite: Suite = {
  summary: "every status of a Binding Acknowledgement: provoked from our home agent, and given to our mobile node",
  needs: ["scapy", "tshark", "tcpdump", "ping"],
  timeoutS: 600,
  run,
};

/** Bindings and home addresses of a board's home agent (`base/config.ts`). */
const CAPACITY = 32;
const LISTED = Array.from({ length: 40 }, (_, i) => `2001:db8:1::1:${(i + 1).toString(16)}`);
const WAN = { agent: "2001:db8:7::1", router: "2001:db8:7::fe" };
const OF_SCAPY = "not ether src 02:00:00:00:05:01";

async function run(bench: Bench): Promise<void> {
  await ofOurHomeAgent(bench);
  await toOurMobileNode(bench, false);
  await toOurMobileNode(bench, true);
}

function agentNode(): LiveNode {
  return {
    image: "home-agent",
    ports: {
      home: {
        interface: "eth0",
        address: `${NET.agent}/64`,
        advertise: { interval: ["500ms", "1500ms"], lifetime: "0s", valid: "80s", preferred: "40s" },
      },
      wan: { interface: "eth1", address: `${WAN.agent}/64` },
    },
    routes: [{ to: "::/0", via: WAN.router, port: "wan" }],
    "home-agent": { security: "none", port: "home", address: NET.agent, homes: LISTED, lifetime: "400s" },
  };
}

/** A node that nobody told to be a home agent. */
async function startUnconfigured(bench: Bench, ns: Namespace): Promise<Background> {
  const { "home-agent": _, ...node } = agentNode();
  const file = bench.file("unconfigured.json");
  writeFileSync(file, JSON.stringify({ ...node, name: "unconfigured" }));
  const program = join(fileURLToPath(new URL(".", import.meta.url)), "programs/unchecked-node.ts");
  const env = { RUNTIME_DIRECTORY: bench.file("run"), STATE_DIRECTORY: bench.file("state") };
  const started = ns.start([process.execPath, "--import", "tsx", program, file], env);
  bench.atEnd(() => started.stop());
  await started.line(/"event":"ready"/, 15_000);
  return started;
}

async function ofOurHomeAgent(bench: Bench): Promise<void> {
  const scapy = await bench.lab.namespace("scapy");
  const ours = await bench.lab.namespace("agent");
  for (const [device, port] of [
    ["s0", "eth0"],
    ["s1", "eth1"],
  ]) {
    await bench.lab.wire(scapy, device, ours, port);
    await scapy.sysctl({ [`net.ipv6.conf.${device}.disable_ipv6`]: 1 });
  }
  const capture = await Capture.start(scapy, "s1", bench.file("agent.pcap"), OF_SCAPY);
  let agent = await startNode(bench, ours, "agent", agentNode());
  let node: { stop(): Promise<void> } = agent;
  const config = {
    ha: NET.agent,
    agentHere: WAN.agent,
    router: WAN.router,
    correspondent: "2001:db8:9::c",
    listed: LISTED,
    unlisted: "2001:db8:1::2:1",
    foreign: "2001:db8:77::1",
    dad: true,
    homeDevice: "s0",
    capacity: CAPACITY,
    prefixUnits: 20,
  };
  const script = Scapy.start(scapy, "statuses_of_agent.py", ["s1", JSON.stringify(config)]);
  script.on("configured", async () => {
    await node.stop();
    node = agent = await startNode(bench, ours, "agent", agentNode());
  });
  script.on("unconfigured", async () => {
    await node.stop();
    node = await startUnconfigured(bench, ours);
  });
  script.on("home", async (state) => {
    await scapy.ip(`link set s0 ${state}`);
    const told = async (): Promise<boolean> => (await agent.status()).ports[0].up === (state === "up");
    await until(`the home agent sees its home link go ${state}`, told, 5000);
  });
  await script.relay(bench, "home agent", 60_000);
  await script.stop();
  await capture.stop();
  await bench.check("home agent: tshark finds no flaw in what it sent", async () => {
    return `${await assertClean(capture.file)} frames`;
  });
  await node.stop();
}

async function toOurMobileNode(bench: Bench, discover: boolean): Promise<void> {
  const label = discover ? "dhaad" : "mobile";
  const scapy = await bench.lab.namespace(`scapy-${label}`);
  const ours = await bench.lab.namespace(label);
  await bench.lab.wire(scapy, "s0", ours, "eth0");
  await scapy.sysctl({ "net.ipv6.conf.s0.disable_ipv6": 1 });
  const config = {
    home: NET.mobile,
    ha: NET.agent,
    homePrefix: NET.home.prefix,
    application: ours.argv([]),
    discover,
  };
  let node: Live | undefined;
  const script = Scapy.start(scapy, "statuses_of_node.py", ["s0", JSON.stringify(config)]);
  script.on("restart", async () => {
    await node?.stop();
    node = await startNode(bench, ours, label, terminalNode("eth0", { discover }));
  });
  script.on("refused", async (status) => {
    const refusals = node?.events.filter((e) => e.kindName === "REGISTRATION" && e.codeName === "REFUSED") ?? [];
    return refusals.filter((e) => e.x === Number(status)).length;
  });
  await script.relay(bench, `mobile node${discover ? ", discovery" : ""}`, 60_000);
  await script.stop();
  await node?.stop();
}
