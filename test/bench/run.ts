// npm run bench -- [--json] [--rounds N]: speed and memory, measured in one run; docs/bench.md says how and why.
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { measureBindings } from "./bindings.js";
import { BuildError } from "./build.js";
import { measurePackets } from "./packets.js";
import { print } from "./print.js";
import { type Report, withTargets } from "./report.js";
import { measureSimulator } from "./simulator.js";
import { measureSizes } from "./sizes.js";

function options(): { json: boolean; rounds: number } {
  const { values } = parseArgs({
    options: { json: { type: "boolean", default: false }, rounds: { type: "string", default: "9" } },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 3) throw new RangeError("--rounds: a whole number from 3 up was expected");
  return { json: values.json, rounds };
}

async function measure(rounds: number): Promise<Report> {
  const machine = { cpu: cpus()[0].model, cores: cpus().length, node: process.version };
  const packets = await measurePackets(rounds);
  const bindings = await measureBindings(rounds);
  return withTargets({ machine, rounds, packets, bindings, simulator: measureSimulator(), sizes: measureSizes() });
}

async function main(): Promise<void> {
  const { json, rounds } = options();
  const report = await measure(rounds);
  if (json) console.log(JSON.stringify(report, null, 2));
  else print(report);
}

main().catch((error) => {
  const wrongUse = error instanceof RangeError || error instanceof TypeError || error instanceof BuildError;
  console.error(error.message);
  process.exitCode = wrongUse ? 2 : 1;
});
