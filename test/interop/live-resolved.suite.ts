/**
 * A host whose names systemd-resolved looks up: a terminal gives its name server to the interface of its applications, not to the
 * host, and takes it back. The links are those of lib/roaming.ts.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { NET } from "./lib/internet.js";
import { Live } from "./lib/live.js";
import { until } from "./lib/process.js";
import { startResolved } from "./lib/resolved.js";
import { plug, roamingWorld } from "./lib/roaming.js";
import { SCRIPTS } from "./lib/scapy.js";
import type { Bench, Suite } from "./lib/suite.js";

const NAME = "server.example.org";
const DNS = { address: "192.168.0.53", server: "2001:db8:9::53" };

export const suite: Suite = {
  summary: "a terminal's name server given to systemd-resolved, for its interface alone, and taken back",
  needs: ["ip", "radvd", "python", "scapy", "dbus", "resolved"],
  timeoutS: 90,
  run,
};

async function run(bench: Bench): Promise<void> {
  const { agent, server, links, terminal } = await roamingWorld(bench);
  await server.address("eth0", `${DNS.server}/64`);
  const names = server.start(["/usr/bin/python3", `${SCRIPTS}/name_server.py`, DNS.server, NAME, NET.correspondent]);
  await names.line(/ready/, 20_000);
  const env = await startResolved(bench, terminal);
  const resolvectl = (...words: string[]): Promise<string> =>
    terminal.must(["env", ...Object.entries(env).map(([key, value]) => `${key}=${value}`), "resolvectl", ...words]);
  const link = async (): Promise<string> =>
    (await resolvectl("dns", "sixfold0")) + (await resolvectl("domain", "sixfold0"));

  const example = readFileSync(fileURLToPath(new URL("../../docs/examples/terminal.yaml", import.meta.url)), "utf8");
  const config = bench.file("terminal.yaml");
  writeFileSync(config, `${example}  dns:\n    address: ${DNS.address}\n    server: "${DNS.server}"\n`);
  await Live.start(bench, agent, "home-agent", "docs/examples/home-agent.yaml");
  const before = readFileSync("/etc/resolv.conf", "utf8");
  const node = await Live.start(bench, terminal, "terminal", config, env);

  await bench.check("before it is registered the interface has no name server", async () => {
    assert.match(await link(), /sixfold0\):\s*\n.*sixfold0\):\s*$/);
  });
  await bench.check(
    "registered: the interface has the name server and all names, the host's file is left alone",
    async () => {
      await plug(links, "brA");
      await node.event("APPLICATION", "", 10_000);
      const told = await until("the name server", async () => /192\.168\.0\.53/.test(await link()), 3000).then(link);
      assert.match(told, /sixfold0\): 192\.168\.0\.53\n.*sixfold0\): ~\.\n/);
      assert.equal(readFileSync("/etc/resolv.conf", "utf8"), before);
      return told.trim().replaceAll("\n", ", ");
    },
  );
  await bench.check(
    "systemd-resolved finds a name that has IPv6 only under a virtual IPv4 address, through the terminal",
    async () => {
      const found = await resolvectl("query", "-4", NAME);
      assert.match(found, /^server\.example\.org: 192\.168\.0\.\d+ +-- link: sixfold0/m);
      await names.line(/"type": 28/, 1000);
      return found.split("\n")[0];
    },
  );
  await bench.check("stopped: systemd-resolved knows nothing of it any more", async () => {
    await node.stop();
    await assert.rejects(resolvectl("query", "-4", NAME));
    assert.doesNotMatch(await resolvectl("status", "--no-pager"), /192\.168\.0\.53/);
  });
  await bench.check("killed: ctl clean takes the name server back from an interface that stays", async () => {
    // The interface of applications may be one that somebody made to stay.
    await terminal.ip("tuntap add dev sixfold0 mode tun");
    const again = await Live.start(bench, terminal, "terminal", config, env);
    await again.event("APPLICATION", "", 10_000);
    await until("the name server", async () => /192\.168\.0\.53/.test(await link()), 3000);
    process.kill(again.process.pid, "SIGKILL");
    await again.process.ended(3000);
    assert.match(await link(), /192\.168\.0\.53/);
    const { status, stderr } = await again.ctl(["clean"], terminal);
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(await link(), /192\.168\.0\.53/);
  });
  await bench.check(
    "without systemd-resolved and a file of its own, a namespace leaves the host's file alone and says why",
    async () => {
      const alone = await Live.start(bench, terminal, "terminal", config);
      await alone.event("APPLICATION", "", 10_000);
      await alone.process.line(
        /name server 192\.168\.0\.53 not set: this network namespace shares \/etc\/resolv\.conf/,
        3000,
      );
      assert.equal(readFileSync("/etc/resolv.conf", "utf8"), before);
      await alone.stop();
    },
  );
}
