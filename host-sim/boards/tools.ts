/** Programs that building and emulating call. */
import { execFileSync } from "node:child_process";

/** A program is not installed. */
export class MissingTool extends Error {
  override name = "MissingTool";

  constructor(tool: string, packages: string[]) {
    super(`${tool} is not installed; it is in Debian's ${packages.join(" and ")}: scripts/setup-debian installs it`);
  }
}

/** A program of the build failed: a fault of the sources or of the board's flags. */
export class ToolFailed extends Error {
  override name = "ToolFailed";
}

/** Runs a tool and gives its output. Throws `MissingTool` or `ToolFailed`. */
export function runTool(tool: string, args: string[], packages: string[]): string {
  try {
    return execFileSync(tool, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 64 << 20 });
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === "ENOENT") throw new MissingTool(tool, packages);
    throw new ToolFailed(`${tool} failed:\n${stderr?.trim() || (error as Error).message}`);
  }
}
