/** Nodes with a `count` become that many nodes; what names them with {n} becomes that many moves and flows. */
import type { ScenarioNode } from "./scenario.js";

/** One node, with the key of the file that it came from and its number there (0 without `count`). */
export interface Instance {
  name: string;
  template: string;
  number: number;
  config: ScenarioNode;
}

/** Puts the number into {n} (decimal) and {x} (hexadecimal), everywhere in a value. */
export function fill<T>(value: T, number: number): T {
  if (typeof value === "string")
    return value.replaceAll("{n}", `${number}`).replaceAll("{x}", number.toString(16)) as T;
  if (Array.isArray(value)) return value.map((item) => fill(item, number)) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [fill(k, number), fill(v, number)])) as T;
}

export function expandNodes(nodes: Record<string, ScenarioNode>): Instance[] {
  return Object.entries(nodes).flatMap(([template, config]) => {
    if (config.count === undefined) return [{ name: template, template, number: 0, config }];
    return Array.from({ length: config.count }, (_, i) => ({
      name: fill(template, i + 1),
      template,
      number: i + 1,
      config: fill(config, i + 1),
    }));
  });
}

/** The nodes that a name in a move or flow means: one, or all of a counted kind. */
export function instancesOf(instances: Instance[], reference: string): Instance[] {
  return instances.filter(({ name, template, number }) => name === reference || (number > 0 && template === reference));
}
