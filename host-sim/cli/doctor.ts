/** `sixfold doctor [WHAT...]`: is everything there for what somebody wants to do, and which command brings what is missing. */
import chalk from "chalk";
import type { Command } from "commander";
import { examine, type Finding, purposeWords, UnknownPurpose } from "../boards/doctor.js";
import { Exit } from "./exit.js";

export interface DoctorOptions {
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command("doctor")
    .description("say what is missing for what, and the command that brings it")
    .argument(
      "[what...]",
      "simulate, live, build, emulate, flash, a board, interop, fuzz, proof, bench; default: all of it",
    )
    .option("--json", "write the findings as JSON to stdout, and nothing else")
    .action((what: string[], options: DoctorOptions) => {
      process.exitCode = doctor(what, options);
    });
}

export { purposeWords as doctorWords };

/** Returns the exit code: 0 everything asked for is there, 1 something is missing, 2 there is no such thing to ask for. */
export function doctor(what: string[], options: DoctorOptions): number {
  let findings: Finding[];
  try {
    findings = examine(what);
  } catch (error) {
    if (!(error instanceof UnknownPurpose)) throw error;
    process.stderr.write(`sixfold doctor: ${error.message}\n`);
    return Exit.WRONG_USE;
  }
  const ok = findings.every(({ missing }) => missing.length === 0);
  if (options.json) process.stdout.write(`${JSON.stringify({ ok, findings: findings.map(withOk) }, null, 2)}\n`);
  else process.stdout.write(text(findings));
  return ok ? Exit.OK : Exit.FAILED;
}

function withOk({ purpose, title, missing }: Finding) {
  return { purpose, title, ok: missing.length === 0, missing };
}

/** A line a purpose with what it lacks below it; where several lack something, what there is to do once more at the end. */
function text(findings: Finding[]): string {
  const wide = Math.max(...findings.map(({ purpose }) => purpose.length));
  const lines = findings.flatMap(({ purpose, title, missing }) => {
    const mark = missing.length === 0 ? chalk.green("✓") : chalk.red("✗");
    const below = missing.map(({ what, fix }) => `    missing: ${what}\n      ${chalk.bold(fix)}`);
    return [`${mark} ${purpose.padEnd(wide)}  ${chalk.dim(title)}`, ...below];
  });
  const fixes = [...new Set(findings.flatMap(({ missing }) => missing.map(({ fix }) => fix)))];
  if (fixes.length > 1) lines.push("", "To do:", ...fixes.map((fix) => `  ${chalk.bold(fix)}`));
  return `${lines.join("\n")}\n`;
}
