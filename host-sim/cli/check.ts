/** `sixfold check FILE`: is a scenario or a live configuration in order? */
import type { Command } from "commander";
import { FileError, load } from "../core/load.js";
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
    const what = loaded.kind === "scenario" ? "a scenario" : "a live configuration";
    process.stdout.write(`${file}: ${what}, in order\n`);
    return Exit.OK;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return Exit.WRONG_USE;
  }
}
