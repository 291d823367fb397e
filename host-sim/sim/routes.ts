/**
 * Routes that a file need not name: to every link's prefix over the fewest links, to the nearest server of an anycast address, and a
 * default for hosts with an address.
 */
import { formatIp6, formatPrefix, type Prefix, parseIp6 } from "../core/address.js";
import { portAddresses } from "../core/config.js";
import type { Instance } from "../core/expand.js";
import { isRouter } from "../core/image.js";
import type { RouteConfig } from "../core/scenario.js";

/** An address on a link that no prefix leads to, and who has it there. */
interface Stranger {
  address: string;
  at: string;
  link: string;
}

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
  const strangers = instances.flatMap((instance) => strangersOf(instance, prefixes));
  const routes = new Map<string, RouteConfig[]>();
  for (const instance of instances) {
    if (instance.config.routes) continue;
    if (forwards(instance)) routes.set(instance.name, everywhere(instance, prefixes, routers, strangers));
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
function everywhere(
  from: Instance,
  prefixes: Map<string, Prefix>,
  routers: Map<string, Neighbour[]>,
  strangers: Stranger[],
): RouteConfig[] {
  const own = places(from, prefixes);
  /** Links in the order of their distance, with the first hop to them. */
  const reached = new Map<string, { port: string; via?: string }>(own.map(({ link, port }) => [link, { port }]));
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
        reached.set(link, { port, via });
        const prefix = prefixes.get(link);
        if (prefix) routes.push({ to: formatPrefix(prefix), via, port });
        for (const further of routers.get(link) ?? []) {
          if (further.instance !== instance) next.push({ port, via, instance: further.instance });
        }
      }
    }
    front = next;
  }
  return [...routes, ...toStrangers(from, reached, strangers)];
}

/** To the nearest of those who have an address; a boundary router finds the servers of its own anycast addresses by itself. */
function toStrangers(
  { config }: Instance,
  reached: Map<string, { port: string; via?: string }>,
  strangers: Stranger[],
): RouteConfig[] {
  const known = new Set(config.anycast?.boundary?.anycast?.map(({ address }) => canonical(address)));
  const routes: RouteConfig[] = [];
  for (const [there, { port, via }] of reached) {
    for (const { address, at, link } of strangers) {
      if (link !== there || known.has(address)) continue;
      known.add(address);
      routes.push({ to: `${address}/128`, via: via ?? at, port });
    }
  }
  return routes;
}

/** Anycast addresses that a node serves, and addresses by hand without a prefix around them. */
function strangersOf({ config }: Instance, prefixes: Map<string, Prefix>): Stranger[] {
  return Object.values(config.ports ?? {}).flatMap((settings) => {
    const { link } = settings;
    if (!link) return [];
    const addresses = portAddresses(settings, prefixes.get(link));
    const texts = addresses.map(({ address }) => formatIp6(address));
    const alone = addresses.flatMap(({ length }, i) => (length === 128 && i > 0 ? [texts[i]] : []));
    const served = (config.anycast?.server ?? []).filter(({ from }) => texts.includes(canonical(from)));
    return [...alone, ...served.map(({ address }) => canonical(address))].map((address) => ({
      address,
      at: texts[0],
      link,
    }));
  });
}

function canonical(address: string): string {
  return formatIp6(parseIp6(address));
}

function defaultRoute(host: Instance, prefixes: Map<string, Prefix>, routers: Map<string, Neighbour[]>): RouteConfig[] {
  for (const { port, link } of places(host, prefixes)) {
    const [router] = routers.get(link) ?? [];
    if (router) return [{ to: "::/0", via: router.address, port }];
  }
  return [];
}
