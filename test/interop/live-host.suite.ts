/**
 * What a live node does to its host, and what is left of it: name servers, moves between interfaces, kill -9 of terminal and home
 * agent, an interface that goes. The links are those of lib/roaming.ts; the terminal has a second interface, eth1.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { NET } from "./lib/internet.js";
import { Live } from "./lib/live.js";
import type { Namespace } from "./lib/netns.js";
import { until } from "./lib/process.js";
import { addCable, plug, roamingWorld } from "./lib/roaming.js";
import { SCRIPTS } from "./lib/scapy.js";
import type { Bench, Suite } from "./lib/suite.js";

const NAME = "server.example.org";
const RESOLV_CONF = "nameserver 192.0.2.1\n# the host's own\n";
const DNS = { address: "192.168.0.53", server: "2001:db8:9::53" };
const AGENT = "docs/examples/home-agent.yaml";

/** The terminal of docs/examples without the server's fixed address: it is found by name. */
function terminalConfig(bench: Bench): string {
  const example = readFileSync(fileURLToPath(new URL("../../docs/examples/terminal.yaml", import.meta.url)), "utf8");
  const table = new RegExp(`^ +${NET.correspondent}: .*\n`, "m");
  assert.match(example, table);
  writeFileSync(
    bench.file("terminal.yaml"),
    `${example.replace(table, "")}  dns:\n    address: ${DNS.address}\n    server: "${DNS.server}"\n`,
  );
  return bench.file("terminal.yaml");
}

/** `ip netns exec` shows this file as /etc/resolv.conf inside. */
function resolvConf(bench: Bench, ns: Namespace): string {
  const folder = `/etc/netns/${ns.name}`;
  mkdirSync(folder, { recursive: true });
  bench.atEnd(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(`${folder}/resolv.conf`, RESOLV_CONF);
  return `${folder}/resolv.conf`;
}

async function run(bench: Bench): Promise<void> {
  const { agent, server, links, terminal } = await roamingWorld(bench);
  await addCable(bench.lab, links, "cable1", terminal, "eth1");
  await server.address("eth0", `${DNS.server}/64`);
  const resolv = resolvConf(bench, terminal);
  const config = terminalConfig(bench);
  writeFileSync(bench.file("index.html"), "hello from IPv6\n");
  server.start(["python3", "-m", "http.server", "80", "--bind", NET.correspondent, "--directory", bench.folder]);
  const names = server.start(["/usr/bin/python3", `${SCRIPTS}/name_server.py`, DNS.server, NAME, NET.correspondent]);
  await names.line(/ready/, 20_000);
  let home = await Live.start(bench, agent, "home-agent", AGENT);
  const node = await Live.start(bench, terminal, "terminal", config);
  await bench.check("a home agent without IPsec says so", async () => {
    await home.process.line(/runs without IPsec/, 1000);
  });
  const disabled = async (device: string): Promise<string> =>
    (await terminal.must(["sysctl", "-n", `net.ipv6.conf.${device}.disable_ipv6`])).trim();

  await bench.check("it registers, and the name server is the host's from then on", async () => {
    assert.equal(readFileSync(resolv, "utf8"), RESOLV_CONF);
    await plug(links, "brA");
    await node.event("APPLICATION", "", 10_000);
    assert.match(readFileSync(resolv, "utf8"), /^nameserver 192\.168\.0\.53$/m);
  });
  await bench.check("an IPv4-only program reaches a name that has IPv6 only", async () => {
    const page = await terminal.must(["curl", "-4", "-sS", "--max-time", "5", `http://${NAME}/index.html`]);
    assert.equal(page, "hello from IPv6\n");
    await names.line(/"type": 28/, 1000);
    const { translations } = await node.status();
    const row = translations.find(({ ip6 }) => ip6 === NET.correspondent);
    assert.match(String(row?.ip4), /^192\.168\.0\./);
    return `${NAME} is ${row?.ip4} here`;
  });
  await bench.check("status tells binding, neighbours, counters and drops, for people too", async () => {
    const { bindings } = await home.status();
    const { bindingUpdates, neighbours, programs } = await node.status();
    assert.deepEqual([bindings[0].home, bindingUpdates[0].state], [NET.mobile, "bound"]);
    assert.equal(bindings[0].careOf, bindingUpdates[0].careOf);
    assert.ok(neighbours.length > 0 && programs.some(({ number, on }) => number === 10000 && on));
    const { stdout } = await home.ctl(["status"]);
    assert.match(stdout, /^bindings\nhome +careOf/m);
    assert.match(stdout, /^drops: /m);
  });
  await bench.check("ctl move takes another interface, and the binding follows", async () => {
    await plug(links, "brB", "cable1");
    const from = node.process.lines.length;
    const { status, stderr } = await node.ctl(["move", "eth1"]);
    assert.equal(status, 0, stderr);
    const { a } = await node.event("MOVED", "to a visited link", 5000, from);
    await node.event("REGISTRATION", "REGISTERED", 5000, from);
    assert.match(a, /^2001:db8:3:/);
    await terminal.must(["ping", "-4", "-c", "2", "-i", "0.2", "-W", "2", DNS.address]);
    const wrong = await node.ctl(["move", "nothing0"]);
    assert.deepEqual([wrong.status, /there is no interface "nothing0" here/.test(wrong.stderr)], [1, true]);
  });
  await bench.check(
    "a killed home agent has its binding again after a restart, without the terminal's doing",
    async () => {
      process.kill(home.process.pid, "SIGKILL");
      await home.process.ended(3000);
      const sent = node.events.filter(({ kindName }) => kindName === "BU_SENT").length;
      home = await Live.start(bench, agent, "home-agent", AGENT);
      const { bindings } = await home.status();
      assert.equal(bindings[0]?.home, NET.mobile);
      // Its own address is probed first (RFC 4862 §5.4), which takes a second.
      const answered = async (): Promise<boolean> =>
        (await terminal.run(["ping", "-4", "-c", "1", "-W", "1", DNS.address])).status === 0;
      await until("an answer through the restarted home agent", answered, 8000);
      assert.equal(node.events.filter(({ kindName }) => kindName === "BU_SENT").length, sent);
    },
  );
  await bench.check(
    "a home agent that lost its records has the binding again once the terminal sends something",
    async () => {
      await home.stop();
      rmSync(bench.file("state/home-agent.store"));
      home = await Live.start(bench, agent, "home-agent", AGENT);
      assert.deepEqual((await home.status()).bindings, []);
      const begin = Date.now();
      const answered = async (): Promise<boolean> =>
        (await terminal.run(["ping", "-4", "-c", "1", "-W", "1", DNS.address])).status === 0;
      await until("an answer through the home agent that has forgotten", answered, 8000);
      assert.equal((await home.status()).bindings[0]?.home, NET.mobile);
      return `${Date.now() - begin} ms, its own duplicate address detection included`;
    },
  );
  await bench.check("a second node of the same name is refused with exit code 2", async () => {
    const second = Live.begin(bench, terminal, "terminal", config);
    assert.equal(await second.process.ended(10_000), 2);
    assert.match(second.process.lines.join("\n"), /running already/);
  });
  await bench.check("what a killed terminal left is taken back by ctl clean, in its namespace alone", async () => {
    process.kill(node.process.pid, "SIGKILL");
    await node.process.ended(3000);
    assert.deepEqual([await disabled("wlan0"), await disabled("eth1")], ["1", "1"]);
    assert.match(readFileSync(resolv, "utf8"), /sixfold/);
    const outside = await node.ctl(["clean"]);
    assert.deepEqual([outside.status, /another network namespace/.test(outside.stderr)], [2, true]);
    const inside = await node.ctl(["clean"], terminal);
    assert.equal(inside.status, 0, inside.stderr);
    assert.equal(readFileSync(resolv, "utf8"), RESOLV_CONF);
    assert.deepEqual([await disabled("wlan0"), await disabled("eth1")], ["0", "0"]);
    return inside.stdout.trim();
  });
  await bench.check("without translation the home address itself is the application's (program 10001)", async () => {
    const example = readFileSync(config, "utf8").split("translation:")[0];
    writeFileSync(bench.file("native.yaml"), `${example}programs: [10001]\n`);
    const native = await Live.start(bench, terminal, "terminal", bench.file("native.yaml"));
    await native.event("APPLICATION", "", 10_000);
    await terminal.must(["ping", "-6", "-c", "3", "-i", "0.2", "-W", "2", "-I", NET.mobile, NET.correspondent]);
    const page = await terminal.must([
      "curl",
      "-6",
      "-sS",
      "--max-time",
      "5",
      `http://[${NET.correspondent}]/index.html`,
    ]);
    assert.equal(page, "hello from IPv6\n");
    await native.process.stop("SIGTERM");
    assert.equal(native.process.status, 0);
  });
  await bench.check("an interface that is removed ends the node: everything taken back, exit code 2", async () => {
    const last = await Live.start(bench, terminal, "terminal", config);
    await last.event("REGISTRATION", "REGISTERED", 10_000);
    await until("the name server", async () => readFileSync(resolv, "utf8").includes("sixfold"), 3000);
    await terminal.ip("link del wlan0");
    assert.equal(await last.process.ended(5000), 2);
    assert.match(last.process.lines.join("\n"), /interface wlan0 was removed/);
    assert.equal(readFileSync(resolv, "utf8"), RESOLV_CONF);
  });
  await bench.check(
    "an interface with an MTU that IPv6 cannot use, a core that has no room: a sentence, exit code 2",
    async () => {
      const refused = async (text: string, message: RegExp): Promise<void> => {
        writeFileSync(bench.file("refused.yaml"), text);
        const node = Live.begin(bench, terminal, "terminal", bench.file("refused.yaml"));
        assert.equal(await node.process.ended(10_000), 2);
        assert.match(node.process.lines.join("\n"), message);
      };
      const example = readFileSync(config, "utf8").replace("interface: wlan0", "interface: eth1");
      const rows = Array.from({ length: 80 }, (_, i) => `    2001:db8:9::1:${i}: 192.168.0.${i + 100}\n`).join("");
      await refused(example.replace("  table:\n", `  table:\n${rows}`), /TABLE_FULL/);
      await terminal.ip("link set eth1 mtu 1000");
      await refused(example, /eth1 has an MTU of 1000, IPv6 needs 1280/);
    },
  );
  await bench.check("a configuration with an unknown key is a line with its place, exit code 2", async () => {
    writeFileSync(bench.file("wrong.yaml"), readFileSync(config, "utf8").replace("pool4:", "pool5:"));
    const wrong = Live.begin(bench, terminal, "terminal", bench.file("wrong.yaml"));
    assert.equal(await wrong.process.ended(10_000), 2);
    assert.match(wrong.process.lines.join("\n"), /wrong\.yaml:\d+:\d+: translation\.pool5: unknown key/);
  });
}

export const suite: Suite = {
  summary: "a live node and its host: name servers, moves, kill -9, restarts, interfaces that go",
  needs: ["ip", "ping", "curl", "radvd", "python", "scapy"],
  timeoutS: 120,
  run,
};
