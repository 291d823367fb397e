import { setTimeout as pause } from "node:timers/promises";
import { NET } from "./internet.js";
import type { Namespace } from "./netns.js";
import { startRadvd } from "./radvd.js";
import type { Bench } from "./suite.js";

/** A second visited link. */
export const ROAM = { prefix: "2001:db8:3::", router: "2001:db8:3::fe" } as const;

/** How long no cable is in. */
export const UNPLUGGED_MS = 200;

/**
 *     home agent eth0 ──┐
 *                      brH ── home0 [router] server0 ── eth0 server (IPv6 only)
 *     terminal wlan0    brA ── visited0  "
 *        └─ cable ─ ▸   brB ── roam0     "
 *
 * The router is Linux with radvd on home0, visited0 and roam0. The terminal's cable is in no bridge yet.
 */
export interface RoamingWorld {
  agent: Namespace;
  router: Namespace;
  server: Namespace;
  /** Holds the bridges. */
  links: Namespace;
  terminal: Namespace;
}

export async function roamingWorld({ lab, folder }: Bench): Promise<RoamingWorld> {
  const agent = await lab.namespace("ha");
  const router = await lab.namespace("router");
  const server = await lab.namespace("server");
  const links = await lab.namespace("links");
  const terminal = await lab.namespace("mn");
  await lab.wire(router, "server0", server, "eth0");
  await router.address("server0", `${NET.server.router}/64`);
  await server.address("eth0", `${NET.correspondent}/64`);
  await server.ip(`-6 route add default via ${NET.server.router}`);
  await lab.wire(links, "agent", agent, "eth0");
  await addCable(lab, links, "cable", terminal, "wlan0");
  const media = [
    ["brH", "home0", NET.home, ["agent"]],
    ["brA", "visited0", NET.visited, []],
    ["brB", "roam0", ROAM, []],
  ] as const;
  for (const [bridge, device, net, others] of media) {
    await lab.wire(links, `to-${device}`, router, device);
    await router.address(device, `${net.router}/64`);
    await lab.bridge(links, bridge, [`to-${device}`, ...others]);
  }
  const advertised = media.map(([, device, net]) => ({
    device,
    prefixes: [{ prefix: `${net.prefix}/64` }],
    minInterval: 0.3,
    maxInterval: 1,
  }));
  await startRadvd(router, folder, advertised);
  return { agent, router, server, links, terminal };
}

/** An interface of the terminal whose other end goes from bridge to bridge. */
export async function addCable(
  lab: Bench["lab"],
  links: Namespace,
  cable: string,
  terminal: Namespace,
  device: string,
): Promise<void> {
  await lab.wire(links, cable, terminal, device);
  await links.sysctl({ [`net.ipv6.conf.${cable}.disable_ipv6`]: 1 });
}

/** Pulls a cable, and after a while puts it into `bridge`. Answers when it was pulled (ms since 1970). */
export async function plug(links: Namespace, bridge: string, cable = "cable"): Promise<number> {
  await links.ip(`link set ${cable} down`);
  const pulled = Date.now();
  await pause(UNPLUGGED_MS);
  await links.ip(`link set ${cable} master ${bridge}`);
  await links.ip(`link set ${cable} up`);
  return pulled;
}
