/** `sixfold build`: a firmware for a board. */
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { type Board, BoardError, type Form, loadBoard } from "../boards/board.js";
import { buildFirmware, DoesNotFit } from "../boards/build.js";
import { boardConfiguration, ConfigurationError, type LeaveKeys } from "../boards/configuration.js";
import { consoleLines, SAVED_MAX } from "../boards/console-lines.js";
import { MissingTool, ToolFailed } from "../boards/tools.js";
import { IMAGE_NAMES, ImageError, loadImage } from "../core/image.js";
import { KeyError } from "../core/ipsec/keys.js";
import { FileError } from "../core/load.js";
import { Exit } from "./exit.js";

export interface BuildOptions {
  board: string;
  image: string;
  config: string;
  node?: string;
  out?: string;
  console?: boolean;
  format?: string;
  withKeys?: boolean;
}

/** The board does not make a file of that form. */
class NoSuchForm extends Error {}

/** What the user or the machine can put right. */
const EXPECTED = [BoardError, ConfigurationError, DoesNotFit, FileError, ImageError, KeyError, MissingTool, NoSuchForm];

export function register(program: Command): void {
  program
    .command("build")
    .description("build a firmware for a board: an image, the main loop, the board's port, a configuration")
    .requiredOption("--board <name>", "a folder of boards/")
    .requiredOption("--image <name>", `one of ${IMAGE_NAMES.join(", ")}`)
    .requiredOption("--config <file>", "one node, or a scenario with a node that has this image")
    .option("--node <name>", "which node of the scenario")
    .option("-o, --out <file>", "default: IMAGE-BOARD.elf, .bin, .uf2 or .esp")
    .option("--console", "build nothing: print the console lines that save the configuration on a board that runs")
    .option(
      "--with-keys",
      "put the associations of IPsec with their keys, and keys of anycast addresses, into the firmware",
    )
    .option("--format <form>", "another form than the board's own: esp, Espressif's image for its boot loader")
    .action((options: BuildOptions) => {
      process.exitCode = build(options);
    });
}

/** Returns the exit code. */
export function build(options: BuildOptions): number {
  try {
    const board = loadBoard(options.board);
    const form = formOf(board, options.format);
    const left: string[] = [];
    const leaveKeys: LeaveKeys = ({ associations, anycast }) => {
      if (associations > 0) left.push(`${associations} associations are left out, and what they protect is discarded`);
      if (anycast > 0)
        left.push(`${anycast} anycast keys are left out, and what needs them is discarded or not registered`);
    };
    const withKeys = options.console || options.withKeys;
    const messages = boardConfiguration(options.config, options.image, options.node, withKeys ? undefined : leaveKeys);
    if (options.console) return printConsoleLines(options, messages);
    const { bytes, hash, sizes } = buildFirmware(board, options.image, messages, form);
    const file = options.out ?? `${options.image}-${board.name}.${form}`;
    writeFileSync(file, bytes);
    const of = (bytes: number | undefined) => (bytes === undefined ? "" : ` of ${bytes}`);
    const lines = [
      `${file}: ${options.image} for ${board.name}, ${bytes.length} bytes`,
      `image   sha256 ${hash}`,
      `flash   ${sizes.flash}${of(board.flash.size)} bytes, configuration ${messages.length} of them`,
      `RAM     ${sizes.ram}${of(board.ram)} bytes: the image's memory ${sizes.memory}, stack ${sizes.stack || "the system's"}, the rest ${sizes.ram - sizes.memory - sizes.stack}`,
    ];
    const how = "--console prints lines that keep them on the board, --with-keys puts them into the firmware";
    for (const what of left) lines.push(`keys    ${what}: ${how}`);
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

function formOf(board: Board, wanted: string | undefined): Form {
  const forms = [board.output, ...(board.otherOutputs ?? [])];
  const form = forms.find((one) => one === (wanted ?? board.output));
  if (form !== undefined) return form;
  throw new NoSuchForm(`board ${board.name} has no form ${JSON.stringify(wanted)}; it has: ${forms.join(", ")}`);
}
