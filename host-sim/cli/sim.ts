/** `sixfold sim NAME|FILE`: runs a scenario in virtual time. */
import chalk from "chalk";
import { type Command, InvalidArgumentError } from "commander";
import { ConfigRefused } from "../core/core.js";
import { ImageError } from "../core/image.js";
import { KeyError } from "../core/ipsec/keys.js";
import { FileError, loadScenario } from "../core/load.js";
import type { Scenario } from "../core/scenario.js";
import { budgetTable, dropTable } from "../trace/report.js";
import { Exit } from "./exit.js";
import { layerTable } from "./layers.js";
import { scenarioFile, scenarioList, scenarioName, scenarioNames } from "./scenarios.js";
import { checkMetrics, type Report, simulate, TimedOut } from "./simulate.js";
import { type TraceOptions, Traces, traceOptions } from "./traces.js";

export interface SimOptions extends TraceOptions {
  list?: boolean;
  seed?: number;
  timeout?: number;
}

export function register(program: Command): void {
  const command = program
    .command("sim")
    .description("run a scenario in virtual time; its expectations decide the exit code")
    .argument("[scenario]", "a name (see --list) or a file")
    .option("--list", "show the scenarios that come with the program");
  traceOptions(command)
    .option("--seed <n>", "root of all randomness; default: the scenario's", wholeNumber)
    .option("--timeout <seconds>", "give up after so much real time, exit code 42", wholeNumber)
    .action((scenario: string | undefined, options: SimOptions) => {
      process.exitCode = sim(scenario, options);
    });
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new InvalidArgumentError("expected a whole number from 0 to 4294967295.");
  }
  return value;
}

/** Returns the exit code. */
export function sim(nameOrFile: string | undefined, options: SimOptions): number {
  if (options.list) return list(options.json ?? false);
  if (nameOrFile === undefined) return wrongUse('name a scenario or a file; "sixfold sim --list" shows the scenarios');
  const file = scenarioFile(nameOrFile);
  if (file === undefined) {
    return wrongUse(
      `there is no file and no scenario ${JSON.stringify(nameOrFile)}; known: ${scenarioNames().join(", ")}`,
    );
  }
  try {
    return run(loadScenario(file, checkMetrics), scenarioName(file), options);
  } catch (error) {
    if (error instanceof FileError) process.stderr.write(`${error.message}\n`);
    else if ([ImageError, ConfigRefused, KeyError].some((kind) => error instanceof kind)) {
      return wrongUse((error as Error).message);
    } else if (error instanceof TimedOut) {
      process.stderr.write(`sixfold sim: ${error.message}\n`);
      return Exit.TIMED_OUT;
    } else throw error;
    return Exit.WRONG_USE;
  }
}

function wrongUse(sentence: string): number {
  process.stderr.write(`sixfold sim: ${sentence}\n`);
  return Exit.WRONG_USE;
}

function list(json: boolean): number {
  const scenarios = scenarioList();
  if (json) process.stdout.write(`${JSON.stringify(scenarios, null, 2)}\n`);
  const width = Math.max(...scenarios.map(({ name }) => name.length)) + 2;
  if (!json) for (const { name, title } of scenarios) process.stdout.write(`${name.padEnd(width)}${title}\n`);
  return Exit.OK;
}

function run(scenario: Scenario, name: string, options: SimOptions): number {
  const traces = new Traces(scenario, name, options);
  const progress = new Progress();
  const report = simulate(scenario, {
    name,
    seed: options.seed ?? scenario.seed ?? 1,
    watchers: traces.watchers,
    timeoutMs: options.timeout === undefined ? undefined : options.timeout * 1000,
    progress: (part) => progress.show(part),
  });
  progress.end();
  traces.finish(report, reportText(report, scenario));
  return report.ok ? Exit.OK : Exit.FAILED;
}

/** Tells how far a long run is, where a person looks. */
export class Progress {
  private nextMs = performance.now() + 1000;
  private shown = false;

  show(part: number): void {
    const nowMs = performance.now();
    if (!process.stderr.isTTY || nowMs < this.nextMs) return;
    this.nextMs = nowMs + 250;
    this.shown = true;
    process.stderr.write(`\r${Math.floor(part * 100)} % `);
  }

  end(): void {
    if (this.shown) process.stderr.write("\r\x1b[K");
  }
}

export function reportText(report: Report, scenario: Scenario): string {
  const lines: string[] = [];
  if (report.handovers.length > 0 && report.handovers.length <= 40) lines.push(budgetTable(report.handovers), "");
  if (Object.keys(report.drops).length > 0) lines.push(dropTable(report.drops), "");
  if (report.layers && report.layers.length > 0) lines.push(layerTable(report.layers), "");
  for (const [i, { name, ok, value }] of report.expectations.entries()) {
    const { metric, op, limit } = scenario.expect![i];
    const shown = value === null ? "nothing to measure" : Number(value.toFixed(3));
    lines.push(`${ok ? chalk.green("✓") : chalk.red("✗")} ${name}: ${metric} ${shown} (${op} ${limit})`);
  }
  const speed = `${(report.virtualMs / 1000).toFixed(1)} s of virtual time in ${(report.wallMs / 1000).toFixed(1)} s`;
  lines.push(
    `${report.scenario}: ${report.ok ? "ok" : "failed"}, ${report.events} events, ${speed}, seed ${report.seed}`,
  );
  return `${lines.join("\n")}\n`;
}
