/** `sixfold build`: a firmware for a board. */
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { BoardError, loadBoard } from "../boards/board.js";
import { buildFirmware, DoesNotFit } from "../boards/build.js";
import { boardConfiguration, ConfigurationError } from "../boards/configuration.js";
import { consoleLines, SAVED_MAX } from "../boards/console-lines.js";
import { MissingTool, ToolFailed } from "../boards/tools.js";
import { ImageError, loadImage } from "../core/image.js";
import { FileError } from "../core/load.js";
import { Exit } from "./exit.js";

export interface BuildOptions {
  board: string;
  image: string;
  config: string;
  node?: string;
  out?: string;
  console?: boolean;
}

/** What the user or the machine can put right. */
const EXPECTED = [BoardError, ConfigurationError, DoesNotFit, FileError, ImageError, MissingTool];

export function register(program: Command): void {
  program
    .command("build")
    .description("build a firmware for a board: an image, the main loop, the board's port, a configuration")
    .requiredOption("--board <name>", "a folder of boards/")
    .requiredOption("--image <name>", "terminal, home-agent, router or host")
    .requiredOption("--config <file>", "one node, or a scenario with a node that has this image")
    .option("--node <name>", "which node of the scenario")
    .option("-o, --out <file>", "default: IMAGE-BOARD.elf, .bin or .uf2")
    .option("--console", "build nothing: print the console lines that save the configuration on a board that runs")
    .action((options: BuildOptions) => {
      process.exitCode = build(options);
    });
}

/** Returns the exit code. */
export function build(options: BuildOptions): number {
  try {
    const board = loadBoard(options.board);
    const messages = boardConfiguration(options.config, options.image, options.node);
    if (options.console) return printConsoleLines(options, messages);
    const { bytes, hash, sizes } = buildFirmware(board, options.image, messages);
    const file = options.out ?? `${options.image}-${board.name}.${board.output}`;
    writeFileSync(file, bytes);
    const of = (bytes: number | undefined) => (bytes === undefined ? "" : ` of ${bytes}`);
    const lines = [
      `${file}: ${options.image} for ${board.name}, ${bytes.length} bytes`,
      `image   sha256 ${hash}`,
      `flash   ${sizes.flash}${of(board.flash.size)} bytes, configuration ${messages.length} of them`,
      `RAM     ${sizes.ram}${of(board.ram)} bytes: the image's memory ${sizes.memory}, stack ${sizes.stack || "the system's"}, the rest ${sizes.ram - sizes.memory - sizes.stack}`,
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
    return Exit.OK;
  } catch (error) {
    if (error instanceof ToolFailed) {
      process.stderr.write(`sixfold build: ${error.message}\n`);
      return Exit.FAILED;
    }
    if (!EXPECTED.some((kind) => error instanceof kind)) throw error;
    process.stderr.write(`${error instanceof FileError ? "" : "sixfold build: "}${(error as Error).message}\n`);
    return Exit.WRONG_USE;
  }
}

function printConsoleLines({ config, image }: BuildOptions, messages: Uint8Array): number {
  if (messages.length > SAVED_MAX) {
    throw new ConfigurationError(`${config}: ${messages.length} bytes of messages, a board keeps ${SAVED_MAX}`);
  }
  process.stdout.write(`${consoleLines(messages, loadImage(image).hash).join("\n")}\n`);
  return Exit.OK;
}
