import type { LiveNode } from "../../../host-sim/core/scenario.js";
import { NET } from "./internet.js";

/** Our nodes as the suites need them: live configurations, what a user would write for `sixfold up`. */

/** A host that takes what it needs from router advertisements; `address` is one more, given by hand. */
export function hostNode(device: string, address?: string): LiveNode {
  return {
    image: "host",
    ports: { eth: { interface: device, autoconfigure: true, ...(address ? { address: `${address}/64` } : {}) } },
    application: false,
  };
}

export interface RouterLink {
  device: string;
  /** With length; its prefix is advertised. */
  address: string;
  mtu?: number;
}

/** A router that advertises a prefix on each of its links. */
export function routerNode(links: readonly RouterLink[]): LiveNode {
  const ports = links.map(({ device, address, mtu }, i) => {
    const advertise = { interval: ["500ms", "1500ms"] as [string, string], ...(mtu ? { mtu } : {}) };
    return [`lan${i}`, { interface: device, address, advertise }] as const;
  });
  return { image: "router", ports: Object.fromEntries(ports) };
}

/** A home agent on the home link, without IPsec; `lifetime` is the longest one. */
export function homeAgentNode(
  device: string,
  { homes = [NET.mobile], lifetime = "1800s" }: { homes?: string[]; lifetime?: string } = {},
): LiveNode {
  return {
    image: "home-agent",
    profile: "pc",
    ports: {
      home: {
        interface: device,
        address: `${NET.agent}/64`,
        advertise: { interval: ["500ms", "1500ms"], lifetime: "0s" },
      },
    },
    routes: [{ to: "::/0", via: NET.home.router, port: "home" }],
    "home-agent": { security: "none", homes, lifetime, preference: 10 },
  };
}

/** A terminal whose applications use its IPv6 home address (program 10001); the kernel's TUN is its application port. */
export function terminalNode(device: string, { discover = false }: { discover?: boolean } = {}): LiveNode {
  return {
    image: "terminal",
    ports: { eth: { interface: device } },
    application: { interface: "six0" },
    "mobile-node": {
      "home-address": `${NET.mobile}/64`,
      lifetime: "240s",
      ...(discover ? {} : { "home-agent": NET.agent }),
    },
  };
}
