import type { Live } from "./live.js";
import type { Namespace } from "./netns.js";
import { startNode } from "./start-node.js";
import type { Bench } from "./suite.js";

/** Anycast addresses, one for each way of asking. */
export const S = { plain: "2001:db8:53::1", keyed: "2001:db8:53::2", esp: "2001:db8:53::3" } as const;
export const ALL = Object.values(S);

export const CLIENT = "2001:db8:c::1";
/** A Linux host that has no node of ours. */
export const STRANGER = "2001:db8:d::1";
export const BORDER = "2001:db8:a::1";
/** The unicast addresses of the servers. */
export const U = { a: "2001:db8:a:1::2", b: "2001:db8:a:2::2" } as const;
export type Site = keyof typeof U;
/** Another one of server a, for answers in ESP: policies know addresses and ports, not what an answer is to. */
export const U_ESP = "2001:db8:a:1::3";

/** The application's interface of each node. */
export const TUN = "six0";

/**
 *     client   eth0 ── client0 [internet] out ── out [border] lan ── lan [siteA] servers ── eth0 server a
 *     stranger eth0 ── other0                         lan bridge ── lan [siteB] servers ── eth0 server b
 *
 * Internet and siteA are Linux; border is our boundary router and siteB our router. Servers and client are our nodes, their
 * applications Linux's.
 */
export interface AnycastWorld {
  client: Namespace;
  stranger: Namespace;
  internet: Namespace;
  border: Namespace;
  siteB: Namespace;
  servers: Record<Site, Namespace>;
}

export async function anycastWorld({ lab }: Bench): Promise<AnycastWorld> {
  const client = await lab.namespace("client");
  const stranger = await lab.namespace("stranger");
  const internet = await lab.namespace("internet");
  const border = await lab.namespace("border");
  const lan = await lab.namespace("lan");
  const siteA = await lab.namespace("sitea");
  const siteB = await lab.namespace("siteb");
  const servers = { a: await lab.namespace("servera"), b: await lab.namespace("serverb") };
  for (const ns of [internet, siteA]) await ns.sysctl({ "net.ipv6.conf.all.forwarding": 1 });

  await lab.wire(internet, "client0", client, "eth0");
  await lab.wire(internet, "other0", stranger, "eth0");
  await lab.wire(internet, "out", border, "out");
  await internet.address("client0", "2001:db8:c::fe/64");
  await internet.address("other0", "2001:db8:d::fe/64");
  await internet.address("out", "2001:db8:e::fe/64");
  for (const to of ["2001:db8:a::/48", "2001:db8:53::/64"]) await internet.ip(`-6 route add ${to} via 2001:db8:e::1`);
  await stranger.address("eth0", `${STRANGER}/64`);
  await stranger.ip("-6 route add default via 2001:db8:d::fe");

  await lab.wire(lan, "toborder", border, "lan");
  await lab.wire(lan, "toa", siteA, "lan");
  await lab.wire(lan, "tob", siteB, "lan");
  await lab.bridge(lan, "lanbridge", ["toborder", "toa", "tob"]);
  await lab.wire(siteA, "servers", servers.a, "eth0");
  await lab.wire(siteB, "servers", servers.b, "eth0");
  await siteA.address("lan", "2001:db8:a::a/64");
  await siteA.address("servers", "2001:db8:a:1::fe/64");
  await siteA.ip(`-6 route add default via ${BORDER}`);
  for (const address of ALL) await siteA.ip(`-6 route add ${address} via ${U.a}`);
  return { client, stranger, internet, border, siteB, servers };
}

/** Our router of site b. */
export function startSiteB(bench: Bench, world: AnycastWorld): Promise<Live> {
  return startNode(bench, world.siteB, "siteb", {
    image: "router",
    ports: {
      lan: { interface: "lan", address: "2001:db8:a::b/64" },
      servers: { interface: "servers", address: "2001:db8:a:2::fe/64" },
    },
    routes: [
      { to: "::/0", via: BORDER, port: "lan" },
      ...ALL.map((address) => ({ to: `${address}/128`, via: U.b, port: "servers" })),
    ],
  });
}
