import { existsSync, readdirSync } from "node:fs";
import { Background, must, type Outcome, type RunOptions, run } from "./process.js";

/**
 * Network namespaces of one suite. All names begin with `sixfold-PID-`, so that runs do not meet and what a crashed
 * run left behind can be told from what a living one uses.
 */
const PREFIX = "sixfold-";

/** One network namespace: nothing made here is ever visible in the namespace of the machine itself. */
export class Namespace {
  constructor(readonly name: string) {}

  argv(argv: readonly string[]): string[] {
    return ["ip", "netns", "exec", this.name, ...argv];
  }

  run(argv: readonly string[], options?: RunOptions): Promise<Outcome> {
    return run(this.argv(argv), options);
  }

  must(argv: readonly string[], options?: RunOptions): Promise<string> {
    return must(this.argv(argv), options);
  }

  start(argv: readonly string[], env?: NodeJS.ProcessEnv): Background {
    return Background.start(this.argv(argv), env);
  }

  /** `ip` with the words of one line, for instance `ip("link set eth0 up")`. */
  ip(line: string): Promise<string> {
    return must(["ip", "-n", this.name, ...line.split(/\s+/)]);
  }

  /** Sets kernel variables, for instance `{"net.ipv6.conf.all.forwarding": 1}`. */
  async sysctl(values: Record<string, string | number>): Promise<void> {
    for (const [key, value] of Object.entries(values)) await this.must(["sysctl", "-qw", `${key}=${value}`]);
  }

  /** An IPv6 address that is usable at once (no duplicate address detection). */
  async address(device: string, prefix: string): Promise<void> {
    await this.ip(`-6 addr add ${prefix} dev ${device} nodad`);
  }

  /**
   * Turns off checksum and segmentation offload: a capture or a packet socket then sees frames as they would be on a
   * wire, and no frame larger than the link's MTU.
   */
  async plainFrames(device: string): Promise<void> {
    await this.must(["ethtool", "-K", device, "tx", "off", "rx", "off", "tso", "off", "gso", "off", "gro", "off"]);
  }

  /** Global IPv6 addresses of a device that have passed duplicate address detection. */
  async addresses(device: string): Promise<string[]> {
    const text = await must(["ip", "-n", this.name, "-6", "-j", "addr", "show", "dev", device, "scope", "global"]);
    const rows = JSON.parse(text) as { addr_info?: { local?: string; tentative?: boolean }[] }[];
    return rows.flatMap((row) => row.addr_info ?? []).flatMap((a) => (a.local && !a.tentative ? [a.local] : []));
  }

  async linkLocal(device: string): Promise<string> {
    const text = await must(["ip", "-n", this.name, "-6", "-j", "addr", "show", "dev", device, "scope", "link"]);
    const rows = JSON.parse(text) as { addr_info?: { local?: string }[] }[];
    const found = rows.flatMap((row) => row.addr_info ?? []).find((a) => a.local);
    if (!found?.local) throw new Error(`${this.name}: ${device} has no link-local address`);
    return found.local;
  }
}

/** The namespaces of this process. `close` undoes everything; `sweep` undoes what a dead process left. */
export class Lab {
  readonly #made: Namespace[] = [];

  /** A new namespace with loopback up, forwarding off and no duplicate-address delay surprises. */
  async namespace(label: string): Promise<Namespace> {
    const ns = new Namespace(`${PREFIX}${process.pid}-${label}`);
    await must(["ip", "netns", "add", ns.name]);
    this.#made.push(ns);
    await ns.ip("link set lo up");
    return ns;
  }

  /** A veth pair between two namespaces, up, with offload off. Neither end ever exists outside of them. */
  async wire(a: Namespace, deviceA: string, b: Namespace, deviceB: string, mtu = 1500): Promise<void> {
    await must(
      `ip link add ${deviceA} mtu ${mtu} netns ${a.name} type veth peer name ${deviceB} mtu ${mtu} netns ${b.name}`.split(
        " ",
      ),
    );
    for (const [ns, device] of [
      [a, deviceA],
      [b, deviceB],
    ] as const) {
      await ns.plainFrames(device);
      await ns.ip(`link set ${device} up`);
    }
  }

  /** A TAP device for a user-mode-linux or for one of our images, up. The user that attaches may come later. */
  async tap(ns: Namespace, device: string, mtu = 1500): Promise<void> {
    await ns.ip(`tuntap add dev ${device} mode tap`);
    await ns.ip(`link set ${device} mtu ${mtu} up`);
    await ns.plainFrames(device);
  }

  /** A learning switch of the given devices. It has no address and speaks no protocol of its own. */
  async bridge(ns: Namespace, bridge: string, devices: readonly string[]): Promise<void> {
    await ns.ip(`link add ${bridge} type bridge forward_delay 0 stp_state 0 mcast_snooping 0`);
    await ns.sysctl({ [`net.ipv6.conf.${bridge}.disable_ipv6`]: 1 });
    await ns.ip(`link set ${bridge} up`);
    for (const device of devices) {
      await ns.sysctl({ [`net.ipv6.conf.${device}.disable_ipv6`]: 1 });
      await ns.ip(`link set ${device} master ${bridge}`);
    }
  }

  async close(): Promise<void> {
    for (const ns of this.#made.splice(0)) await remove(ns.name);
  }

  /** Removes namespaces whose process no longer lives, or those of `pid`. */
  static async sweep(pid?: number): Promise<void> {
    const folder = "/run/netns";
    if (!existsSync(folder)) return;
    for (const name of readdirSync(folder)) {
      const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
      if (owner === undefined) continue;
      if (pid === undefined ? !existsSync(`/proc/${owner}`) : Number(owner) === pid) await remove(name);
    }
  }
}

/** Ends the processes that live in the namespace (all of them were started by its suite), then deletes it. */
async function remove(name: string): Promise<void> {
  const { stdout } = await run(["ip", "netns", "pids", name]);
  for (const pid of stdout.split("\n").filter(Boolean)) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It ended by itself meanwhile.
    }
  }
  await run(["ip", "netns", "del", name]);
}
