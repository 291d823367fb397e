import { Capture } from "./lib/capture.js";
import { ipsecOf, type Peer, type PeerOptions, peer, rowOf } from "./lib/peers.js";
import { Scapy } from "./lib/scapy.js";
import { startNode } from "./lib/start-node.js";
import type { Bench, Suite } from "./lib/suite.js";
import { ALGORITHMS } from "./lib/xfrm.js";

/**
 *     scapy [s0] ---- [eth0] our node        scapy plays everybody else on the link
 *
 * Its SecurityAssociation protects and opens; keys are the same on both sides, code is not.
 */
export const suite: Suite = {
  summary: "scapy's ESP and AH against our host, and what IPsec is attacked with",
  needs: ["scapy", "tcpdump"],
  timeoutS: 180,
  run,
};

const TARGET = "2001:db8:1::1";
const PLAIN = "2001:db8:1::2";
const STRANGER = "2001:db8:1::3";
const WINDOW_BITS = 256;

async function run(bench: Bench): Promise<void> {
  await againstOurHost(bench);
}

async function link(bench: Bench, label: string) {
  const scapy = await bench.lab.namespace(`scapy-${label}`);
  const ours = await bench.lab.namespace(label);
  await bench.lab.wire(scapy, "s0", ours, "eth0");
  // scapy alone speaks here.
  await scapy.sysctl({ "net.ipv6.conf.s0.disable_ipv6": 1 });
  return { scapy, ours };
}

/**
 * A peer for every algorithm, in transport mode and, with ESN, in tunnel mode; and those that bad packets are sent as. A host has room for 24
 * policies.
 */
function hostPeers(): { peers: Peer[]; exchanges: string[]; extended: string[] } {
  const peers: Peer[] = [];
  const add = (name: string, options: PeerOptions): string => {
    const n = peers.length + 1;
    peers.push(peer(name, TARGET, `2001:db8:1::1:${n.toString(16)}`, 0x1000 + 2 * n, options));
    return name;
  };
  const exchanges = ALGORITHMS.map((algorithms) => add(`${algorithms.name}, transport`, { algorithms }));
  const extended = ALGORITHMS.map((algorithms) =>
    add(`${algorithms.name}, tunnel, ESN`, { algorithms, mode: "tunnel", esn: true }),
  );
  const [algorithms] = ALGORITHMS;
  exchanges.push(add("in UDP", { algorithms, udp: true }));
  add("tunnel", { algorithms, mode: "tunnel" });
  add("window", { algorithms });
  add("narrow", { algorithms, select: { protocol: "udp" } });
  return { peers, exchanges, extended };
}

async function againstOurHost(bench: Bench): Promise<void> {
  const { scapy, ours } = await link(bench, "host");
  const { peers, exchanges, extended } = hostPeers();
  const node = await startNode(bench, ours, "host", {
    image: "host",
    ports: { eth: { interface: "eth0", address: `${TARGET}/64`, "duplicate-detection": false } },
    application: false,
    ipsec: ipsecOf(peers, bench.file("host-keys.yaml"), {
      first: [{ name: "plain", local: TARGET, remote: PLAIN, action: "bypass" }],
      fallback: "discard",
    }),
  });
  const capture = await Capture.start(scapy, "s0", bench.file("host.pcap"));
  const config = {
    target: TARGET,
    control: bench.file(`run/${node.name}.sock`),
    plain: PLAIN,
    stranger: STRANGER,
    peers: peers.map(rowOf),
    exchanges,
    extended,
    each: exchanges.filter((name) => name.endsWith("transport")),
    main: "aes-128-gcm, transport",
    tunnel: "tunnel",
    ah: "ah hmac-sha2, transport",
    window: "window",
    udp: "in UDP",
    narrow: "narrow",
    windowBits: WINDOW_BITS,
  };
  const script = Scapy.start(scapy, "ipsec_host.py", ["s0", JSON.stringify(config)]);
  await script.relay(bench, "host", 60_000);
  await script.stop();
  await capture.stop();
  await node.stop();
}
