/** Does a scenario mean something? What its parts name must be there, times must lie within it, addresses must be possible. */
import { type Prefix, parseIp, parsePrefix } from "./address.js";
import { checkNode } from "./check-node.js";
import type { Checker } from "./checker.js";
import { expandNodes, type Instance, instancesOf } from "./expand.js";
import { checkAssociation } from "./ipsec/check-association.js";
import type { AssociationConfig } from "./ipsec/config.js";
import { PROTOCOL_NAMES, protocolNumber } from "./ipsec/names.js";
import { hasApplication } from "./plan.js";
import type { ActionConfig, MoveConfig, Scenario, TrafficConfig } from "./scenario.js";
import { durationUs } from "./units.js";
import type { Path } from "./yaml-file.js";

export function checkScenario(check: Checker, scenario: Scenario): void {
  const links = Object.keys(scenario.links);
  const prefixes = new Map<string, Prefix>();
  for (const [name, link] of Object.entries(scenario.links)) {
    if (link.prefix === undefined) continue;
    const prefix = check.prefix(["links", name, "prefix"], link.prefix, 6);
    if (prefix) prefixes.set(name, prefix);
    check.unique("prefix", link.prefix, ["links", name, "prefix"]);
  }
  const instances = checkNames(check, scenario);
  for (const { config, name, template } of instances) {
    const path = ["nodes", template];
    for (const [port, { link }] of Object.entries(config.ports ?? {})) {
      if (typeof link === "string") check.known([...path, "ports", port, "link"], link, "link", links);
    }
    const linkPrefix = (port: string) => {
      const link = config.ports?.[port]?.link;
      if (typeof link !== "string") return link;
      return scenario.links[link]?.prefix === undefined && links.includes(link) ? null : prefixes.get(link);
    };
    checkNode(check, path, config, { name, place: "scenario", linkPrefix });
  }
  const { traffic: flows = [] } = scenario;
  const context = { check, instances, links, flows, end: durationUs(scenario.duration) };
  for (const [i, move] of (scenario.moves ?? []).entries()) checkMove(context, ["moves", i], move);
  for (const [i, action] of (scenario.actions ?? []).entries()) checkAction(context, ["actions", i], action);
  for (const [i, traffic] of flows.entries()) checkTraffic(context, ["traffic", i], traffic);
}

interface Context {
  check: Checker;
  instances: Instance[];
  links: string[];
  flows: TrafficConfig[];
  /** Microseconds. */
  end: number;
}

/** A name is counted exactly when it contains {n}. */
function checkNames(check: Checker, scenario: Scenario): Instance[] {
  for (const [name, { count }] of Object.entries(scenario.nodes)) {
    if (name.includes("{n}") === (count !== undefined)) continue;
    const message =
      count === undefined
        ? 'expected "count" with a name that contains {n}'
        : "expected {n} in the name of a node with a count";
    check.report(["nodes", name], message, "key");
  }
  const instances = expandNodes(scenario.nodes);
  for (const { name, template } of instances) check.unique("node name", name, ["nodes", template]);
  return instances;
}

/** The nodes that `reference` means; reports when there are none. */
function nodes({ check, instances }: Context, path: Path, reference: string): Instance[] {
  const found = instancesOf(instances, reference);
  if (found.length === 0) check.known(path, reference, "node", new Set(instances.map(({ template }) => template)));
  return found;
}

function inTime({ check, end }: Context, path: Path, at: string): void {
  if (durationUs(at) > end) check.report(path, `${at} is after the end of the scenario`);
}

function checkMove(context: Context, path: Path, move: MoveConfig): void {
  const { check } = context;
  inTime(context, [...path, "at"], move.at);
  const [node] = nodes(context, [...path, "node"], move.node);
  if (node && move.port) check.known([...path, "port"], move.port, "port", Object.keys(node.config.ports ?? {}));
  const list = Array.isArray(move.to);
  for (const [i, link] of [move.to].flat().entries()) {
    check.known(list ? [...path, "to", i] : [...path, "to"], link, "link", context.links);
  }
  if (list && move.to.length > 1 && !move.every)
    check.report(path, 'expected "every": several links are to be visited');
  if (!list && move.every) check.report([...path, "every"], 'belongs to a list of links in "to"', "key");
  if (move.every && move.gap && durationUs(move.gap) >= durationUs(move.every)) {
    check.report([...path, "gap"], `expected less than every (${move.every})`);
  }
}

function checkAction(context: Context, path: Path, action: ActionConfig): void {
  const { check } = context;
  inTime(context, [...path, "at"], action.at);
  if ("link" in action) {
    check.known([...path, "link"], action.link, "link", context.links);
    if (action.do === "forge") checkForge(context, path, action);
    if (action.do === "replay") checkReplay(context, path, action);
    if (action.do === "answer") checkAnswer(context, path, action);
    return;
  }
  const [node] = nodes(context, [...path, "node"], action.node);
  if (action.do === "refresh") check.ip6([...path, "home-address"], action["home-address"]);
  if (node && (action.do === "add-association" || action.do === "delete-association")) {
    if (!node.config.ipsec) check.report([...path, "node"], `${action.node} has no ipsec`);
    else if (action.do === "add-association") {
      checkAssociation(check, [...path, "association"], action.association, node.config.ipsec, node.name);
    }
  }
  const needs = action.do === "program" ? "terminal" : action.do === "refresh" ? "home-agent" : undefined;
  if (node && needs && node.config.image !== needs) {
    check.report([...path, "node"], `expected a ${needs}; ${action.node} is a ${node.config.image}`);
  }
}

function checkForge(context: Context, path: Path, action: Extract<ActionConfig, { do: "forge" }>): void {
  const { check } = context;
  for (const key of ["source", "destination", "home-address"] as const) {
    const text = action[key];
    if (text !== undefined) check.ip6([...path, key], text);
  }
  if (Number.isNaN(protocolNumber(action.protocol)) || action.protocol === "any") {
    const names = PROTOCOL_NAMES.filter((name) => name !== "any");
    check.known([...path, "protocol"], String(action.protocol), "protocol", names);
  }
  const { options } = action;
  if (options !== undefined && action["home-address"] !== undefined)
    check.report(
      [...path, "options"],
      'expected no "home-address" beside it: that is an option of a header of its own',
      "key",
    );
  if (options !== undefined && options.replaceAll(" ", "").length % 16 !== 0)
    check.report([...path, "options"], "expected a multiple of 8 bytes");
  checkOnLink(context, [...path, "to"], action.to, action.link);
}

/** Who takes what an attacker puts onto a link. */
function checkOnLink(context: Context, path: Path, reference: string, link: string): void {
  const [node] = nodes(context, path, reference);
  if (!node || !context.links.includes(link)) return;
  const there = Object.values(node.config.ports ?? {}).some((port) => port.link === link);
  if (!there) context.check.report(path, `${reference} has no port on link ${link} at the start`);
}

function checkReplay(context: Context, path: Path, { of, flow }: Extract<ActionConfig, { do: "replay" }>): void {
  const ofFlow = of === "request" || of === "answer";
  if (ofFlow && flow === undefined) context.check.report(path, `expected a key "flow": whose ${of}s`);
  else if (ofFlow) checkInquiry(context, [...path, "flow"], flow!);
  else if (flow !== undefined)
    context.check.report([...path, "flow"], 'belongs to "of: request" and "of: answer"', "key");
}

function checkAnswer(context: Context, path: Path, action: Extract<ActionConfig, { do: "answer" }>): void {
  for (const [i, flow] of action.flows.entries()) checkInquiry(context, [...path, "flows", i], flow);
  checkOnLink(context, [...path, "via"], action.via, action.link);
  if (action.source !== "asked") context.check.ip6([...path, "source"], action.source);
}

/** A flow of UDP requests. */
function checkInquiry({ check, flows }: Context, path: Path, name: string): void {
  const asking = flows.filter(({ answers, kind }) => answers !== undefined && kind !== "ping");
  check.known(path, name, 'flow of UDP with "answers"', new Set(asking.map((flow) => flow.name)));
}

/** Those that a scenario's actions add. */
export function addedAssociations({ actions = [] }: Scenario): AssociationConfig[] {
  return actions.flatMap((action) => (action.do === "add-association" ? [action.association] : []));
}

function checkTraffic(context: Context, path: Path, traffic: TrafficConfig): void {
  const { check } = context;
  check.unique("flow name", traffic.name, [...path, "name"]);
  for (const key of ["start", "stop"] as const) if (traffic[key]) inTime(context, [...path, key], traffic[key]);
  if (traffic.every && durationUs(traffic.every) === 0) check.report([...path, "every"], "expected more than no time");
  if (traffic.both && traffic.kind === "ping")
    check.report([...path, "both"], "belongs to udp: a ping comes back by itself", "key");
  if (traffic.both && traffic.answers) check.report([...path, "both"], "answers come back already", "key");
  if (traffic.answers === "own" && traffic.kind === "ping")
    check.report([...path, "answers"], "expected asked: that is where a ping comes back from");
  if (traffic["answer-size"] && (!traffic.answers || traffic.kind === "ping"))
    check.report([...path, "answer-size"], 'belongs to udp with "answers"', "key");
  for (const key of ["from", "to"] as const) {
    const reference = traffic[key];
    if (key === "to" && isAddress(reference)) {
      if (traffic.both) check.report([...path, "both"], 'needs a node in "to": who else would send back?', "key");
      continue;
    }
    const found = nodes(context, [...path, key], reference);
    if (found.length > 0 && !hasApplication(found[0].config)) {
      check.report([...path, key], `${reference} has no application port`);
    }
  }
}

function isAddress(text: string): boolean {
  try {
    parseIp(text);
    return true;
  } catch {
    return false;
  }
}

/** Every link's prefix, parsed: for a scenario that has passed. */
export function linkPrefixes(scenario: Scenario): Map<string, Prefix> {
  const entries = Object.entries(scenario.links).flatMap(([name, { prefix }]) =>
    prefix === undefined ? [] : [[name, parsePrefix(prefix)] as const],
  );
  return new Map(entries);
}
