/** A policy of a configuration as the core takes it. What cannot be read is thrown as an `AddressError`: the checks tell where. */
import { Direction, Mode, PolicyAction } from "../../../assembly/abi/ipsec.js";
import { AddressError, type Prefix, parseIp6, parsePrefix } from "../address.js";
import type { NodeConfig } from "../scenario.js";
import type { PolicySettings } from "../settings.js";
import type { PolicyConfig } from "./config.js";
import { protocolNumber, typeNames } from "./names.js";

const FLAG = { ANY_PROTOCOL: 1, LOCAL_CARE_OF: 2, REMOTE_CARE_OF: 4 };
const ANY: Prefix = { version: 6, address: new Uint8Array(16), length: 0 };
export const CARE_OF = "care-of";
const DIRECTIONS = { in: Direction.IN, out: Direction.OUT, both: Direction.IN | Direction.OUT };
const ACTIONS = { discard: PolicyAction.DISCARD, bypass: PolicyAction.BYPASS, protect: PolicyAction.PROTECT };

/** The policy has passed its checks. `id`: its place in the list, from 1. */
export function policySettings(policy: PolicyConfig, id: number, node: NodeConfig): PolicySettings {
  const protocol = protocolNumber(policy.protocol);
  const tunnel = policy.mode === "tunnel" ? policy.tunnel : undefined;
  const end = (text: string | undefined) =>
    text === undefined || text === CARE_OF ? ANY.address : address(text, node);
  let flags = protocol === undefined ? FLAG.ANY_PROTOCOL : 0;
  if (tunnel?.local === CARE_OF) flags |= FLAG.LOCAL_CARE_OF;
  if (tunnel?.remote === CARE_OF) flags |= FLAG.REMOTE_CARE_OF;
  const type = typeRange(policy);
  return {
    id,
    process: policy.process ?? 0,
    action: ACTIONS[policy.action],
    directions: DIRECTIONS[policy.direction ?? "both"],
    mode: tunnel ? Mode.TUNNEL : Mode.TRANSPORT,
    protocol: protocol ?? 0,
    flags,
    local: selector(policy.local, node),
    remote: selector(policy.remote, node),
    localPorts: type ?? portRange(policy["local-port"]),
    remotePorts: type ?? portRange(policy["remote-port"]),
    tunnelLocal: end(tunnel?.local),
    tunnelRemote: end(tunnel?.remote),
  };
}

/** `any`, an address or prefix, or a name of the node itself: `home`, `home-agent`. */
export function selector(text: string | undefined, node: NodeConfig): Prefix {
  if (text === undefined || text === "any") return ANY;
  if (!text.includes("/")) return { version: 6, address: address(text, node), length: 128 };
  const prefix = parsePrefix(text);
  if (prefix.version === 6) return prefix;
  throw new AddressError(`expected any, an IPv6 address or prefix, home or home-agent, not "${text}"`);
}

/** One address: written out, or `home`, `home-agent` of this node. */
export function address(text: string, node: NodeConfig): Uint8Array {
  if (text === "home") return home(node);
  if (text === "home-agent") return homeAgent(node);
  return parseIp6(text);
}

function home({ "mobile-node": mobile, "home-agent": agent }: NodeConfig): Uint8Array {
  if (mobile) return parseIp6(withoutLength(mobile["home-address"]));
  const [first, ...others] = agent?.homes ?? [];
  if (typeof first === "string" && others.length === 0) return parseIp6(first);
  throw new AddressError(
    '"home" is the home address of a mobile node, or the only one that a home agent serves; write the address',
  );
}

function homeAgent({ "mobile-node": mobile, "home-agent": agent, ports = {} }: NodeConfig): Uint8Array {
  if (mobile?.["home-agent"]) return parseIp6(mobile["home-agent"]);
  const own = agent?.address ?? [ports[agent?.port ?? Object.keys(ports)[0]]?.address ?? []].flat()[0];
  if (agent && own) return parseIp6(withoutLength(own));
  throw new AddressError(
    '"home-agent" is the address under mobile-node or home-agent; there is none, so write the address',
  );
}

function withoutLength(text: string): string {
  return text.replace(/\/.*$/, "");
}

/** `5060` or `5060-5070`; without one all. */
export function portRange(ports: number | string | undefined): [number, number] {
  if (ports === undefined) return [0, 0xffff];
  if (typeof ports === "number") return [ports, ports];
  const [first, last] = ports.split("-").map(Number);
  return [first, last];
}

/** What stands in the place of ports where the protocol has types: every code of the type. */
function typeRange({ protocol, type }: PolicyConfig): [number, number] | undefined {
  if (type === undefined) return undefined;
  const number = typeof type === "number" ? type : typeNames(protocolNumber(protocol))![type];
  return [number << 8, (number << 8) | 0xff];
}
