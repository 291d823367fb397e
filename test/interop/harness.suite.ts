import assert from "node:assert/strict";
import { Capture } from "./lib/capture.js";
import { until } from "./lib/process.js";
import { startRadvd } from "./lib/radvd.js";
import { Scapy } from "./lib/scapy.js";
import type { Bench, Suite } from "./lib/suite.js";
import { assertClean, count, dissect } from "./lib/tshark.js";
import { umlBehind } from "./lib/uml.js";

/**
 * The test's own tools, Linux against Linux, so that a failure elsewhere can be told from a broken tool.
 *
 *     router [r0] ---- [eth0] host          radvd, SLAAC, a capture
 *     router [r1] ---- tap  user-mode-linux  vec0
 */
export const suite: Suite = {
  summary: "the tools themselves: namespaces, radvd, user-mode-linux, scapy, tshark; Linux against Linux",
  needs: ["radvd", "uml", "scapy", "tshark", "tcpdump", "ping"],
  timeoutS: 90,
  run,
};

async function run(bench: Bench): Promise<void> {
  const router = await bench.lab.namespace("router");
  const host = await bench.lab.namespace("host");
  await bench.lab.wire(router, "r0", host, "eth0");
  await router.address("r0", "2001:db8:1::1/64");

  await bench.check("radvd gives a Linux host an address and a route", async () => {
    const capture = await Capture.start(host, "eth0", bench.file("slaac.pcap"));
    await startRadvd(router, bench.folder, [{ device: "r0", prefixes: [{ prefix: "2001:db8:1::/64" }] }]);
    const address = await until("an address by SLAAC", async () => (await host.addresses("eth0"))[0], 15_000);
    assert.match(address, /^2001:db8:1:/);
    await host.must(["ping", "-6", "-c", "2", "-i", "0.2", "2001:db8:1::1"]);
    await capture.stop();
    await assertClean(capture.file);
    assert.ok((await count(capture.file, "icmpv6.type == 134")) > 0, "no RA in the capture");
    return address;
  });

  await bench.check("user-mode-linux boots, obeys and answers pings", async () => {
    const guest = await umlBehind(
      bench.lab,
      bench.folder,
      "guest",
      [{ ns: router, device: "r1" }],
      ["ip6_tunnel", "mip6"],
    );
    bench.atEnd(() => guest.stop());
    await router.address("r1", "2001:db8:2::1/64");
    await guest.must("ip -6 addr add 2001:db8:2::2/64 dev vec0 nodad");
    await guest.must("ping -6 -c 2 -i 0.2 -W 2 2001:db8:2::1");
    await router.must(["ping", "-6", "-c", "2", "-i", "0.2", "-s", "3000", "2001:db8:2::2"]);
    await guest.must("ip -6 tunnel add t6 mode ip6ip6 local 2001:db8:2::2 remote 2001:db8:2::1");
    await guest.must("ip -6 xfrm state add src 2001:db8::1 dst 2001:db8::2 proto route2 mode ro coa 2001:db8::3");
    const [slow, quick] = await Promise.all([guest.run("sleep 0.4; exit 3"), guest.run("echo one; echo two >&2")]);
    assert.deepEqual([slow.status, quick.stdout], [3, "one\ntwo"]);
    return (await guest.must("uname -r")).trim();
  });

  await bench.check("tshark knows scapy's mobility messages and finds a planted checksum error", async () => {
    const [good, bad] = [bench.file("mobility.pcap"), bench.file("broken.pcap")];
    const { frames } = await Scapy.start(null, "mobility_messages.py", [good, bad]).next<{ frames: number }>();
    assert.equal(await assertClean(good), frames);
    const { flaws } = await dissect(bad);
    assert.deepEqual(
      flaws.map((flaw) => [flaw.frame, flaw.kind]),
      [[frames + 1, "checksum"]],
    );
  });
}
