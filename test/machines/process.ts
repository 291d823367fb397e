import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MissingTool } from "../../host-sim/boards/tools.js";
import { MachineStopped } from "./stopped.js";

/** A program that has not ended by then hangs. */
const PATIENCE_MS = 600_000;

/** Runs a program with the tape as its stdin; gives its stdout. */
export async function play(
  machine: string,
  command: string,
  args: string[],
  packages: string[],
  tape: Buffer,
): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), "sixfold-machine-"));
  try {
    const [input, output] = [join(folder, "tape"), join(folder, "transcript")];
    writeFileSync(input, tape);
    const stdin = openSync(input, "r");
    const stdout = openSync(output, "w");
    const child = spawn(command, args, { stdio: [stdin, stdout, "pipe"], timeout: PATIENCE_MS });
    closeSync(stdin);
    closeSync(stdout);
    let complaint = "";
    child.stderr?.on("data", (text) => {
      complaint += text;
    });
    const ended = await new Promise<string>((resolve, reject) => {
      child.once("error", (error: NodeJS.ErrnoException) => {
        reject(error.code === "ENOENT" ? new MissingTool(command, packages) : error);
      });
      child.once("close", (code, signal) => resolve(`${code ?? signal}`));
    });
    const transcript = readFileSync(output);
    if (ended !== "0") throw new MachineStopped(machine, complaint.trim() || `it ended with ${ended}`, transcript);
    return transcript;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
