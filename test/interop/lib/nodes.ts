import { randomBytes } from "node:crypto";
import { PortKind } from "../../../assembly/abi/port.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { NET } from "./internet.js";
import type { NodeSpec } from "./sixfold.js";

/** Our nodes as the suites need them. */

const mac = (port: number): string => `0200000006${port.toString(16).padStart(2, "0")}`;
const hex = (messages: Messages): string => Buffer.from(messages.bytes()).toString("hex");
const UNSPECIFIED = new Uint8Array(16);

function ether(messages: Messages, port: number, mtu = 1500): Messages {
  return messages.port(port, PortKind.ETHER, mtu, Buffer.from(mac(port), "hex"));
}

function autoconfigured(port: number): Messages {
  return ether(new Messages(), port).host(port, {
    autoconfigure: true,
    optimistic: true,
    secret: new Uint8Array(randomBytes(32)),
  });
}

/** A host that takes what it needs from router advertisements; `address` is one more, given by hand. */
export function hostNode(device: string, address?: string): NodeSpec {
  const messages = autoconfigured(0);
  if (address) messages.address(0, parseIp6(address), 64);
  return {
    image: "host",
    profile: "board",
    ports: [{ port: 0, kind: "packet", device, mac: mac(0) }],
    messages: hex(messages),
  };
}

export interface RouterLink {
  device: string;
  prefix: string;
  address: string;
  mtu?: number;
}

function advertised(messages: Messages, port: number, link: RouterLink, homeAgent: boolean): Messages {
  return messages
    .advertise({
      port,
      flags: homeAgent ? 0x20 : 0,
      hopLimit: 64,
      options: homeAgent ? 3 : 0,
      routerLifetimeS: homeAgent ? 0 : 1800,
      preference: 10,
      homeAgentLifetimeS: homeAgent ? 1800 : 0,
      minIntervalMs: 500,
      maxIntervalMs: 1500,
      reachableMs: 0,
      retransMs: 0,
      mtu: link.mtu ?? 0,
    })
    .prefix(port, parseIp6(homeAgent ? link.address : link.prefix), 64, homeAgent ? 0xe0 : 0xc0, 7200, 3600);
}

/** A router that advertises a prefix on each of its links. */
export function routerNode(links: readonly RouterLink[]): NodeSpec {
  const messages = new Messages();
  for (const [port, link] of links.entries()) {
    ether(messages, port, link.mtu);
    messages.address(port, parseIp6(link.address), 64);
    advertised(messages, port, link, false);
  }
  return {
    image: "router",
    profile: "board",
    ports: links.map(({ device }, port) => ({ port, kind: "packet", device, mac: mac(port) })),
    messages: hex(messages),
  };
}

/** A home agent on the home link, without IPsec; `lifetime` is the longest one in seconds. */
export function homeAgentNode(
  device: string,
  { addresses = [NET.mobile], lifetime = 1800 }: { addresses?: readonly string[]; lifetime?: number } = {},
): NodeSpec {
  const agent = parseIp6(NET.agent);
  const messages = ether(new Messages(), 0).address(0, agent, 64).route(0, UNSPECIFIED, 0, parseIp6(NET.home.router));
  advertised(messages, 0, { device, prefix: NET.home.prefix, address: NET.agent }, true);
  messages.homeAgent({
    port: 0,
    prefixLength: 64,
    securityNone: true,
    lifetime4s: lifetime / 4,
    preference: 10,
    homeAgentLifetimeS: 1800,
    dad: true,
    address: agent,
  });
  for (const address of addresses) messages.homeAddress(parseIp6(address));
  return {
    image: "home-agent",
    profile: "pc",
    ports: [{ port: 0, kind: "packet", device, mac: mac(0) }],
    messages: hex(messages),
  };
}

/** A terminal whose applications use its IPv6 home address (program 10001); the kernel's TUN is its application port. */
export function terminalNode(device: string, { discover = false }: { discover?: boolean } = {}): NodeSpec {
  const messages = autoconfigured(0)
    .port(1, PortKind.IP, 1500)
    .mobileNode({
      port: 0,
      prefixLength: 64,
      flags: 0xc0,
      lifetime4s: 60,
      homeAddress: parseIp6(NET.mobile),
      homeAgent: discover ? UNSPECIFIED : parseIp6(NET.agent),
    })
    .program(10001, true);
  return {
    image: "terminal",
    profile: "board",
    ports: [
      { port: 0, kind: "packet", device, mac: mac(0) },
      { port: 1, kind: "tun", device: "six0" },
    ],
    messages: hex(messages),
  };
}
