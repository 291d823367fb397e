import assert from "node:assert/strict";
import type { LiveNode } from "../../host-sim/core/scenario.js";
import type { Live } from "./lib/live.js";
import type { Namespace } from "./lib/netns.js";
import { startNode } from "./lib/start-node.js";
import type { Bench, Suite } from "./lib/suite.js";
import { type Uml, umlBehind } from "./lib/uml.js";
import {
  ALGORITHMS,
  type Algorithms,
  association,
  batch,
  IPSEC_MODULES,
  type KernelState,
  kernelState,
  writeKeys,
  xfrmStat,
} from "./lib/xfrm.js";

/**
 *     our host [eth0] ---- netem both ways: delay, reordering, duplicates ---- vec0 [Linux kernel, xfrm]
 *
 * Every case has an address of its own at both ends: one node and one kernel hold all associations at once. A flood of echoes goes there and
 * back protected; what arrives twice must have been seen by the replay windows, not by ping.
 */
export const suite: Suite = {
  summary:
    "ESP and AH against the Linux kernel: every algorithm, transport and tunnel, with and without ESN, under reordering and duplicates",
  needs: ["uml", "ping"],
  timeoutS: 480,
  run,
};

const PACKETS = 10_000;
const PAYLOAD = 200;
/** The rest fell out of a replay window or of a queue of the kernels. */
const MOST = 0.97 * PACKETS;

interface Case {
  name: string;
  ours: string;
  linux: string;
  fromOurs: KernelState;
  fromLinux: KernelState;
}

function cases(): Case[] {
  const out: Case[] = [];
  const add = (algorithms: Algorithms, mode: "transport" | "tunnel", esn: boolean): void => {
    const i = out.length;
    const ours = `2001:db8:2::a:${(i + 1).toString(16)}`;
    const linux = `2001:db8:2::b:${(i + 1).toString(16)}`;
    const both = { algorithms, mode, esn };
    out.push({
      name: `${algorithms.name}, ${mode}${esn ? ", ESN" : ""}`,
      ours,
      linux,
      fromOurs: { ...both, src: ours, dst: linux, spi: 0x1000 + 2 * i },
      fromLinux: { ...both, src: linux, dst: ours, spi: 0x1001 + 2 * i },
    });
  };
  for (const algorithms of ALGORITHMS)
    for (const mode of ["transport", "tunnel"] as const) for (const esn of [false, true]) add(algorithms, mode, esn);
  return out;
}

async function run(bench: Bench): Promise<void> {
  const all = cases();
  const [near, far] = [await bench.lab.namespace("host"), await bench.lab.namespace("far")];
  const link = await disorderlyLink(bench, near, "eth0", far, "fars");
  const guest = await umlBehind(bench.lab, bench.folder, "linux", [{ ns: far, device: "linux" }], IPSEC_MODULES);
  bench.atEnd(() => guest.stop());
  await bench.lab.bridge(far, "br0", ["fars", "linux"]);
  await prepare(bench, guest, all);
  const node = await startNode(bench, near, "host", ourHost(bench, all));
  for (const { name, ours, linux } of all) {
    await bench.check(`${name}: ${PACKETS} echoes there and back`, () => flood(guest, linux, ours));
  }
  await bench.check(
    "the kernel refused what came twice or too late by its number, nothing for another reason",
    async () => {
      const stat = await xfrmStat(guest);
      const { XfrmInStateSeqError: repeated, ...rest } = Object.fromEntries(
        Object.entries(stat).filter(([, n]) => n > 0),
      );
      assert.deepEqual(rest, {});
      assert.ok(repeated > 100, `${repeated}`);
      return `${repeated} numbers`;
    },
  );
  await bench.check("our host refused what came twice or too late by its number, nothing for another reason", () =>
    ourCounters(node),
  );
  await node.stop();
  await guest.stop();
  await link.stop();
}

/** Addresses and databases. */
async function prepare(bench: Bench, guest: Uml, all: readonly Case[]): Promise<void> {
  const lines = all.flatMap(({ ours, linux, fromOurs, fromLinux }) => {
    const template = `proto ${fromOurs.algorithms.protocol} mode ${fromOurs.mode}`;
    const policy = (src: string, dst: string, dir: string): string =>
      `xfrm policy add src ${src}/128 dst ${dst}/128 dir ${dir} priority 20 tmpl src ${src} dst ${dst} ${template}`;
    return [
      `addr add ${linux}/64 dev vec0 nodad`,
      `xfrm state add ${kernelState(fromOurs)}`,
      `xfrm state add ${kernelState(fromLinux)}`,
      policy(ours, linux, "in"),
      policy(linux, ours, "out"),
    ];
  });
  // Neighbour discovery stays in the clear.
  for (const type of [135, 136])
    for (const dir of ["in", "out"])
      lines.push(`xfrm policy add src ::/0 dst ::/0 proto ipv6-icmp type ${type} dir ${dir} priority 10 action allow`);
  await batch(bench, guest, lines);
}

/** A kernel that is nothing but a disorderly link between `near` and `far`. */
async function disorderlyLink(
  bench: Bench,
  near: Namespace,
  device: string,
  far: Namespace,
  farDevice: string,
): Promise<Uml> {
  const guest = await umlBehind(
    bench.lab,
    bench.folder,
    "link",
    [
      { ns: near, device },
      { ns: far, device: farDevice },
    ],
    ["bridge", "sch_netem"],
  );
  bench.atEnd(() => guest.stop());
  const disorder = "netem delay 500us 400us duplicate 3% limit 10000";
  await guest.must(
    [
      "ip link add br0 type bridge forward_delay 0 stp_state 0 mcast_snooping 0",
      "ip link set br0 up",
      ...["vec0", "vec1"].flatMap((name) => [
        `ip link set ${name} promisc on master br0`,
        `tc qdisc add dev ${name} root ${disorder}`,
      ]),
    ].join(" && "),
  );
  return guest;
}

function ourHost(bench: Bench, all: readonly Case[]): LiveNode {
  const keys = bench.file("keys.yaml");
  writeKeys(
    keys,
    all.flatMap(({ fromOurs, fromLinux }) => [fromOurs, fromLinux]),
  );
  return {
    image: "host",
    profile: "pc",
    ports: {
      eth: {
        interface: "eth0",
        autoconfigure: false,
        address: all.map(({ ours }) => `${ours}/64`),
        "duplicate-detection": false,
      },
    },
    application: false,
    ipsec: {
      policies: all.map(({ ours, linux, fromOurs: { mode } }, i) => ({
        name: `case-${i}`,
        local: ours,
        remote: linux,
        action: "protect",
        mode,
        ...(mode === "tunnel" ? { tunnel: { local: ours, remote: linux } } : {}),
      })),
      associations: all.flatMap(({ fromOurs, fromLinux }, i) => [
        association(`case-${i}`, "out", fromOurs, keys),
        association(`case-${i}`, "in", fromLinux, keys),
      ]),
    },
  };
}

async function flood(guest: Uml, from: string, to: string): Promise<string> {
  const text = await guest.must(`ping -6 -f -l 48 -q -c ${PACKETS} -W 2 -s ${PAYLOAD} -I ${from} ${to}; true`, 60_000);
  const [, sent, received, duplicates = "0"] =
    /(\d+) packets transmitted, (\d+) received,(?: \+(\d+) duplicates,)?/.exec(text) ?? [];
  assert.equal(Number(sent), PACKETS, text);
  assert.equal(Number(duplicates), 0, text);
  assert.ok(Number(received) >= MOST, text);
  return `${received} of ${sent}`;
}

async function ourCounters(node: Live): Promise<string> {
  const status = await node.status();
  const drops = status.drops as unknown as Record<string, number>;
  for (const reason of ["BAD_ICV", "BAD_ESP", "BAD_AH", "NO_SA", "POLICY_MISMATCH", "POLICY_DISCARD", "SA_UNSAVED"])
    assert.equal(drops[reason] ?? 0, 0, `${reason}: ${JSON.stringify(drops)}`);
  assert.ok(drops.REPLAYED > 100, JSON.stringify(drops));
  return `${drops.REPLAYED} numbers`;
}
