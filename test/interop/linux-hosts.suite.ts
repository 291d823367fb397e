import assert from "node:assert/strict";
import { Capture } from "./lib/capture.js";
import { bothWays } from "./lib/iperf.js";
import type { Namespace } from "./lib/netns.js";
import { hostNode, routerNode } from "./lib/nodes.js";
import { until } from "./lib/process.js";
import { startRadvd } from "./lib/radvd.js";
import { startNode } from "./lib/start-node.js";
import type { Bench, Suite } from "./lib/suite.js";
import { assertClean, count } from "./lib/tshark.js";
import { umlBehind } from "./lib/uml.js";

/**
 *     our host [eth0] ---- a0 [Linux router, radvd] a1 ---- [eth0] far, MTU 1280
 *
 *     Linux host [eth0] ---- eth0 [our router] eth1 ---- vec0 user-mode-linux, MTU 1400
 */
export const suite: Suite = {
  summary: "neighbour discovery, SLAAC, path MTU and ICMPv6 errors against the Linux kernel as router and as host",
  needs: ["uml", "radvd", "tshark", "tcpdump", "ping", "iperf3", "python"],
  timeoutS: 150,
  run,
};

const ping = (target: string, ...more: string[]): string[] => ["ping", "-6", "-i", "0.2", "-W", "2", ...more, target];

/** Enough for pings, errors and the start of a bulk transfer: tshark needs its time. */
const MOST_FRAMES = 6000;

async function run(bench: Bench): Promise<void> {
  await hostBehindLinux(bench);
  await routerBetweenLinux(bench);
}

// ---------------------------------------------------------------- our host, Linux's router

async function hostBehindLinux(bench: Bench): Promise<void> {
  const router = await bench.lab.namespace("linux");
  const ours = await bench.lab.namespace("host");
  const far = await bench.lab.namespace("far");
  await bench.lab.wire(router, "a0", ours, "eth0");
  await bench.lab.wire(router, "a1", far, "eth0", 1280);
  await router.address("a0", "2001:db8:2::fe/64");
  await router.address("a1", "2001:db8:5::fe/64");
  await far.address("eth0", "2001:db8:5::2/64");
  await far.ip("-6 route add default via 2001:db8:5::fe");
  await startRadvd(router, bench.folder, [
    { device: "a0", prefixes: [{ prefix: "2001:db8:2::/64" }], mtu: 1500, maxInterval: 4 },
  ]);
  const capture = await Capture.start(router, "a0", bench.file("host.pcap"), "", 0, MOST_FRAMES);
  const node = await startNode(bench, ours, "host", hostNode("eth0"));

  let address = "";
  const configured = await bench.check("our host takes an address from radvd's RA", async () => {
    address = await node.address("2001:db8:2:", 15_000);
    return address;
  });
  if (!configured) return;
  await bench.check("Linux resolves our host, and keeps it reachable", async () => {
    await router.must(ping(address, "-c", "3"));
    const neighbours = await router.ip(`-6 neigh show ${address}`);
    assert.match(neighbours, /REACHABLE/);
  });
  await bench.check("our host answers on its link-local address", async () => {
    const local = await node.address("fe80:", 5_000);
    await router.must(ping(`${local}%a0`, "-c", "3"));
  });
  await bench.check("fragments both ways: echo of 1600 bytes on a link of 1500", async () => {
    await router.must(ping(address, "-c", "3", "-s", "1600"));
  });
  await bench.check("path MTU: our host follows a Packet Too Big of Linux", async () => {
    const { stdout } = await far.run(ping(address, "-c", "5", "-s", "1400"));
    const received = Number(/(\d+) received/.exec(stdout)?.[1]);
    assert.ok(received >= 3, stdout);
    return `${received} of 5 answered`;
  });
  await bench.check("closed ports answer with ICMPv6 port unreachable and TCP reset or unreachable", async () => {
    assert.match(await refusal(router, "SOCK_DGRAM", address), /Connection refused/);
    assert.match(await refusal(router, "SOCK_STREAM", address), /refused|unreachable|Permission/);
  });
  await bench.check("an unknown next header is answered with Parameter Problem, code 1", async () => {
    await router.must([
      "/usr/bin/python3",
      "-c",
      `import socket; s=socket.socket(socket.AF_INET6, socket.SOCK_RAW, 253); s.sendto(b"12345678", ("${address}", 0))`,
    ]);
    await until(
      "Parameter Problem",
      async () => (await count(capture.file, "icmpv6.type == 4 && icmpv6.code == 1")) > 0,
      5000,
      500,
    );
  });
  await bench.check("our host defends its address: Linux's duplicate address detection fails", async () => {
    await router.ip(`-6 addr add ${address}/64 dev a0`);
    await until("dadfailed", async () => (await router.ip("-6 addr show dev a0")).includes("dadfailed"), 5000, 200);
    await router.ip(`-6 addr del ${address}/64 dev a0`);
  });
  await bench.check("tshark finds no flaw in what was exchanged", async () => {
    await capture.stop();
    return `${await assertClean(capture.file)} frames`;
  });
  await node.stop();
  await bench.check("our host does not use an address that Linux has: duplicate address detection", async () => {
    const taken = "2001:db8:2::fe";
    const second = await startNode(bench, ours, "host", hostNode("eth0", taken));
    await second.find("DUPLICATE", (event) => event.kindName === "DUPLICATE" && event.a === taken, 8000);
    await second.stop();
  });
}

/** What a Linux program hears when it talks to port 9. */
async function refusal(ns: Namespace, kind: string, address: string): Promise<string> {
  const script = `
import socket
s = socket.socket(socket.AF_INET6, socket.${kind}); s.settimeout(3)
try:
    s.connect(("${address}", 9)); s.send(b"x"); s.recv(1); print("answered")
except OSError as error:
    print(error)
`;
  return ns.must(["/usr/bin/python3", "-c", script]);
}

// ---------------------------------------------------------------- our router, Linux's hosts

async function routerBetweenLinux(bench: Bench): Promise<void> {
  const ours = await bench.lab.namespace("router");
  const host = await bench.lab.namespace("left");
  await bench.lab.wire(ours, "eth0", host, "eth0");
  const guest = await umlBehind(bench.lab, bench.folder, "right", [{ ns: ours, device: "eth1", mtu: 1400 }]);
  bench.atEnd(() => guest.stop());
  const capture = await Capture.start(host, "eth0", bench.file("router.pcap"), "", 0, MOST_FRAMES);
  const node = await startNode(
    bench,
    ours,
    "router",
    routerNode([
      { device: "eth0", address: "2001:db8:11::1/64" },
      { device: "eth1", address: "2001:db8:12::1/64", mtu: 1400 },
    ]),
  );

  let right = "";
  const configured = await bench.check("both Linux hosts take addresses from our router's RAs", async () => {
    await until("an address on the left", async () => (await host.addresses("eth0"))[0], 15_000);
    right = await until("an address on the right", () => guestAddress(guest), 15_000);
    assert.match(right, /^2001:db8:12:/);
    assert.match(await host.ip("-6 route show default"), /via fe80::/);
    return right;
  });
  if (!configured) return;
  await bench.check("ping through our router, both ways", async () => {
    await host.must(ping(right, "-c", "3"));
    const [left] = await host.addresses("eth0");
    await guest.must(ping(left, "-c", "3").join(" "));
  });
  await bench.check("hop limit exceeded", async () => {
    const { stdout } = await host.run(ping(right, "-c", "2", "-t", "1"));
    assert.match(stdout, /Time exceeded: Hop limit/);
  });
  await bench.check("Packet Too Big: Linux learns 1400", async () => {
    const { stdout } = await host.run(ping(right, "-c", "2", "-s", "1440", "-M", "do"));
    assert.match(stdout, /Packet too big.*mtu.?=?\s*1400/i);
    assert.match(await host.ip(`-6 route get ${right}`), /mtu 1400/);
    await host.must(ping(right, "-c", "3", "-s", "1440"));
  });
  await bench.check("no route and no neighbour", async () => {
    assert.match((await host.run(ping("2001:db8:ffff::1", "-c", "2"))).stdout, /No route/);
    assert.match((await host.run(ping("2001:db8:12::dead", "-c", "2", "-W", "5"))).stdout, /Address unreachable/);
  });
  await bench.check("iperf3 over TCP, both ways", async () => {
    let served = 0;
    const serve = async (): Promise<void> => {
      const name = `iperf3-${served++}`;
      await until("the end of the last server", async () => (await guest.run("pgrep -x iperf3")).status === 1, 5000);
      await guest.background(name, "iperf3 -s -1 --forceflush");
      await until("iperf3's server", async () => (await guest.log(name)).includes("listening"), 5000);
    };
    return bothWays(right, serve, async (argv) => (await host.run(argv)).stdout);
  });
  await bench.check("tshark finds no flaw in what was exchanged", async () => {
    await capture.stop();
    return `${await assertClean(capture.file)} frames`;
  });
  await node.stop();
}

async function guestAddress(guest: { must(command: string): Promise<string> }): Promise<string | undefined> {
  const text = await guest.must("ip -6 -j addr show dev vec0 scope global");
  const rows = JSON.parse(text) as { addr_info?: { local?: string; tentative?: boolean }[] }[];
  return rows.flatMap((row) => row.addr_info ?? []).find((a) => a.local && !a.tentative)?.local;
}
