// npm run coverage [-- --json | planted]: docs/proof.md says what is counted and how.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BuildError, ROOT } from "../bench/build.js";
import { type Recording, RecordingError, recordings } from "../proof/recordings.js";
import { replay } from "../proof/replay.js";
import { instrument } from "./build.js";
import { measure } from "./llvm.js";
import { page } from "./page.js";
import { Places } from "./places.js";
import { selfTest } from "./planted.js";
import { percent, type Share, type Summary, summarize } from "./summary.js";

/** Counts an image; true when the instrumented C answered every tape as the image did in V8. */
async function cover(places: Places, { subject, wasm, tapes }: Recording): Promise<boolean> {
  const image = instrument(subject);
  const { functions, digests } = await measure(image, tapes);
  places.add(image, functions);
  const module = new WebAssembly.Module(readFileSync(wasm));
  const differs = tapes.filter((tape, i) => replay(module, readFileSync(tape)) !== digests[i]);
  console.error(
    `${subject.name}: ${tapes.length} tapes${differs.length > 0 ? `, ${differs.length} answered otherwise` : ""}`,
  );
  if (differs.length > 0) console.error(`  the first: ${differs[0]}`);
  return differs.length === 0;
}

function line(name: string, share: Share): string {
  const functions = `${share.functionsRun}/${share.functions}`.padStart(9);
  const branches = `${share.branchesTaken}/${share.branches}`.padStart(11);
  return `${name.padEnd(44)}${functions}${branches}${percent(share.branchesTaken, share.branches).padStart(9)}`;
}

function print({ files, rooms, total }: Summary): void {
  console.log(`${"source".padEnd(44)}functions   branches    taken`);
  for (const [room, share] of rooms) {
    if (share.functions === 0) continue;
    console.log(line(room, share));
    const inside = files.filter(({ file, functions }) => functions > 0 && file.startsWith(`${room}/`));
    for (const file of inside) console.log(line(`  ${file.file}`, file));
  }
  console.log(line("all", total));
  console.log("\nnever ran:");
  for (const { file, notRun } of files) for (const name of notRun) console.log(`  ${file} ${name}`);
  console.log("\nin no image:");
  for (const { file, notCompiled } of files) for (const name of notCompiled) console.log(`  ${file} ${name}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "boolean" } } });
  if (positionals[0] === "planted" && positionals.length === 1) {
    await selfTest();
    console.log("planted: the figures are those that were counted by hand");
    return;
  }
  if (positionals.length > 0) {
    console.error(`coverage: "${positionals[0]}" is not known; expected: [--json], or planted`);
    process.exitCode = 2;
    return;
  }
  const places = new Places();
  let alike = true;
  for (const recording of await recordings((text) => console.error(text))) {
    alike = (await cover(places, recording)) && alike;
  }
  const summary = summarize(places, "assembly");
  const folder = join(ROOT, "out/coverage");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "index.html"), page(summary));
  const { rooms, total, files } = summary;
  const json = JSON.stringify({ total, rooms: Object.fromEntries(rooms), files }, null, 1);
  writeFileSync(join(folder, "coverage.json"), json);
  if (values.json) console.log(json);
  else print(summary);
  console.error("out/coverage/index.html shows the lines");
  if (!alike) process.exitCode = 1;
}

main().catch((error) => {
  console.error(`coverage: ${error.message}`);
  process.exitCode = error instanceof BuildError || error.code?.startsWith("ERR_PARSE_ARGS") ? 2 : 1;
  if (!(error instanceof BuildError || error instanceof RecordingError)) console.error(error.stack);
});
