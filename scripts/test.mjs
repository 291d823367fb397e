// Runs the unit tests: every test/unit/**/*.test.ts, or those whose path holds one of the words given.
//
//     node scripts/test.mjs [WORD ...]
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const words = process.argv.slice(2);
const files = readdirSync("test/unit", { recursive: true })
  .map((file) => join("test/unit", file))
  .filter((file) => file.endsWith(".test.ts") && (words.length === 0 || words.some((word) => file.includes(word))))
  .sort();
if (files.length === 0) {
  console.error(`test: no test file under test/unit has ${words.map((word) => `"${word}"`).join(" or ")} in its path`);
  process.exit(2);
}
const { status } = spawnSync(process.execPath, ["--import", "tsx", "--test", ...files], { stdio: "inherit" });
process.exit(status ?? 1);
