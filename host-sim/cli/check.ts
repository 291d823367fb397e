/** `sixfold check FILE`: is a scenario or a live configuration in order? */
import type { Command } from "commander";
import { compileNode } from "../core/config.js";
import { ConfigRefused, Core } from "../core/core.js";
import { ImageError, loadImage } from "../core/image.js";
import { FileError, type Loaded, load } from "../core/load.js";
import { World } from "../sim/world.js";
import { Exit } from "./exit.js";
import { checkMetrics } from "./simulate.js";

export function register(program: Command): void {
  program
    .command("check")
    .description("validate a scenario or a live configuration")
    .argument("<file>", "YAML: a scenario, or one node")
    .action((file: string) => {
      process.exitCode = check(file);
    });
}

/** Returns the exit code: 0 and what the file is, or 2 and every problem with file, line, path and what was expected. */
export function check(file: string): number {
  try {
    const loaded = load(file, checkMetrics);
    configure(loaded);
    const what = loaded.kind === "scenario" ? "a scenario" : "a live configuration";
    process.stdout.write(`${file}: ${what}, in order\n`);
    return Exit.OK;
  } catch (error) {
    if (error instanceof FileError) process.stderr.write(`${error.message}\n`);
    else if (error instanceof ConfigRefused || error instanceof ImageError) {
      process.stderr.write(`${file}: ${error.message}\n`);
    } else throw error;
    return Exit.WRONG_USE;
  }
}

/** Lets cores take the configuration, which finds what does not fit their tables. Throws `ConfigRefused`, `ImageError`. */
function configure(loaded: Loaded): void {
  if (loaded.kind === "scenario") {
    new World(loaded.scenario, 1).runUntil(0);
    return;
  }
  const { node } = loaded;
  const core = new Core(loadImage(node.image, node.profile).module);
  core.setClock(1);
  const names = Object.keys(node.ports ?? {});
  const { messages } = compileNode(node, {
    entropy: new Uint8Array(32),
    secret: new Uint8Array(32),
    mac: (port) => Uint8Array.of(2, 0, 0, 0, 0, names.indexOf(port)),
    mtu: () => 1500,
    mirror: node.mirror ?? false,
    duplicateDetection: true,
  });
  core.configure(messages);
}
