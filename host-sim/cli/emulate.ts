/** `sixfold emulate FIRMWARE`: an emulated board with its firmware takes the place of a node in a scenario. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { BoardError, loadBoard } from "../boards/board.js";
import { boardEntropy, cosimulate } from "../boards/cosimulate.js";
import { EmulatorError, type EmulatorKind } from "../boards/emulator.js";
import { emulatorOf } from "../boards/emulators.js";
import { type Firmware, FirmwareError, readFirmware } from "../boards/firmware.js";
import { BoardNode } from "../boards/node.js";
import { MissingTool } from "../boards/tools.js";
import { formatMac } from "../core/address.js";
import { ImageError, loadImage } from "../core/image.js";
import { FileError, loadScenario } from "../core/load.js";
import type { Scenario } from "../core/scenario.js";
import { SimNode } from "../sim/node.js";
import { Exit } from "./exit.js";
import { scenarioFile, scenarioName, scenarioNames } from "./scenarios.js";
import { Progress, reportText, wholeNumber } from "./sim.js";
import { checkMetrics, Run, TimedOut } from "./simulate.js";
import { type TraceOptions, Traces, traceOptions } from "./traces.js";

export interface EmulateOptions extends TraceOptions {
  board?: string;
  scenario: string;
  node?: string;
  console?: boolean;
  seed?: number;
  timeout?: number;
}

/** The scenario has no place for this firmware. */
class NoPlace extends Error {}

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
const EXPECTED = [BoardError, FirmwareError, FileError, ImageError, MissingTool, NoPlace];

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
  const place = placeOf(scenario, firmware, options.node);
  const known = loadImage(firmware.image).hash;
  if (known !== firmware.hash) {
    process.stderr.write(`sixfold emulate: the firmware has another build of ${firmware.image} than build/images\n`);
  }
  const seed = options.seed ?? scenario.seed ?? 1;
  const folder = mkdtempSync(join(tmpdir(), "sixfold-board-"));
  let board: BoardNode | undefined;
  const surroundings = {
    firmware,
    kind,
    entropy: boardEntropy(seed, place),
    flash: join(folder, "flash"),
    line: options.console ? (text: string) => void process.stderr.write(`${text}\n`) : undefined,
  };
  const traces = new Traces(scenario, name, options);
  const progress = new Progress();
  const limits = {
    name,
    seed,
    watchers: traces.watchers,
    timeoutMs: options.timeout === undefined ? undefined : options.timeout * 1000,
    progress: (part: number) => progress.show(part),
  };
  const simulation = new Run(withAddresses(scenario, place, firmware, kind), limits, (node, ...rest) => {
    if (node !== place) return new SimNode(node, ...rest);
    board = new BoardNode(surroundings, node, ...rest);
    return board;
  });
  try {
    await cosimulate(simulation.world, board!, () => simulation.look());
  } finally {
    progress.end();
    rmSync(folder, { recursive: true, force: true });
  }
  const report = simulation.report();
  // The hash as the board's banner has it.
  const { image } = firmware;
  const text = `${firmware.board}: ${image} ${board!.hash}\n${reportText(report, scenario)}`;
  traces.finish({ ...report, board: firmware.board, image, sha256: board!.hash }, text);
  return report.ok ? Exit.OK : Exit.FAILED;
}

/** The name of the node whose place the board takes. */
function placeOf(scenario: Scenario, { file, image }: Firmware, wanted: string | undefined): string {
  const single = Object.entries(scenario.nodes).filter(([, node]) => node.count === undefined);
  const fitting = single.filter(([name, node]) => node.image === image && (wanted ?? name) === name);
  if (fitting.length === 1) return fitting[0][0];
  const names = single.filter(([, node]) => node.image === image).map(([name]) => name);
  if (names.length === 0) throw new NoPlace(`the scenario has no node with image ${image}, which ${file} has`);
  throw new NoPlace(`say whose place the board takes: --node ${names.join(" or --node ")}`);
}

/** The scenario with the board's own addresses on its links. */
function withAddresses(scenario: Scenario, place: string, firmware: Firmware, kind: EmulatorKind): Scenario {
  const node = scenario.nodes[place];
  const ports = Object.entries(node.ports ?? {}).map(([name, port], number) => {
    const mac = firmware.ports.find((one) => one.number === number)?.mac ?? kind.mac(number);
    return [name, { ...port, mac: formatMac(mac) }];
  });
  return { ...scenario, nodes: { ...scenario.nodes, [place]: { ...node, ports: Object.fromEntries(ports) } } };
}
