/** Does one node mean something? The same for a node of a scenario and for a live configuration. */
import { inPrefix, type Prefix, parseMac } from "./address.js";
import { checkAnycast } from "./anycast/check.js";
import type { Checker } from "./checker.js";
import { type ImageName, isHost, isRouter } from "./image.js";
import { checkIpsec } from "./ipsec/check.js";
import { hasApplication } from "./plan.js";
import type { NodeConfig } from "./scenario.js";
import type { Path } from "./yaml-file.js";

/** Where a node lives: in a scenario, on interfaces of this host, or on a board, whose ports are what it has. */
export type Place = "scenario" | "live" | "board";

/** Where the node lives decides what its ports may say. */
export interface Surroundings {
  /** Of the node; tells nodes of one template apart. */
  name: string;
  place: Place;
  /** The prefix of the link that a port is on; null: it has none; undefined: it has a fault, which is told elsewhere. */
  linkPrefix(port: string): Prefix | null | undefined;
}

/** Ports that an image has room for. */
const MAX_PORTS = { board: 4, pc: 16 };

export function checkNode(check: Checker, path: Path, node: NodeConfig, around: Surroundings): void {
  checkImage(check, path, node);
  checkPorts(check, path, node, around);
  for (const [i, route] of (node.routes ?? []).entries()) {
    const at = [...path, "routes", i];
    check.prefix([...at, "to"], route.to, 6);
    if (route.via) check.unicast([...at, "via"], check.ip6([...at, "via"], route.via));
    check.known([...at, "port"], route.port, "port", Object.keys(node.ports ?? {}));
  }
  checkHomeAgent(check, path, node, around);
  checkMobileNode(check, path, node);
  checkTranslation(check, path, node, around);
  checkIpsec(check, path, node, around.name);
  checkAnycast(check, path, node);
}

function checkImage(check: Checker, path: Path, node: NodeConfig): void {
  const { image } = node;
  const only = (key: keyof NodeConfig, images: ImageName[]) => {
    if (node[key] === undefined || images.includes(image)) return;
    check.report([...path, key], `belongs to image ${images.join(" or ")}, this node is a ${image}`, "key");
  };
  only("home-agent", ["home-agent"]);
  only("mobile-node", ["terminal"]);
  only("programs", ["terminal"]);
  only("translation", ["terminal"]);
  only("ipsec", ["terminal", "home-agent", "host", "anycast-client", "anycast-server"]);
  only("correspondent", ["terminal", "home-agent", "host"]);
  if (image === "home-agent" && !node["home-agent"]) check.report(path, 'expected a key "home-agent"');
  if (node["home-agent"] && node["home-agent"].security !== "none" && !node.ipsec) {
    const message = 'expected "ipsec" with policies that protect Binding Updates, or "security: none" here';
    check.report([...path, "home-agent"], message, "key");
  }
  if (image === "terminal" && !node["mobile-node"]) check.report(path, 'expected a key "mobile-node"');
  const numbers = Object.keys(node.ports ?? {}).length + Number(hasApplication(node)) + Number(node.mirror ?? false);
  const room = MAX_PORTS[node.profile ?? "board"];
  if (numbers > room)
    check.report([...path, "ports"], `expected at most ${room} ports, application and mirror included`);
}

function checkPorts(check: Checker, path: Path, node: NodeConfig, around: Surroundings): void {
  if (!node.ports) check.report(path, 'expected a key "ports"');
  for (const [name, port] of Object.entries(node.ports ?? {})) {
    const at = [...path, "ports", name];
    if (around.place !== "scenario") {
      if (around.place === "live" && (port.interface === undefined) === (port.tap === undefined)) {
        check.report(at, 'expected one of "interface" and "tap": this port is live');
      }
      if (port.link !== undefined) check.report([...at, "link"], "links exist in scenarios only", "key");
    } else if (port.link === undefined) {
      check.report(at, 'expected a key "link" (null: not attached at the start)');
    }
    for (const key of around.place === "live" ? [] : (["interface", "tap"] as const)) {
      if (port[key] !== undefined) check.report([...at, key], "belongs to a live configuration", "key");
    }
    if (port.mac !== undefined) {
      const mac = check.attempt([...at, "mac"], () => parseMac(port.mac!));
      if (mac && mac[0] & 1) check.report([...at, "mac"], "expected a MAC address of one station, this is a group");
      check.unique("MAC address", mac, [...at, "mac"]);
    }
    if (port.advertise && !isRouter(node.image)) {
      check.report([...at, "advertise"], `belongs to a router, this node is a ${node.image}`, "key");
    }
    if (port.autoconfigure && !isHost(node.image)) {
      check.report(
        [...at, "autoconfigure"],
        `belongs to a terminal or another host, this node is a ${node.image}`,
        "key",
      );
    }
    checkAddresses(check, at, port.address, around.linkPrefix(name));
    for (const [i, text] of (port.advertise?.prefixes ?? []).entries())
      check.prefix([...at, "advertise", "prefixes", i], text, 6);
    for (const [i, text] of (port.advertise?.dns ?? []).entries()) check.ip6([...at, "advertise", "dns", i], text);
    if (port.advertise && !port.advertise.prefixes && port.address === undefined) {
      check.report([...at, "advertise"], "expected an address on this port, or prefixes to advertise", "key");
    }
  }
}

function checkAddresses(
  check: Checker,
  port: Path,
  address: string | string[] | undefined,
  link?: Prefix | null,
): void {
  const texts = address === undefined ? [] : typeof address === "string" ? [address] : address;
  for (const [i, text] of texts.entries()) {
    const at = typeof address === "string" ? [...port, "address"] : [...port, "address", i];
    const parsed = text.includes("/") ? check.addressPrefix(at, text, 6)?.address : check.ip6(at, text);
    if (!parsed) continue;
    check.unicast(at, parsed);
    check.unique("address", parsed, at);
    if (text.includes("/") || link === undefined) continue;
    if (link === null) check.report(at, `expected a prefix length, such as ${text}/64: the link has no prefix`);
    else if (!inPrefix(parsed, link)) check.report(at, `${text} is not in the link's prefix`);
  }
}

function checkHomeAgent(check: Checker, path: Path, node: NodeConfig, around: Surroundings): void {
  const agent = node["home-agent"];
  if (!agent) return;
  const at = [...path, "home-agent"];
  const port = agent.port ?? Object.keys(node.ports ?? {})[0];
  if (agent.port && !check.known([...at, "port"], agent.port, "port", Object.keys(node.ports ?? {}))) return;
  const first = [node.ports?.[port]?.address ?? []].flat()[0];
  if (first === undefined) {
    check.report(at, `expected an address on port ${port}, the home link`);
    return;
  }
  const written = first.includes("/") ? check.addressPrefix(at, first, 6) : undefined;
  const home = written ?? around.linkPrefix(port);
  if (agent.address !== undefined) {
    const address = check.ip6([...at, "address"], agent.address);
    if (address && home && !inPrefix(address, home)) check.report([...at, "address"], "is not in the home prefix");
  }
  for (const [i, entry] of agent.homes.entries()) {
    const where = [...at, "homes", i];
    const text = typeof entry === "string" ? entry : entry.first;
    const address = check.ip6(where, text);
    if (!address || !home) continue;
    check.unicast(where, address);
    if (!inPrefix(address, home)) check.report(where, `${text} is not in the home prefix`);
  }
}

function checkMobileNode(check: Checker, path: Path, node: NodeConfig): void {
  const mobile = node["mobile-node"];
  if (!mobile) return;
  const at = [...path, "mobile-node"];
  if (mobile.port) check.known([...at, "port"], mobile.port, "port", Object.keys(node.ports ?? {}));
  const home = check.addressPrefix([...at, "home-address"], mobile["home-address"], 6);
  if (!home) return;
  check.unicast([...at, "home-address"], home.address);
  check.unique("home address", home.address, [...at, "home-address"]);
  for (const [i, text] of (mobile.optimize ?? []).entries()) check.prefix([...at, "optimize", i], text, 6);
  if (!mobile["home-agent"]) return;
  const agent = check.ip6([...at, "home-agent"], mobile["home-agent"]);
  if (agent && !inPrefix(agent, home)) {
    check.report([...at, "home-agent"], "is not in the home prefix (that of home-address)");
  }
}

function checkTranslation(check: Checker, path: Path, node: NodeConfig, around: Surroundings): void {
  const translation = node.translation;
  if (!translation) return;
  const at = [...path, "translation"];
  for (const [ip6, ip4] of Object.entries(translation.table ?? {})) {
    const row = [...at, "table", ip6];
    const key = check.ip6(row, ip6);
    const value = check.ip4(row, ip4);
    check.unique(`translated address of ${around.name}`, key, row);
    check.unique(`virtual address of ${around.name}`, value, row);
  }
  if (translation.pool4) check.prefix([...at, "pool4"], translation.pool4, 4);
  if (translation.pool6) check.prefix([...at, "pool6"], translation.pool6, 6);
  if (translation.dns) {
    check.ip4([...at, "dns", "address"], translation.dns.address);
    check.ip6([...at, "dns", "server"], translation.dns.server);
  }
}
