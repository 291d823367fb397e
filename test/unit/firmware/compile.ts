import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NATIVE = "test/unit/firmware/native";

/** Compiles C of the firmware with a harness of test/unit/firmware/native for this machine, sanitized; gives the program's path. */
export function compileHarness(harness: string, sources: string[], defines: Record<string, string | number>): string {
  const program = join(mkdtempSync(join(tmpdir(), "sixfold-harness-")), "harness");
  const flags = ["-O1", "-g", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined", "-fno-sanitize-recover"];
  const constants = Object.entries(defines).map(([name, value]) => `-D${name}=${value}`);
  const folders = ["firmware", "firmware/runtime", "firmware/drivers", NATIVE].map((folder) => `-I${folder}`);
  const files = [join(NATIVE, harness), ...sources.map((source) => join("firmware", source))];
  execFileSync("gcc", [...flags, ...constants, ...folders, ...files, "-o", program], { stdio: "inherit" });
  return program;
}
