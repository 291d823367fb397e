import { ipsecOf, type Peer, peer } from "../../interop/lib/peers.js";
import { startNode } from "../../interop/lib/start-node.js";
import type { Bench } from "../../interop/lib/suite.js";
import { ALGORITHMS } from "../../interop/lib/xfrm.js";
import type { Pair } from "./load.js";
import { DEVICE, wired } from "./wire.js";

const [LEFT, RIGHT] = ["fd00:a::1", "fd00:a::2"];
/** ESP in UDP, as the other side has it. */
const TUNNEL = {
  algorithms: ALGORITHMS.find(({ name }) => name === "chacha20-poly1305")!,
  mode: "tunnel",
  udp: true,
} as const;

/** Two hosts (`sixfold up`, profile pc), each on a packet socket and a TUN, with keys by hand. What is not protected does not pass. */
export async function sixfoldPair(bench: Bench): Promise<Pair> {
  const [from, to] = await wired(bench.lab, "six");
  const left = peer("tunnel", LEFT, RIGHT, 0x1001, TUNNEL);
  const right: Peer = { ...left, local: RIGHT, remote: LEFT, in: left.out, out: left.in };
  const pids: number[] = [];
  for (const [ns, one] of [
    [from, left],
    [to, right],
  ] as const) {
    const node = await startNode(bench, ns, "host", {
      image: "host",
      profile: "pc",
      ports: { eth: { interface: DEVICE, address: `${one.local}/64`, "duplicate-detection": false } },
      application: { interface: "six0" },
      ipsec: ipsecOf([one], bench.file(`keys-${one.in.spi}.yaml`), { fallback: "discard" }),
    });
    pids.push(node.process.pid);
    await ns.ip("link set six0 mtu 1400 up");
    await ns.address("six0", `${one.local}/128`);
    await ns.ip(`-6 route add ${one.remote} dev six0`);
  }
  return { name: "sixfold", from, to, source: LEFT, target: RIGHT, pids };
}
