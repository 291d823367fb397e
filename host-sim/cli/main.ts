/** The command line: one file a verb, each of which registers itself. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { ROOT } from "../core/root.js";
import * as build from "./build.js";
import * as check from "./check.js";
import * as completion from "./completion.js";
import * as ctl from "./ctl.js";
import * as doctor from "./doctor.js";
import * as emulate from "./emulate.js";
import { Exit } from "./exit.js";
import * as flash from "./flash.js";
import * as inspect from "./inspect.js";
import * as sim from "./sim.js";
import * as up from "./up.js";

export function buildProgram(): Command {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  const program = new Command("sixfold")
    .description("IPv6 mobility in one packet core: simulate it, run it on real interfaces, look at its packets")
    .version(version)
    .showHelpAfterError("(--help shows what there is)")
    .exitOverride();
  for (const verb of [sim, up, ctl, check, inspect, build, emulate, flash, doctor, completion]) verb.register(program);
  for (const command of program.commands) command.exitOverride();
  return program;
}

/** Runs `argv` (without node and script); the exit code goes to `process.exitCode`. */
export async function main(argv: string[]): Promise<void> {
  // Whoever reads our output may stop (`| head`): that is no fault.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(process.exitCode);
  });
  try {
    await buildProgram().parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? Exit.OK : Exit.WRONG_USE;
  }
}
