/**
 * The application side of a node is this host: address, routes, MTU and name servers of the application port, set when
 * the core says so and taken back when it takes them away or the node ends. Each step is in the journal first.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Journal } from "./journal.js";
import { SetupError } from "./libc.js";
import { planResolvConf, type ResolvConfChange, restoreResolvConf, writeResolvConf } from "./resolv-conf.js";

export interface ApplicationAddress {
  version: 4 | 6;
  address: string;
  prefixLength: number;
  mtu: number;
  /** Programs answer from it, and never choose it by themselves. */
  anycast: boolean;
}

/** Routes through the application port are preferred to the host's own. */
const METRIC = "50";

/** Runs `ip`; its error text becomes a sentence. */
function ip(args: string[]): string {
  try {
    return execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { code, stderr, message } = error as { code?: string; stderr?: string; message: string };
    if (code === "ENOENT") throw new SetupError('the command "ip" is missing: install iproute2');
    const why = stderr?.trim() || message;
    if (/Operation not permitted/.test(why)) {
      throw new SetupError(`no permission for "ip ${args.join(" ")}": run as root (CAP_NET_ADMIN)`);
    }
    throw new Error(`ip ${args.join(" ")}: ${why}`);
  }
}

/** Sets link port `name` up and keeps the kernel's own IPv6 off it: the core is the station on this link. */
export function prepareLinkPort(name: string, journal: Journal): void {
  const path = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`;
  if (existsSync(path)) {
    const value = readFileSync(path, "utf8").trim();
    if (value !== "1") {
      journal.note({ kind: "sysctl", path, value });
      writeFileSync(path, "1");
    }
  }
  const [link] = JSON.parse(ip(["-j", "link", "show", "dev", name]));
  if (!link.flags.includes("UP")) {
    journal.note({ kind: "run", command: "ip", args: ["link", "set", "dev", name, "down"] });
    ip(["link", "set", "dev", name, "up"]);
  }
}

export class HostConfig {
  /** In the order in which they came. */
  private current: ApplicationAddress[] = [];
  private readonly servers = new Map<4 | 6, string[]>();
  private readonly inUse = new Map<4 | 6, ResolvConfChange>();

  /** `routes`: destinations (`0.0.0.0/0`, `2001:db8::/32`) that go through the application port besides its own prefix. */
  constructor(
    private readonly device: string,
    private readonly routes: string[],
    private readonly journal: Journal,
    private readonly warn: (sentence: string) => void,
  ) {
    // The kernel's own link-local address would only send router solicitations into the core.
    ip(["link", "set", "dev", device, "addrgenmode", "none"]);
  }

  /** Another MTU for an address that is there, or one more; of IPv4 there is one. The routes come with the first of a version. */
  setAddress(next: ApplicationAddress): void {
    const before = this.current.find(({ version }) => version === 4);
    if (next.version === 4 && before && before.address !== next.address) this.removeAddress(4, before.address);
    const others = this.current.filter((one) => !isSame(one, next.version, next.address));
    const mtu = Math.min(next.mtu, ...others.map((one) => one.mtu));
    ip(["link", "set", "dev", this.device, "mtu", String(mtu), "up"]);
    const isKnown = others.length < this.current.length;
    const isFirst = !this.has(next.version);
    this.current = [...others, next];
    if (isKnown) return;
    const family = `-${next.version}`;
    const address = `${next.address}/${next.prefixLength}`;
    this.journal.note({ kind: "run", command: "ip", args: [family, "addr", "del", address, "dev", this.device] });
    const nodad = next.version === 6 ? ["nodad"] : [];
    // The kernel leaves what is not preferred to programs that ask for it (RFC 6724 §5, rule 3).
    const served = next.anycast ? ["valid_lft", "forever", "preferred_lft", "0"] : [];
    ip([family, "addr", "replace", address, "dev", this.device, ...nodad, ...served]);
    if (!isFirst) return;
    for (const destination of this.routesOf(next.version)) {
      const route = [destination, "dev", this.device, "metric", METRIC];
      this.journal.note({ kind: "run", command: "ip", args: [family, "route", "del", ...route] });
      ip([family, "route", "replace", ...route]);
    }
    this.useNameServers(next.version);
  }

  /** The kernel takes the routes away with the address's device; those we added by hand go with the last of a version. */
  removeAddress(version: 4 | 6, address: string): void {
    const gone = this.current.find((one) => isSame(one, version, address));
    if (!gone) return;
    this.current = this.current.filter((one) => one !== gone);
    const family = `-${version}`;
    if (!this.has(version)) {
      this.restoreNameServers(version);
      for (const destination of this.routesOf(version)) {
        ip([family, "route", "del", destination, "dev", this.device, "metric", METRIC]);
      }
    }
    ip([family, "addr", "del", `${address}/${gone.prefixLength}`, "dev", this.device]);
  }

  /** The name servers of the application. They are the host's while the application port has an address of their version. */
  setNameServers(version: 4 | 6, servers: string[]): void {
    this.restoreNameServers(version);
    this.servers.set(version, servers);
    if (this.has(version)) this.useNameServers(version);
  }

  /** By systemd-resolved for this interface alone where it runs, else for the host by /etc/resolv.conf. */
  private useNameServers(version: 4 | 6): void {
    const servers = this.servers.get(version);
    if (!servers || this.inUse.has(version)) return;
    this.journal.note({ kind: "run", command: "resolvectl", args: ["revert", this.device] });
    if (resolvectl(["dns", this.device, ...servers]) && resolvectl(["domain", this.device, "~."])) return;
    const change = planResolvConf(servers);
    if (typeof change === "string") {
      this.warn(`name server ${servers.join(", ")} not set: ${change}`);
      return;
    }
    this.journal.note({ kind: "resolv", ...change });
    writeResolvConf(change);
    this.inUse.set(version, change);
  }

  private restoreNameServers(version: 4 | 6): void {
    const change = this.inUse.get(version);
    if (!change) return;
    this.inUse.delete(version);
    const problem = restoreResolvConf(change);
    if (problem) this.warn(problem);
  }

  private has(version: 4 | 6): boolean {
    return this.current.some((one) => one.version === version);
  }

  private routesOf(version: 4 | 6): string[] {
    return this.routes.filter((route) => route.includes(":") === (version === 6));
  }
}

function isSame(one: ApplicationAddress, version: 4 | 6, address: string): boolean {
  return one.version === version && one.address === address;
}

function resolvectl(args: string[]): boolean {
  try {
    execFileSync("resolvectl", args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
