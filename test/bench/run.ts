// npm run bench -- [anycast | boards | crypto | ipsec | live] [--json] [--rounds N]: speed and memory, measured in one run; docs/bench.md says how and why.
// `anycast`: identifiers verified at clients and boundary routers; `boards`: packets on the boards' processors alone; `crypto`: algorithms alone, in Node and on boards; `ipsec`: a terminal's
// tunnel plain and in ESP; `live`: an ESP tunnel between processes beside strongSwan's, never part of the whole.
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { measureAnycast, printAnycast } from "./anycast/measure.js";
import { measureBindings } from "./bindings.js";
import { measureBoards } from "./boards/measure.js";
import { printBoards } from "./boards/print.js";
import { BuildError } from "./build.js";
import { measureCrypto, printCrypto } from "./crypto/print.js";
import { measureIpsec, printIpsec } from "./ipsec/measure.js";
import { measureLive, printLive } from "./live/measure.js";
import { measurePackets } from "./packets.js";
import { print, printTargets } from "./print.js";
import { type Report, withTargets } from "./report.js";
import { measureSimulator } from "./simulator.js";
import { measureSizes } from "./sizes.js";

/** Parts that can be measured by themselves. */
const PARTS = ["anycast", "boards", "crypto", "ipsec", "live"] as const;

function options(): { part?: (typeof PARTS)[number]; json: boolean; rounds: number } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean", default: false }, rounds: { type: "string" } },
  });
  const part = PARTS.find((name) => name === positionals[0]);
  const rounds = Number(values.rounds ?? (part === "live" ? 5 : 9));
  if (!Number.isInteger(rounds) || rounds < 3) throw new RangeError("--rounds: a whole number from 3 up was expected");
  if (positionals.length > (part ? 1 : 0))
    throw new RangeError(`${PARTS.join(", ")} or nothing was expected: ${positionals.join(" ")}`);
  return { part, json: values.json, rounds };
}

async function measure(rounds: number): Promise<Report> {
  const machine = { cpu: cpus()[0].model, cores: cpus().length, node: process.version };
  const packets = await measurePackets(rounds);
  const bindings = await measureBindings(rounds);
  const simulator = measureSimulator();
  const crypto = measureCrypto(rounds);
  const ipsec = await measureIpsec(rounds);
  const anycast = await measureAnycast(rounds);
  return withTargets({
    machine,
    rounds,
    packets,
    bindings,
    simulator,
    sizes: measureSizes(),
    boards: measureBoards(),
    crypto,
    ipsec,
    anycast,
  });
}

async function main(): Promise<void> {
  const { part, json, rounds } = options();
  const show = <T>(report: T, forPeople: (report: T) => void) =>
    json ? console.log(JSON.stringify(report, null, 2)) : forPeople(report);
  if (part === "anycast") {
    show(await measureAnycast(rounds), (report) => {
      printAnycast(report);
      printTargets(report.targets);
    });
  } else if (part === "boards") show(measureBoards(), printBoards);
  else if (part === "crypto") {
    show(measureCrypto(rounds), (report) => {
      printCrypto(report);
      printTargets(report.targets);
    });
  } else if (part === "ipsec") {
    show(await measureIpsec(rounds), (report) => {
      printIpsec(report);
      printTargets(report.targets);
    });
  } else if (part === "live") {
    show(await measureLive(rounds), (report) => {
      printLive(report);
      printTargets(report.targets);
    });
  } else show(await measure(rounds), print);
}

main().catch((error) => {
  const wrongUse = error instanceof RangeError || error instanceof TypeError || error instanceof BuildError;
  console.error(error.message);
  process.exitCode = wrongUse ? 2 : 1;
});
