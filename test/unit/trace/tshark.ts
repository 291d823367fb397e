/** The other opinion on our packets: tshark, where it is installed. With CI=true it must be. */
import { execFileSync, spawnSync } from "node:child_process";

const found = spawnSync("tshark", ["--version"], { stdio: "ignore" }).status === 0;
if (!found && process.env.CI === "true")
  throw new Error("tshark is missing (apt-get install tshark); with CI=true it must be there");

export const tshark = {
  /** For `test(..., { skip })`: a message where tshark is missing. */
  missing: found ? false : "tshark is not installed",
  run(args: string[]): string {
    return execFileSync("tshark", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 28 });
  },
};
