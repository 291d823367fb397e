/** Routes that a file need not name: to every link's prefix over the fewest links, and a default for hosts with an address. */
import { formatIp6, formatPrefix, type Prefix } from "../core/address.js";
import { portAddresses } from "../core/config.js";
import type { Instance } from "../core/expand.js";
import { isRouter } from "../core/image.js";
import type { RouteConfig } from "../core/scenario.js";

interface Neighbour {
  instance: Instance;
  address: string;
}

/** Routes by node name, for the nodes that name none themselves. Mobile ports and ports without an address take no part. */
export function automaticRoutes(instances: Instance[], prefixes: Map<string, Prefix>): Map<string, RouteConfig[]> {
  const routers = new Map<string, Neighbour[]>();
  const forwards = ({ config }: Instance) => isRouter(config.image);
  for (const instance of instances.filter(forwards)) {
    for (const { link, address } of places(instance, prefixes)) {
      const there = routers.get(link) ?? [];
      routers.set(link, [...there, { instance, address }]);
    }
  }
  const routes = new Map<string, RouteConfig[]>();
  for (const instance of instances) {
    if (instance.config.routes) continue;
    if (forwards(instance)) routes.set(instance.name, everywhere(instance, prefixes, routers));
    else routes.set(instance.name, defaultRoute(instance, prefixes, routers));
  }
  return routes;
}

/** The links where a node has an address by hand. */
function places(
  { config }: Instance,
  prefixes: Map<string, Prefix>,
): { port: string; link: string; address: string }[] {
  return Object.entries(config.ports ?? {}).flatMap(([port, settings]) => {
    const { link } = settings;
    const [first] = portAddresses(settings, prefixes.get(link ?? ""));
    return link && first ? [{ port, link, address: formatIp6(first.address) }] : [];
  });
}

/** Breadth first over links: the first hop of the shortest way to each link that is not the node's own. */
function everywhere(from: Instance, prefixes: Map<string, Prefix>, routers: Map<string, Neighbour[]>): RouteConfig[] {
  const own = places(from, prefixes);
  const reached = new Set(own.map(({ link }) => link));
  let front = own.flatMap(({ port, link }) =>
    (routers.get(link) ?? [])
      .filter(({ instance }) => instance !== from)
      .map(({ instance, address }) => ({ port, via: address, instance })),
  );
  const routes: RouteConfig[] = [];
  while (front.length > 0) {
    const next: typeof front = [];
    for (const { port, via, instance } of front) {
      for (const { link } of places(instance, prefixes)) {
        if (reached.has(link)) continue;
        reached.add(link);
        const prefix = prefixes.get(link);
        if (prefix) routes.push({ to: formatPrefix(prefix), via, port });
        for (const further of routers.get(link) ?? []) {
          if (further.instance !== instance) next.push({ port, via, instance: further.instance });
        }
      }
    }
    front = next;
  }
  return routes;
}

function defaultRoute(host: Instance, prefixes: Map<string, Prefix>, routers: Map<string, Neighbour[]>): RouteConfig[] {
  for (const { port, link } of places(host, prefixes)) {
    const [router] = routers.get(link) ?? [];
    if (router) return [{ to: "::/0", via: router.address, port }];
  }
  return [];
}
