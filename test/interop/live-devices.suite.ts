/**
 * Real interfaces under load, with every offload on.
 *
 *     a: veth a0 ── m: am ─[packet socket · wire · packet socket]─ bm ── b: veth b0
 *     a ── m: tap0 ─[TAP · wire · packet socket]─ bm ── b
 *
 * The kernel's TCP hands over frames of 64 KiB with unfinished checksums; what arrives must be what was sent.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Namespace } from "./lib/netns.js";
import type { Background } from "./lib/process.js";
import type { Bench, Suite } from "./lib/suite.js";

const WIRE = fileURLToPath(new URL("./programs/wire.ts", import.meta.url));
const ETHERNET = 14;

function startWire(ns: Namespace, a: string, b: string): Background {
  return ns.start([process.execPath, "--import", "tsx", WIRE, a, b]);
}

async function throughput(from: Namespace, to: Namespace, address: string): Promise<number> {
  const server = to.start(["iperf3", "-s", "-1", "--forceflush", "-B", address]);
  await server.line(/Server listening/, 5000);
  const report = JSON.parse(await from.must(["iperf3", "-c", address, "-J", "-n", "100M"], { timeoutMs: 60_000 }));
  assert.ok(report.end.sum_received.bytes > 99e6, `${report.end.sum_received.bytes} bytes arrived`);
  return report.end.sum_received.bits_per_second / 1e6;
}

async function run(bench: Bench): Promise<void> {
  const { lab } = bench;
  const [a, m, b] = [await lab.namespace("a"), await lab.namespace("m"), await lab.namespace("b")];
  // By hand, not by `lab.wire`, which turns the offloads off.
  await m.ip(`link add am type veth peer name a0 netns ${a.name}`);
  await m.ip(`link add bm type veth peer name b0 netns ${b.name}`);
  await m.sysctl({ "net.ipv6.conf.am.disable_ipv6": 1, "net.ipv6.conf.bm.disable_ipv6": 1 });
  for (const [ns, device, host] of [
    [a, "a0", 1],
    [b, "b0", 2],
  ] as const) {
    await ns.ip(`link set ${device} up`);
    await ns.address(device, `fd00:5::${host}/64`);
    await ns.ip(`addr add 192.0.2.${host}/24 dev ${device}`);
  }
  await m.ip("link set am up");
  await m.ip("link set bm up");

  const wire = startWire(m, "packet:am", "packet:bm");
  await wire.line(/"ready"/, 15_000);
  for (const address of ["fd00:5::2", "192.0.2.2"]) {
    await bench.check(`TCP to ${address} through two packet sockets, offload on`, async () => {
      return `${Math.round(await throughput(a, b, address))} Mbit/s`;
    });
  }
  await bench.check("carrier loss and return are known at once", async () => {
    for (const [state, up] of [
      ["down", false],
      ["up", true],
    ] as const) {
      const from = wire.lines.length;
      await a.ip(`link set a0 ${state}`);
      await wire.line(new RegExp(`"carrier","device":"am","up":${up}`), 500, from);
    }
  });
  await bench.check("an interface that is removed is told, the other goes on", async () => {
    await m.ip("link del am");
    await wire.line(/"gone","device":"am","why":"interface am was removed"/, 500);
    assert.ok(wire.running);
  });
  await bench.check("no frame was longer than the MTU, none was lost to an unknown offload", async () => {
    await wire.stop("SIGTERM");
    const end = JSON.parse(wire.lines.find((line) => line.includes('"end"')) ?? "null");
    assert.ok(end.longest <= 1500 + ETHERNET, `${end.longest} bytes`);
    assert.equal(end.a.readDrops + end.b.readDrops, 0);
    return `${end.a.received + end.b.received} frames`;
  });

  const second = startWire(m, "tap:tap0", "packet:bm");
  await second.line(/"ready"/, 15_000);
  await m.ip("link set tap0 up");
  await m.address("tap0", "fd00:5::3/64");
  await bench.check("TCP from a TAP through a packet socket", async () => {
    return `${Math.round(await throughput(m, b, "fd00:5::2"))} Mbit/s`;
  });
  await bench.check("a TAP that is removed is told", async () => {
    await m.ip("link del tap0");
    await second.line(/"gone","device":"tap0"/, 500);
    await second.stop("SIGTERM");
  });
  await bench.check("an interface that is absent: a sentence and exit code 2", async () => {
    const third = startWire(m, "packet:nothing0", "packet:bm");
    const line = await third.line(/"failed"/, 15_000);
    assert.match(line, /there is no interface \\"nothing0\\" here/);
    assert.equal(await third.ended(5000), 2);
  });
  await bench.check("no /dev/net/tun: a sentence and exit code 2", async () => {
    const hidden = `mount -t tmpfs none /dev/net && exec ${process.execPath} --import tsx ${WIRE} tun:sixfold0 packet:bm`;
    const { status, stdout } = await m.run(["unshare", "-m", "sh", "-c", hidden], { timeoutMs: 15_000 });
    assert.match(stdout, /there is no \/dev\/net\/tun: load the module/);
    assert.equal(status, 2);
  });
  await bench.check("no permission: a sentence and exit code 2", async () => {
    const argv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"];
    const command = [process.execPath, "--import", "tsx", WIRE, "packet:bm", "packet:bm"];
    const { status, stdout } = await m.run([...argv, ...command], { timeoutMs: 15_000 });
    assert.match(stdout, /no permission for a packet socket on bm/);
    assert.equal(status, 2);
  });
}

export const suite: Suite = {
  summary: "TAP and packet sockets against the Linux kernel, every offload on",
  needs: ["ip", "iperf3"],
  timeoutS: 120,
  run,
};
