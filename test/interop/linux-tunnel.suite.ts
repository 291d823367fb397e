import assert from "node:assert/strict";
import { Capture } from "./lib/capture.js";
import { type Internet, internet, joinLink, NET } from "./lib/internet.js";
import { bothWays } from "./lib/iperf.js";
import { linuxHomeAgent, linuxMobileNode, register } from "./lib/linux-mobility.js";
import type { Namespace } from "./lib/netns.js";
import { homeAgentNode, terminalNode } from "./lib/nodes.js";
import type { Background } from "./lib/process.js";
import { startRadvd } from "./lib/radvd.js";
import { startNode } from "./lib/start-node.js";
import type { Bench, Suite } from "./lib/suite.js";
import { assertClean, count } from "./lib/tshark.js";
import { type Uml, umlBehind } from "./lib/uml.js";

/**
 *     home agent ---- [Linux router] ---- mobile node        one of both is ours, the other a Linux kernel with
 *                          |                                  ip6tnl; scapy speaks Mobile IPv6 for it
 *                    correspondent
 */
export const suite: Suite = {
  summary: "our home agent against a Linux tunnel end point, our terminal against a Linux home agent",
  needs: ["uml", "scapy", "radvd", "iperf3", "ping", "tshark", "tcpdump"],
  timeoutS: 240,
  run,
};

/** Enough for pings, errors and the start of a bulk transfer: tshark needs its time. */
const MOST_FRAMES = 6000;

async function run(bench: Bench): Promise<void> {
  await ourAgent(bench);
  await bench.lab.close();
  await ourTerminal(bench);
}

/** Runs a command where the mobile node's applications are. */
type Application = (command: string, timeoutMs?: number) => Promise<string>;

async function ourAgent(bench: Bench): Promise<void> {
  const net = await internet(bench.lab);
  const ours = await bench.lab.namespace("agent");
  await bench.lab.wire(net.router, "home0", ours, "eth0");
  await joinLink(net.router, "home");
  const guest = await umlBehind(
    bench.lab,
    bench.folder,
    "mobile",
    [{ ns: net.router, device: "visited0" }],
    ["ip6_tunnel"],
  );
  bench.atEnd(() => guest.stop());
  await joinLink(net.router, "visited");
  await linuxMobileNode(guest);
  const agent = await startNode(bench, ours, "agent", homeAgentNode("eth0"));
  const capture = await Capture.start(net.router, "visited0", bench.file("agent.pcap"), "", 0, MOST_FRAMES);
  const registered = await bench.check("our home agent: scapy registers the Linux tunnel", async () => {
    const { status, lifetime } = await register(guest, 1);
    assert.equal(status, 0);
    return `lifetime ${lifetime * 4} s`;
  });
  if (registered) await traffic(bench, "our home agent", net, (command, ms) => guest.must(command, ms), capture.file);
  await capture.stop();
  await bench.check("our home agent: tshark finds no flaw", async () => `${await assertClean(capture.file)} frames`);
  await agent.stop();
  await guest.stop();
}

async function ourTerminal(bench: Bench): Promise<void> {
  const net = await internet(bench.lab);
  const guest: Uml = await umlBehind(
    bench.lab,
    bench.folder,
    "home",
    [{ ns: net.router, device: "home0" }],
    ["ip6_tunnel"],
  );
  bench.atEnd(() => guest.stop());
  await joinLink(net.router, "home");
  await linuxHomeAgent(guest);
  const ours: Namespace = await bench.lab.namespace("terminal");
  await bench.lab.wire(net.router, "visited0", ours, "eth0");
  await joinLink(net.router, "visited");
  const capture = await Capture.start(net.router, "visited0", bench.file("terminal.pcap"), "", 0, MOST_FRAMES);
  await startRadvd(net.router, bench.folder, [
    { device: "visited0", prefixes: [{ prefix: `${NET.visited.prefix}/64` }], minInterval: 0.5, maxInterval: 1.5 },
  ]);
  const terminal = await startNode(bench, ours, "terminal", terminalNode("eth0"));
  const registered = await bench.check("our terminal: registers with the Linux home agent", async () => {
    await terminal.event("REGISTRATION", "REGISTERED", 20_000);
  });
  const application: Application = (command, timeoutMs) => ours.must(["sh", "-c", command], { timeoutMs });
  if (registered) await traffic(bench, "our terminal", net, application, capture.file);
  await capture.stop();
  await bench.check("our terminal: tshark finds no flaw", async () => `${await assertClean(capture.file)} frames`);
  await terminal.stop();
  await guest.stop();
}

/** Ping and iperf3 both ways between the correspondent and the mobile node's home address. */
async function traffic(bench: Bench, who: string, net: Internet, mobile: Application, capture: string): Promise<void> {
  const { correspondent } = net;
  const sizes = [56, 1232, 1400, 3000];
  await bench.check(`${who}: ping from the correspondent, ${sizes.join(", ")} bytes`, async () => {
    for (const size of sizes) await pings((argv) => correspondent.must(argv), NET.mobile, size);
  });
  await bench.check(`${who}: ping from the mobile node, ${sizes.join(", ")} bytes`, async () => {
    for (const size of sizes) await pings((argv) => mobile(argv.join(" ")), NET.correspondent, size);
  });
  await bench.check(`${who}: what the visited link carries of it is tunnelled`, async () => {
    const inside = `ipv6.src == ${NET.agent} || ipv6.dst == ${NET.agent}`;
    assert.equal(await count(capture, `icmpv6.type in {128, 129} && !(${inside})`), 0);
    assert.ok((await count(capture, `icmpv6.type == 128 && (${inside})`)) > 0);
  });
  await bench.check(`${who}: iperf3 over TCP, both ways`, async () => {
    let server: Background | undefined;
    const serve = async (): Promise<void> => {
      await server?.ended(5000);
      server = correspondent.start(["iperf3", "-s", "-1", "--forceflush"]);
      await server.line(/listening/i, 5000);
    };
    return bothWays(NET.correspondent, serve, (argv) => mobile(argv.join(" "), 30_000));
  });
}

/** Three echoes; a first one may fall to a Packet Too Big that teaches the sender the tunnel's MTU. */
async function pings(execute: (argv: string[]) => Promise<string>, target: string, size: number): Promise<void> {
  const text = await execute(["ping", "-6", "-c", "4", "-i", "0.2", "-W", "2", "-s", String(size), target]);
  const received = Number(/(\d+) received/.exec(text)?.[1]);
  assert.ok(received >= 3, `${size} bytes to ${target}: ${text}`);
}
