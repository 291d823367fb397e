/** The messages that configure a board, from a configuration file or from one node of a scenario. */
import { randomBytes } from "node:crypto";
import { anycastKeys } from "../core/anycast/config.js";
import { linkPrefixes } from "../core/check-scenario.js";
import { compileNode, type NodeContext } from "../core/config.js";
import { expandNodes } from "../core/expand.js";
import { loadForBoard } from "../core/load.js";
import type { NodeConfig, Scenario } from "../core/scenario.js";
import { automaticRoutes } from "../sim/routes.js";

/** The file has no node for this image, or several. */
export class ConfigurationError extends Error {
  override name = "ConfigurationError";
}

/** What the board itself knows better: its entropy, and the address of its hardware. The core never sees these zeros. */
const BOARD = {
  entropy: new Uint8Array(32),
  mac: () => new Uint8Array(6),
  mirror: false,
} satisfies Partial<NodeContext>;

/** Gets the numbers of associations and of anycast keys that are left out, so that no key is in the messages. */
export type LeaveKeys = (count: { associations: number; anycast: number }) => void;

/**
 * `node`: which node of a scenario; default: the only one with this image. Without `leaveKeys` all keys are among the messages.
 * Throws `FileError`, `KeyError` or `ConfigurationError`.
 */
export function boardConfiguration(file: string, image: string, node?: string, leaveKeys?: LeaveKeys): Uint8Array {
  const loaded = loadForBoard(file);
  if (loaded.kind === "scenario") return ofScenario(file, loaded.scenario, image, node, leaveKeys);
  if (node !== undefined) throw new ConfigurationError(`${file} is one node: there is none to choose`);
  mustBe(file, loaded.node, image);
  return compile(loaded.node, leaveKeys, {
    mtu: (port) => loaded.node.ports?.[port].mtu ?? 1500,
    duplicateDetection: true,
  });
}

type Surroundings = Pick<NodeContext, "mtu" | "prefix" | "duplicateDetection" | "routes">;

function compile(node: NodeConfig, leaveKeys: LeaveKeys | undefined, around: Surroundings): Uint8Array {
  let kept = node;
  const associations = node.ipsec?.associations?.length ?? 0;
  const anycast = node.anycast ? anycastKeys(node.anycast).length : 0;
  if (leaveKeys && associations + anycast > 0) {
    if (associations > 0) kept = { ...node, ipsec: { ...node.ipsec, associations: [] } };
    leaveKeys({ associations, anycast });
  }
  const withoutKeys = leaveKeys !== undefined;
  return compileNode(kept, { ...BOARD, secret: randomBytes(32), withoutKeys, ...around }).messages;
}

function ofScenario(
  file: string,
  scenario: Scenario,
  image: string,
  name: string | undefined,
  leaveKeys: LeaveKeys | undefined,
): Uint8Array {
  const instances = expandNodes(scenario.nodes);
  const fitting = instances.filter((one) => (name === undefined ? one.config.image === image : one.name === name));
  if (fitting.length !== 1) {
    const names = instances.filter(({ config }) => config.image === image).map((one) => one.name);
    const which = names.length > 0 ? `name one of: ${names.join(", ")}` : `it has no node with image ${image}`;
    throw new ConfigurationError(`${file}: ${name === undefined ? "" : `no node ${JSON.stringify(name)}; `}${which}`);
  }
  const [{ config }] = fitting;
  mustBe(file, config, image);
  const prefixes = linkPrefixes(scenario);
  return compile(config, leaveKeys, {
    mtu: (port) => config.ports![port].mtu ?? scenario.links[config.ports![port].link ?? ""]?.mtu ?? 1500,
    prefix: (port) => prefixes.get(config.ports![port].link ?? ""),
    duplicateDetection: false,
    routes: automaticRoutes(instances, prefixes).get(fitting[0].name),
  });
}

function mustBe(file: string, node: NodeConfig, image: string): void {
  if (node.profile === "pc") throw new ConfigurationError(`${file}: profile pc is for PCs; a board has one page`);
  if (node.image === image) return;
  throw new ConfigurationError(`${file} configures image ${node.image}, not ${image}`);
}
