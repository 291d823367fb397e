#!/usr/bin/env node
// The command line. It runs what "npm run build" compiled; where sources are newer (development), it runs those.
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const built = join(root, "build", "js", "host-sim", "cli", "main.js");

function newest(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .reduce((time, entry) => Math.max(time, statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs), 0);
}
function isStale() {
  if (!existsSync(built)) return true;
  const time = statSync(built).mtimeMs;
  return ["host-sim", join("assembly", "abi")].some((folder) => newest(join(root, folder)) > time);
}

let entry = built;
if (isStale()) {
  try {
    const { register } = await import("tsx/esm/api");
    register();
    entry = join(root, "host-sim", "cli", "main.ts");
  } catch {
    if (!existsSync(built)) {
      console.error('sixfold: nothing is built; run "npm ci" or "npm run build"');
      process.exit(2);
    }
  }
}
const { main } = await import(pathToFileURL(entry).href);
await main(process.argv.slice(2));
