import { existsSync, writeFileSync } from "node:fs";
import { until } from "../../interop/lib/process.js";
import type { Bench } from "../../interop/lib/suite.js";
import type { Pair } from "./load.js";
import { DEVICE, wired } from "./wire.js";

const CHARON = "/usr/lib/ipsec/charon";
/** Files that show what is installed, and the Debian packages that bring them. */
export const STRONGSWAN = {
  [CHARON]: "strongswan-charon",
  "/usr/sbin/swanctl": "strongswan-swanctl",
  "/usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so": "libcharon-extra-plugins",
  "/usr/lib/ipsec/plugins/libstrongswan-openssl.so": "libstrongswan-standard-plugins",
  "/usr/lib/ipsec/plugins/libstrongswan-curve25519.so": "libstrongswan-extra-plugins",
};

interface End {
  /** Of the wire, and of the tunnelled packets. */
  outer: string;
  inner: string;
  identity: string;
}
const LEFT: End = { outer: "fd00:a::1", inner: "fd00:51::1", identity: "left" };
const RIGHT: End = { outer: "fd00:a::2", inner: "fd00:52::1", identity: "right" };

/** OpenSSL's algorithms; ESP in the daemon itself (libipsec) on a TUN, in UDP. */
const daemon = (socket: string, log: string): string => `charon {
  load = random nonce openssl drbg kdf hmac sha2 curve25519 pem pkcs1 x509 pubkey kernel-libipsec kernel-netlink socket-default vici
  port = 500
  port_nat_t = 4500
  filelog { log {
    path = ${log}
    default = 1
  } }
  plugins { vici { socket = ${socket} } }
}
`;

const connection = (here: End, there: End): string => `connections { bench {
  version = 2
  local_addrs = ${here.outer}
  remote_addrs = ${there.outer}
  proposals = aes128-sha256-x25519
  encap = yes
  local {
    auth = psk
    id = ${here.identity}
  }
  remote {
    auth = psk
    id = ${there.identity}
  }
  children { tunnel {
    mode = tunnel
    local_ts = ${here.inner}/128
    remote_ts = ${there.inner}/128
    esp_proposals = chacha20poly1305-x25519
    replay_window = 256
  } }
} }
secrets { ike-bench { secret = "of this bench alone" } }
`;

/** Two charons with kernel-libipsec, which agree on keys by IKEv2 with a shared secret. */
export async function strongswanPair(bench: Bench): Promise<Pair> {
  const [from, to] = await wired(bench.lab, "swan");
  const pids: number[] = [];
  const swanctl: ((words: readonly string[]) => Promise<string>)[] = [];
  for (const [ns, here, there] of [
    [from, LEFT, RIGHT],
    [to, RIGHT, LEFT],
  ] as const) {
    await ns.address(DEVICE, `${here.outer}/64`);
    await ns.address("lo", `${here.inner}/128`);
    const [settings, connections, log] = ["conf", "swanctl", "log"].map((end) => bench.file(`${here.identity}.${end}`));
    const path = bench.file(`${here.identity}.vici`);
    writeFileSync(settings, daemon(`unix://${path}`, log));
    writeFileSync(connections, connection(here, there));
    // Its process file lies in /run, where there may be another charon's. The mount is seen in `ip netns exec` alone.
    const start = ["sh", "-c", `mount -t tmpfs none /run && exec ${CHARON}`];
    const charon = ns.start(start, { STRONGSWAN_CONF: settings });
    bench.atEnd(() => charon.stop());
    pids.push(charon.pid);
    await until(`${CHARON} listens`, () => existsSync(path), 5000, 50);
    swanctl.push((words) => ns.must(["swanctl", ...words, "--uri", `unix://${path}`]));
    await swanctl[swanctl.length - 1](["--load-all", "--file", connections]);
  }
  const [control] = swanctl;
  await control(["--initiate", "--child", "tunnel", "--timeout", "10"]);
  const associations = await control(["--list-sas"]);
  if (!/TUNNEL-in-UDP, ESP:CHACHA20_POLY1305/.test(associations))
    throw new Error(`strongSwan agreed on something else:\n${associations}`);
  return { name: "strongSwan", from, to, source: LEFT.inner, target: RIGHT.inner, pids };
}
