/** `sixfold up CONFIG`: runs one node on real interfaces until it is stopped. */
import type { Command } from "commander";
import { ConfigRefused } from "../core/core.js";
import { ImageError } from "../core/image.js";
import { KeyError } from "../core/ipsec/keys.js";
import { FileError, loadNode } from "../core/load.js";
import { SetupError } from "../live/libc.js";
import { LiveNode, type Observer } from "../live/node.js";
import { decodeEvent } from "../trace/events.js";
import { eventLine } from "../trace/report.js";
import { writeEspSa } from "./esp-sa.js";
import { Exit } from "./exit.js";
import { associationsOf } from "./keys.js";

export interface UpOptions {
  json?: boolean;
  espSa?: string;
}

export function register(program: Command): void {
  program
    .command("up")
    .description("run one node on real interfaces until it is stopped")
    .argument("<config>", "a live configuration: one node of a scenario file, in a file of its own")
    .option("--json", "write events as JSON lines to stdout")
    .option("--esp-sa <file>", "write the keys as Wireshark's table esp_sa, for its owner alone")
    .action(async (file: string, options: UpOptions) => {
      process.exitCode = await up(file, options);
    });
}

/** Returns the exit code: 0 stopped by a signal, 1 the run failed, 2 the configuration or this host is not as it must be. */
export async function up(file: string, options: UpOptions): Promise<number> {
  let finish: (code: number) => void = () => {};
  const end = new Promise<number>((resolve) => {
    finish = resolve;
  });
  try {
    const config = loadNode(file);
    if (options.espSa !== undefined) writeEspSa(options.espSa, associationsOf({ kind: "node", node: config }));
    const node = await LiveNode.start(config, observer(config.name, options.json ?? false, finish));
    const stop = (): void => {
      node.stop();
      finish(Exit.OK);
    };
    process.on("SIGINT", stop).on("SIGTERM", stop).on("SIGHUP", stop);
    process.stdout.on("error", stop); // whoever read the events has gone
    announce(config.name, node, options.json ?? false);
    return await end;
  } catch (error) {
    const expected = [FileError, ImageError, KeyError, SetupError, ConfigRefused].some((kind) => error instanceof kind);
    if (!expected) throw error;
    process.stderr.write(`${error instanceof FileError ? "" : "sixfold up: "}${(error as Error).message}\n`);
    return Exit.WRONG_USE;
  }
}

function announce(name: string, node: LiveNode, json: boolean): void {
  const described = node.describe();
  if (json) {
    process.stdout.write(`${JSON.stringify({ event: "ready", node: name, ...described })}\n`);
    return;
  }
  const ports = Object.entries(described.ports).map(([port, device]) => `${port} on ${device}`);
  if (described.application) ports.push(`applications on ${described.application}`);
  process.stdout.write(`${name} is up: ${ports.join(", ")}. Stop it with Ctrl-C.\n`);
}

/** Events go to stdout, one a line; sentences to stderr. */
function observer(name: string, json: boolean, finish: (code: number) => void): Observer {
  const warn = (sentence: string): void => void process.stderr.write(`sixfold up: ${sentence}\n`);
  return {
    event(record, offset) {
      const event = decodeEvent(record, offset);
      const line = json ? JSON.stringify({ node: name, ...event }) : eventLine(name, event);
      process.stdout.write(`${line}\n`);
      return { node: name, ...event };
    },
    warn,
    ended(sentence, exitCode) {
      warn(sentence);
      finish(exitCode);
    },
  };
}
