/**
 * The main thing on real packets: an IPv4-only program keeps its TCP connection while its terminal roams over the links of
 * lib/roaming.ts. The cable is pulled out of one link before it is put into the next; only radvd's advertisements start the
 * recovery. The configurations are those of docs/two-hosts.md.
 */
import assert from "node:assert/strict";
import { createHash, randomFillSync } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { inPrefix, parseIp6, parsePrefix } from "../../host-sim/core/address.js";
import { Capture } from "./lib/capture.js";
import { NET } from "./lib/internet.js";
import { Live } from "./lib/live.js";
import type { Namespace } from "./lib/netns.js";
import { plug, ROAM, roamingWorld, UNPLUGGED_MS } from "./lib/roaming.js";
import type { Bench, Suite } from "./lib/suite.js";
import { fields } from "./lib/tshark.js";

const SERVER = fileURLToPath(new URL("./programs/paced-server.ts", import.meta.url));
const MB = 1e6;
const SIZE = 50 * MB;
/** Bytes a second that the server sends. */
const RATE = 5 * MB;
const SERVER4 = "192.168.0.100";
/** Limits of an outage, from the pulling of the cable: for packets, and for what TCP's own timers make of it. */
const PACKETS_MS = 1200;
const TCP_MS = 3000;

/** So many bytes come before the first move and between moves; at least `LEAST` of them are asserted. */
const STRETCH = 8 * MB;
const LEAST = 5 * MB;

const MOVES = [
  { to: "brB", what: "to another visited link" },
  { to: "brA", what: "back to the first visited link" },
  { to: "brH", what: "home" },
] as const;

/** A download whose progress is looked at every few milliseconds. */
class Download {
  readonly samples: { at: number; bytes: number }[] = [];
  private readonly timer = setInterval(() => {
    const bytes = this.bytes;
    if (bytes !== this.samples.at(-1)?.bytes) this.samples.push({ at: Date.now(), bytes });
  }, 5);

  constructor(private readonly file: string) {
    writeFileSync(file, "");
  }

  get bytes(): number {
    return statSync(this.file).size;
  }

  async reach(bytes: number, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (this.bytes < bytes) {
      if (Date.now() > deadline) throw new Error(`${this.bytes} of ${bytes} bytes after ${timeoutMs} ms`);
      await pause(5);
    }
  }

  stop(): void {
    clearInterval(this.timer);
  }

  bytesAt(time: number): number {
    return this.samples.findLast(({ at }) => at <= time)?.bytes ?? 0;
  }
}

/** The longest silence, in ms, that has its end between the two times. */
function silence(times: number[], from: number, to: number): number {
  let longest = 0;
  for (let i = 1; i < times.length; i++) {
    if (times[i] >= from && times[i] <= to) longest = Math.max(longest, times[i] - times[i - 1]);
  }
  return longest;
}

async function run(bench: Bench): Promise<void> {
  const { agent, router, server, links, terminal } = await roamingWorld(bench);
  writeFileSync(bench.file("blob"), randomFillSync(Buffer.alloc(SIZE)));
  const captures = [];
  for (const device of ["home0", "visited0", "roam0", "server0"]) {
    captures.push(await Capture.start(router, device, bench.file(`${device}.pcap`), "ip6", 160));
  }
  const paced = [process.execPath, "--import", "tsx", SERVER, NET.correspondent, bench.file("blob"), `${RATE}`];
  await server.start(paced).line(/listening/, 15_000);
  await Live.start(bench, agent, "home-agent", "docs/examples/home-agent.yaml");
  const node = await Live.start(bench, terminal, "terminal", "docs/examples/terminal.yaml");

  const registered = await bench.check("the terminal registers from the first visited link", async () => {
    const begin = Date.now();
    await plug(links, "brA");
    await node.event("REGISTRATION", "REGISTERED", 10_000);
    await node.event("APPLICATION", "", 5000);
    return `${Date.now() - begin} ms after the cable was pulled, with the home agent's duplicate detection`;
  });
  if (!registered) return;

  const ping = terminal.start(["ping", "-4", "-n", "-D", "-i", "0.01", SERVER4]);
  await ping.line(/bytes from/, 5000);
  const download = new Download(bench.file("got"));
  const curl = terminal.start([
    ...["curl", "-4", "-sS", "-o", bench.file("got"), "-w", "%{http_code} %{num_connects}\\n"],
    `http://${SERVER4}/blob`,
  ]);
  const pulls: number[] = [];
  for (const { to, what } of MOVES) {
    const moved = await bench.check(`it moves ${what} while curl runs`, async () => {
      await download.reach(download.bytesAt(pulls.at(-1) ?? 0) + STRETCH, 30_000);
      const from = node.process.lines.length;
      pulls.push(await plug(links, to));
      await node.event("REGISTRATION", to === "brH" ? "HOME" : "REGISTERED", 10_000, from);
      return undefined;
    });
    if (!moved) break;
  }
  await bench.check("curl gets every byte over one connection", async () => {
    assert.equal(await curl.ended(60_000), 0, curl.lines.join("\n"));
    assert.equal(curl.lines.at(-1), "200 1");
    const sum = (name: string): string =>
      createHash("sha256")
        .update(readFileSync(bench.file(name)))
        .digest("hex");
    assert.equal(sum("got"), sum("blob"));
    return `SHA-256 ${sum("got").slice(0, 16)}…`;
  });
  download.stop();
  await ping.stop("SIGINT");
  const replies = ping.lines
    .flatMap((line) => /^\[([\d.]+)\].*bytes from/.exec(line)?.[1] ?? [])
    .map((s) => Number(s) * 1000);

  for (const [i, pulled] of pulls.entries()) {
    await bench.check(`outage of move ${i + 1} (${MOVES[i].what})`, async () => {
      const next = pulls[i + 1] ?? Number.POSITIVE_INFINITY;
      const packets = silence(replies, pulled, next);
      const tcp = silence(
        download.samples.map(({ at }) => at),
        pulled,
        next,
      );
      assert.ok(packets > 0 && packets <= PACKETS_MS, `packets: ${packets.toFixed(0)} ms, limit ${PACKETS_MS}`);
      assert.ok(tcp <= TCP_MS, `TCP: ${tcp} ms, limit ${TCP_MS}`);
      return `packets ${packets.toFixed(0)} ms, TCP ${tcp} ms, ${UNPLUGGED_MS} ms of them without a link`;
    });
  }
  await bench.check("at least 5 MB flow before, between and after the moves", async () => {
    const marks = [0, ...pulls.map((pulled) => download.bytesAt(pulled)), SIZE];
    const parts = marks.slice(1).map((mark, i) => (mark - marks[i]) / MB);
    assert.ok(parts.length === MOVES.length + 1 && parts.every((part) => part >= LEAST / MB), parts.join(", "));
    return `${parts.map((part) => part.toFixed(1)).join(", ")} MB`;
  });
  for (const capture of captures) await capture.stop();
  await onTheWire(bench);
  await takenBack(bench, node, terminal);
}

/** Source and destination of the outermost IPv6 header of everything that is not neighbour discovery or multicast. */
async function ends(bench: Bench, device: string): Promise<[string, string][]> {
  const notice = "!(icmpv6.type >= 133 && icmpv6.type <= 137) && !(ipv6.dst == ff00::/8) && !(ipv6.addr == fe80::/10)";
  const rows = await fields(bench.file(`${device}.pcap`), ["ipv6.src", "ipv6.dst"], notice);
  return rows.map(([source, destination]) => [source[0], destination[0]]);
}

async function onTheWire(bench: Bench): Promise<void> {
  for (const [device, net] of [
    ["visited0", NET.visited],
    ["roam0", ROAM],
  ] as const) {
    await bench.check(`on ${device} there is nothing but care-of address ↔ home agent`, async () => {
      const pairs = await ends(bench, device);
      assert.ok(pairs.length > 1000, `${pairs.length} packets`);
      const visitors = new Set<string>();
      for (const pair of pairs) {
        const [careOf] = pair.filter((address) => address !== NET.agent);
        assert.ok(
          pair.includes(NET.agent) && inPrefix(parseIp6(careOf), parsePrefix(`${net.prefix}/64`)),
          pair.join(" → "),
        );
        visitors.add(careOf);
      }
      assert.equal(visitors.size, 1);
      return `${pairs.length} packets, ${[...visitors]}`;
    });
  }
  await bench.check("the server sees the home address alone", async () => {
    const pairs = await ends(bench, "server0");
    const seen = new Set(pairs.map((pair) => [...pair].sort().join(" ")));
    assert.deepEqual([...seen], [[NET.mobile, NET.correspondent].sort().join(" ")]);
    return `${pairs.length} packets`;
  });
}

async function takenBack(bench: Bench, node: Live, terminal: Namespace): Promise<void> {
  await bench.check("at the end the host is as it was", async () => {
    await node.process.stop("SIGTERM");
    assert.equal(node.process.status, 0);
    const left = await terminal.must(["ip", "-4", "addr"]);
    assert.doesNotMatch(left, /192\.168\.0\.10|sixfold0/);
    assert.equal((await terminal.must(["sysctl", "-n", "net.ipv6.conf.wlan0.disable_ipv6"])).trim(), "0");
  });
}

export const suite: Suite = {
  summary: "an IPv4-only curl keeps its TCP connection while its terminal roams between radvd's links",
  needs: ["ip", "ping", "curl", "radvd", "tcpdump", "tshark"],
  timeoutS: 150,
  run,
};
