/** `sixfold emulate FIRMWARE`: an emulated board with its firmware takes the place of a node in a scenario. */
import type { Command } from "commander";
import { BoardError, loadBoard } from "../boards/board.js";
import { EmulatorError, type EmulatorKind } from "../boards/emulator.js";
import { emulatorOf } from "../boards/emulators.js";
import { type Firmware, FirmwareError, readFirmware } from "../boards/firmware.js";
import { MissingTool } from "../boards/tools.js";
import { ImageError, loadImage } from "../core/image.js";
import { KeyError } from "../core/ipsec/keys.js";
import { FileError, loadScenario } from "../core/load.js";
import type { Scenario } from "../core/scenario.js";
import { NoPlace, runBoard } from "./board-run.js";
import { Exit } from "./exit.js";
import { scenarioFile, scenarioName, scenarioNames } from "./scenarios.js";
import { Progress, reportText, wholeNumber } from "./sim.js";
import { checkMetrics, TimedOut } from "./simulate.js";
import { type TraceOptions, Traces, traceOptions } from "./traces.js";

export interface EmulateOptions extends TraceOptions {
  board?: string;
  scenario: string;
  node?: string;
  console?: boolean;
  seed?: number;
  timeout?: number;
}

export function register(program: Command): void {
  const command = program
    .command("emulate")
    .description("run a scenario in which an emulated board with its firmware is one of the nodes")
    .argument("<firmware>", 'what "sixfold build" made')
    .option("--board <name>", "the board that it must be for")
    .option("--scenario <name>", "a scenario's name or file", "t1-translation")
    .option("--node <name>", "whose place the board takes; default: the only node with the firmware's image");
  traceOptions(command)
    .option("--console", "write the board's console to stderr")
    .option("--seed <n>", "root of all randomness; default: the scenario's", wholeNumber)
    .option("--timeout <seconds>", "give up after so much real time, exit code 42", wholeNumber)
    .action(async (firmware: string, options: EmulateOptions) => {
      process.exitCode = await emulate(firmware, options);
    });
}

/** What the user or the machine can put right. */
const EXPECTED = [BoardError, FirmwareError, FileError, ImageError, KeyError, MissingTool, NoPlace];

/** Returns the exit code. */
export async function emulate(file: string, options: EmulateOptions): Promise<number> {
  try {
    const firmware = readFirmware(file);
    if (options.board !== undefined && options.board !== firmware.board) {
      throw new FirmwareError(`${file} is for board ${firmware.board}, not ${options.board}`);
    }
    const kind = emulatorOf(loadBoard(firmware.board));
    const scenarioPath = scenarioFile(options.scenario);
    if (scenarioPath === undefined) {
      throw new NoPlace(`there is no scenario ${options.scenario}; known: ${scenarioNames().join(", ")}`);
    }
    const scenario = loadScenario(scenarioPath, checkMetrics);
    return await run(scenario, scenarioName(scenarioPath), firmware, kind, options);
  } catch (error) {
    return explain(error);
  }
}

function explain(error: unknown): number {
  const sentence = `sixfold emulate: ${(error as Error).message}\n`;
  if (error instanceof TimedOut) {
    process.stderr.write(sentence);
    return Exit.TIMED_OUT;
  }
  if (error instanceof EmulatorError) {
    process.stderr.write(sentence);
    return Exit.FAILED;
  }
  if (!EXPECTED.some((kind) => error instanceof kind)) throw error;
  process.stderr.write(error instanceof FileError ? `${error.message}\n` : sentence);
  return Exit.WRONG_USE;
}

async function run(
  scenario: Scenario,
  name: string,
  firmware: Firmware,
  kind: EmulatorKind,
  options: EmulateOptions,
): Promise<number> {
  if (loadImage(firmware.image).hash !== firmware.hash) {
    process.stderr.write(`sixfold emulate: the firmware has another build of ${firmware.image} than build/images\n`);
  }
  const traces = new Traces(scenario, name, options);
  const progress = new Progress();
  const report = await runBoard(scenario, {
    name,
    firmware,
    kind,
    node: options.node,
    seed: options.seed ?? scenario.seed ?? 1,
    watchers: traces.watchers,
    timeoutMs: options.timeout === undefined ? undefined : options.timeout * 1000,
    progress: (part) => progress.show(part),
    line: options.console ? (text) => void process.stderr.write(`${text}\n`) : undefined,
  }).finally(() => progress.end());
  traces.finish(report, `${report.board}: ${report.image} ${report.sha256}\n${reportText(report, scenario)}`);
  return report.ok ? Exit.OK : Exit.FAILED;
}
