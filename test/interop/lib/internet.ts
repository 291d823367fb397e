import type { Lab, Namespace } from "./netns.js";

/** Documentation prefixes (RFC 3849) that every suite with mobility uses. */
export const NET = {
  home: { prefix: "2001:db8:1::", router: "2001:db8:1::fe" },
  visited: { prefix: "2001:db8:2::", router: "2001:db8:2::fe" },
  server: { prefix: "2001:db8:9::", router: "2001:db8:9::fe" },
  agent: "2001:db8:1::1",
  mobile: "2001:db8:1::100",
  careOf: "2001:db8:2::9",
  correspondent: "2001:db8:9::c",
} as const;

export interface Internet {
  /** A Linux router of three links: home0, visited0, server0. */
  router: Namespace;
  /** The correspondent, on the server link. */
  correspondent: Namespace;
}

/**
 *     home agent ---- home0 [router] visited0 ---- mobile node
 *                            server0
 *                              |
 *                        correspondent
 *
 * Makes the router and the correspondent; who is on the home and visited links is the suite's matter: it brings the
 * devices home0 and visited0 into the router's namespace and then calls `address`.
 */
export async function internet(lab: Lab): Promise<Internet> {
  const router = await lab.namespace("router");
  const correspondent = await lab.namespace("cn");
  await router.sysctl({ "net.ipv6.conf.all.forwarding": 1 });
  await lab.wire(router, "server0", correspondent, "eth0");
  await router.address("server0", `${NET.server.router}/64`);
  await correspondent.address("eth0", `${NET.correspondent}/64`);
  await correspondent.ip(`-6 route add default via ${NET.server.router}`);
  return { router, correspondent };
}

/** Gives the router its address on the home or visited link, once the device is there. */
export async function joinLink(router: Namespace, link: "home" | "visited"): Promise<void> {
  await router.address(`${link}0`, `${NET[link].router}/64`);
}
