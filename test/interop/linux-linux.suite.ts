import assert from "node:assert/strict";
import { internet, joinLink, NET } from "./lib/internet.js";
import { linuxHomeAgent, linuxMobileNode, register } from "./lib/linux-mobility.js";
import type { Bench, Suite } from "./lib/suite.js";
import { umlBehind } from "./lib/uml.js";

export const suite: Suite = {
  summary: "the two Linux halves that linux-tunnel uses, against each other",
  needs: ["uml", "scapy", "iperf3", "ping"],
  timeoutS: 120,
  run,
};

async function run(bench: Bench): Promise<void> {
  const { router, correspondent } = await internet(bench.lab);
  const tunnel = ["ip6_tunnel"];
  const [agent, mobile] = await Promise.all([
    umlBehind(bench.lab, bench.folder, "agent", [{ ns: router, device: "home0" }], tunnel),
    umlBehind(bench.lab, bench.folder, "mobile", [{ ns: router, device: "visited0" }], tunnel),
  ]);
  bench.atEnd(() => agent.stop());
  bench.atEnd(() => mobile.stop());
  await joinLink(router, "home");
  await joinLink(router, "visited");
  await bench.check("scapy registers a Linux tunnel with a Linux home agent", async () => {
    await Promise.all([linuxHomeAgent(agent), linuxMobileNode(mobile)]);
    assert.equal((await register(mobile, 1)).status, 0);
  });
  await bench.check("ping both ways, small and fragmented", async () => {
    await correspondent.must(["ping", "-6", "-c", "3", "-i", "0.2", NET.mobile]);
    await correspondent.must(["ping", "-6", "-c", "3", "-i", "0.2", "-s", "3000", NET.mobile]);
    await mobile.must(`ping -6 -c 3 -i 0.2 -s 3000 ${NET.correspondent}`);
  });
}
