import assert from "node:assert/strict";
import { copyFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "../../host-sim/core/root.js";
import { goldenFile, goldenFiles } from "../unit/golden/captures.js";
import { kinds } from "./lib/kinds.js";
import { run as execute, must } from "./lib/process.js";
import type { Bench, Suite } from "./lib/suite.js";
import { assertClean } from "./lib/tshark.js";

/** The golden captures and those of the simulator's scenarios, read by a dissector that we did not write. */
export const suite: Suite = {
  summary: "tshark finds no flaw in the golden captures, in which every kind of message occurs, nor in the scenarios'",
  needs: ["tshark", "scapy"],
  timeoutS: 600,
  run,
};

/** What has nothing that the others lack, but very many frames of it. */
const LEFT_OUT = new Set(["thousand", "handover"]);

const SCENARIOS = join(ROOT, "host-sim/scenarios");

/** The scenario's file, or a copy whose links do not corrupt: frames that are wrong on purpose are no flaw of ours. */
function withoutCorruption(bench: Bench, name: string): string {
  const text = readFileSync(join(SCENARIOS, `${name}.yaml`), "utf8");
  if (!text.includes("corrupt:")) return name;
  const file = bench.file(`${name}.yaml`);
  writeFileSync(file, text.replaceAll(/,\s*corrupt: *[\d.]+/g, ""));
  cpSync(join(SCENARIOS, "keys"), join(dirname(file), "keys"), { recursive: true }); // it names them from where it is
  return file;
}

async function run(bench: Bench): Promise<void> {
  const clean = async (file: string): Promise<string> => `${await assertClean(file)} frames`;
  const golden = goldenFiles();
  for (const name of golden) {
    await bench.check(`golden ${name}: no flaw`, async () => {
      const copy = bench.file(`golden-${name}.pcapng`); // the check writes beside it
      copyFileSync(goldenFile(name), copy);
      return clean(copy);
    });
  }
  await bench.check("the golden captures hold every kind of message, option, header and status", async () => {
    const all = kinds();
    const filters = all.map(({ filter }) => filter);
    const counts = await Promise.all(golden.map((name) => frames(goldenFile(name), filters)));
    const occurs = new Set(all.filter((_, i) => counts.some((count) => count[i] > 0)));
    const wrong = all.filter((kind) => occurs.has(kind) === (kind.absent !== undefined));
    const told = wrong.map((kind) => `${kind.name} ${kind.absent ? `occurs: ${kind.absent}?` : "is in no capture"}`);
    assert.deepEqual(told, []);
    return `${occurs.size} kinds in ${golden.length} captures`;
  });

  const sixfold = [process.execPath, join(ROOT, "scripts/sixfold.mjs")];
  const list = (await must([...sixfold, "sim", "--list"])).split("\n").map((line) => line.split(/\s/)[0]);
  for (const name of list.filter((name) => name && !LEFT_OUT.has(name))) {
    await bench.check(`${name} with all its traffic: no flaw`, async () => {
      const file = bench.file(`${name}.pcapng`);
      const argv = [...sixfold, "sim", withoutCorruption(bench, name), "--json", "--pcap", file];
      const { status, stderr } = await execute(argv, { timeoutMs: 60_000 });
      assert.ok(status === 0 || status === 1, `exit ${status}: ${stderr.slice(-300)}`);
      return clean(file);
    });
  }
}

/** How many frames of a capture each filter selects; one pass of tshark for all of them. */
async function frames(file: string, filters: string[]): Promise<number[]> {
  const statistic = `io,stat,0,${filters.join(",")}`;
  const text = await must(["tshark", "-n", "-q", "-r", file, "-z", statistic], { timeoutMs: 60_000 });
  // One row, two columns a filter: | 0.0 <> 1.2 |  frames | bytes |  frames | bytes |
  const numbers = (/<>[^|]*\|(.*)/.exec(text)?.[1] ?? "")
    .split("|")
    .map((cell) => cell.trim())
    .filter((cell) => cell !== "");
  const rows = numbers.filter((_, i) => i % 2 === 0).map(Number);
  if (rows.length !== filters.length) throw new Error(`tshark counted ${rows.length} of ${filters.length} filters`);
  return rows;
}
