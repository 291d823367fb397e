import { writeFileSync } from "node:fs";
import type { LiveNode } from "../../../host-sim/core/scenario.js";
import { Live } from "./live.js";
import type { Namespace } from "./netns.js";
import type { Bench } from "./suite.js";

let serial = 0;

/**
 * Runs `sixfold up` with this configuration. The name is made unique, so that no records of an earlier start are found, unless it
 * is that of such a start (`again`).
 */
export async function startNode(
  bench: Bench,
  ns: Namespace,
  label: string,
  node: LiveNode,
  again?: Live,
): Promise<Live> {
  const name = again?.name ?? `${label}-${serial++}`;
  const file = bench.file(`${name}.json`);
  writeFileSync(file, JSON.stringify(node, null, 2));
  return Live.start(bench, ns, name, file);
}
