/**
 * The golden captures: what the scenarios put on their links, packet by packet, as files under test/golden. The scenarios' traffic is
 * thinned, for a golden capture is about what is said, not about how much. `npm run golden` writes them anew.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { scenarioFile } from "../../../host-sim/cli/scenarios.js";
import { loadScenario } from "../../../host-sim/core/load.js";
import { ROOT } from "../../../host-sim/core/root.js";
import type { Scenario } from "../../../host-sim/core/scenario.js";
import { durationMs } from "../../../host-sim/core/units.js";
import { runCaptured } from "../cli/capture.js";
import { provoked } from "./provoked.js";

export const FOLDER = join(ROOT, "test/golden");
export const ENDING = ".pcapng";

/** Scenarios of the program, then those of this folder alone. */
const SCENARIOS = [
  "demo",
  "t1-translation",
  "t2-native",
  "return-home",
  "roam-lossy",
  "ha-reboot",
  "dad-conflict",
  "ba-refused",
  "pool-exhausted",
  "t3-tunnel-two-headers",
  "t3-route-optimization",
  "ipsec-twice",
  "a1-client",
  "a2-server",
  "a3-router",
  "a4-failover",
  ...["messages", "redirect"].map((name) => join(FOLDER, `${name}.yaml`)),
];
const SELDOM_MS = 1000;

/** At most a packet a second of each flow, and none that is broken on its way: what is wrong on purpose is nobody's example. */
function thinned(scenario: Scenario): Scenario {
  const { links, traffic = [] } = scenario;
  return {
    ...scenario,
    links: Object.fromEntries(Object.entries(links).map(([name, link]) => [name, { ...link, corrupt: 0 }])),
    traffic: traffic.map((flow) => ({ ...flow, every: `${Math.max(durationMs(flow.every ?? "1s"), SELDOM_MS)}ms` })),
  };
}

function ofScenario(name: string): Uint8Array {
  const scenario = loadScenario(scenarioFile(name)!);
  return runCaptured(thinned(scenario), scenario.seed ?? 1).capture;
}

/** What makes each file, by its name without ending. */
export const GOLDEN: ReadonlyMap<string, () => Uint8Array> = new Map([
  ...SCENARIOS.map((name) => [baseName(name), () => ofScenario(name)] as const),
  ["provoked", provoked] as const,
]);

function baseName(file: string): string {
  return file.replace(/^.*\//, "").replace(/\.yaml$/, "");
}

export const goldenFile = (name: string): string => join(FOLDER, name + ENDING);

/** Names of the files that are there. */
export function goldenFiles(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(ENDING))
    .map((file) => file.slice(0, -ENDING.length))
    .sort();
}
