import { writeFileSync } from "node:fs";
import type { LiveNode } from "../../../host-sim/core/scenario.js";
import { Live } from "./live.js";
import type { Namespace } from "./netns.js";
import type { Bench } from "./suite.js";

let serial = 0;

/** Runs `sixfold up` with this configuration, under a name of its own: no records of an earlier start are found. */
export async function startNode(bench: Bench, ns: Namespace, label: string, node: LiveNode): Promise<Live> {
  const name = `${label}-${serial++}`;
  const file = bench.file(`${name}.json`);
  writeFileSync(file, JSON.stringify(node, null, 2));
  return Live.start(bench, ns, name, file);
}
