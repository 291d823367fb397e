/**
 * Two networks with a client each, one server, and an impostor with a foot on every link:
 *
 *     free ───────────┐                       ┌── server: U
 *     outside ─[far]─ internet ─────[border]──┤
 *     client: C ──────┘                       └── other: a second client
 *
 * The links client, server and other are hubs. `far` and `border` are boundary routers, or nothing (`internet` does their routing).
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { LiveNode } from "../../../host-sim/core/scenario.js";
import type { Live } from "./live.js";
import type { Namespace } from "./netns.js";
import { startNode } from "./start-node.js";
import type { Bench } from "./suite.js";

export const S = { plain: "2001:db8:53::53", keyed: "2001:db8:53::54" } as const;
export const U = "2001:db8:a::2";
export const CLIENTS = ["2001:db8:c::1", "2001:db8:b::c"] as const;
export const LIFETIME_S = 20;

const NETS = {
  client: "2001:db8:c:",
  server: "2001:db8:a:",
  other: "2001:db8:b:",
  outside: "2001:db8:e:",
  free: "2001:db8:f:",
};
type LinkName = keyof typeof NETS;
export const LINKS = Object.keys(NETS) as LinkName[];
const TRANSIT = { border: "2001:db8:91:", far: "2001:db8:92:" };
const TUN = "any0";

export interface World {
  internet: Namespace;
  impostor: Namespace;
  clients: Namespace[];
  server: Namespace;
  border?: Namespace;
  far?: Namespace;
}

/** The gateway of a link is `::1` except on the client's, where that is the client. */
export const gateway = (link: LinkName): string => `${NETS[link]}:${link === "client" ? "fe" : "1"}`;
export const impostorOn = (link: LinkName): string => `${NETS[link]}:bad`;

export async function impostorsWorld({ lab }: Bench, label: string, guarded: boolean): Promise<World> {
  const make = (name: string): Promise<Namespace> => lab.namespace(`${label}-${name}`);
  const internet = await make("net");
  const impostor = await make("imp");
  const hubs = await make("hubs");
  const world: World = { internet, impostor, clients: [await make("c0"), await make("c1")], server: await make("srv") };
  if (guarded) Object.assign(world, { border: await make("border"), far: await make("far") });
  const { border = internet, far = internet } = world;
  const ends: Record<LinkName, Namespace[]> = {
    client: [internet, world.clients[0]],
    server: [border, world.server],
    other: [border, world.clients[1]],
    outside: [far],
    free: [internet],
  };
  await internet.sysctl({ "net.ipv6.conf.all.forwarding": 1 });
  for (const link of LINKS) {
    const [router, node] = ends[link];
    if (node)
      await hub(lab, hubs, link, [
        [router, link],
        [node, "eth0"],
        [impostor, link],
      ]);
    else await lab.wire(impostor, link, router, link);
    await impostor.sysctl({ [`net.ipv6.conf.${link}.disable_ipv6`]: 1 });
    if (router === internet) await internet.address(link, `${gateway(link)}/64`);
  }
  if (!guarded) {
    for (const address of Object.values(S)) await internet.ip(`-6 route add ${address}/128 via ${U}`);
    return world;
  }
  await transit(lab, internet, border, "border", [NETS.server, NETS.other, ...Object.values(S)]);
  await transit(lab, internet, far, "far", [NETS.outside]);
  return world;
}

/** A bridge that learns nothing: who is on it sees everything. */
async function hub(lab: Bench["lab"], ns: Namespace, name: LinkName, ends: [Namespace, string][]): Promise<void> {
  const plugs = ends.map((_, i) => `${name}${i}`);
  for (const [i, [node, device]] of ends.entries()) await lab.wire(ns, plugs[i], node, device);
  await lab.bridge(ns, name, plugs);
  await ns.ip(`link set ${name} type bridge ageing_time 0`);
}

/** Prefixes end in a colon, addresses do not. */
async function transit(
  lab: Bench["lab"],
  internet: Namespace,
  router: Namespace,
  name: "border" | "far",
  behind: string[],
): Promise<void> {
  await lab.wire(internet, name, router, "out");
  await internet.address(name, `${TRANSIT[name]}:fe/64`);
  for (const to of behind) {
    await internet.ip(`-6 route add ${to.endsWith(":") ? `${to}:/64` : `${to}/128`} via ${TRANSIT[name]}:1`);
  }
}

export type NodeName = "client" | "inner" | "server" | "border" | "far";

/** The live nodes of a world; keys lie in a file that only they read. */
export class Nodes {
  private readonly file: string;

  constructor(
    private readonly bench: Bench,
    private readonly world: World,
  ) {
    this.file = bench.file("anycast-keys.yaml");
    const secret = (name: string): string => `${name}: "${createHash("sha256").update(name).digest("hex")}"\n`;
    writeFileSync(this.file, ["question", "registration"].map(secret).join(""), { mode: 0o600 });
  }

  async start(name: NodeName, again?: Live): Promise<Live> {
    const { clients, server, border, far } = this.world;
    const place = { client: clients[0], inner: clients[1], server, border: border!, far: far! }[name];
    const live = await startNode(this.bench, place, name, this.config(name), again);
    const own = { client: [CLIENTS[0]], inner: [CLIENTS[1]], server: Object.values(S), border: [], far: [] }[name];
    for (const address of own) {
      await live.find(`application ${address}`, (e) => e.kindName === "APPLICATION" && e.a === address, 10_000);
    }
    return live;
  }

  private config(name: NodeName): LiveNode {
    const question = { id: 7, file: this.file, name: "question" };
    const registration = { id: 9, file: this.file, name: "registration" };
    const host = (address: string, link: LinkName): Omit<LiveNode, "image"> => ({
      ports: { eth: { interface: "eth0", address: `${address}/64`, "duplicate-detection": false } },
      routes: [{ to: "::/0", via: gateway(link), port: "eth" }],
      application: { interface: TUN },
    });
    const router = (links: LinkName[], of: keyof typeof TRANSIT): Omit<LiveNode, "image"> => {
      const port = (device: string, address: string) => ({ interface: device, address, "duplicate-detection": false });
      const lans = links.map((link) => [link, port(link, `${gateway(link)}/64`)] as const);
      return {
        ports: { ...Object.fromEntries(lans), out: port("out", `${TRANSIT[of]}:1/64`) },
        routes: [{ to: "::/0", via: `${TRANSIT[of]}:fe`, port: "out" }],
      };
    };
    const asks = { client: [{ address: S.plain }, { address: S.keyed, key: question }] };
    const register = this.world.border
      ? [{ router: gateway("server"), key: registration, lifetime: `${LIFETIME_S}s`, cost: 10 }]
      : [];
    const serves = { from: U, ...(register.length > 0 ? { register } : {}) };
    const known = { "registration-keys": [registration] };
    switch (name) {
      case "client":
        return { image: "anycast-client", ...host(CLIENTS[0], "client"), anycast: asks };
      case "inner":
        return { image: "anycast-client", ...host(CLIENTS[1], "other"), anycast: asks };
      case "server":
        return {
          image: "anycast-server",
          ...host(U, "server"),
          anycast: {
            server: [
              { address: S.plain, ...serves },
              { address: S.keyed, ...serves, keys: [question] },
            ],
          },
        };
      case "border": {
        const own = [
          { address: S.plain, ...known },
          { address: S.keyed, ...known, keys: [question] },
        ];
        const boundary = { inside: ["server", "other"], anycast: own };
        return { image: "boundary-router", ...router(["server", "other"], "border"), anycast: { boundary } };
      }
      case "far":
        return {
          image: "boundary-router",
          ...router(["outside"], "far"),
          anycast: { boundary: { inside: ["outside"] } },
        };
    }
  }
}
