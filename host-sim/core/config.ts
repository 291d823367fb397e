/** One node as the messages of its core: the one place, for scenarios and for live nodes. The node has passed its checks. */
import { PortKind } from "../../assembly/abi/port.js";
import { type Prefix, parseAddressPrefix, parseIp4, parseIp6, parseMac, parsePrefix } from "./address.js";
import { writeAnycast } from "./anycast/messages.js";
import { isHost } from "./image.js";
import { associationSettings } from "./ipsec/association.js";
import { policySettings } from "./ipsec/policy.js";
import { Messages } from "./messages.js";
import { type PortNumbers, portNumbers } from "./plan.js";
import type { AdvertiseConfig, NodeConfig, PortConfig, RouteConfig } from "./scenario.js";
import { durationMs, durationS } from "./units.js";

/** What the node itself does not say. */
export interface NodeContext {
  /** 32 bytes. */
  entropy: Uint8Array;
  /** 32 bytes, the same at every start (RFC 7217 §5). */
  secret: Uint8Array;
  /** Per link port. */
  mac(port: string): Uint8Array;
  mtu(port: string): number;
  /** The link's prefix, for addresses without a length. */
  prefix?(port: string): Prefix | undefined;
  /** Carrier at the start. Default: up. */
  up?(port: string): boolean;
  mirror: boolean;
  /** Probe for addresses by hand where the port does not say. */
  duplicateDetection: boolean;
  /** Where the node names no routes. */
  routes?: RouteConfig[];
  /** Records of an earlier life. */
  stored?: { id: number; data: Uint8Array }[];
  /** Milliseconds since 1970. */
  wallClockMs?: number;
  /** Leaves out the keys of anycast addresses: what needs them is discarded, and nothing registers. */
  withoutKeys?: boolean;
}

export interface CompiledNode {
  messages: Uint8Array;
  ports: PortNumbers;
}

/** Default lifetime of bindings, what most home agents allow. */
const LIFETIME_S = 420;
const AGENT_LIFETIME_S = 1800;
const FLAG = { SKIP_DAD: 1 };
const RA = { HOME_AGENT: 0x20 };
const RA_OPTION = { INTERVAL: 1, HOME_AGENT: 2 };
const PREFIX_FLAG = { ON_LINK: 0x80, AUTONOMOUS: 0x40, ROUTER: 0x20 };
const BU = { ACKNOWLEDGE: 0x80, HOME: 0x40 };

export function compileNode(node: NodeConfig, context: NodeContext): CompiledNode {
  const numbers = portNumbers(node, context.mirror);
  const out = new Messages().entropy(context.entropy);
  if (context.wallClockMs !== undefined) out.wallClock(context.wallClockMs);
  out.trace(node.trace ?? 1);
  writePorts(out, node, context, numbers);
  for (const { id, data } of context.stored ?? []) out.stored(id, data);
  for (const [name, port] of Object.entries(node.ports ?? {})) writeLink(out, node, context, name, port, numbers);
  for (const route of node.routes ?? context.routes ?? []) {
    const { address, length } = parsePrefix(route.to);
    out.route(numbers.links.get(route.port)!, address, length, route.via ? parseIp6(route.via) : undefined);
  }
  writeIpsec(out, node);
  writeHomeAgent(out, node, context, numbers);
  writeTerminal(out, node, numbers);
  const { correspondent } = node;
  if (correspondent) out.correspondent(true, lifetime4s(correspondent === "on" ? undefined : correspondent.lifetime));
  if (node.anycast) writeAnycast(out, node.anycast, numbers, !context.withoutKeys);
  return { messages: out.bytes(), ports: numbers };
}

function writePorts(out: Messages, node: NodeConfig, context: NodeContext, numbers: PortNumbers): void {
  for (const [name, number] of numbers.links) {
    const mac = node.ports![name].mac;
    out.port(number, PortKind.ETHER, context.mtu(name), mac ? parseMac(mac) : context.mac(name));
    if (context.up && !context.up(name)) out.link(number, false);
  }
  if (numbers.application !== undefined) {
    const mtu = typeof node.application === "object" ? node.application.mtu : undefined;
    out.port(numbers.application, PortKind.IP, mtu ?? 1500);
  }
  if (numbers.mirror !== undefined) out.port(numbers.mirror, PortKind.MIRROR, 1500);
}

function writeLink(
  out: Messages,
  node: NodeConfig,
  context: NodeContext,
  name: string,
  port: PortConfig,
  numbers: PortNumbers,
): void {
  const number = numbers.links.get(name)!;
  const addresses = portAddresses(port, context.prefix?.(name));
  if (isHost(node.image)) {
    out.host(number, {
      autoconfigure: port.autoconfigure ?? addresses.length === 0,
      optimistic: port.optimistic ?? true,
      secret: node.secret ? Uint8Array.from(Buffer.from(node.secret, "hex")) : context.secret,
    });
  }
  const probe = port["duplicate-detection"] ?? context.duplicateDetection;
  for (const { address, length } of addresses) out.address(number, address, length, probe ? 0 : FLAG.SKIP_DAD);
  if (port.advertise) writeAdvertise(out, node, number, name, port.advertise, addresses);
}

/** Addresses by hand, each with the length of its prefix. */
export function portAddresses(port: PortConfig, link?: Prefix): Prefix[] {
  return [port.address ?? []]
    .flat()
    .map((text) => parseAddressPrefix(text.includes("/") ? text : `${text}/${link?.length ?? 64}`));
}

function writeAdvertise(
  out: Messages,
  node: NodeConfig,
  port: number,
  name: string,
  ra: AdvertiseConfig,
  addresses: Prefix[],
): void {
  const agent = node["home-agent"];
  const isHome = agent !== undefined && (agent.port ?? Object.keys(node.ports!)[0]) === name;
  const [min, max] = (ra.interval ?? ["1s", "3s"]).map(durationMs);
  out.advertise({
    port,
    flags: isHome ? RA.HOME_AGENT : 0,
    hopLimit: ra["hop-limit"] ?? 64,
    options: RA_OPTION.INTERVAL | (isHome ? RA_OPTION.HOME_AGENT : 0),
    routerLifetimeS: ra.lifetime ? durationS(ra.lifetime) : Math.max(1, Math.ceil((3 * max) / 1000)),
    preference: agent?.preference ?? 0,
    homeAgentLifetimeS: agent?.["agent-lifetime"] ? durationS(agent["agent-lifetime"]) : AGENT_LIFETIME_S,
    minIntervalMs: min,
    maxIntervalMs: max,
    reachableMs: durationMs(ra.reachable ?? "0s"),
    retransMs: durationMs(ra.retransmit ?? "0s"),
    mtu: ra.mtu ?? 0,
  });
  const flags = PREFIX_FLAG.ON_LINK | ((ra.autonomous ?? true) ? PREFIX_FLAG.AUTONOMOUS : 0);
  const valid = durationS(ra.valid ?? "86400s");
  const preferred = durationS(ra.preferred ?? "14400s");
  // A home agent tells its own address in place of the prefix (RFC 6275 §7.2).
  for (const { address, length } of ra.prefixes?.map(parsePrefix) ?? addresses) {
    out.prefix(port, address, length, isHome && !ra.prefixes ? flags | PREFIX_FLAG.ROUTER : flags, valid, preferred);
  }
  if (ra.dns) out.rdnss(port, Math.ceil((3 * max) / 1000), ra.dns.map(parseIp6));
}

/** Policies first: associations name them. Throws `KeyError`. */
function writeIpsec(out: Messages, node: NodeConfig): void {
  const { ipsec } = node;
  if (!ipsec) return;
  const { policies = [], associations = [] } = ipsec;
  out.ipsec(ipsec.default === "bypass");
  for (const [i, policy] of policies.entries()) out.policy(policySettings(policy, i + 1, node));
  const names = policies.map(({ name }) => name);
  for (const association of associations) out.association(associationSettings(association, names));
}

function writeHomeAgent(out: Messages, node: NodeConfig, context: NodeContext, numbers: PortNumbers): void {
  const agent = node["home-agent"];
  if (!agent) return;
  const name = agent.port ?? Object.keys(node.ports!)[0];
  const [first] = portAddresses(node.ports![name], context.prefix?.(name));
  out.homeAgent({
    port: numbers.links.get(name)!,
    prefixLength: first.length,
    securityNone: agent.security === "none",
    lifetime4s: lifetime4s(agent.lifetime),
    preference: agent.preference ?? 0,
    homeAgentLifetimeS: agent["agent-lifetime"] ? durationS(agent["agent-lifetime"]) : AGENT_LIFETIME_S,
    dad: agent["duplicate-detection"] ?? true,
    address: agent.address ? parseIp6(agent.address) : first.address,
  });
  for (const home of agent.homes) {
    const { first: start, count } = typeof home === "string" ? { first: home, count: 1 } : home;
    const address = parseIp6(start);
    for (let i = 0; i < count; i++, increment(address)) out.homeAddress(address);
  }
}

/** The next address. */
function increment(address: Uint8Array): void {
  for (let i = 15; i >= 0; i--) {
    address[i] = (address[i] + 1) & 255;
    if (address[i] !== 0) return;
  }
}

function lifetime4s(text: string | undefined): number {
  const seconds = text === undefined ? LIFETIME_S : durationS(text);
  return Math.min(0xffff, Math.ceil(seconds / 4));
}

/** Rows of policy table 220 that are on at the start. */
export function startPrograms(node: NodeConfig): number[] {
  if (node.image !== "terminal") return [];
  if (node.programs) return node.programs;
  const direct = node.translation ? 10011 : 11001;
  if (node.ipsec) return [node.translation ? 10010 : 11000, direct];
  const plain = node.translation ? 10000 : 10001;
  return node["mobile-node"]?.optimize ? [plain, direct] : [plain];
}

function writeTerminal(out: Messages, node: NodeConfig, numbers: PortNumbers): void {
  for (const number of startPrograms(node)) out.program(number, true);
  const translation = node.translation;
  if (translation) {
    const { pool4, pool6, table = {}, dns } = translation;
    if (pool4) {
      const { address, length } = parsePrefix(pool4);
      out.pool4(address, length, pool6 ? 3 : 1);
    }
    if (pool6) {
      const { address, length } = parsePrefix(pool6);
      out.pool6(address, length);
    }
    for (const [ip6, ip4] of Object.entries(table)) out.translation(parseIp6(ip6), parseIp4(ip4));
    if (dns) out.dns(parseIp4(dns.address), parseIp6(dns.server));
  }
  const mobile = node["mobile-node"];
  if (!mobile) return;
  const home = parseAddressPrefix(mobile["home-address"]);
  out.mobileNode({
    port: numbers.links.get(mobile.port ?? Object.keys(node.ports!)[0])!,
    prefixLength: home.length,
    flags: BU.ACKNOWLEDGE | BU.HOME,
    lifetime4s: lifetime4s(mobile.lifetime),
    homeAddress: home.address,
    homeAgent: mobile["home-agent"] ? parseIp6(mobile["home-agent"]) : new Uint8Array(16),
  });
  for (const { address, length } of (mobile.optimize ?? []).map(parsePrefix)) out.optimize(address, length);
}
