/** `sixfold flash FIRMWARE`: onto the board that is plugged in, which it finds itself. */
import { basename } from "node:path";
import chalk from "chalk";
import type { Command } from "commander";
import { BoardError } from "../boards/board.js";
import { FirmwareError } from "../boards/firmware.js";
import { flashFirmware } from "../boards/flash.js";
import { CannotFlash, FlashFailed, type Progress } from "../boards/flasher.js";
import { Exit } from "./exit.js";

export interface FlashOptions {
  port?: string;
  drive?: string;
  json?: boolean;
}

const BAR = 40;

export function register(program: Command): void {
  program
    .command("flash")
    .description("write a firmware to the board that is plugged in")
    .argument("<firmware>", 'what "sixfold build" made')
    .option("--port <device>", "the serial port of an ESP board; default: the one that looks like one")
    .option("--drive <folder>", "where the drive of a UF2 board is mounted; default: the one that is")
    .option("--json", "write what was done as JSON to stdout, and nothing else there")
    .action(async (file: string, options: FlashOptions) => {
      // A line that went away leaves timers behind: nothing is waited for.
      process.exit(await flash(file, options));
    });
}

/** What the user or the machine can put right before anything is written. */
const EXPECTED = [BoardError, CannotFlash, FirmwareError];

/** Returns the exit code: 1 where writing had begun and failed, 2 where nothing was written. */
export async function flash(file: string, options: FlashOptions): Promise<number> {
  try {
    const { firmware, to, chip } = await flashFirmware(file, options, bar(basename(file)));
    const { board, image, hash, content } = firmware;
    const done = { ok: true, board, image, sha256: hash, to, bytes: content.length, chip };
    if (options.json) process.stdout.write(`${JSON.stringify(done, null, 2)}\n`);
    else
      process.stdout.write(`${chalk.green("✓")} ${board}: ${image} ${hash.slice(0, 16)}… is on the board at ${to}\n`);
    return Exit.OK;
  } catch (error) {
    const failed = error instanceof FlashFailed;
    if (!failed && !EXPECTED.some((kind) => error instanceof kind)) throw error;
    const { message } = error as Error;
    if (options.json) process.stdout.write(`${JSON.stringify({ ok: false, error: message }, null, 2)}\n`);
    process.stderr.write(`sixfold flash: ${message}\n`);
    return failed ? Exit.FAILED : Exit.WRONG_USE;
  }
}

/** A bar on a terminal's stderr, nothing elsewhere. */
function bar(name: string): Progress {
  return (written, total) => {
    if (!process.stderr.isTTY) return;
    const full = Math.round((written / total) * BAR);
    const percent = Math.floor((100 * written) / total);
    const end = written === total ? "\n" : "";
    process.stderr.write(`\r${name} ${chalk.cyan("█".repeat(full))}${"░".repeat(BAR - full)} ${percent} %${end}`);
  };
}
