/** What a run of a scenario leaves beside its report: a capture, a ladder diagram, a folder with all of it; the same for every command that runs one. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { hasApplication } from "../core/plan.js";
import type { Scenario } from "../core/scenario.js";
import type { Watcher } from "../sim/watch.js";
import { decodeEvent } from "../trace/events.js";
import { Keyring } from "../trace/ipsec/keyring.js";
import type { Ladder } from "../trace/ladder.js";
import { ladderSvg } from "../trace/ladder-svg.js";
import { ladderText } from "../trace/ladder-text.js";
import { PcapngFile } from "../trace/pcapng-file.js";
import { Recorder } from "../trace/recorder.js";
import { writeEspSa } from "./esp-sa.js";
import { associationsOf } from "./keys.js";
import type { Report } from "./simulate.js";

export interface TraceOptions {
  json?: boolean;
  pcap?: string;
  ladder?: "text" | "svg";
  out?: string;
  espSa?: string;
}

export function traceOptions(command: Command): Command {
  return command
    .option("--json", "write the report as JSON to stdout, and nothing else")
    .option("--pcap <file>", "write a capture: an interface for each link, application and mirror port")
    .addOption(new Option("--ladder <form>", "write a ladder diagram to stdout").choices(["text", "svg"]))
    .option("--esp-sa <file>", "write the keys as Wireshark's table esp_sa, for its owner alone")
    .option("--out <folder>", "write NAME.pcapng, NAME.svg and NAME.json there");
}

export class Traces {
  readonly watchers: Watcher[];
  private readonly file: PcapngFile | undefined;
  private readonly recorder: Recorder;

  constructor(
    private readonly scenario: Scenario,
    private readonly name: string,
    private readonly options: TraceOptions,
  ) {
    const { out, pcap, ladder } = options;
    if (out !== undefined) mkdirSync(out, { recursive: true });
    const capture = pcap ?? (out === undefined ? undefined : this.inFolder("pcapng"));
    const drawn = ladder !== undefined || out !== undefined;
    this.file = capture === undefined ? undefined : new PcapngFile(capture);
    const associations = associationsOf({ kind: "scenario", scenario });
    if (options.espSa !== undefined) writeEspSa(options.espSa, associations);
    const keyring = new Keyring(associations);
    this.recorder = new Recorder(drawn ? lanes(scenario) : [], this.file?.writer, keyring);
    for (const [link, { mtu }] of Object.entries(scenario.links)) this.recorder.link(link, 1, mtu ?? 1500);
    this.watchers = this.file || drawn ? [watch(this.recorder)] : [];
  }

  /**
   * The run is over: writes the files, and the report to stdout.
   * @param report as JSON has it
   * @param text as a person reads it
   */
  finish(report: Report, text: string): void {
    const { options, scenario } = this;
    this.file?.close();
    const ladder = inUse(this.recorder.ladder(scenario.title));
    const json = `${JSON.stringify(report, null, 2)}\n`;
    if (options.out !== undefined) {
      writeFileSync(this.inFolder("svg"), ladderSvg(ladder));
      writeFileSync(this.inFolder("json"), json);
    }
    if (options.json) {
      process.stdout.write(json);
      return;
    }
    if (options.ladder === "text") process.stdout.write(`${ladderText(ladder)}\n`);
    if (options.ladder === "svg") process.stdout.write(ladderSvg(ladder));
    else process.stdout.write(text);
    if (options.out !== undefined && options.ladder !== "svg") {
      const files = ["pcapng", "svg", "json"].map((ending) => this.inFolder(ending));
      process.stdout.write(`\nwritten: ${files.join(", ")}\n`);
    }
  }

  private inFolder(ending: string): string {
    return join(this.options.out!, `${this.name}.${ending}`);
  }
}

/** Nodes from left to right as the file has them, the application of a mobile node in front of it. */
function lanes(scenario: Scenario): string[] {
  return Object.entries(scenario.nodes).flatMap(([name, node]) => {
    if (node.count !== undefined) return [];
    return node["mobile-node"] && hasApplication(node) ? [`${name} app`, name] : [name];
  });
}

function watch(recorder: Recorder): Watcher {
  return {
    frame: (frame) => recorder.frame(frame),
    event: (node, timeUs, record, offset) => recorder.event(node, timeUs, decodeEvent(record, offset)),
  };
}

/** Without lanes on which nothing begins, ends or is told. */
function inUse(ladder: Ladder): Ladder {
  const names = [...ladder.messages.flatMap(({ from, to }) => [from, to]), ...ladder.notes.map(({ node }) => node)];
  const used = new Set(names);
  return { ...ladder, nodes: ladder.nodes.filter((node) => used.has(node)) };
}
