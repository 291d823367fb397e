import assert from "node:assert/strict";
import { Capture } from "./lib/capture.js";
import { NET } from "./lib/internet.js";
import { bothWays } from "./lib/iperf.js";
import { python } from "./lib/linux-mobility.js";
import type { Namespace } from "./lib/netns.js";
import { homeAgentNode, terminalNode } from "./lib/nodes.js";
import { until } from "./lib/process.js";
import { startRadvd } from "./lib/radvd.js";
import { startNode } from "./lib/start-node.js";
import type { Bench, CheckResult, Suite } from "./lib/suite.js";
import { assertClean, count } from "./lib/tshark.js";
import { type Uml, umlBehind } from "./lib/uml.js";

/**
 *     our home agent ---- home0 [Linux router] visited0 ---- our terminal         visited1 ---- a Linux kernel as mobile node
 *                               server0 ---- a Linux kernel as correspondent      server1 ---- our host as correspondent
 *
 * The kernels put the Home Address option and the type 2 routing header in and take them out (xfrm, `proto hao`, `proto route2`, sub
 * policies); scapy inside of them does what a daemon does: return routability and Binding Updates.
 */
export const suite: Suite = {
  summary:
    "route optimization: our terminal with a Linux kernel as correspondent, our host with a Linux kernel as mobile node",
  needs: ["uml", "scapy", "radvd", "iperf3", "ping", "tshark", "tcpdump"],
  timeoutS: 150,
  run,
};

const MOBILE_MODULES = ["ip6_tunnel", "mip6", "xfrm_user"];
const MOST_FRAMES = 1500;

/** The kernel that is mobile. */
const KERNEL = {
  home: "2001:db8:1::200",
  careOf: "2001:db8:3::9",
  other: "2001:db8:3::e",
  router: "2001:db8:3::fe",
  tunnel: "home",
};
const PING = ["ping", "-6", "-c", "1", "-W", "1", NET.correspondent];

/** Our host. */
const HOST = { address: "2001:db8:8::c", router: "2001:db8:8::fe" };

async function run(bench: Bench): Promise<void> {
  const router = await bench.lab.namespace("router");
  await router.sysctl({ "net.ipv6.conf.all.forwarding": 1 });
  const agent = await bench.lab.namespace("agent");
  await bench.lab.wire(router, "home0", agent, "eth0");
  await router.address("home0", `${NET.home.router}/64`);
  await startNode(bench, agent, "agent", homeAgentNode("eth0", { homes: [NET.mobile, KERNEL.home] }));
  const [correspondent, mobile] = await Promise.all([
    umlBehind(bench.lab, bench.folder, "cn", [{ ns: router, device: "server0" }], MOBILE_MODULES),
    umlBehind(bench.lab, bench.folder, "mn", [{ ns: router, device: "visited1" }], MOBILE_MODULES),
  ]);
  for (const guest of [correspondent, mobile]) bench.atEnd(() => guest.stop());
  await kernelIsCorrespondent(bench, router, correspondent);
  await kernelIsMobile(bench, router, mobile);
}

/** What travelled between the home agent and everybody else, of data between these two. */
async function throughAgent(capture: string, home: string, correspondent: string): Promise<number> {
  const both = [home, correspondent].map((address) => `ipv6.addr == ${address}`).join(" && ");
  return count(capture, `(icmpv6.type in {128, 129} || tcp) && ${both}`);
}

async function kernelIsCorrespondent(bench: Bench, router: Namespace, guest: Uml): Promise<void> {
  await router.address("server0", `${NET.server.router}/64`);
  await guest.must(
    `ip -6 addr add ${NET.correspondent}/64 dev vec0 nodad && ip -6 route add default via ${NET.server.router}`,
  );
  await guest.background("cn", python("ro_correspondent.py", ["vec0", NET.correspondent, "doubtful"]));
  await until("scapy as correspondent", async () => (await guest.log("cn")).includes("ready"), 30_000, 500);
  const ours = await bench.lab.namespace("terminal");
  await bench.lab.wire(router, "visited0", ours, "eth0");
  await router.address("visited0", `${NET.visited.router}/64`);
  const visited = await Capture.start(router, "visited0", bench.file("visited.pcap"), "", 0, MOST_FRAMES);
  await startRadvd(router, bench.folder, [
    { device: "visited0", prefixes: [{ prefix: `${NET.visited.prefix}/64` }], minInterval: 0.5, maxInterval: 1.5 },
  ]);
  const config = terminalNode("eth0");
  config["mobile-node"]!.optimize = [`${NET.server.prefix}/64`];
  config.programs = [10001, 11001];
  const terminal = await startNode(bench, ours, "terminal", config);
  const application: Application = (argv, timeoutMs) => ours.must(argv, { timeoutMs });
  const bound = await bench.check(
    "our terminal: binds at the kernel, after acknowledgements with a wrong authenticator and with 138",
    async () => {
      await terminal.event("REGISTRATION", "REGISTERED", 20_000);
      await until("a route for applications", async () => (await ours.run(PING)).status === 0, 10_000);
      await terminal.find("the direct route", (e) => e.kindName === "OPTIMIZED" && e.code === 1, 20_000);
      const log = await guest.log("cn");
      assert.match(log, /"sent": "BA", "status": 0, .*"wrong": 1/);
      assert.match(log, /"sent": "BA", "status": 138/);
      assert.doesNotMatch(log, /"refused"|"error"/);
    },
  );
  if (bound) {
    const home = await Capture.start(router, "home0", bench.file("home.pcap"), "", 0, MOST_FRAMES);
    const direct = await Capture.start(router, "visited0", bench.file("direct.pcap"), "", 0, MOST_FRAMES);
    await bench.check("our terminal: ping the kernel, 56 to 1440 bytes", () => sizes(application, NET.correspondent));
    const kernel: Application = (argv, timeoutMs) => guest.must(argv.join(" "), timeoutMs);
    await bench.check("our terminal: pinged by the kernel, 56 to 1440 bytes", () => sizes(kernel, NET.mobile));
    await bench.check("our terminal: TCP, both ways", () =>
      bothWays(
        NET.correspondent,
        () => serve(guest),
        (argv) => application(argv, 30_000),
      ),
    );
    await Promise.all([home.stop(), direct.stop()]);
    await bench.check(
      "our terminal: data goes there with the Home Address option, comes with a type 2 routing header, past the home agent",
      () => assertDirect(direct.file, home.file, NET.mobile, NET.correspondent),
    );
  }
  await visited.stop();
  await bench.check("our terminal: tshark finds no flaw", async () => `${await assertClean(visited.file)} frames`);
  await terminal.stop();
  await guest.stop();
}

async function kernelIsMobile(bench: Bench, router: Namespace, guest: Uml): Promise<void> {
  const ours = await bench.lab.namespace("host");
  await bench.lab.wire(router, "server1", ours, "eth0");
  await router.address("server1", `${HOST.router}/64`);
  await router.address("visited1", `${KERNEL.router}/64`);
  await guest.must(
    [
      `ip -6 addr add ${KERNEL.careOf}/64 dev vec0 nodad`,
      `ip -6 addr add ${KERNEL.other}/64 dev vec0 nodad`,
      `ip -6 route add default via ${KERNEL.router}`,
      `ip -6 tunnel add home mode ip6ip6 local ${KERNEL.careOf} remote ${NET.agent} encaplimit none hoplimit 64`,
      `ip -6 addr add ${KERNEL.home}/128 dev home home nodad`,
      "ip link set home up",
      // What the applications of the mobile node say goes home, what the node says as its care-of address does not.
      `ip -6 rule add from ${KERNEL.home} lookup 100`,
      "ip -6 route add default dev home table 100",
    ].join(" && "),
  );
  await startNode(bench, ours, "host", {
    image: "host",
    ports: { eth: { interface: "eth0", address: `${HOST.address}/64`, "duplicate-detection": false } },
    routes: [{ to: "::/0", via: HOST.router, port: "eth" }],
    application: false,
    correspondent: "on",
  });
  const server = await Capture.start(router, "server1", bench.file("server.pcap"), "", 0, MOST_FRAMES);
  const bound = await signal(bench, guest, "our host", HOST.address, true);
  if (bound) {
    const home = await Capture.start(router, "home0", bench.file("home2.pcap"), "", 0, MOST_FRAMES);
    const direct = await Capture.start(router, "server1", bench.file("direct2.pcap"), "", 0, MOST_FRAMES);
    const kernel: Application = (argv, timeoutMs) => guest.must(argv.join(" "), timeoutMs);
    await bench.check("our host: pinged by the kernel's home address, 56 to 1440 bytes", () =>
      sizes(kernel, HOST.address, KERNEL.home),
    );
    await Promise.all([home.stop(), direct.stop()]);
    await bench.check(
      "our host: data comes with the Home Address option, goes with a type 2 routing header, past the home agent",
      () => assertDirect(direct.file, home.file, KERNEL.home, HOST.address),
    );
  }
  await server.stop();
  await bench.check(
    "our host: tshark finds no flaw in what it sent",
    async () => `${await assertClean(server.file)} frames`,
  );
  await guest.stop();
}

/** Runs a command where an application is. */
type Application = (argv: string[], timeoutMs?: number) => Promise<string>;

/** scapy in the guest registers and binds; its checks become checks of the suite. */
async function signal(
  bench: Bench,
  guest: Uml,
  who: string,
  correspondent: string,
  attacks: boolean,
): Promise<boolean> {
  const config = { ...KERNEL, agent: NET.agent, correspondent, attacks };
  const text = await guest.must(python("ro_mobile_node.py", ["vec0", `'${JSON.stringify(config)}'`]), 60_000);
  const results = text
    .split("\n")
    .flatMap((line) =>
      line.startsWith("{") ? [JSON.parse(line) as CheckResult & { check?: string; end?: boolean }] : [],
    );
  for (const { check, ok, detail } of results) if (check) bench.report({ name: `${who}: ${check}`, ok, ms: 0, detail });
  return results.every(({ check, ok }) => !check || ok) && results.some(({ end }) => end);
}

async function serve(guest: Uml): Promise<void> {
  await guest.must("while pgrep -x iperf3 > /dev/null; do sleep 0.1; done");
  await guest.background("iperf3", "iperf3 -s -1 --forceflush");
  await until("iperf3 in the guest", async () => /listening/i.test(await guest.log("iperf3")), 10_000, 200);
}

async function assertDirect(direct: string, home: string, mobile: string, correspondent: string): Promise<string> {
  const data = "(icmpv6.type in {128, 129} || tcp)";
  const out = await count(
    direct,
    `${data} && ipv6.opt.mipv6.home_address == ${mobile} && ipv6.dst == ${correspondent}`,
  );
  const back = await count(direct, `${data} && ipv6.routing.type == 2 && ipv6.src == ${correspondent}`);
  const all = await count(direct, data);
  assert.ok(out > 10 && back > 10, `${out} with the option, ${back} with the routing header`);
  assert.equal(out + back, all, `${all} frames of data, ${out} with the option, ${back} with the routing header`);
  assert.equal(await throughAgent(home, mobile, correspondent), 0);
  return `${out} there, ${back} back`;
}

async function sizes(execute: Application, target: string, from?: string): Promise<string> {
  const all = [56, 1208, 1400, 1440];
  for (const size of all) await pings(execute, target, size, from);
  return `${all.join(", ")} bytes`;
}

/** Three echoes of four: a first one may fall to a Packet Too Big that tells what fits. */
async function pings(execute: Application, target: string, size: number, from?: string): Promise<void> {
  const source = from ? ["-I", from] : [];
  const text = await execute(["ping", "-6", "-c", "4", "-i", "0.2", "-W", "2", "-s", String(size), ...source, target]);
  const received = Number(/(\d+) received/.exec(text)?.[1]);
  assert.ok(received >= 3, `${size} bytes to ${target}: ${text}`);
}
