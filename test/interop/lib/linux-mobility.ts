import { join } from "node:path";
import { NET } from "./internet.js";
import { until } from "./process.js";
import { SCRIPTS } from "./scapy.js";
import type { Uml } from "./uml.js";

/** Both halves of Mobile IPv6 made of a Linux kernel, whose tunnels are ip6tnl, and scapy, which speaks for it. */

export const python = (script: string, args: readonly string[]): string =>
  ["PYTHONDONTWRITEBYTECODE=1", "/usr/bin/python3", "-u", join(SCRIPTS, script), ...args].join(" ");

/** Turns a guest on the home link into a home agent. */
export async function linuxHomeAgent(guest: Uml): Promise<void> {
  await guest.must(
    [
      "sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.all.proxy_ndp=1 net.ipv6.conf.vec0.proxy_ndp=1",
      "sysctl -qw net.ipv6.neigh.vec0.proxy_delay=0",
      `ip -6 addr add ${NET.agent}/64 dev vec0 nodad`,
      `ip -6 route add default via ${NET.home.router}`,
    ].join("; "),
  );
  await guest.background("agent", python("tunnel_agent.py", ["vec0", NET.agent]));
  await until("the Linux home agent", async () => (await guest.log("agent")).includes("ready"), 30_000, 500);
}

/** Turns a guest on the visited link into a mobile node's tunnel end, without a registration yet. */
export async function linuxMobileNode(guest: Uml): Promise<void> {
  await guest.must(
    [
      `ip -6 addr add ${NET.careOf}/64 dev vec0 nodad`,
      `ip -6 route add default via ${NET.visited.router}`,
      `ip -6 tunnel add home mode ip6ip6 local ${NET.careOf} remote ${NET.agent} encaplimit none hoplimit 64`,
      `ip -6 addr add ${NET.mobile}/128 dev home nodad`,
      "ip link set home up",
      `ip -6 route add ${NET.server.prefix}/64 dev home src ${NET.mobile}`,
    ].join(" && "),
  );
}

/** scapy sends the guest's Binding Update; status and lifetime (4 s units) of the acknowledgement. */
export async function register(
  guest: Uml,
  sequence: number,
  lifetime = 60,
): Promise<{ status: number; lifetime: number }> {
  const args = ["vec0", NET.mobile, NET.agent, NET.careOf, String(sequence), String(lifetime)];
  const text = await guest.must(python("tunnel_register.py", args), 40_000);
  return JSON.parse(text.trim().split("\n").at(-1) ?? "");
}
