import { symlinkSync } from "node:fs";
import { Capture } from "./lib/capture.js";
import { NET } from "./lib/internet.js";
import type { Live } from "./lib/live.js";
import { homeAgentNode, terminalNode } from "./lib/nodes.js";
import { ipsecOf, type Peer, type PeerOptions, peer, rowOf } from "./lib/peers.js";
import { until } from "./lib/process.js";
import { Scapy } from "./lib/scapy.js";
import { startNode } from "./lib/start-node.js";
import type { Bench, Suite } from "./lib/suite.js";
import { assertClean, QUOTED } from "./lib/tshark.js";
import { ALGORITHMS } from "./lib/xfrm.js";

/**
 *     scapy [s0] ---- [eth0] our node        scapy plays everybody else on the link
 *
 * Its SecurityAssociation protects and opens; keys are the same on both sides, code is not.
 */
export const suite: Suite = {
  summary:
    "scapy's ESP and AH against our host, what IPsec is attacked with, Binding Updates and their acknowledgements under ESP",
  needs: ["scapy", "cryptography", "tshark", "tcpdump"],
  timeoutS: 120,
  run,
};

const TARGET = "2001:db8:1::1";
const PLAIN = "2001:db8:1::2";
const STRANGER = "2001:db8:1::3";
const WINDOW_BITS = 256;

async function run(bench: Bench): Promise<void> {
  await againstOurHost(bench);
  await againstOurHomeAgent(bench);
  await againstOurTerminal(bench);
}

async function link(bench: Bench, label: string) {
  const scapy = await bench.lab.namespace(`scapy-${label}`);
  const ours = await bench.lab.namespace(label);
  await bench.lab.wire(scapy, "s0", ours, "eth0");
  // scapy alone speaks here.
  await scapy.sysctl({ "net.ipv6.conf.s0.disable_ipv6": 1 });
  return { scapy, ours };
}

/**
 * A peer for every algorithm, in transport mode and, with ESN, in tunnel mode; and those that bad packets are sent as. A host has room for 24
 * policies.
 */
function hostPeers(): { peers: Peer[]; exchanges: string[]; extended: string[] } {
  const peers: Peer[] = [];
  const add = (name: string, options: PeerOptions): string => {
    const n = peers.length + 1;
    peers.push(peer(name, TARGET, `2001:db8:1::1:${n.toString(16)}`, 0x1000 + 2 * n, options));
    return name;
  };
  const exchanges = ALGORITHMS.map((algorithms) => add(`${algorithms.name}, transport`, { algorithms }));
  const extended = ALGORITHMS.map((algorithms) =>
    add(`${algorithms.name}, tunnel, ESN`, { algorithms, mode: "tunnel", esn: true }),
  );
  const [algorithms] = ALGORITHMS;
  exchanges.push(add("in UDP", { algorithms, udp: true }));
  add("tunnel", { algorithms, mode: "tunnel" });
  add("window", { algorithms });
  add("narrow", { algorithms, select: { protocol: "udp" } });
  return { peers, exchanges, extended };
}

async function againstOurHost(bench: Bench): Promise<void> {
  const { scapy, ours } = await link(bench, "host");
  const { peers, exchanges, extended } = hostPeers();
  const node = await startNode(bench, ours, "host", {
    image: "host",
    ports: { eth: { interface: "eth0", address: `${TARGET}/64`, "duplicate-detection": false } },
    application: false,
    ipsec: ipsecOf(peers, bench.file("host-keys.yaml"), {
      first: [{ name: "plain", local: TARGET, remote: PLAIN, action: "bypass" }],
      fallback: "discard",
    }),
  });
  const capture = await Capture.start(scapy, "s0", bench.file("host.pcap"), "not ether src 02:00:00:00:05:01");
  const config = {
    target: TARGET,
    control: bench.file(`run/${node.name}.sock`),
    plain: PLAIN,
    stranger: STRANGER,
    peers: peers.map(rowOf),
    exchanges,
    extended,
    each: exchanges.filter((name) => name.endsWith("transport")),
    main: "aes-128-gcm, transport",
    tunnel: "tunnel",
    ah: "ah hmac-sha2, transport",
    window: "window",
    udp: "in UDP",
    narrow: "narrow",
    windowBits: WINDOW_BITS,
  };
  const script = Scapy.start(scapy, "ipsec_host.py", ["s0", JSON.stringify(config)]);
  await script.relay(bench, "host", 60_000);
  await script.stop();
  await capture.stop();
  await bench.check("host: tshark finds no flaw in what it sent", async () => {
    return `${await assertClean(capture.file, [QUOTED])} frames`;
  });
  await node.stop();
}

async function againstOurHomeAgent(bench: Bench): Promise<void> {
  const { scapy, ours } = await link(bench, "agent");
  const exchanges = ALGORITHMS.filter(({ name }) =>
    ["aes-128-gcm", "aes-256-cbc hmac-sha1", "ah hmac-sha1"].includes(name),
  );
  const all = [...exchanges, ...Array.from({ length: 7 }, () => ALGORITHMS[0])];
  const listed = all.map((_, i) => `2001:db8:1::1:${(i + 1).toString(16)}`);
  const bare = "2001:db8:1::1:ff";
  const peers = all.map((algorithms, i) => {
    const name = i < exchanges.length ? algorithms.name : `mobile node ${i}`;
    return peer(name, NET.agent, listed[i], 0x2000 + 2 * i, { algorithms, select: { protocol: "mh" } });
  });
  const config = homeAgentNode("eth0", { homes: [...listed, bare], lifetime: "240s" });
  config["home-agent"]!.security = "ipsec";
  config["home-agent"]!["duplicate-detection"] = false;
  config.ipsec = ipsecOf(peers, bench.file("agent-keys.yaml"), { fallback: "bypass" });
  const node = await startNode(bench, ours, "agent", config);
  const script = Scapy.start(scapy, "ipsec_mobile_node.py", [
    "s0",
    JSON.stringify({
      ha: NET.agent,
      router: NET.home.router,
      correspondent: `${NET.home.prefix}c`,
      listed,
      bare,
      unlisted: "2001:db8:1::2:1",
      foreign: "2001:db8:77::1",
      dad: false,
      control: bench.file(`run/${node.name}.sock`),
      peers: peers.map(rowOf),
      exchanges: exchanges.map(({ name }) => name),
    }),
  ]);
  await script.relay(bench, "home agent", 60_000);
  await script.stop();
  await node.stop();
}

async function againstOurTerminal(bench: Bench): Promise<void> {
  const { scapy, ours } = await link(bench, "terminal");
  const [algorithms] = ALGORITHMS;
  const signalling = peer("signalling", NET.mobile, NET.agent, 0x3000, { algorithms, select: { protocol: "mh" } });
  const data = peer("data", NET.mobile, "::", 0x3002, {
    algorithms,
    mode: "tunnel",
    select: { remote: "any", tunnel: { local: "care-of", remote: NET.agent } },
  });
  const config = terminalNode("eth0");
  config.ipsec = ipsecOf([signalling, data], bench.file("terminal-keys.yaml"), { fallback: "bypass" });
  let node: Live | null = null;
  const control = bench.file("run/terminal.sock");
  const script = Scapy.start(scapy, "ipsec_home_agent.py", [
    "s0",
    JSON.stringify({
      home: NET.mobile,
      ha: NET.agent,
      homePrefix: NET.home.prefix,
      application: ours.argv([]),
      control,
      signalling: rowOf(signalling),
      data: rowOf(data),
    }),
  ]);
  script.on("restart", async () => {
    node = await startNode(bench, ours, "terminal", config);
    symlinkSync(bench.file(`run/${node.name}.sock`), control);
  });
  script.on("registered", async () => {
    await node?.event("REGISTRATION", "REGISTERED", 5000);
    const ping = ["ip", "-6", "route", "get", "2001:db8:9::c"];
    await until("a route for applications", async () => (await ours.run(ping)).status === 0, 5000);
  });
  await script.relay(bench, "terminal", 60_000);
  await script.stop();
  await (node as Live | null)?.stop();
}
