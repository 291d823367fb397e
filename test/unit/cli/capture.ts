/** A scenario run in this process, with its capture in memory. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { scenarioFile } from "../../../host-sim/cli/scenarios.js";
import { type Report, simulate } from "../../../host-sim/cli/simulate.js";
import { loadScenario } from "../../../host-sim/core/load.js";
import { ROOT } from "../../../host-sim/core/root.js";
import type { Scenario } from "../../../host-sim/core/scenario.js";
import { decodeEvent } from "../../../host-sim/trace/events.js";
import { PcapngWriter } from "../../../host-sim/trace/pcapng.js";
import { Recorder } from "../../../host-sim/trace/recorder.js";

export const SIXFOLD = join(ROOT, "scripts", "sixfold.mjs");

export function scenario(name: string): Scenario {
  return loadScenario(scenarioFile(name)!);
}

/** The same, told from another run by a hash over every frame with its time and place: no packet is taken apart. */
export function runHashed(config: Scenario, seed: number): { report: Report; hash: string } {
  const hash = createHash("sha256");
  const watcher = {
    frame: ({ timeUs, link, bytes }: { timeUs: number; link: string; bytes: Uint8Array }) => {
      hash.update(`${timeUs} ${link} ${bytes.length} `).update(bytes);
    },
  };
  const report = simulate(config, { name: "test", seed, watchers: [watcher] });
  return { report, hash: hash.digest("hex") };
}

export function runCaptured(config: Scenario, seed: number): { report: Report; capture: Buffer } {
  const chunks: Uint8Array[] = [];
  const recorder = new Recorder([], new PcapngWriter((chunk) => chunks.push(chunk)));
  const report = simulate(config, {
    name: "test",
    seed,
    watchers: [
      {
        frame: (frame) => recorder.frame(frame),
        event: (node, timeUs, record, offset) => recorder.event(node, timeUs, decodeEvent(record, offset)),
      },
    ],
  });
  return { report, capture: Buffer.concat(chunks) };
}
