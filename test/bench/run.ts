// npm run bench -- [boards] [--json] [--rounds N]: speed and memory, measured in one run; docs/bench.md says how and why. `boards`:
// the boards' processors alone.
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { measureBindings } from "./bindings.js";
import { measureBoards } from "./boards/measure.js";
import { printBoards } from "./boards/print.js";
import { BuildError } from "./build.js";
import { measurePackets } from "./packets.js";
import { print } from "./print.js";
import { type Report, withTargets } from "./report.js";
import { measureSimulator } from "./simulator.js";
import { measureSizes } from "./sizes.js";

function options(): { boards: boolean; json: boolean; rounds: number } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean", default: false }, rounds: { type: "string", default: "9" } },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 3) throw new RangeError("--rounds: a whole number from 3 up was expected");
  const boards = positionals[0] === "boards";
  if (positionals.length > (boards ? 1 : 0))
    throw new RangeError(`boards or nothing was expected: ${positionals.join(" ")}`);
  return { boards, json: values.json, rounds };
}

async function measure(rounds: number): Promise<Report> {
  const machine = { cpu: cpus()[0].model, cores: cpus().length, node: process.version };
  const packets = await measurePackets(rounds);
  const bindings = await measureBindings(rounds);
  const simulator = measureSimulator();
  return withTargets({ machine, rounds, packets, bindings, simulator, sizes: measureSizes(), boards: measureBoards() });
}

async function main(): Promise<void> {
  const { boards, json, rounds } = options();
  if (boards) {
    const measured = measureBoards();
    if (json) console.log(JSON.stringify(measured, null, 2));
    else printBoards(measured);
    return;
  }
  const report = await measure(rounds);
  if (json) console.log(JSON.stringify(report, null, 2));
  else print(report);
}

main().catch((error) => {
  const wrongUse = error instanceof RangeError || error instanceof TypeError || error instanceof BuildError;
  console.error(error.message);
  process.exitCode = wrongUse ? 2 : 1;
});
