// Builds every target of asconfig.json to build/images/NAME.wasm and scans what came out: no imports, no memory.grow, the pages
// that its profile allows, no two roles at one door. `asc` may exit with 0 on an overflow of memory, so only the scan counts.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { optimize } from "./optimize.mjs";
import { scanImage } from "./scan-image.mjs";
import { stripObjects } from "./strip-objects.mjs";

const config = JSON.parse(readFileSync("asconfig.json", "utf8"));
const wanted = process.argv.slice(2);
mkdirSync("build/images", { recursive: true });
let failed = 0;
for (const [name, target] of Object.entries(config.targets)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  rmSync(target.outFile, { force: true });
  const entry = `assembly/images/${name.replace(/-pc$/, "")}.ts`;
  try {
    execFileSync(
      "node",
      ["node_modules/assemblyscript/bin/asc.js", entry, "--config", "asconfig.json", "--target", name],
      {
        stdio: ["ignore", "inherit", "inherit"],
      },
    );
    const wasm = readFileSync(target.outFile);
    const shrinkLevel = target.shrinkLevel ?? config.options.shrinkLevel;
    writeFileSync(target.outFile, stripObjects(optimize(wasm, shrinkLevel)));
    const found = scanImage(readFileSync(target.outFile), { pages: target.maximumMemory });
    for (const fault of found.faults) {
      failed++;
      console.error(`image ${name}: ${fault}`);
    }
    console.error(
      `image ${name}: ${statSync(target.outFile).size} bytes, ${found.pages} page${found.pages === 1 ? "" : "s"}`,
    );
  } catch (e) {
    failed++;
    console.error(`image ${name}: not built: ${e instanceof Error ? e.message.split("\n")[0] : e}`);
  }
}
process.exit(failed === 0 ? 0 : 1);
