/** Do `ipsec:` policies and associations mean something, and can they protect what they name? */
import { AddressError } from "../address.js";
import type { Checker } from "../checker.js";
import type { NodeConfig } from "../scenario.js";
import type { Path } from "../yaml-file.js";
import { checkAssociation } from "./check-association.js";
import type { PolicyConfig } from "./config.js";
import { PROTOCOL, PROTOCOL_NAMES, protocolNumber, typeNames } from "./names.js";
import { address, CARE_OF, policySettings, portRange, selector } from "./policy.js";
import { covers } from "./shadow.js";

/** `name`: the node's; it keeps what instances of one template have apart. */
export function checkIpsec(check: Checker, path: Path, node: NodeConfig, name: string): void {
  const { ipsec } = node;
  if (!ipsec) return;
  const { policies = [], associations = [] } = ipsec;
  const at = [...path, "ipsec"];
  const before = check.problems.length;
  for (const [i, policy] of policies.entries()) {
    const where = [...at, "policies", i];
    check.unique(`policy name of ${name}`, policy.name, [...where, "name"]);
    checkPolicy(check, where, policy, node);
  }
  if (check.problems.length === before) checkOrder(check, at, policies, node);
  for (const [i, association] of associations.entries()) {
    checkAssociation(check, [...at, "associations", i], association, ipsec, name);
  }
  for (const [i, policy] of policies.entries()) checkProtected(check, [...at, "policies", i], policy, ipsec);
}

function checkPolicy(check: Checker, at: Path, policy: PolicyConfig, node: NodeConfig): void {
  for (const key of ["local", "remote"] as const) {
    check.attempt([...at, key], () => selector(policy[key], node));
  }
  const protocol = protocolNumber(policy.protocol);
  if (Number.isNaN(protocol)) check.known([...at, "protocol"], String(policy.protocol), "protocol", PROTOCOL_NAMES);
  else {
    checkType(check, at, policy, protocol);
    checkPorts(check, at, policy, protocol);
  }
  checkTunnel(check, at, policy, node);
}

function checkType(check: Checker, at: Path, { type }: PolicyConfig, protocol: number | undefined): void {
  if (type === undefined) return;
  const names = typeNames(protocol);
  if (!names) check.report([...at, "type"], "belongs to protocol mh or icmp6", "key");
  else if (typeof type === "string") check.known([...at, "type"], type, "type", Object.keys(names));
}

function checkPorts(check: Checker, at: Path, policy: PolicyConfig, protocol: number | undefined): void {
  for (const key of ["local-port", "remote-port"] as const) {
    if (policy[key] === undefined) continue;
    if (protocol !== PROTOCOL.tcp && protocol !== PROTOCOL.udp) {
      check.report([...at, key], "belongs to protocol tcp or udp", "key");
      continue;
    }
    const [first, last] = portRange(policy[key]);
    if (first > last || last > 0xffff)
      check.report([...at, key], "expected a port 0-65535, or FIRST-LAST in that order");
  }
}

function checkTunnel(check: Checker, at: Path, policy: PolicyConfig, node: NodeConfig): void {
  const { tunnel } = policy;
  if (policy.mode !== "tunnel") {
    if (tunnel) check.report([...at, "tunnel"], "belongs to mode: tunnel", "key");
    return;
  }
  if (policy.action !== "protect") check.report([...at, "mode"], "a tunnel belongs to action: protect", "key");
  if (!tunnel) {
    check.report(at, 'expected a key "tunnel" with the ends {local, remote} of the tunnel');
    return;
  }
  for (const key of ["local", "remote"] as const) {
    const where = [...at, "tunnel", key];
    if (tunnel[key] !== CARE_OF) {
      check.unicast(
        where,
        check.attempt(where, () => address(tunnel[key], node)),
      );
      continue;
    }
    try {
      if (selector(policy[key], node).length === 128) continue;
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      continue; // told at the selector
    }
    check.report(where, `care-of follows one home address: expected one address as the ${key} selector`);
  }
}

/** A policy that is never reached is a mistake: an earlier one of its process and its directions takes all of it. */
function checkOrder(check: Checker, at: Path, policies: PolicyConfig[], node: NodeConfig): void {
  const all = policies.map((policy, i) => policySettings(policy, i + 1, node));
  for (const [i, later] of all.entries()) {
    const first = all.findIndex((earlier, k) => k < i && covers(earlier, later));
    if (first < 0) continue;
    const called = policies[first].name === undefined ? "" : ` ("${policies[first].name}")`;
    check.report(
      [...at, "policies", i],
      `is never reached: policies[${first}]${called} comes first and selects all of it; put the narrower one first`,
    );
  }
}

/** Without an association nothing that the policy selects could pass. */
function checkProtected(
  check: Checker,
  at: Path,
  policy: PolicyConfig,
  { associations = [] }: NonNullable<NodeConfig["ipsec"]>,
): void {
  if (policy.action !== "protect") return;
  if (policy.name === undefined) {
    check.report(at, 'expected a key "name": associations say which policy they protect');
    return;
  }
  for (const direction of ["in", "out"] as const) {
    if ((policy.direction ?? "both") !== "both" && policy.direction !== direction) continue;
    if (associations.some((one) => one.policy === policy.name && one.direction === direction)) continue;
    check.report(at, `expected an association for policy "${policy.name}" with direction: ${direction}: it has none`);
  }
}
